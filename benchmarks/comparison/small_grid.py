"""How often every row of the sensitivity grid holds the truth in small clinics, where no treatment does anything.

python benchmarks/comparison/small_grid.py --many [--clinics 120]

Patients choose their arm by baseline, payer, and failed antidepressants, which bear on the score too; those who improve less leave earlier. Both arms have the
same course, so that the true difference is 0 in points, as a risk difference, and as a log odds ratio, whoever a row is of. With `--many`, clinics of a second kind too: a category of
twelve levels without a bearing is declared among the confounders. One line a row, size, and kind goes to small_grid.csv beside this file; rows that ask
something else of what is missing (worst cases, deltas) are left out. `--learned`: clinics with machine learning, which takes as long as all the rest twice.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.contracts import CONTRACTS, check_table, empty_table
from outcomes.errors import OutcomesError
from outcomes.settings import check_study

SIZES, DAYS, LEVELS = (100,), (7, 14, 28), 12
SCALES = ("points", "risk difference", "log odds ratio")
OTHER = (
    "worst_case",
    "delta_",
    "tipping",
    "points at the ends",
    "baseline_",
    "windows_",
    "response_",
    "remission_",
    "score_estimated_",
)
COMPARISON: dict[str, Any] = {
    "estimand": {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "axis": "day", "timepoint": "day 28"},
    "confounders": ["baseline", "payer", "failures", "age", "site"], "left_out": [], "replicates": 0,
    "deltas": [0], "imputation": {"draws": 10, "methods": ["jump_to_reference"], "deltas": []}, "variants": {}, "negative_control": {},
}  # fmt: skip
STUDY: dict[str, Any] = {
    "study": "small", "seed": 5, "data": "none", "instruments": ["phq9"],
    "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
    "arms": [{"id": "esketamine", "label": "Esketamine"}, {"id": "iv", "label": "IV ketamine"}],
    "report": {"title": "Small", "design": "observational"},
}  # fmt: skip


def draw(n: int, generator: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables of n patients, of whom a tenth to a third leave by and by."""
    payer = generator.choice(["insured", "public", "self-pay"], n, p=[0.5, 0.2, 0.3])
    failures, age = generator.poisson(2.5, n).astype(float), np.clip(np.round(generator.normal(44, 13, n)), 18, 90)
    baseline = np.clip(np.round(generator.normal(17, 4, n)), 10, 27)
    logit = 1.0 * (payer == "self-pay") - 0.6 * (payer == "public") - 0.25 * (failures - 2.5) + 0.08 * (baseline - 17)
    people = {
        "patient": range(1, n + 1), "series": 1, "instrument": "phq9",
        "arm": np.where(generator.random(n) < 1 / (1 + np.exp(-logit)), "iv", "esketamine"),
    }  # fmt: skip
    skill = generator.normal(0, 2.5, n) + 0.5 * (failures - 2.5) + 0.8 * (payer == "self-pay")
    first = pd.DataFrame(people).assign(axis="baseline", timepoint="baseline", time=0.0, score=baseline, score_day=0.0)
    parts, there, last = [first], np.ones(n, dtype=bool), np.zeros(n)
    for day in DAYS:
        change = -0.5 * baseline * min(day, 20) / 20 + skill + generator.normal(0, 2.5, n)
        there = there & (generator.random(n) > 1 / (1 + np.exp(3.0 - 0.15 * last)))
        last = change + 0.5 * baseline * min(day, 20) / 20
        rows = pd.DataFrame(people).assign(axis="day", timepoint=f"day {day}", time=float(day))
        rows["score"] = np.where(there, np.clip(np.round(baseline + change), 0, 27), np.nan)
        parts.append(rows.assign(score_day=np.where(there, day, np.nan)))
    ends = pd.concat(parts, ignore_index=True).assign(reached=True, baseline=np.tile(baseline, len(parts)))
    ends["change"] = ends["score"] - ends["baseline"]
    known = ends["score"].notna()
    for name, met in (
        ("response", ends["change"] <= -0.5 * ends["baseline"]),
        ("remission", ends["score"] < 5),
        ("worsening", ends["change"] >= 1),
    ):
        ends[name] = met.astype("boolean").mask(~known)
    series = (
        pd.DataFrame(people)
        .drop(columns="instrument")
        .assign(start_day=0, induction_end_day=17, end_day=17, sessions=6)
    )
    series = series.assign(induction_sessions=6, maintenance_sessions=0, complies=True, switched=False, reason=pd.NA)
    cohort = series[["patient", "series", "arm", "complies", "sessions", "induction_sessions"]]
    site, many = generator.choice(["a", "b", "c", "d"], n), generator.integers(0, LEVELS, n).astype(str)
    known_before = {"payer": payer, "failures": failures, "age": age, "site": site, "many": many}
    made = {
        "patients": pd.DataFrame({"patient": range(1, n + 1), **known_before}),
        "series": series, "cohort": cohort.assign(included=True, exclusion=pd.NA), "endpoints": ends,
    }  # fmt: skip
    tables = {name: conform(table, name) for name, table in made.items()}
    return tables | {name: empty_table(name) for name in ("series_sessions", "events")}


