"""Scores after the induction → how long the response lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import durability as declared
from outcomes.steps.step import CLINICAL, Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def durability(work: Work) -> dict[str, pd.DataFrame]:
    """Follow the response after the induction: how long it lasts, seen at visits, with and without further treatment."""
    from outcomes.analysis.durability.describe import describe_durability

    ends, described = describe_durability(work.tables, work.study.durability, work.study)
    return {"durability": ends, **described}


STEP = Step(
    durability,
    "scores after the induction → how long the response lasts",
    reads=("patients", "scores", "series", "series_sessions", "endpoints", "cohort"),
    writes=("durability", *estimated_by("durability", declared)),
    sections=("durability", "comparison", *CLINICAL, "arms", "series", "baseline", "seed"),
)
