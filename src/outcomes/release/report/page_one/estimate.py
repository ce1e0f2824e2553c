"""A number of the first page with its interval, off a released row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.release.numbers import printed
from outcomes.settings.estimand import Margin


@dataclass(frozen=True)
class Estimate:
    """A number with its interval."""

    value: float
    lower: float
    upper: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves out no difference."""
        return self.lower > 0 or self.upper < 0

    def within(self, size: float) -> bool:
        """Whether the whole interval is closer to zero than a size, as both are printed: "3.8 is excluded" stands beside no limit of 3.8."""
        return max(abs(printed(bound)) for bound in (self.lower, self.upper)) < printed(size)

    def beyond(self, size: float) -> bool:
        """Whether the whole interval is farther from zero than a size, as both are printed."""
        return self.excludes_zero and min(abs(printed(bound)) for bound in (self.lower, self.upper)) > printed(size)

    def answer(self, margin: Margin, higher_is_worse: bool) -> str:
        """Return whether a difference (treated minus reference) within a declared margin is shown, refuted, or not shown."""
        sign = 1 if higher_is_worse else -1
        low, high = sorted((sign * self.lower, sign * self.upper))  # positive: worse under the treated arm
        either = margin.kind == "equivalence"
        if high < margin.points and (not either or low > -margin.points):
            return "shown"
        return "refuted" if low > margin.points or (either and high < -margin.points) else "not shown"


def read_estimate(
    row: Mapping[str, Any], value: str = "estimate", lower: str = "lower", upper: str = "upper"
) -> Estimate | None:
    """Return the estimate of a released row; none where it, or a limit of it, is not released."""
    numbers = [read_number(row, name) for name in (value, lower, upper)]
    if any(number is None for number in numbers):
        return None
    return Estimate(*(float(number) for number in numbers if number is not None))


def read_number(row: Mapping[str, Any], name: str) -> float | None:
    """Return the number of a released row; none where it is not released."""
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)
