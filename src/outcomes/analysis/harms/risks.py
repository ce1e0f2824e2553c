"""Patients who had an adverse event at least once, by arm, and the difference between arms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from outcomes.contracts.released.harms import ALL_SESSIONS, FIRST_SIX
from outcomes.proportions import compute_clopper_pearson, compute_miettinen_nurminen

ANY, SEVERE = "any", "any severe"
BLOCKS = {ALL_SESSIONS: None, "first session": 1, FIRST_SIX: 6}
HARMS = ["block", "event", "arm", "patients", "affected", "proportion", "lower", "upper", "median_sessions"]
COUNTS = ["affected", "patients", "affected_reference", "patients_reference"]
DIFFERENCES = ["block", "event", "contrast", *COUNTS, "difference", "lower", "upper", "note"]


def tabulate_harms(sessions: pd.DataFrame, attached: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many patients had each adverse event at least once.

    Parameters
    ----------
    sessions, attached : DataFrame
        Results of :func:`~outcomes.analysis.harms.attribution.number_sessions` and ``keep_asked``.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per block, event, and arm, the key. Block ``all sessions`` counts every patient ever asked in the arm;
        ``first session`` and ``first 6 sessions`` those with so many sessions, over just those, which is the fair
        comparison where arms differ in sessions. ``any`` and ``any severe`` come first, then events by their larger risk.
        ``patients`` asked at least once in the block, ``affected``, ``proportion`` with the exact 95% interval
        (Clopper & Pearson 1934, 10.1093/biomet/26.4.404), and the ``median_sessions`` of those patients. ``any severe``
        is among patients with every event graded, or none.
    """
    tables: list[pd.DataFrame] = []
    for block, first in BLOCKS.items():
        rows = sessions if first is None else _first(sessions, first)
        part = pd.concat([_count(rows, attached, arm) for arm in arms], ignore_index=True)
        tables.append(part.assign(block=block, order=len(tables)))
    table = pd.concat(tables, ignore_index=True)
    lower, upper = compute_clopper_pearson(table["affected"], table["patients"])
    proportion = table["affected"] / table["patients"].where(table["patients"] > 0)
    table = table.assign(proportion=proportion, lower=lower, upper=upper)
    return _order(table, arms)[HARMS]


def _first(sessions: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the first sessions of the patients who had so many in the arm."""
    had = sessions.groupby(["patient", "arm"], sort=False)["number"].transform("max")
    return sessions[(sessions["number"] <= count) & (had >= count)]


def _count(sessions: pd.DataFrame, attached: pd.DataFrame, arm: str) -> pd.DataFrame:
    own = sessions[sessions["arm"] == arm]
    asked = own.loc[own["asked"], "patient"].unique()
    here = attached[attached["session_row"].isin(own.index) & attached["patient"].isin(asked)]
    held = own[own["patient"].isin(asked)].groupby("patient").size()
    found = {str(event): rows["patient"].nunique() for event, rows in here.groupby("event", observed=True)}
    events = sorted(set(attached["event"].astype(str)))
    counts = [(ANY, len(asked), here["patient"].nunique()), *_severe(here, asked)]
    counts += [(event, len(asked), found.get(event, 0)) for event in events]
    table = pd.DataFrame(counts, columns=["event", "patients", "affected"])
    return table.assign(arm=arm, median_sessions=held.median() if len(held) else np.nan)


def _severe(here: pd.DataFrame, asked: np.ndarray) -> Iterator[tuple[str, int, int]]:
    if "severity" not in here:
        return
    severe = here.loc[here["severity"].astype(str) == "severe", "patient"].unique()
    ungraded = np.setdiff1d(here.loc[here["severity"].isna(), "patient"].unique(), severe)
    yield SEVERE, len(np.setdiff1d(asked, ungraded)), len(severe)


def _order(table: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the rows by block, the head rows first, then by the larger risk over all sessions; arms in their order."""
    whole = table[table["order"] == 0].groupby("event")["proportion"].max()
    head = {ANY: 0, SEVERE: 1}
    table = table.assign(
        head=table["event"].map(head).fillna(2),
        risk=-table["event"].map(whole).fillna(0),
        place=table["arm"].map({arm: at for at, arm in enumerate(arms)}),
    )
    return table.sort_values(["order", "head", "risk", "event", "place"], kind="stable", ignore_index=True)


def tabulate_harm_differences(harms: pd.DataFrame, contrasts: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    """Return each arm's risk of an adverse event minus the reference's.

    Parameters
    ----------
    harms : DataFrame
        Result of :func:`tabulate_harms`.
    contrasts : sequence of (arm, reference, note)
        Pairs of arms; a note says why a pair is not compared, and is empty where it is.

    Returns
    -------
    DataFrame
        One row per block, event, and contrast ("iv - esketamine"), the key; ``difference`` with its 95% score interval
        (Miettinen & Nurminen 1985, 10.1002/sim.4780040211), missing with a ``note`` where the arms were not asked alike.
    """
    parts = []
    key = ["block", "event"]
    for arm, reference, note in contrasts:
        pair = harms[harms["arm"] == arm].merge(harms[harms["arm"] == reference], on=key, suffixes=("", "_reference"))
        x, n, reference_x, reference_n = (pair[name].to_numpy(float) for name in COUNTS)
        difference, lower, upper = compute_miettinen_nurminen(x, n, reference_x, reference_n)
        table = pair[[*key, *COUNTS]].assign(
            contrast=f"{arm} - {reference}", difference=difference, lower=lower, upper=upper
        )
        if note:
            table = table.assign(difference=np.nan, lower=np.nan, upper=np.nan)
        parts.append(table.assign(note=note or None))
    return pd.concat(parts, ignore_index=True)[DIFFERENCES] if parts else pd.DataFrame(columns=DIFFERENCES)
