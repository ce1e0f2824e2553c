"""Settings of the comparison of two arms: what is estimated, for whom, and how confounding is weighed away."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen
from outcomes.settings.imputation import Imputation

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


class Eligibility(Frozen):
    """One rule that patients must meet to be compared: a range of numbers, or a list of values."""

    column: str = Field(
        description="patients' column, or `baseline` for the baseline score of the estimand's instrument"
    )
    minimum: float | None = Field(None, description="smallest number that enters")
    maximum: float | None = Field(None, description="largest number that enters")
    values: tuple[str, ...] = Field((), description="values that enter")
    missing: Literal["exclude", "include"] = Field(
        "exclude", description="patients without a value are left out, or enter; counted where left out"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        bounds = self.minimum is not None or self.maximum is not None
        if bounds == bool(self.values):
            raise ValueError(f"{self.column}: give either 'values', or 'minimum', 'maximum', or both")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{self.column}: the minimum is above the maximum, so no one could enter")
        return self


class Summary(Frozen):
    """How two arms are compared at the time point."""

    change: Literal["difference_in_means"] = Field("difference_in_means", description="for the change, in points")
    binary: Literal["risk_difference", "risk_ratio"] = Field(
        "risk_difference",
        description="for response and remission; also the scale on which subgroups are compared, since effects that are "
        "alike on one scale differ on the other",
    )


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


class Subgroup(Frozen):
    """One variable whose levels are compared: a column as it is, its numbers cut, or its values grouped."""

    column: str = Field(description="patients' column, or `baseline`")
    label: str | None = Field(None, description="name printed in tables and figures; default: the column")
    cuts: tuple[float, ...] = Field(
        (), description="for numbers: where a level ends and the next, which holds the cut itself, begins"
    )
    names: tuple[str, ...] = Field(
        (), description="names of the levels that the cuts make, one more than there are cuts"
    )
    groups: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="for words: level → values that belong to it; a value of no level counts as missing",
    )

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if self.cuts and self.groups:
            raise ValueError(f"{self.column}: 'cuts' are for numbers and 'groups' for words; give one")
        if list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError(f"{self.column}: cuts must rise")
        if self.names and len(self.names) != len(self.cuts) + 1:
            raise ValueError(
                f"{self.column}: {len(self.cuts)} cuts make {len(self.cuts) + 1} levels, not {len(self.names)}"
            )
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"{self.column}: two levels have the same name")
        values = [value for group in self.groups.values() for value in group]
        if len(set(values)) < len(values):
            raise ValueError(f"{self.column}: a value belongs to two groups")
        return self


class Subgroups(Frozen):
    """Whether the difference between the arms differs between kinds of patients, declared before looking."""

    by: tuple[Subgroup, ...] = Field(min_length=1, description="variables, in the order of the tables")
    multiplicity: Literal["none", "bonferroni", "holm", "hochberg", "benjamini_hochberg"] = Field(
        "holm", description="how the p values of the interaction tests of one endpoint are adjusted for their number"
    )
    fewest: int = Field(
        20,
        ge=5,
        description="patients with a score, in each arm, that a level needs to be estimated; others are counted",
    )
    spread: float = Field(
        0.25,
        gt=0,
        description="shrinkage: scale of the half-normal prior of the standard deviation of the effects between levels, in "
        "standard deviations of the outcome; the smaller, the more the levels are drawn together",
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        columns = [one.column for one in self.by]
        if len(set(columns)) < len(columns):
            raise ValueError("a column is listed twice; the numbers of two ways to cut it would give away small groups")
        return self


class Variants(Frozen):
    """Other derivations of the endpoints, each a row of the sensitivity grid; those declared elsewhere as they are anyway are skipped."""

    baseline: tuple[Literal["last", "mean", "worst"], ...] = Field(
        ("last", "mean", "worst"), description="other baseline rules (studies whose series begin with a session)"
    )
    baseline_days: int = Field(
        30,
        ge=0,
        description="days before the first session from which those rules take scores, if more than the declared",
    )
    windows: tuple[float, ...] = Field(
        (0.5, 1.5),
        description="calendar windows so many times as wide before and after their day, cut half-way to the next window",
    )
    response_percent: tuple[float, ...] = Field(
        (40.0, 60.0), description="drops from baseline, in percent, that are called response instead"
    )
    remission_maximum: tuple[float, ...] = Field(
        (), description="largest totals that are called remission instead, in points of the estimand's instrument"
    )

    @field_validator("windows")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < one <= 5 for one in value):
            raise ValueError("each is a factor above 0 and at most 5")
        return value


class NegativeControl(Frozen):
    """What the treatment cannot have changed: a difference between the arms there is confounding that is left."""

    slope_days: int | None = Field(
        180,
        ge=7,
        description="the change from the first to the last score before treatment, of those with two in so many days before "
        "the first session; null: not",
    )
    columns: tuple[str, ...] = Field(
        (),
        description="patients' columns known before treatment (numbers, yes or no) that are not among the confounders",
    )
    instruments: tuple[str, ...] = Field(
        (), description="instruments whose change the treatment is taken not to bear on; at the primary time point"
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
    site: str | None = Field(
        "site", description="the confounder that names the site, for rows with sites as random; null: none"
    )
    missing: Literal["indicator", "exclude", "impute"] = Field(
        "indicator",
        description="patients without a confounder: a level of its own; left out and counted; or multiply imputed, the primary difference "
        "and every other estimate pooled by Rubin's rules, descriptions averaged, and no bootstrap",
    )
    imputations: int = Field(20, ge=2, le=200, description="filled data sets where missing confounders are imputed")
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
        description="points added to the scores of either arm after a patient's last one in the table of tipping points "
        "(worse where positive)",
    )
    imputation: Imputation = Field(Imputation(), description="multiple imputation of missing scores")
    censoring_truncation: float | None = Field(
        0.99, gt=0.5, lt=1, description="quantile at which weights for staying in the study are cut; null: not at all"
    )
    subgroups: Subgroups | None = Field(None, description="differences within kinds of patients, and interaction tests")
    early_signals: EarlySignals | None = Field(None, description="early response as a sign of later response")
    variants: Variants = Field(default_factory=Variants, description="other baseline rules, windows, and thresholds")
    negative_control: NegativeControl = Field(
        default_factory=NegativeControl, description="what treatment cannot have changed, compared in the same way"
    )

    @model_validator(mode="after")
    def _confounders_agree(self) -> Self:
        twice = sorted({name for name in self.confounders if self.confounders.count(name) > 1})
        if twice:
            raise ValueError(f"confounders lists {twice} twice; list each once")
        if self.site is not None and "site" in self.model_fields_set and self.site not in self.confounders:
            raise ValueError(
                f"site names '{self.site}', which 'confounders' ({', '.join(self.confounders)}) does not list; "
                "list it there, or write site: null for no rows on sites"
            )
        unknown = sorted(set(self.left_out) - set(self.confounders))
        if unknown:
            raise ValueError(f"left_out names {unknown}, which 'confounders' does not list")
        inside = sorted(set(self.negative_control.columns) & set(self.confounders))
        if inside:
            raise ValueError(
                f"negative_control.columns: {inside} are confounders; weights make those equal by themselves"
            )
        if self.estimand.instrument in self.negative_control.instruments:
            raise ValueError(
                f"negative_control.instruments: '{self.estimand.instrument}' is the outcome compared, on which the treatment is meant "
                "to bear; name an instrument on which it cannot"
            )
        if len(self.confounders) == 1 and self.left_out:
            raise ValueError("left_out would leave no confounder at all")
        return self
