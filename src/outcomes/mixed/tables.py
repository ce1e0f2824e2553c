"""Estimates with standard errors, df, tests and intervals, as tables of one shape."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.mixed.distributions import t_p_value, t_quantile
from outcomes.mixed.inference import Inference
from outcomes.mixed.rows import Floats

COLUMNS = ("estimate", "std_error", "df", "statistic", "p_value", "lower", "upper")


def tabulate_contrasts(inference: Inference, rows: Floats, estimates: Floats, level: float) -> pd.DataFrame:
    """Give a row per contrast.

    Parameters
    ----------
    inference : Inference
    rows : array, shape (l, k)
        Contrasts of the orthonormal columns' coefficients.
    estimates : array, shape (l,)
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        One row per contrast: ``estimate``, ``std_error``, ``df``, ``statistic`` (t), ``p_value`` (two-sided), ``lower``, ``upper``.
    """
    error = np.sqrt(np.einsum("ij,jk,ik->i", rows, inference.vcov, rows))
    df = inference.dfs(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimates / error
    half = error * np.array([t_quantile(level, float(d)) for d in df])
    return pd.DataFrame(
        {
            "estimate": estimates,
            "std_error": error,
            "df": df,
            "statistic": statistic,
            "p_value": [t_p_value(float(t), float(d)) for t, d in zip(statistic, df, strict=True)],
            "lower": estimates - half,
            "upper": estimates + half,
        }
    )


def empty_estimates(n_rows: int) -> pd.DataFrame:
    """Give the same columns with nothing in them, for a fit that failed."""
    return pd.DataFrame({name: np.full(n_rows, np.nan) for name in COLUMNS})
