"""How often interaction tests reject, and how well intervals within levels cover, over many synthetic clinics.

Patients, confounding, and dropout are those of ``operating_characteristics.py``. Levels are drawn at random, so that the arms differ by the
same in every level: two of equal size, three, and two of which one has a fifth of the patients. In the rows with ``added``, so many
points are added to the change of the treated in the second of two equal levels. Intervals of levels, as they are and shrunken, are held
against the mean of the estimates in everyone over all clinics (plus what was added).

    python benchmarks/comparison/subgroup_tests.py --clinics 500 --out benchmarks/comparison/subgroup_tests.csv
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))
from operating_characteristics import CONFOUNDERS, LADDER, MAIN, build_compared, drop_out

from outcomes.analysis.comparison.effects.primary import Specification, tabulate_effects
from outcomes.analysis.comparison.effects.risks import tabulate_risks
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.sensitivity.whole import Setting
from outcomes.analysis.comparison.subgroups.whole import tabulate_subgroups
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.settings.comparison import Comparison
from outcomes.simulate import simulate_network

ADDED = -3.0
LEVELS = {"two": (0.5, 0.5), "three": (1 / 3, 1 / 3, 1 / 3), "fifth": (0.8, 0.2)}
COLUMNS = ["endpoint", "levels", "added", "clinics", "failed", "rejected", "rejected_se", "apart", "apart_se", "coverage",
           "coverage_shrunken", "coverage_se", "width", "width_shrunken"]  # fmt: skip
Row = dict[str, Any]


def study_clinic(task: tuple[int, int]) -> list[Row]:
    """Return the levels and tests of one clinic, without and with a difference between levels."""
    seed, patients = task
    whole = build_compared(simulate_network(patients, seed, None))
    generator = np.random.default_rng([seed, *b"levels"])
    for name, shares in LEVELS.items():
        whole.people[name] = generator.choice(
            [f"l{place}" for place in range(len(shares))], len(whole.people), p=shares
        )
    partial = drop_out(whole, np.random.default_rng([seed, *b"dropout"]))
    person = partial.scores["person"].to_numpy()
    second = (whole.people["two"] == "l1").to_numpy()[person] & whole.treated[person]
    changed = partial.scores.assign(change=partial.scores["change"] + ADDED * second)
    return [
        *describe(partial, list(LEVELS), 0.0, seed),
        *describe(replace(partial, scores=changed), ["two"], ADDED, seed),
    ]


def describe(compared: Compared, names: list[str], added: float, seed: int) -> list[Row]:
    """Return one row per endpoint, variable, and level, with the variable's test."""
    comparison = Comparison.model_validate(
        {
            "estimand": {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "timepoint": MAIN},
            "confounders": CONFOUNDERS,
            "fallback": LADDER,
            "subgroups": {"by": [{"column": name} for name in names], "multiplicity": "none"},
        }
    )
    confounders = code_confounders(compared.people, CONFOUNDERS, "spline")
    weights = compute_weights(compared.treated, confounders.design, "overlap")
    setting = Setting(compared, confounders, {"overlap": weights}, comparison)
    effects = tabulate_effects(compared, weights.weight, Specification("day", "unstructured", LADDER))
    risks = tabulate_risks(compared, confounders, weights, ["day"])
    assert comparison.subgroups is not None
    levels, tests = tabulate_subgroups([setting], setting.compared, effects, risks, comparison.subgroups)
    levels = levels[levels["population"] != "started"].merge(
        tests[["endpoint", "population", "variable", "p_value"]], on=["endpoint", "population", "variable"], how="left"
    )
    kept = [
        "endpoint",
        "variable",
        "level",
        "estimate",
        "lower",
        "upper",
        "shrunken_lower",
        "shrunken_upper",
        "p_value",
    ]
    return levels[kept].assign(added=added, clinic=seed).to_dict("records")


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rejections and coverage by endpoint and variable, with Monte-Carlo errors."""
    found = []
    everyone = rows[(rows["variable"] == "all") & (rows["added"] == 0)].groupby("endpoint")["estimate"].mean()
    for (endpoint, variable, added), own in rows[rows["variable"] != "all"].groupby(
        ["endpoint", "variable", "added"], sort=False
    ):
        if endpoint != "change" and added:
            continue
        tests = own.groupby("clinic")["p_value"].first()
        pairs = own.pivot_table(index="clinic", columns="level", values="estimate")
        apart = pairs.iloc[:, 1] - pairs.iloc[:, 0]
        truth = everyone[endpoint] + added * (own["level"] == "l1")
        good = own[own["estimate"].notna()]
        inside = [
            ((good[low] <= truth[good.index]) & (truth[good.index] <= good[high])).mean()
            for low, high in (("lower", "upper"), ("shrunken_lower", "shrunken_upper"))
        ]
        n, rejected = tests.notna().sum(), (tests.dropna() < 0.05).mean()
        widths = [(good[f"{name}upper"] - good[f"{name}lower"]).mean() for name in ("", "shrunken_")]
        found.append([endpoint, variable, added, len(tests), len(tests) - n, rejected, np.sqrt(rejected * (1 - rejected) / n),
                      apart.mean(), apart.std() / np.sqrt(n), *inside, np.sqrt(inside[0] * (1 - inside[0]) / len(good)), *widths])  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS)


def main() -> None:
    """Run the study from the command line and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=500)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=730_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tasks = [(options.seed + clinic, options.patients) for clinic in range(options.clinics)]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = [row for rows in tqdm(pool.map(study_clinic, tasks), total=len(tasks)) for row in rows]
    table = summarise(pd.DataFrame(rows))
    table.to_csv(options.out, index=False, float_format="%.4f")
    print(table.to_string(float_format="%.4f"))


if __name__ == "__main__":
    main()
