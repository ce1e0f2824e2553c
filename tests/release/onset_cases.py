"""When a response begins in made-up arms, and the worst grade of their adverse events, as they are released."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.analysis.onset.estimate import TIMES
from outcomes.proportions import compute_clopper_pearson, compute_wilson


def make_onset_tables(instrument: str, arms: list[str], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables that the figures of onset and of claims read."""
    rows = []
    for arm in arms:
        patients = int(rng.integers(60, 900))
        for kind, most in (("first", 0.6), ("confirmed", 0.45)):
            shares = np.sort(rng.uniform(0.02, most, len(TIMES["day"])))
            for time, share in zip(TIMES["day"], shares, strict=True):
                row = {"arm": arm, "instrument": instrument, "endpoint": "response", "onset": kind, "axis": "day"}
                counts = {"patients": patients, "looked": int(0.9 * patients), "begun": int(0.9 * share * patients)}
                rows.append({**row, "time": time, **counts, "probability": share})
    onset = pd.DataFrame(rows)
    lower, upper = compute_wilson(onset["probability"] * onset["patients"], onset["patients"])
    onset = onset.assign(probability_lower=lower, probability_upper=upper)
    lower, upper = compute_clopper_pearson(onset["begun"], onset["patients"])
    onset = onset.assign(proportion=onset["begun"] / onset["patients"], lower=lower, upper=upper)
    counts = {"affected": 200, "ungraded": 80, "graded": 120, "mild": 70, "moderate": 30, "severe": 20}
    lower, upper = compute_clopper_pearson(20, 120)
    shares = {"proportion": 20 / 120, "lower": float(lower), "upper": float(upper)}
    severity = pd.DataFrame([{"event": "any", "arm": arm, **counts, **shares} for arm in arms])
    looks = [
        {
            "arm": arm,
            "instrument": instrument,
            "window": "1 to 3 days",
            "patients": 60,
            "scored": 30,
            "recall_days": 14,
            "answerable": False,
        }
        for arm in arms
    ]
    scored = pd.DataFrame(looks)
    lower, upper = compute_clopper_pearson(scored["scored"], scored["patients"])
    scored = scored.assign(proportion=scored["scored"] / scored["patients"], lower=lower, upper=upper)
    return {"onset": onset, "onset_looks": scored, "harm_severity": severity}
