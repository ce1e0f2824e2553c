"""Sheets that lack whose their rows are, when they were, or what was given, joined to the sheet of the export that says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.occasions import name_occasion
from outcomes.intake.draft.spellings import find_spellings, state_rows
from outcomes.intake.draft.survey import Sheet, read_proposal
from outcomes.intake.draft.tables import describe_sheet, find_patient, may_date_rows
from outcomes.intake.draft.treatments import names_treatments
from outcomes.intake.draft.vocabulary import (
    NEAR,
    is_other_drug,
    match_name,
    names_drug,
    read_vocabulary,
    recognise_treatment,
    squeeze,
    words_of,
)
from outcomes.intake.readers.joining import join_columns
from outcomes.intake.values import to_numbers
from outcomes.settings import Join, TableFile

MOST_NAMES = 200  # spellings in a column that says what a row holds
MATCHED = 0.8  # of the rows that must find their key in the other table
TREATED = 0.8  # of the filled cells that must be spellings of treatments
CONCEPTS = frozenset({"measurement_concept_id", "observation_concept_id", "drug_concept_id", "procedure_concept_id"})
DRUGS = frozenset(
    {"drug", "med", "medication", "medicine", "treatment", "product", "substance", "agent", "ndc", "rx"}
)  # in the name of a column of codes
CODED = frozenset({"id", "code", "key", "nr", "no", "number", "ndc"})
PLACES = frozenset({"date", "study_day"})


@dataclass(frozen=True)
class Seen:
    """A sheet as it stands alone: whose its rows are, and what it feeds."""

    sheet: Sheet
    patient: str | None
    found: Found | None

    @property
    def date(self) -> str | None:
        """The column that dates its rows."""
        tables = self.found.tables if self.found else {}
        dated = [tables[name]["date"].column for name in ("assessments", "sessions") if "date" in tables.get(name, {})]
        return dated[0] if dated else _lone_date(self)


def complete_sheets(sheets: Sequence[Sheet], folder: Path) -> list[Sheet]:
    """Return the sheets, those joined to another one that lack what it alone has: patients, dates, or treatments.

    It is asked before sheets of another shape are read again (a long file that has the number of an encounter alone) and after
    that (a wide one whose columns are labels of visits).
    """
    seen = [_look(sheet, sheets) for sheet in sheets]
    guesses = [one.found.tables.get("sessions", {}).get("treatment") for one in seen if one.found]
    treated = any(one is not None and (one.spellings is None or any(one.spellings.values.values())) for one in guesses)
    done = []
    for one in seen:
        others = [other for other in seen if other is not one and _is_plain(other.sheet)]
        join = (
            _join_concepts(one.sheet, sheets)
            or _join_time(one, others)
            or (None if treated else _join_treatment(one, others) or _join_drugs(one, others))
        )
        done.append(join_sheet(one.sheet, *join, folder) if join else one.sheet)
    return done


def _join_concepts(sheet: Sheet, sheets: Sequence[Sheet]) -> tuple[Join, str] | None:
    """Return the join that gives a table of OMOP the names of what its rows are, where the table of concepts is there."""
    number = next((name for name in sheet.fields if name.casefold() in CONCEPTS), None)
    named = [name for name in sheet.fields if "source_value" in name.casefold() or "concept_name" in name.casefold()]
    told = any(claims_of(value) or names_drug(value) for name in named for value in sheet.fields[name].values)
    if number is None or told or sheet.source.join:
        return None
    for other in sheets:
        names = {name.casefold(): name for name in other.fields}
        if {"concept_id", "concept_name", "concept_code"} <= set(names) and _is_plain(other):
            wanted = [names[new] for new in ("concept_name", "concept_code")]
            join = make_join(sheet, other, {number: names["concept_id"]}, wanted)
            tried = _try(sheet, other, join)
            if tried is not None and tried[0] > 0:
                return join, f"concepts are named by {other.name} (join)"
    return None


def _look(sheet: Sheet, sheets: Sequence[Sheet]) -> Seen:
    patient = find_patient(sheet, sheets)
    return Seen(sheet, patient, describe_sheet(sheet, patient) if patient else None)


def _is_plain(sheet: Sheet) -> bool:
    """Tell whether a join can name the sheet: it is read as it stands in its file."""
    source = sheet.source
    return not (source.stack or source.pivot or source.combine or source.join)


def _lone_date(one: Seen) -> str | None:
    """Return the one date of a sheet that feeds no table: a list of visits."""
    if one.found is None or one.found.tables.keys() - {"patients"}:
        return None
    names = read_vocabulary()["date"]
    known = [name for name in one.found.dates if match_name(name, names)[0] >= NEAR or "date" in words_of(name)]
    own = [name for name in known if set(words_of(name)) & _keys()]
    return own[0] if len(own) == 1 else known[0] if len(known) == 1 else None


def _keys() -> frozenset[str]:
    return frozenset(read_vocabulary()["keys"])


def _join_time(one: Seen, others: Sequence[Seen]) -> tuple[Join, str] | None:
    """Return the join that gives questionnaires their patients and dates, by the number or the label of a visit."""
    dated = _is_dated(one)
    if not _holds_something(one.sheet) or (dated and one.patient) or one.sheet.source.join:
        return None
    ranked: list[tuple[float, int, list[str], Join, Seen]] = []
    for other in others:
        if other.patient is None or (not dated and other.date is None):
            continue
        for by in _shared_keys(one, other):
            lacks = [
                *([other.patient] if one.patient is None else []),
                *([] if dated or other.date is None else [other.date]),
            ]
            join = make_join(one.sheet, other.sheet, by, lacks)
            tried = _try(one.sheet, other.sheet, join)
            if tried is not None and tried[0] >= MATCHED:
                ranked.append((tried[0], len(by), tried[1], join, other))
    if not ranked:
        return None
    ranked.sort(key=lambda entry: (-entry[0], -entry[1]))
    share, _, cells, join, other = ranked[0]
    if any(entry[0] == share and entry[2] != cells for entry in ranked[1:]):
        return None  # two files say different days
    lost = round((1 - share) * one.sheet.raw.size)
    note = (
        f"{' and '.join(map(repr, join.columns))} of {other.sheet.name} are put beside the scores (join), by {' and '.join(map(repr, join.by))}"
        f"{f'; {state_rows(lost)} find none, and are left out' if lost else ''}"
    )
    return join, note


def _is_dated(one: Seen) -> bool:
    """Tell whether something may date the rows of a sheet, which then is not joined for a date."""
    placed = one.found.tables.get("assessments", {}) if one.found else {}
    if PLACES & set(placed):
        return True
    if placed:
        return False
    return any(find_dates(column).share >= 0.7 and may_date_rows(name) for name, column in one.sheet.fields.items())


def _holds_something(sheet: Sheet) -> bool:
    """Tell whether a sheet has scores or treatments: in the names of its columns, or in what a column says of each row."""
    if any(claims_of(name) for name in sheet.fields) or names_treatments(sheet):
        return True
    few = (column for column in sheet.fields.values() if 0 < len(column.values) <= MOST_NAMES)
    return any(claims_of(value) for column in few for value in column.values if not value.isdecimal())


def _shared_keys(one: Seen, other: Seen) -> Iterator[dict[str, str]]:
    """Yield what two sheets can be joined by: a column that names or numbers visits in both, with the patient where both have one."""
    both = {one.patient: other.patient} if one.patient is not None and other.patient is not None else {}
    for name in one.sheet.fields:
        if name == one.patient or not set(words_of(name)) & _keys() or claims_of(name):
            continue
        for theirs in other.sheet.fields:
            named = squeeze(theirs) == squeeze(name) or _is_key_of(name, theirs, other.sheet)
            if theirs == other.patient or not named:
                continue
            if not both or _start_alike(one.sheet, name, other.sheet, theirs):
                yield {**both, name: theirs}


def _start_alike(sheet: Sheet, name: str, other: Sheet, theirs: str) -> bool:
    """Tell whether the visits of patients are numbered from the same start: from 0 in one file and 1 in the other, most keys meet the wrong visit."""
    numbers = [to_numbers(column.values) for column in (sheet.fields[name], other.fields[theirs])]
    starts = [found[~np.isnan(found)].min(initial=np.inf) for found in numbers]
    return bool(starts[0] == starts[1])


def _is_key_of(name: str, theirs: str, other: Sheet) -> bool:
    """Tell whether a column is the number of another table's own rows: `encounter_id`, and `id` of a file of encounters."""
    stem = other.source.sheet or other.source.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kinds = {word.removesuffix("s") for word in words_of(stem)} & _keys()
    return squeeze(theirs) == "id" and bool(kinds & set(words_of(name)))


