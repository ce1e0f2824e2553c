"""Scores by the dose of the sessions before them in made-up arms, as they are released."""

from __future__ import annotations

import numpy as np
import pandas as pd


def make_dose_tables(arms: list[str], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the table that the section and the figure of scores by dose read: mg/kg and mg in turn."""
    rows = []
    for place, arm in enumerate(arms):
        unit, doses, reference = (
            ("mg", (60.0, 65.0, 70.0, 75.0), 70.0) if place % 2 else ("mg/kg", (0.4, 0.5, 0.6), 0.5)
        )
        shared = {
            "arm": arm,
            "unit": unit,
            "reference": reference,
            "patients": int(rng.integers(60, 900)),
            "p_value": 0.4,
        }
        for dose in doses:
            at = float(np.round(rng.normal(0, 1), 2)) if dose != reference else 0.0
            half = 1.5 if dose != reference else np.nan
            rows.append({**shared, "dose": dose, "estimate": at, "lower": at - half, "upper": at + half})
    return {"dose_response": pd.DataFrame(rows)}
