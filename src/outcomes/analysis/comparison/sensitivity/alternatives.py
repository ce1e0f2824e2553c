"""The ways to the answer that need more than the compared patients and their weights, and most of the comparison's time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from outcomes.analysis.comparison.confounder_imputation import vary_missing
from outcomes.analysis.comparison.confounder_pooling import pool_rows
from outcomes.analysis.comparison.sensitivity.control_rows import compare_controls
from outcomes.analysis.comparison.sensitivity.machine_learning import learn_differences
from outcomes.analysis.comparison.sensitivity.site_rows import vary_sites
from outcomes.analysis.comparison.sensitivity.variant_rows import vary_derivations
from outcomes.analysis.comparison.sensitivity.whole import tabulate_rows
from outcomes.analysis.comparison.setting import Row, Setting, choose_timepoints
from outcomes.settings import Study
from outcomes.settings.variants import declare_variants


def tabulate_alternatives(
    tables: Mapping[str, pd.DataFrame], settings: Sequence[Setting], study: Study
) -> pd.DataFrame:
    """Return those rows of the sensitivity grid: other sites, learned models, other derivations, imputed confounders, controls.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As :func:`outcomes.analysis.comparison.compare.compare_arms` takes them.
    settings : sequence of Setting
        Several where missing confounders were imputed.
    study : Study
    """
    return tabulate_rows(_list_alternatives(tables, settings, study))


def _list_alternatives(tables: Mapping[str, pd.DataFrame], settings: Sequence[Setting], study: Study) -> Iterator[Row]:
    setting = settings[0]
    for axis, timepoint in choose_timepoints(setting.compared, setting.comparison).items():
        place = {"endpoint": "change", "axis": axis, "timepoint": timepoint}
        yield from (place | row for row in pool_rows(vary_sites(one, axis, timepoint) for one in settings))
    splits = setting.comparison.learning_splits if len(settings) == 1 else min(setting.comparison.learning_splits, 1)
    if splits:
        yield from pool_rows(learn_differences(one, splits) for one in settings)
    if "variants" in tables:
        yield from vary_derivations(tables, setting, declare_variants(study), study.seed)
    yield from vary_missing(tables, setting, study.seed)
    yield from pool_rows(compare_controls(tables, one) for one in settings)
