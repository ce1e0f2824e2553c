"""How far two arms lie apart before treatment, in standard deviations: one number a characteristic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.baseline import describe_people, list_levels
from outcomes.analysis.comparison.precision import NEGLIGIBLE, drop_dust
from outcomes.analysis.selection import select_first
from outcomes.contracts.released.describe import BaselineSmd
from outcomes.instruments import Instrument

IMBALANCE = BaselineSmd.columns


def tabulate_imbalance(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    patients: pd.DataFrame,
    arms: Sequence[str],
    columns: Sequence[str],
    instruments: Mapping[str, Instrument],
) -> pd.DataFrame:
    """Return the standardised mean difference of every characteristic of the baseline table, between every two arms.

    The parameters are those of :func:`outcomes.analysis.baseline.tabulate_baseline`, and so are the patients who count.
    Missing values take no part.

    Returns
    -------
    DataFrame
        One row per ``variable`` and ``contrast`` ('iv - esketamine', the reference last), the key. ``smd`` of a number has
        the sign of the difference; that of a category is not negative. It is missing where an arm has fewer than two
        known numbers, or where it is not defined because neither arm varies and they differ.
    """
    people = describe_people(endpoints, cohort, patients, columns, instruments)
    groups = {arm: select_first(people[people["arm"] == arm]) for arm in arms}
    names = [*columns, *(name for own in instruments for name in (own, f"{own}_band") if name in people)]
    rows: list[dict[str, Any]] = []
    for name in names:
        compute = compute_mean_difference if list_levels(people[name]) is None else compute_category_difference
        for reference, other in combinations(arms, 2):
            pair = groups[other][name], groups[reference][name]
            row = {"variable": name, "contrast": f"{other} - {reference}", "smd": compute(*pair)}
            rows.append(row | {"fewest": count_fewest(pair, whole=compute is compute_mean_difference)})
    table = pd.DataFrame(rows, columns=[*IMBALANCE, BaselineSmd.fewest])
    return table.astype({"smd": "float64", BaselineSmd.fewest: "Int64"})


def count_fewest(sides: Sequence[pd.Series], whole: bool) -> int | None:
    """Return the smallest number, not none, of patients with a known value (``whole``), or with one level, on either side."""
    numbers = [int(side.count()) for side in sides] if whole else [n for side in sides for n in side.value_counts()]
    return min((int(number) for number in numbers if number > 0), default=None)


def compute_mean_difference(treated: pd.Series, reference: pd.Series) -> float:
    """Return the difference of two means over the root of the mean of the two variances (Austin 2009, 10.1002/sim.3697).

    Examples
    --------
    >>> compute_mean_difference(pd.Series([2.0, 4.0, 6.0]), pd.Series([1.0, 3.0, 5.0]))
    0.5
    """
    one, other = treated.astype(float), reference.astype(float)
    size = float(max(one.abs().max(), other.abs().max()))
    spread = float(np.sqrt(drop_dust([one.var(), other.var()], size).mean()))
    difference = float(one.mean() - other.mean())
    if spread > 0:
        return difference / spread
    return 0.0 if abs(difference) <= NEGLIGIBLE * size else float("nan")


def compute_category_difference(treated: pd.Series, reference: pd.Series) -> float:
    """Return the standardised difference of two multinomial distributions, of those with a known value.

    The root of (T - C)' S^-1 (T - C), T and C being the shares of all levels but one and S the mean of the two
    multinomial covariance matrices (Yang & Dalton, SAS Global Forum 2012, paper 335); with two levels, the difference of
    the shares over the root of the mean of p (1 - p).

    Examples
    --------
    >>> round(compute_category_difference(pd.Series(["a", "b"]), pd.Series(["a", "a", "a", "b"])), 4)
    0.5345
    """
    known = [side.dropna().astype(str) for side in (treated, reference)]
    if any(side.empty for side in known):
        return float("nan")
    levels = sorted(set(known[0]) | set(known[1]))
    shares = [side.value_counts(normalize=True).reindex(levels, fill_value=0.0).to_numpy()[1:] for side in known]
    if len(levels) == 1:
        return 0.0
    apart = shares[0] - shares[1]
    spread = sum(np.diag(share) - np.outer(share, share) for share in shares) / 2
    solved = np.linalg.pinv(spread, hermitian=True) @ apart
    if not np.allclose(spread @ solved, apart):
        return float("nan")
    return float(np.sqrt(apart @ solved))
