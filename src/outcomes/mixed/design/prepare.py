"""Read a table against a formula: complete rows, factors, response."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.rows import Rows, read_rows
from outcomes.mixed.data.table import Data
from outcomes.mixed.design.factors import read_factor, read_response
from outcomes.mixed.design.formula import Formula, parse, parse_effects
from outcomes.mixed.design.visit_loadings import Values


@dataclass(frozen=True)
class Prepared:
    """Rows, factors and response of one formula on one table.

    Attributes
    ----------
    rows : Rows
    formula : Formula
    factors : dict of str to Factor
    values : dict of str to array
        Level numbers (n_rows,) or numbers (n_rows, n_columns) per factor.
    response : array, shape (n_rows,)
    effects : Formula or None
        Terms of the random effects; ``effect_factors`` and ``effect_values`` are theirs.
    """

    rows: Rows
    formula: Formula
    factors: dict[str, Any]
    values: Values = field(repr=False)
    response: Floats = field(repr=False)
    effects: Formula | None
    effect_factors: dict[str, Any]
    effect_values: Values = field(repr=False)


def prepare(
    data: Data,
    formula: str,
    *,
    subject: str,
    visit: str | None,
    weights: str | None,
    group: str | None,
    random: str | None = None,
) -> Prepared:
    """Read a table against a formula, and against the terms of random effects.

    A constant response is refused, but not where columns have levels of a declared design: these rows are not all.
    """
    parsed = parse(formula)
    effects = None if random is None else parse_effects(random)
    extra = () if effects is None else effects.factors
    needed = (*parsed.variables, *(() if effects is None else effects.variables))
    rows = read_rows(data, list(dict.fromkeys(needed)), subject=subject, visit=visit, weights=weights, group=group)
    response = read_response(parsed.response, rows.table, whole=visit is None or not rows.table[visit].planned)
    visit_column = (visit, rows.visit, rows.visits)
    pairs = {f: read_factor(f, rows.table, visit_column) for f in dict.fromkeys((*parsed.factors, *extra))}
    return Prepared(
        rows=rows,
        formula=parsed,
        factors={name: pairs[name][0] for name in parsed.factors},
        values={name: pairs[name][1] for name in parsed.factors},
        response=response,
        effects=effects,
        effect_factors={name: pairs[name][0] for name in extra},
        effect_values={name: pairs[name][1] for name in extra},
    )


def factor_totals(prepared: Prepared) -> dict[str, Floats]:
    """Add each variable of the formula up over rows: numbers, and the rows at each level."""
    totals: dict[str, Floats] = {}
    for name, factor in prepared.factors.items():
        if factor.is_categorical:
            totals[factor.variables[0]] = np.bincount(prepared.values[name], minlength=len(factor.levels)).astype(float)
    for variable in dict.fromkeys(v for factor in prepared.factors.values() for v in factor.variables):
        column = prepared.rows.table[variable]
        if variable not in totals and column.labels is None:
            totals[variable] = np.array([column.values.astype(np.float64).sum()])
    return totals


def factor_means(prepared: Prepared) -> dict[str, Floats]:
    """Average each variable of the formula over rows: numbers by their mean, levels by their share."""
    return {name: total / prepared.rows.n_rows for name, total in factor_totals(prepared).items()}
