"""REDCap as downloaded: raw or labels, all forms in one file, longitudinal events, repeating forms.

A form's fields stand beside one another and end with ``<form>_complete`` (``Complete?`` among labels). Each form is a table
of its own, a ``part``: the rows in which any of its fields holds something. Where the file has no such columns, the rows of
each repeating form tell its fields.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers import tables
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.header import Wanted, choose_columns, find_columns, number_repeated
from outcomes.intake.readers.redcap_rows import LABEL_MARK, SHARED, find_repeats, find_shifts, realign
from outcomes.intake.values import one_spelling
from outcomes.intake.words import Array, RawTable, Words, text_array
from outcomes.settings import Source

NOT_COMPLETED = "[not completed]"
RECORD = "record"  # the part of rows of no repeating form, where the file does not tell its forms
MARK = re.compile(r"(.+)_complete", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """One form: its name, and its columns as the whole file names them → as they are named within the form."""

    name: str
    columns: dict[str, str]


def recognise(file: File) -> float:
    """Tell whether the header is one that REDCap writes."""
    if file.ending not in tables.TEXT + tables.WORKBOOK:
        return 0.0
    if is_dictionary(file):
        return 1.0
    names = {name.casefold() for name in tables.read_names(file)}
    marks = sum(MARK.fullmatch(name) is not None or LABEL_MARK.fullmatch(name) is not None for name in names)
    repeating = bool(names & {"redcap_repeat_instrument", "repeat instrument", "redcap_event_name"})
    return 0.9 if repeating or marks > 1 or ("event name" in names and marks) else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return a source for each form that holds anything; one for the whole file where it has one form only."""
    if is_dictionary(file):
        return [
            Unread(file.name, "a data dictionary of REDCap, which belongs to its export ('dictionary' of the source)")
        ]
    base = [one for one in tables.propose(file) if isinstance(one, Proposal)][:1]
    if not base:
        return tables.propose(file)
    source = base[0].source.model_copy(update={"format": "redcap", "dictionary": _dictionary(file)})
    raw = tables.read(file, base[0].source, None, frozenset())
    if {"field_name", "value"} <= set(raw.columns):  # a field a row (EAV), which has no forms side by side
        return [Proposal(source.model_copy(update={"rename": {"record": "record_id"}}))]
    shifts = find_shifts(raw)
    raw = realign(raw, shifts)
    forms = [form for form in find_forms(raw) if find_members(raw, form).any()]
    labels = {name: one.label for name, one in _asked(file, source).items() if one.label}
    if len(forms) < 2:
        return [replace(base[0], labels=labels)] if not labels else [Proposal(source, labels=labels)]
    return [replace(_propose_form(source, form, shift_of(raw, form, shifts)), labels=labels) for form in forms]


def _propose_form(source: Source, form: Form, shift: int) -> Proposal:
    notes = ["an export of REDCap: each form is read as a table of its own"]
    if shift:
        side = "left" if shift > 0 else "right"
        notes.append(
            f"the cells of this form stand {abs(shift)} column(s) to the {side} of their names (its state, Complete, stands under another "
            "name); they are read under their own (shift). Look at the file"
        )
    return Proposal(source.model_copy(update={"part": form.name, "shift": shift}), notes=tuple(notes))


def shift_of(raw: RawTable, form: Form, shifts: Mapping[str, int]) -> int:
    """Return by how many columns the rows of a form stood beside their names."""
    repeated = find_repeats(raw)
    if repeated is None or not shifts:
        return 0
    words = raw.columns[repeated]
    kinds = words.values[np.unique(words.codes[find_members(raw, form)])]
    return next((shifts[kind] for kind in kinds if kind in shifts), 0)


def _dictionary(file: File) -> str | None:
    """Return the data dictionary that lies beside the file, if one does."""
    folder = file.path.parent
    beside = [
        path for path in sorted(folder.glob("*.csv")) if path != file.path and is_dictionary(File(path, path.name))
    ]
    if len(beside) != 1:
        return None
    return str(file.name)[: -len(file.path.name)] + beside[0].name


