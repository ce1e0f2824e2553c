"""Settings of one model over all sites of a network, fitted to sums that leave them once."""

from __future__ import annotations

from pydantic import Field, field_validator

from outcomes.frozen import Frozen

MOST = 3  # time points: with more nearly every site has a pattern of few


class OneStage(Frozen):
    """A mixed model of the patients of all sites, from each site's sums over those of an arm with scores at the same time points."""

    timepoints: tuple[str, ...] = Field(
        min_length=1,
        max_length=MOST,
        description="time points in order, the primary one among them; a site leaves out the one farthest from it while few patients share which of them "
        "they have",
    )
    because: str = Field(
        min_length=1,
        description="why the centre may have exact sums of baselines and changes; printed on every site's page",
    )

    @field_validator("timepoints")
    @classmethod
    def _each_once(cls, timepoints: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(timepoints)) < len(timepoints):
            raise ValueError("a time point stands twice; list each once")
        return timepoints
