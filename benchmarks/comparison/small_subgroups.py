"""How often Cochran's Q rejects, and how well intervals within levels cover, for response in the small levels of one clinic.

Baseline, age, failed antidepressants, payer, and sex choose the arm and bear on the response; levels are drawn at random, so that the arms
differ by the same in each. Weights, differences, intervals, test, and shrinkage are the product's, where each arm of a level has ``FEWEST``
patients or more, as the default asks.

    python benchmarks/comparison/small_subgroups.py 1000
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.setting import RISK
from outcomes.analysis.comparison.subgroups.level_effects import Outcome, estimate_levels, find_obstacle
from outcomes.analysis.comparison.subgroups.levels import weigh_within
from outcomes.analysis.comparison.subgroups.shrinkage import shrink_effects
from outcomes.settings.comparison import Comparison

CONFOUNDERS = ["baseline", "age", "failed_antidepressants", "payer", "sex"]
FEWEST, SPREAD, EFFECT = 20, 0.25, 0.6
SIZES, LEVELS, STARTS = (55, 80, 120, 250), (2, 3), {"common": -0.6, "rare": -2.2}
Row = dict[str, Any]


def draw_people(n: int, start: float, generator: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the patients of a clinic, who of them is treated, and the chance of a response under either arm, shape (n, 2)."""
    people = pd.DataFrame({"baseline": generator.integers(10, 28, n), "age": generator.integers(18, 76, n)})
    people["failed_antidepressants"] = generator.integers(0, 7, n)
    people["payer"] = pd.Categorical(generator.choice(["commercial", "medicaid", "self-pay"], n))
    people["sex"] = pd.Categorical(generator.choice(["female", "male"], n))
    pays = (people["payer"] == "self-pay").to_numpy() * 1.0
    severe, failed = (people["baseline"].to_numpy() - 18) / 5, (people["failed_antidepressants"].to_numpy() - 3) / 2
    treated = generator.random(n) < 1 / (1 + np.exp(-(0.7 * pays + 0.3 * severe - 0.4 * failed - 0.2)))
    logit = start - 0.3 * severe - 0.3 * failed + 0.3 * pays
    return people, treated, 1 / (1 + np.exp(-np.column_stack([logit, logit + EFFECT])))


def study_clinic(size: int, levels: int, start: float, generator: np.random.Generator) -> list[Row] | None:
    """Return a row for each level of one clinic; None where a level is not estimated."""
    people, treated, chance = draw_people(size * levels, start, generator)
    response = (generator.random(len(people)) < chance[np.arange(len(people)), treated.astype(int)]).astype(float)
    place = generator.permutation(np.arange(len(people)) % levels)
    comparison = Comparison.model_validate(
        {"estimand": {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "timepoint": "day 28"}, "confounders": CONFOUNDERS}
    )  # fmt: skip
    within = [weigh_within(people, treated, place == level, comparison) for level in range(levels)]
    setting: Any = SimpleNamespace(compared=SimpleNamespace(treated=treated), comparison=comparison)
    unit = float(np.sqrt(response.mean() * (1 - response.mean())))
    outcome = Outcome("response", "observed", RISK, (response[None],), np.ones(len(people), bool), unit)
    if any(find_obstacle(setting, outcome, own, 0, FEWEST) for own in within):
        return None
    found = estimate_levels([setting], outcome, [[own] for own in within])
    table, p_value = found.table, found.test.get("p_value", np.nan)
    shrunken = shrink_effects(table["estimate"].to_numpy(), table["std_error"].to_numpy(), SPREAD * unit)
    rows = []
    for level, own in enumerate(within):
        assert own.weights is not None
        tilt = own.weights.tilt
        truth = float(tilt @ (chance[own.rows, 1] - chance[own.rows, 0]) / tilt.sum())
        row = table.iloc[level]
        rows.append(
            {"truth": truth, "estimate": row["estimate"], "std_error": row["std_error"], "p_value": p_value}
            | {"covered": row["lower"] <= truth <= row["upper"]}
            | {"shrunken": shrunken.lower[level] <= truth <= shrunken.upper[level]}
        )
    return rows


def summarise(size: int, levels: int, kind: str, clinics: int) -> Row:
    """Return the line of one setting."""
    generator = np.random.default_rng([size, levels, *kind.encode()])
    studied = [study_clinic(size, levels, STARTS[kind], generator) for _ in range(clinics)]
    kept = [rows for rows in studied if rows is not None]
    tests = np.array([rows[0]["p_value"] for rows in kept])
    tests = tests[~np.isnan(tests)]
    rows = pd.DataFrame([row for rows in kept for row in rows])
    error, rejected = (rows["estimate"] - rows["truth"]), float((tests < 0.05).mean())
    line: Row = {"patients_in_level": size, "levels": levels, "response": kind, "clinics": len(kept)}
    line |= {"rejected": rejected, "rejected_error": (rejected * (1 - rejected) / len(tests)) ** 0.5}
    line |= {"bias": error.mean(), "spread": error.std(), "mean_error": rows["std_error"].mean()}
    cover = float(rows["covered"].mean())
    return line | {
        "coverage": cover,
        "coverage_error": (cover * (1 - cover) / len(rows)) ** 0.5,
        "shrunken": rows["shrunken"].mean(),
    }


def main(clinics: int) -> None:
    """Write ``small_subgroups.csv`` beside this script."""
    table = pd.DataFrame(
        [summarise(size, levels, kind, clinics) for size in SIZES for levels in LEVELS for kind in STARTS]
    )
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.4f")
    print(table.to_string(float_format="%.3f"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
