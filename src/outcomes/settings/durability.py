"""Settings of durability: who is followed after the induction, what ends a response, and what further treatment does."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from outcomes.frozen import Frozen

FurtherTreatment = Literal["censor", "competing", "treatment_policy"]


class End(Frozen):
    """What ends a response."""

    improvement_below: float | None = Field(
        None, gt=0, le=100, description="percent: it ends at a score whose improvement over baseline is less than this"
    )
    score_from: float | None = Field(
        None, description="points: it ends at a score as bad as this or worse, whatever the baseline was"
    )
    confirmed: bool = Field(
        False,
        description="the first bad score counts only if the next says so too; the share in response on a day is by "
        "single scores all the same",
    )

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.improvement_below is not None and self.score_from is not None:
            raise ValueError("give 'improvement_below' or 'score_from', not both")
        return self


class Landmark(Frozen):
    """The days after the induction whose last score decides who is in response and followed from then on."""

    from_day: int = Field(1, ge=1, description="first day after the last induction session")
    to_day: int = Field(14, ge=1, description="last such day: the landmark, from which losses count")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_day < self.from_day:
            raise ValueError(f"to_day ({self.to_day}) lies before from_day ({self.from_day})")
        return self


class Durability(Frozen):
    """How long a response lasts after the induction."""

    instrument: str = Field(description="instrument whose response is followed")
    landmark: Landmark = Field(
        default_factory=Landmark,
        description="when response is established; nobody is followed by virtue of a response seen later "
        "(10.1200/JCO.1983.1.11.710)",
    )
    loss: End = Field(
        default_factory=End, description="loss of response; by default a score that is no response to the instrument"
    )
    relapse: End | None = Field(None, description="relapse, a stricter end that is shown beside; null: not")
    maintenance: FurtherTreatment = Field(
        "treatment_policy",
        description="what a session after the induction does, in the same series or a later one; treatment_policy: it changes nothing, "
        "competing: from then on a patient does not count as in response, censor: follow-up ends, and those who stay are weighed "
        "for those who were treated again after the same scores",
    )
    weeks: tuple[int, ...] = Field(
        (4, 8, 12), min_length=1, description="weeks after the induction at which the share that still holds is given"
    )
    horizon_weeks: int = Field(16, ge=1, description="weeks after the induction up to which patients are followed")
    visit_days: int = Field(
        7, ge=0, description="a score so many days before or after a week counts as seen at that week"
    )
    data_until: str | None = Field(
        None,
        description="patients' column with the last study day on which a score could have been recorded, such as the day of the "
        "export; null: everybody could be seen up to the horizon",
    )
    replicates: int = Field(
        200,
        ge=0,
        description="bootstrap samples of patients: for the intervals of the interval-censored estimate, and for a second standard error of "
        "the primary difference, every step anew in each; 0: none",
    )

    @model_validator(mode="after")
    def _weeks_fit(self) -> Self:
        if list(self.weeks) != sorted(set(self.weeks)):
            raise ValueError("weeks must rise")
        if 7 * self.weeks[0] <= self.landmark.to_day:
            raise ValueError(f"week {self.weeks[0]} is not after the landmark (day {self.landmark.to_day})")
        if self.weeks[-1] > self.horizon_weeks:
            raise ValueError(f"week {self.weeks[-1]} is beyond horizon_weeks ({self.horizon_weeks})")
        if self.relapse is not None and self.relapse.improvement_below is None and self.relapse.score_from is None:
            raise ValueError("relapse: give 'improvement_below' or 'score_from'")
        return self
