"""Bias and coverage of the analyses of missing scores over many simulated trials whose truth is known.

Two arms of equal size with a change at three time points, joint normal given arm and baseline. After each time point a patient leaves
with a probability that depends on arm and last change: those who gained least in the treated arm, those who gained most in the reference. The truth of
an analysis by reference arm follows from the parameters and the share that leaves at each time point, taken from 400,000 patients.

    python benchmarks/comparison/missing_characteristics.py --trials 400 --out benchmarks/comparison/missing_characteristics.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.missing.censoring import estimate_weighted
from outcomes.analysis.comparison.missing.imputations import impute_axis, tabulate_imputations
from outcomes.analysis.comparison.missing.strategies import compute_shifts
from outcomes.analysis.comparison.missing.wide import find_dropout
from outcomes.analysis.comparison.people import Compared
from outcomes.analysis.comparison.primary import Specification
from outcomes.settings.imputation import Delta, Imputation

ARM = np.array([-1.0, -2.0, -3.0])
SIGMA = 9 * np.eye(3) + 12
NAMES = ("day 7", "day 14", "day 28")
METHODS = ("jump_to_reference", "copy_reference", "copy_increments")
IMPUTATION = Imputation(draws=50, methods=METHODS, deltas=(Delta(treated=2),))


def simulate(patients: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who is treated, baselines, and changes with those after leaving missing."""
    treated, baseline = np.arange(patients) % 2 == 0, generator.normal(17, 4, patients)
    change = generator.multivariate_normal(-np.array([2.0, 4.0, 6.0]), SIGMA, patients) - 0.3 * (baseline - 17)[:, None]
    change += np.outer(treated, ARM)
    there = np.ones(patients, dtype=bool)
    for place in range(2):
        apart = change[:, place] + 4
        there &= generator.random(patients) > 1 / (1 + np.exp(1.5 - np.where(treated, 0.2, -0.2) * apart))
        change[~there, place + 1 :] = np.nan
    return treated, baseline, change


def find_truth() -> dict[str, float]:
    """Return what each analysis estimates at the last time point."""
    treated, _, change = simulate(400_000, np.random.default_rng(0))
    left = np.bincount(find_dropout(change[treated]), minlength=4) / treated.sum()
    truth = {"imputed_mar": ARM[-1], "censoring_weighted": ARM[-1], "delta_treated_2": ARM[-1] + 2 * left[:3].sum()}
    for name in METHODS:
        truth[name] = ARM[-1] + float(left @ compute_shifts(name, ARM[None], SIGMA[None])[0, :, -1])
    return truth


def analyse(patients: int, number: int) -> list[dict[str, object]]:
    """Return the rows of one simulated trial."""
    generator = np.random.default_rng([7, number])
    treated, baseline, change = simulate(patients, generator)
    person, place = np.nonzero(~np.isnan(change))
    scores = pd.DataFrame(
        {"person": person, "axis": "day", "timepoint": np.array(NAMES)[place], "change": change[person, place]}
    )
    compared = Compared(pd.DataFrame({"treated": treated, "baseline": baseline}), scores, {"day": NAMES}, {})
    specification = Specification("day", "unstructured", (), True, "model")
    none = np.empty((patients, 0))
    analysed = impute_axis(compared, specification, np.ones(patients), none, IMPUTATION, generator)
    table = tabulate_imputations(analysed)
    rows = table[table["timepoint"] == NAMES[-1]].to_dict("records")
    return [*rows, estimate_weighted(analysed.wide, NAMES[-1], None)]


def main() -> None:
    """Write one row per analysis."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = pd.DataFrame([row for number in range(options.trials) for row in analyse(options.patients, number)])
    rows = []
    for name, true in find_truth().items():
        own = found[found["analysis"] == name]
        spread = own["estimate"].std()
        error = (own["upper"] - own["lower"]).mean() / (2 * 1.96)
        covered = ((own["lower"] <= true) & (true <= own["upper"])).mean()
        row = {"analysis": name, "trials": len(own), "patients": options.patients, "true": true}
        row |= {"bias": own["estimate"].mean() - true, "bias_error": spread / len(own) ** 0.5, "spread": spread}
        rows.append(row | {"mean_error": error, "coverage": covered})
    pd.DataFrame(rows).round(4).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
