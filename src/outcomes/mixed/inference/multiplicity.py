"""Adjust p-values and intervals of a family of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.errors import SettingError
from outcomes.mixed.inference.distributions import t_quantile

if TYPE_CHECKING:
    import pandas as pd

ADJUSTMENTS = ("none", "holm", "sidak", "tukey")


def adjust_family(table: pd.DataFrame, method: str, *, n_means: int, level: float) -> pd.DataFrame:
    """Adjust one family: the comparisons in one table.

    Parameters
    ----------
    table : DataFrame
        Comparisons with ``estimate``, ``std_error``, ``df``, ``statistic``, ``p_value``, ``lower``, ``upper``.
    method : {"none", "holm", "sidak", "tukey"}
        Holm (1979, https://www.jstor.org/stable/4615733), with Bonferroni's intervals; Šidák
        (1967, doi:10.1080/01621459.1967.10482935); Tukey's studentised range over ``n_means`` means.
    n_means : int
        Number of means compared with each other.
    level : float
        Joint coverage of the intervals.

    Returns
    -------
    DataFrame
        A copy with ``p_value``, ``lower`` and ``upper`` adjusted.
    """
    if method not in ADJUSTMENTS:
        raise SettingError(f"adjust {method!r} is not one of {', '.join(ADJUSTMENTS)}")
    out = table.copy()
    if method == "none" or not len(out):
        return out
    p, df, m = out["p_value"].to_numpy(float), out["df"].to_numpy(float), len(out)
    if method == "holm":
        adjusted, critical = holm(p), t_quantile(1 - (1 - level) / m, df)
    elif method == "sidak":
        adjusted, critical = -np.expm1(m * np.log1p(-p)), t_quantile(level ** (1 / m), df)
    else:
        adjusted, critical = _tukey(out["statistic"].to_numpy(float), df, n_means, level)
    half = out["std_error"] * critical
    return out.assign(p_value=adjusted, lower=out["estimate"] - half, upper=out["estimate"] + half)


def holm(p: Floats) -> Floats:
    """Step down: the i-th smallest of m is multiplied by m - i + 1, and never falls below one before it."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(stepped, 1.0)
    return out


def _tukey(statistic: Floats, df: Floats, n_means: int, level: float) -> tuple[Floats, Floats]:
    from scipy.stats import studentized_range

    root = np.sqrt(2.0)
    p = np.array([float(studentized_range.sf(abs(t) * root, n_means, d)) for t, d in zip(statistic, df, strict=True)])
    return p, np.array([float(studentized_range.ppf(level, n_means, d)) / root for d in df])
