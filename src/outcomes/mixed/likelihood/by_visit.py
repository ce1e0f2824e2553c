"""The likelihood of a covariance by visit, from the moments, and a place to start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.visit_order import refuse_unordered
from outcomes.mixed.design.orthonormal import Basis, orthogonalise
from outcomes.mixed.errors import DataError, SettingError, VisitError
from outcomes.mixed.likelihood.likelihood import Likelihood, Part
from outcomes.mixed.likelihood.mixture import Mixture, start_effects
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.structures import ORDERED, Structure, make_structure
from outcomes.mixed.likelihood.subject_sums import GramSums
from outcomes.mixed.patterns.moments import Moments

Covariances = Structure | Mixture


@dataclass(frozen=True)
class VisitData:
    """Sums by group in an orthonormal basis, and rough residual covariances.

    Attributes
    ----------
    moments : Moments
    sums : tuple of GramSums
        One per group.
    basis : Basis
    rough : tuple of array, each shape (n_visits, n_visits)
        Residual covariance of each group by least squares, pair of visits by pair.
    """

    moments: Moments
    sums: tuple[GramSums, ...]
    basis: Basis
    rough: tuple[Floats, ...]


def gather_visits(moments: Moments) -> VisitData:
    """Cut the moments into groups, find the basis, and look at the least-squares residuals."""
    design = moments.design
    loads = design.loadings()
    groups = []
    for g in range(len(moments.groups)):
        mine = moments.pattern_group == g
        seen, counts = moments.patterns[mine], moments.counts[mine]
        groups.append(GramSums.from_gram(moments.gram[mine], loads, seen, counts, len(design.subject_sources)))
    identity = np.eye(len(loads))
    total = sum(sums.weigh_sources(identity * sums.seen[:, :, None]) for sums in groups)
    basis = orthogonalise(loads, np.asarray(total), design.names)
    if moments.n_observations <= len(design.names):
        raise DataError(
            f"{moments.n_observations} observations of {moments.n_subjects} subjects cannot estimate "
            f"{len(design.names)} coefficients and a variance"
        )
    turned = tuple(replace(sums, loads=basis.loads) for sums in groups)
    return VisitData(moments, turned, basis, tuple(_rough(sums, moments) for sums in turned))


def _rough(sums: GramSums, moments: Moments) -> Floats:
    """Average products of least-squares residuals over the subjects seen at both visits."""
    k = sums.loads.shape[2] - 1
    outer = np.zeros((k + 1, k + 1))
    outer[k, k] = 1.0
    together = sums.together
    rough = sums.spread(outer).sum(axis=0) / np.maximum(together, 1.0)
    if np.diag(rough).max() <= 1e-13 * _response_variance(moments):
        raise DataError("the formula fits the response exactly: there is no variance left to model")
    return np.asarray(rough)


def _response_variance(moments: Moments) -> float:
    q = len(moments.design.subject_sources)
    t = len(moments.visits)
    squares = moments.gram[:, range(q, q + t), range(q, q + t)].sum()
    return float(squares / moments.n_observations)


def _refuse_thin(data: VisitData) -> None:
    """Refuse a visit whose own variance rests on fewer than two subjects, or on none that vary."""
    for sums, rough in zip(data.sums, data.rough, strict=True):
        counts, variance = np.diag(sums.together), np.diag(rough)
        for visit, count, size in zip(data.moments.visits, counts, variance, strict=True):
            if count < 2:
                raise VisitError(
                    f"visit {visit!r} has {int(count)} subject(s) with data: its variance needs at least 2", visit
                )
            if size <= 1e-14 * variance.max():
                raise VisitError(
                    f"the response has no variation left at visit {visit!r} once the formula is fitted "
                    f"({int(count)} subjects): its variance cannot be estimated",
                    visit,
                )


def nearest_definite(matrix: Floats, floor: float = 0.05) -> Floats:
    """Lift the small eigenvalues of the correlation matrix; variances stay as they are."""
    variance = np.diag(matrix)
    size = np.sqrt(np.maximum(variance, 1e-2 * variance.mean()))
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    corr = (vectors * np.maximum(values, floor)) @ vectors.T
    unit = np.sqrt(np.diag(corr))
    return np.asarray(corr / np.outer(unit, unit) * np.outer(size, size))


def assemble_visits(data: VisitData, covariance: str | None, effects: Floats | None, *, restricted: bool) -> Model:
    """Build the likelihood of a covariance by visit, with or without random effects.

    Parameters
    ----------
    data : VisitData
    covariance : str or None
        Structure by visit; None for independent residuals beside random effects.
    effects : array, shape (n_visits, q), or None
        Z by visit, scaled to mean squares of one.
    restricted : bool
    """
    moments = data.moments
    n_visits = len(moments.visits)
    structure = make_structure(covariance or "independent", n_visits)
    _refuse_unrepeated(moments)
    if covariance in ORDERED:
        refuse_unordered(moments.visits, moments.ordered, f"covariance {covariance!r}")
    if covariance is not None and covariance.startswith(("unstructured", "heterogeneous")):
        _refuse_thin(data)
    _refuse_unseen_pairs(data, covariance)
    family: Covariances = structure if effects is None else Mixture(effects, structure)
    parts, starts = [], []
    for g, (sums, rough) in enumerate(zip(data.sums, data.rough, strict=True)):
        r = family.n_parameters
        parts.append(Part(sums, family, slice(g * r, (g + 1) * r)))
        starts.append(_start(family, structure, nearest_definite(rough)))
    likelihood = Likelihood(
        parts=tuple(parts),
        n_columns=len(moments.design.names),
        n_observations=moments.n_observations,
        n_parameters=family.n_parameters * len(parts),
        restricted=restricted,
        log_weight=moments.log_weight,
        log_det=data.basis.log_det,
    )
    return Model(likelihood, data.basis, (family,) * len(parts), np.concatenate(starts))


def _start(family: Covariances, structure: Structure, rough: Floats) -> Floats:
    if not isinstance(family, Mixture):
        return np.asarray(structure.start(rough))
    total = float(np.mean(np.diag(rough)))
    return np.concatenate([start_effects(family.n_effects, total), structure.start(0.5 * rough)])


def _refuse_unrepeated(moments: Moments) -> None:
    """Refuse data whose subjects have a row each: nothing in them tells of covariance."""
    several = moments.patterns.sum(axis=1) > 1
    n_repeated = int(moments.counts[several].sum())
    if n_repeated < 2 and len(moments.visits) > 1:
        seen = moments.counts @ moments.patterns
        raise VisitError(
            f"{n_repeated} of {moments.n_subjects} subjects have more than one row: a covariance between visits cannot be "
            f"estimated",
            moments.visits[int(np.argmin(seen))],
        )


def _refuse_unseen_pairs(data: VisitData, covariance: str | None) -> None:
    """Refuse an unstructured covariance when a pair of visits is not seen together."""
    if covariance != "unstructured":
        return
    for sums in data.sums:
        together = sums.together
        low = np.argwhere(together < 2)
        if len(low):
            s, t = sorted(low[0])
            visits = data.moments.visits
            raise SettingError(
                f"visits {visits[s]!r} and {visits[t]!r} are seen together in {int(together[s, t])} subject(s): an "
                f"unstructured covariance cannot be estimated; use a structure such as 'heterogeneous_toeplitz'"
            )
