"""Endpoints → two arms compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released import comparison, sites, subgroups
from outcomes.errors import DamageError
from outcomes.files import read_table
from outcomes.steps.step import COMPARED, COURSES, FURTHER, Step, Tables, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd


def compare(work: Work) -> dict[str, pd.DataFrame]:
    """Compare two arms as the study file declares: estimand, weights, balance, differences, sensitivity analyses, sites."""
    from outcomes.analysis.comparison.compare import compare_arms

    # What the steps `resample` and `alternatives` made; this step, called alone, makes what is not there.
    samples, alternatives = _read_samples(work), None
    if work.places.table("alternatives").is_file():
        alternatives = Tables(work.places, ["alternatives"])["alternatives"]
    declared = work.study.comparison
    return compare_arms(work.tables, declared, work.study, samples=samples, alternatives=alternatives)


def _read_samples(work: Work) -> pd.DataFrame | None:
    """Return the samples of all parts, if all are there."""
    import pandas as pd

    from outcomes.settings.shards import list_shards

    shards, found = list_shards(work.whole), []
    if not shards or not all(work.places.resampled(shard).is_file() for shard in shards):
        return None
    for shard in shards:
        try:
            found.append(read_table(work.places.resampled(shard), "resampled"))
        except DamageError as error:
            raise DamageError(
                f"{error} Step 'resample' makes it: `outcomes resample STUDY {shard}` does so alone."
            ) from None
    return pd.concat(found, ignore_index=True)


STEP = Step(
    compare,
    "endpoints → two arms compared: weights, balance, differences, sensitivity analyses",
    reads=(*COURSES, *FURTHER),
    writes=estimated_by("compare", comparison, subgroups, sites),
    sections=(*COMPARED, "report"),
)
