"""Scores after the first session → when a response had begun, and who responds late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import onset as declared
from outcomes.steps.step import CLINICAL, Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def onset(work: Work) -> dict[str, pd.DataFrame]:
    """Describe the onset: who was looked at when, first and confirmed response and remission, late response."""
    from outcomes.analysis.onset.describe import describe_onset

    return describe_onset(work.tables, work.study)


STEP = Step(
    onset,
    "scores after the first session → when a response had begun, and who responds late",
    reads=("scores", "series", "series_sessions", "endpoints", "cohort"),
    writes=estimated_by("onset", declared),
    sections=(*CLINICAL, "arms", "series", "baseline", "timepoints", "seed"),
)
