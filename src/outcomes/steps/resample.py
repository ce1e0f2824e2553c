"""Endpoints → a part of the samples of the comparison's bootstrap."""

from __future__ import annotations

from outcomes.files import write_table
from outcomes.steps.step import COMPARED, COURSES, Step, Work


def resample(work: Work) -> dict[str, str]:
    """Draw a part of the bootstrap's samples of patients, and compare the two arms in each, weights estimated anew."""
    from tqdm import tqdm

    from outcomes.analysis.comparison.effects.bootstrap import resample_setting
    from outcomes.analysis.comparison.prepare import prepare_comparison
    from outcomes.contracts import empty_table
    from outcomes.errors import ModelError
    from outcomes.settings.shards import Shard

    shard, study, table = Shard.read(work.options.part), work.study, empty_table("resampled")
    try:
        settings = prepare_comparison(work.tables, study.comparison, study).settings if study.comparison else []
    except ModelError:  # the step `compare` says so
        settings = []
    if len(settings) == 1:
        table = resample_setting(
            settings[0], study.seed, shard, lambda numbers: tqdm(numbers, "bootstrap", disable=None)
        )
    write_table(table, work.places.resampled(shard), "resampled")
    return {}


STEP = Step(
    resample,
    "endpoints → a part of the samples of the comparison's bootstrap",
    reads=COURSES,
    writes=(),
    sections=COMPARED,
    options=((("part",), {"help": "which part of the samples, as 2-of-8", "nargs": "?", "default": "1-of-1"}),),
)
