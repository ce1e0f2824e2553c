"""A claim about treatment as a page makes it, and what of a study answers it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from outcomes.frozen import Frozen

Quantity = Literal[
    "response",
    "onset",
    "looks",
    "late_response",
    "ideation",
    "percent_change",
    "held",
    "difference",
    "dose",
    "induction",
    "mild",
    "none",
]


class Claim(Frozen):
    """One claim; without low and high it is of a majority (more than 50%) or, as a difference, of any size on the better side."""

    id: str = Field(description="short name; one of a known claim takes its place")
    page: str = Field(description="where it is made")
    words: str = Field(description="what it says, in a few words of its own")
    route: Literal["iv", "im", "esketamine", "any"] = Field("iv", description="treatment that it is about")
    quantity: Quantity = Field(
        description="what answers it: response (at a time point, both denominators), onset (first response by a day or after a number of "
        "sessions), looks (response at scores so soon, where the questions can tell), late_response (after no response to so many "
        "sessions), ideation (item 9 from any to none), percent_change (improvement in percent of the baseline, mean and median alike), "
        "held (response held at a week), difference (the primary one), dose (first "
        "session's, within the protocol's range), induction (completed), mild (of graded adverse events), none (nothing here does)"
    )
    instrument: str | None = Field(None, description="instrument id; by default the primary one")
    axis: str | None = Field(None, description="time axis, where the quantity has one")
    time: str | None = Field(None, description="time point, day, number of sessions, or week")
    low: float | None = Field(None, description="lower end of what is claimed, in percent or points")
    high: float | None = Field(
        None, description="upper end; with the same number as low, 5 percentage points to either side are meant"
    )
    unsaid: str | None = Field(None, description="why no number answers it, such as a term without a definition")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"claim {self.id}: give both low and high, or neither")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"claim {self.id}: low is above high")
        if self.quantity == "none" and not self.unsaid:
            raise ValueError(f"claim {self.id}: say under `unsaid` why nothing answers it")
        if self.quantity in NEEDS_TIME and self.time is None:
            raise ValueError(f"claim {self.id}: {self.quantity} needs a time")
        if self.quantity in ("response", "onset", "percent_change") and self.axis is None:
            raise ValueError(f"claim {self.id}: {self.quantity} needs an axis")
        return self


NEEDS_TIME = ("response", "onset", "looks", "late_response", "ideation", "percent_change", "held")