def conform(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with every column that its contract asks for."""
    for column, rule in CONTRACTS[name].fields.items():
        if column not in table and rule.required:
            table[column] = np.nan if rule.dtype == "float64" else pd.NA
        if column in table:
            table[column] = table[column].astype(rule.dtype)
    return check_table(table, name)


def analyse(n: int, many: bool, number: int, learned: bool) -> pd.DataFrame:
    """Return the rows of the grid of one clinic."""
    names = [*COMPARISON["confounders"], *(["many"] if many else [])]
    declared = COMPARISON | {"confounders": names, "learning_splits": int(learned)}
    study = check_study(STUDY | {"seed": number, "comparison": declared})
    tables = draw(n, np.random.default_rng([number, n, *b"small_grid"]))
    assert study.comparison is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        grid = compare_arms(tables, study.comparison, study)["sensitivity"]
    keep = grid["scale"].isin(SCALES) & ~grid["analysis"].str.startswith(OTHER)
    return grid[keep].assign(patients=n, confounders="many" if many else "few")


def main() -> None:
    """Run the clinics and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=120)
    parser.add_argument("--learned", type=int, default=40)
    parser.add_argument("--many", action="store_true", help="the second kind too")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    key, rows = ["confounders", "patients", "endpoint", "analysis", "scale"], []
    for n in options.sizes:
        for many in (False, True)[: 1 + options.many]:
            found = []
            for number in tqdm(range(options.clinics), f"{n} {'many' if many else 'few'}", disable=None):
                try:
                    found.append(analyse(n, many, number, number < options.learned))
                except OutcomesError as error:
                    print(error, file=sys.stderr)
            rows += [_summarise(name, own) for name, own in pd.concat(found).groupby(key, sort=False)]
            pd.DataFrame(rows).to_csv(options.out, index=False, lineterminator="\n")


def _summarise(name: tuple[Any, ...], rows: pd.DataFrame) -> dict[str, Any]:
    told = rows.dropna(subset=["lower", "upper"])
    held = ((told["lower"] <= 0) & (told["upper"] >= 0)).mean()
    names = dict(zip(["confounders", "patients", "endpoint", "analysis", "scale"], name, strict=True))
    return names | {
        "clinics": len(rows), "estimated": len(told), "bias": round(told["estimate"].mean(), 4), "spread": round(told["estimate"].std(), 4),
        "width": round((told["upper"] - told["lower"]).mean(), 4), "covered": round(held, 4),
        "covered_error": round(float(np.sqrt(held * (1 - held) / max(len(told), 1))), 4),
    }  # fmt: skip


if __name__ == "__main__":
    main()
