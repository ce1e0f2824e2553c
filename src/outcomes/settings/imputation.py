"""Settings of the multiple imputation of missing scores."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from outcomes.frozen import Frozen

ReferenceMethod = Literal["jump_to_reference", "copy_reference", "copy_increments"]


class Delta(Frozen):
    """Points by which scores after a patient's last one are worse (where positive) than missing at random says."""

    treated: float = Field(0.0, description="points added in the treated arm")
    reference: float = Field(0.0, description="points added in the reference arm")
    accrues: bool = Field(
        False, description="add the points once more at every further time point, instead of the same at each"
    )


class Imputation(Frozen):
    """Multiple imputation of missing scores (docs/comparison.md); the seed is the study's."""

    draws: int = Field(100, ge=0, description="imputed data sets; 0: no imputation")
    methods: tuple[ReferenceMethod, ...] = Field(
        ("jump_to_reference", "copy_reference", "copy_increments"),
        description="how the treated follow the reference arm after their last score (10.1080/10543406.2013.834911); "
        "missing at random is always shown beside it",
    )
    deltas: tuple[Delta, ...] = Field(
        (Delta(treated=2.0), Delta(reference=2.0)),
        description="rows of the delta adjustment; the table of tipping points has the grid of `deltas`",
    )

    @field_validator("draws")
    @classmethod
    def _enough(cls, value: int) -> int:
        if value == 1:
            raise ValueError("one imputation has no variance between imputations; ask for 0 (none) or at least 2")
        return value
