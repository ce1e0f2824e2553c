"""Endpoints → two arms compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import comparison, sites
from outcomes.steps.step import CLINICAL, Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def compare(work: Work) -> dict[str, pd.DataFrame]:
    """Compare two arms as the study file declares: estimand, weights, balance, differences, sensitivity analyses, sites."""
    from tqdm import tqdm

    from outcomes.analysis.comparison.compare import compare_arms

    declared = work.study.comparison
    return compare_arms(work.tables, declared, work.study, lambda numbers: tqdm(numbers, "bootstrap", disable=None))


STEP = Step(
    compare,
    "endpoints → two arms compared: weights, balance, differences, sensitivity analyses",
    reads=(
        *("patients", "series", "series_sessions", "events", "endpoints", "cohort"),
        *("variants", "pretreatment"),
    ),
    writes=estimated_by("compare", comparison, sites),
    sections=(
        *("comparison", *CLINICAL, "arms", "own_protocols", "series"),
        *("baseline", "timepoints", "report", "seed", "privacy"),
    ),
)
