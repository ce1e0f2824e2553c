"""Patients: one row each, with attributes that the files may disagree about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.births import derive_ages, note_replaced
from outcomes.intake.columns import attribute, category, note_by_value, stack_words
from outcomes.intake.ledger import Ledger, show_numbers
from outcomes.intake.mapping import READ_AWAY
from outcomes.intake.origin import compute_study_days
from outcomes.intake.privacy import TOP_AGE, check_categories
from outcomes.intake.stack import print_rows, rank_files
from outcomes.intake.values import FINE, MISSING, Mapped, to_numbers
from outcomes.intake.words import Array, Words, text_array
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd

CATEGORIES = ("arm", "site", "sex")


def build_patients(
    batches: Sequence[Batch], sessions: Sequence[Batch], zero: Array, present: Array, study: Study, ledger: Ledger
) -> pd.DataFrame:
    """Return the patients (see the contract); ``present`` marks the numbers that occur in another clean table."""
    import pandas as pd

    read = _read_attributes(batches, study, ledger)
    sizes = [len(batch.rows) for batch in batches]
    patient = np.concatenate([batch.patient for batch in batches]) if batches else np.empty(0, np.int32)
    sites = _choose_sites(batches, sessions, read.get("site"), zero, study, len(present))
    stacked = {name: stack_words(parts, sizes) for name, parts in read.items()}
    at_site = _rows_at_site(stacked.get("site"), patient, sites)
    chosen = {}
    for name, words in stacked.items():
        if name == "site":
            continue
        codes = _choose(patient, words.codes, at_site, len(present))
        _note_inconsistent(batches, read[name], words, patient, codes, name, ledger)
        chosen[name] = Words(codes, words.values)
    present = present.copy()
    present[patient] = True
    _merge_rows(batches, stacked, patient, at_site, ledger)
    numbers = np.nonzero(present)[0]
    columns: dict[str, Any] = {"patient": numbers.astype(np.int32)}
    if sites is not None:
        columns["site"] = _sites(sites.at(numbers), batches, sessions, study)
    for name, words in chosen.items():
        declared = all(part.declared for part in read[name] if part is not None)
        columns[name] = _column(Words(words.codes[numbers], words.values), name, study, declared)
    ages = derive_ages(batches, zero, study, ledger)
    if ages is not None:
        _note_ages(batches, read.get("age"), ages, ledger)
        stated = columns.get("age", pd.Series(np.nan, index=range(len(numbers))))
        columns["age"] = stated.where(np.isnan(ages[numbers]), ages[numbers])
    return pd.DataFrame(columns)


def _sites(words: Words, batches: Sequence[Batch], sessions: Sequence[Batch], study: Study) -> pd.Series[Any]:
    """Return the sites; the names are looked at where an export gives them, as they stand in every table."""
    named = [batch.column("site") for batch in (*batches, *sessions) if batch.has("site")]
    if not all(column.values or column.constant for column in named):
        check_categories(words, np.arange(len(words)), "site", "patients", study)
    return category(words)


def _column(words: Words, name: str, study: Study, declared: bool) -> pd.Series[Any]:
    import pandas as pd

    if name == "age":
        return pd.Series(words.spread(to_numbers(words.values), np.nan), dtype="float64")
    return category(words) if name in CATEGORIES and declared else _open(words, name, study, declared)


def _open(words: Words, name: str, study: Study, declared: bool) -> pd.Series[Any]:
    column = attribute(words, np.arange(len(words)), name, "patients", study, declared)
    return category(words) if name in CATEGORIES else column


def _read_attributes(batches: Sequence[Batch], study: Study, ledger: Ledger) -> dict[str, list[Mapped | None]]:
    names = sorted({name for batch in batches for name in (*batch.mapping.columns, *batch.constants)} - READ_AWAY)
    return {
        name: [
            None
            if not batch.has(name)
            else _ages(batch, study, ledger)
            if name == "age"
            else batch.noted(name, study, ledger)
            for batch in batches
        ]
        for name in names
    }


def _ages(batch: Batch, study: Study, ledger: Ledger) -> Mapped:
    """Return ages as text, implausible ones missing and those above 89 as 90."""
    mapped = batch.noted("age", study, ledger)
    ages = to_numbers(mapped.words.values)
    low, high = study.cleaning.age_years
    present = mapped.present
    note_by_value(batch, ledger, "not_a_number", "age", present, np.isnan(ages))
    implausible = (ages < low) | (ages > high)
    note_by_value(batch, ledger, "age_implausible", "age", present, implausible)
    ages = np.where(implausible, np.nan, ages)
    note_by_value(
        batch, ledger, "age_top_coded", "age", present, ages >= TOP_AGE, new=show_numbers(np.full(len(ages), TOP_AGE))
    )
    ages = np.minimum(ages, TOP_AGE)
    texts = text_array([None if np.isnan(age) else f"{age:.10g}" for age in ages.tolist()])
    return Mapped(Words(mapped.words.codes, texts), np.where(np.isnan(ages), MISSING, FINE).astype(np.int8), False)


def _note_ages(batches: Sequence[Batch], read: list[Mapped | None] | None, ages: Array, ledger: Ledger) -> None:
    """Enter the rows whose age gives way to that at the first session."""
    for batch, part in zip(batches, read or [], strict=False):
        if part is not None:
            note_replaced(batch, part.present.spread(to_numbers(part.present.values), np.nan), ages, ledger)


def _choose_sites(
    batches: Sequence[Batch],
    sessions: Sequence[Batch],
    read: list[Mapped | None] | None,
    zero: Array,
    study: Study,
    size: int,
) -> Words | None:
    """Return every patient's site: of the first session by date, then name; without sessions the first by name."""
    sources = [
        (batch, batch.mapped("site", study), compute_study_days(batch, zero)) for batch in sessions if batch.has("site")
    ]
    sources += [
        (batch, part, np.full(len(batch.rows), np.inf))
        for batch, part in zip(batches, read or [], strict=False)
        if part is not None
    ]
    if not sources:
        return None
    words = stack_words([part for _, part, _ in sources], [len(batch.rows) for batch, _, _ in sources])
    patient = np.concatenate([batch.patient for batch, _, _ in sources])
    day = np.nan_to_num(np.concatenate([days for _, _, days in sources]), nan=np.inf)
    fine = np.nonzero(words.codes >= 0)[0]
    order = fine[np.lexsort((words.codes[fine], day[fine], patient[fine]))][::-1]
    chosen = np.full(size, -1, dtype=np.int32)
    chosen[patient[order]] = words.codes[order]
    return Words(chosen, words.values)


