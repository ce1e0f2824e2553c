"""How often the intervals of percent change, correlation, kappa, and odds ratio hold the truth, over simulated clinics.

Depression and anxiety fall together: true totals are normal and correlated, the change is in proportion to the baseline plus noise, so that the percent change has a known
mean and median; categories come from a latent logistic scale with a known odds ratio. Each clinic is drawn from its own stream.

    python benchmarks/instruments/coverage.py [clinics]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.instruments.ordinal import compare_categories
from outcomes.analysis.instruments.pairs import measure_agreement, tabulate_joint_change
from outcomes.analysis.instruments.percent import tabulate_percent_change
from outcomes.instruments import select_instruments

SIZES = (40, 120, 400)
INSTRUMENTS = select_instruments(("phq9", "gad7"))
RHO = 0.6  # of the two changes
FALL, SPREAD, SKEW = -40.0, 30.0, 0.5  # percent change is FALL + SPREAD · a skewed variable of mean 0 and variance 1
LOG_ODDS = 0.7
CUTS = np.array([-1.5, 0.0, 1.2])


def draw_percent(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return percent changes: a log-normal variable, shifted and scaled to mean 0 and variance 1, turned so that few do much worse."""
    z = np.exp(SKEW * rng.standard_normal(n))
    mean, sd = np.exp(SKEW**2 / 2), np.sqrt((np.exp(SKEW**2) - 1) * np.exp(SKEW**2))
    return np.asarray(FALL + SPREAD * (z - mean) / sd)


def true_median() -> float:
    """Return the median percent change."""
    mean, sd = np.exp(SKEW**2 / 2), np.sqrt((np.exp(SKEW**2) - 1) * np.exp(SKEW**2))
    return float(FALL + SPREAD * (1 - mean) / sd)


def true_kappa() -> float:
    """Return kappa of two responses of half the patients each whose latent changes correlate by RHO (Sheppard's arcsine law)."""
    return float(2 * np.arcsin(RHO) / np.pi)


def frame(change: np.ndarray, baseline: np.ndarray, instrument: str) -> pd.DataFrame:
    """Return endpoint rows at one time point."""
    rows = pd.DataFrame({"change": change, "baseline": baseline, "percent_change": 100 * change / baseline})
    rows = rows.assign(patient=np.arange(len(rows)), series=1, arm="iv", instrument=instrument)
    return rows.assign(axis="day", timepoint="day 28", time=28.0)


def draw_clinic(n: int, rng: np.random.Generator) -> dict[str, tuple[float, float, float]]:
    """Return lower limit, truth, and upper limit of each statistic in one clinic."""
    baseline = rng.uniform(12, 25, n)
    cohort = pd.DataFrame({"patient": np.arange(n), "series": 1, "included": True})
    percent = frame(baseline * draw_percent(n, rng) / 100, baseline, "phq9")
    row = tabulate_percent_change(percent, cohort, ["iv"], INSTRUMENTS).iloc[0]
    two = rng.multivariate_normal([0, 0], [[1, RHO], [RHO, 1]], n)
    both = pd.concat([frame(5 * two[:, 0] - 7, baseline, "phq9"), frame(4 * two[:, 1] - 5, baseline, "gad7")])
    joint = tabulate_joint_change(both, cohort, ["iv"], INSTRUMENTS).iloc[0]
    agreed = measure_agreement(two[:, 0] > 0, two[:, 1] > 0)
    treated = np.arange(n) % 2 == 0
    latent = LOG_ODDS * treated - 0.15 * (baseline - 18.5) + rng.logistic(size=n)
    odds = compare_categories(np.searchsorted(CUTS, latent).astype(np.int64), treated, baseline)
    return {
        "mean percent change": (row["lower"], FALL, row["upper"]),
        "median percent change": (row["median_lower"], true_median(), row["median_upper"]),
        "correlation": (joint["lower"], RHO, joint["upper"]),
        "kappa": (agreed["kappa_lower"], true_kappa(), agreed["kappa_upper"]),
        "odds ratio": (odds["lower"], float(np.exp(LOG_ODDS)), odds["upper"]),
    }


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    rows = []
    for n in SIZES:
        drawn = [draw_clinic(n, np.random.default_rng([n, clinic])) for clinic in range(clinics)]
        for name in drawn[0]:
            lower, truth, upper = np.array([one[name] for one in drawn], dtype=float).T
            known = np.isfinite(lower) & np.isfinite(upper)
            covered = float(np.mean((lower <= truth) & (truth <= upper), where=known))
            error = np.sqrt(covered * (1 - covered) / known.sum())
            numbers = {"true": round(float(truth[0]), 4), "estimated": int(known.sum()), "covered": round(covered, 4)}
            rows.append({"patients": n, "statistic": name, **numbers, "monte_carlo_error": round(float(error), 4)})
    pd.DataFrame(rows).assign(clinics=clinics).to_csv(Path(__file__).with_name("coverage.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
