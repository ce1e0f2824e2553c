"""A made-up study of two arms (and a third that is not compared) with confounding, dropout, and events, as contract tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.contracts import CONTRACTS, check_table, empty_table
from outcomes.settings import check_study
from outcomes.settings.comparison import Comparison

DAYS = (7, 28)
SESSIONS = (1, 2, 3)
STUDY = {
    "study": "made-up",
    "seed": 5,
    "data": "data/made-up",
    "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
    "instruments": ["phq9"],
    "arms": [
        {"id": "esketamine", "label": "Esketamine"},
        {"id": "iv", "label": "IV ketamine"},
        {"id": "im", "label": "IM ketamine"},
    ],
    "report": {"title": "Made up", "design": "observational"},
}
COMPARISON = {
    "estimand": {
        "treated": "iv",
        "reference": "esketamine",
        "instrument": "phq9",
        "axis": "day",
        "timepoint": "day 28",
        "events": {"stopping": "treatment_policy", "switching": {"change": "hypothetical", "binary": "composite"}},
    },
    "confounders": ["baseline", "payer", "failures"],
    "confounder_shape": "linear",
    "left_out": ["payer"],
    "replicates": 0,
    "learning_splits": 0,
    "early_signals": {"signals": ["session 1", "session 2"], "target": "session 3", "later": {"day 28": "day"}},
}


class Later(Mapping[str, pd.DataFrame]):
    """Tables made when a test first asks for one; made by the module itself, every process of the tests would make them."""

    def __init__(self, make: Callable[[], dict[str, pd.DataFrame]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> dict[str, pd.DataFrame]:
        return self._make()

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def make_study(**changes):
    return check_study(STUDY | changes)


def make_comparison(**changes):
    estimand = COMPARISON["estimand"] | changes.pop("estimand", {})
    return Comparison.model_validate(COMPARISON | {"estimand": estimand} | changes)


def conform(table: pd.DataFrame, name: str) -> pd.DataFrame:
    for column, rule in CONTRACTS[name].fields.items():
        if column not in table and rule.required:
            table[column] = np.nan if rule.dtype == "float64" else pd.NA
        if column in table:
            table[column] = table[column].astype(rule.dtype)
    return check_table(table, name)


def generate_tables(n: int = 360, seed: int = 3, effect: float = -2.0) -> dict[str, pd.DataFrame]:
    """Return the tables of n patients; the true difference is ``effect`` points at every time point."""
    generator = np.random.default_rng(seed)
    payer = generator.choice(["insured", "public", "self-pay"], n, p=[0.5, 0.2, 0.3])
    failures = generator.poisson(2.5, n).astype(float)
    baseline = np.clip(np.round(generator.normal(17, 4, n)), 10, 27)
    logit = 1.2 * (payer == "self-pay") - 0.8 * (payer == "public") - 0.25 * (failures - 2.5) + 0.08 * (baseline - 17)
    arm = np.where(generator.random(n) < 1 / (1 + np.exp(-logit)), "iv", "esketamine")
    arm[::12] = "im"
    skill = generator.normal(0, 2.5, n) + 0.5 * (failures - 2.5)
    stop = np.minimum(generator.geometric(0.15, n), 3)
    people = {"patient": range(1, n + 1), "series": 1, "arm": arm}
    parts = [pd.DataFrame(people).assign(axis="baseline", timepoint="baseline", time=0.0, score=baseline, score_day=0)]
    parts[0]["reached"] = True
    for axis, points in (("day", DAYS), ("session", SESSIONS)):
        for point in points:
            day = point if axis == "day" else 4 * point
            change = -0.35 * baseline * min(day, 20) / 20 + skill + effect * (arm == "iv") + generator.normal(0, 2, n)
            reached = np.ones(n, bool) if axis == "day" else stop >= point
            seen = reached & (generator.random(n) < 0.85)
            rows = pd.DataFrame(people).assign(
                axis=axis, timepoint=f"{axis} {point}", time=float(point), reached=reached
            )
            rows["score"] = np.where(seen, np.clip(np.round(baseline + change), 0, 27), np.nan)
            rows["score_day"] = np.where(seen, day, np.nan)
            parts.append(rows)
    endpoints = pd.concat(parts, ignore_index=True).assign(instrument="phq9")
    endpoints["baseline"] = np.tile(baseline, len(parts))
    endpoints["change"] = endpoints["score"] - endpoints["baseline"]
    known = endpoints["score"].notna()
    endpoints["response"] = (endpoints["change"] <= -0.5 * endpoints["baseline"]).astype("boolean").mask(~known)
    endpoints["remission"] = (endpoints["score"] < 5).astype("boolean").mask(~known)
    endpoints["worsening"] = (endpoints["change"] >= 1).astype("boolean").mask(~known)
    short, switched = stop < 2, np.arange(n) % 20 == 7
    series = pd.DataFrame(people).assign(start_day=0, induction_end_day=4 * stop, end_day=4 * stop, sessions=stop)
    series = series.assign(induction_sessions=stop, maintenance_sessions=0, complies=~short, switched=switched)
    series["reason"] = pd.Series("too_few_sessions", series.index).where(short)
    series["next_start_day"] = pd.Series(20, series.index).where(switched)
    cohort = series[["patient", "series", "arm", "complies", "sessions", "induction_sessions"]].assign(
        included=np.arange(n) % 17 != 0, exclusion=pd.NA
    )
    patients = pd.DataFrame({"patient": range(1, n + 1), "payer": payer, "failures": failures})
    return {
        "patients": conform(patients, "patients"),
        "series": conform(series, "series"),
        "cohort": conform(cohort, "cohort"),
        "endpoints": conform(endpoints, "endpoints"),
        "series_sessions": empty_table("series_sessions"),
        "events": empty_table("events"),
    }
