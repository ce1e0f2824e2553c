"""Trials for the benchmarks: two arms, a visit every week, dropout and intermittent gaps; deterministic by seed."""

from __future__ import annotations

import numpy as np
import pandas as pd


def covariance(n_visits: int) -> np.ndarray:
    """Residual covariance (T, T): variance grows with time, correlation falls from 0.7 towards 0.4."""
    sd = np.linspace(3.5, 6.0, n_visits)
    lag = np.abs(np.subtract.outer(np.arange(n_visits), np.arange(n_visits)))
    return np.outer(sd, sd) * np.where(lag == 0, 1.0, 0.4 + 0.3 * 0.8 ** (lag - 1.0))


def observed(rng: np.random.Generator, n: int, n_visits: int, missing: float, pattern: str) -> np.ndarray:
    """Which visits (n, T) were kept: `intermittent` opens gaps anywhere; `dropout` ends series and opens a few gaps."""
    if pattern == "intermittent":
        return rng.random((n, n_visits)) >= missing
    kept = rng.random((n, n_visits)) >= 0.05
    kept &= np.cumsum(rng.random((n, n_visits)) < 2.15 * (missing - 0.04) / n_visits, axis=1) == 0
    kept[:, 0] = True
    return kept


def simulate(n: int, n_visits: int = 6, missing: float = 0.25, pattern: str = "dropout", seed: int = 1) -> pd.DataFrame:
    """Long table of `n` patients: patient, visit, time, arm, age, sex, base, chg; one row per kept visit."""
    rng = np.random.default_rng(seed)
    iv = rng.random(n) < 0.5
    male = rng.random(n) < 0.4
    age = np.round(rng.normal(45, 12, n))
    base = np.round(np.clip(rng.normal(17, 4, n), 5, 27))
    time = np.arange(1, n_visits + 1)
    chg = rng.standard_normal((n, n_visits)) @ np.linalg.cholesky(covariance(n_visits)).T
    chg += -1.2 * np.sqrt(time) - 0.3 * (base - 17)[:, None] - 0.25 * iv[:, None] * time + 0.02 * (age - 45)[:, None]
    row, column = np.nonzero(observed(rng, n, n_visits, missing, pattern))
    return pd.DataFrame(
        {
            "patient": row + 1,
            "visit": time[column],
            "time": time[column].astype(float),
            "arm": pd.Categorical.from_codes(iv[row].astype(int), ["esk", "iv"]),
            "age": age[row],
            "sex": pd.Categorical.from_codes(male[row].astype(int), ["F", "M"]),
            "base": base[row],
            "chg": np.round(chg[row, column], 6),
        }
    )
