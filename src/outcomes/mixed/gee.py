"""Generalised estimating equations for binary (or count) endpoints over visits.

The table has the shape of the mixed model's; the estimates are on the link's scale (log odds).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.table import read_data
from outcomes.mixed.data.visit_order import refuse_unordered
from outcomes.mixed.design.prepare import Prepared, factor_means, prepare
from outcomes.mixed.design.visit_loadings import Design, build_design, sort_roles
from outcomes.mixed.equations import Choices, Left, refuse_response, solve, tabulate_correlation
from outcomes.mixed.errors import ConvergenceError, DataError
from outcomes.mixed.exchangeable import Solved
from outcomes.mixed.inference.contrasts import independent_rows, read_contrast
from outcomes.mixed.inference.degrees_of_freedom import FixedDf, plain_f
from outcomes.mixed.inference.estimates import (
    Estimates,
    empty_estimates,
    estimate_contrasts,
    tabulate,
    tabulate_joint,
    tabulate_square,
)
from outcomes.mixed.separation import is_finite

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class GeeFit:
    """A marginal model fitted by estimating equations.

    Attributes
    ----------
    coefficients : DataFrame
        ``term``, ``estimate`` (on the link's scale), ``std_error``, ``df``, ``statistic``, ``p_value``, ``lower``, ``upper``.
    vcov : DataFrame, shape (k, k)
    correlation : DataFrame, shape (n_visits, n_visits)
        Working correlation.
    converged : bool
    warnings : tuple of str
    n_subjects, n_observations : int
    dropped : dict of str to int
    formula, family, working, vcov_type, df_method : str
    subject, visit : str
    visits : tuple
    level : float
    """

    coefficients: pd.DataFrame
    vcov: pd.DataFrame
    correlation: pd.DataFrame
    converged: bool
    warnings: tuple[str, ...]
    n_subjects: int
    n_observations: int
    dropped: dict[str, int]
    formula: str
    family: str
    working: str
    vcov_type: str
    df_method: str
    subject: str
    visit: str
    visits: tuple[Any, ...]
    level: float
    design: Design = field(repr=False)
    means: dict[str, Floats] = field(repr=False)
    inference: FixedDf = field(repr=False)
    beta: Floats = field(repr=False)
    finite: Floats | None = field(repr=False, default=None)

    def __repr__(self) -> str:
        state = "converged" if self.converged else "NOT CONVERGED"
        return f"GeeFit({self.formula!r}, {self.family}, {self.working}, {self.n_subjects} subjects, {state})"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.design.names

    def require_converged(self) -> None:
        """Raise ConvergenceError unless the fit converged."""
        if not self.converged:
            raise ConvergenceError(f"the estimating equations did not converge ({'; '.join(self.warnings)})")

    def estimate(self, rows: Floats) -> pd.DataFrame:
        """Estimate contrasts of the coefficients, shape (l, k), on the link's scale."""
        estimates = np.where(is_finite(rows, self.finite), rows @ self.beta, np.nan)
        return tabulate(_blank(estimate_contrasts(self.inference, rows, estimates, self.level)))

    def contrast(self, contrast: Any) -> pd.DataFrame:
        """Test one contrast, or several jointly, as ``Fit.contrast``."""
        rows, single = read_contrast(contrast, self.names)
        self.require_converged()
        if single:
            return self.estimate(rows)
        if not is_finite(rows, self.finite).all():
            raise DataError(f"some of the contrasts have no finite estimate: {'; '.join(self.warnings)}")
        kept = independent_rows(rows, self.inference.vcov)
        statistic = plain_f(self.inference.vcov, kept, kept @ self.beta)
        return tabulate_joint(statistic, len(kept), self.inference.count(kept))


def fit_gee(
    data: Any,
    formula: str,
    *,
    subject: str,
    visit: str,
    family: str = "binomial",
    working: str = "exchangeable",
    vcov: str = "mancl_derouen",
    df: str = "subjects",
    weights: str | None = None,
    level: float = 0.95,
) -> GeeFit:
    """Fit a marginal model with a working correlation over visits.

    Parameters
    ----------
    data, formula, subject, visit, weights
        As in ``fit``; a binomial response is 0 or 1.
    family : {"binomial", "poisson", "gaussian"}
    working : {"independence", "exchangeable", "ar1", "unstructured"}
    vcov : {"mancl_derouen", "cr0", "model"}
        Sandwich corrected for small samples (Mancl & DeRouen 2001, doi:10.1111/j.0006-341X.2001.00126.x), plain sandwich (Liang &
        Zeger 1986, doi:10.1093/biomet/73.1.13), or by the working correlation.
    df : {"subjects", "normal"}
        t with subjects minus coefficients, or the normal.
    level : float

    Returns
    -------
    GeeFit
        ``margins`` and ``differences`` accept it too, on the link's scale.

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes import mixed
    >>> trial = {"person": np.arange(40), "visit": ["6"] * 40, "arm": ["a"] * 20 + ["b"] * 20}
    >>> trial["response"] = [1] * 5 + [0] * 15 + [1] * 10 + [0] * 10
    >>> fit = mixed.fit_gee(trial, "response ~ arm", subject="person", visit="visit")
    >>> odds_ratio = np.exp(fit.coefficients["estimate"][1])  # (10 / 10) / (5 / 15)
    >>> round(float(odds_ratio), 6)
    3.0
    """
    choices = Choices(family, working, vcov, df, level)
    choices.refuse_unknown(weighted=weights is not None)
    prepared = prepare(read_data(data), formula, subject=subject, visit=visit, weights=weights, group=None)
    refuse_response(prepared, family)
    if working == "ar1":
        refuse_unordered(prepared.rows.visits, prepared.rows.ordered, "working correlation 'ar1'")
    return _fit(prepared, formula, (subject, visit), choices)


def _fit(prepared: Prepared, formula: str, index: tuple[str, str], choices: Choices) -> GeeFit:
    rows = prepared.rows
    roles = sort_roles(prepared.values, rows.subject, rows.heads, rows.visit, len(rows.visits))
    design = build_design(
        prepared.formula, prepared.factors, prepared.values, prepared.response, roles, len(rows.visits)
    )
    found, notes, left = solve(prepared, design, choices)
    free = float("inf") if choices.df == "normal" else float(rows.n_subjects - len(design.names))
    estimates, inference, beta = _infer(found, left, len(design.names), free, choices.level)
    return GeeFit(
        coefficients=tabulate({"term": np.array(design.names, dtype=object)} | estimates),
        vcov=tabulate_square(inference.vcov, design.names),
        correlation=tabulate_correlation(found, choices.working, rows.visits),
        converged=found is not None,
        warnings=notes,
        n_subjects=rows.n_subjects,
        n_observations=rows.n_rows,
        dropped=dict(rows.dropped),
        formula=formula,
        family=choices.family,
        working=choices.working,
        vcov_type=choices.vcov,
        df_method=choices.df,
        subject=index[0],
        visit=index[1],
        visits=rows.visits,
        level=choices.level,
        design=design,
        means=factor_means(prepared),
        inference=inference,
        beta=beta,
        finite=left.finite,
    )


def _infer(found: Solved | None, left: Left, k: int, free: float, level: float) -> tuple[Estimates, FixedDf, Floats]:
    """Give the columns of the coefficients, their variance, and the coefficients; missing for a fit that failed."""
    if found is None:
        return empty_estimates(k), FixedDf(np.full((k, k), np.nan), lambda rows: free), np.full(k, np.nan)
    beta, vcov = np.zeros(k), np.zeros((k, k))
    beta[left.columns] = found.params
    vcov[np.ix_(left.columns, left.columns)] = found.vcov
    inference = FixedDf(vcov, lambda rows: free)
    shown = np.where(is_finite(np.eye(k), left.finite), beta, np.nan)
    return _blank(estimate_contrasts(inference, np.eye(k), shown, level)), inference, beta


def _blank(columns: Estimates) -> Estimates:
    """Leave nothing in the rows of contrasts without a finite estimate."""
    gone = np.isnan(columns["estimate"])
    return {name: np.where(gone, np.nan, values) for name, values in columns.items()}
