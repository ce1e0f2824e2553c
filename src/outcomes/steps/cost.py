"""Sessions and their charges → charges by arm, per responder, and beside the difference in response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import cost as declared
from outcomes.steps.step import CLINICAL, Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def cost(work: Work) -> dict[str, pd.DataFrame]:
    """Describe the charges: per starter, session, and responder, and their difference beside that of response."""
    from outcomes.analysis.cost.describe import describe_cost

    return describe_cost(work.tables, work.study)


STEP = Step(
    cost,
    "sessions and their charges → charges by arm, per responder, and beside the difference in response",
    reads=("patients", "series", "series_sessions", "events", "endpoints", "cohort"),
    writes=estimated_by("cost", declared),
    sections=("cost", "comparison", *CLINICAL, "arms", "own_protocols", "series", "baseline", "timepoints", "seed"),
)
