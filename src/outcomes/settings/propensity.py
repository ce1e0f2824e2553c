"""Settings of a propensity model over the sites of a network: its columns are declared, so that they are the same at every site."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from outcomes.frozen import Frozen

MISSING = "missing"  # among the values of a group: no value
CONSTANT = "constant"


class DeclaredNumber(Frozen):
    """A number among the confounders, put on the same scale at every site."""

    centre: float = Field(description="value that becomes 0")
    scale: float = Field(gt=0, description="units that become 1")
    knots: tuple[float, ...] = Field(
        (), description="knots of a natural cubic spline, three or more in rising order; none: a straight line"
    )

    @model_validator(mode="after")
    def _knots_rise(self) -> Self:
        if self.knots and (len(self.knots) < 3 or list(self.knots) != sorted(set(self.knots))):
            raise ValueError("knots: none, or three or more in rising order")
        return self


class CommonPropensity(Frozen):
    """A propensity model over all sites, fitted in rounds of signed sums; patients without a declared value take no part in it."""

    numbers: dict[str, DeclaredNumber] = Field(
        default_factory=dict, description="confounders that are numbers, with the scale of each"
    )
    levels: dict[str, dict[str, tuple[str, ...]]] = Field(
        default_factory=dict,
        description="confounders that are words: groups of their values, the first the reference; `missing` among the values stands for none",
    )
    sites: bool = Field(True, description="a constant of its own for each site")

    @model_validator(mode="after")
    def _columns_are_told_apart(self) -> Self:
        both = sorted(set(self.numbers) & set(self.levels))
        if both:
            raise ValueError(f"{', '.join(both)}: among numbers and among levels; name each once")
        if not self.numbers and not self.levels:
            raise ValueError("name at least one confounder among numbers or levels")
        for name, groups in self.levels.items():
            values = [value for group in groups.values() for value in group]
            if len(groups) < 2 or not all(groups.values()):
                raise ValueError(f"levels.{name}: two groups or more, none of them empty")
            if len(values) != len(set(values)):
                raise ValueError(f"levels.{name}: a value stands in one group only")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The confounders."""
        return (*self.numbers, *self.levels)

    def list_columns(self, sites: tuple[str, ...]) -> list[str]:
        """Return the columns of the model, the same at every site: a constant, sites after the first, numbers and their bends, levels.

        Examples
        --------
        >>> age = {"centre": 40, "scale": 10, "knots": [25, 40, 60]}
        >>> CommonPropensity(numbers={"age": age}, levels={"sex": {"f": ["female"], "m": ["male"]}}).list_columns(("a", "b"))
        ['constant', 'site b', 'age', 'age bend 1', 'sex m']
        """
        own = [f"site {site}" for site in sites[1:]] if self.sites else []
        for name, number in self.numbers.items():
            own += [name, *(f"{name} bend {place}" for place in range(1, len(number.knots) - 1))]
        for name, groups in self.levels.items():
            own += [f"{name} {group}" for group in list(groups)[1:]]
        return [CONSTANT, *own]
