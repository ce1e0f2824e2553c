"""Tables of several data sets, filled with imputed confounders, put together: estimates by Rubin's rules, descriptions by their mean.

Where nothing was imputed there is one data set, whose rows and tables are returned as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.standardisation import FIRTH
from outcomes.analysis.comparison.precision import find_quantile
from outcomes.analysis.comparison.rubin import Pooled, pool_estimates
from outcomes.analysis.comparison.setting import Row
from outcomes.analysis.comparison.subgroups.interactions import ESTIMATES, Estimates, compare_effects
from outcomes.normal import Z

ENOUGH = 0.9  # share of the data sets in which an analysis must have converged
KEY = ("endpoint", "analysis", "scale", "axis", "timepoint")
RISKS = [
    "risk_treated", "risk_treated_lower", "risk_treated_upper", "risk_reference", "risk_reference_lower", "risk_reference_upper", "difference", "difference_lower", "difference_upper", "ratio", "ratio_lower", "ratio_upper",
    "nnt",
]  # fmt: skip
NUMBERS = ("estimate", "lower", "upper")
TOO_FEW = "did not converge in enough imputations of missing confounders"


def say_imputed(sets: int) -> str:
    """Return on how many data sets a row rests."""
    return f"{sets} imputations of missing confounders"


def is_enough(good: int, sets: int) -> bool:
    """Tell whether an analysis converged often enough to be pooled."""
    return good >= max(2, ENOUGH * sets)


def pool_bounds(estimates: Floats, lower: Floats, upper: Floats) -> Pooled:
    """Pool estimates of which the 95% intervals are known.

    Half an interval over 1.96 stands for the standard error: a little more where the interval is one of t, so that with nothing imputed the
    pooled interval is that interval.
    """
    return pool_estimates(estimates, np.square((upper - lower) / (2 * Z)), np.inf)


def bound_pooled(values: Floats) -> tuple[float, float, float]:
    """Return the pooled estimate with its 95% interval, from estimates and intervals of shape (sets, 3).

    Both halves of the mean interval are stretched alike by what Rubin's rules add to the variance, so that one that is not symmetric, as
    that of a proportion, stays as it is; the bounds of sets that agree are those of each.
    """
    estimates, lower, upper = values.T
    pooled = pool_bounds(estimates, lower, upper)
    if not pooled.within > 0:
        return pooled.estimate, np.nan, np.nan
    stretch = float(find_quantile(pooled.df)) / Z * np.sqrt(pooled.variance / pooled.within)
    below, above = float(np.mean(estimates - lower)), float(np.mean(upper - estimates))
    return pooled.estimate, pooled.estimate - stretch * below, pooled.estimate + stretch * above


def pool_rows(lists: Iterable[Iterable[Row]]) -> list[Row]:
    """Return the rows of the sensitivity grid of every data set as one list.

    Rows belong together by endpoint, analysis, scale, axis, and time point. ``n`` and ``effective_n`` are means, the notes hold what is said in
    every data set and on how many a row rests; a row that converged in fewer than nine in ten has no numbers.
    """
    several = [list(rows) for rows in lists]
    if len(several) == 1:
        return several[0]
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in (row for rows in several for row in rows):
        found.setdefault(tuple(row.get(name) for name in KEY), []).append(row)
    return [_pool_row(rows, len(several)) for rows in found.values()]


def _pool_row(rows: list[Row], sets: int) -> Row:
    good = [row for row in rows if row["converged"] and all(np.isfinite(row.get(name, np.nan)) for name in NUMBERS)]
    kept = {name: value for name, value in rows[0].items() if name not in NUMBERS}
    kept["n"] = round(float(np.mean([row["n"] for row in rows])))
    kept["effective_n"] = float(np.mean([row.get("effective_n", np.nan) for row in rows]))
    if not is_enough(len(good), sets):
        return kept | {"converged": False, "note": TOO_FEW}
    estimate, lower, upper = bound_pooled(np.array([[row[name] for name in NUMBERS] for row in good], dtype=float))
    notes = [str(row.get("note") or "").split("; ") for row in good]
    common = [text for text in notes[0] if text and all(text in other for other in notes)]
    note = "; ".join([*common, say_imputed(len(good))])
    return kept | {"estimate": estimate, "lower": lower, "upper": upper, "converged": True, "note": note}


def pool_risk_tables(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the risks of every data set as one table: differences pooled as they are, ratios as logarithms, risks as means.

    Patients and events are the same in each.
    """
    if len(tables) == 1:
        return tables[0]
    pooled = tables[0].copy()
    for place in pooled.index:
        good = pd.DataFrame([table.loc[place] for table in tables if table.loc[place, "converged"]])
        pooled.loc[place, RISKS] = np.nan
        pooled.loc[place, "converged"] = is_enough(len(good), len(tables))
        pooled.loc[place, "effective_n"] = np.mean([table.loc[place, "effective_n"] for table in tables])
        if not pooled.loc[place, "converged"]:
            pooled.loc[place, "outcome_model"] = ""
            continue
        ways = set(good["outcome_model"])
        pooled.loc[place, "outcome_model"] = FIRTH if FIRTH in ways else ways.pop()
        for name in (one for one in RISKS if one.startswith("risk_")):
            pooled.loc[place, name] = float(good[name].mean())
        for name, link, back in (("difference", np.asarray, np.asarray), ("ratio", np.log, np.exp)):
            bounds = good[[name, f"{name}_lower", f"{name}_upper"]].to_numpy(dtype=float)
            if np.isfinite(bounds).all():
                ends = np.array(bound_pooled(link(bounds)))
                ends = np.clip(ends, -1, 1) if name == "difference" else ends
                pooled.loc[place, [name, f"{name}_lower", f"{name}_upper"]] = back(ends)
        if pooled.loc[place, "difference_lower"] * pooled.loc[place, "difference_upper"] > 0:
            pooled.loc[place, "nnt"] = 1 / pooled.loc[place, "difference"]
    return pooled


