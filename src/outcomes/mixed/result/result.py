"""What a fit gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outcomes.mixed.result import residuals
from outcomes.mixed.result.fitted import FittedModel
from outcomes.mixed.result.summary import summarise

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Fit(FittedModel):
    """A fitted mixed model: all of :class:`FittedModel`, and what may be looked at after it."""

    def fitted(self) -> pd.Series[float]:
        """Give the mean of each complete row by the fixed effects."""
        return residuals.fitted(self)

    def residuals(self, kind: str = "response") -> pd.Series[float]:
        """Give residuals of the complete rows: ``"response"``, ``"pearson"``, or ``"normalized"``."""
        return residuals.residuals(self, kind)

    def residual_sds(self, factor: str) -> pd.DataFrame:
        """Compare how far the levels of a column scatter, in units of the model's standard deviation, a row per level."""
        return residuals.residual_sds(self, factor)

    def random_effects(self) -> pd.DataFrame:
        """Predict the random effects of each subject, a row per subject."""
        return residuals.random_effects(self)

    def summary(self) -> str:
        """Write the fit as a table for reading."""
        return summarise(self)
