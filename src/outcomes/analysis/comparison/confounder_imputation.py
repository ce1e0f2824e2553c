"""Missing confounders filled by chained equations, the primary difference of every filled data set, and Rubin's rules over them.

Each data set has scores, weights, and differences of its own, which are pooled (Leyrat et al. 2019, 10.1177/0962280217713032: of the
ways to join imputation and weighting the one that is consistent); the imputation models hold the arm and the outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.confounder_pooling import bound_pooled, is_enough, say_imputed
from outcomes.analysis.comparison.effects.primary import tabulate_effects
from outcomes.analysis.comparison.population.confounders import NO_VALUE, code_confounders
from outcomes.analysis.comparison.population.people import Compared, select_compared
from outcomes.analysis.comparison.rubin import pool_estimates
from outcomes.analysis.comparison.setting import POINTS, Row, Setting, build_setting, choose_timepoints, fit_row
from outcomes.analysis.comparison.weighting.propensity import fit_logistic
from outcomes.errors import ModelError, UnsupportedError
from outcomes.settings.comparison import Comparison

log = logging.getLogger(__name__)

CYCLES, DONORS = 10, 5
NO_BOOTSTRAP = "no bootstrap: not available with missing: impute"


def lacks_confounders(compared: Compared, comparison: Comparison) -> bool:
    """Tell whether any confounder of a compared patient is missing."""
    return bool(compared.people[list(comparison.confounders)].isna().any(axis=None))


def build_settings(compared: Compared, comparison: Comparison, seed: int) -> list[Setting]:
    """Return the patients with their confounders and weights: once, or as often as missing confounders are imputed."""
    filled = [compared]
    if comparison.missing == "impute" and lacks_confounders(compared, comparison):
        filled = impute_confounders(compared, comparison, seed)
        log.info("comparison: missing confounders imputed %d times", len(filled))
    return [build_setting(one, comparison) for one in filled]


def impute_confounders(compared: Compared, comparison: Comparison, seed: int) -> list[Compared]:
    """Return the compared patients ``comparison.imputations`` times, with drawn values for missing confounders.

    Numbers come from one of the five patients whose predicted value is nearest (predictive mean matching), categories from logistic
    regressions of each level against those after it; both fitted to a bootstrap sample, so that their own uncertainty is
    in the draws.
    """
    estimand = comparison.estimand
    change = compared.at(estimand.axis, estimand.timepoint, "change")
    known = ~np.isnan(change)
    filled = np.where(known, change, np.nanmean(change) if known.any() else 0.0)
    beside = np.column_stack([compared.treated, filled, known, compared.treated * filled]).astype(float)
    generator = np.random.default_rng([seed, *b"comparison/confounders"])
    names = list(comparison.confounders)
    return [
        replace(compared, people=_complete(compared.people, names, beside, generator))
        for _ in range(comparison.imputations)
    ]


def _complete(
    people: pd.DataFrame, names: Sequence[str], beside: Floats, generator: np.random.Generator
) -> pd.DataFrame:
    absent = {name: people[name].isna().to_numpy() for name in names if people[name].isna().any()}
    for name, gone in absent.items():
        if gone.all():
            raise UnsupportedError(
                f"comparison.confounders: {name} is missing in every compared patient; leave it out.", NO_VALUE
            )
        drawn = generator.choice(np.flatnonzero(~gone), int(gone.sum()))
        people = _put(people, name, gone, people[name].iloc[drawn])
    for _ in range(CYCLES if len(absent) > 1 else 1):
        for name, gone in absent.items():
            others = [one for one in names if one != name]
            design = np.column_stack([code_confounders(people, others).design, beside])
            sample = generator.choice(np.flatnonzero(~gone), int((~gone).sum()))
            column = people[name]
            numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
            draw = _match if numeric else _draw_level
            people = _put(people, name, gone, draw(column, design, sample, gone, generator))
    return people


def _put(people: pd.DataFrame, name: str, gone: Bools, values: pd.Series) -> pd.DataFrame:
    column = people[name].copy()
    column[gone] = values.to_numpy()
    return people.assign(**{name: column})


def _match(
    column: pd.Series, design: Floats, sample: np.ndarray, gone: Bools, generator: np.random.Generator
) -> pd.Series:
    """Return, for each missing number, that of a patient whose predicted value is near."""
    exog = np.column_stack([np.ones(len(design)), design])
    values = column.to_numpy(dtype=float)
    coefficients = np.linalg.lstsq(exog[sample], values[sample], rcond=None)[0]
    unit = float(np.ptp(values[sample])) or 1.0
    predicted = np.round(
        exog @ coefficients / unit, 9
    )  # patients alike stay equally near, whatever the processor rounds
    known = np.flatnonzero(~gone)
    nearest = find_nearest(predicted[known], predicted[gone], DONORS)
    picked = nearest[np.arange(len(nearest)), generator.integers(0, nearest.shape[1], len(nearest))]
    found: pd.Series = column.iloc[known[picked]]
    return found


def find_nearest(values: Floats, targets: Floats, count: int) -> Ints:
    """Return for each target the places of the nearest values, the nearest first; of those equally near, the first in order.

    Sorted once and looked up, so that time and memory grow with the numbers of both and not with their product.

    Parameters
    ----------
    values : ndarray, shape (n,)
    targets : ndarray, shape (m,)
    count : int

    Returns
    -------
    ndarray of int, shape (m, min(count, n))

    Examples
    --------
    >>> import numpy as np
    >>> find_nearest(np.array([1.0, 4.0, 2.0, 2.0]), np.array([2.0, 3.0]), 3).tolist()
    [[2, 3, 0], [1, 2, 3]]
    """
    order = np.argsort(values, kind="stable")
    distinct, starts, sizes = np.unique(values[order], return_index=True, return_counts=True)
    steps = np.arange(count)
    below = np.searchsorted(distinct, targets)[:, None] + np.arange(
        -count, count
    )  # as many distinct ones on either side
    there = (below >= 0) & (below < len(distinct))
    below = np.clip(below, 0, len(distinct) - 1)
    places = starts[below][:, :, None] + steps  # of each, the first in order
    there = (there[:, :, None] & (steps < sizes[below][:, :, None])).reshape(len(targets), 2 * count * count)
    found = order[np.minimum(places, len(values) - 1)].reshape(len(targets), 2 * count * count)
    apart = np.where(there, np.abs(values[found] - targets[:, None]), np.inf)
    ranked = np.lexsort((found, apart), axis=1)[:, : min(count, len(values))]
    return np.asarray(np.take_along_axis(found, ranked, axis=1))


def _draw_level(
    column: pd.Series, design: Floats, sample: np.ndarray, gone: Bools, generator: np.random.Generator
) -> pd.Series:
    """Return a level for each missing one, by logistic regressions of each level against those after it."""
    text = column.astype(object)
    levels = sorted(text[~gone].unique(), key=str)
    chosen = np.array([levels[-1]] * len(text), dtype=object)
    waiting = gone.copy()
    rest = sample
    for level in levels[:-1]:
        mine = (text.iloc[rest] == level).to_numpy()
        if 0 < mine.sum() < len(mine):
            counts = np.bincount(rest, minlength=len(text)).astype(float)
            chance = _predict(design, (text == level).to_numpy(), rest, counts)
            hit = waiting & (generator.random(len(text)) < chance)
            chosen[hit] = level
            waiting &= ~hit
        rest = rest[~mine]
    return pd.Series(chosen[gone], index=column.index[gone])


def _predict(design: Floats, outcome: Bools, rows: np.ndarray, counts: Floats) -> Floats:
    """Return the probability for everyone, from a regression on the sampled rows."""
    model = fit_logistic(design[rows], outcome[rows])
    linear = np.column_stack([np.ones(len(design)), design]) @ model.coefficients
    return np.asarray(1 / (1 + np.exp(-np.clip(linear, -35, 35))))


def pool_effects(settings: Sequence[Setting], axis: str) -> pd.DataFrame:
    """Return the primary analysis of an axis pooled over filled data sets, as ``tabulate_effects`` returns it for one."""
    tables = [tabulate_effects(one.compared, one.primary.weight, one.specify_primary(axis)) for one in settings]
    good = [table for table in tables if table["converged"].all()]
    if not is_enough(len(good), len(tables)):
        return tables[0].assign(
            converged=False, estimate=np.nan, lower=np.nan, upper=np.nan, note="imputations did not converge"
        )
    pooled = tables[0].copy()
    for place in pooled.index:
        values = pd.DataFrame([table.loc[place, ["estimate", "std_error", "df"]] for table in good]).astype(float)
        one = pool_estimates(
            values["estimate"].to_numpy(), values["std_error"].to_numpy() ** 2, float(values["df"].mean())
        )
        lower, upper, p_value = one.find_interval()
        found = {
            "estimate": one.estimate,
            "std_error": one.variance**0.5,
            "df": one.df,
            "lower": lower,
            "upper": upper,
            "p_value": p_value,
        }
        found["effective_n"] = float(np.mean([table.loc[place, "effective_n"] for table in good]))
        for arm in ("treated", "reference"):
            names = [f"{arm}_{ending}" for ending in ("mean", "lower", "upper")]
            own = np.array([table.loc[place, names] for table in good], dtype=float)
            found |= dict(zip(names, bound_pooled(own), strict=True))
        for name, value in found.items():
            pooled.loc[place, name] = value
    without = f"; {NO_BOOTSTRAP}" if settings[0].comparison.replicates else ""
    return pooled.assign(note=f"{say_imputed(len(good))}, Rubin's rules{without}")


def vary_missing(tables: Mapping[str, pd.DataFrame], setting: Setting, seed: int) -> Iterator[Row]:
    """Yield the declared analysis with missing confounders dealt with in the other ways; nothing where none is missing."""
    comparison = setting.comparison
    same_day = setting.compared.same_day
    everyone = select_compared(tables, comparison.model_copy(update={"missing": "indicator"}), same_day)
    if not lacks_confounders(everyone, comparison):
        return
    ways = {
        "indicator": "a missing confounder is a level of its own",
        "exclude": "patients without a confounder left out",
    }
    for axis, timepoint in choose_timepoints(setting.compared, comparison).items():
        place = {"endpoint": "change", "axis": axis, "timepoint": timepoint, "scale": POINTS}
        for way, note in ways.items():
            if way != comparison.missing:
                own = comparison.model_copy(update={"missing": way})
                try:
                    other = build_setting(select_compared(tables, own, same_day), own)
                except ModelError:
                    few = {"analysis": f"missing_{way}", "converged": False}
                    yield place | few | {"note": f"{note}: too few are left in an arm"}
                    continue
                yield place | fit_row(f"missing_{way}", other, other.specify(axis), timepoint, other.primary, note=note)
        if comparison.missing != "impute":
            settings = [build_setting(one, comparison) for one in impute_confounders(everyone, comparison, seed)]
            row = pool_effects(settings, axis).set_index("timepoint").loc[timepoint]
            size = {"n": row["n_treated"] + row["n_reference"], "effective_n": row["effective_n"]}
            kept = {name: row[name] for name in ("estimate", "lower", "upper", "converged", "note")}
            yield place | {"analysis": "missing_impute"} | size | kept
