"""Sessions: one row per treatment session of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.columns import attribute, category, note_by_value, read_numbers, stack_words
from outcomes.intake.doses import DOSE_REASONS, WEIGHT_REASONS, parse_doses, parse_weights
from outcomes.intake.duplicates import CONFLICTING, EXACT, STAYS, compose_key, fill, fingerprint, settle
from outcomes.intake.ledger import Ledger, show_numbers
from outcomes.intake.money import holds_amounts, plain_amounts
from outcomes.intake.privacy import check_categories
from outcomes.intake.stack import Stack
from outcomes.intake.values import MISSING, UNKNOWN, Mapped, is_missing
from outcomes.intake.words import Array, Words
from outcomes.protocols import Dose
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("dose_mg", "weight_kg", "duration_min")
ANSWERS = ("integration", "harms_asked")  # yes or no
NAMED = frozenset({"patient", "date", "study_day", "visit", "submitted", "treatment", *ANSWERS, *NUMBERS})
DURATION = (0.0, 24 * 60.0)
YES_NO = {"yes": 1.0, "y": 1.0, "true": 1.0, "t": 1.0, "1": 1.0, "no": 0.0, "n": 0.0, "false": 0.0, "f": 0.0, "0": 0.0}


def build_sessions(batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger) -> pd.DataFrame:
    """Return the sessions (one row each; see the contract) sorted by patient, day and ordinal."""
    import pandas as pd

    stack = Stack.of(batches, zero)
    treatments = _treatments(batches, stack, study)
    numbers = _stack_numbers(batches, study, ledger)
    extras = _extras(batches, stack.sizes, study, ledger)
    contents: list[Array] = [*numbers.values(), *(_ranked(words) for words, _ in extras.values())]
    key = compose_key(stack.patient, stack.day, treatments.codes)

    def describe(rows: Array) -> list[Array]:
        return [*(fill(content[rows]) for content in contents), _rest(batches, stack, rows)]

    states, ranks = settle(key, describe, stack.submitted, stack.ties, study.cleaning.conflicting_duplicates)
    if study.series.same_day == "separate":
        ledger.note_files(stack.file[states == CONFLICTING], stack.row[states == CONFLICTING], "same_day_sessions")
        states = np.where(states == CONFLICTING, STAYS, states)
        states = _keep_daily(states, key, _sessions_a_day(treatments.values, study)[treatments.codes])
    stack.note_duplicates(states, ledger)
    order = np.nonzero(states == STAYS)[0]
    order = order[np.lexsort((ranks[order], key[order]))] if len(order) else order
    stack.keep(order, ledger)
    day = stack.day[order].astype(np.int32)
    columns = {
        "patient": stack.patient[order],
        "study_day": day,
        "ordinal": _ordinals(stack.patient[order], day),
        "treatment": category(treatments.at(order)),
        **{name: values[order] for name, values in numbers.items() if name not in ANSWERS},
        **{name: _as_boolean(numbers[name][order]) for name in ANSWERS if name in numbers},
    }
    for name, (words, declared) in extras.items():
        columns[name] = attribute(words.at(order), stack.patient[order], name, "sessions", study, declared)
    return pd.DataFrame(columns)


def _treatments(batches: Sequence[Batch], stack: Stack, study: Study) -> Words:
    mapped = [batch.mapped("treatment", study) for batch in batches]
    words = stack_words(mapped, stack.sizes)
    if not all(column.declared for column in mapped):
        check_categories(words, stack.patient, "treatment", "sessions", study)
    return words


def _sessions_a_day(treatments: Array, study: Study) -> Array:
    """Return how many sessions of one day every treatment may have, by the protocol of its arm."""
    most: dict[str, int] = {}
    for arm in study.arms:
        protocol = study.protocol(arm)
        most |= dict.fromkeys(arm.meant_by, protocol.induction.sessions_a_day if protocol else 1)
    return np.array([most.get(treatment, 1) for treatment in treatments], dtype=np.int64)


def _keep_daily(states: Array, key: Array, most: Array) -> Array:
    """Return the states with equal records kept as sessions, as far as a treatment is given so often a day."""
    if not len(states) or bool((most <= 1).all()):
        return states
    order = np.lexsort((states != STAYS, key))
    new = np.ones(len(order), dtype=bool)
    new[1:] = key[order][1:] != key[order][:-1]
    place = np.arange(len(order))
    ordinal = np.empty(len(order), dtype=np.int64)
    ordinal[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    return np.where((states == EXACT) & (ordinal < most), np.int8(STAYS), states)


def _as_boolean(numbers: Array) -> pd.arrays.BooleanArray:
    import pandas as pd

    return pd.arrays.BooleanArray(numbers == 1, np.isnan(numbers))


def _ordinals(patient: Array, day: Array) -> Array:
    """Return the number of every session on its day, from 1; rows are sorted by patient and day."""
    new = np.ones(len(patient), dtype=bool)
    new[1:] = (patient[1:] != patient[:-1]) | (day[1:] != day[:-1])
    start = np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))
    return (np.arange(len(new)) - start + 1).astype(np.int16)


def _stack_numbers(batches: Sequence[Batch], study: Study, ledger: Ledger) -> dict[str, Array]:
    names = [name for name in (*NUMBERS, *ANSWERS) if any(_has(batch, name) for batch in batches)]
    parts: dict[str, list[Array]] = {name: [] for name in names}
    for batch in batches:
        read = _numbers(batch, study, ledger)
        for name in names:
            parts[name].append(read.get(name, np.full(len(batch.rows), np.nan)))
    return {name: np.concatenate(columns) for name, columns in parts.items()}


def _numbers(batch: Batch, study: Study, ledger: Ledger) -> dict[str, Array]:
    """Return the numeric columns of a batch that it has."""
    read: dict[str, Array] = {}
    if batch.has("weight_kg"):
        read["weight_kg"] = _weights(batch, study, ledger)
    if batch.has("dose_mg"):
        read["dose_mg"] = _doses(batch, read.get("weight_kg"), study, ledger)
        _note_implausible_doses(batch, read["dose_mg"], read.get("weight_kg"), study, ledger)
    if batch.has("duration_min"):
        read["duration_min"] = read_numbers(batch, "duration_min", study, ledger, DURATION)
    for name in ANSWERS:
        if batch.has(name):
            read[name] = _yes_no(batch, name, study, ledger)
    if "harms_asked" not in read and batch.harms is not None:
        listed = batch.text(batch.harms)
        read["harms_asked"] = listed.spread((~is_missing(listed.values, study.cleaning)).astype(float), 0.0)
    return read


def _has(batch: Batch, name: str) -> bool:
    return batch.has(name) or (name == "harms_asked" and batch.harms is not None)


def _weights(batch: Batch, study: Study, ledger: Ledger) -> Array:
    words = batch.words("weight_kg")
    missing = is_missing(words.values, study.cleaning)
    plausible = study.cleaning.weight_kg
    kilograms, reasons = parse_weights(words.values, missing, batch.column("weight_kg").unit, plausible)
    for code, reason in enumerate(WEIGHT_REASONS):
        if reason is not None:
            note_by_value(batch, ledger, reason, "weight_kg", words, reasons == code, new=show_numbers(kilograms))
    return words.spread(kilograms)


def _doses(batch: Batch, weight: Array | None, study: Study, ledger: Ledger) -> Array:
    words = batch.words("dose_mg")
    doses, kinds = parse_doses(words.values, is_missing(words.values, study.cleaning), batch.column("dose_mg").unit)
    dose, kind = words.spread(doses), words.spread(kinds)
    note_by_value(batch, ledger, "dose_text", "dose_mg", words, kinds == 1, new=show_numbers(doses))
    note_by_value(batch, ledger, "dose_unreadable", "dose_mg", words, kinds == DOSE_REASONS.index("dose_unreadable"))
    relative = np.nonzero(kind == DOSE_REASONS.index("dose_per_kg"))[0]
    if len(relative):
        dose[relative] = np.nan if weight is None else np.round(dose[relative] * weight[relative], 2)
        ledger.note(batch.file, batch.rows[relative], "dose_per_kg", "dose_mg", new=show_numbers(dose[relative]))
    return dose


def _note_implausible_doses(batch: Batch, dose: Array, weight: Array | None, study: Study, ledger: Ledger) -> None:
    treatments = batch.mapped("treatment", study).words
    for code, rule in enumerate(_dose_rules(treatments.values, study)):
        mine = treatments.codes == code
        if rule is None or not mine.any():
            continue
        outside = _find_outside(rule, dose, weight, study.cleaning.weight_kg)
        hit = mine & outside
        ledger.note(batch.file, batch.rows[hit], "dose_outside_protocol", "dose_mg", old=show_numbers(dose[hit]))


def _find_outside(rule: Dose, dose: Array, weight: Array | None, weights: tuple[float, float]) -> Array:
    """Return which doses are not plausible; one per kg without a weight, where it is for no weight that people have."""
    least, most = weights if weight is None else (np.where(np.isnan(weight), one, weight) for one in weights)
    low, high = (dose, dose) if rule.unit == "mg" else (dose / most, dose / least)
    outside = (high < rule.minimum - 1e-9) | (low > rule.maximum + 1e-9)
    if rule.allowed:
        outside |= ~np.isnan(dose) & ~np.isin(dose, rule.allowed)
    return np.asarray(outside)


def _dose_rules(treatments: Array, study: Study) -> list[Dose | None]:
    """Return the plausible dose of every treatment, by the protocol of its arm."""
    rules: dict[str, Dose | None] = {}
    for arm in study.arms:
        protocol = study.protocol(arm)
        rules |= dict.fromkeys(arm.meant_by, protocol.dose if protocol else None)
    return [rules.get(treatment) for treatment in treatments]


def _yes_no(batch: Batch, name: str, study: Study, ledger: Ledger) -> Array:
    mapped = batch.noted(name, study, ledger)
    numbers = np.array([YES_NO.get((value or "").casefold(), np.nan) for value in mapped.words.values])
    unknown = np.isnan(numbers) & ~np.isin(mapped.states, (MISSING, UNKNOWN))
    note_by_value(batch, ledger, "unknown_value", name, mapped.words, unknown)
    return mapped.words.spread(numbers)


def _ranked(words: Words) -> Array:
    """Return the codes of sorted values as numbers, missing as NaN."""
    return np.where(words.codes < 0, np.nan, words.codes.astype(np.float64))


def _extras(
    batches: Sequence[Batch], sizes: Sequence[int], study: Study, ledger: Ledger
) -> dict[str, tuple[Words, bool]]:
    """Return the study's own columns of the sessions as text, and whether it lists their values."""
    names = sorted({name for batch in batches for name in (*batch.mapping.columns, *batch.constants)} - NAMED)
    parts = {name: [_extra(b, name, study, ledger) if b.has(name) else None for b in batches] for name in names}
    return {
        name: (stack_words(columns, sizes), all(column.declared for column in columns if column is not None))
        for name, columns in parts.items()
    }


def _extra(batch: Batch, name: str, study: Study, ledger: Ledger) -> Mapped:
    mapped = batch.noted(name, study, ledger)
    return plain_amounts(mapped) if holds_amounts(name, batch.column(name).column) else mapped


def _rest(batches: Sequence[Batch], stack: Stack, rows: Array) -> Array:
    """Return a fingerprint of the columns that other tables read from the same raw rows."""
    prints = np.zeros(len(rows), dtype=np.uint64)
    for number, batch in enumerate(batches):
        mine = stack.batch[rows] == number
        own = {column.column for column in batch.mapping.columns.values()}
        others = [words for name, words in sorted(batch.raw.columns.items()) if name not in own]
        prints[mine] = fingerprint(others, stack.row[rows][mine])
    return prints