def _rows_at_site(rows: Words | None, patient: Array, sites: Words | None) -> Array:
    """Return which rows are of the site chosen for their patient."""
    if rows is None or sites is None:
        return np.ones(len(patient), dtype=bool)
    place = {value: code for code, value in enumerate(sites.values)}
    codes = rows.spread(np.array([place.get(value, -2) for value in rows.values], dtype=np.int32), -2)
    at: Array = codes == sites.codes[patient]
    return at


def _choose(patient: Array, codes: Array, at_site: Array, size: int) -> Array:
    """Return one value per patient: of rows at the patient's site, then the most frequent, then the first by name."""
    import pandas as pd

    chosen = np.full(size, -1, dtype=np.int32)
    fine = codes >= 0
    table = pd.DataFrame({"patient": patient[fine], "code": codes[fine], "at": at_site[fine]})
    pairs = table.drop_duplicates(["patient", "code"])
    if pairs["patient"].is_unique:
        chosen[pairs["patient"]] = pairs["code"]
        return chosen
    counts = table.groupby(["patient", "code"], sort=True)["at"].agg(["max", "size"]).reset_index()
    best = counts.sort_values(["patient", "max", "size", "code"], ascending=[True, False, False, True], kind="stable")
    best = best.drop_duplicates("patient")
    chosen[best["patient"]] = best["code"]
    return chosen


def _note_inconsistent(
    batches: Sequence[Batch],
    parts: Sequence[Mapped | None],
    words: Words,
    patient: Array,
    chosen: Array,
    name: str,
    ledger: Ledger,
) -> None:
    start = 0
    for batch, part in zip(batches, parts, strict=True):
        stop = start + len(batch.rows)
        codes = words.codes[start:stop]
        final = chosen[patient[start:stop]]
        hit = np.nonzero((codes >= 0) & (codes != final))[0]
        if part is not None and len(hit):
            shown = words.values if part.declared else show_numbers(to_numbers(words.values))
            ledger.note(
                batch.file,
                batch.rows[hit],
                "inconsistent_attribute",
                name,
                old=shown[codes[hit]],
                new=shown[final[hit]],
            )
        start = stop


def _merge_rows(
    batches: Sequence[Batch], stacked: dict[str, Words], patient: Array, at_site: Array, ledger: Ledger
) -> None:
    """Keep one row per patient of the files that are about patients alone; the others are merged into it."""
    sizes = [len(batch.rows) for batch in batches]
    primary = (
        np.nonzero(np.repeat([batch.primary for batch in batches], sizes))[0] if batches else np.empty(0, np.int64)
    )
    if not len(primary):
        return
    file = np.repeat([batch.file for batch in batches], sizes)[primary]
    row = np.concatenate([batch.rows for batch in batches])[primary]
    raw = print_rows(batches, np.repeat(np.arange(len(batches)), sizes)[primary], row)
    contents = [words.codes[primary] for words in stacked.values()]
    site = stacked["site"].codes[primary] if "site" in stacked else np.zeros(len(primary), dtype=np.int32)
    owner = patient[primary]
    filled = np.sum([content >= 0 for content in contents], axis=0) if contents else np.zeros(len(primary))
    order = np.lexsort((row, rank_files(batches)[file], raw, *contents, -filled, ~at_site[primary], owner))
    new = np.ones(len(order), dtype=bool)
    new[1:] = owner[order][1:] != owner[order][:-1]
    winner = order[new][np.cumsum(new) - 1]
    same = np.all([content[order] == content[winner] for content in contents], axis=0) if contents else ~new
    away = site[order] != site[winner]
    ledger.keep(file[order[new]], row[order[new]])
    for reason, hit in (
        ("two_sites", away),
        ("duplicate_exact", same & ~away & ~new),
        ("duplicate_patient", ~same & ~away & ~new),
    ):
        ledger.note_files(file[order[hit]], row[order[hit]], reason)
