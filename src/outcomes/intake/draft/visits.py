"""Labels of visits read as times: `Week 4`, `M6`, `2 wks post`, `Day 8`, all on one axis, and which one is the baseline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.spellings import SHOWN, is_shown
from outcomes.intake.draft.survey import Field
from outcomes.intake.draft.vocabulary import read_vocabulary, words_of
from outcomes.intake.privacy import fold

UNITS = {
    "day": ("days", "day", "d", "tage", "tag", "jours", "jour", "dias", "dia"),
    "week": ("weeks", "week", "wks", "wk", "w", "wochen", "woche", "semaines", "semaine", "semanas", "semana"),
    "month": ("months", "month", "mths", "mth", "mos", "mo", "m", "monate", "monat", "mois", "meses", "mes"),
    "year": ("years", "year", "yrs", "yr", "y", "jahre", "jahr", "ans", "annees", "anos"),
}
DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_UNIT = "|".join(sorted((word for words in UNITS.values() for word in words), key=len, reverse=True))
BEFORE = re.compile(rf"(?<![a-z])({_UNIT})[ _.#-]*(\d{{1,3}}(?:\.\d+)?)(?![\d.]*\d)")
BEHIND = re.compile(rf"(?<![\d.])(\d{{1,3}}(?:\.\d+)?)[ _-]*({_UNIT})(?![a-z])")
LAST = re.compile(r"(\d+)(?:_arm_\d+)?$")
FIRST_WORDS = frozenset({"baseline", "bl", "b0"})


@dataclass(frozen=True)
class Label:
    """What a label says: how many of which unit; without a unit it counts visits, or is in the unit of its column."""

    number: float | None
    unit: str | None
    baseline: bool


@dataclass
class Visit:
    """A scheduled visit as the study file declares it."""

    label: str
    name: str
    time: float | None
    baseline: bool = False


def read_label(label: str) -> Label:
    """Return what a label says of its time.

    >>> read_label("month_6"), read_label("2 wks post"), read_label("T0")
    (Label(number=6.0, unit='month', baseline=False), Label(number=2.0, unit='week', baseline=False), Label(number=0.0, unit=None, baseline=True))
    >>> read_label("Baseline").baseline, read_label("Post-Rx"), read_label("Visit 3")
    (True, Label(number=None, unit=None, baseline=False), Label(number=3.0, unit=None, baseline=False))
    """
    plain = re.sub(r"_arm_\d+$", "", fold(label))
    words = re.sub(r"[^a-z0-9]+", " ", plain).strip()
    baseline = (
        re.fullmatch(r"[a-z]* ?0", words) is not None
        or words.replace(" ", "") in _baselines()
        or bool(FIRST_WORDS & set(words.split()))
    )
    for form, number, unit in ((BEFORE, 2, 1), (BEHIND, 1, 2)):
        found = form.findall(plain)
        if len(found) == 1:
            spelt = found[0][unit - 1]
            return Label(float(found[0][number - 1]), next(u for u, of in UNITS.items() if spelt in of), baseline)
    last = LAST.search(plain)
    return Label(float(last[1]) if last else 0.0 if baseline else None, None, baseline)


@cache
def _baselines() -> frozenset[str]:
    """Return the labels of a baseline, each as one word."""
    return frozenset(label.replace(" ", "") for label in read_vocabulary()["baseline_visits"])


def says_time(values: Iterable[str]) -> np.ndarray:
    """Return which values are labels of times that name a unit, or of the baseline."""
    read = [read_label(value) for value in values]
    return np.array([one.baseline or one.unit is not None for one in read], dtype=bool)


def schedule_visits(labels: Sequence[str], unit: str | None) -> tuple[list[Visit], str | None, str]:
    """Return the visits in order of time, the unit of their times, and what of that is to be checked.

    ``unit`` is what the column of the labels is named after. Times in several units are put on the axis of the smallest one.
    """
    read = {label: read_label(label) for label in labels}
    if any(one.unit is None and one.number is not None and not one.baseline for one in read.values()):
        read = {label: _without_letter(label, one) for label, one in read.items()}  # d2 and p2 are no days
    named = {one.unit for one in read.values() if one.unit is not None and not one.baseline}
    axis = min(named, key=DAYS.__getitem__, default=None) or unit
    visits = [Visit(label, label, _time(one, axis, bool(named)), one.baseline) for label, one in read.items()]
    checks = []
    if len(named) > 1:
        spelt = " and ".join(f"{one}s" for one in sorted(named, key=DAYS.__getitem__))
        checks.append(f"labels in {spelt} stand on one axis, in {axis}s")
    real = [one for one in visits if one.baseline and set(re.findall(r"[a-z0-9]+", fold(one.label))) & FIRST_WORDS]
    if len(real) == 1:
        for one in visits:
            if one.baseline and one is not real[0]:
                one.baseline, one.time = False, None
    early = [one for one in visits if one.time is not None and one.time <= 1]
    if axis == "day" and not any(one.baseline for one in visits) and len(early) == 1:
        early[0].baseline = True
        checks.append(f"{early[0].label!r} is taken for the baseline")
    return sorted(visits, key=lambda one: (one.time is None, one.time, one.label)), axis, "; ".join(checks)


def _without_letter(label: str, one: Label) -> Label:
    """Return what a label says where a letter before its number is no unit: other labels have other letters."""
    letters = re.search(r"(?<![a-z])[dwmy][ _.#-]*\d", fold(label))
    return replace(one, unit=None) if letters and one.unit and not one.baseline else one


def count_alike(visits: Sequence[Visit]) -> bool:
    """Tell whether numbered labels without a unit count one thing: the words before their numbers are the same.

    >>> [count_alike([Visit(one, one, 1.0) for one in of]) for of in (["Visit 2", "Visit 3"], ["Visit 2", "Infusion 3"], ["Week 2", "Month 3"])]
    [True, False, True]
    """
    counted = [one.label for one in visits if not one.baseline and one.time is not None]
    bare = [label for label in counted if read_label(label).unit is None]
    return len({re.sub(r"[\d\W_]+", " ", re.sub(r"_arm_\d+$", "", fold(label))).strip() for label in bare}) <= 1


def _time(one: Label, axis: str | None, named: bool) -> float | None:
    """Return where a label stands on an axis; None where it counts something else than the others."""
    if one.baseline:
        return 0.0 if one.number is None or one.unit is None else _convert(one.number, one.unit, axis)
    if one.number is None or (named and one.unit is None):
        return None
    return one.number if one.unit is None else _convert(one.number, one.unit, axis)


def _convert(number: float, unit: str, axis: str | None) -> float:
    return number if axis in (None, unit) else round(number * DAYS[unit] / DAYS[axis], 1)


def find_labels(found: Sequence[Found]) -> tuple[dict[str, int], int]:
    """Return every label of questionnaires' visits with its rows, and the rows with labels that too few patients have to show them."""
    rows: Counter[str] = Counter()
    rare = 0
    for one in found:
        for label, count, patients in count_labels(one.sheet.fields[one.tables["assessments"]["visit"].column], one):
            if patients >= SHOWN and is_shown(label):
                rows[label] += count
            else:
                rare += count
    return dict(rows), rare


def count_labels(column: Field, one: Found) -> list[tuple[str, int, int]]:
    """Return every label with its rows and patients."""
    places = np.nonzero(~column.missing & (column.rows > 0))[0]
    codes = one.patients.codes
    return [
        (column.words.values[p], int(column.rows[p]), len(np.unique(codes[column.words.codes == p])))
        for p in places.tolist()
    ]


def name_unit(found: Sequence[Found]) -> str | None:
    """Return the unit of time that the columns of labels are named after."""
    words = {word for one in found for word in words_of(one.tables["assessments"]["visit"].column)}
    return next((unit for unit in ("day", "week", "month", "year") if {unit, f"{unit}s"} & words), None)
