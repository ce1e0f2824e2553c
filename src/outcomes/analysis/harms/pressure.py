"""Blood pressure around a session: how far it rises, how often it passes a threshold, whether it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.scores import compute_t_interval
from outcomes.proportions import compute_clopper_pearson

BACK_MMHG = 10
THRESHOLDS = (
    "before above 140/90",
    "systolic 180 or more",
    "diastolic 110 or more",
    "rise of 40 systolic or 25 diastolic",
)


def arrange_pressure(vitals: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one row per session with ``systolic_before``, ``systolic_peak`` … in mmHg, missing where not measured."""
    rows = vitals[vitals["measure"].isin(["systolic", "diastolic"])]
    name = rows["measure"].astype(str) + "_" + rows["moment"].astype(str)
    wide = rows.assign(name=name).pivot_table(index=["patient", "study_day"], columns="name", values="value")
    columns = [f"{measure}_{moment}" for measure in ("systolic", "diastolic") for moment in ("before", "peak", "after")]
    held = sessions[["patient", "study_day", "arm", "number"]].drop_duplicates(["patient", "study_day"], keep="last")
    return held.merge(wide.reindex(columns=columns).reset_index(), on=["patient", "study_day"], how="left")


def tabulate_blood_pressure(pressure: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many patients ever passed a threshold, and at how many sessions.

    Returns
    -------
    DataFrame
        One row per ``threshold`` (mmHg) and arm, the key: ``patients`` with the measurements that it needs, ``affected``
        at any session, ``proportion`` with its exact 95% interval, ``sessions`` measured, and those ``over``.
    """
    passed = {
        THRESHOLDS[0]: (pressure["systolic_before"] > 140) | (pressure["diastolic_before"] > 90),
        THRESHOLDS[1]: pressure["systolic_peak"] >= 180,
        THRESHOLDS[2]: pressure["diastolic_peak"] >= 110,
        THRESHOLDS[3]: (pressure["systolic_peak"] - pressure["systolic_before"] >= 40)
        | (pressure["diastolic_peak"] - pressure["diastolic_before"] >= 25),
    }
    needs = {
        THRESHOLDS[0]: ["systolic_before", "diastolic_before"],
        THRESHOLDS[1]: ["systolic_peak"],
        THRESHOLDS[2]: ["diastolic_peak"],
        THRESHOLDS[3]: ["systolic_before", "systolic_peak", "diastolic_before", "diastolic_peak"],
    }
    records: list[dict[str, Any]] = []
    for threshold in THRESHOLDS:
        measured = pressure[needs[threshold]].notna().all(axis=1)
        for arm in arms:
            own = measured & (pressure["arm"] == arm)
            over = own & passed[threshold]
            records.append(
                {
                    "threshold": threshold,
                    "arm": arm,
                    "patients": pressure.loc[own, "patient"].nunique(),
                    "affected": pressure.loc[over, "patient"].nunique(),
                    "sessions": int(own.sum()),
                    "over": int(over.sum()),
                }
            )
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["affected"], table["patients"])
    share = table["affected"] / table["patients"].where(table["patients"] > 0)
    order = ["threshold", "arm", "patients", "affected", "proportion", "lower", "upper", "sessions", "over"]
    return table.assign(proportion=share, lower=lower, upper=upper)[order]


def tabulate_pressure_rise(pressure: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the rise of blood pressure from before the session to its peak.

    Returns
    -------
    DataFrame
        One row per measure and arm, the key: ``patients`` and ``sessions`` with both measurements; ``mean`` and ``sd`` of
        the patients' own mean rises, mmHg, with the 95% t interval, so that a patient counts once; ``returned``: share of
        the patients' last such session with a later measurement at most 10 mmHg above the one before.
    """
    records: list[dict[str, Any]] = []
    for measure in ("systolic", "diastolic"):
        rise = pressure[f"{measure}_peak"] - pressure[f"{measure}_before"]
        back = pressure[f"{measure}_after"] - pressure[f"{measure}_before"]
        for arm in arms:
            own = (pressure["arm"] == arm) & rise.notna()
            means = rise[own].groupby(pressure.loc[own, "patient"]).mean()
            later = own & back.notna()
            last = (back[later] <= BACK_MMHG).groupby(pressure.loc[later, "patient"]).last()
            records.append(
                {
                    "measure": measure,
                    "arm": arm,
                    "sessions": int(own.sum()),
                    "patients": len(means),
                    "mean": means.mean() if len(means) else np.nan,
                    "sd": means.std(),
                    "followed": len(last),
                    "returned": int(last.sum()),
                }
            )
    table = pd.DataFrame(records)
    lower, upper = compute_t_interval(table["mean"], table["sd"], table["patients"])
    share = table["returned"] / table["followed"].where(table["followed"] > 0)
    order = ["measure", "arm", "sessions", "patients", "mean", "sd", "lower", "upper", "followed", "returned"]
    return table.assign(lower=lower, upper=upper)[order].assign(proportion=share)
