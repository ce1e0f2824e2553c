"""Settings of cost: whose charges, over how long, in which money, and what is made of it (CHEERS 2022, 10.1136/bmj-2021-067975)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen


class Cost(Frozen):
    """What is charged for treatment, and what is had for it."""

    perspective: str = Field(
        min_length=1,
        description="whose charges these are, to whom, and what is not in them; printed in the report (CHEERS 2022, item 8)",
    )
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="three letters, as USD (item 15)")
    price_year: int = Field(ge=1990, le=2100, description="year of the prices (item 15)")
    charge: str = Field("charge_usd", description="column of the sessions that holds what a session is charged")
    days: tuple[int, ...] = Field(
        (56,),
        min_length=1,
        description="horizons beside the induction, in days since the first session (item 9); each a day of `timepoints.days`, whose response "
        "the charges are set against",
    )
    by: tuple[str, ...] = Field(
        (), description="patients' columns by which charges are shown as well, such as integration therapy and payer"
    )
    incomplete: Literal["own_mean", "leave_out"] = Field(
        "own_mean",
        description="a patient of whom some sessions have no charge: each takes the mean of the patient's other sessions; or the patient is "
        "left out. Never zero; a patient without any charge is left out",
    )
    willingness_to_pay: tuple[float, ...] = Field(
        (0.0, 5_000.0, 10_000.0, 20_000.0, 30_000.0, 50_000.0),
        description="values of one more patient with a response, in the currency, at which the net benefit is computed",
    )
    replicates: int = Field(2000, ge=200, le=20_000, description="bootstrap samples of patients")

    @field_validator("days")
    @classmethod
    def _short(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 1:
            raise ValueError("list days from 1, in order, each once")
        if value[-1] > 366:
            raise ValueError("more than a year; charges are not discounted here, and would have to be")
        return value

    @field_validator("willingness_to_pay")
    @classmethod
    def _not_below_zero(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)) or any(one < 0 for one in value):
            raise ValueError("list values from 0, in order, each once")
        return value

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.by)) < len(self.by):
            raise ValueError("by: list each column once")
        return self

    def check_days(self, known: Collection[int]) -> None:
        """Refuse a horizon that is no time point in days: there is no response to set its charges against."""
        for day in self.days:
            if day not in known:
                raise ValueError(
                    f"cost.days: {day} is no day of timepoints.days ({', '.join(map(str, known)) or 'none'})"
                )
