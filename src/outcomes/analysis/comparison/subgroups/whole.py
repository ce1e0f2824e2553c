"""The comparison within subgroups: raw and shrunken differences, and tests that they are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.confounder_pooling import pool_levels
from outcomes.analysis.comparison.effects.risks import EVERYONE as EVERYONE_COMPARED
from outcomes.analysis.comparison.effects.risks import OBSERVED
from outcomes.analysis.comparison.population.confounders import MISSING
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.setting import NOBODY, RATIO, RISK, Setting
from outcomes.analysis.comparison.subgroups.interactions import ESTIMATES, NO_FIT, Estimates, adjust_p_values
from outcomes.analysis.comparison.subgroups.level_effects import (
    Outcome,
    estimate_level_changes,
    estimate_levels,
    find_obstacle,
    list_outcomes,
)
from outcomes.analysis.comparison.subgroups.levels import Levels, Within, derive_levels, weigh_within
from outcomes.analysis.comparison.subgroups.shrinkage import shrink_effects
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.contracts.released import subgroups as released
from outcomes.settings.subgroups import Subgroups

SUBGROUPS = released.Subgroups.columns
INTERACTIONS = released.Interactions.columns
EVERYONE = "all"
LONE = "without the patients of strata that only one arm has"
NO_LEVEL = "patients without a value are counted and not compared"
LOGGED = ["estimate", "lower", "upper", "shrunken", "shrunken_lower", "shrunken_upper"]  # of ratios


def tabulate_subgroups(
    settings: Sequence[Setting],
    observed: Compared,
    effects: pd.DataFrame,
    risks: pd.DataFrame,
    subgroups: Subgroups,
    answers: Sequence[Floats] = (),
    patients: pd.DataFrame | None = None,
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
    answers : sequence of ndarray, each shape (draws, patients)
        The declared binary endpoint of everyone, imputed, for each setting.
    patients : DataFrame or None
        Everyone of the study, as :func:`derive_levels` takes them.

    Returns
    -------
    subgroups : DataFrame
        One row per endpoint (change, the declared binary one at the primary time point), population (of the latter: everyone, missing
        scores imputed, or those observed; '' for the change), variable, and level, the key, and ``order`` its line; first everyone (variable and level 'all'). Patients of the level by arm, those with a score, and those responded; their
        effective number under weights estimated within the level; the difference treated − reference in points, risks, or as a ratio (then
        ``std_error`` is that of its logarithm) with 95% interval, and the same shrunken towards the other levels. Without numbers, and the
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
    variables = _read_variables(observed, subgroups, patients)
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
    for outcome in list_outcomes(settings, answers):
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


def _read_variables(observed: Compared, subgroups: Subgroups, patients: pd.DataFrame | None) -> list[Levels]:
    """Return the levels of each variable; one that tells the arm, or of which nobody has a value, has levels without numbers."""
    keys = [f"comparison.subgroups.by.{place}" for place in range(len(subgroups.by))]
    return [derive_levels(observed.people, one, key, patients) for one, key in zip(subgroups.by, keys, strict=True)]


def _repeat_everyone(setting: Setting, outcome: Outcome, effects: pd.DataFrame, risks: pd.DataFrame) -> dict[str, Any]:
    estimand = setting.comparison.estimand
    row = _describe(setting, outcome, EVERYONE, "Everyone", EVERYONE, np.ones(len(outcome.observed), dtype=bool))
    if outcome.endpoint == "change":
        at_point = (effects["axis"] == estimand.axis) & (effects["timepoint"] == estimand.timepoint)
        effect = effects[at_point & (effects["variance"] == "cr2")].iloc[0]
        numbers = {name: effect[name] for name in [*ESTIMATES, "effective_n", "converged"]}
        notes = [
            effect["note"] if isinstance(effect["note"], str) else "",
            "" if setting.primary.present.all() or not effect["converged"] else LONE,
        ]
        return row | numbers | {"note": "; ".join(filter(None, notes))}
    place = (risks["axis"] == estimand.axis) & (risks["timepoint"] == estimand.timepoint)
    own = risks[place & (risks["endpoint"] == outcome.endpoint) & (risks["population"] == outcome.population)]
    risk = own[own["method"] == "weighted"].iloc[0]
    name = "ratio" if outcome.scale == RATIO else "difference"
    bounds = {"estimate": risk[name], "lower": risk[f"{name}_lower"], "upper": risk[f"{name}_upper"]}
    there = bool(risk["converged"]) and bool(np.isfinite(bounds["estimate"]))
    notes = ["" if there or not risk["converged"] else NOBODY, "" if setting.primary.present.all() else LONE]
    return (
        row | bounds | {"effective_n": risk["effective_n"], "converged": there, "note": "; ".join(filter(None, notes))}
    )


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
    lone: dict[int, bool] = {}
    for level, row in enumerate(rows):
        own = within[levels.column, level]
        pairs = enumerate(zip(settings, own, strict=True))
        obstacles = [find_obstacle(one, outcome, its, place, subgroups.fewest) for place, (one, its) in pairs]
        row["note"] = next((text for text in obstacles if text), "")
        if not row["note"]:
            used.append(level)
            lone[level] = len(own[0].rows) < (levels.place == level).sum()
            row["effective_n"] = float(np.mean([_count_effective(its, outcome) for its in own]))
    estimates = _estimate(settings, outcome, [within[levels.column, level] for level in used])
    table, spread = _shrink(estimates, subgroups.spread * outcome.unit)
    if outcome.scale == RISK and "shrunken" in table:  # drawn from a distribution without bounds
        table = table.assign(
            **{name: table[name].clip(-1, 1) for name in ("shrunken", "shrunken_lower", "shrunken_upper")}
        )
    if outcome.scale == RATIO:
        table = table.assign(**{name: np.exp(table[name]) for name in LOGGED if name in table})
    for place, level in enumerate(used):
        rows[level] |= {str(name): table[name].iloc[place] for name in table.columns}
        there = bool(estimates.converged and np.isfinite(table["estimate"].iloc[place]))
        notes = [
            estimates.note if there else estimates.note or (NO_FIT if outcome.endpoint == "change" else NOBODY),
            LONE if lone[level] else "",
        ]
        rows[level] |= {"converged": there, "note": "; ".join(filter(None, notes))}
    if (levels.place < 0).any():
        unknown = _describe(settings[0], outcome, levels.column, levels.label, MISSING, levels.place < 0)
        rows.append(unknown | {"note": NO_LEVEL})
    note = estimates.note if estimates.test or len(used) > 1 else "fewer than two levels could be estimated"
    test: dict[str, Any] = {
        "endpoint": outcome.endpoint,
        "population": outcome.population,
        "scale": outcome.scale,
    }
    test |= {"variable": levels.column, "label": levels.label, "levels": len(used), "spread": spread}
    return rows, test | estimates.test | {"converged": bool(estimates.test), "note": note}


def _estimate(settings: Sequence[Setting], outcome: Outcome, used: Sequence[Sequence[Within]]) -> Estimates:
    """Return the effects within the levels that can be estimated, pooled over the settings."""
    if outcome.endpoint != "change":
        return estimate_levels(settings, outcome, used)
    every = [estimate_level_changes(one, [own[number] for own in used]) for number, one in enumerate(settings)]
    return pool_levels(every)


def _shrink(estimates: Estimates, scale: float) -> tuple[pd.DataFrame, float]:
    """Return the effects with those drawn together beside, and the standard deviation between levels."""
    table = estimates.table.reset_index(drop=True)
    there = table[["estimate", "std_error"]].notna().all(axis=1) & (table["std_error"] > 0)
    if not estimates.converged or there.sum() < 2 or not scale > 0:
        return table, np.nan
    own = table[there]
    drawn = shrink_effects(own["estimate"].to_numpy(), own["std_error"].to_numpy(), scale)
    columns = {"shrunken": drawn.estimate, "shrunken_lower": drawn.lower, "shrunken_upper": drawn.upper}
    return table.join(pd.DataFrame(columns, index=own.index)), drawn.spread


def _count_effective(own: Within, outcome: Outcome) -> float:
    assert own.weights is not None
    counted = (
        np.ones(len(own.rows), dtype=bool) if outcome.population == EVERYONE_COMPARED else outcome.observed[own.rows]
    )
    return compute_effective_n(own.weights.weight[counted])


def _describe(
    setting: Setting, outcome: Outcome, variable: str, label: str, level: str, inside: Bools
) -> dict[str, Any]:
    """Return the key and the counts of a level."""
    row: dict[str, Any] = {"endpoint": outcome.endpoint, "population": outcome.population, "scale": outcome.scale}
    row |= {"variable": variable, "label": label, "level": level, "converged": False, "note": ""}
    for arm, side in (("treated", setting.compared.treated), ("reference", ~setting.compared.treated)):
        own = inside & side
        row |= {f"n_{arm}": int(own.sum()), f"observed_{arm}": int((own & outcome.observed).sum())}
        if outcome.population == OBSERVED:
            row[f"events_{arm}"] = int(np.nansum(outcome.values[0][0, own]))
    return row
