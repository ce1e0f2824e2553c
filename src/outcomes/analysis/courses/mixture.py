"""Groups by a mixture of normal distributions of one covariance, and how stable and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outcomes.analysis.comparison.arrays import Floats, Ints

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

STARTS = 4  # of patients drawn as first centres, beside those along each coefficient
SEARCH, FINAL = (1e-4, 40), (1e-6, 1000)  # tolerance of the mean log-likelihood, and iterations
RESAMPLES = 20


@dataclass(frozen=True)
class Groups:
    """A number of groups.

    Attributes
    ----------
    bic : float
        −2 log-likelihood + parameters × log(patients) (Schwarz 1978, 10.1214/aos/1176344136): smaller is better.
    probability : ndarray, shape (patients, groups)
        Of membership, given the patient's course.
    centres : ndarray, shape (groups, effects)
        Their mean coefficients.
    """

    bic: float
    probability: Floats
    centres: Floats

    @property
    def members(self) -> Ints:
        """The most probable group of each patient."""
        return np.asarray(self.probability.argmax(axis=1))

    @property
    def sizes(self) -> Ints:
        """Patients by most probable group."""
        return np.bincount(self.members, minlength=self.probability.shape[1])

    @property
    def certainty(self) -> Floats:
        """Mean probability of the group that its members are assigned to; missing of an empty one."""
        whole, members = np.full(len(self.sizes), np.nan), self.members
        for group in np.flatnonzero(self.sizes):
            whole[group] = self.probability[members == group, group].mean()
        return whole

    @property
    def entropy(self) -> float:
        """Relative entropy: 1 where every membership is certain, 0 where nothing is known (Ramaswamy et al. 1993, 10.1287/mksc.12.1.103)."""
        count = self.probability.shape[1]
        if count == 1:
            return 1.0
        known = self.probability[self.probability > 0]
        return float(1 + (known * np.log(known)).sum() / (len(self.probability) * np.log(count)))


def fit_groups(values: Floats, count: int, seed: Sequence[int]) -> Groups:
    """Fit a mixture of so many normal distributions of one covariance (scikit-learn), from several fixed starts, the likeliest kept.

    Parameters
    ----------
    values : ndarray, shape (patients, effects)
    count : int
        Groups.
    seed : sequence of int

    Returns
    -------
    Groups
    """
    starts = _list_starts(values, count, np.random.default_rng([*seed, count]))
    found = [_fit(values, start, SEARCH).lower_bound_ for start in starts]
    start = starts[int(np.argmax(np.round(found, 6)))]
    model = _fit(values, start, FINAL)
    return Groups(float(model.bic(values)), model.predict_proba(values), model.means_)


def weigh_skewed(values: Floats) -> float:
    """Return the BIC of one group whose courses are skewed: a tail that a mixture would take for a second group.

    That a skewed single distribution gives a mixture groups: Bauer & Curran 2003 (10.1037/1082-989X.8.3.338). It is normal after Yeo and
    Johnson's transformation of each coefficient (10.1093/biomet/87.4.954), or of each after a turn to the direction in which the
    patients are skewed most, ``Σ z |z|²`` (Mori, Rohatgi & Székely 1993, 10.1137/1138055), whichever is likelier.
    """
    middle, effects = values - values.mean(axis=0), values.shape[1]
    direction = (middle * (middle**2).sum(axis=1, keepdims=True)).mean(axis=0)
    turn = np.linalg.qr(np.column_stack([direction, np.eye(effects)]))[0]
    parameters = 2 * effects + effects * (effects + 1) / 2
    loglik = max(_weigh_transformed(middle), _weigh_transformed(middle @ turn))
    return float(-2 * loglik + parameters * np.log(len(values)))


def _weigh_transformed(values: Floats) -> float:
    """Return the log-likelihood of a normal distribution after Yeo and Johnson's transformation of each column."""
    from scipy import stats

    n, effects = values.shape
    found = [stats.yeojohnson(column) for column in values.T]
    covariance = np.cov(np.column_stack([column for column, _ in found]), rowvar=False, bias=True)
    bends = np.array([power - 1 for _, power in found])
    stretch = float((np.sign(values) * np.log1p(np.abs(values)) @ bends).sum())
    size = float(np.linalg.slogdet(np.atleast_2d(covariance))[1])
    return float(-n / 2 * (effects * np.log(2 * np.pi) + size + effects) + stretch)


def _list_starts(values: Floats, count: int, generator: np.random.Generator) -> list[Floats]:
    """Return centres along each coefficient, and patients drawn."""
    if count == 1:
        return [values.mean(axis=0, keepdims=True)]
    starts = []
    for column in range(values.shape[1]):
        parts = np.array_split(np.argsort(values[:, column], kind="stable"), count)
        starts.append(np.array([values[part].mean(axis=0) for part in parts]))
    starts += [values[generator.choice(len(values), count, replace=False)] for _ in range(STARTS)]
    return starts


def _fit(values: Floats, start: Floats, until: tuple[float, int]) -> GaussianMixture:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    count, effects = start.shape
    model = GaussianMixture(
        count, covariance_type="tied", tol=until[0], max_iter=until[1], weights_init=np.full(count, 1 / count),
        means_init=start, precisions_init=np.eye(effects) * 2,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a search is stopped early on purpose
        return model.fit(values)


def measure_stability(values: Floats, groups: Groups, seed: Sequence[int]) -> float:
    """Return how alike the groups are when patients are drawn anew: the mean adjusted Rand index over bootstrap samples.

    Each sample of patients, drawn with replacement, is fitted from the centres found; all patients are then assigned by it, and that assignment is
    compared with the first (Hubert & Arabie 1985, 10.1007/BF01908075): 1 the same groups, 0 as alike as by chance.
    """
    from sklearn.metrics import adjusted_rand_score

    count = groups.probability.shape[1]
    if count == 1:
        return 1.0
    generator, members = np.random.default_rng([*seed, count, 1]), groups.members
    found = []
    for _ in range(RESAMPLES):
        drawn = values[generator.integers(0, len(values), len(values))]
        found.append(adjusted_rand_score(members, _fit(drawn, groups.centres, SEARCH).predict(values)))
    return float(np.mean(found))
