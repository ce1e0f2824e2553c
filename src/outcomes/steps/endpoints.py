"""Scores and series → change, response, remission … at each time point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.steps.step import DERIVED, Step, Work

if TYPE_CHECKING:
    import pandas as pd


def endpoints(work: Work) -> dict[str, pd.DataFrame]:
    """Compare each score with its baseline: change, response, remission, worsening, reliable change, and when."""
    from outcomes.measures.cohort import leave_out_small_arms
    from outcomes.measures.definitions import define
    from outcomes.measures.endpoints import derive_endpoints

    study = work.study
    endpoints, cohort, times = derive_endpoints(
        work.tables["scores"],
        work.tables["series"],
        work.tables["series_sessions"],
        work.tables["patients"],
        define(study),
    )
    if study.population.small_arms == "omit" and study.privacy.release == "rounded":
        compared = study.comparison.estimand if study.comparison is not None else None
        kept = (compared.treated, compared.reference) if compared is not None else ()
        cohort = leave_out_small_arms(cohort, study.privacy.minimum_cell, kept)
    return {"endpoints": endpoints, "cohort": cohort, "times": times}


STEP = Step(
    endpoints,
    "scores and series → change, response, remission … at each time point",
    reads=("patients", "scores", "series", "series_sessions"),
    writes=("endpoints", "cohort", "times"),
    sections=("comparison", "privacy", *DERIVED),
)
