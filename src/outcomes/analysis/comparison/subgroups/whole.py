"""The comparison within subgroups: raw and shrunken differences, and tests that they are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools
from outcomes.analysis.comparison.confounder_pooling import pool_levels
from outcomes.analysis.comparison.population.confounders import MISSING
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.setting import RATIO, Setting
from outcomes.analysis.comparison.subgroups.interactions import ESTIMATES, adjust_p_values
from outcomes.analysis.comparison.subgroups.level_effects import (
    Outcome,
    estimate_levels,
    find_obstacle,
    list_outcomes,
)
from outcomes.analysis.comparison.subgroups.levels import Levels, Within, check_levels, derive_levels, weigh_within
from outcomes.analysis.comparison.subgroups.shrinkage import shrink_effects
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.contracts.released import comparison as released
from outcomes.settings.subgroups import Subgroups

SUBGROUPS = released.Subgroups.columns
INTERACTIONS = released.Interactions.columns
EVERYONE = "all"
LOGGED = ["estimate", "lower", "upper", "shrunken", "shrunken_lower", "shrunken_upper"]  # of ratios


def tabulate_subgroups(
    settings: Sequence[Setting], observed: Compared, effects: pd.DataFrame, risks: pd.DataFrame, subgroups: Subgroups
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the difference within each level of the declared variables, and whether levels differ.

    Parameters
    ----------
    settings : sequence of Setting
        Patients, confounders, and the declared comparison; several where missing confounders were imputed, and estimates are then pooled.
    observed : Compared
        The same patients as they are: an imputed value puts no one in a level.
    effects, risks : DataFrame
        The primary analysis and the risks; their difference in everyone is repeated first.
    subgroups : Subgroups

    Returns
    -------
    subgroups : DataFrame
        One row per endpoint (change, response at the primary time point), population (of response; '' for the change), variable, and
        level, the key, and ``order`` its line; first everyone (variable and level 'all'). Patients of the level by arm, those with a score, and those responded; their
        effective number under weights estimated within the level; the difference treated − reference in points, risks, or as a ratio (then
        ``std_error`` is that of its logarithm) with 95 % interval, and the same shrunken towards the other levels. Without numbers, and the
        reason as ``note``, for the level 'missing' and levels of too few.
    interactions : DataFrame
        One row per endpoint, population, and variable, the key: test that all estimated ``levels`` have the same difference, its p value as it
        is and adjusted over the variables, and the standard deviation between levels, ``spread`` (posterior mean; of the logarithm for ratios).

    Raises
    ------
    ModelError
        A variable that does not fit its column.
    """
    setting = settings[0]
    variables = _read_variables(observed, subgroups)
    within = {
        (one.column, level): [
            weigh_within(own.compared.people, own.compared.treated, one.place == level, own.comparison)
            for own in settings
        ]
        for one in variables
        for level in range(len(one.names))
    }
    rows: list[dict[str, Any]] = []
    tests: list[pd.DataFrame] = []
    for outcome in list_outcomes(setting):
        rows.append(_repeat_everyone(setting, outcome, effects, risks))
        found: list[dict[str, Any]] = []
        for levels in variables:
            parts, test = _compare_levels(settings, outcome, levels, within, subgroups)
            rows += parts
            found.append(test)
        table = pd.DataFrame(found, columns=INTERACTIONS)
        adjusted = adjust_p_values(table["p_value"].to_list(), subgroups.multiplicity)
        tests.append(table.assign(p_adjusted=adjusted, multiplicity=subgroups.multiplicity))
    counts = [name for name in SUBGROUPS if name.startswith(("n_", "observed_", "events_"))]
    types = dict.fromkeys(counts, "Int64") | {"converged": "bool"}
    interactions = pd.concat(tests, ignore_index=True).astype({"levels": "int64", "converged": "bool"})
    table = pd.DataFrame(rows, columns=SUBGROUPS).assign(order=range(len(rows)))
    return table.astype(types), interactions


def _read_variables(observed: Compared, subgroups: Subgroups) -> list[Levels]:
    keys = [f"comparison.subgroups.by.{place}" for place in range(len(subgroups.by))]
    variables = [derive_levels(observed.people, one, key) for one, key in zip(subgroups.by, keys, strict=True)]
    for levels, key in zip(variables, keys, strict=True):
        check_levels(levels, observed.treated, key)
    return variables


