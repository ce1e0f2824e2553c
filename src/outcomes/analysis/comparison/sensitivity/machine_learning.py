"""The difference with its nuisances learned instead of declared: cross-fitted, doubly robust, by scikit-learn.

Three things are learned without a formula: who is given the treated arm, who has a score, and what score. Each is learned in some patients and
foretold in the others (five folds), so that an overfit learner does no harm, and the estimate's first-order error hangs on the product of their errors
(Chernozhukov et al. 2018, 10.1111/ectj.12097). The treatment enters as its residual (Robinson 1988, 10.2307/1912705): with arm A, its chance e(X), and
answer Y with mean m(X), the difference solves Σ (A − e){Y − m − θ(A − e)} = 0, which stands for the patients that overlap weights stand for. A missing answer is
its prediction from arm, confounders, and the scores before; an observed one has its own residual added, divided by the chance of being observed (Bang & Robins 2005,
10.1111/j.1541-0420.2005.00377.x).

The influences take what was learned as known. Its learning costs no less than a regression on the declared columns would, so that the variance is enlarged by
these columns, as of weighted shares, and the variance between splits is added; measured in `benchmarks/comparison/learned_interval.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.precision import bound_estimate
from outcomes.analysis.comparison.setting import POINTS, RISK, Row, Setting
from outcomes.analysis.comparison.weighting.weights import compute_effective_n, count_columns, find_stretch

FOLDS, INNER = 5, 2
FEWEST = 10  # patients of either arm with an answer, in each fold two
SMALLEST = 0.05  # a chance of being observed below it counts as it
TREES: dict[str, Any] = {
    "max_iter": 50,
    "max_depth": 2,
    "min_samples_leaf": 10,
    "early_stopping": False,
    "random_state": 0,
}
PENALTIES = np.geomspace(0.1, 1000, 9)  # of the ridge, chosen by leaving one out
LOGISTIC = 0.05  # the inverse of the logistic penalty, for columns with a standard deviation of one
MOST_MULTIPLIED = 20
NOTE = (
    "who is given which arm, who has a score, and the score learned by penalised regression and boosted trees and foretold across folds; of the "
    "patients whom overlap weights stand for; median of {} splits"
)
Learner = Callable[[Floats, Floats, Floats, Floats, Floats], Floats]


class Learned(NamedTuple):
    """A difference with its standard error, the effective number of patients, and the error's degrees of freedom."""

    estimate: float
    error: float
    effective_n: float
    df: float


def learn_row(setting: Setting, splits: int, endpoint: str) -> Row:
    """Return the row of the change, or of a binary endpoint, at the primary time point; a reason where too few have an answer."""
    from threadpoolctl import threadpool_limits

    import_module("sklearn.ensemble")  # its threads can be limited only once it is there
    estimand = setting.comparison.estimand
    scale = POINTS if endpoint == "change" else RISK
    place = {"axis": estimand.axis, "timepoint": estimand.timepoint, "endpoint": endpoint, "scale": scale}
    with threadpool_limits(1):  # sums over threads differ in their last bits
        return place | _learn_row(setting, endpoint, scale, splits)


def _learn_row(setting: Setting, endpoint: str, scale: str, repeats: int) -> Row:
    axis, timepoint = setting.comparison.estimand.axis, setting.comparison.estimand.timepoint
    compared, present = setting.compared, setting.weights["overlap"].present
    answer = compared.at(axis, timepoint, endpoint)[present]
    treated, x = compared.treated[present], setting.confounders.design[present]
    row: Row = {"analysis": "machine_learning", "n": int(present.sum()), "converged": False}
    known = ~np.isnan(answer)
    if min((known & treated).sum(), (known & ~treated).sum()) < FEWEST:
        return row | {"note": f"fewer than {FEWEST} patients of an arm have an answer"}
    if np.ptp(answer[known]) == 0:
        return row | {"note": "every answer is the same"}
    if not x.shape[1]:
        return row | {"note": "no confounder differs between patients, so nothing is learned"}
    if known.sum() - count_columns(x, known) - 2 < FEWEST:
        return row | {"note": f"fewer than {FEWEST} patients with an answer beyond the columns of the confounders"}
    before = list_before(setting, axis, timepoint)[present]
    found = [learn_difference(x, treated, answer, before, seed) for seed in range(repeats)]
    estimate, error, effective_n, df = pool_splits(found)
    lower, upper, _ = bound_estimate(estimate, error**2, df)
    bounds = {"estimate": estimate, "lower": lower, "upper": upper}
    if scale == RISK:
        bounds = {name: float(np.clip(value, -1, 1)) for name, value in bounds.items()}
    there = bool(np.isfinite(lower))
    return (
        row | (bounds if there else {}) | {"effective_n": effective_n, "converged": there, "note": NOTE.format(repeats)}
    )


def list_before(setting: Setting, axis: str, timepoint: str) -> Floats:
    """Return the last change before a time point (0 without one) and at how many time points before there was one."""
    points = setting.compared.timepoints[axis]
    changes = setting.compared.changes(axis)[:, : points.index(timepoint) if timepoint in points else 0]
    last = np.zeros(len(changes))
    for column in changes.T:
        last = np.where(np.isnan(column), last, column)
    return np.column_stack([last, (~np.isnan(changes)).sum(axis=1)])


def pool_splits(found: Sequence[Learned]) -> Learned:
    """Return the medians over several splits, with the variance between their estimates added to the median variance."""
    estimates, errors, sizes, dfs = np.array(found).T
    between = float(np.var(estimates, ddof=1)) if len(found) > 1 else 0.0
    error = float(np.sqrt(np.median(errors**2) + between))
    return Learned(float(np.median(estimates)), error, float(np.median(sizes)), float(np.median(dfs)))


