"""Numbers as a journal prints them: declared decimals, true minus signs, no number where one is withheld."""

from __future__ import annotations

from typing import Any

import pandas as pd

WITHHELD = "withheld"
ABSENT = "–"


def count(value: Any) -> str:
    """Return a count with thousands separated.

    Examples
    --------
    >>> count(12345.0)
    '12,345'
    """
    return ABSENT if pd.isna(value) else f"{round(float(value)):,}".replace("-", "−")


def fixed(value: Any, decimals: int = 1) -> str:
    """Return a number with fixed decimals; a rounded zero has no sign.

    Examples
    --------
    >>> fixed(-1.26), fixed(-0.04)
    ('−1.3', '0.0')
    """
    if pd.isna(value):
        return ABSENT
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "−∞"
    text = f"{float(value):,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", "−")


def percent(proportion: Any, decimals: int = 1) -> str:
    """Return a proportion in percent, without the sign.

    Examples
    --------
    >>> percent(0.3148)
    '31.5'
    """
    return ABSENT if pd.isna(proportion) else fixed(100 * float(proportion), decimals)


def interval(lower: Any, upper: Any, decimals: int = 1, factor: float = 1) -> str:
    """Return an interval; "to" instead of a dash, which beside a minus sign would be unreadable.

    Examples
    --------
    >>> interval(-2.14, 4.37)
    '−2.1 to 4.4'
    """
    if pd.isna(lower) or pd.isna(upper):
        return ABSENT
    return f"{fixed(float(lower) * factor, decimals)} to {fixed(float(upper) * factor, decimals)}"


def p_value(p: Any, sign: bool = False) -> str:
    """Return a p value: two digits, three below .01 and just below .05, "< .001" and "> .99" at the ends.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.0004), p_value(0.048), p_value(0.0312, sign=True)
    ('.03', '< .001', '.048', '= .03')
    """
    if pd.isna(p):
        return ABSENT
    if p < 0.001:
        return "< .001"
    if p > 0.99:
        return "> .99"
    digits = 3 if p < 0.01 or 0.045 <= p < 0.05 else 2
    return ("= " if sign else "") + f"{p:.{digits}f}".removeprefix("0")


def signed(value: Any, decimals: int = 1) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> signed(0.32), signed(-3)
    ('+0.3', '−3.0')
    """
    text = fixed(value, decimals)
    return text if text == ABSENT or text.startswith("−") or not text.strip("0.,") else f"+{text}"


def sample(n: str) -> str:
    """Return "n = 12" unbroken, or "n withheld".

    Examples
    --------
    >>> sample("12").replace("\u00a0", " "), sample("withheld").replace("\u00a0", " ")
    ('n = 12', 'n withheld')
    """
    return f"n\u00a0{n}" if n == WITHHELD else f"n\u00a0=\u00a0{n}"
