"""Doses and weights as people write them: text with units, arrows, ranges, pounds."""

from __future__ import annotations

import re

import numpy as np

from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array

KG_PER_LB = 0.45359237
N = r"(\d+(?:\.\d+)?|\.\d+)"
ARROW = re.compile(r"\s*(?:-+>|=+>|→)\s*")
DOSE = re.compile(rf"{N}\s*(mg)?", re.IGNORECASE)
PER_KG = re.compile(rf"{N}\s*mg\s*/\s*kg", re.IGNORECASE)
BESIDE = re.compile(r"[\s()\[\]=≈~@,;/]+")  # what stands between a dose and the same in mg/kg
RELATIVE = 5  # mg: no dose is less, and none is so many mg per kg
COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))(?!28|56|84)")  # a decimal one; between doses of esketamine it is none
DEVICES = re.compile(rf"(?:(?P<first>\d)\s*[x×*]\s*{N}\s*mg|{N}\s*mg\s*[x×*]\s*(?P<last>\d))", re.IGNORECASE)
WEIGHT = re.compile(rf"{N}\s*(?:-|–|to)\s*{N}\s*([a-z]*)\.?|{N}\s*([a-z]*)\.?", re.IGNORECASE)
POUNDS = frozenset({"lb", "lbs", "pound", "pounds"})
KILOGRAMS = frozenset({"kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"})
MISLABELLED = frozenset({"mg", "g"})

DOSE_REASONS = (None, "dose_text", "dose_per_kg", "dose_unreadable")
WEIGHT_REASONS = (
    None,
    "weight_in_pounds",
    "weight_range",
    "weight_mislabelled",
    "weight_unreadable",
    "weight_implausible",
)


def read_dose(text: str) -> tuple[float, int]:
    """Return the number of a dose and what it is: 0 mg, 1 mg read from text, 2 mg/kg, 3 unreadable; a comma may be the decimal mark.

    >>> read_dose("32 mg = 0.5 mg/kg"), read_dose("0.5 mg/kg (32 mg)"), read_dose("30 --> 35 mg"), read_dose("3 x 28 mg")
    ((32.0, 1), (32.0, 1), (35.0, 1), (84.0, 1))
    >>> read_dose("0.5 mg/kg"), read_dose("40 mg"), read_dose("56/84"), read_dose("37,5 mg"), read_dose("56,84")
    ((0.5, 2), (40.0, 0), (nan, 3), (37.5, 0), (nan, 3))
    """
    parts = ARROW.split(COMMA.sub(".", text.strip()))
    last, arrow = parts[-1], len(parts) > 1
    if found := PER_KG.fullmatch(last):
        return _positive(float(found[1]), 2)
    alone, relative = PER_KG.subn(" ", last, count=1)
    if found := DOSE.fullmatch(BESIDE.sub(" ", alone).strip() if relative else last):
        return _positive(float(found[1]), int(arrow or relative > 0))
    if found := DEVICES.fullmatch(last):
        return _positive(float(found[2] or found[3]) * int(found["first"] or found["last"]), 1)
    return np.nan, 3


def _positive(number: float, kind: int) -> tuple[float, int]:
    return (number, kind) if number > 0 else (np.nan, 3)


def read_weight(text: str, unit: str) -> tuple[float, int]:
    """Return a weight in kg and an index into ``WEIGHT_REASONS``; ``unit`` counts where the text has none.

    >>> read_weight("72", "auto"), read_weight("70-75", "kg"), read_weight("72 mg", "auto")
    ((72.0, 0), (72.5, 2), (72.0, 3))
    """
    found = WEIGHT.fullmatch(text.strip())
    if found is None:
        return np.nan, 4
    first, second, unit_of_range, single, unit_of_single = found.groups()
    number = float(single) if single else (float(first) + float(second)) / 2
    label = (unit_of_single or unit_of_range or "").lower()
    if label and label not in POUNDS | KILOGRAMS | MISLABELLED:
        return np.nan, 4
    if label in POUNDS or (not label and unit == "lb"):
        return number * KG_PER_LB, 1
    return number, 2 if single is None else 3 if label in MISLABELLED else 0


def parse_weights(values: Array, missing: Array, unit: str, plausible: tuple[float, float]) -> tuple[Array, Array]:
    """Return kilograms and a reason per distinct value; an implausible weight is missing."""
    plain = to_numbers(values) if unit != "lb" else np.full(len(values), np.nan)
    read = [
        (number, 0) if number >= 0 else (np.nan, 0) if absent else read_weight(text, unit)
        for text, number, absent in zip(values, plain.tolist(), missing.tolist(), strict=True)
    ]
    kilograms = np.array([number for number, _ in read], dtype=np.float64)
    reasons = np.array([reason for _, reason in read], dtype=np.int8)
    outside = (kilograms < plausible[0]) | (kilograms > plausible[1])
    reasons[outside] = WEIGHT_REASONS.index("weight_implausible")
    return np.where(outside, np.nan, kilograms), reasons


def parse_doses(values: Array, missing: Array, unit: str = "auto") -> tuple[Array, Array]:
    """Return the number of a dose and its kind per distinct value (see ``read_dose``).

    With the unit mg/kg a bare number that no dose in mg can be is one per kg.

    >>> parse_doses(np.array(["0.5", "84", "3 mg"]), np.zeros(3, bool), "mg/kg")[1].tolist()
    [2, 0, 0]
    """
    plain = to_numbers(np.array([COMMA.sub(".", str(value or "")) for value in values], dtype=object))
    relative = RELATIVE if unit == "mg/kg" else 0
    read = [
        (number, 2 * (number < relative)) if number > 0 else (np.nan, 0) if absent else read_dose(text)
        for text, number, absent in zip(values, plain.tolist(), missing.tolist(), strict=True)
    ]
    return np.array([number for number, _ in read], dtype=np.float64), np.array([kind for _, kind in read], np.int8)
