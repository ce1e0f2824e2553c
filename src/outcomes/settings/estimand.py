"""Settings of the estimand: who is compared, in what, when, and what becomes of scores after intercurrent events."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen

ChangeStrategy = Literal["treatment_policy", "hypothetical", "while_on_treatment"]
BinaryStrategy = Literal["treatment_policy", "hypothetical", "while_on_treatment", "composite"]


class Strategies(Frozen):
    """What an intercurrent event does to the scores after it (ICH E9(R1)); one word stands for both kinds of endpoint."""

    change: ChangeStrategy = Field(
        description="for the change: treatment_policy uses the scores after the event, hypothetical treats them as missing, "
        "while_on_treatment puts the last score before the event in their place"
    )
    binary: BinaryStrategy = Field(
        description="for response and remission; composite: the event counts as not responded"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"change": value, "binary": value} if isinstance(value, str) else value

    @field_validator("change", mode="before")
    @classmethod
    def _no_composite_change(cls, value: Any) -> Any:
        if value == "composite":
            raise ValueError(
                "composite needs a binary endpoint: an event has no score in points. "
                "Write {change: …, binary: composite}"
            )
        return value


class Rule(Frozen):
    """What a patient may meet: a range of numbers, or a list of values."""

    column: str = Field(
        description="patients' column, or `baseline` for the baseline score of the estimand's instrument"
    )
    minimum: float | None = Field(None, description="smallest number that enters")
    maximum: float | None = Field(None, description="largest number that enters")
    values: tuple[str, ...] = Field((), description="values that enter")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        bounds = self.minimum is not None or self.maximum is not None
        if bounds == bool(self.values):
            raise ValueError(f"{self.column}: give either 'values', or 'minimum', 'maximum', or both")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{self.column}: the minimum is above the maximum, so no one could enter")
        return self


class Eligibility(Rule):
    """One rule that patients must meet to be compared."""

    missing: Literal["exclude", "include"] = Field(
        "exclude", description="patients without a value are left out, or enter; counted where left out"
    )


class BinaryAnswer(Frozen):
    """The one answer to whether more respond: of everyone compared, at the primary time point, missing scores imputed."""

    endpoint: Literal["response", "remission"] = Field("response", description="what is counted")
    missing: Literal["imputed_mar", "jump_to_reference", "copy_reference", "copy_increments"] = Field(
        "imputed_mar",
        description="how missing scores are imputed before they are judged (docs/missing-scores.md); all but missing at random have to be "
        "among `imputation.methods`",
    )

    @property
    def at_random(self) -> bool:
        """Whether it takes missing scores as the difference in change does."""
        return self.missing == "imputed_mar"

    @property
    def imputed(self) -> str:
        """How missing scores are imputed, as it follows "missing scores"."""
        return "imputed at random" if self.at_random else f"imputed by {self.missing.replace('_', ' ')}"

    @property
    def reached(self) -> str:
        """What a patient who is counted did, as it follows "one more"."""
        return {"response": "responded", "remission": "was in remission"}[self.endpoint]


class Summary(Frozen):
    """How two arms are compared at the time point."""

    change: Literal["difference_in_means"] = Field("difference_in_means", description="for the change, in points")
    binary: Literal["risk_difference", "risk_ratio"] = Field(
        "risk_difference",
        description="for response and remission; also the scale on which subgroups are compared, since effects that are "
        "alike on one scale differ on the other",
    )


class Margin(Frozen):
    """What difference would still count as none, declared before anyone looks."""

    kind: Literal["non_inferiority", "equivalence"] = Field(
        description="non_inferiority: is the treated arm at most so much worse than the reference; equivalence: neither arm so much "
        "better. Answered by the 95% interval of the primary difference"
    )
    points: float = Field(gt=0, description="the margin, in points of the instrument")
    because: str = Field(description="why so much does not matter, with a source; printed beside the answer")


class Estimand(Frozen):
    """What is estimated, in the attributes of ICH E9(R1)."""

    population: Literal["new_users"] = Field(
        "new_users", description="who is compared; new_users: patients with their first series, if it is included"
    )
    eligibility: tuple[Eligibility, ...] = Field(
        (), description="rules that patients of either arm must meet, applied in order; each one's losses are counted"
    )
    treated: str = Field(description="arm id")
    reference: str = Field(description="arm id that is subtracted")
    instrument: str = Field(description="instrument whose change is compared")
    axis: Literal["day", "session", "visit"] = Field(
        "day", description="primary time axis; the others are shown beside"
    )
    timepoint: str = Field(description="primary time point, for example `day 28`")
    summary: Summary = Field(default_factory=Summary, description="how the arms are compared")
    binary: BinaryAnswer = Field(
        default_factory=BinaryAnswer,
        description="the declared binary answer, which stands wherever one number of responders is given",
    )
    events: dict[str, Strategies] = Field(
        default_factory=dict,
        description="intercurrent event → strategy. Known to every study with sessions: stopping (fewer sessions than the "
        "protocol asks for), switching, reinduction (a further series of the same arm), maintenance (a session after the "
        "induction, before the time point); others by their name in the table of events",
    )
    margin: Margin | None = Field(None, description="a margin of non-inferiority or equivalence; null: none is asked")
    grace_days: int = Field(
        7, ge=0, description="a score so many days after the last session still counts as on treatment"
    )

    @model_validator(mode="after")
    def _two_arms(self) -> Self:
        if self.treated == self.reference:
            raise ValueError(f"'treated' and 'reference' are the same arm ({self.treated})")
        return self
