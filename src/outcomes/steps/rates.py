"""Endpoints → flow, baseline, scores, rates with both denominators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import describe, eligibility, instruments, quality
from outcomes.steps.step import DERIVED, Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def rates(work: Work) -> dict[str, pd.DataFrame]:
    """Describe the cohort: flow, baseline, scores, response and remission, differences, missingness, item 9, instruments side by side."""
    from outcomes.analysis.describe import describe_cohort

    return describe_cohort(work.tables, work.study)


STEP = Step(
    rates,
    "endpoints → flow, baseline, scores, rates with both denominators",
    reads=("patients", "scores", "ledger", "balance", "health", "series", "endpoints", "cohort", "times"),
    writes=estimated_by("rates", quality, describe, eligibility, instruments),
    sections=(*DERIVED, "own_protocols", "regression_to_mean", "published", "eligibility", "report", "privacy"),
)
