"""Three made-up groups of course, as they are released."""

from __future__ import annotations

import numpy as np
import pandas as pd

ENDS = {"1": 5.0, "2": 9.5, "3": 17.0}


def make_course_tables(instrument: str, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables that the section and the figure of courses read."""
    sizes = {group: int(rng.integers(60, 400)) for group in ENDS}
    everyone = sum(sizes.values())
    groups = [{"group": "all", "patients": everyone, "proportion": np.nan, "probability": np.nan}]
    groups += [
        {"group": group, "patients": n, "proportion": n / everyone, "probability": 0.9} for group, n in sizes.items()
    ]
    rows = []
    for group, n in {"all": everyone, **sizes}.items():
        for time in range(7):
            place = {"axis": "session" if time else "baseline", "timepoint": f"session {time}" if time else "baseline"}
            mean = 18 - (18 - ENDS.get(group, 11.0)) * (time / 6) ** 0.5
            counts = {"patients": n, "n": int(n * 0.97**time)}
            spread = {"mean": mean, "sd": 4.0, "q1": mean - 3, "q3": mean + 3}
            rows.append({"group": group, "instrument": instrument, **place, "time": float(time), **counts, **spread})
    tried = [
        (1, "normal", 1900.0, 1.0, 1.0, 1.0, ""),
        (1, "skewed", 1890.0, 1.0, 1.0, 1.0, ""),
        (2, "normal", 1800.0, 0.92, 0.88, 0.8, ""),
        (3, "normal", 1750.0, 0.85, 0.84, 0.75, ""),
        (4, "normal", 1780.0, np.nan, 0.7, 0.6, "a group is of few patients"),
    ]
    names = ("groups", "shape", "bic", "stability", "certainty", "entropy", "note")
    numbers = pd.DataFrame(tried, columns=names).assign(patients=everyone, chosen=lambda table: table["groups"] == 3)
    return {"course_number": numbers, "course_groups": pd.DataFrame(groups), "courses": pd.DataFrame(rows)}
