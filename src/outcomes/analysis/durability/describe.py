"""The whole of durability: every table of the step in one call."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.population.eligibility import holds_words
from outcomes.analysis.durability import estimate
from outcomes.analysis.durability.arms import arrange_arms
from outcomes.analysis.durability.effects import Span, compare_arms, list_spans
from outcomes.analysis.durability.ends import derive_ends
from outcomes.analysis.durability.first import tabulate_first
from outcomes.analysis.durability.landmark import Followed, list_ends, select_followed
from outcomes.analysis.durability.occupancy import Occupancy
from outcomes.analysis.durability.seen import find_near, tabulate_at_visit, tabulate_attendance, tabulate_visits
from outcomes.analysis.durability.visiting import count_equally
from outcomes.contracts import empty_table
from outcomes.contracts.released import durability as released
from outcomes.contracts.released.table import list_declared
from outcomes.errors import ModelError
from outcomes.settings import Study
from outcomes.settings.durability import Durability

log = logging.getLogger(__name__)

Row = dict[str, Any]


def describe_durability(
    tables: Mapping[str, pd.DataFrame], durability: Durability | None, study: Study
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return how long the response lasts after the induction, before the disclosure gate.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``scores``, ``series``, ``series_sessions``, ``endpoints``, and ``cohort``, as in their contracts.
    durability : Durability or None
        Without one, every table is there and empty.
    study : Study
        Arms, instruments, comparison, and seed.

    Returns
    -------
    ends : DataFrame
        Private: one row per patient followed and end, as in its contract.
    estimates : dict of str to DataFrame
        The tables of :mod:`outcomes.contracts.released.durability` by name.

    Raises
    ------
    ModelError
        The study has no dated sessions, the instrument is not among its own, or there is no column ``data_until``.
    """
    found = {table.name: pd.DataFrame(columns=table.columns) for table in list_declared(released)}
    if durability is None:
        return empty_table("durability"), found
    _check(durability, study, tables["patients"])
    followed = select_followed(tables, durability, study)
    ends = derive_ends(followed, durability, study)
    found[released.DurabilityCohort.name] = followed.steps
    if len(followed.people):
        found |= {
            released.DurabilityVisits.name: tabulate_visits(followed, durability, study),
            released.DurabilityAttendance.name: tabulate_attendance(followed, durability, study),
            released.DurabilityAtVisit.name: tabulate_at_visit(followed, durability, study),
            released.DurabilityFirst.name: tabulate_first(ends, followed, durability, study),
            **_estimate_shares(followed, durability, study),
            **_compare(followed, tables["patients"], durability, study),
        }
    return _to_contract(ends), found


def _check(durability: Durability, study: Study, patients: pd.DataFrame) -> None:
    if study.series.origin != "sessions":
        raise ModelError(
            "durability: the study has no dated sessions, so no induction has an end; leave the section out (durability: null)."
        )
    if durability.instrument not in study.instruments:
        raise ModelError(
            f"durability.instrument: '{durability.instrument}' is not among {', '.join(study.instruments)}."
        )
    name = durability.data_until
    if name is not None and (name not in patients or holds_words(patients[name])):
        raise ModelError(
            f"durability.data_until: the patients have no column '{name}' of numbers (study days); map one, or leave it out."
        )


def _estimate_shares(followed: Followed, durability: Durability, study: Study) -> dict[str, pd.DataFrame]:
    """Return each arm's own share in response: by week, and at the declared weeks."""
    curves: list[Row] = []
    held: list[Row] = []
    days = np.arange(durability.landmark.to_day + 1, 7 * durability.horizon_weeks + 1, dtype=float)
    for name, end in list_ends(durability).items():
        for arm in study.arms:
            group = (followed.people["arm"] == arm.id).to_numpy()
            if not group.any():
                continue
            own = arrange_arms(followed, end, [group], durability, study)[0]
            facts: Row = {"arm": arm.id, "end": name, "n": own.histories.n}
            facts["fewest"] = estimate.count_fewest(own.histories)
            seen = own.histories.seen
            people = count_equally(own.histories.n)
            found, until = None, 0.0
            if seen >= estimate.FEWEST_SEEN:
                found = estimate.estimate_weighted(estimate.prepare(own, people, durability.maintenance), people)
                until = estimate.find_last_day(own.histories)
            for week in range(durability.landmark.to_day // 7 + 1, durability.horizon_weeks + 1):
                near = find_near(followed, week, durability.visit_days)
                count = int(group[near["person"]].sum())
                span = Span("", days == 7 * week, "share", 1.0, 7.0 * week)
                curves.append({**facts, "week": week, "seen": count, **_read(found, span, seen, until)})
            for span in list_spans(durability):
                row = {**facts, "method": "weighted", "time": span.time, "seen": seen}
                held.append(row | _read(found, span, seen, until))
    held_table = pd.DataFrame(held).reindex(columns=list(released.DurabilityHeld.fields))
    curve_table = pd.DataFrame(curves).reindex(columns=list(released.DurabilityCurve.fields))
    return {released.DurabilityCurve.name: curve_table, released.DurabilityHeld.name: held_table}


def _read(found: Occupancy | None, span: Span, seen: int, until: float) -> Row:
    """Return a share with its interval; nothing where too few were seen, or so late."""
    if found is None or span.last > until:
        return {}
    share = estimate.read_share(found, span.mask, seen)[0]
    lower, upper = share.bounds()
    row = {"share": share.value, "lower": lower, "upper": upper}
    return row | ({"weeks": span.factor * share.value} if span.factor != 1.0 else {})


def _compare(
    followed: Followed, patients: pd.DataFrame, durability: Durability, study: Study
) -> dict[str, pd.DataFrame]:
    """Return the differences of the declared comparison; without one, of every arm to the first."""
    names = [arm.id for arm in study.arms]
    pairs = [(arm, names[0]) for arm in names[1:]]
    if study.comparison is not None:
        pairs = [(study.comparison.estimand.treated, study.comparison.estimand.reference)]
    there = set(followed.people["arm"])
    made = [compare_arms(followed, pair, patients, durability, study) for pair in pairs if set(pair) <= there]
    tables = (released.DurabilityEffect, released.DurabilityTilt)
    return {
        table.name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=table.columns)
        for table, parts in zip(tables, zip(*made, strict=True) if made else ((), ()), strict=True)
    }


def _to_contract(ends: pd.DataFrame) -> pd.DataFrame:
    days = {name: ends[name].replace(np.inf, np.nan).astype("Int32") for name in ("lower", "upper", "last_day")}
    table = ends.assign(patient=ends["patient"].astype("int32"), **days)
    return table.astype(dict.fromkeys(("arm", "end", "outcome"), "category"))