def learn_difference(x: Floats, treated: Bools, answer: Floats, before: Floats, seed: int) -> Learned:
    """Return the difference treated − reference of one split into folds.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Coded confounders, known before treatment.
    treated : ndarray of bool, shape (n,)
    answer : ndarray, shape (n,)
        Missing where it was not observed.
    before : ndarray, shape (n, p)
        What is known after treatment and before the answer; only a missing answer is foretold from it.
    seed : int
        Of the split.
    """
    a, known = treated.astype(float), ~np.isnan(answer)
    sign = 2 * a - 1  # the same column but for its sign, whichever arm is called treated
    history, by_arm = np.column_stack([x, before, sign]), sign[:, None] * np.column_stack([x, before])
    folds = split_evenly(treated, known, seed)
    everyone = np.ones(len(a), dtype=bool)
    e = foretell(x, a, everyone, folds, learn_chance)
    pseudo = answer
    if not known.all():
        seen = np.maximum(foretell(history, known.astype(float), everyone, folds, learn_chance, by_arm), SMALLEST)
        expected = foretell(history, answer, known, folds, learn_number, by_arm)
        pseudo = expected + np.where(known, (np.nan_to_num(answer) - expected) / seen, 0.0)
    mean = foretell(x, pseudo, everyone, folds, learn_number)
    apart = a - e
    slope = float(np.mean(apart**2))
    estimate = float(np.mean(apart * (pseudo - mean))) / slope
    influence = apart * (pseudo - mean - estimate * apart) / slope
    weight, columns = np.abs(apart), count_columns(x, everyone)
    variance = float(np.sum(influence**2)) / len(a) / (len(a) - 1) * find_stretch(weight[known], columns)
    df = max(compute_effective_n(weight[known]) - columns - 2, 1.0)
    return Learned(estimate, float(np.sqrt(variance)), compute_effective_n(weight), df)


def split_evenly(treated: Bools, known: Bools, seed: int) -> Ints:
    """Return a fold for each patient: within each arm, those with an answer and those without are dealt out evenly.

    The order is drawn once for everyone, so that it does not hang on which arm is called treated.
    """
    order = np.random.default_rng([seed, *b"comparison/folds"]).permutation(len(treated))
    folds = np.empty(len(treated), dtype=np.int64)
    for arm in (True, False):
        for seen in (True, False):
            own = order[(treated[order] == arm) & (known[order] == seen)]
            folds[own] = np.arange(len(own)) % FOLDS
    return folds


def foretell(x: Floats, y: Floats, used: Bools, folds: Ints, learn: Learner, beside: Floats | None = None) -> Floats:
    """Return every patient's prediction by what was learned in the other folds, of those used; ``beside``: further columns of the penalised regression."""
    wide = multiply_columns(x, np.empty((len(x), 0)) if beside is None else beside)
    found = np.empty(len(x))
    for fold in range(FOLDS):
        inside = folds == fold
        others = used & ~inside
        found[inside] = _mix(x[others], wide[others], y[others], x[inside], wide[inside], learn)
    return found


def multiply_columns(x: Floats, beside: Floats) -> Floats:
    """Return both sets of columns with squares and products of those of the first with more than two values, each with a standard deviation of one.

    Only of the first 20 of them: a penalised regression on more learns nothing else and takes long.
    """
    numbers = [column for column in x.T if len(np.unique(column)) > 2][:MOST_MULTIPLIED]
    products = [one * other for place, one in enumerate(numbers) for other in numbers[place:]]
    wide = np.column_stack([x, beside, *products])
    spread = wide.std(axis=0)
    return np.asarray((wide - wide.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _mix(x: Floats, wide: Floats, y: Floats, new_x: Floats, new_wide: Floats, learn: Learner) -> Floats:
    """Return predictions by the mixture of both learners that foretells best across inner folds (van der Laan et al. 2007, 10.2202/1544-6115.1309)."""
    if np.ptp(y) == 0:
        return np.full(len(new_x), y[0])
    place = np.arange(len(y)) % INNER
    ahead = np.empty((len(y), 2))
    for fold in range(INNER):
        inside = place == fold
        if np.ptp(y[~inside]) == 0:
            ahead[inside] = y[~inside][0]
        else:
            ahead[inside] = learn(x[~inside], wide[~inside], y[~inside], x[inside], wide[inside])
    apart = ahead[:, 0] - ahead[:, 1]
    total = float(apart @ apart)
    share = float(np.clip(apart @ (y - ahead[:, 1]) / total, 0, 1)) if total > 0 else 0.5
    return np.asarray(learn(x, wide, y, new_x, new_wide) @ np.array([share, 1 - share]))


def learn_number(x: Floats, wide: Floats, y: Floats, new_x: Floats, new_wide: Floats) -> Floats:
    """Return a ridge regression's and boosted trees' predictions of a number, shape (new, 2)."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import RidgeCV

    smooth = RidgeCV(PENALTIES).fit(wide, y)
    trees = HistGradientBoostingRegressor(**TREES).fit(x, y)
    return np.column_stack([smooth.predict(new_wide), trees.predict(new_x)])


def learn_chance(x: Floats, wide: Floats, y: Floats, new_x: Floats, new_wide: Floats) -> Floats:
    """Return a penalised logistic regression's and boosted trees' chances of 1, shape (new, 2)."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    smooth = LogisticRegression(C=LOGISTIC, solver="newton-cholesky", tol=1e-8).fit(wide, y)
    trees = HistGradientBoostingClassifier(**TREES).fit(x, y)
    return np.column_stack([smooth.predict_proba(new_wide)[:, 1], trees.predict_proba(new_x)[:, 1]])
