"""Settings of the comparison within kinds of patients."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from outcomes.frozen import Frozen


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
