"""How often the interval of the mean over sites, and the prediction interval, hold the truth.

python benchmarks/network/coverage.py [--networks 1000] [--whole 300]

Two simulations, a line each to coverage.csv beside this file. `estimates`: the sites' true differences are normal about −2 points; a site's estimate
is normal about its own with the standard error that 20 to 80 patients an arm give (SD 5.5), and its variance is estimated with so many degrees of
freedom. `patients`: eight sites of 60 to 160 patients whose age and baseline decide arm and change; each site estimates propensity, overlap weights
and the weighted difference (CR2) from its own patients. The further site is drawn from the same distribution of true differences.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.missing.ancova import build_ancova
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.random_effects import pool_differences

SEED, TRUTH, SD = 174, -2.0, 5.5
SITES, SPREADS = (2, 3, 5, 8, 15), (0.0, 0.5, 1.0, 2.0)
COLUMNS = [
    *(
        "level",
        "sites",
        "tau",
        "networks",
        "bias",
        "bias_error",
        "coverage",
        "coverage_error",
        "coverage_common",
        "predicted",
        "predicted_error",
    ),
    *("mean_width", "tau_zero"),
]
Drawn = tuple[np.ndarray, np.ndarray]


def draw_estimates(true: np.ndarray, generator: np.random.Generator) -> Drawn:
    """Return the estimates of sites and their estimated variances."""
    sizes = generator.integers(20, 81, (len(true), 2))
    variance, df = SD**2 * (1 / sizes).sum(axis=1), sizes.sum(axis=1) - 3
    return generator.normal(true, np.sqrt(variance)), variance * generator.chisquare(df) / df


def draw_patients(true: np.ndarray, generator: np.random.Generator) -> Drawn:
    """Return the same from simulated patients."""
    return tuple(np.array(one) for one in zip(*(analyse_site(value, generator) for value in true), strict=True))  # type: ignore[return-value]


def analyse_site(true: float, generator: np.random.Generator) -> tuple[float, float]:
    """Return estimate and variance of one site's weighted difference."""
    n = int(generator.integers(60, 161))
    age = np.clip(generator.normal(45, 13, n), 18, 80)
    baseline = np.clip(np.round(generator.normal(18, 4, n)), 10, 27)
    linear = (age - 45) / 26 - (baseline - 18) / 10
    treated = generator.random(n) < 1 / (1 + np.exp(-linear))
    change = -6 - 0.3 * (baseline - 18) + (age - 45) / 13 + true * treated + generator.normal(0, 4.5, n)
    people = pd.DataFrame({"age": age, "baseline": baseline})
    weight = compute_weights(treated, code_confounders(people, ["age", "baseline"], "linear").design, "overlap").weight
    used = weight > 1e-8
    estimates, variances = build_ancova(treated[used], baseline[used], weight[used]).estimate(change[used][:, None])
    return float(estimates[0]), float(variances[0])


def simulate(level: str, draw: Callable[..., Drawn], sites: int, tau: float, networks: int) -> dict[str, object]:
    """Return the line of one setting."""
    generator = np.random.default_rng([SEED, sites, int(10 * tau), *level.encode()])
    rows = []
    for _ in range(networks):
        true, further = generator.normal(TRUTH, tau, sites), generator.normal(TRUTH, tau)
        differences, variances = draw(true, generator)
        random, common = (pool_differences(differences, variances, way) for way in ("random", "fixed"))
        rows.append(
            (
                random.estimate - TRUTH,
                random.lower <= TRUTH <= random.upper,
                common.lower <= TRUTH <= common.upper,
                random.predicted_lower <= further <= random.predicted_upper if sites > 2 else np.nan,
                random.upper - random.lower,
                random.tau == 0,
            )
        )
    bias, covered, covered_common, predicted, width, zero = np.array(rows, dtype=float).T

    def error(share: float) -> float:
        return float(np.sqrt(share * (1 - share) / networks))

    values = {
        "bias": bias.mean(),
        "bias_error": bias.std(ddof=1) / np.sqrt(networks),
        "coverage": covered.mean(),
        "coverage_error": error(covered.mean()),
        "coverage_common": covered_common.mean(),
        "predicted": predicted.mean(),
        "predicted_error": error(predicted.mean()),
        "mean_width": width.mean(),
        "tau_zero": zero.mean(),
    }
    told = {name: "" if np.isnan(value) else f"{value:.4f}" for name, value in values.items()}
    return {"level": level, "sites": sites, "tau": tau, "networks": networks} | told


def main() -> None:
    """Write coverage.csv."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--whole", type=int, default=300)
    given = parser.parse_args()
    rows = [simulate("estimates", draw_estimates, sites, tau, given.networks) for sites in SITES for tau in SPREADS]
    rows += [simulate("patients", draw_patients, 8, tau, given.whole) for tau in SPREADS]
    with Path(__file__).with_suffix(".csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