def _repeat_everyone(setting: Setting, outcome: Outcome, effects: pd.DataFrame, risks: pd.DataFrame) -> dict[str, Any]:
    estimand = setting.comparison.estimand
    row = _describe(setting, outcome, EVERYONE, "Everyone", EVERYONE, np.ones(len(outcome.values), dtype=bool))
    if outcome.endpoint == "change":
        at_point = (effects["axis"] == estimand.axis) & (effects["timepoint"] == estimand.timepoint)
        effect = effects[at_point & (effects["variance"] == "cr2")].iloc[0]
        return row | {name: effect[name] for name in [*ESTIMATES, "effective_n", "converged", "note"]}
    place = (risks["axis"] == estimand.axis) & (risks["timepoint"] == estimand.timepoint)
    own = risks[place & (risks["endpoint"] == outcome.endpoint) & (risks["population"] == outcome.population)]
    risk = own[own["method"] == "weighted"].iloc[0]
    name = "ratio" if outcome.scale == RATIO else "difference"
    bounds = {"estimate": risk[name], "lower": risk[f"{name}_lower"], "upper": risk[f"{name}_upper"]}
    return row | bounds | {"effective_n": risk["effective_n"], "converged": bool(risk["converged"]), "note": ""}


def _compare_levels(
    settings: Sequence[Setting],
    outcome: Outcome,
    levels: Levels,
    within: Mapping[tuple[str, int], Sequence[Within]],
    subgroups: Subgroups,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of one variable and its test."""
    rows = [
        _describe(settings[0], outcome, levels.column, levels.label, name, levels.place == level)
        for level, name in enumerate(levels.names)
    ]
    used: list[int] = []
    for level, row in enumerate(rows):
        own = within[levels.column, level]
        obstacles = [find_obstacle(one, outcome, its, subgroups.fewest) for one, its in zip(settings, own, strict=True)]
        row["note"] = next((text for text in obstacles if text), "")
        if not row["note"]:
            used.append(level)
            row["effective_n"] = float(np.mean([_count_effective(its, outcome) for its in own]))
    estimates = pool_levels(
        [
            estimate_levels(one, outcome, [within[levels.column, level][number] for level in used])
            for number, one in enumerate(settings)
        ]
    )
    table, spread = estimates.table, np.nan
    if len(used) > 1 and estimates.converged:
        drawn = shrink_effects(
            table["estimate"].to_numpy(), table["std_error"].to_numpy(), subgroups.spread * outcome.unit
        )
        table = table.assign(shrunken=drawn.estimate, shrunken_lower=drawn.lower, shrunken_upper=drawn.upper)
        spread = drawn.spread
    if outcome.scale == RATIO:
        table = table.assign(**{name: np.exp(table[name]) for name in LOGGED if name in table})
    for place, level in enumerate(used):
        rows[level] |= {str(name): table[name].iloc[place] for name in table.columns}
        rows[level] |= {"converged": estimates.converged, "note": estimates.note}
    if (levels.place < 0).any():
        rows.append(_describe(settings[0], outcome, levels.column, levels.label, MISSING, levels.place < 0))
    note = estimates.note if estimates.test or len(used) > 1 else "fewer than two levels could be estimated"
    test: dict[str, Any] = {
        "endpoint": outcome.endpoint,
        "population": outcome.population,
        "scale": outcome.scale,
    }
    test |= {"variable": levels.column, "label": levels.label, "levels": len(used), "spread": spread}
    return rows, test | estimates.test | {"converged": bool(estimates.test), "note": note}


def _count_effective(own: Within, outcome: Outcome) -> float:
    assert own.weights is not None
    return compute_effective_n(own.weights.weight[outcome.observed[own.rows]])


def _describe(
    setting: Setting, outcome: Outcome, variable: str, label: str, level: str, inside: Bools
) -> dict[str, Any]:
    """Return the key and the counts of a level."""
    row: dict[str, Any] = {"endpoint": outcome.endpoint, "population": outcome.population, "scale": outcome.scale}
    row |= {"variable": variable, "label": label, "level": level, "converged": False, "note": ""}
    for arm, side in (("treated", setting.compared.treated), ("reference", ~setting.compared.treated)):
        own = inside & side
        row |= {f"n_{arm}": int(own.sum()), f"observed_{arm}": int((own & outcome.observed).sum())}
        if outcome.endpoint != "change":
            row[f"events_{arm}"] = int(np.nansum(outcome.values[own]))
    return row