@dataclass(frozen=True)
class Asked:
    """A field of a data dictionary: what it asks, and its choices (code → label)."""

    label: str
    choices: dict[str, str]


def _fields(path: Path) -> dict[str, Asked]:
    """Return the fields of a data dictionary; nothing where the file is none."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, csv.Error):
        return {}
    header = [re.sub(r"[^a-z]+", "_", name.casefold()).strip("_") for name in (rows[0] if rows else [])]
    field = next((header.index(one) for one in ("variable_field_name", "field_name") if one in header), None)
    choices = next((at for at, one in enumerate(header) if one.startswith(("choices", "select_choices"))), None)
    if field is None or choices is None:
        return {}
    label = header.index("field_label") if "field_label" in header else field
    return {
        row[field].strip(): Asked(re.sub(r"<[^>]*>", " ", row[label]).strip(), _choices(row[choices]))
        for row in rows[1:]
        if len(row) > max(field, choices, label)
    }


def _choices(text: str) -> dict[str, str]:
    """Return the choices of a field.

    >>> _choices("1, IV ketamine | 2, Spravato (esketamine)")
    {'1': 'IV ketamine', '2': 'Spravato (esketamine)'}
    """
    pairs = [one.split(",", 1) for one in text.split("|") if "," in one]
    return {one_spelling(code): label.strip() for code, label in pairs}


def is_dictionary(file: File) -> bool:
    """Tell whether a file is a data dictionary of REDCap."""
    begins = re.match(rb'(?:\xef\xbb\xbf)?"?(?:field_name|variable / field name)\b', file.start, re.IGNORECASE)
    return file.ending == ".csv" and begins is not None and bool(_fields(file.path))


def find_forms(raw: RawTable) -> list[Form]:
    """Return the forms of a file, in its order."""
    names = list(raw.columns)
    first = names[0]
    shared = [name for name in names if name == first or name.casefold() in SHARED]
    own = [name for name in names if name not in shared]
    marked = [name for name in own if MARK.fullmatch(name) or LABEL_MARK.fullmatch(name)]
    if marked:
        return _marked_forms(raw, shared, own, marked)
    repeated = find_repeats(raw)
    return _filled_forms(raw, shared, own, repeated) if repeated else []


def _marked_forms(raw: RawTable, shared: list[str], own: list[str], marked: list[str]) -> list[Form]:
    forms: list[Form] = []
    columns: list[str] = []
    for name in own:
        columns.append(name)
        if name in marked:
            match = MARK.fullmatch(name)
            for group in _by_rows(raw, columns):
                title = match[1] if match else _title(raw, group) or f"form {len(forms) + 1}"
                forms.append(Form(title, _renamed(shared, group)))
            columns = []
    if columns:  # fields behind the last mark
        forms.append(Form("rest", _renamed(shared, columns)))
    names = number_repeated([form.name for form in forms])
    return [replace(form, name=name) for form, name in zip(forms, names, strict=True)]


def _by_rows(raw: RawTable, columns: list[str]) -> list[list[str]]:
    """Return the columns of one stretch in groups, where those of a repeating form and of another stand in one.

    A form whose mark is not among the columns ends where fields of the next begin: they are filled in rows of another kind.
    """
    repeated = find_repeats(raw)
    if repeated is None:
        return [columns]
    words = raw.columns[repeated]
    kinds = [frozenset(words.values[np.unique(words.codes[_any_filled(raw, [name])])].tolist()) for name in columns]
    known = list(dict.fromkeys(kind for kind in kinds if kind))
    if len(known) < 2 or any(a & b for at, a in enumerate(known) for b in known[at + 1 :]):
        return [columns]
    last = known[-1]  # marks and fields that nobody filled go with the form that ends here
    return [[name for name, kind in zip(columns, kinds, strict=True) if (kind or last) == one] for one in known]


def _title(raw: RawTable, columns: list[str]) -> str | None:
    """Return the repeating form whose rows hold a form's fields, where it is one."""
    repeated, rows = find_repeats(raw), _any_filled(raw, columns)
    if repeated is None or not rows.any():
        return None
    words = raw.columns[repeated]
    found = set(words.values[np.unique(words.codes[rows])].tolist())
    return found.pop() if len(found) == 1 and "" not in found else None