def _join_treatment(one: Seen, others: Sequence[Seen]) -> tuple[Join, str] | None:
    """Return the join that gives dated sessions the treatment that another sheet says once a patient."""
    if one.found is None or one.patient is None or "treatment" in one.found.tables.get("sessions", {}):
        return None
    named = [name for name in one.found.dates if name_occasion(name) == "sessions"]
    occasions = set(read_vocabulary()["occasions"]["sessions"])
    if len(named) != 1 and not (
        set(words_of(one.sheet.name)) & occasions and not one.found.instruments and one.found.dates
    ):
        return None
    candidates = []
    for other in others:
        if other.patient is None or other.found is None:
            continue
        for name, column in other.sheet.fields.items():
            spelt = find_spellings(column, other.found.patients, "treatment") if len(column.values) <= 30 else None
            if name == other.patient or spelt is None or spelt.share < TREATED or not any(spelt.values.values()):
                continue
            join = make_join(one.sheet, other.sheet, {one.patient: other.patient}, [name])
            tried = _try(one.sheet, other.sheet, join)
            if tried is not None and tried[0] >= MATCHED:
                candidates.append((join, other, name))
    if len(candidates) != 1:
        return None
    join, other, name = candidates[0]
    note = f"what was given is said once a patient, by {name!r} of {other.sheet.name} (join), and taken for all sessions of each: did nobody change?"
    return join, note


