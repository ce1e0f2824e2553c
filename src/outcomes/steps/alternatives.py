"""Endpoints → the comparison by other sites, models, derivations and confounders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.steps.step import COMPARED, COURSES, FURTHER, Step, Work

if TYPE_CHECKING:
    import pandas as pd


def alternatives(work: Work) -> dict[str, pd.DataFrame]:
    """Compare the two arms in other ways: other sites, learned models, other derivations, imputed confounders, negative controls."""
    from outcomes.analysis.comparison.prepare import prepare_comparison
    from outcomes.analysis.comparison.sensitivity.alternatives import tabulate_alternatives
    from outcomes.contracts import empty_table
    from outcomes.errors import ModelError

    study, tables = work.study, work.tables
    try:
        settings = prepare_comparison(tables, study.comparison, study).settings if study.comparison else []
    except ModelError:  # the step `compare` says so
        settings = []
    return {"alternatives": tabulate_alternatives(tables, settings, study) if settings else empty_table("alternatives")}


STEP = Step(
    alternatives,
    "endpoints → the two arms compared by other sites, models, derivations and confounders",
    reads=(*COURSES, *FURTHER),
    writes=("alternatives",),
    sections=COMPARED,
)
