"""Rows of the sensitivity grid from endpoints that were derived in another way: baseline rule, windows, thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.confounder_imputation import build_settings
from outcomes.analysis.comparison.confounder_pooling import pool_rows
from outcomes.analysis.comparison.effects.risks import contrast_means
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.population.people import ENDPOINTS, select_compared
from outcomes.analysis.comparison.setting import POINTS, RISK, Row, Setting, choose_timepoints, fit_row
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.errors import ModelError
from outcomes.settings.variants import Variant


def vary_derivations(
    tables: Mapping[str, pd.DataFrame], setting: Setting, variants: Sequence[Variant], seed: int
) -> Iterator[Row]:
    """Yield the declared analysis, weights and all, of the endpoints of every variant.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As :func:`outcomes.analysis.comparison.compare_arms` takes them, with ``variants``.
    setting : Setting
        The declared analysis; its time points are shown.
    variants : sequence of Variant
        Declared ones; a threshold gives rows of its endpoint alone, a window those of the days alone.
    seed : int
        Of the imputation of missing confounders, where that is declared.
    """
    tables = dict(tables)  # each read once
    places = choose_timepoints(setting.compared, setting.comparison)
    for variant in variants:
        own = tables["variants"][(tables["variants"]["variant"] == variant.name).to_numpy()]
        inside = pd.MultiIndex.from_frame(tables["cohort"][["patient", "series"]]).isin(
            pd.MultiIndex.from_frame(own[["patient", "series"]])
        )
        cohort = tables["cohort"].assign(included=inside)
        endpoint, threshold, _ = variant.name.partition("_at_")
        ends = (endpoint,) if threshold else ("change", *ENDPOINTS)
        axes = {
            axis: point for axis, point in places.items() if not variant.name.startswith("windows") or axis == "day"
        }
        try:
            given = {**tables, "endpoints": own, "cohort": cohort}
            compared = select_compared(given, setting.comparison, setting.compared.same_day)
            changed = build_settings(compared, setting.comparison, seed)
        except ModelError:
            yield from _fail(variant, ends, axes)
            continue
        for axis, timepoint in axes.items():
            for end in ends:
                place = {"endpoint": end, "axis": axis, "timepoint": timepoint}
                rows = [
                    _fit(one, variant, axis, timepoint)
                    if end == "change"
                    else _weigh(one, variant, axis, timepoint, end)
                    for one in changed
                ]
                yield from (place | row for row in pool_rows([row] for row in rows))


def _fail(variant: Variant, ends: Sequence[str], axes: Mapping[str, str]) -> Iterator[Row]:
    note = f"{variant.note}: an arm has no patient"
    for axis, timepoint in axes.items():
        for end in ends:
            place = {
                "endpoint": end,
                "axis": axis,
                "timepoint": timepoint,
                "scale": POINTS if end == "change" else RISK,
            }
            yield place | {"analysis": variant.name, "converged": False, "note": note}


def _fit(setting: Setting, variant: Variant, axis: str, timepoint: str) -> Row:
    specification = setting.specify(axis)
    row = fit_row(variant.name, setting, specification, timepoint, setting.primary, note=variant.note)
    return {"scale": POINTS} | row


def _weigh(setting: Setting, variant: Variant, axis: str, timepoint: str, endpoint: str) -> Row:
    """Return the weighted risk difference of those observed."""
    outcome = setting.compared.at(axis, timepoint, endpoint)
    means = estimate_means(outcome, setting.compared.treated, setting.confounders.design, setting.primary, "weighted")
    present = setting.primary.present & ~np.isnan(outcome)
    row = {"analysis": variant.name, "scale": RISK, "n": int(present.sum()), "converged": False}
    if not all(one.converged for one in means):
        return row | {"note": f"{variant.note}; an arm in which no one was observed"}
    found = contrast_means(*means)
    values = {
        name: found[f"difference{end}"] for name, end in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper"))
    }
    size = {"effective_n": compute_effective_n(setting.primary.weight[present]), "converged": True}
    return row | values | size | {"note": f"{variant.note}; of complete cases"}
