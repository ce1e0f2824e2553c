"""Least-squares means and their differences.

The table of covariates a mean refers to is declared, as in emmeans: numeric variables at their mean over the complete rows,
factors averaged with equal weights or in the proportions of the data, anything at chosen values through ``at``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.errors import MomentsError, SettingError
from outcomes.mixed.gee import GeeFit
from outcomes.mixed.inference.multiplicity import ADJUSTMENTS, adjust_family
from outcomes.mixed.result.result import Fit

if TYPE_CHECKING:
    import pandas as pd

Names = str | Sequence[str]


def margins(
    fit: Fit | GeeFit,
    factor: Names,
    by: Names | None = None,
    *,
    at: Mapping[str, Any] | None = None,
    weights: str = "equal",
) -> pd.DataFrame:
    """Estimate least-squares means of the levels of a factor.

    Parameters
    ----------
    fit : Fit
    factor : str or sequence of str
        Variables whose levels are wanted.
    by : str or sequence of str, optional
        Further variables to cross them with, as the visit.
    at : mapping, optional
        Values for variables: one value to hold a variable at, or several to cross with.
    weights : {"equal", "proportional"}
        How factors not named are averaged: every level alike, or by their share of rows (emmeans' ``"outer"``).

    Returns
    -------
    DataFrame
        A row per combination: the variables' columns, ``estimate``, ``std_error``, ``df``, ``statistic``, ``p_value``,
        ``lower``, ``upper``.

    References
    ----------
    Searle, Speed & Milliken (1980), doi:10.1080/00031305.1980.10483031.

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes import mixed
    >>> trial = {"person": np.repeat(np.arange(8), 2), "visit": ["1", "2"] * 8, "arm": ["a"] * 8 + ["b"] * 8}
    >>> trial["score"] = [9.0, 7, 8, 7, 10, 6, 9, 8, 7, 6, 9, 5, 8, 4, 10, 7]
    >>> fit = mixed.fit(trial, "score ~ arm*visit", subject="person", visit="visit")
    >>> mixed.margins(fit, "arm", by="visit")[["arm", "visit", "estimate"]].round(2).values.tolist()
    [['a', '1', 9.0], ['a', '2', 7.0], ['b', '1', 8.5], ['b', '2', 5.5]]
    """
    import pandas as pd

    grid, rows = _mean_rows(fit, [*_listed(factor), *_listed(by)], at or {}, weights)
    return pd.concat([grid, fit.estimate(rows)], axis=1)


def differences(
    fit: Fit | GeeFit,
    factor: Names,
    by: Names | None = None,
    *,
    adjust: str = "none",
    at: Mapping[str, Any] | None = None,
    weights: str = "equal",
) -> pd.DataFrame:
    """Estimate all pairwise differences of least-squares means, the earlier level subtracted.

    Parameters
    ----------
    fit, factor, by, at, weights
        As in :func:`margins`.
    adjust : {"none", "holm", "sidak", "tukey"}
        Correction within each family; a family is the pairs at one combination of ``by``.

    Returns
    -------
    DataFrame
        A row per pair: ``contrast`` as ``"iv - esketamine"``, the ``by`` columns, then as in :func:`margins`.

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes import mixed
    >>> trial = {"person": np.repeat(np.arange(8), 2), "visit": ["1", "2"] * 8, "arm": ["a"] * 8 + ["b"] * 8}
    >>> trial["score"] = [9.0, 7, 8, 7, 10, 6, 9, 8, 7, 6, 9, 5, 8, 4, 10, 7]
    >>> fit = mixed.fit(trial, "score ~ arm*visit", subject="person", visit="visit")
    >>> table = mixed.differences(fit, "arm", by="visit")
    >>> table[["contrast", "visit", "estimate", "df"]].round(2).values.tolist()
    [['b - a', '1', -0.5, 6.0], ['b - a', '2', -1.5, 6.0]]
    """
    import pandas as pd

    if adjust not in ADJUSTMENTS:
        raise SettingError(f"adjust {adjust!r} is not one of {', '.join(ADJUSTMENTS)}")
    factors, bys = _listed(factor), _listed(by)
    grid, rows = _mean_rows(fit, [*factors, *bys], at or {}, weights)
    labels = grid[factors].astype(str).agg(" ".join, axis=1)
    families = grid.groupby(bys, sort=False, observed=True).indices.values() if bys else [np.arange(len(grid))]
    pairs = [list(combinations(places, 2)) for places in families]
    if not all(pairs):
        raise SettingError("there is nothing to compare: the factor has a single level here")
    both = [pair for own in pairs for pair in own]
    found = fit.estimate(np.stack([rows[b] - rows[a] for a, b in both]))  # at once: a sandwich passes over all subjects
    left = pd.DataFrame({"contrast": [f"{labels[b]} - {labels[a]}" for a, b in both]})
    fixed = grid.loc[[a for a, _ in both], bys].reset_index(drop=True)
    cuts = np.cumsum([len(own) for own in pairs])[:-1]
    tables = [
        adjust_family(found.iloc[places].reset_index(drop=True), adjust, n_means=len(family), level=fit.level)
        for places, family in zip(np.split(np.arange(len(both)), cuts), families, strict=True)
    ]
    return pd.concat([left, fixed, pd.concat(tables, ignore_index=True)], axis=1)


def _listed(names: Names | None) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _mean_rows(
    fit: Fit | GeeFit, wanted: list[str], at: Mapping[str, Any], weights: str
) -> tuple[pd.DataFrame, Floats]:
    """Give the grid of wanted combinations and the design row of each."""
    import pandas as pd

    if weights not in ("equal", "proportional"):
        raise SettingError(f"weights {weights!r} is not one of equal, proportional")
    fit.require_converged()
    domains = _domains(fit)
    _refuse_unknown([*wanted, *at], domains)
    crossed = {name: _values(fit, name, at, domains) for name in wanted}
    combos = list(product(*crossed.values()))
    grid = pd.DataFrame({name: [combo[i] for combo in combos] for i, name in enumerate(crossed)})
    rest = [name for name in domains if name not in crossed]
    rows = [_average_row(fit, dict(zip(crossed, combo, strict=True)), rest, at, domains, weights) for combo in combos]
    return grid, np.stack(rows)


def _domains(fit: Fit | GeeFit) -> dict[str, tuple[Any, ...]]:
    """Levels of each variable in the formula; none for numbers."""
    domains: dict[str, tuple[Any, ...]] = {}
    for factor in fit.design.factors.values():
        for name in factor.variables:
            domains[name] = factor.levels or domains.get(name, ())
    return domains


def _refuse_unknown(names: list[str], domains: Mapping[str, Any]) -> None:
    for name in names:
        if name not in domains:
            raise SettingError(f"{name!r} is not a variable of the formula; it has: {', '.join(domains)}")


def _values(
    fit: Fit | GeeFit, name: str, at: Mapping[str, Any], domains: Mapping[str, tuple[Any, ...]]
) -> tuple[Any, ...]:
    if name in at:
        given = at[name]
        return (given,) if np.ndim(given) == 0 else tuple(given)
    if domains[name]:
        return domains[name]
    if name == fit.visit:
        return fit.visits
    raise SettingError(
        f"{name!r} is numeric and has no levels; give its values as at={{{name!r}: [...]}} or use C({name})"
    )


def _average_row(
    fit: Fit | GeeFit,
    fixed: dict[str, Any],
    rest: list[str],
    at: Mapping[str, Any],
    domains: Mapping[str, tuple[Any, ...]],
    weights: str,
) -> Floats:
    """Average the design over the variables that are not fixed."""
    held = fixed | {name: at[name] for name in rest if name in at}
    held |= {name: _mean(fit, name) for name in rest if name not in held and not domains[name]}
    free = [name for name in rest if name not in held]
    combos = list(product(*(range(len(domains[name])) for name in free)))
    table = {name: [value] * len(combos) for name, value in held.items()}
    for i, name in enumerate(free):
        table[name] = [domains[name][combo[i]] for combo in combos]
    shares = np.ones(len(combos))
    for i, name in enumerate(free):
        share = fit.means[name] if weights == "proportional" else np.full(len(domains[name]), 1 / len(domains[name]))
        shares *= np.asarray(share)[[combo[i] for combo in combos]]
    factors = fit.design.factors
    values = {name: factor.evaluate(table) for name, factor in factors.items()}
    return shares @ fit.design.rows(values) if values else np.ones(1)


def _mean(fit: Fit | GeeFit, name: str) -> float:
    if name not in fit.means:
        raise MomentsError(f"the mean of {name!r} is not known from these moments; give it as at={{{name!r}: value}}")
    return float(np.asarray(fit.means[name]).reshape(-1)[0])
