"""What lets a clinician weigh the primary difference: published important changes, reliable change, number needed to treat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from outcomes.instruments import ImportantChange
from outcomes.release.definitions import COVERED
from outcomes.release.important import find_baseline
from outcomes.release.numbers import count, fixed, interval, printed
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.comparison_result import find_imputed_response, find_response
from outcomes.release.report.wording.primary_effect import excludes_zero, find_effect

WITHIN = "These are changes within one patient; they do not say which difference between groups matters."

NEEDED = "10.1136/bmj.317.7168.1309"


def say_important(material: Material) -> str:
    """Return the published important changes of the compared instrument, and which of them the interval of the primary difference excludes; empty without one."""
    changes, effect = _published(material), find_effect(material)
    if not changes or not effect:
        return ""
    each = " ".join(f"{_points(change)} points ({_say_whom(change)})." for change in changes)
    return f"Published important changes: {each} {WITHIN} {_set_beside(_list_sizes(material, changes), effect)}"


def say_reliable(material: Material) -> str:
    """Return from how many points on one patient's change is reliable, with where it comes from; empty where none is declared."""
    comparison = material.study.comparison
    declared = material.study.endpoints.reliable_change.get(comparison.estimand.instrument) if comparison else None
    if declared is None or comparison is None:
        return ""
    return (
        f"One patient's change on the {material.instrument(comparison.estimand.instrument)} is reliable from {fixed(declared.index)} points on "
        f"(standard deviation {declared.sd:g}, reliability {declared.reliability:g}; {declared.source})."
    )


@dataclass(frozen=True)
class Needed:
    """The number needed to treat for one more response with the arm that responds more often, and the ends of its interval."""

    more: str
    less: str
    value: int
    ends: tuple[int, int]
    imputed: bool


def say_number_needed(material: Material) -> str:
    """Return the number needed to treat for one more response (10.1136/bmj.317.7168.1309), or why none is given; empty without a comparison.

    It is that of the imputed difference, else of complete cases: the difference of all treated patients holds how often either arm answered.
    """
    found = find_number_needed(material)
    if isinstance(found, str):
        return found
    assert material.study.comparison is not None
    binary = material.study.comparison.estimand.binary
    whom = f"With missing scores {binary.imputed}" if found.imputed else "Of complete cases"
    return (
        f"{whom}, one more {binary.reached} for every {count(found.value)} under {material.within(found.more)} than under {material.within(found.less)} "
        f"(number needed to treat, {COVERED} CI {count(found.ends[0])} to {count(found.ends[1])}; {NEEDED})."
    )


def find_number_needed(material: Material) -> Needed | str:
    """Return the number needed to treat, or why there is none; empty without a comparison or a difference in response."""
    if material.study.comparison is None:
        return ""
    started, observed = (find_response(material, population) for population in ("started", "observed"))
    imputed = find_imputed_response(material)
    if imputed:
        words, value, low, high = "imputed", imputed["estimate"], imputed["lower"], imputed["upper"]
    elif observed:
        words, low, high = "observed", observed["difference_lower"], observed["difference_upper"]
        value = observed["difference"]
    else:
        return ""
    if low <= 0 <= high:
        name = material.study.comparison.estimand.binary.endpoint
        return f"No number needed to treat is given: the interval of the {words} difference in {name} includes zero."
    if any(row and (row["difference"] > 0) != (value > 0) for row in (started, observed)):
        return "No number needed to treat is given: which arm responds more often depends on how missing scores are counted."
    estimand = material.study.comparison.estimand
    more, less = estimand.treated, estimand.reference
    if value < 0:
        more, less = less, more
    first, last = sorted(_needed(bound) for bound in (low, high))
    return Needed(more, less, _needed(value), (first, last), bool(imputed))


def _needed(difference: float) -> int:
    """Return the number needed to treat, rounded up to a whole patient."""
    return math.ceil(round(1 / abs(difference), 6))


def _published(material: Material) -> tuple[ImportantChange, ...]:
    """Return the published important changes in points, from the least on."""
    comparison = material.study.comparison
    if comparison is None:
        return ()
    instrument = material.study.instrument(comparison.estimand.instrument)
    known = instrument.important_change if instrument.important_points else ()
    return tuple(sorted((change for change in known if change.points is not None), key=lambda one: one.points or 0.0))


def _points(change: ImportantChange) -> str:
    return fixed(change.points)


def _say_whom(change: ImportantChange) -> str:
    mean = f"mean before {fixed(change.baseline)}" if change.baseline is not None else ""
    return "; ".join(filter(None, (change.among, mean, change.source)))


def _list_sizes(material: Material, changes: tuple[ImportantChange, ...]) -> list[tuple[float, str]]:
    """Return the differences that may matter, with their words: published in points, and published shares of the mean baseline of those compared."""
    sizes = [(float(change.points or 0.0), _points(change)) for change in changes]
    baseline = find_baseline(material.tables, material.study)
    if baseline is not None:
        for change in changes:
            if change.percent is not None:
                size = printed(change.percent / 100 * baseline)
                sizes.append((size, f"{fixed(size)} ({change.percent:g}% of the mean baseline here)"))
    return sorted(sizes)


def _set_beside(sizes: list[tuple[float, str]], effect: dict[str, Any]) -> str:
    """Return which sizes the interval excludes, which it is wholly beyond, and which it leaves open."""
    low, high = sorted((abs(effect["lower"]), abs(effect["upper"])))
    nearest = low if excludes_zero(effect) else 0.0
    groups = (
        ("excludes one as large as {} points", [words for size, words in sizes if size > high]),
        ("leaves open whether it is as large as {} points", [words for size, words in sizes if nearest < size <= high]),
        ("excludes one smaller than {} points", [words for size, words in sizes if size <= nearest]),
    )
    said = " ".join(f"It {text.format(enumerate_words(words))}." for text, words in groups if words)
    bounds = interval(effect["lower"], effect["upper"], "estimate")
    return f"The {COVERED} interval of the difference between the arms is {bounds} points. {said}"
