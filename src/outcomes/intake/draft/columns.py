"""Columns that a name and the content agree on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from outcomes.errors import SettingsError
from outcomes.intake.dates import EXCEL_EPOCH
from outcomes.intake.doses import RELATIVE, parse_doses, parse_weights
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.spellings import Spellings, find_spellings, state_rows
from outcomes.intake.draft.survey import CLEANING, Field
from outcomes.intake.draft.vocabulary import NEAR, NONE, PART, match_name, read_vocabulary, words_of
from outcomes.intake.money import read_amount
from outcomes.intake.privacy import LONGEST_CATEGORY, check_ages, check_names
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array

MOST_LABELS = 40
FEW_RELATIVE, MOST_UNREAD = 0.02, 0.3  # of the rows of a column of doses: bare numbers below 5, and what reads as none
# A tenth of adults weighs neither less than 45 kg, which is 100 pounds, nor more than 140 kg.
LIGHT_POUNDS, HEAVY_KILOGRAMS, UNLIKELY = 100, 140, 0.1


def find_columns(found: Found, free: set[str], rules: dict[str, dict[str, Any]]) -> dict[str, Guess]:
    """Return the canonical columns that a name and the content agree on; each column is used once."""
    ranked = sorted(
        ((match_name(name, rule["names"]), canonical, name) for canonical, rule in rules.items() for name in free),
        key=lambda one: (-one[0][0], -one[0][1], one[1], one[2]),
    )
    guesses: dict[str, Guess] = {}
    for (level, _), canonical, name in ranked:
        if level == NONE or canonical in guesses or any(guess.column == name for guess in guesses.values()):
            continue
        guess = _judge_content(found, canonical, rules[canonical], name)
        if guess is not None and passes_gate(canonical, name):
            check = (
                guess.check or _doubt_age(canonical, name) or ("the name says more than that" if level == PART else "")
            )
            guesses[canonical] = Guess(name, guess.spellings, guess.unit, check)
    if "dose_mg" in rules and "dose_mg" not in guesses:
        _take_relative_dose(found, guesses, [name for (level, _), one, name in ranked if one == "dose_mg" and level])
    _note_unknown(found, guesses, free, rules)
    return {canonical: guesses[canonical] for canonical in rules if canonical in guesses}


def _doubt_age(canonical: str, name: str) -> str:
    """Return why an age may be none at the first session, by its name."""
    named = canonical == "age" and set(words_of(name)) & {"current", "today", "now", "export"}
    return (
        "the age on the day of the export? The one at the first session counts: map a date of birth, or correct the ages"
        if named
        else ""
    )


def _note_unknown(found: Found, guesses: dict[str, Guess], free: set[str], rules: dict[str, dict[str, Any]]) -> None:
    """Say which columns are named like one of a closed vocabulary and hold other values (sex as 1 and 2)."""
    for canonical, rule in rules.items():
        named = [name for name in sorted(free) if match_name(name, rule["names"])[0] >= NEAR]
        if canonical in guesses or rule["kind"] not in ("spelling", "yes_no") or not named:
            continue
        column = found.sheet.fields[named[0]]
        if column.filled and len(column.values) <= 12 and named[0] not in {guess.column for guess in guesses.values()}:
            found.notes.append(
                f"{named[0]!r} reads as {canonical} by its name, and its values are none that are known: map it by hand, as "
                f"{canonical}: {{column: …, values: {{…: …}}}}"
            )


def passes_gate(canonical: str, name: str) -> bool:
    """Tell whether the privacy gate lets a mapping pass."""
    try:
        check_names({canonical: name}, "patients", "")
        check_ages({canonical: name}, "patients", "")
    except SettingsError:
        return False
    return True


def _judge_content(found: Found, canonical: str, rule: dict[str, Any], name: str) -> Guess | None:
    """Return a guess where the values are what such a column holds."""
    column = found.sheet.fields[name]
    judges: dict[str, Callable[[], Guess | None]] = {
        "number": lambda: Guess(name) if is_number(column, *rule["range"]) and not _are_days(column.values) else None,
        "money": lambda: _judge_money(column, *rule["range"]),
        "dose": lambda: _judge_dose(found, column),
        "weight": lambda: _judge_weight(found, column),
        "yes_no": lambda: _judge_spelling(found, column, "yes_no", 0.9),
        "spelling": lambda: _judge_spelling(found, column, canonical, 0.5),
        "words": lambda: Guess(name) if _is_category(found, column) else None,
        "arm": lambda: Guess(name) if _is_category(found, column) and _allocates(found, column) else None,
    }
    return judges[rule["kind"]]() if column.filled else None


def is_number(column: Field, low: float, high: float) -> bool:
    """Tell whether nearly every filled row holds a number in a range."""
    numbers = to_numbers(column.words.values)
    return column.share((numbers >= low) & (numbers <= high)) >= 0.8


def _judge_money(column: Field, low: float, high: float) -> Guess | None:
    read = [read_amount(value) for value in column.words.values]
    amounts = np.array([np.nan if one is None else float(one[0]) for one in read])
    inside = (np.abs(amounts) >= low) & (np.abs(amounts) <= high)  # a sum that was paid back is negative
    return Guess(column.name) if column.share(inside) >= 0.8 and not _are_days(column.values) else None


def _judge_dose(found: Found, column: Field) -> Guess | None:
    """Return a guess where most rows hold doses, and hardly one is a bare number that can be no mg."""
    numbers, kinds = parse_doses(column.words.values, column.missing)
    few = column.share((kinds == 0) & (numbers < RELATIVE)) <= FEW_RELATIVE
    return Guess(column.name) if few and 1 - column.share(~np.isnan(numbers)) <= MOST_UNREAD else None


def _take_relative_dose(found: Found, guesses: dict[str, Guess], names: Sequence[str]) -> None:
    """Take the first column that holds doses in mg per kg without saying so in the cell, where none holds doses in mg."""
    known = read_vocabulary()["sessions"]["dose_mg"]["names"]
    for name in names:
        column = found.sheet.fields[name]
        numbers, kinds = parse_doses(column.words.values, column.missing, "mg/kg")
        if not column.filled or name in {one.column for one in guesses.values()}:
            continue
        unread = 1 - column.share(~np.isnan(numbers))
        if unread > MOST_UNREAD:
            if match_name(name, known)[0] >= NEAR:
                found.notes.append(
                    f"{name!r} is named like a dose and left out: {unread:.0%} of its cells read as none. Write mg, or `0.5 mg/kg` beside a weight"
                )
            continue
        small = numbers[kinds == 2]
        said = f"{state_rows(int(column.rows[kinds == 2].sum()))} hold a bare number below {RELATIVE}, which is no dose in mg"
        if (small == np.rint(small)).all():
            found.notes.append(
                f"{name!r} is left out: {said}. Of devices write the mg (two are 56), of mg per kg say so: dose_mg: {{column: {name}, unit: mg/kg}}"
            )
            continue
        beside = (
            "the weight beside it"
            if "weight_kg" in guesses
            else "a weight, which no column beside it holds: missing until one does"
        )
        guesses["dose_mg"] = Guess(name, unit="mg/kg", check=f"{said}: taken as mg per kg of {beside}")
        return


def _judge_weight(found: Found, column: Field) -> Guess | None:
    kilograms, _ = parse_weights(column.words.values, column.missing, "kg", CLEANING.weight_kg)
    if column.share(~np.isnan(kilograms)) < 0.7:
        return None
    if set(words_of(column.name)) & {"lb", "lbs", "pounds"}:
        return Guess(column.name, unit="lb")
    numbers = to_numbers(column.words.spread(column.words.values))
    heavy = (~np.isnan(numbers)).mean() > 0.5 and np.nanmedian(numbers) > 120
    known = numbers[~np.isnan(numbers)]
    if len(known) and ((known < LIGHT_POUNDS) if heavy else (known > HEAVY_KILOGRAMS)).mean() > UNLIKELY:
        found.notes.append(
            f"{column.name!r} seems to hold pounds in some rows and kg in others, with no unit in the cell, and is left out: name the file once for each part (`rows`, by "
            "site), with `weight_kg: {column: …, unit: lb}` in the one, or write the unit into the cells"
        )
        return None
    return (
        Guess(column.name, unit="lb", check="half of the numbers are above 120: taken as pounds")
        if heavy
        else Guess(column.name)
    )


def _judge_spelling(found: Found, column: Field, kind: str, least: float) -> Guess | None:
    if kind == "sex" and set(words_of(column.name)) & {"female", "male"}:
        return _judge_coded_sex(found, column)
    spellings = find_spellings(column, found.patients, kind)
    if spellings.share < least or (kind == "event" and not any(spellings.values.values())):
        return None
    return Guess(column.name, spellings)


def _judge_coded_sex(found: Found, column: Field) -> Guess | None:
    """Return the sex of a column named female or male that holds yes or no."""
    spellings = find_spellings(column, found.patients, "yes_no")
    yes, no = ("female", "male") if "female" in words_of(column.name) else ("male", "female")
    values: dict[str, str | None] = {spelling: yes if v == "yes" else no for spelling, v in spellings.values.items()}
    return Guess(column.name, Spellings(values, share=spellings.share)) if spellings.share >= 0.9 else None


def _is_category(found: Found, column: Field) -> bool:
    """Tell whether the values are few, short and shared by patients, and no dates or day numbers."""
    values = column.values
    patients = len(found.sheet.fields[found.patient].values)
    few = len(values) == 1 or len(values) <= min(MOST_LABELS, max(patients / 3, 2))
    return (
        few
        and not _are_days(values)
        and all(len(value) <= LONGEST_CATEGORY for value in values)
        and column.name not in found.dates
    )


def _allocates(found: Found, column: Field) -> bool:
    """Tell whether a column could say in which arm each patient is: two values or more, one a patient, and no status."""
    known = read_vocabulary()
    listed = {" ".join(words_of(value)) for value in column.values}
    status = set(known["status_values"])
    if (
        len(listed) < 2
        or set(words_of(column.name)) & set(known["status_names"])
        or 2 * len(listed & status) >= len(listed)
    ):
        return False
    fine = ~column.missing[column.words.codes]
    pairs = np.unique(np.column_stack([found.patients.codes[fine], column.words.codes[fine]]), axis=0)
    people = len(np.unique(pairs[:, 0]))
    return (
        len(pairs) <= 1.05 * people or len(np.unique(column.words.codes[fine])) * 5 < people
    )  # a crossover has several a patient


def _are_days(values: Array) -> bool:
    """Tell whether all values could be Excel day numbers, which the privacy gate refuses but as dates."""
    numbers = to_numbers(values)
    return len(values) > 0 and bool(((numbers > EXCEL_EPOCH) & (numbers < 2 * EXCEL_EPOCH)).all())
