"""Settings of models, privacy, and the report."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from outcomes.frozen import Frozen
from outcomes.settings.claims import Claim
from outcomes.settings.style import Style


class Model(Frozen):
    """One mixed-effects model; the entry's name is the model's name in every output."""

    label: str = Field(description="name printed in the report")
    primary: bool = Field(
        False, description="the model that page 1 and the tables of means are of, where an instrument has several"
    )
    instrument: str = Field(description="instrument whose scores are modelled")
    axis: Literal["session", "day", "visit"] = Field(description="which time points are the repeated measure")
    formula: str = Field(
        description="model formula over the endpoints' columns and the patients' attributes, for example "
        "`change ~ baseline*timepoint + arm*timepoint + age`; `time` is the numeric position, `timepoint` the category"
    )
    include_baseline_visit: bool = Field(
        False, description="the baseline enters as an outcome of its own at time 0 (longitudinal analysis of the score)"
    )
    covariance: str | None = Field(None, description="residual covariance by time point, for example unstructured")
    fallback: tuple[str, ...] = Field((), description="covariances tried in turn when one does not converge; recorded")
    random: str | None = Field(None, description="random effects per patient, for example `1` or `1 + time`")
    group: str | None = Field(None, description="column whose levels have covariances of their own")
    method: Literal["reml", "ml"] = Field("reml", description="estimation method")
    df: Literal["kenward_roger", "satterthwaite", "between_within", "residual", "normal"] = Field(
        "kenward_roger", description="denominator degrees of freedom"
    )
    vcov: Literal["model", "cr0", "cr2", "cr3"] = Field("model", description="variance of the coefficients")
    engine: Literal["mixed", "statsmodels"] = Field(
        "mixed", description="mixed: the project's own engine; statsmodels: MixedLM, random effects and normal df only"
    )
    margins: bool = Field(
        True, description="adjusted means and differences by arm and time point (needs `arm` and `timepoint`)"
    )

    @model_validator(mode="after")
    def _some_dependence(self) -> Self:
        if self.covariance is None and self.random is None:
            raise ValueError("give 'covariance', 'random', or both: repeated scores of a patient are not independent")
        return self


def raise_minimum(minimum: int) -> int:
    """Return the first number, this one or above, that is one more than a multiple of five.

    Counts are rounded to five. With such a minimum no total, nor a total less one of its parts, says that the parts which are not shown must
    be as large as hidden counts can be, in whatever tables they stand (docs/decisions/0058-the-smallest-number-shown.md).

    Examples
    --------
    >>> [raise_minimum(k) for k in (5, 6, 8, 10, 11, 20)]
    [6, 6, 11, 11, 11, 21]
    """
    return minimum + (1 - minimum) % 5


MinimumCell = Annotated[int, Field(ge=5), AfterValidator(raise_minimum)]


class Privacy(Frozen):
    """What may leave the building."""

    release: Literal["rounded", "exact"] = Field(
        "rounded",
        description="rounded: counts of people below the minimum are not shown, others to the nearest 5, and all that is computed from "
        "them likewise; exact: every number as it is, for which 'because' has to say why",
    )
    because: str | None = Field(
        None,
        description="why the release is exact, for example that the data are public, or an ethics board's approval; printed in the methods",
    )
    minimum_cell: MinimumCell = Field(
        11,
        description="counts of people from 1 to one less are never shown in a rounded release; raised to 6, 11, 16, 21, …, "
        "so that no total rounded to 5 tells them",
    )

    @model_validator(mode="after")
    def _exact_on_a_reason(self) -> Self:
        if self.release == "exact" and not (self.because or "").strip():
            raise ValueError("an exact release needs 'because': why may every count be shown?")
        if self.release == "rounded" and self.because:
            raise ValueError("'because' belongs to 'release: exact'; a rounded release needs no reason")
        return self


def count_pooled(groups: int, minimum: int) -> str:
    """Return how many groups of few people stand together, in words that leave three numbers of people or more.

    Each of them has somebody, and all together may be fewer than the minimum: ten groups are of ten people.

    >>> count_pooled(7, 11), count_pooled(8, 11), count_pooled(10, 11)
    ('7', '8 or more', '8 or more')
    """
    most = minimum - 3
    return str(groups) if groups < most else f"{most} or more"


class Figures(Frozen):
    """How figures are saved."""

    dpi: int = Field(
        300,
        ge=150,
        le=1200,
        description="dots per inch of the PNG files; journals ask for 300, and 600 for line art. SVG and PDF have none",
    )


class Report(Frozen):
    """What the report says beside the numbers."""

    title: str = Field(description="title of the report")
    subtitle: str | None = Field(None, description="a line below the title")
    setting: str = Field("", description="a sentence on where the data come from")
    citation: str | None = Field(None, description="how to cite the data; DOI or registration")
    design: Literal["observational", "randomised", "crossover"] | None = Field(
        None,
        description="how patients came into their arm, which decides what the report says of differences: observational "
        "(chosen), randomised, crossover (each patient in every arm); null: not declared",
    )
    language: Literal["en-US", "en-GB"] = Field("en-US", description="spelling of report, figures, and printed tables")
    time_unit: str = Field("day", description="unit of the visits' time axis, for example month")
    baseline_columns: tuple[str, ...] = Field((), description="patients' columns of the baseline table, in order")
    also: tuple[str, ...] = Field((), description="further time points in the tables of rates, beside the headline")
    headline: str | None = Field(
        None, description="time point whose response rates stand at the top; default: the last one"
    )
    known_claims: bool = Field(True, description="answer the claims that pages of clinics often make (docs/claims.md)")
    claims: tuple[Claim, ...] = Field((), description="further claims to answer; one with a known id takes its place")
    figures: Figures = Field(default_factory=Figures, description="how figures are saved")
    style: Style = Field(default_factory=Style, description="how numbers and pages look")
