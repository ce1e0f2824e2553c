"""Estimating equations: what may be chosen, what separation leaves, and the working correlation."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.rows import Rows
from outcomes.mixed.design.prepare import Prepared
from outcomes.mixed.design.visit_loadings import Design
from outcomes.mixed.errors import ConvergenceError, DataError, SettingError
from outcomes.mixed.exchangeable import Answers, Solved, solve_exchangeable
from outcomes.mixed.inference.estimates import tabulate_square
from outcomes.mixed.separation import drop_separated, is_finite

if TYPE_CHECKING:
    import pandas as pd

WORKING = ("independence", "exchangeable", "ar1", "unstructured")
VARIANCES = {"cr0": "robust", "mancl_derouen": "bias_reduced", "model": "naive"}
FAMILIES = ("binomial", "poisson", "gaussian")
_EXCHANGEABLE = ("independence", "exchangeable")
_STRUCTURES: dict[str, Callable[[Any], Any]] = {
    "independence": lambda known: known.Independence(),
    "exchangeable": lambda known: known.Exchangeable(),
    "ar1": lambda known: known.Autoregressive(grid=True),
    "unstructured": lambda known: known.Unstructured(),
}


@dataclass(frozen=True)
class Choices:
    """How to solve the equations and how to infer; see ``fit_gee``."""

    family: str
    working: str
    vcov: str
    df: str
    level: float

    def refuse_unknown(self, *, weighted: bool) -> None:
        """Raise SettingError for a choice that is not offered, or not with weights."""
        for name, value, allowed in (
            ("family", self.family, FAMILIES),
            ("working", self.working, WORKING),
            ("vcov", self.vcov, tuple(VARIANCES)),
            ("df", self.df, ("subjects", "normal")),
        ):
            if value not in allowed:
                raise SettingError(f"{name} {value!r} is not one of {', '.join(allowed)}")
        if weighted and self.vcov == "mancl_derouen":
            raise SettingError("the small-sample correction has no weighted form here: use vcov='cr0' with weights=")


@dataclass(frozen=True)
class Left:
    """What separation leaves to estimate: independent columns, and the contrasts that are finite, None for all."""

    columns: NDArray[np.intp]
    finite: Floats | None


def refuse_response(prepared: Prepared, family: str) -> None:
    """Raise DataError where a binary response holds another number than 0 and 1."""
    wrong = int((~np.isin(prepared.response, (0.0, 1.0))).sum())
    if family == "binomial" and wrong:
        raise DataError(f"the response {prepared.formula.response!r} has {wrong} values that are not 0 or 1")


def solve(prepared: Prepared, design: Design, choices: Choices) -> tuple[Solved | None, tuple[str, ...], Left]:
    """Solve the equations, rows sorted by subject and visit; warnings become notes, no result a fit that failed.

    Rows whose answer the terms tell for certain are left out first: a solver would stop on their way to infinity, call that converged, and
    draw the other estimates along. One correlation of all pairs, or none, with the plain sandwich is solved over all subjects at once; the rest by statsmodels.
    """
    rows = prepared.rows
    assert rows.visit is not None
    x = design.rows(prepared.values) if prepared.values else np.ones((rows.n_rows, 1))
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise DataError(f"the design of {x.shape[1]} columns is rank deficient: {', '.join(design.names)}")
    used, left, notes = np.ones(len(x), dtype=bool), Left(np.arange(x.shape[1]), None), []
    if choices.family == "binomial":
        used, columns, finite = drop_separated(x, prepared.response)
        left = Left(columns, finite)
        endless = [
            name for name, one in zip(design.names, is_finite(np.eye(x.shape[1]), finite), strict=True) if not one
        ]
        notes = (
            [
                f"no finite estimate of {', '.join(endless)}: they tell the answer of some for certain; merge levels, or compare shares"
            ]
            if endless
            else []
        )
        if not len(columns):
            return None, tuple(notes), left
    order = np.lexsort((rows.visit, rows.subject))
    order = order[used[order]]
    chosen = _Chosen(rows, x[np.ix_(order, left.columns)], prepared.response[order], order)
    try:
        own = choices.working in _EXCHANGEABLE and choices.vcov == "cr0"
        found, said = _solve_at_once(chosen, choices) if own else _loop(chosen, choices)
    except ConvergenceError as error:
        return None, (*notes, str(error)), left
    return found, tuple(dict.fromkeys([*notes, *said])), left


@dataclass(frozen=True)
class _Chosen:
    """The rows that are solved for, sorted by subject and visit: ``order`` says which they are."""

    rows: Rows
    x: Floats
    y: Floats
    order: NDArray[np.intp]


def _solve_at_once(chosen: _Chosen, choices: Choices) -> tuple[Solved, list[str]]:
    subject = chosen.rows.subject[chosen.order]
    starts = np.flatnonzero(np.diff(subject, prepend=-1))
    answers = Answers(chosen.x, chosen.y, starts, chosen.rows.weights[subject[starts]], choices.family)
    return solve_exchangeable(answers, correlated=choices.working == "exchangeable"), []


def _loop(chosen: _Chosen, choices: Choices) -> tuple[Solved | None, list[str]]:
    """Let statsmodels loop over the subjects."""
    from statsmodels.genmod import cov_struct, families
    from statsmodels.genmod.generalized_estimating_equations import GEE

    rows, order = chosen.rows, chosen.order
    assert rows.visit is not None
    model = GEE(
        chosen.y,
        chosen.x,
        groups=rows.subject[order],
        time=rows.visit[order],
        family=getattr(families, choices.family.capitalize())(),
        cov_struct=_STRUCTURES[choices.working](cov_struct),
        weights=None if (rows.weights == 1).all() else rows.weights[rows.subject][order],
    )
    with python_warnings.catch_warnings(record=True) as caught:
        python_warnings.simplefilter("always")
        try:
            found = model.fit(maxiter=200, cov_type=VARIANCES[choices.vcov])
        except (ValueError, np.linalg.LinAlgError, ZeroDivisionError) as error:
            raise ConvergenceError(str(error)) from None
    said = [str(one.message) for one in caught]
    if not found.converged or not np.isfinite(found.params).all():
        return None, said
    vcov = np.asarray(found.cov_params(), dtype=np.float64)
    return Solved(np.asarray(found.params), vcov, found.model.cov_struct.dep_params), said


def tabulate_correlation(found: Solved | None, working: str, visits: tuple[Any, ...]) -> pd.DataFrame:
    """Return the working correlation of the visits; missing for a fit that failed."""
    n = len(visits)
    values = np.full((n, n), np.nan)
    if found is not None:
        dependence: Any = found.dependence
        gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        if working == "unstructured":
            values = np.asarray(dependence, dtype=np.float64)
        elif working == "ar1":
            values = float(dependence) ** gap
        else:
            values = np.where(gap == 0, 1.0, float(dependence or 0.0) if working == "exchangeable" else 0.0)
    return tabulate_square(values, visits)