def pool_levels(several: Sequence[Estimates]) -> Estimates:
    """Return the effects within levels of every data set as one, and Cochran's Q of the pooled effects as the test that they are the same."""
    if len(several) == 1:
        return several[0]
    good = [one for one in several if one.converged]
    if not is_enough(len(good), len(several)):
        return Estimates(pd.DataFrame(np.nan, index=several[0].table.index, columns=ESTIMATES), {}, False, TOO_FEW)
    rows = []
    for place in several[0].table.index:
        own = pd.DataFrame([one.table.loc[place] for one in good])
        df = float(own["df"].mean())
        pooled = pool_estimates(
            own["estimate"].to_numpy(), np.square(own["std_error"].to_numpy()), df if np.isfinite(df) else np.inf
        )
        rows.append([pooled.estimate, pooled.variance**0.5, pooled.df, *pooled.find_interval()[:2]])
    table = pd.DataFrame(rows, columns=ESTIMATES)
    test = compare_effects(table["estimate"].to_numpy(), table["std_error"].to_numpy())
    return Estimates(
        table, test, True, f"{say_imputed(len(good))}; test: Cochran's Q" if test else say_imputed(len(good))
    )


def average_tables(tables: Sequence[pd.DataFrame], counts: Sequence[str], within: Sequence[str]) -> pd.DataFrame:
    """Return a description of every data set as one: the mean of each number.

    Parameters
    ----------
    tables : sequence of DataFrame
        With the same rows in the same order.
    counts : sequence of str
        Columns of whole numbers, which stay whole; within the groups they add up to what they did.
    within : sequence of str
        Columns that make the groups.
    """
    if len(tables) == 1:
        return tables[0]
    numbers = list(tables[0].select_dtypes("number").columns)
    means = tables[0].copy()
    means[numbers] = np.mean([table[numbers].to_numpy(dtype=float) for table in tables], axis=0)
    averaged = means.copy()
    for name in counts:
        whole = means[name].groupby([averaged[one] for one in within], sort=False).transform(_round_together)
        averaged[name] = whole.astype("int64")
    return averaged


def _round_together(means: pd.Series) -> pd.Series:
    """Return whole numbers with the rounded sum of the means: the largest remainders are rounded up."""
    floors = np.floor(means + 1e-9)
    rest = round(float(means.sum())) - int(floors.sum())
    up = (means - floors).sort_values(ascending=False, kind="stable").index[:rest]
    rounded: pd.Series = floors + means.index.isin(up)
    return rounded
