"""Charges of made-up arms, as they are released: means, per response, and the differences of the compared arms."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

DECLARED = {
    "perspective": "charges of the clinic for sessions, to patient and payer together",
    "currency": "USD",
    "price_year": 2024,
    "days": [28],
    "by": ["payer"],
}


def make_cost_tables(arms: list[str], compared: bool, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables that the section and the figure of cost read."""
    charges, cases = [], []
    kinds = (("patients", ""), ("payer", "insured"), ("payer", "self-pay"))
    for horizon, (variable, level), arm in product(("induction", "day 28"), kinds, arms):
        n, mean = int(rng.integers(60, 900)), float(10 * rng.integers(150, 900))
        row: dict[str, Any] = {"arm": arm, "horizon": horizon, "variable": variable, "level": level}
        counts = {"patients": n, "complete": int(0.9 * n), "counted": n}
        spread = {"lower": mean - 200, "upper": mean + 210, "median": mean - 40, "per_session": 620.0}
        charges.append({**row, **counts, "mean": mean, **spread})
    for horizon, endpoint, population, arm in product(
        ("induction", "day 28"), ("response", "remission"), ("started", "observed"), arms
    ):
        n, events = int(rng.integers(200, 900)), int(rng.integers(20, 150))
        each = 3000.0 * n / events
        case = {"arm": arm, "horizon": horizon, "endpoint": endpoint, "population": population}
        numbers = {"patients": n, "cases": events, "case_share": events / n, "mean": 3000.0, "per_case": each}
        cases.append({**case, **numbers, "lower": 0.8 * each, "upper": 1.3 * each, "without": 0.0})
    tables = {"charges": pd.DataFrame(charges), "charges_per_case": pd.DataFrame(cases)}
    return tables | (_make_differences() if compared else {})


def _make_differences() -> dict[str, pd.DataFrame]:
    people = {"horizon": "day 28", "n_treated": 400, "n_reference": 500}
    means = {"treated": 4000.0, "reference": 7800.0, "estimate": -3800.0, "lower": -4100.0, "upper": -3500.0}
    shares = {"treated": 0.48, "reference": 0.44, "estimate": 0.04, "lower": -0.05, "upper": 0.13}
    counts = {"seen_treated": 300, "seen_reference": 350, "events_treated": 140, "events_reference": 150}
    differences = [
        {**people, "measure": "charge", "scale": "USD", **means, "correlation": 0.1},
        {**people, "measure": "response", "scale": "risk difference", **counts, **shares, "correlation": 0.1},
    ]
    benefits = [
        {
            **people,
            "willingness": worth,
            "benefit": 3800 + 0.04 * worth,
            "lower": 3000.0,
            "upper": 9000.0,
            "acceptable": 0.97,
        }
        for worth in (0.0, 10_000.0, 50_000.0)
    ]
    return {"cost_difference": pd.DataFrame(differences), "net_benefit": pd.DataFrame(benefits)}
