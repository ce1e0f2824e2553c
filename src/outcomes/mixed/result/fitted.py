"""A fitted model: its numbers, its tables, and tests of its coefficients."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.visit_loadings import Design
from outcomes.mixed.errors import ConvergenceError, SettingError
from outcomes.mixed.inference.contrasts import count_known, independent_rows, read_contrast
from outcomes.mixed.inference.estimates import (
    Estimates,
    empty_estimates,
    estimate_contrasts,
    tabulate,
    tabulate_joint,
    tabulate_square,
)
from outcomes.mixed.inference.type_three import term_contrasts
from outcomes.mixed.result.engine import Engine

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Attempt:
    """One step of the fallback ladder: a structure, whether it converged, and why not."""

    covariance: str
    converged: bool
    reason: str


@dataclass(frozen=True, repr=False)
class FittedModel:
    """A fitted mixed model.

    Attributes
    ----------
    estimates : dict of str to array, shape (k,)
        By column of the design: ``term``, ``estimate``, ``std_error``, ``df``, ``statistic``, ``p_value``, ``lower``, ``upper``, all
        missing when the fit did not converge. What ``coefficients`` lays out as a table, for programs without pandas.
    coefficients : DataFrame
        The same, a row per column of the design.
    vcov : DataFrame, shape (k, k)
        Covariance of the coefficients, adjusted as ``df`` and ``vcov`` asked.
    covariance : DataFrame, shape (n_visits, n_visits), or dict of them by group
        Residual covariance by visit; for random effects alone, the covariance of the effects.
    random_covariance : DataFrame, shape (q, q), or dict of them by group, or None
        Covariance of the random effects.
    residual_variance : float, dict of float by group, or None
        Variance that independent residuals leave beside random effects.
    loglik : float
        Log-likelihood at the optimum, restricted for REML.
    converged : bool
    singular : bool
        Whether the covariance of the random effects lies at its boundary.
    reason : str
        Why the search for the optimum stopped.
    warnings : tuple of str
        What a reader of the numbers must know: a singular fit, a fallback taken, df replaced.
    n_subjects, n_observations : int
        Subjects and rows that entered.
    dropped : dict of str to int
        Rows left out, by the column that was missing.
    n_covariance_parameters : int
        Free covariance parameters; a singular fit's count includes those at the boundary.
    formula, method, structure, df_method, information, vcov_type : str
        What was fitted.
    subject, visit, random, group : str or None
    visits : tuple
        Visit labels in order.
    level : float
        Coverage of the intervals.
    iterations : int
    condition : float
        Condition number of the information of the covariance parameters, scaled to a unit diagonal.
    tried : tuple of Attempt
        The fallback ladder as climbed, this fit last.
    """

    residual_variance: Any
    loglik: float
    converged: bool
    singular: bool
    reason: str
    warnings: tuple[str, ...]
    n_subjects: int
    n_observations: int
    dropped: dict[str, int]
    n_covariance_parameters: int
    formula: str
    method: str
    structure: str
    df_method: str
    information: str
    vcov_type: str
    subject: str
    visit: str | None
    random: str | None
    group: str | None
    visits: tuple[Any, ...]
    level: float
    iterations: int
    condition: float
    tried: tuple[Attempt, ...]
    design: Design = field(repr=False)
    means: dict[str, Floats] = field(repr=False)
    engine: Engine = field(repr=False)

    def __repr__(self) -> str:
        state = "converged" if self.converged else f"NOT CONVERGED: {self.reason}"
        return (
            f"Fit({self.formula!r}, {self.structure}, {self.method}, {self.n_subjects} subjects, "
            f"{self.n_observations} observations, log-likelihood {self.loglik:.4f}, {state})"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.design.names

    @cached_property
    def estimates(self) -> Estimates:
        """The coefficients by column; worked out when asked for, as the df of a sandwich take a pass over all subjects."""
        found = empty_estimates(len(self.names))
        if self.engine.inference is not None:
            found = estimate_contrasts(self.engine.inference, self.engine.model.basis.inverse, self._beta, self.level)
        return {"term": np.array(self.names, dtype=object)} | found

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """The coefficients, a row each."""
        return tabulate(self.estimates)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Covariance of the coefficients."""
        inference, back = self.engine.inference, self.engine.model.basis.inverse
        k = len(self.names)
        return tabulate_square(
            np.full((k, k), np.nan) if inference is None else back @ inference.vcov @ back.T, self.names
        )

    @cached_property
    def covariance(self) -> Any:
        """Residual covariance by visit; for random effects alone, the covariance of the effects."""
        if self.engine.residual is None:
            return self.random_covariance
        return self._tabulate_covariance(self.engine.residual, self.visits)

    @cached_property
    def random_covariance(self) -> Any:
        """Covariance of the random effects, or None."""
        if self.engine.random is None or self.engine.effects is None:
            return None
        return self._tabulate_covariance(self.engine.random, self.engine.effects.names)

    def _tabulate_covariance(self, found: dict[Any, Floats], names: tuple[Any, ...]) -> Any:
        tables = {label: tabulate_square(values, names) for label, values in found.items()}
        return tables[None] if self.group is None else tables

    @property
    def aic(self) -> float:
        """Akaike's criterion; REML counts covariance parameters only, as SAS and mmrm do."""
        return -2 * self.loglik + 2 * self.n_parameters_counted

    @property
    def bic(self) -> float:
        """Bayesian criterion with the number of subjects, as SAS and mmrm; the count of parameters is that of ``aic``."""
        return -2 * self.loglik + float(np.log(self.n_subjects)) * self.n_parameters_counted

    @property
    def n_parameters_counted(self) -> int:
        """Parameters that the information criteria count."""
        return self.n_covariance_parameters + (len(self.names) if self.method == "ml" else 0)

    def require_converged(self) -> None:
        """Raise ConvergenceError unless the fit converged."""
        if not self.converged:
            raise ConvergenceError(
                f"the {self.structure} fit did not converge ({self.reason}), so it estimates nothing; "
                f"try a simpler covariance, or fallback=True"
            )

    def estimate(self, rows: Floats) -> pd.DataFrame:
        """Estimate contrasts of the coefficients, shape (l, k): a row each, as in ``coefficients`` without ``term``."""
        if self.engine.inference is None:
            return tabulate(empty_estimates(len(rows)))
        basis = self.engine.model.basis
        return tabulate(estimate_contrasts(self.engine.inference, rows @ basis.inverse, rows @ self._beta, self.level))

    @property
    def _beta(self) -> Floats:
        assert self.engine.optimum is not None
        basis = self.engine.model.basis
        return np.asarray(basis.inverse @ (self.engine.optimum.state.beta + basis.offset))

    def contrast(self, contrast: Any) -> pd.DataFrame:
        """Test one contrast (t), or several jointly (F).

        Parameters
        ----------
        contrast : mapping, sequence of mappings, vector (k,), or matrix (l, k)
            ``{"arm[iv]": 1, "arm[iv]:visit[6]": 1}`` or numbers in the order of ``names``.

        Returns
        -------
        DataFrame
            One row. A single contrast: ``estimate``, ``std_error``, ``df``, ``statistic``, ``p_value``, ``lower``, ``upper``. Several:
            ``num_df``, ``df`` (the denominator's), ``statistic`` (F), ``p_value``.
        """
        rows, single = read_contrast(contrast, self.names)
        self.require_converged()
        if single:
            return self.estimate(rows)
        kept, known = self._independent(rows)
        if known < len(kept):
            raise SettingError(
                f"{len(kept)} contrasts at once, but the variance of {self.n_subjects} subjects has only {known} directions "
                "among them. Test fewer at a time, or fit with vcov='model'."
            )
        return self._joint(rows)

    def _independent(self, rows: Floats) -> tuple[Floats, int]:
        """Return the contrasts that are no combinations of others, and in how many directions their variance is known."""
        inference, basis = self.engine.inference, self.engine.model.basis
        assert inference is not None
        vcov = np.asarray(basis.inverse @ inference.vcov @ basis.inverse.T)
        kept = independent_rows(rows, vcov)
        return kept, count_known(kept, vcov)

    def _joint(self, rows: Floats) -> pd.DataFrame:
        inference, basis = self.engine.inference, self.engine.model.basis
        assert inference is not None
        kept, known = self._independent(rows)
        statistic = df = float("nan")
        if known == len(kept):
            statistic, df = inference.f_test(kept @ basis.inverse, kept @ self._beta)
        return tabulate_joint(statistic, len(kept), df)

    def anova(self) -> pd.DataFrame:
        """Test each term of the formula, type III.

        Returns
        -------
        DataFrame
            A row per term: ``term``, ``num_df``, ``df`` (the denominator's), ``statistic`` (F), ``p_value``; missing where
            a sandwich of few subjects does not give the variance of all the term's contrasts, or where Kenward and Roger's
            moments match no F.
        """
        import pandas as pd

        self.require_converged()
        tests = {term: self._joint(rows) for term, rows in term_contrasts(self.design).items()}
        if not tests:
            return pd.DataFrame(columns=["term", "num_df", "df", "statistic", "p_value"])
        table = pd.concat(tests.values(), ignore_index=True)
        table.insert(0, "term", list(tests))
        return table
