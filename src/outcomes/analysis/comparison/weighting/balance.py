"""Whether the arms are alike in their confounders, before and after weighting, and where only one arm is found."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.confounders import TIMES, Confounders
from outcomes.analysis.comparison.precision import drop_dust
from outcomes.analysis.comparison.weighting.weights import Weights
from outcomes.contracts.released.comparison import CovariateBalance, Positivity, ScoreOverlap

BALANCE = CovariateBalance.columns
OVERLAP = ScoreOverlap.columns
POSITIVITY = Positivity.columns
BINS = 20
SQUARED = ", squared"  # a number's distance from its mean: what weights that balance means leave as it is

DUST = 1e-10  # a standardised difference below it is rounding, which differs between processors


def compute_smd(values: Floats, treated: Bools, weight: Floats, share: bool = False) -> tuple[float, float, float]:
    """Return the weighted means of both arms and their standardised difference.

    The difference of the weighted means over the root of the mean of the arms' unweighted variances, so that the ruler is the same
    before and after weighting (Austin & Stuart 2015, 10.1002/sim.6607): with divisor n − 1, of a ``share`` p (1 − p), as in the table of
    differences before treatment (:func:`outcomes.analysis.imbalance.compute_category_difference`). Missing values take no part. The standardised difference is
    missing where neither arm varies.

    Examples
    --------
    >>> import numpy as np
    >>> treated = np.array([True, True, False, False])
    >>> compute_smd(np.array([1.0, 3.0, 2.0, 4.0]), treated, np.ones(4))
    (2.0, 3.0, -0.7071067811865475)
    """
    known = ~np.isnan(values)
    means, variances = [], []
    for arm in (treated & known, ~treated & known):
        own, w = values[arm], weight[arm]
        means.append(float(np.average(own, weights=w)) if w.sum() > 0 else np.nan)
        variances.append(float(own.var(ddof=0 if share else 1)) if len(own) > (not share) else np.nan)
    spread = float(np.sqrt(np.mean(drop_dust(variances, np.abs(values[known]).max(initial=0.0)))))
    difference = (means[0] - means[1]) / spread if spread > 0 else np.nan
    if abs(difference) < DUST:
        difference = 0.0
    return means[0], means[1], difference


def square_number(values: Floats) -> Floats:
    """Return the squared distances of a number from its mean, in its variance: arms whose means agree may yet be spread differently."""
    return np.square(_standardise(values))


def multiply_numbers(one: Floats, other: Floats) -> Floats:
    """Return the product of two numbers' distances from their means, in their standard deviations: how they go together in an arm."""
    return _standardise(one) * _standardise(other)


def _standardise(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known):
        return values
    return np.asarray((values - known.mean()) / (known.std() or 1.0))


def list_levels(confounders: Confounders) -> list[tuple[str, str]]:
    """Return the variables and levels of coded confounders."""
    return [(str(key[0]), str(key[1])) for key in confounders.levels.columns]


def tabulate_balance(confounders: Confounders, treated: Bools, weights: Mapping[str, Weights]) -> pd.DataFrame:
    """Return every level's share, and every number's mean, in both arms before and after weighting.

    Returns
    -------
    DataFrame
        One row per kind of weights, variable, and level ('' for numbers), the key; of a number also one of its squared distance from the mean, in
        variances, and of each two numbers one of the product of their distances. ``n_treated`` and ``n_reference`` count the
        patients with the level, or with a known number; ``…_before`` and ``…_after`` are means (shares for levels) and standardised
        differences.
    """
    rows = []
    ones = np.ones(len(treated))
    pairs = list(itertools.combinations([name for name, level in list_levels(confounders) if not level], 2))
    for kind, one in weights.items():
        for variable, level in list_levels(confounders):
            values = confounders.levels[variable, level].to_numpy()
            there = values == 1 if level else ~np.isnan(values)
            before, after = (compute_smd(values, treated, weight, bool(level)) for weight in (ones, one.weight))
            counts = int((there & treated).sum()), int((there & ~treated).sum())
            rows.append([kind, variable, level, *counts, *before, *after])
            if not level:
                square = square_number(values)
                before, after = compute_smd(square, treated, ones), compute_smd(square, treated, one.weight)
                rows.append([kind, f"{variable}{SQUARED}", "", *counts, *before, *after])
        for names in pairs:
            product = multiply_numbers(*(confounders.levels[name, ""].to_numpy() for name in names))
            there = ~np.isnan(product)
            before, after = compute_smd(product, treated, ones), compute_smd(product, treated, one.weight)
            counts = int((there & treated).sum()), int((there & ~treated).sum())
            rows.append([kind, TIMES.join(names), "", *counts, *before, *after])
    return pd.DataFrame(rows, columns=BALANCE)


def tabulate_overlap(score: Floats, treated: Bools, arms: tuple[str, str]) -> pd.DataFrame:
    """Return how the propensity score is spread in each arm.

    Returns
    -------
    DataFrame
        One row per arm and bin of 0.05, the key; ``n`` patients, ``cumulative`` the share of the arm up to ``bin_upper``.
    """
    edges = np.linspace(0, 1, BINS + 1)
    parts = []
    for arm, inside in zip(arms, (treated, ~treated), strict=True):
        n = np.histogram(score[inside], edges)[0]
        columns = {"bin_lower": edges[:-1], "bin_upper": edges[1:], "n": n, "cumulative": np.cumsum(n) / n.sum()}
        parts.append(pd.DataFrame({"arm": arm, **columns}))
    return pd.concat(parts, ignore_index=True)[OVERLAP]


def tabulate_positivity(confounders: Confounders, treated: Bools, arms: tuple[str, str]) -> pd.DataFrame:
    """Return the strata in which one arm was never given: there the comparison rests on the model alone.

    Returns
    -------
    DataFrame
        One row per variable and level that one arm lacks, the key; ``lacks`` names that arm. Empty when there is none.
    """
    rows: list[list[Any]] = []
    for variable, level in list_levels(confounders):
        if level:
            there = confounders.levels[variable, level].to_numpy() == 1
            counts = int((there & treated).sum()), int((there & ~treated).sum())
            rows.extend([variable, level, *counts, arm] for arm, n in zip(arms, counts, strict=True) if n == 0)
    return pd.DataFrame(rows, columns=POSITIVITY).astype({"n_treated": "int64", "n_reference": "int64"})
