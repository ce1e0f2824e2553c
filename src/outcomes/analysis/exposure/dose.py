"""The dose given at each session, in milligrams and by body weight, and how recent that weight was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.quantiles import QUARTILES, find_quantile

LAST = 8
RECENT_DAYS = 30


def derive_dose(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the sessions with the weight in force and the dose by weight.

    Parameters
    ----------
    sessions : DataFrame
        Table ``series_sessions``; ``dose_mg`` and ``weight_kg`` where the export has them.

    Returns
    -------
    DataFrame
        Added: ``number`` of the session in the arm; ``weight`` of the day, else the patient's last one before, kg;
        ``weight_age`` in days, missing where there is none; ``mg_per_kg``.
    """
    rows = sessions.sort_values(["patient", "study_day", "ordinal"], kind="stable", ignore_index=True)
    rows = rows.assign(arm=rows["arm"].astype(str))
    rows["number"] = rows.groupby(["patient", "arm"], sort=False).cumcount() + 1
    for name in ("dose_mg", "weight_kg"):
        rows[name] = rows[name].astype(float) if name in rows else np.nan
    measured = rows["weight_kg"].notna()
    day = rows["study_day"].astype(float)
    rows["weight"] = rows.groupby("patient", sort=False)["weight_kg"].ffill()
    rows["weight_age"] = day - day.where(measured).groupby(rows["patient"], sort=False).ffill()
    return rows.assign(mg_per_kg=rows["dose_mg"] / rows["weight"])


def tabulate_dose(
    dosed: pd.DataFrame, arms: Sequence[str], by_weight: Mapping[str, bool], usual: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Return the dose by arm and session.

    Parameters
    ----------
    dosed : DataFrame
        Result of :func:`derive_dose`.
    arms : sequence of str
        Arm ids in the study's order.
    by_weight : mapping of str to bool
        Whether an arm's dose is by body weight; an absolute dose has no mg/kg.
    usual : mapping of str to (float, float)
        Plausible range of an arm's dose, in mg/kg or mg.

    Returns
    -------
    DataFrame
        One row per arm and ``session`` ("1" to "7", "8+": the first of the later ones), the key: ``patients`` with a dose,
        ``mg_median``, ``mg_q1``, ``mg_q3``, the same of ``mg_per_kg``; ``weighed`` with a weight at most 30 days old,
        ``carried`` with an older one, ``unweighed`` without any; ``outside`` the plausible range.
    """
    rows = dosed[dosed["dose_mg"].notna()]
    rows = rows.assign(place=np.minimum(rows["number"], LAST)).drop_duplicates(["patient", "arm", "place"])
    records: list[dict[str, Any]] = []
    for arm in arms:
        for place in range(1, LAST + 1):
            own = rows[(rows["arm"] == arm) & (rows["place"] == place)]
            by_kg = by_weight.get(arm, False)
            scaled = own["mg_per_kg"] if by_kg else own["mg_per_kg"] * np.nan
            low, high = usual.get(arm, (-np.inf, np.inf))
            judged = scaled if by_kg else own["dose_mg"]
            records.append(
                {
                    "arm": arm,
                    "session": str(place) if place < LAST else f"{LAST}+",
                    "patients": len(own),
                    **{f"mg_{name}": find_quantile(own["dose_mg"], q) for name, q in QUARTILES.items()},
                    **{f"mg_per_kg_{name}": find_quantile(scaled, q) for name, q in QUARTILES.items()},
                    "weighed": int((own["weight_age"] <= RECENT_DAYS).sum()),
                    "carried": int((own["weight_age"] > RECENT_DAYS).sum()),
                    "unweighed": int(own["weight_age"].isna().sum()),
                    "outside": int(((judged < low) | (judged > high)).sum()),
                }
            )
    return pd.DataFrame(records)
