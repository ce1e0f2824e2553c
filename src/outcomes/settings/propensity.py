"""Settings of a propensity model over the sites of a network: its columns are declared, so that they are the same at every site."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
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

    bands: dict[str, tuple[float, ...]] = Field(
        default_factory=dict, description="confounders that are numbers, in bands: where each band but the first begins"
    )
    numbers: dict[str, DeclaredNumber] = Field(
        default_factory=dict, description="confounders that are numbers, as they are, with the scale of each"
    )
    because: str = Field(
        "",
        description="why the centre may have sums of numbers as they are, from which the patients of each value can be counted; needed with numbers",
    )
    levels: dict[str, dict[str, tuple[str, ...]]] = Field(
        default_factory=dict,
        description="confounders that are words: groups of their values, the first the reference; `missing` among the values stands for none",
    )
    sites: bool = Field(True, description="a constant of its own for each site")

    @model_validator(mode="after")
    def _columns_are_told_apart(self) -> Self:
        both = sorted({name for name in self.names if self.names.count(name) > 1})
        if both:
            raise ValueError(f"{', '.join(both)}: in two of bands, numbers, and levels; name each once")
        if not self.names:
            raise ValueError("name at least one confounder among bands, numbers, or levels")
        if self.numbers and not self.because.strip():
            raise ValueError(
                f"numbers: from sums of {', '.join(self.numbers)} the patients of each value and arm can be counted to the last one; declare them under "
                "bands, or write under because why the coordinating centre may know that"
            )
        for name, begins in self.bands.items():
            if not begins or list(begins) != sorted(set(begins)):
                raise ValueError(f"bands.{name}: one beginning or more, in rising order")
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
        return (*self.numbers, *self.bands, *self.levels)

    def list_groups(self) -> dict[str, tuple[str, ...]]:
        """Return the groups of every confounder that has some, the reference first.

        Examples
        --------
        >>> CommonPropensity(bands={"age": [40, 60]}).list_groups()
        {'age': ('below 40', '40 to below 60', 'from 60')}
        """
        bands = {name: tuple(_name_bands(begins)) for name, begins in self.bands.items()}
        return bands | {name: tuple(groups) for name, groups in self.levels.items()}

    def list_columns(self, sites: tuple[str, ...]) -> list[str]:
        """Return the columns of the model, the same at every site: a constant, sites after the first, numbers and their bends, bands, levels.

        Examples
        --------
        >>> age = {"centre": 40, "scale": 10, "knots": [25, 40, 60]}
        >>> sex = {"sex": {"f": ["female"], "m": ["male"]}}
        >>> CommonPropensity(numbers={"age": age}, levels=sex, because="agreed").list_columns(("a", "b"))
        ['constant', 'site b', 'age', 'age bend 1', 'sex m']
        """
        own = [f"site {site}" for site in sites[1:]] if self.sites else []
        for name, number in self.numbers.items():
            own += [name, *(f"{name} bend {place}" for place in range(1, len(number.knots) - 1))]
        for name, groups in self.list_groups().items():
            own += [f"{name} {group}" for group in groups[1:]]
        return [CONSTANT, *own]


def _name_bands(begins: tuple[float, ...]) -> Iterator[str]:
    yield f"below {begins[0]:g}"
    yield from (f"{low:g} to below {high:g}" for low, high in pairwise(begins))
    yield f"from {begins[-1]:g}"