def _join_drugs(one: Seen, others: Sequence[Seen]) -> tuple[Join, str] | None:
    """Return the join that gives dated sessions the names of the drugs that they have codes of, from a list of drugs."""
    if one.found is None or not one.found.dates or one.sheet.source.join:
        return None
    found = []
    for other in others:
        for name in one.sheet.fields if not (other.found and other.found.dates) else ():
            for theirs in other.sheet.fields if set(words_of(name)) & DRUGS and name != one.patient else ():
                if squeeze(theirs) == squeeze(name) or set(words_of(theirs)) & CODED:
                    found += [(name, theirs, other, told) for told in _name_drugs(one.sheet, name, other.sheet, theirs)]
    if len({(name, told) for name, _, _, told in found}) != 1:
        return None
    name, theirs, other, told = found[0]
    join = make_join(one.sheet, other.sheet, {name: theirs}, [told])
    new = next(free for free in ("drug", "drug given", "drug (joined)") if free not in one.sheet.fields)
    join = join.model_copy(update={"columns": {new: told}})  # a column named `name` would be taken for a person's
    return join, f"what the codes in {name!r} mean is said by {told!r} of {other.sheet.name} (join)"


def _name_drugs(sheet: Sheet, name: str, other: Sheet, theirs: str) -> Iterator[str]:
    """Yield the columns of a list that name a treatment, or a drug beside one, for nearly all of a sheet's codes."""
    for told in other.fields:
        tried = None if told == theirs else _try(sheet, other, make_join(sheet, other, {name: theirs}, [told]))
        if tried is not None and tried[0] >= MATCHED:
            named = [recognise_treatment(value)[0] is not None or is_other_drug(value) for value in tried[1] if value]
            if sum(named) >= TREATED * len(named) and any(map(names_drug, tried[1])):
                yield told


def make_join(sheet: Sheet, other: Sheet, by: dict[str, str], columns: Iterable[str]) -> Join:
    """Return what joins a sheet to another one; columns whose name the sheet has are named otherwise."""
    free = {name if name not in sheet.fields else f"{name} (joined)": name for name in columns}
    source = other.source.model_dump(include=set(TableFile.model_fields))
    return Join.model_validate({**source, "by": by, "columns": free})


def _try(sheet: Sheet, other: Sheet, join: Join) -> tuple[float, list[str]] | None:
    """Return the share of the rows that a join gives all of its columns, and the last of these; None where it is none."""
    try:
        made = join_columns(sheet.raw, other.raw, join)
    except InputError:
        return None
    filled = np.ones(made.size, dtype=bool)
    for name in join.columns:
        words = made.columns[name]
        filled &= words.spread(np.array([value != "" for value in words.values], dtype=bool))
    words = made.columns[list(join.columns)[-1]]
    return float(filled.mean()) if made.size else 0.0, words.values[words.codes].tolist()


def join_sheet(sheet: Sheet, join: Join, note: str, folder: Path) -> Sheet:
    """Return a sheet read again with a join; the sheet as it is where that cannot be read."""
    proposal = sheet.proposal
    source = proposal.source.model_copy(update={"join": join})
    again = read_proposal(folder, replace(proposal, source=source, checks=(*proposal.checks, note)))
    return replace(again, owner=sheet.owner, twin=sheet.twin) if isinstance(again, Sheet) else sheet
