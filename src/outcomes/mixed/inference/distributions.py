"""Tails and quantiles of t and F, those of the normal and chi-squared where a df is infinite; missing where a df is not positive.

scipy.special is imported when a tail is first asked for: its import (0.1 s) is no part of importing the engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from outcomes.mixed.arrays import Floats


def t_p_value(t: ArrayLike, df: ArrayLike) -> Floats:
    """Two-sided tails of Student's t, for numbers or arrays."""
    from scipy.special import ndtr, stdtr

    df, below = np.asarray(df, dtype=float), -np.abs(np.asarray(t, dtype=float))
    tail = np.where(np.isposinf(df), ndtr(below), stdtr(_finite(df), below))
    return np.where(df > 0, 2 * tail, np.nan)


def t_quantile(probability: ArrayLike, df: ArrayLike) -> Floats:
    """Give the t whose two-sided tail is ``1 - probability``, as 1.96 for 0.95, for numbers or arrays."""
    from scipy.special import ndtri, stdtrit

    df, lower = np.asarray(df, dtype=float), (1 - np.asarray(probability, dtype=float)) / 2
    quantile = ndtri(lower)
    if not np.isposinf(df).all():  # that of t is a search, of a millisecond each
        quantile = np.where(np.isposinf(df), quantile, stdtrit(_finite(df), lower))
    return np.where(df > 0, -quantile, np.nan)


def f_p_value(f: float, df1: float, df2: float) -> float:
    """Upper tail of F; that of chi-squared over ``df1`` when ``df2`` is infinite."""
    from scipy.special import chdtrc, fdtrc

    if np.isnan(f) or not df2 > 0:
        return float("nan")
    f = max(float(f), 0.0)
    return float(chdtrc(df1, df1 * f) if np.isposinf(df2) else fdtrc(df1, df2, f))


def _finite(df: Any) -> Floats:
    return np.where(np.isfinite(df) & (df > 0), df, 1.0)
