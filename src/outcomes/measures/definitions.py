"""The declared definitions that endpoints are derived by, in one argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outcomes.instruments import Instrument
from outcomes.settings.clinical import Baseline, Endpoints, Population, SeriesRules, Timepoints
from outcomes.settings.sources import Visit


@dataclass(frozen=True)
class Definitions:
    """What the study file declares about endpoints.

    ``instruments`` are those analysed, the first the primary one; a cut-off that ``endpoints`` declares takes the place of
    the instrument's own.
    """

    instruments: Mapping[str, Instrument]
    series: SeriesRules
    baseline: Baseline
    timepoints: Timepoints
    endpoints: Endpoints
    population: Population
    visits: tuple[Visit, ...] = ()

    @property
    def primary(self) -> str:
        """Id of the primary instrument."""
        return next(iter(self.instruments))
