"""Weights that make two arms alike in their confounders, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.weighting.propensity import Logistic, fit_logistic
from outcomes.contracts.released import comparison as released

KINDS = ("overlap", "att", "ate", "none")
WEIGHTS = released.Weights.columns
CERTAIN = 1e-6  # a score so near 0 or 1: the search for its coefficients ended where they had no end
TINY = 1e-8  # a weight below this part of the mean takes no part in a model


@dataclass(frozen=True)
class Weights:
    """Weights of one kind.

    Attributes
    ----------
    kind : str
    weight : ndarray, shape (n,)
        Mean 1 over all patients.
    slope : ndarray, shape (n,)
        Derivative of the weight by the linear predictor of the propensity score, in the same scale, the scale taken as known.
    tilt, tilt_slope : ndarray, shape (n,)
        How much each patient counts in the population that the weights stand for, and its derivative likewise.
    truncated : int
        Weights that were cut.
    propensity : Logistic or None
    """

    kind: str
    weight: Floats
    slope: Floats
    tilt: Floats
    tilt_slope: Floats
    truncated: int
    propensity: Logistic | None

    @property
    def present(self) -> Bools:
        """Return who carries weight: everyone else takes no part, and is not counted."""
        return np.asarray(self.weight > TINY)

    @property
    def overlapping(self) -> bool:
        """Whether there are patients whose arm the confounders do not tell for certain."""
        return self.propensity is None or not _find_certain(self.propensity).all()

    @cached_property
    def columns(self) -> int:
        """Columns of confounders in the score of those who carry weight; 0 without one."""
        return count_columns(self.propensity.design, self.present) if self.propensity is not None else 0

    @property
    def supported(self) -> bool:
        """Whether everyone whom the weights stand for has a counterpart in the other arm.

        Where the score has no finite estimate, the confounders tell some patients' arm for certain. Overlap weights leave those out, att
        weights those of the reference arm; the others are weighed as if they had not been there.
        """
        if self.propensity is None:
            return True
        return (
            self.overlapping
            and not (_find_certain(self.propensity) & ~_find_left_out(self.propensity, self.kind)).any()
        )


def _find_certain(propensity: Logistic) -> Bools:
    """Return the patients whose arm the confounders tell for certain."""
    score = propensity.probability
    return np.asarray((np.minimum(score, 1 - score) < CERTAIN) & (not propensity.converged))


def _find_left_out(propensity: Logistic, kind: str) -> Bools:
    """Return those of them whom the weights do not stand for."""
    certain = _find_certain(propensity)
    return certain & {"overlap": certain, "att": propensity.probability < 0.5, "ate": ~certain}[kind]


def compute_weights(treated: Bools, design: Floats, kind: str, truncation: float | None = None) -> Weights:
    """Estimate the propensity score and turn it into weights.

    With e the score: overlap weights are 1 − e in the treated and e in the others, which makes the weighted means of every
    column of the design equal in both arms (Li, Morgan & Zaslavsky 2018, 10.1080/01621459.2016.1260466); att 1 and the
    odds e/(1 − e); ate 1/e and 1/(1 − e). The latter two are stabilised by the arms' shares
    (Robins, Hernan & Brumback 2000, 10.1097/00001648-200009000-00011).

    Parameters
    ----------
    treated : ndarray of bool, shape (n,)
    design : ndarray, shape (n, k)
        Coded confounders, without a constant.
    kind : {"overlap", "att", "ate", "none"}
    truncation : float, optional
        Quantile at which att and ate weights are cut.

    Examples
    --------
    >>> import numpy as np
    >>> severity = np.linspace(10, 24, 40)
    >>> treated = np.arange(40) % 3 + severity / 12 > 2
    >>> weight = compute_weights(treated, severity[:, None], "overlap").weight
    >>> before = severity[treated].mean() - severity[~treated].mean()
    >>> after = np.average(severity[treated], weights=weight[treated]) - np.average(severity[~treated], weights=weight[~treated])
    >>> round(float(before), 2), abs(round(float(after), 6))
    (1.27, 0.0)
    """
    if kind == "none":
        ones, zeros = np.ones(len(treated)), np.zeros(len(treated))
        return Weights(kind, ones, zeros, ones, zeros, 0, None)
    propensity = fit_logistic(design, treated)
    e, share = propensity.probability, treated.mean()
    product = e * (1 - e)
    if kind == "overlap":
        raw, slope = np.where(treated, 1 - e, e), np.where(treated, -product, product)
        tilt, tilt_slope = product, product * (1 - 2 * e)
    elif kind == "att":
        odds = e / (1 - e) * (1 - share) / share
        raw, slope = np.where(treated, 1.0, odds), np.where(treated, 0.0, odds)
        tilt, tilt_slope = treated.astype(float), np.zeros(len(e))
    else:
        raw = np.where(treated, share / e, (1 - share) / (1 - e))
        slope = np.where(treated, -raw * (1 - e), raw * e)
        tilt, tilt_slope = np.ones(len(e)), np.zeros(len(e))
    out = _find_left_out(propensity, kind)
    raw, slope, tilt, tilt_slope = (np.where(out, 0.0, values) for values in (raw, slope, tilt, tilt_slope))
    cut = np.zeros(len(e), dtype=bool)
    if truncation is not None and kind != "overlap":
        limit = np.quantile(raw, truncation)
        cut = raw > limit
        raw, slope = np.minimum(raw, limit), np.where(cut, 0.0, slope)
    scale = raw.mean() or 1.0
    return Weights(kind, raw / scale, slope / scale, tilt, tilt_slope, int(cut.sum()), propensity)


def compute_effective_n(weight: Floats) -> float:
    """Return Kish's effective sample size, (Σw)² / Σw² (10.1002/bimj.19680100122).

    Examples
    --------
    >>> import numpy as np
    >>> compute_effective_n(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    total = float(np.square(weight).sum())
    return float(weight.sum()) ** 2 / total if total > 0 else 0.0


def count_columns(design: Floats, used: Bools) -> int:
    """Return how many columns of a design the rows used can tell apart, beside a constant: the others cost no coefficient.

    Examples
    --------
    >>> import numpy as np
    >>> design = np.array([[1.0, 0.0, 3.0], [1.0, 0.0, 5.0], [1.0, 1.0, 4.0]])
    >>> count_columns(design, np.array([True, True, True])), count_columns(design, np.array([True, True, False]))
    (2, 1)
    """
    own = design[used] - design[used].mean(axis=0) if used.any() else design[used]
    spread = np.sqrt(np.square(own).sum(axis=0))
    varying = spread > TINY
    return int(np.linalg.matrix_rank(own[:, varying] / spread[varying], rtol=TINY)) if varying.any() else 0


def find_stretch(weight: Floats, columns: int) -> float:
    """Return by how much a variance from influences is enlarged, as they are of models that were fitted to the same patients.

    Influences are residuals, and like those of a regression too small: by n over n less what was fitted, n the effective number of the patients
    used, and fitted a coefficient for each column, the constant, and the arm (MacKinnon & White 1985, 10.1016/0304-4076(85)90158-7). Without
    columns nothing was fitted, and it is 1.

    Parameters
    ----------
    weight : ndarray
        Of the patients used.
    columns : int
        Of the confounders in the models.

    Examples
    --------
    >>> import numpy as np
    >>> round(find_stretch(np.ones(55), 9), 3), find_stretch(np.ones(55), 0)
    (1.25, 1.0)
    """
    size = compute_effective_n(weight)
    return size / max(size - columns - 2, 1.0) if columns and size > 1 else 1.0


def tabulate_weights(weights: Mapping[str, Weights], treated: Bools, arms: tuple[str, str]) -> pd.DataFrame:
    """Return how the weights are spread.

    Returns
    -------
    DataFrame
        One row per kind of weights and arm (treated first), the key: patients ``n``, ``effective_n``, standard deviation, and quantiles of the
        weights (mean 1 over both arms), how many were ``truncated`` over both arms, and how many are ``without_weight``.
    """
    rows = []
    for kind, one in weights.items():
        for arm, inside in zip(arms, (treated, ~treated), strict=True):
            own = one.weight[inside]
            p5, median, p95 = np.quantile(own, [0.05, 0.5, 0.95])
            spread = own.std(ddof=1) if len(own) > 1 else np.nan
            facts = [len(own), compute_effective_n(own), spread, p5, median, p95]
            rows.append([kind, arm, *facts, one.truncated, int((own <= TINY).sum())])
    return pd.DataFrame(rows, columns=WEIGHTS)
