"""The steps of the measures: clean tables → scores, series, endpoints, and endpoints derived in other ways."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from outcomes.files import read_table, write_table
from outcomes.settings import Study
from outcomes.steps.step import open_study
from outcomes.workflow import TABLES

if TYPE_CHECKING:
    from outcomes.measures.definitions import Definitions


def score(options: Namespace) -> None:
    """Turn item answers into totals, severity bands, and the ideation item."""
    from outcomes.measures.scoring import derive_scores

    study, places = open_study(options, "score")
    instruments = {name: study.instrument(name) for name in study.instruments}
    scores = derive_scores(read_table(places.table("assessments"), "assessments"), instruments, study.scoring)
    write_table(scores, places.table("scores"), "scores")


def series(options: Namespace) -> None:
    """Group sessions into series by each arm's protocol, with phase, ordinal, and why a series fails its rule."""
    from outcomes.measures.series import derive_series

    study, places = open_study(options, "series")
    table, sessions = derive_series(
        read_table(places.table("sessions"), "sessions"),
        read_table(places.table("assessments"), "assessments"),
        read_table(places.table("patients"), "patients"),
        study.arms,
        {arm.id: protocol for arm in study.arms if (protocol := study.protocol(arm)) is not None},
        study.series,
        study.visits,
    )
    write_table(table, places.table("series"), "series")
    write_table(sessions, places.table("series_sessions"), "series_sessions")


def endpoints(options: Namespace) -> None:
    """Compare each score with its baseline: change, response, remission, worsening, reliable change, and when."""
    from outcomes.measures.endpoints import derive_endpoints

    study, places = open_study(options, "endpoints")
    definitions = _define(study)
    derived = derive_endpoints(
        read_table(places.table("scores"), "scores"),
        read_table(places.table("series"), "series"),
        read_table(places.table("series_sessions"), "series_sessions"),
        read_table(places.table("patients"), "patients"),
        definitions,
    )
    for name, table in zip(TABLES["endpoints"], derived, strict=True):
        write_table(table, places.table(name), name)


def variants(options: Namespace) -> None:
    """Form the compared patients' endpoints in other ways, and find their scores before treatment."""
    from outcomes.contracts import empty_table
    from outcomes.measures.variants import derive_pretreatment, derive_variants
    from outcomes.settings.variants import declare_variants

    study, places = open_study(options, "variants")
    tables = {name: empty_table(name) for name in TABLES["variants"]}
    if study.comparison is not None:
        names = ("scores", "series", "series_sessions", "patients")
        scores, series, sessions, patients = (read_table(places.table(name), name) for name in names)
        estimand, days = study.comparison.estimand, study.comparison.negative_control.slope_days
        definitions = _define(study)
        declared = declare_variants(study)
        tables["variants"] = derive_variants(scores, series, sessions, patients, definitions, declared, estimand)
        if days is not None:
            found = derive_pretreatment(scores, series, sessions, definitions, estimand.instrument, days)
            tables["pretreatment"] = found
    for name, table in tables.items():
        write_table(table, places.table(name), name)


def _define(study: Study) -> Definitions:
    from outcomes.measures.definitions import Definitions

    return Definitions(
        instruments={name: study.instrument(name) for name in study.instruments},
        series=study.series,
        baseline=study.baseline,
        timepoints=study.timepoints,
        endpoints=study.endpoints,
        population=study.population,
        visits=study.visits,
    )
