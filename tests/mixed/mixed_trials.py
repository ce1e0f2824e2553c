"""Simulated trials, and the likelihood written out subject by subject in plain lines."""

from __future__ import annotations

import formulaic
import numpy as np
import pandas as pd

FORMULA = "change ~ baseline*visit + arm*visit + age"


def simulate_trial(n=60, visits=4, seed=1, missing=0.25, intermittent=True):
    """Two arms, visits "1", "2", ...; text subjects; about a quarter of the later rows gone."""
    rng = np.random.default_rng(seed)
    t = np.arange(visits)
    sigma = 4.0 * 0.6 ** np.abs(np.subtract.outer(t, t)) + np.diag(0.5 + 0.3 * t)
    arm = rng.integers(0, 2, n)
    baseline, age = rng.normal(20, 4, n), rng.normal(45, 12, n).round()
    y = rng.multivariate_normal(np.zeros(visits), sigma, n) - 0.2 * baseline[:, None] - 0.4 * t * arm[:, None]
    keep = rng.random((n, visits)) > missing * (t > 0)
    if not intermittent:
        keep = np.cumprod(keep, axis=1).astype(bool)
    i, j = np.nonzero(keep)
    return pd.DataFrame(
        {
            "person": [f"p{k:04d}" for k in i],
            "visit": (j + 1).astype(str),
            "day": 7.0 * j + rng.integers(-2, 3, len(j)),
            "arm": np.array(["esk", "iv"])[arm[i]],
            "site": np.array(["north", "south", "west"])[i % 3],
            "baseline": baseline[i],
            "age": age[i],
            "pain": rng.normal(size=len(i)).round(3),
            "weight": np.round(0.5 + rng.random(n), 3)[i],
            "change": y[i, j],
        }
    )


def dense_design(data, formula):
    """X and y by formulaic itself."""
    y, x = formulaic.model_matrix(formula, data)
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)[:, 0]


def naive_loglik(data, formula, covariance_of, *, reml, weight=None, subject="person"):
    """The Gaussian (restricted) log-likelihood; ``covariance_of`` gives V from a subject's rows."""
    x, y = dense_design(data, formula)
    n, k = x.shape
    normal, cross, square, log_det = np.zeros((k, k)), np.zeros(k), 0.0, 0.0
    for rows in data.reset_index(drop=True).groupby(subject, sort=False).indices.values():
        own = data.iloc[rows]
        v = covariance_of(own) / (1.0 if weight is None else own[weight].iloc[0])
        inverse = np.linalg.inv(v)
        normal += x[rows].T @ inverse @ x[rows]
        cross += x[rows].T @ inverse @ y[rows]
        square += y[rows] @ inverse @ y[rows]
        log_det += np.linalg.slogdet(v)[1]
    beta = np.linalg.solve(normal, cross)
    value = log_det + square - cross @ beta + (n - k * reml) * np.log(2 * np.pi)
    if reml:
        value += np.linalg.slogdet(normal)[1]
    return -0.5 * value, beta, np.linalg.inv(normal)


def by_visit(sigma):
    """Take V from a table of covariances by visit."""
    return lambda own: sigma.loc[list(own["visit"]), list(own["visit"])].to_numpy()
