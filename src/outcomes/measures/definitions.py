"""The declared definitions that endpoints are derived by, in one argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outcomes.instruments import Instrument
from outcomes.settings import Study
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


def define(study: Study) -> Definitions:
    """Return what a study file declares about endpoints."""
    return Definitions(
        instruments={name: study.instrument(name) for name in study.instruments},
        series=study.series,
        baseline=study.baseline,
        timepoints=study.timepoints,
        endpoints=study.endpoints,
        population=study.population,
        visits=study.visits,
    )
