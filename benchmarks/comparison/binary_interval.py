"""How often the interval of a weighted difference of proportions holds the truth: Newcombe's beside Wald's from the sandwich.

python benchmarks/comparison/binary_interval.py [--replicates 2000]

Two arms chosen by a confounder that also bears on the outcome; overlap weights. The truth is the mean over 400,000 patients of the difference of their
own probabilities, weighted by e (1 − e). One line a scenario goes to binary_interval.csv beside this file.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from tqdm import tqdm

from outcomes.analysis.comparison.effects.risks import compute_error, contrast_means
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.weighting.weights import compute_weights

SEED, Z = 20261129, 1.959963984540054
SCENARIOS = {  # patients; intercepts of the outcome's logit in the reference and the treated arm
    "60, 3% against 8%": (60, -3.6, -2.6),
    "60, none against 15%": (60, -30.0, -1.9),
    "100, 95% against 98%": (100, 3.1, 4.1),
    "200, 30% against 45%": (200, -0.9, -0.2),
    "600, 30% against 45%": (600, -0.9, -0.2),
}
COLUMNS = [
    "scenario",
    "truth",
    "replicates",
    "no variance",
    "newcombe",
    "wald",
    "error",
    "newcombe width",
    "wald width",
]


def draw(n: int, low: float, high: float, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return confounder, arm, outcome, score, and the two probabilities of each patient."""
    x = generator.normal(size=n)
    score = 1 / (1 + np.exp(-(0.8 * x)))
    treated = generator.random(n) < score
    p, q = (1 / (1 + np.exp(-(level - 0.6 * x))) for level in (high, low))
    outcome = (generator.random(n) < np.where(treated, p, q)).astype(float)
    return x, treated, outcome, score, p, q


def run(name: str, replicates: int) -> dict[str, object]:
    """Return the row of a scenario."""
    n, low, high = SCENARIOS[name]
    generator = np.random.default_rng([SEED, *name.encode()])
    *_, score, p, q = draw(400_000, low, high, generator)
    truth = float(np.average(p - q, weights=score * (1 - score)))
    held = {"newcombe": 0, "wald": 0}
    width = {"newcombe": 0.0, "wald": 0.0}
    nothing = 0
    for _ in tqdm(range(replicates), name, leave=False):
        x, treated, outcome, *_ = draw(n, low, high, generator)
        weights = compute_weights(treated, x[:, None], "overlap")
        means = estimate_means(outcome, treated, x[:, None], weights, "weighted")
        found = contrast_means(*means)
        half = Z * compute_error(means[0].influence - means[1].influence)
        nothing += half < 1e-8
        bounds = {
            "newcombe": (found["difference_lower"], found["difference_upper"]),
            "wald": (found["difference"] - half, found["difference"] + half),
        }
        for way, (lower, upper) in bounds.items():
            held[way] += lower <= truth <= upper
            width[way] += upper - lower
    shares = {way: held[way] / replicates for way in held}
    error = float(np.sqrt(shares["newcombe"] * (1 - shares["newcombe"]) / replicates))
    row = {"scenario": name, "truth": f"{truth:.4f}", "replicates": replicates, "no variance": nothing}
    row |= {way: f"{share:.3f}" for way, share in shares.items()} | {"error": f"{error:.3f}"}
    return row | {f"{way} width": f"{total / replicates:.3f}" for way, total in width.items()}


def main() -> None:
    """Run every scenario and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=2000)
    options = parser.parse_args()
    with Path(__file__).with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for name in SCENARIOS:
            writer.writerow(run(name, options.replicates))
            file.flush()


if __name__ == "__main__":
    main()
