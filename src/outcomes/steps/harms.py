"""Sessions and what was recorded at them → adverse events, blood pressure, dissociation, why treatment stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import harms as declared
from outcomes.steps.step import Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def harms(work: Work) -> dict[str, pd.DataFrame]:
    """Describe the harms: who was asked, who had what, how often, how severe, and what stopped treatment."""
    from outcomes.analysis.harms.describe import describe_harms

    return describe_harms(work.tables, work.study)


STEP = Step(
    harms,
    "sessions → adverse events, blood pressure, dissociation, why treatment stopped",
    reads=("patients", "series", "series_sessions", "adverse_events", "vitals", "events"),
    writes=estimated_by("harms", declared),
    sections=("arms", "comparison", "seed", "privacy"),
)
