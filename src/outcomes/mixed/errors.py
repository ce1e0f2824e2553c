"""The errors of the engine: what is wrong, where, and the way out."""

from __future__ import annotations


class MixedError(ValueError):
    """Base of every refusal of the engine."""


class FormulaError(MixedError):
    """A formula that cannot be read, or that names a column the data do not have."""


class DataError(MixedError):
    """Data that cannot carry the model: missing visits, duplicates, infinities, a constant response."""


class VisitError(DataError):
    """Data that could carry the model without one visit: ``visit`` is its label."""

    def __init__(self, message: str, visit: object) -> None:
        super().__init__(message)
        self.visit = visit


class DesignError(MixedError):
    """A design whose coefficients cannot be told apart."""


class SettingError(MixedError):
    """An argument with a value that is not allowed, or arguments that contradict each other."""


class ConvergenceError(MixedError):
    """A question asked of a fit that did not converge."""


class MomentsError(MixedError):
    """Moments that cannot be added, read, or used for what was asked."""
