"""How a released number is rounded: counts of people to the nearest five, shares from rounded counts, statistics by what n allows.

A count from 1 to the minimum cell less one is not released at all. Every other is rounded to the nearest five, and never to less than
the next multiple of five above the smallest that is shown: with a minimum of 11 a 10 in print would mean 11 or 12, so 11 to 17 are
printed as 15. What a reader then knows of a count is :meth:`Rounding.span`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

BASE = 5
FIFTIETH = 50  # of a standard deviation or error: the finest step of a statistic, ten times finer from MANY people on
MANY = 1000


@dataclass(frozen=True)
class Rounding:
    """The rounding of counts below and above a minimum cell.

    Attributes
    ----------
    minimum : int
        The smallest count that is shown.
    few_arms : frozenset of str
        Arms of fewer patients: no count of theirs is shown, a zero neither, whatever of the arm it counts.
    """

    minimum: int
    few_arms: frozenset[str] = frozenset()

    @property
    def bound(self) -> str:
        """What stands for a count that is not shown."""
        return f"<{self.minimum}"

    def hides(self, count: float) -> bool:
        """Whether a count is too small to be shown."""
        return 0 < count < self.minimum

    def round(self, count: float, base: int = BASE) -> int:
        """Return a count, zero or at least the minimum, as it is printed.

        Examples
        --------
        >>> [Rounding(11).round(n) for n in (0, 11, 17, 18, 122, 123)]
        [0, 15, 15, 20, 120, 125]
        """
        if count == 0:
            return 0
        return max(base * math.floor((count + base / 2) / base), base * math.ceil(self.minimum / base))

    def span(self, printed: int, base: int = BASE) -> tuple[int, int]:
        """Return the smallest and largest count that is printed so.

        Examples
        --------
        >>> Rounding(11).span(15), Rounding(11).span(20), Rounding(11).span(100, 10)
        ((11, 17), (18, 22), (95, 104))
        """
        if printed == 0:
            return 0, 0
        least = base * math.ceil(self.minimum / base)
        low = math.ceil(printed - base / 2)
        return (self.minimum if printed <= least else low), math.ceil(printed + base / 2) - 1


def round_to(value: float, step: float) -> float:
    """Return a number rounded to a multiple of a power of ten, halves to even, free of the dust of binary arithmetic.

    Examples
    --------
    >>> round_to(17.23456, 0.1), round_to(1234.5, 10)
    (17.2, 1230.0)
    """
    decimals = -round(math.log10(step))
    return round(value, decimals) + 0.0


def keep_digits(value: float, digits: int) -> float:
    """Return a number with so many significant digits.

    Examples
    --------
    >>> keep_digits(668.781, 2), keep_digits(0.031234, 2)
    (670.0, 0.031)
    """
    if value == 0 or not math.isfinite(value):
        return value
    return round_to(value, 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1))


def keep_apart(lower: float, upper: float, digits: int, cut: Callable[[float, int], float] = round) -> int:
    """Return the fewest digits, from so many on, with which the ends of an interval are not printed alike.

    Examples
    --------
    >>> keep_apart(0.1, 0.3, 2), keep_apart(0.9953, 0.9989, 2), keep_apart(1.0, 1.0, 2)
    (2, 3, 2)
    """
    few = digits
    while lower < upper and cut(lower, digits) == cut(upper, digits) and digits < few + 6:
        digits += 1
    return digits


def find_step(scale: float, n: float = 0) -> float:
    """Return the finest power of ten that is at least a fiftieth of a scale (five hundredth from 1,000 people on).

    A mean of n whole numbers is a multiple of 1/n, and an interval's width goes with the root of n: with more digits the exact n could
    be read off (Brown & Heathers 2017, 10.1177/1948550616673876).

    Examples
    --------
    >>> find_step(4.5), find_step(4.5, 2000), find_step(0.43)
    (0.1, 0.01, 0.01)
    """
    if not scale > 0 or not math.isfinite(scale):
        return 0.1
    parts = FIFTIETH * (10 if n >= MANY else 1)
    return 10.0 ** math.ceil(math.log10(scale / parts) - 1e-9)
