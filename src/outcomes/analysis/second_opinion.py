"""A second opinion on a mixed model: statsmodels' MixedLM behind the same Fit contract as :mod:`outcomes.mixed`.

Random effects only, one variance for the residuals, and normal quantiles in place of degrees of freedom.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.errors import ModelError
from outcomes.mixed.data.rows import refuse_extreme
from outcomes.mixed.design.calls import variables
from outcomes.mixed.design.formula import parse, parse_effects, spell, spell_factor
from outcomes.mixed.errors import DataError

Floats = NDArray[np.float64]
_FUNCTIONS = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}  # all that a formula may call beside formulaic's bases
INTERVAL = ["estimate", "std_error", "df", "statistic", "p_value", "lower", "upper"]
GRADIENT = (
    1e-3  # largest score per patient, in units of the parameters' standard errors, at which a maximum is believed
)


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    coefficients : DataFrame
        One row per coefficient: ``term``, ``estimate``, ``std_error``, ``df`` (infinite), ``statistic``, ``p_value``,
        ``lower``, ``upper``; missing when the fit did not converge.
    vcov : ndarray, shape (k, k)
        Covariance of the coefficients.
    covariance : DataFrame
        Covariance of the random effects.
    scale : float
        Residual variance.
    loglik : float
        Restricted (or full) log-likelihood at the estimate.
    n_counted : int
        Parameters that AIC and BIC count: the covariance's, and with ML the coefficients too.
    converged : bool
        The optimiser says so, the gradient is nothing, and the random effects' covariance is positive definite.
    warnings : tuple of str
    n_subjects, n_observations : int
    design : Any
        formulaic's specification of the fixed effects, for margins.
    data : DataFrame
        The rows that were fitted.
    formula : str
    """

    coefficients: pd.DataFrame
    vcov: Floats
    covariance: pd.DataFrame
    scale: float
    loglik: float
    n_counted: int
    converged: bool
    warnings: tuple[str, ...]
    n_subjects: int
    n_observations: int
    design: Any
    data: pd.DataFrame
    formula: str

    def estimate(self, rows: Floats) -> pd.DataFrame:
        """Return estimates of linear combinations, shape (m, k), with their normal 95% intervals."""
        beta = self.coefficients["estimate"].to_numpy(float)
        return _infer(rows @ beta, np.sqrt(np.einsum("ij,jk,ik->i", rows, self.vcov, rows)))

    def contrast(self, rows: Floats) -> pd.DataFrame:
        """Return the joint Wald F test of linear combinations, shape (m, k): ``num_df, df, statistic, p_value``."""
        from scipy.stats import chi2

        gap = rows @ self.coefficients["estimate"].to_numpy(float)
        statistic = float(gap @ np.linalg.solve(rows @ self.vcov @ rows.T, gap))
        n = len(rows)
        return pd.DataFrame(
            {"num_df": [n], "df": [np.inf], "statistic": [statistic / n], "p_value": [float(chi2.sf(statistic, n))]}
        )

    def anova(self) -> pd.DataFrame:
        """Return type III tests: factors coded to sum to zero, so that a term is tested at the others' average level.

        Returns
        -------
        DataFrame
            One row per term: ``term``, ``num_df``, ``df`` (the denominator's: infinite), ``statistic`` (F), ``p_value``.
        """
        read = parse(self.formula)
        factors = {name: f"C({variables(name)[0]}, contr.sum)" for name in read.factors if _is_factor(name, self.data)}
        recoded = _build(spell(read, factors), self.data)
        plain = _build(spell(read), self.data).to_numpy(float)
        to_sum = np.linalg.lstsq(recoded.to_numpy(float), plain, rcond=None)[0]
        to_sum[np.abs(to_sum) < 1e-9] = 0.0
        slices = {str(term): place for term, place in recoded.model_spec.term_slices.items() if str(term) != "1"}
        tests = [self.contrast(to_sum[place]).assign(term=_plain(term)) for term, place in slices.items()]
        return pd.concat(tests, ignore_index=True)[["term", "num_df", "df", "statistic", "p_value"]]

    @property
    def aic(self) -> float:
        """Akaike's criterion; REML counts covariance parameters only."""
        return -2 * self.loglik + 2 * self.n_counted

    @property
    def bic(self) -> float:
        """Bayesian criterion with the number of subjects."""
        return -2 * self.loglik + float(np.log(self.n_subjects)) * self.n_counted


