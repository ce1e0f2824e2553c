"""Harms of made-up arms, as they are released: patients with each adverse event, and the difference of the first two arms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.proportions import compute_clopper_pearson, compute_miettinen_nurminen

EVENTS = ("any", "any severe", "nausea", "raised blood pressure", "dizziness")


def make_harm_tables(arms: list[str], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables that the figure of adverse effects reads."""
    n = {arm: int(rng.integers(60, 900)) for arm in arms}
    rows = [
        {
            "block": "all sessions",
            "event": event,
            "arm": arm,
            "patients": n[arm],
            "affected": int(rng.integers(5, n[arm] // 2)),
        }
        for event in EVENTS
        for arm in arms
    ]
    harms = pd.DataFrame(rows)
    lower, upper = compute_clopper_pearson(harms["affected"], harms["patients"])
    share = harms["affected"] / harms["patients"]
    harms = harms.assign(proportion=share, lower=lower, upper=upper, median_sessions=6.0)
    if len(arms) < 2:
        return {"harms": harms}
    first, second = (harms[harms["arm"] == arm].reset_index(drop=True) for arm in (arms[1], arms[0]))
    counts = {"affected": first["affected"], "patients": first["patients"]}
    counts |= {"affected_reference": second["affected"], "patients_reference": second["patients"]}
    difference, lower, upper = compute_miettinen_nurminen(*counts.values())
    differences = first[["block", "event"]].assign(
        contrast=f"{arms[1]} - {arms[0]}", **counts, difference=difference, lower=lower, upper=upper, note=None
    )
    return {"harms": harms, "harm_differences": differences}
