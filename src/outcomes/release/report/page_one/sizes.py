"""Sizes of differences in words, with their intervals."""

from __future__ import annotations

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import Kind, fixed, interval
from outcomes.release.report.page_one.estimate import Estimate


def say_size(estimate: Estimate, unit: str, factor: float = 1) -> str:
    """Return "1.9 points (95% CI 1.0 to 2.7)": the size of a difference without its sign, or with it where the interval includes zero.

    A limit that would print as zero gets another decimal.
    """
    number, told = size_of(estimate, factor)
    return f"{number} {unit} ({COVERED} CI {told})"


def size_of(estimate: Estimate, factor: float = 1) -> tuple[str, str]:
    """Return the size of a difference and its interval, as :func:`say_size` prints them."""
    value, ends = estimate.value * factor, (estimate.lower * factor, estimate.upper * factor)
    if estimate.excludes_zero and value < 0:
        value, ends = -value, (-ends[1], -ends[0])
    kind: Kind = "percent" if factor == 100 else "score"
    return fixed(value, kind), interval(*ends, kind)
