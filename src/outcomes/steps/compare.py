"""Endpoints → two arms compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.contracts.released import comparison, sites, subgroups
from outcomes.errors import DamageError
from outcomes.files import read_table
from outcomes.steps.step import COMPARED, COURSES, FURTHER, Step, Work, estimated_by

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.settings.shards import Shard


def compare(work: Work) -> dict[str, pd.DataFrame]:
    """Compare two arms as the study file declares: estimand, weights, balance, differences, sensitivity analyses, sites."""
    from outcomes.analysis.comparison.compare import compare_arms

    # What the steps `resample` and `alternatives` made; this step, called alone, makes what is not there.
    places, declared = work.places, work.study.comparison
    samples = _join(work, "resample", "resampled", places.resampled)
    alternatives = _join(work, "alternatives", "alternatives", places.alternatives)
    return compare_arms(work.tables, declared, work.study, samples=samples, alternatives=alternatives)


def _join(work: Work, step: str, table: str, find: Callable[[Shard], Path]) -> pd.DataFrame | None:
    """Return what all parts of a step made, if all are there."""
    import pandas as pd

    from outcomes.settings.shards import list_shards

    shards, found = list_shards(work.whole), []
    if not shards or not all(find(shard).is_file() for shard in shards):
        return None
    for shard in shards:
        try:
            found.append(read_table(find(shard), table))
        except DamageError as error:
            raise DamageError(
                f"{error} Step '{step}' makes it: `outcomes {step} STUDY {shard}` does so alone."
            ) from None
    return pd.concat(found, ignore_index=True)


STEP = Step(
    compare,
    "endpoints → two arms compared: weights, balance, differences, sensitivity analyses",
    reads=(*COURSES, *FURTHER),
    writes=estimated_by("compare", comparison, subgroups, sites),
    sections=(*COMPARED, "report"),
)
