"""The order of visits that are named by text: by the number in the name, in one unit of time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from outcomes.mixed.errors import SettingError

_NUMBER = re.compile(r"((?:^|(?<=\s))[-\u2212]?\d+(?:\.\d+)?|\d+(?:\.\d+)?)")
_DAYS = {
    **dict.fromkeys(("hour", "hours", "h", "hr", "hrs"), 1 / 24),
    **dict.fromkeys(("day", "days", "d"), 1.0),
    **dict.fromkeys(("week", "weeks", "w", "wk", "wks"), 7.0),
    **dict.fromkeys(("month", "months", "m", "mo", "mon", "mths"), 365.25 / 12),
    **dict.fromkeys(("year", "years", "y", "yr", "yrs"), 365.25),
}
FIRST = ("baseline", "screening", "pre")


def sort_visits(labels: Sequence[str]) -> tuple[list[int], bool]:
    """Return the places of the labels in order, and whether their names tell that order.

    Names tell it where they differ in numbers alone ("V2", "V10"; "cycle 1 day 8", "cycle 2 day 1") or hold one number and a unit of
    time each ("week 2", "month 6"); "baseline", "screening" or "pre", once, comes before all. Else numbers and letters are sorted, which is an
    order and no more.

    Examples
    --------
    >>> sort_visits(["month 6", "week 2", "baseline"])
    ([2, 1, 0], True)
    >>> sort_visits(["entry", "follow-up"])
    ([0, 1], False)
    """
    words = [label.strip().casefold() for label in labels]
    first = [i for i, word in enumerate(words) if word in FIRST]
    rest = [i for i in range(len(words)) if i not in first]
    keys = _by_numbers([words[i] for i in rest]) or _by_time([words[i] for i in rest])
    if len(first) > 1 or keys is None or len(set(keys)) < len(keys):
        return sorted(range(len(labels)), key=lambda i: _natural(labels[i])), len(labels) < 2
    place = dict(zip(rest, keys, strict=True))
    return [*first, *sorted(rest, key=lambda i: place[i])], True


def refuse_unordered(visits: Sequence[Any], ordered: bool, what: str) -> None:
    """Refuse what depends on the order of visits where their names do not tell it.

    Raises
    ------
    SettingError
        Naming the visits.
    """
    if not ordered:
        names = ", ".join(map(repr, visits[:8]))
        raise SettingError(
            f"{what} depends on the order of the visits, which the names {names} do not tell: give the column as a category "
            "with its levels in order, or as numbers"
        )


def _by_numbers(words: list[str]) -> list[tuple[float, ...]] | None:
    parts = [_NUMBER.split(word) for word in words]
    if len({tuple(text.strip() for text in one[::2]) for one in parts}) > 1 or any(len(one) < 2 for one in parts):
        return None
    return [tuple(_read(number) for number in one[1::2]) for one in parts]


def _by_time(words: list[str]) -> list[tuple[float, ...]] | None:
    keys: list[tuple[float, ...]] = []
    for word in words:
        before, number, after = (*_NUMBER.split(word), "", "", "")[:3]
        unit = f"{before} {after}".strip(" .-_")
        if not number or unit not in _DAYS or len(_NUMBER.findall(word)) != 1:
            return None
        keys.append((_read(number) * _DAYS[unit],))
    return keys


def _read(number: str) -> float:
    return float(number.replace("\u2212", "-"))


def _natural(label: str) -> tuple[tuple[int, float, str], ...]:
    parts = [part for part in re.split(r"(\d+)", label) if part]
    return tuple((0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts)
