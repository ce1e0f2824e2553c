"""A likelihood, the basis of its design and a place to start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.orthonormal import Basis
from outcomes.mixed.likelihood.likelihood import Likelihood


@dataclass(frozen=True)
class Model:
    """A likelihood ready to be maximised.

    Attributes
    ----------
    likelihood : Likelihood
    basis : Basis
    families : tuple
        The covariance family of each group.
    start : array, shape (r,)
    """

    likelihood: Likelihood
    basis: Basis
    families: tuple[Any, ...]
    start: Floats = field(repr=False)
