"""Released tables of adverse effects of two arms, as the gate leaves them."""

from __future__ import annotations

import pandas as pd

SHARES = {
    "any": (0.66, 0.68),
    "raised blood pressure": (0.19, 0.09),
    "sedation": (0.14, 0.27),
    "any severe": (0.05, 0.06),
}
PATIENTS = (445, 530)


def make_harm_tables(treated: str, reference: str) -> dict[str, pd.DataFrame]:
    """Two effects that differ between the arms, any and any severe that do not."""
    events, apart = [], []
    for event, shares in SHARES.items():
        for arm, share, n in zip((treated, reference), shares, PATIENTS, strict=True):
            row = {"block": "all sessions", "event": event, "arm": arm, "patients": n, "affected": round(share * n)}
            events.append(
                row | {"proportion": share, "lower": share - 0.03, "upper": share + 0.03, "median_sessions": 9.0}
            )
        difference = shares[0] - shares[1]
        row = {
            "block": "all sessions",
            "event": event,
            "contrast": f"{treated} - {reference}",
            "difference": difference,
        }
        apart.append(row | {"lower": difference - 0.04, "upper": difference + 0.04, "note": None})
    asked = [
        {"measure": "adverse events", "arm": arm, "sessions": 4000, "answered": 3900, "proportion": 0.975}
        for arm in (treated, reference)
    ]
    tables = {"harms": events, "harm_differences": apart, "ascertainment": asked}
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}
