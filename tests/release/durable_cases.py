"""Durability of made-up arms, as it is released: curves by both estimates, and how many started at the landmark."""

from __future__ import annotations

import numpy as np
import pandas as pd

DECLARED = {"instrument": "phq9", "relapse": {"score_from": 15}}
STEPS = ("treated", "without_further_treatment", "scored", "in_response", "followed")


def make_durability_tables(arms: list[str], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables that the figures of durability read; every arm has numbers of its own."""
    cohort, curve = [], []
    for arm in arms:
        start = int(rng.integers(60, 1200))
        cohort += [{"arm": arm, "step": step, "n": start} for step in STEPS]
        for end in ("loss", "relapse"):
            for method in ("kaplan_meier", "turnbull"):
                curve += _fall({"arm": arm, "end": end, "method": method, "state": "held"}, start, rng)
    return {"durability_cohort": pd.DataFrame(cohort), "durability_curve": pd.DataFrame(curve)}


def _fall(keys: dict[str, str], start: int, rng: np.random.Generator) -> list[dict[str, object]]:
    shares = np.cumprod(rng.uniform(0.85, 0.99, 14))
    return [
        {**keys, "week": week, "share": share, "lower": share * 0.9, "upper": min(1.0, share * 1.1)}
        | {"at_risk": int(start * share), "events": start - int(start * share), "treated": 0, "censored": 0}
        for week, share in zip(range(3, 17), shares, strict=True)
    ]
