"""The worst grade of each adverse event a patient had, and what else was recorded of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.analysis.harms.risks import ANY
from outcomes.proportions import compute_clopper_pearson

GRADES = ("mild", "moderate", "severe")
DETAILS = ("serious", "related", "action", "outcome")


def tabulate_severity(attached: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the worst grade of each adverse event, by arm.

    Returns
    -------
    DataFrame
        One row per event (``any`` first) and arm, the key: patients ``affected``; ``ungraded``: without any grade;
        ``graded`` and, among them, the worst grade ``mild``, ``moderate``, ``severe``; ``proportion`` severe of the
        graded with its exact 95% interval. Other words for a grade count as ungraded.
    """
    grade = attached["severity"].astype(str) if "severity" in attached else pd.Series("", attached.index)
    rows = attached.assign(rank=grade.map({name: rank for rank, name in enumerate(GRADES, 1)}).fillna(0).astype(int))
    records: list[dict[str, Any]] = []
    for event in [ANY, *sorted(set(rows["event"].astype(str)))]:
        named = rows if event == ANY else rows[rows["event"].astype(str) == event]
        for arm in arms:
            worst = named[named["arm"] == arm].groupby("patient")["rank"].max()
            counts = {name: int((worst == rank).sum()) for rank, name in enumerate(GRADES, 1)}
            ungraded = int((worst == 0).sum())
            graded = len(worst) - ungraded
            records.append(
                {"event": event, "arm": arm, "affected": len(worst), "ungraded": ungraded, "graded": graded, **counts}
            )
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["severe"], table["graded"])
    return table.assign(
        proportion=table["severe"] / table["graded"].where(table["graded"] > 0), lower=lower, upper=upper
    )


def tabulate_harm_details(attached: pd.DataFrame, sessions: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return patients by seriousness, relation, action, and outcome of their adverse events, where recorded.

    Returns
    -------
    DataFrame
        One row per ``detail`` (``DETAILS``), ``value``, and arm, the key: ``patients`` asked, or with an event although nobody
        asked, for a serious one must not be lost; ``affected`` with at least one such event, ``proportion`` with its exact 95%
        interval. Details that the export lacks have no row.
    """
    known = pd.concat([sessions.loc[sessions["asked"], ["arm", "patient"]], attached[["arm", "patient"]]])
    asked = known.groupby("arm")["patient"].nunique()
    records: list[dict[str, Any]] = []
    for detail in DETAILS:
        if detail not in attached or attached[detail].isna().all():
            continue
        values = attached[detail].astype(object)
        for value in sorted({str(v) for v in values.dropna()}):
            for arm in arms:
                own = attached[(attached["arm"] == arm) & (values.astype(str) == value)]
                n = int(asked.get(arm, 0))
                affected = own["patient"].nunique()
                records.append({"detail": detail, "value": value, "arm": arm, "patients": n, "affected": affected})
    columns = ["detail", "value", "arm", "patients", "affected"]
    table = pd.DataFrame(records, columns=columns)
    lower, upper = compute_clopper_pearson(table["affected"].astype(float), table["patients"].astype(float))
    share = table["affected"] / table["patients"].where(table["patients"] > 0)
    return table.assign(proportion=share.astype(float), lower=lower, upper=upper)
