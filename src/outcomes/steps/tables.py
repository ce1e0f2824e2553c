"""Estimates → released tables, through the disclosure gate."""

from __future__ import annotations

from outcomes.commands.command import INTERNAL
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.steps.step import CLINICAL, Step, Work, estimates, released

ESTIMATED = tuple(
    name for name, table in RELEASED.items() if table.written_by != "tables"
)  # the others are of the models


def tables(work: Work) -> dict[str, str]:
    """Pass every estimate through the disclosure gate and write the released tables as CSV."""
    from outcomes.analysis.model_result import ModelResult, collect_models
    from outcomes.contracts.released.text import format_table
    from outcomes.release.disclosure.gate import release_tables
    from outcomes.release.disclosure.units import protect_patients
    from outcomes.release.left_out import drop_uncompared
    from outcomes.settings.words import name_arms

    study = work.study
    made = {
        name: name_arms(table, study)
        for name, table in drop_uncompared({one: work.tables[one] for one in ESTIMATED}).items()
    }
    fitted = [work.places.model(name).read_text(encoding="utf-8") for name in study.models]
    models = collect_models([ModelResult.from_json(text) for text in fitted])
    privacy = protect_patients(study.privacy, work.tables["cohort"])
    for old in set(work.places.results.glob("tables/*.csv")) - {work.places.find(name) for name in STEP.writes}:
        old.unlink()  # of a table that there is no more
    passed = release_tables(made | models, privacy)
    return {name: format_table(passed[name]) for name in RELEASED}


STEP = Step(
    tables,
    "estimates → released tables, through the disclosure gate",
    reads=("cohort", *estimates(ESTIMATED)),
    writes=released(RELEASED),
    sections=("models", "privacy", "arms", "own_protocols", *CLINICAL),
    words=("names",),
    options=(INTERNAL,),
)
