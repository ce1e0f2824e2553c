"""The ways to the answer that need more than the compared patients and their weights, and most of the comparison's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import pandas as pd

from outcomes.analysis.comparison.confounder_imputation import vary_missing
from outcomes.analysis.comparison.confounder_pooling import pool_rows
from outcomes.analysis.comparison.sensitivity.control_rows import compare_controls
from outcomes.analysis.comparison.sensitivity.machine_learning import learn_row
from outcomes.analysis.comparison.sensitivity.site_rows import vary_sites
from outcomes.analysis.comparison.sensitivity.variant_rows import vary_derivations
from outcomes.analysis.comparison.sensitivity.whole import SENSITIVITY, tabulate_rows
from outcomes.analysis.comparison.setting import Row, Setting, choose_timepoints
from outcomes.settings import Study
from outcomes.settings.shards import Shard
from outcomes.settings.variants import declare_variants

Way = Callable[[], Iterator[Row]]
WHOLE = Shard()


def tabulate_alternatives(
    tables: Mapping[str, pd.DataFrame], settings: Sequence[Setting], study: Study, shard: Shard = WHOLE
) -> pd.DataFrame:
    """Return those rows of the sensitivity grid: other sites, learned models, other derivations, imputed confounders, controls.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As :func:`outcomes.analysis.comparison.compare.compare_arms` takes them.
    settings : sequence of Setting
        Several where missing confounders were imputed.
    study : Study
    shard : Shard
        The part of the ways to make. A way's draws hang on the seed and on what it is alone, so that parts join to the same rows.

    Returns
    -------
    DataFrame
        Table ``alternatives``: rows of the grid, and as ``way`` the place of what made them.
    """
    ways = list_ways(tables, settings, study)
    made = [(number, list(ways[number]())) for number in shard.deal(len(ways))]
    table = tabulate_rows([row for _, rows in made for row in rows])
    table.insert(0, "way", pd.Series([number for number, rows in made for _ in rows], dtype="int64"))
    return table


def order_ways(alternatives: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all parts as rows of the grid, in the order of the ways, whichever part made them."""
    return alternatives.sort_values("way", kind="stable", ignore_index=True)[SENSITIVITY]


def list_ways(tables: Mapping[str, pd.DataFrame], settings: Sequence[Setting], study: Study) -> list[Way]:
    """Return what makes the rows, each on its own, in the order of the grid."""
    setting, tables = settings[0], dict(tables)  # each read once
    comparison = setting.comparison
    points = choose_timepoints(setting.compared, comparison).items()
    splits = comparison.learning_splits if len(settings) == 1 else min(comparison.learning_splits, 1)
    endpoints = ("change", comparison.estimand.binary.endpoint) if splits else ()
    variants = declare_variants(study) if "variants" in tables else ()
    return [
        *(partial(_vary_sites, settings, axis, timepoint) for axis, timepoint in points),
        *(partial(_learn, settings, splits, endpoint) for endpoint in endpoints),
        *(partial(vary_derivations, tables, setting, [variant], study.seed) for variant in variants),
        partial(vary_missing, tables, setting, study.seed),
        partial(_compare_controls, tables, settings),
    ]


def _vary_sites(settings: Sequence[Setting], axis: str, timepoint: str) -> Iterator[Row]:
    place = {"endpoint": "change", "axis": axis, "timepoint": timepoint}
    yield from (place | row for row in pool_rows(vary_sites(one, axis, timepoint) for one in settings))


def _learn(settings: Sequence[Setting], splits: int, endpoint: str) -> Iterator[Row]:
    yield from pool_rows([learn_row(one, splits, endpoint)] for one in settings)


def _compare_controls(tables: Mapping[str, pd.DataFrame], settings: Sequence[Setting]) -> Iterator[Row]:
    yield from pool_rows(compare_controls(tables, one) for one in settings)