def _filled_forms(raw: RawTable, shared: list[str], own: list[str], repeated: str) -> list[Form]:
    words = raw.columns[repeated]
    forms = []
    for code in np.unique(words.codes):
        rows = words.codes == code
        columns = [name for name in own if _any_filled(raw, [name])[rows].any()]
        if columns:
            forms.append(Form(str(words.values[code]) or RECORD, _renamed(shared, columns)))
    return forms


def _renamed(shared: list[str], columns: list[str]) -> dict[str, str]:
    """Return the columns with the numbers dropped that only the whole file needs (``Complete? (2)``)."""
    bare = [re.sub(r" \(\d+\)$", "", name) for name in columns]
    names = number_repeated([*shared, *bare])
    return dict(zip([*shared, *columns], names, strict=True))


def _any_filled(raw: RawTable, columns: Iterable[str]) -> Array:
    """Return which rows hold a value in any of the columns; boxes that are not ticked and forms not begun are none."""
    rows = np.zeros(raw.size, dtype=bool)
    for name in columns:
        if MARK.fullmatch(name) or LABEL_MARK.fullmatch(name):
            continue
        empty = {"", NOT_COMPLETED, "0", "Unchecked"} if "___" in name or "(choice=" in name else {"", NOT_COMPLETED}
        words = raw.columns[name]
        rows |= words.spread(np.array([value not in empty for value in words.values], dtype=bool))
    return rows


def find_members(raw: RawTable, form: Form) -> Array:
    """Return which rows belong to a form."""
    shared = {name for name in form.columns if name.casefold() in SHARED} | {next(iter(raw.columns))}
    return _any_filled(raw, (name for name in form.columns if name not in shared))


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read one form of a file (the source's ``part``), or all rows where it names none.

    Raises
    ------
    InputError
        No such form.
    """
    plain = source.model_copy(update={"rename": {}})
    raw = tables.read(file, plain, None, frozenset())
    if source.part is not None:
        shifts = find_shifts(raw)
        raw = realign(raw, shifts)
        forms = {form.name: form for form in find_forms(raw)}
        if source.part not in forms:
            known = ", ".join(map(repr, forms)) or "none"
            raise InputError(
                f"{raw.name}: no form {source.part!r}; the file has {known}. Correct 'part' of this source."
            )
        form = forms[source.part]
        shift = shift_of(raw, form, shifts)
        if shift != source.shift:
            raise InputError(
                f"{raw.name}: the cells of form {source.part!r} stand {shift} column(s) to the left of their names, and the study file says "
                f"{source.shift}. Write `shift: {shift}` for this source, or mend the file."
            )
        raw = raw.at(np.nonzero(find_members(raw, form))[0])
        raw = replace(raw, columns={new: raw.columns[old] for old, new in form.columns.items()})
    asked = _asked(file, source)
    columns = {
        name: _clean(words, asked[name].choices if name in asked else {}, name) for name, words in raw.columns.items()
    }
    raw = replace(raw, columns={source.rename.get(name, name): words for name, words in columns.items()})
    names = list(raw.columns)
    places = find_columns(choose_columns(wanted, names), names, raw.name)
    return replace(raw, columns={name: raw.columns[name] for name in places})


def _asked(file: File, source: Source) -> dict[str, Asked]:
    """Return the fields of the data dictionary that a source names."""
    return _fields(file.path.parent / source.dictionary.rsplit("/", 1)[-1]) if source.dictionary else {}


def _clean(words: Words, choices: Mapping[str, str], name: str) -> Words:
    """Return a field with its codes as labels, but of numbered items; a survey that was not completed has no time."""
    label = {} if re.search(r"_?\d+$", name) else choices
    values = ["" if value == NOT_COMPLETED else label.get(one_spelling(value), value) for value in words.values]
    return Words(words.codes, text_array(values))


READER = Reader(frozenset({"redcap"}), recognise, propose, read)
