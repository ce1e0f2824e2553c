"""Numbers as a journal prints them: declared decimals, true minus signs, no number where one is withheld.

How they look is the study's choice (``report.style``) and the same wherever a report is written; :func:`styled` sets it
for what is written inside. Halves are rounded away from zero, as a reader does by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Literal

import pandas as pd

from outcomes.settings import Study
from outcomes.settings.style import Style

WITHHELD = "not reported"
ABSENT = "–"
SPACE = "\u202f"  # narrow, and a line does not break at it
Kind = Literal["score", "percent", "estimate", "ratio", "smd", "statistic"]
SPACED = re.compile(r"(?<=\d)[ \u00a0]%")  # as a study file may have it
INTERVAL = re.compile(r"(?<=\d% CI) (?=[−∞\d])")
PROBABILITY = re.compile(r"\b[pP][ \u00a0]?(?=[=<>])")
FINER = 2  # decimals more of a limit that would print as zero
PERCENT = 1  # decimals of a percentage of exact numbers
_WIDE = Context(prec=400)  # the largest double has 309 digits before its point: none stops a report
_PLAIN = Style()
_STYLE: ContextVar[Style] = ContextVar("style", default=_PLAIN)


@contextmanager
def styled(style: Style) -> Iterator[None]:
    """Print the numbers written inside in a style.

    Examples
    --------
    >>> with styled(Style(journal="lancet")):
    ...     interval(1.24, 3.36), interval(-1.24, 3.36), p_value(0.0312, sign=True)
    ('1·2–3·4', '−1·2 to 3·4', '=0·031')
    """
    token = _STYLE.set(style)
    try:
        yield
    finally:
        _STYLE.reset(token)


def choose_style(study: Study) -> Style:
    """Return the study's style; percentages of rounded numbers of people have no decimal unless the study file asks for one."""
    style = study.report.style
    if style.decimals.percent is not None or study.privacy.release == "exact":
        return style
    return style.model_copy(update={"decimals": style.decimals.model_copy(update={"percent": 0})})


def style_of() -> Style:
    """Return the style in which numbers are printed now."""
    return _STYLE.get()


def restyle_words(text: str) -> str:
    """Return a text with the words around its numbers as the journal has them; a percent sign is closed up in every style.

    Examples
    --------
    >>> with styled(Style(journal="ama")):
    ...     restyle_words("40 % (95% CI 31 to 49; p = .03)")
    '40% (95% CI, 31 to 49; P = .03)'
    """
    journal, text = style_of().journal, SPACED.sub("%", text)
    if journal == "plain":
        return text
    return PROBABILITY.sub("P ", INTERVAL.sub(", ", text)) if journal == "ama" else PROBABILITY.sub("p", text)


def count(value: Any) -> str:
    """Return a count with thousands separated.

    Examples
    --------
    >>> count(12345.0)
    '12,345'
    """
    return ABSENT if pd.isna(value) else fixed(value, 0)


def fixed(value: Any, decimals: int | Kind = "score") -> str:
    """Return a number with as many decimals, or with those of its kind; a rounded zero has no sign.

    Examples
    --------
    >>> fixed(-1.26), fixed(-0.04), fixed(0.25), fixed(-0.25), fixed(31.25, "percent")
    ('−1.3', '0.0', '0.3', '−0.3', '31.3')
    """
    if pd.isna(value):
        return ABSENT
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "−∞"
    text = f"{_round(float(value), decimals_of(decimals)):,f}"
    return _mark(text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", "−"))


def printed(value: float, decimals: int | Kind = "score") -> float:
    """Return a number as :func:`fixed` prints it: what words say of two numbers holds of what stands there.

    Examples
    --------
    >>> printed(3.769), printed(-0.25)
    (3.8, -0.3)
    """
    return float(_round(value, decimals_of(decimals)))


def decimals_of(decimals: int | Kind) -> int:
    """Return how many decimals a kind of number is printed with."""
    if isinstance(decimals, int):
        return decimals
    declared = getattr(style_of().decimals, decimals)
    return PERCENT if declared is None else int(declared)


def _round(value: float, decimals: int) -> Decimal:
    """Return a number rounded, half away from zero, first freed of the dust of binary arithmetic."""
    clean = Decimal(f"{value:.{decimals + 8}f}")
    return clean.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)


def _mark(text: str) -> str:
    """Return a number with the journal's decimal mark and spaces between thousands."""
    if style_of().journal != "lancet":
        return text
    whole, _, rest = text.partition(".")
    digits = whole.replace(",", "")
    whole = whole.replace(",", SPACE) if len(digits.lstrip("−")) > 4 else digits
    return f"{whole}·{rest}" if rest else whole


SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money(value: Any, currency: str) -> str:
    """Return an amount in whole units of a currency.

    Examples
    --------
    >>> money(-3830.0, "USD"), money(410.0, "CHF")
    ('−$3,830', 'CHF\u00a0410')
    """
    text = fixed(value, 0)
    if text == ABSENT:
        return text
    sign, digits = ("−", text[1:]) if text.startswith("−") else ("", text)
    return f"{sign}{SYMBOLS.get(currency, currency + chr(0xA0))}{digits}"


def general(value: Any) -> str:
    """Return a number with as many digits as it has, such as the limit of a bin.

    Examples
    --------
    >>> general(-12.5), general(3.0)
    ('−12.5', '3')
    """
    return ABSENT if pd.isna(value) else _mark(f"{value:g}".replace("-", "−"))


def percent(proportion: Any, decimals: int | Kind = "percent") -> str:
    """Return a proportion in percent, without the sign.

    Examples
    --------
    >>> percent(0.3148)
    '31.5'
    """
    return ABSENT if pd.isna(proportion) else fixed(100 * float(proportion), decimals)


def interval(lower: Any, upper: Any, decimals: int | Kind | None = None, factor: float = 1) -> str:
    """Return an interval; "to" where a dash or hyphen beside a minus sign would be unreadable.

    Without ``decimals``, those of a score, or of a percentage where the factor is 100.

    Examples
    --------
    >>> interval(-2.14, 4.37), interval(0.003, 0.161, 0, 100), interval(-0.01, 2.03)
    ('−2.1 to 4.4', '0.3 to 16', '−0.01 to 2.0')
    >>> with styled(Style(journal="ama")):
    ...     interval(2.14, 4.37), interval(-2.14, 4.37)
    ('2.1-4.4', '−2.1 to 4.4')
    """
    if pd.isna(lower) or pd.isna(upper):
        return ABSENT
    kind = decimals if decimals is not None else "percent" if factor == 100 else "score"
    few = most = decimals_of(kind)
    low, high = fixed(float(lower) * factor, few), fixed(float(upper) * factor, few)
    while low == high and lower < upper and most < few + 6:  # of very many people: no interval is printed as a point
        most += 1
        low, high = fixed(float(lower) * factor, most), fixed(float(upper) * factor, most)
    # an end that is not zero does not print as zero: a reader sees on which side of it the interval ends
    low, high = (_keep_off(text, float(end) * factor, most) for text, end in ((low, lower), (high, upper)))
    between = {"plain": " to ", "ama": "-", "lancet": "–"}[style_of().journal]
    return f"{low} to {high}" if "−" in low + high else f"{low}{between}{high}"


def _keep_off(text: str, value: float, decimals: int) -> str:
    """Return the text of a number, with up to two more decimals where these keep it from being zero."""
    finer = (fixed(value, decimals + more) for more in range(FINER + 1))
    return next((one for one in finer if one.strip("−0.·,")), text)


def p_value(p: Any, sign: bool = False) -> str:
    """Return a p value.

    Two digits, three below .01 and beside .05, "< .001" and "> .99" at the ends; in the Lancet's style two
    significant digits, at most four decimals, and "<0·0001".

    Examples
    --------
    >>> p_value(0.0312), p_value(0.0004), p_value(0.048), p_value(0.0312, sign=True)
    ('.03', '< .001', '.048', '= .03')
    """
    if pd.isna(p):
        return ABSENT
    lancet = style_of().journal == "lancet"
    least = 0.0001 if lancet else 0.001
    if p < least:
        relation, text = "<", f"{least:.{4 if lancet else 3}f}"
    elif p > 0.99:
        relation, text = ">", "0.99"
    else:
        relation, text = "=", f"{_round(float(p), _digits(float(p), lancet)):f}"
    zero = style_of().p_value == "zero" or (lancet and style_of().p_value is None)
    text = _mark(text if zero else text.removeprefix("0"))
    if relation == "=" and not sign:
        return text
    return f"{relation}{text}" if lancet else f"{relation} {text}"


def _digits(p: float, lancet: bool) -> int:
    if lancet:
        return min(4, 1 - int(f"{p:.1e}".split("e")[1]))
    return 3 if p < 0.01 or 0.045 <= p < 0.05 or 0.0505 <= p < 0.055 else 2


def signed(value: Any, decimals: int | Kind = "score") -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> signed(0.32), signed(-3)
    ('+0.3', '−3.0')
    """
    text = fixed(value, decimals)
    return text if text == ABSENT or text.startswith("−") or not text.strip("0.·,") else f"+{text}"


def sample(n: str) -> str:
    """Return "n = 12" unbroken, or "n withheld".

    Examples
    --------
    >>> sample("12").replace("\u00a0", " "), sample("not reported").replace("\u00a0", " ")
    ('n = 12', 'n not reported')
    """
    if n == WITHHELD:
        return f"n\u00a0{n}"
    return f"n={n}" if style_of().journal == "lancet" else f"n\u00a0=\u00a0{n}"
