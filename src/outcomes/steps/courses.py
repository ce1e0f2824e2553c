"""Scores over the series → groups of patients whose scores take a similar course."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import courses as declared
from outcomes.steps.step import Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def courses(work: Work) -> dict[str, pd.DataFrame]:
    """Group the courses of the primary score: how many groups, who belongs to them, and how surely."""
    from outcomes.analysis.courses.describe import describe_courses

    return describe_courses(work.tables, work.study)


STEP = Step(
    courses,
    "scores over the series → groups of patients whose scores take a similar course",
    reads=("endpoints", "cohort"),
    writes=estimated_by("courses", declared),
    sections=("instruments", "privacy", "seed"),
)