def fit(data: pd.DataFrame, formula: str, *, subject: str, random: str, method: str = "reml") -> Fit:
    """Fit a linear mixed model with random effects per subject.

    Parameters
    ----------
    data : DataFrame
        One row per observation, complete in the formula's variables.
    formula : str
        Formula of the fixed effects, in the language of :func:`outcomes.mixed.fit`; nothing else of it reaches formulaic.
    subject : str
        Column of the subjects.
    random : str
        Random effects, for example "1" or "1 + time".
    method : {"reml", "ml"}

    Returns
    -------
    Fit

    Raises
    ------
    FormulaError
        The formula has what its language does not.
    DataError
        A column of the design is missing, infinite, or beyond what can be squared, as the logarithm of a negative change.
    ModelError
        The design is singular, or the data lack a column.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    read, effects = parse(formula), parse_effects(random)
    unknown = [name for name in (*read.variables, *effects.variables) if name not in data]
    if unknown:
        has = ", ".join(data.columns[:30])
        raise ModelError(f"the data have no column {', '.join(map(repr, unknown))}; they have: {has}")
    response, fixed = (_build(text, data) for text in (f"0 + {spell_factor(read.response)}", spell(read)))
    if np.linalg.matrix_rank(fixed.to_numpy(float)) < fixed.shape[1]:
        raise ModelError(
            f"the coefficients of '{formula}' cannot be told apart: a term repeats another, or a cell is empty."
        )
    columns = pd.DataFrame(_build(spell(effects), data))
    model = MixedLM(response.iloc[:, 0], pd.DataFrame(fixed), groups=data[subject], exog_re=columns)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = model.fit(reml=method == "reml", method=["bfgs", "lbfgs"])
    notes, converged = _judge(result, [str(entry.message) for entry in caught])
    return Fit(
        **_read(result, list(fixed.columns), method, converged),
        converged=converged,
        warnings=notes,
        n_subjects=int(data[subject].nunique()),
        n_observations=len(data),
        design=fixed.model_spec,
        data=data,
        formula=formula,
    )


def _read(result: Any, names: list[str], method: str, converged: bool) -> dict[str, Any]:
    """Return the estimates of statsmodels' result as the fields of a :class:`Fit`."""
    k, size = len(names), result.cov_re.shape[0]
    vcov = result.cov_params().to_numpy()[:k, :k]
    missing = np.full(k, np.nan)
    table = _infer(result.fe_params.to_numpy(), np.sqrt(np.diag(vcov))) if converged else _infer(missing, missing)
    return {
        "coefficients": table.assign(term=names)[["term", *INTERVAL]],
        "vcov": vcov,
        "covariance": result.cov_re,
        "scale": float(result.scale),
        "loglik": float(result.llf),
        "n_counted": size * (size + 1) // 2 + 1 + (k if method == "ml" else 0),
    }


def _build(text: str, data: pd.DataFrame) -> Any:
    """Let formulaic build the columns of a formula that has been read."""
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):
            built = model_matrix(text, data, context=_FUNCTIONS, na_action="ignore")
    except FormulaicError as error:
        raise ModelError(f"cannot evaluate '{text}': {error}") from None
    for name, column in built.items():
        if wrong := int((~np.isfinite(column)).sum()):
            raise DataError(f"{name!r} is missing or infinite on {wrong} complete rows")
        refuse_extreme(column.to_numpy(float), str(name))
    return built


def margins(fit: Fit, factor: str, by: str | None = None) -> pd.DataFrame:
    """Return least-squares means: numbers at their mean, factors not named averaged with equal weights.

    Returns
    -------
    DataFrame
        One row per level of ``factor`` (and of ``by``): the levels, ``estimate``, ``std_error``, ``df``, ``statistic``,
        ``p_value``, ``lower``, ``upper`` (Searle, Speed & Milliken 1980, 10.1080/00031305.1980.10483031).
    """
    grid, rows = _reference_rows(fit, [factor, by] if by else [factor])
    return pd.concat([grid, fit.estimate(rows)], axis=1)


