"""Scores and series → change, response, remission … at each time point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.steps.step import DERIVED, Step, Work

if TYPE_CHECKING:
    import pandas as pd


def endpoints(work: Work) -> dict[str, pd.DataFrame]:
    """Compare each score with its baseline: change, response, remission, worsening, reliable change, and when."""
    from outcomes.measures.definitions import define
    from outcomes.measures.endpoints import derive_endpoints

    derived = derive_endpoints(
        work.tables["scores"],
        work.tables["series"],
        work.tables["series_sessions"],
        work.tables["patients"],
        define(work.study),
    )
    return dict(zip(STEP.writes, derived, strict=True))


STEP = Step(
    endpoints,
    "scores and series → change, response, remission … at each time point",
    reads=("patients", "scores", "series", "series_sessions"),
    writes=("endpoints", "cohort", "times"),
    sections=DERIVED,
)
