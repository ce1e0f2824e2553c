"""What a fit keeps of its arithmetic, for what is asked of it later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.random_effects import Effects
from outcomes.mixed.inference.degrees_of_freedom import Inference
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.optimise import Optimum
from outcomes.mixed.likelihood.subject_rows import Subjects


@dataclass(frozen=True)
class Engine:
    """The arithmetic behind a fit: model, optimum, inference, and the subjects' rows where they are kept.

    Attributes
    ----------
    model : Model
    optimum : Optimum or None
        None when the likelihood could not be evaluated at all.
    inference : Inference or None
        None when the fit did not converge.
    subjects : Subjects or None
        The subjects' rows; None for a fit from moments.
    effects : Effects or None
        The random effects' columns.
    residual, random : dict of array by group, or None
        Residual covariance by visit, covariance of the random effects; the group is None where there are none.
    """

    model: Model
    optimum: Optimum | None
    inference: Inference | None
    subjects: Subjects | None
    effects: Effects | None
    residual: dict[Any, Floats] | None
    random: dict[Any, Floats] | None
