"""Sessions → series by protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.steps.step import Step, Work

if TYPE_CHECKING:
    import pandas as pd


def series(work: Work) -> dict[str, pd.DataFrame]:
    """Group sessions into series by each arm's protocol, with phase, ordinal, and why a series fails its rule."""
    from outcomes.measures.series import derive_series

    study = work.study
    table, sessions = derive_series(
        work.tables["sessions"],
        work.tables["assessments"],
        work.tables["patients"],
        study.arms,
        {arm.id: protocol for arm in study.arms if (protocol := study.protocol(arm)) is not None},
        study.series,
        study.visits,
        study.baseline.within_days,
    )
    return {"series": table, "series_sessions": sessions}


STEP = Step(
    series,
    "sessions → series by protocol",
    reads=("patients", "sessions", "assessments"),
    writes=("series", "series_sessions"),
    sections=("arms", "own_protocols", "series", "visits", "baseline"),
)
