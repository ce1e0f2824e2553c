"""What lets a clinician weigh the primary difference: published important changes, reliable change, number needed to treat."""

from __future__ import annotations

import math
from typing import Any

from outcomes.instruments import ImportantChange
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import count, fixed
from outcomes.release.report.diagnostics import find_effect
from outcomes.release.report.grids import enumerate_words
from outcomes.release.report.material import Material
from outcomes.release.report.statement import find_response

WITHIN = "These are changes within one patient; they do not say which difference between groups matters."


def say_important(material: Material) -> str:
    """Return the published important changes of the compared instrument beside the primary difference; empty without one."""
    changes, effect = _published(material), find_effect(material)
    if not changes or not effect:
        return ""
    each = enumerate_words(
        [f"{_points(change)} points ({'; '.join(filter(None, (change.among, change.source)))})" for change in changes]
    )
    return f"Patients called a change in themselves important from {each}. {WITHIN} {_set_beside(changes, effect)}"


def say_important_briefly(material: Material) -> str:
    """Return the same in one sentence, the sources left to the body."""
    changes, effect = _published(material), find_effect(material)
    if not changes or not effect:
        return ""
    each = " or ".join(_points(change) for change in changes)
    return (
        f"For scale: the least change that patients called important in themselves was {each} points in published studies; that is a change "
        f"within one patient, not a difference between groups. {_set_beside(changes, effect)}"
    )


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


def say_number_needed(material: Material) -> str:
    """Return the number needed to treat for one more response, or why none is given; empty where response is not compared."""
    if material.study.comparison is None:
        return ""
    started, observed = (find_response(material, population) for population in ("started", "observed"))
    if not started:
        return ""
    low, high = started["difference_lower"], started["difference_upper"]
    if low <= 0 <= high:
        return "No number needed to treat is given: the interval of the difference in response of all who started includes zero."
    if observed and (observed["difference"] > 0) != (started["difference"] > 0):
        return "No number needed to treat is given: which arm responds more often depends on how missing scores are counted."
    estimand = material.study.comparison.estimand
    more, less = estimand.treated, estimand.reference
    if started["difference"] < 0:
        more, less = less, more
    ends = sorted(_needed(bound) for bound in (low, high))
    return (
        f"Of all who started, one more responded for every {count(_needed(started['difference']))} under {material.within(more)} than under "
        f"{material.within(less)} (number needed to treat, {COVERED} CI {count(ends[0])} to {count(ends[1])})."
    )


def _needed(difference: float) -> int:
    """Return the number needed to treat, rounded up to a whole patient."""
    return math.ceil(round(1 / abs(difference), 6))


def _published(material: Material) -> tuple[ImportantChange, ...]:
    comparison = material.study.comparison
    if comparison is None:
        return ()
    instrument = material.study.instrument(comparison.estimand.instrument)
    known = instrument.important_change if instrument.important_points else ()
    return tuple(change for change in known if change.points is not None)


def _points(change: ImportantChange) -> str:
    return fixed(change.points)


def _set_beside(changes: tuple[ImportantChange, ...], effect: dict[str, Any]) -> str:
    size = abs(effect["estimate"])
    reached = [_points(change) for change in changes if change.points is not None and size >= change.points]
    missed = [_points(change) for change in changes if change.points is not None and size < change.points]
    parts = [f"at least {' and '.join(reached)}"] if reached else []
    parts += [f"less than {' and '.join(missed)}"] if missed else []
    return f"The difference between the arms, {fixed(size, 'estimate')} points, is {' and '.join(parts)}."
