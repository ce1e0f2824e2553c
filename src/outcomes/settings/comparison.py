"""Settings of the comparison of two arms: what is estimated, for whom, and how confounding is weighed away."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen
from outcomes.settings.estimand import Estimand
from outcomes.settings.imputation import Imputation
from outcomes.settings.subgroups import Subgroups

WeightKind = Literal["overlap", "att", "ate", "none"]


class EarlySignals(Frozen):
    """Whether response after the first sessions foretells response later."""

    axis: Literal["day", "session", "visit"] = Field("session", description="axis of the signals and the target")
    signals: tuple[str, ...] = Field(min_length=1, description="time points of the early response")
    target: str = Field(description="time point that is foretold")
    later: dict[str, Literal["day", "session", "visit"]] = Field(
        default_factory=dict,
        description="time point → its axis: where those without response at the target are looked up",
    )


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
    confounder_shape: Literal["spline", "linear"] = Field(
        "spline",
        description="numbers among the confounders enter weights and outcome models as natural cubic splines (knots by the number of patients), or "
        "as straight lines",
    )
    products: tuple[tuple[str, str], ...] = Field(
        (),
        description="pairs of confounders whose products enter weights and outcome models too (a number's straight line, a category's levels)",
    )
    learning_splits: int = Field(
        3,
        ge=0,
        description="splits into folds of the analysis whose models of arm, missing scores, and outcome are learned by machine; its estimate is their "
        "median; 0: none",
    )
    left_out: tuple[str, ...] = Field(
        (), description="confounders that a sensitivity analysis leaves out, one at a time (for example the payer)"
    )
    site: str | None = Field(
        "site", description="the confounder that names the site, for rows with sites as random; null: none"
    )
    cluster: Literal["patient", "site"] = Field(
        "patient",
        description="whose scores are taken to be alike in the variance of the primary difference; site: all of a site (`site` names it), by CR2 with Bell "
        "and McCaffrey's degrees of freedom, from four sites on",
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

    @property
    def adjusted(self) -> tuple[str, ...]:
        """Return what the primary difference is adjusted for: every confounder by its weights; without weights the baseline, by its model."""
        return ("baseline",) if self.weights == "none" else self.confounders

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
        if self.cluster == "site" and self.site not in self.confounders:
            raise ValueError(
                "cluster: site needs the confounder that names the site; list it under 'confounders' and name it as 'site', or write "
                "cluster: patient"
            )
        named = {name for pair in self.products for name in pair}
        if named - set(self.confounders) or any(one == other for one, other in self.products):
            raise ValueError("products: each is a pair of two of 'confounders'")
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
        how = self.estimand.binary.missing
        if self.imputation.draws and how not in ("imputed_mar", *self.imputation.methods):
            raise ValueError(f"estimand.binary.missing: '{how}' is not among imputation.methods; add it there")
        if len(self.confounders) == 1 and self.left_out:
            raise ValueError("left_out would leave no confounder at all")
        return self
