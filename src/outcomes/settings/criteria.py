"""Who is said to have what: the study's definition of an illness, and what speaks against treatment."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from outcomes.settings.estimand import Rule


class Criterion(Rule):
    """One criterion over a patients' column; it leaves nobody out, but is counted."""

    name: str = Field(min_length=1, description="what it says, for the table")
    kind: Literal["definition", "contraindication"] = Field(
        description="definition: of the illness, such as treatment-resistant depression; contraindication: speaks against treatment"
    )
    otherwise: tuple[str, ...] = Field(
        (),
        description="values that do not meet it; with them, a value in neither list is an error, and nobody need meet it",
    )
    source: str | None = Field(None, description="where the criterion is from; printed in the report")

    @model_validator(mode="after")
    def _own_column(self) -> Self:
        if self.column == "baseline":
            raise ValueError(
                f"{self.name}: baseline scores are no patients' column; `baseline.minimum` and the comparison have rules of them"
            )
        if self.otherwise and (not self.values or set(self.otherwise) & set(self.values)):
            raise ValueError(f"{self.name}: 'otherwise' stands beside 'values', with none of the same")
        return self
