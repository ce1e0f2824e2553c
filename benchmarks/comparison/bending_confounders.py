"""Bias and coverage where a confounder bends: straight lines against natural splines in the score, and models learned by machine.

python benchmarks/comparison/bending_confounders.py [--clinics 200] [--patients 350]

The chance of the treated arm and the change both depend on the square of age; the difference is −2 points in everyone. The analysis is that of a single
time point: overlap weights, least squares on arm and baseline, CR2; learned: the cross-fitted row of the sensitivity grid, three splits. One line a shape goes to bending_confounders.csv beside this file.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.comparison.missing.ancova import build_ancova
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.precision import bound_estimate
from outcomes.analysis.comparison.sensitivity.machine_learning import learn_difference, pool_splits
from outcomes.analysis.comparison.weighting.balance import compute_smd
from outcomes.analysis.comparison.weighting.weights import compute_weights

SEED, TRUTH = 350, -2.0
COLUMNS = [
    "shape",
    "clinics",
    "patients",
    "bias",
    "bias_error",
    "sd",
    "mean_error",
    "coverage",
    "coverage_error",
    "smd_square_after",
]


def draw(n: int, generator: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return people, their arm, and their change."""
    age = np.clip(generator.normal(45, 13, n), 18, 80)
    bend = ((age - 45) / 13) ** 2 - 1
    baseline = np.clip(np.round(generator.normal(18, 4, n)), 10, 27)
    treated = generator.random(n) < 1 / (1 + np.exp(0.2 - 0.7 * bend))
    change = -5 - 0.3 * (baseline - 18) + TRUTH * treated + 1.0 * bend + generator.normal(0, 4.5, n)
    return pd.DataFrame({"age": age, "baseline": baseline}), treated, change


def estimate(
    people: pd.DataFrame, treated: np.ndarray, change: np.ndarray, shape: str
) -> tuple[float, float, float, float, float]:
    """Return estimate, error, both bounds, and the standardised difference of the square of age after weighting."""
    square = np.square(people["age"].to_numpy() - people["age"].mean())
    if shape == "learned":
        design = code_confounders(people, ["age", "baseline"], "spline").design
        splits = [learn_difference(design, treated, change, np.empty((len(people), 0)), seed) for seed in range(3)]
        found, error, _, df = pool_splits(splits)
        return found, error, *bound_estimate(found, error**2, df)[:2], np.nan
    weight = compute_weights(treated, code_confounders(people, ["age", "baseline"], shape).design, "overlap").weight
    baseline = people["baseline"].to_numpy(dtype=float)
    used = weight > 1e-8
    ancova = build_ancova(treated[used], baseline[used], weight[used])
    estimates, variances = ancova.estimate(change[used][:, None])
    lower, upper, _ = bound_estimate(float(estimates[0]), float(variances[0]), ancova.df)
    return float(estimates[0]), float(np.sqrt(variances[0])), lower, upper, compute_smd(square, treated, weight)[2]


def main() -> None:
    """Run both shapes over the same clinics and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=200)
    parser.add_argument("--patients", type=int, default=350)
    options = parser.parse_args()
    with Path(__file__).with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for shape in ("linear", "spline", "learned"):
            generator = np.random.default_rng(SEED)
            found = np.array(
                [
                    estimate(*draw(options.patients, generator), shape)
                    for _ in tqdm(range(options.clinics), shape, leave=False)
                ]
            )
            held = ((found[:, 2] <= TRUTH) & (found[:, 3] >= TRUTH)).mean()
            sd = found[:, 0].std(ddof=1)
            numbers = {
                "bias": found[:, 0].mean() - TRUTH, "bias_error": sd / np.sqrt(options.clinics), "sd": sd, "mean_error": found[:, 1].mean(),
                "coverage": held, "coverage_error": np.sqrt(held * (1 - held) / options.clinics), "smd_square_after": found[:, 4].mean(),
            }  # fmt: skip
            row = {"shape": shape, "clinics": options.clinics, "patients": options.patients}
            writer.writerow(row | {name: f"{value:.3f}" for name, value in numbers.items()})


if __name__ == "__main__":
    main()
