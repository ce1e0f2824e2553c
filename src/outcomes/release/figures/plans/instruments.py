"""Which figure sets response on two instruments side by side, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.contracts.released.instruments import JointResponse
from outcomes.records import list_records
from outcomes.release.arms import order_arms
from outcomes.release.course import find_place
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.numbers import fixed
from outcomes.settings import Study

DERIVED = "derived"


def plan_instruments(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of who responds on one instrument and not on the other, at the time point that the first page is about; none where no arm has all shares.

    An instrument scored from another's items is left to the table.
    """
    rows, place = read_rows(tables, JointResponse.name), find_place(tables, study)
    if rows.empty or place is None:
        return []
    _, axis, timepoint = place
    rows = rows[(rows[JointResponse.axis] == axis) & (rows[JointResponse.timepoint] == timepoint)]
    rows = rows[rows[JointResponse.relation] != DERIVED]
    parts = [
        JointResponse.n,
        JointResponse.both,
        JointResponse.first_only,
        JointResponse.second_only,
        JointResponse.neither,
    ]
    known = rows[rows[parts].notna().all(axis="columns")]
    if known.empty:
        return []
    order = order_arms(study, set(known[JointResponse.arm]))
    pairs = list(dict.fromkeys(zip(known[JointResponse.instrument], known[JointResponse.other], strict=True)))
    ranked = sorted(
        range(len(known)),
        key=lambda at: (
            pairs.index((known[JointResponse.instrument].iloc[at], known[JointResponse.other].iloc[at])),
            order.index(known[JointResponse.arm].iloc[at]),
        ),
    )
    known = known.iloc[ranked].reset_index(drop=True)
    few = [arm for arm in order_arms(study, set(rows[JointResponse.arm])) if arm not in order]
    left_out = f" Too few patients to show: {', '.join(study.in_text(arm) for arm in few)}." if few else ""
    when = say_timepoint(axis, timepoint)
    return [
        Plan(
            "joint_response",
            "instruments",
            f"Response on two instruments at {when}",
            f"Of patients with both scores at {when}: how many responded on both instruments, on one alone, and on neither. Difference: response on the second less "
            f"that on the first, in percentage points with {COVERED} interval, same patients.{left_out}",
            _say(known, study),
            known,
            axis=axis,
            timepoint=timepoint,
        )
    ]


def list_shares(row: Mapping[Any, Any]) -> tuple[float, ...]:
    """Return the percentages with a response on both instruments, on the first alone, on the second alone, and on neither."""
    alone = (row[name] / row[JointResponse.n] for name in (JointResponse.first_only, JointResponse.second_only))
    return tuple(100 * float(share) for share in (row[JointResponse.both], *alone, row[JointResponse.neither]))


def _say(known: pd.DataFrame, study: Study) -> str:
    parts = []
    for row in list_records(known):
        first, second = (study.instrument(row[name]).name for name in (JointResponse.instrument, JointResponse.other))
        both, one, other, neither = (fixed(share, 0) for share in list_shares(row))
        parts.append(
            f"{name_arm(study, row[JointResponse.arm])}: both {both}%, {first} alone {one}%, {second} alone {other}%, neither {neither}%"
        )
    return f"Bars of patients by response on two instruments. {'; '.join(parts)}."
