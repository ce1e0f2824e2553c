"""Which figure shows when a response begins, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.onset import Onset
from outcomes.records import list_records
from outcomes.release.definitions import COVERED, FEWEST_STEPS
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import fixed
from outcomes.settings import Study


def plan_onset(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of first and confirmed response by day, of the primary instrument; none of a curve that is flat as far as it was released."""
    rows = read_rows(tables, Onset.name)
    if rows.empty:
        return []
    instrument = str(rows[Onset.instrument].iloc[0])
    rows = rows[(rows[Onset.instrument] == instrument) & (rows[Onset.endpoint] == "response")]
    rows = rows[rows[Onset.axis] == "day"]
    steps = rows.groupby([Onset.onset, Onset.arm])[Onset.probability].transform("nunique")
    drawn = rows[steps >= FEWEST_STEPS]
    known = drawn[drawn[Onset.probability].notna()]
    if drawn.empty:
        return []
    flat = rows[(steps < FEWEST_STEPS) & rows[Onset.patients].gt(0)].drop_duplicates([Onset.onset, Onset.arm])
    gone = ", ".join(f"{row[Onset.onset]} with {study.in_text(row[Onset.arm])}" for row in list_records(flat))
    name = study.instrument(instrument).name
    return [
        Plan(
            "onset",
            "onset",
            f"{name}: response begun",
            f"Share of patients in whom a {name} response had begun, seen or not (Turnbull), an early stop of treatment competing; bands: {COVERED}. "
            "First: the first score with a response. Confirmed: the first that the next score bears out. Below the axis, patients with a score by then."
            + (f" Too few to draw: {gone}." if gone else ""),
            _say(known, study),
            drawn,
            instrument,
        )
    ]


def _say(known: pd.DataFrame, study: Study) -> str:
    parts = []
    for (kind, arm), rows in known.groupby([Onset.onset, Onset.arm], sort=False):
        last = rows.sort_values(Onset.time).iloc[-1]
        share = fixed(100 * last[Onset.probability], 0)
        parts.append(f"{kind}, {name_arm(study, str(arm))}: {share}% by day {fixed(last[Onset.time], 0)}")
    return f"Rising curves by arm, first and confirmed response. {'; '.join(parts)}."
