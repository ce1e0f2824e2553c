"""The propensity score: probability of the treated arm given the confounders."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression.

    Attributes
    ----------
    design : ndarray, shape (n, k)
        With a constant first.
    coefficients : ndarray, shape (k,)
    probability : ndarray, shape (n,)
        Of every row, whether it took part in the fit or not.
    influence : ndarray, shape (n, k)
        Each row's influence on the coefficients: their estimation error is its mean.
    converged : bool
    note : str
        What the fit warned of.
    """

    design: Floats
    coefficients: Floats
    probability: Floats
    influence: Floats
    converged: bool
    note: str


def fit_logistic(columns: Floats, outcome: Floats | Bools, used: Bools | None = None) -> Logistic:
    """Fit a logistic regression by maximum likelihood.

    Parameters
    ----------
    columns : ndarray, shape (n, k − 1)
        Without the constant.
    outcome : ndarray, shape (n,)
        1 or 0; anything in rows that are not used.
    used : ndarray of bool, optional
        Rows that take part; the others are only predicted.

    Returns
    -------
    Logistic
    """
    import statsmodels.api as sm

    design = np.column_stack([np.ones(len(columns)), columns])
    used = np.ones(len(design), dtype=bool) if used is None else used
    y = np.where(used, np.nan_to_num(np.asarray(outcome, dtype=float)), 0.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = sm.GLM(y[used], design[used], family=sm.families.Binomial()).fit()
    coefficients = np.asarray(result.params)
    probability = 1 / (1 + np.exp(-np.clip(design @ coefficients, -35, 35)))
    information = (design[used].T * (probability * (1 - probability))[used]) @ design[used]
    scores = design * (np.where(used, y - probability, 0.0))[:, None]
    influence = len(design) * scores @ np.linalg.pinv(information)
    extreme = bool(np.abs(coefficients).max() > 15)
    notes = sorted({str(one.message).split(".")[0] for one in caught})
    if extreme:
        notes.append("a level without one of the two outcomes")
    return Logistic(
        design, coefficients, probability, influence, bool(result.converged) and not extreme, "; ".join(notes)
    )
