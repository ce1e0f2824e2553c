"""Every score after the first session of those analysed: when it was, after how many sessions, and what it showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Ints
from outcomes.criteria import Criteria, compute_remission, compute_response
from outcomes.proportions import compute_clopper_pearson
from outcomes.settings import Study

WINDOWS = {"24 hours": 1, "72 hours": 3, "7 days": 7}  # as claims have them, and the days after the first session


@dataclass(frozen=True)
class Looks:
    """The scores of one instrument after the first session.

    Attributes
    ----------
    people : DataFrame
        One row per series that is analysed and has a baseline: ``patient``, ``series``, ``arm``, ``baseline`` (points),
        ``sessions`` (had in the series), ``last_session`` (day since the first), ``early`` (the series ended before its
        protocol's number of sessions), and ``remitted_before``: whether the baseline was in remission already.
    rows : DataFrame
        One row per score, in order of person and day: ``person`` (row of ``people``), ``day`` since the first session,
        ``session`` (sessions had by then), ``near`` (it comes soon enough after the last of them to tell of it, as the study's time
        points after sessions have it), ``response`` and ``remission``.
    """

    people: pd.DataFrame
    rows: pd.DataFrame


def find_looks(tables: Mapping[str, pd.DataFrame], instrument: str, study: Study) -> Looks:
    """Return the scores after the first session and before the next series of those analysed.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``scores``, ``series``, ``series_sessions``, ``endpoints``, and ``cohort``, as in their contracts.
    instrument : str
        Instrument id.
    study : Study
        Cut-offs, and on which side of a session a score of its day lies.
    """
    people = _list_people(tables, instrument)
    scores = tables["scores"]
    known = (scores["instrument"] == instrument) & scores["total"].notna() & scores["study_day"].notna()
    own = scores.loc[known, ["patient", "study_day", "total"]].astype({"study_day": "int64", "total": "float64"})
    own = own.merge(people.assign(person=people.index), on="patient")
    shift = 1 if study.baseline.same_day == "before" else 0
    following = own["next_start_day"].astype("float64").fillna(np.inf)
    own = own[(own["study_day"] >= own["start_day"] + shift) & (own["study_day"] < following + shift)]
    own = own.sort_values(["person", "study_day"], kind="stable").drop_duplicates(["person", "study_day"], keep="last")
    own = own.assign(day=own["study_day"] - own["start_day"])
    own["session"], last = _find_sessions(own, tables, shift)
    own["near"] = own["study_day"] - last <= study.timepoints.session_days
    criteria = Criteria.of(instrument, study.instrument(instrument), study.endpoints)
    score, baseline = own["total"].to_numpy(), own["baseline"].to_numpy()
    shown = {
        "response": compute_response(score, baseline, criteria).value,
        "remission": compute_remission(score, baseline, criteria).value,
    }
    rows = own[["person", "day", "session", "near"]].assign(**shown).reset_index(drop=True)
    start = people["baseline"].to_numpy()
    people = people.assign(remitted_before=compute_remission(start, start, criteria).value)
    return Looks(people.drop(columns=["start_day", "next_start_day"]), rows)


def _list_people(tables: Mapping[str, pd.DataFrame], instrument: str) -> pd.DataFrame:
    """Return the series that are analysed and have a baseline of the instrument."""
    cohort, endpoints = tables["cohort"], tables["endpoints"]
    chosen = tables["series"].merge(
        cohort.loc[cohort["included"].astype(bool), ["patient", "series"]], on=["patient", "series"]
    )
    own = endpoints[(endpoints["instrument"] == instrument) & (endpoints["axis"] == "baseline")]
    chosen = chosen.merge(own[["patient", "series", "baseline"]], on=["patient", "series"])
    chosen = chosen[chosen["baseline"].notna()].sort_values(["patient", "series"], ignore_index=True)
    return pd.DataFrame(
        {
            **{name: chosen[name] for name in ("patient", "series", "start_day", "next_start_day", "sessions")},
            "arm": chosen["arm"].astype(str),
            "baseline": chosen["baseline"].astype(float),
            "last_session": chosen["end_day"] - chosen["start_day"],
            "early": chosen["reason"].astype(str) == "too_few_sessions",
        }
    )


def _find_sessions(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame], shift: int) -> tuple[Ints, Ints]:
    """Return how many sessions of its series each score comes after, and the study day of the last of them."""
    held = tables["series_sessions"].sort_values("study_day", kind="stable")
    held = held.assign(had=held.groupby(["patient", "series"])["study_day"].rank(method="max").astype(int))
    held = held.astype({"study_day": "int64", "patient": "int64", "series": "int64"})
    left = rows.assign(by=rows["study_day"] - shift, place=np.arange(len(rows)))
    left = left.astype({"patient": "int64", "series": "int64"}).sort_values("by", kind="stable")
    joined = pd.merge_asof(
        left[["patient", "series", "by", "place"]],
        held[["patient", "series", "study_day", "had"]],
        left_on="by",
        right_on="study_day",
        by=["patient", "series"],
    )
    joined = joined.sort_values("place")
    return joined["had"].to_numpy(dtype=int), joined["study_day"].to_numpy(dtype=int)


def tabulate_looks(looks: Looks, arms: Sequence[str], instrument: str, study: Study) -> pd.DataFrame:
    """Return who had a score soon after the first session, and whether it can say that a response had begun.

    Returns
    -------
    DataFrame
        One row per arm and window, the key beside ``instrument``: ``patients`` analysed, ``scored`` in the window with its
        ``proportion`` and exact interval; ``recall_days`` that the questions look back and ``overlap_days``, the median number
        of them before the first session at the last score of the window; ``answerable``: they look back no further than the
        window is long. Only then ``responded`` of those scored, and as a share.
    """
    recall = study.instrument(instrument).recall_days
    records: list[dict[str, Any]] = []
    for window, days in WINDOWS.items():
        inside = looks.rows[looks.rows["day"] <= days].drop_duplicates("person", keep="last")
        arm_of = looks.people["arm"].to_numpy()[inside["person"]]
        for arm in arms:
            own = inside[arm_of == arm]
            overlap = (recall - own["day"]).clip(lower=0)
            row: dict[str, Any] = {"arm": arm, "instrument": instrument, "window": window}
            row |= {"patients": int((looks.people["arm"] == arm).sum()), "scored": len(own)}
            row |= {"recall_days": recall, "overlap_days": overlap.median() if len(own) else np.nan}
            row |= {"answerable": recall <= days, "responded": int(own["response"].sum()) if recall <= days else pd.NA}
            records.append(row)
    table = pd.DataFrame(records).astype({"responded": "Int64", "answerable": "boolean"})
    lower, upper = compute_clopper_pearson(table["scored"], table["patients"])
    share = table["scored"] / table["patients"].where(table["patients"] > 0)
    found = table["responded"].astype("float64") / table["scored"].where(table["scored"] > 0)
    return table.assign(proportion=share, lower=lower, upper=upper, responded_proportion=found)


def list_endpoints(instrument: str, study: Study) -> tuple[str, ...]:
    """Return which of response and remission an instrument has a cut-off for."""
    criteria = Criteria.of(instrument, study.instrument(instrument), study.endpoints)
    responds = criteria.response_percent is not None or criteria.response_points is not None
    remits = criteria.remission_maximum is not None
    return (*(["response"] if responds else []), *(["remission"] if remits else []))
