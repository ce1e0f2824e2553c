"""Settings of how the report prints numbers and pages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from outcomes.frozen import Frozen


class Decimals(Frozen):
    """Decimals printed of each kind of number."""

    score: int = Field(1, ge=0, le=6, description="means, standard deviations, medians, and changes, in points")
    percent: int | None = Field(
        None, ge=0, le=6,
        description="percentages and differences between them; null: 1, and 0 where they are computed from rounded numbers of people",
    )  # fmt: skip
    estimate: int = Field(2, ge=0, le=6, description="adjusted differences of the comparison")
    ratio: int = Field(2, ge=0, le=6, description="ratios")
    smd: int = Field(2, ge=0, le=6, description="standardised mean differences")
    statistic: int = Field(2, ge=0, le=6, description="test statistics and log-likelihoods")


class Style(Frozen):
    """How numbers and pages look, the same in HTML, PDF, and Word."""

    journal: Literal["plain", "ama", "lancet"] = Field(
        "plain",
        description="plain: 95% CI 1.2 to 3.4, p = .03; ama: 95% CI, 1.2-3.4, P = .03; lancet: 95% CI 1·2–3·4, p=0·03, "
        "12 345",
    )
    p_value: Literal["short", "zero"] | None = Field(
        None, description="short: .03; zero: 0.03; null: as the journal has it (plain and ama short, lancet zero)"
    )
    decimals: Decimals = Field(default_factory=Decimals, description="decimals of each kind of number")
    paper: Literal["a4", "letter"] = Field("a4", description="page of the PDF and the Word document")
    fonts: str | None = Field(
        None,
        description="folder of font files for letters that the PDF's own fonts lack, such as Chinese; null: the "
        "machine's fonts, else a box for each, and the text can still be copied",
    )
