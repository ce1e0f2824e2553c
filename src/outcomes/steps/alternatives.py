"""Endpoints → a part of the comparison by other sites, models, derivations and confounders."""

from __future__ import annotations

from outcomes.files import write_table
from outcomes.steps.step import COMPARED, COURSES, FURTHER, Step, Work


def alternatives(work: Work) -> dict[str, str]:
    """Compare the two arms in other ways: other sites, learned models, other derivations, imputed confounders, negative controls."""
    from outcomes.analysis.comparison.prepare import prepare_comparison
    from outcomes.analysis.comparison.sensitivity.alternatives import tabulate_alternatives
    from outcomes.contracts import empty_table
    from outcomes.errors import ModelError
    from outcomes.settings.shards import Shard

    shard, study, tables = Shard.read(work.options.part), work.study, work.tables
    try:
        settings = prepare_comparison(tables, study.comparison, study).settings if study.comparison else []
    except ModelError:  # the step `compare` says so
        settings = []
    table = tabulate_alternatives(tables, settings, study, shard) if settings else empty_table("alternatives")
    write_table(table, work.places.alternatives(shard), "alternatives")
    return {}


STEP = Step(
    alternatives,
    "endpoints → a part of the two arms compared by other sites, models, derivations and confounders",
    reads=(*COURSES, *FURTHER),
    writes=(),
    sections=COMPARED,
    options=((("part",), {"help": "which part of the ways, as 2-of-8", "nargs": "?", "default": "1-of-1"}),),
)
