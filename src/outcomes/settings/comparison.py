"""Settings of the comparison of two arms: what is estimated, for whom, and how confounding is weighed away."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen

ChangeStrategy = Literal["treatment_policy", "hypothetical", "while_on_treatment"]
BinaryStrategy = Literal["treatment_policy", "hypothetical", "while_on_treatment", "composite"]
WeightKind = Literal["overlap", "att", "ate", "none"]


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


class Estimand(Frozen):
    """What is estimated, in the attributes of ICH E9(R1)."""

    population: Literal["new_users"] = Field(
        "new_users", description="who is compared; new_users: patients with their first series, if it is included"
    )
    treated: str = Field(description="arm id")
    reference: str = Field(description="arm id that is subtracted")
    instrument: str = Field(description="instrument whose change is compared")
    axis: Literal["day", "session", "visit"] = Field(
        "day", description="primary time axis; the others are shown beside"
    )
    timepoint: str = Field(description="primary time point, for example `day 28`")
    events: dict[str, Strategies] = Field(
        default_factory=dict,
        description="intercurrent event → strategy. Known to every study with sessions: stopping (fewer sessions than the "
        "protocol asks for), switching, reinduction (a further series of the same arm), maintenance (a session after the "
        "induction, before the time point); others by their name in the table of events",
    )
    grace_days: int = Field(
        7, ge=0, description="a score so many days after the last session still counts as on treatment"
    )

    @model_validator(mode="after")
    def _two_arms(self) -> Self:
        if self.treated == self.reference:
            raise ValueError(f"'treated' and 'reference' are the same arm ({self.treated})")
        return self


class EarlySignals(Frozen):
    """Whether response after the first sessions foretells response later."""

    axis: Literal["day", "session", "visit"] = Field("session", description="axis of the signals and the target")
    signals: tuple[str, ...] = Field(min_length=1, description="time points of the early response")
    target: str = Field(description="time point that is foretold")
    later: dict[str, Literal["day", "session", "visit"]] = Field(
        default_factory=dict,
        description="time point → its axis: where those without response at the target are looked up",
    )


class Comparison(Frozen):
    """The comparison of two arms."""

    estimand: Estimand = Field(description="what is estimated")
    confounders: tuple[str, ...] = Field(
        min_length=1, description="patients' columns, and `baseline` for the instrument's baseline score"
    )
    left_out: tuple[str, ...] = Field(
        (), description="confounders that a sensitivity analysis leaves out, one at a time (for example the payer)"
    )
    missing: Literal["indicator", "exclude"] = Field(
        "indicator", description="patients without a confounder: a level of its own, or left out and counted"
    )
    weights: WeightKind = Field(
        "overlap",
        description="for whom the primary result holds; overlap: patients who could have had either arm "
        "(10.1080/01621459.2016.1260466), att: those treated, ate: all",
    )
    truncation: float | None = Field(
        None, gt=0.5, lt=1, description="quantile at which att and ate weights are cut; overlap weights need none"
    )
    covariance: str = Field("unstructured", description="residual covariance by time point")
    fallback: tuple[str, ...] = Field(
        ("heterogeneous_toeplitz", "heterogeneous_ar1", "compound_symmetry"),
        description="covariances tried in turn when one does not converge; recorded",
    )
    replicates: int = Field(
        1000, ge=0, description="bootstrap samples of patients, weights estimated anew in each; 0: none"
    )
    deltas: tuple[float, ...] = Field(
        (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0),
        min_length=1,
        description="points added to missing scores of either arm in the delta adjustment (worse where positive)",
    )
    early_signals: EarlySignals | None = Field(None, description="early response as a sign of later response")

    @model_validator(mode="after")
    def _left_out_are_confounders(self) -> Self:
        unknown = sorted(set(self.left_out) - set(self.confounders))
        if unknown:
            raise ValueError(f"left_out names {unknown}, which 'confounders' does not list")
        if len(self.confounders) == 1 and self.left_out:
            raise ValueError("left_out would leave no confounder at all")
        return self
