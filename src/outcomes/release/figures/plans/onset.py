"""Which figure shows when a response begins, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.onset import Onset
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import fixed
from outcomes.settings import Study


def plan_onset(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of first and confirmed response by day, of the primary instrument; none where no share was released."""
    rows = read_rows(tables, Onset.name)
    if rows.empty:
        return []
    instrument = str(rows[Onset.instrument].iloc[0])
    rows = rows[(rows[Onset.instrument] == instrument) & (rows[Onset.endpoint] == "response")]
    rows = rows[rows[Onset.axis] == "day"]
    known = rows[rows[Onset.probability].notna()]
    drawn = rows[rows[Onset.arm].isin(known[Onset.arm])]
    if drawn.empty:
        return []
    name = study.instrument(instrument).name
    return [
        Plan(
            "onset",
            "onset",
            f"{name}: response begun",
            f"Share of patients in whom a {name} response had begun, seen or not (Turnbull), an early stop of treatment competing; bands: {COVERED}. "
            "First: the first score with a response. Confirmed: the first that the next score bears out. Below the axis, patients with a score by then.",
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
        parts.append(f"{kind}, {name_arm(study, str(arm))}: {share} % by day {fixed(last[Onset.time], 0)}")
    return f"Rising curves by arm, first and confirmed response. {'; '.join(parts)}."
