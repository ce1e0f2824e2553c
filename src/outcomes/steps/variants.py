"""Scores and series → endpoints derived in other ways, for the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.steps.step import DERIVED, Step, Work

if TYPE_CHECKING:
    import pandas as pd


def variants(work: Work) -> dict[str, pd.DataFrame]:
    """Form the compared patients' endpoints in other ways, and find their scores before treatment."""
    from outcomes.contracts import empty_table
    from outcomes.measures.definitions import define
    from outcomes.measures.variants import derive_pretreatment, derive_variants
    from outcomes.settings.variants import declare_variants

    study, tables = work.study, {name: empty_table(name) for name in STEP.writes}
    if study.comparison is not None:
        names = ("scores", "series", "series_sessions", "patients")
        scores, series, sessions, patients = (work.tables[name] for name in names)
        estimand, days = study.comparison.estimand, study.comparison.negative_control.slope_days
        definitions = define(study)
        declared = declare_variants(study)
        tables["variants"] = derive_variants(scores, series, sessions, patients, definitions, declared, estimand)
        if days is not None:
            found = derive_pretreatment(scores, series, sessions, definitions, estimand.instrument, days)
            tables["pretreatment"] = found
    return tables


STEP = Step(
    variants,
    "scores and series → endpoints derived in other ways, for the comparison",
    reads=("patients", "scores", "series", "series_sessions"),
    writes=("variants", "pretreatment"),
    sections=("comparison", *DERIVED),
)