def differences(fit: Fit, factor: str, by: str | None = None) -> pd.DataFrame:
    """Return differences of least-squares means, each level minus each earlier one.

    Returns
    -------
    DataFrame
        One row per pair (and level of ``by``): ``contrast`` as "later - earlier", ``by``, and the columns of
        :func:`margins`.
    """
    grid, rows = _reference_rows(fit, [factor, by] if by else [factor])
    levels = list(dict.fromkeys(grid[factor]))
    pairs, contrasts = [], []
    for place in dict.fromkeys(grid[by]) if by else [None]:
        here = grid.index[grid[by] == place] if by else grid.index
        row_of = dict(zip(grid.loc[here, factor], here, strict=True))
        for i, earlier in enumerate(levels):
            for later in levels[i + 1 :]:
                pairs.append({"contrast": f"{later} - {earlier}", **({by: place} if by else {})})
                contrasts.append(rows[row_of[later]] - rows[row_of[earlier]])
    return pd.concat([pd.DataFrame(pairs), fit.estimate(np.array(contrasts))], axis=1)


def _reference_rows(fit: Fit, wanted: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
    """Return the combinations of the wanted factors and the design row of the mean of each."""
    variables = sorted(str(name) for name in fit.design.required_variables)
    levels: Mapping[str, list[Any]] = {
        name: list(fit.data[name].cat.categories) if _is_factor(name, fit.data) else [float(fit.data[name].mean())]
        for name in variables
    }
    names = [*wanted, *(name for name in variables if name not in wanted)]
    cells = pd.DataFrame(list(product(*(levels[name] for name in names))), columns=names)
    typed = cells.assign(**{n: pd.Categorical(cells[n], levels[n]) for n in names if _is_factor(n, fit.data)})
    design = pd.DataFrame(fit.design.get_model_matrix(typed, context=_FUNCTIONS)).to_numpy(float)
    grid = cells[list(wanted)].drop_duplicates(ignore_index=True)
    place = cells.groupby(list(wanted), sort=False).ngroup().to_numpy()
    return grid, np.array([design[place == i].mean(axis=0) for i in range(len(grid))])


def _is_factor(factor: str, data: pd.DataFrame) -> bool:
    return factor.startswith("C(") or (factor in data and isinstance(data[factor].dtype, pd.CategoricalDtype))


def _plain(term: str) -> str:
    return re.sub(r"C\((\w+), contr\.sum\)", r"\1", term)


def _infer(estimate: Floats, std_error: Floats) -> pd.DataFrame:
    from scipy.stats import norm

    z = float(norm.ppf(0.975))
    statistic = estimate / std_error
    columns = [estimate, std_error, np.inf, statistic, 2 * norm.sf(np.abs(statistic))]
    return pd.DataFrame(
        dict(zip(INTERVAL, [*columns, estimate - z * std_error, estimate + z * std_error], strict=True))
    )


def _judge(result: Any, notes: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return what there is to say about the optimum, and whether it is one."""
    found = list(dict.fromkeys(notes))
    converged = bool(result.converged)
    if not converged:
        found.append("the optimiser did not converge")
    eigenvalues = np.linalg.eigvalsh(result.cov_re.to_numpy())
    if eigenvalues.min() <= 1e-8 * max(float(result.scale), eigenvalues.max()):
        found.append("the covariance of the random effects is on the boundary (not positive definite)")
        converged = False
    if not np.diag(result.cov_params().to_numpy()).min() > 0:
        found.append("the information is not positive definite")
        converged = False
    gradient = np.abs(np.asarray(result.model.score(result.params_object))).max() / len(result.model.group_labels)
    if not gradient < GRADIENT:
        found.append(f"the gradient is not zero ({gradient:.2g} per patient)")
        converged = False
    return tuple(found), converged
