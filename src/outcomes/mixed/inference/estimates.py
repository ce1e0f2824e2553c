"""Estimates with standard errors, df, tests and intervals, as tables of one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.inference.degrees_of_freedom import Inference
from outcomes.mixed.inference.distributions import f_p_value, t_p_value, t_quantile

if TYPE_CHECKING:
    import pandas as pd

Estimates = dict[str, NDArray[Any]]
"""Columns of a table of estimates by name, of one length."""

COLUMNS = ("estimate", "std_error", "df", "statistic", "p_value", "lower", "upper")


def estimate_contrasts(inference: Inference, rows: Floats, estimates: Floats, level: float) -> Estimates:
    """Give the columns of a table with a row per contrast.

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
    dict of str to array, shape (l,)
        ``estimate``, ``std_error``, ``df``, ``statistic`` (t), ``p_value`` (two-sided), ``lower``, ``upper``.
    """
    error = np.sqrt(np.einsum("ij,jk,ik->i", rows, inference.vcov, rows))
    df = inference.dfs(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimates / error
    half = error * t_quantile(level, df)
    return {
        "estimate": np.asarray(estimates),
        "std_error": error,
        "df": np.asarray(df),
        "statistic": statistic,
        "p_value": t_p_value(statistic, df),
        "lower": estimates - half,
        "upper": estimates + half,
    }


def empty_estimates(n_rows: int) -> Estimates:
    """Give the same columns with nothing in them, for a fit that failed."""
    return {name: np.full(n_rows, np.nan) for name in COLUMNS}


def tabulate(columns: Estimates) -> pd.DataFrame:
    """Lay columns out as a pandas table."""
    import pandas as pd

    return pd.DataFrame(columns)


def tabulate_joint(statistic: float, n_contrasts: int, df: float) -> pd.DataFrame:
    """Lay a joint test out as one row: ``num_df``, ``df`` (the denominator's), ``statistic`` (F), ``p_value``."""
    p = f_p_value(statistic, n_contrasts, df)
    columns = {"num_df": [n_contrasts], "df": [df], "statistic": [statistic], "p_value": [p]}
    return tabulate({name: np.array(value) for name, value in columns.items()})


def tabulate_square(values: Floats, names: tuple[Any, ...]) -> pd.DataFrame:
    """Lay a square matrix out with its names on both sides."""
    import pandas as pd

    return pd.DataFrame(values, index=list(names), columns=list(names))
