"""Sessions → how many, at what dose, for how long, and how often after the induction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import exposure as declared
from outcomes.steps.step import Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def exposure(work: Work) -> dict[str, pd.DataFrame]:
    """Describe the exposure: sessions, completion of the induction, dose, time, maintenance."""
    from outcomes.analysis.exposure.describe import describe_exposure

    return describe_exposure(work.tables, work.study)


STEP = Step(
    exposure,
    "sessions → how many, at what dose, for how long, and how often after the induction",
    reads=("series", "series_sessions", "assessments", "endpoints", "cohort"),
    writes=estimated_by("exposure", declared),
    sections=("arms", "own_protocols", "instruments", "seed"),
)
