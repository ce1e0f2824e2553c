"""CDISC ODM 1.3 and 2 as OpenClinica, Medidata, Castor and REDCap write it: each form is a table of its own, a ``part``.

A row is a form that was filled in, once for each repeat of the group of items that repeats within it. Its columns are ``subject key``, ``event name``,
``event number``, and a column for each item by its name, else by its identifier. A form without a day of its own has ``event date``, the one day that the other forms of its event
name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.growing import Rows
from outcomes.intake.readers.header import Wanted, choose_columns, find_columns, report_columns
from outcomes.intake.readers.odm_forms import Form, Metadata, iterate_forms
from outcomes.intake.words import Origin, RawTable
from outcomes.settings import Source

ENDINGS = frozenset({".xml", ".odm"})
BETWEEN = " - "  # a form and the group of items that repeats in it, where several do


def recognise(file: File) -> float:
    """Tell whether the file begins as XML of ODM."""
    start = file.start
    return (
        0.95
        if file.ending in ENDINGS and b"<" in start[:4] and b"ODM" in start and b"cdisc.org/ns/odm" in start
        else 0.0
    )


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return a source for each form that holds anything."""
    metadata = Metadata()
    repeated: dict[str, dict[str, None]] = {}
    dated = set()
    for form in iterate_forms(file, metadata):
        repeated.setdefault(form.oid, {}).update(dict.fromkeys(_repeated(form)))
        dated |= {form.oid} if "event date" in form.about else set()
    if not repeated:
        return [Unread(file.name, "an export of ODM that holds metadata and no data of a subject")]
    names = _name_items(metadata)
    labels = {names[oid]: item.asks for oid, item in metadata.items.items() if item.asks}
    return [
        Proposal(
            Source(file=file.name, format="odm", part=part),
            notes=("an export of ODM: each form is read as a table of its own",),
            checks=("the form names no day: that of its event is taken (event date)",) if oid in dated else (),
            labels=labels,
        )
        for oid, groups in repeated.items()
        for part in _parts(_name_form(oid, metadata), list(groups))
    ]


def _parts(form: str, groups: Sequence[str]) -> list[str]:
    return [f"{form}{BETWEEN}{group}" for group in groups] if len(groups) > 1 else [form]


def _repeated(form: Form) -> list[str]:
    return [group for group, times in Counter(group for group, _ in form.groups).items() if times > 1]


def _name_form(oid: str, metadata: Metadata) -> str:
    """Return the name of a form; its identifier where another one has that name, or it has none."""
    name = metadata.names.get(oid, "")
    return name if name and list(metadata.names.values()).count(name) == 1 else oid


def _name_items(metadata: Metadata) -> dict[str, str]:
    """Return the name of each item; its identifier where another one has that name, or it has none."""
    names = Counter(item.name for item in metadata.items.values())
    return {oid: item.name if item.name and names[item.name] == 1 else oid for oid, item in metadata.items.items()}


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the forms of one part; all of them where the source names none.

    Raises
    ------
    InputError
        No form of the part; what is no XML of ODM.
    """
    metadata, rows = Metadata(), Rows()
    known: dict[str, None] = {}
    mine: list[int] = []
    forms = 0
    names: dict[str, str] = {}
    for forms, form in enumerate(iterate_forms(file, metadata), start=1):
        names = names or _name_items(metadata)
        name = _name_form(form.oid, metadata)
        known[name] = None
        if source.part is not None and source.part != name and not source.part.startswith(f"{name}{BETWEEN}"):
            continue
        group = None if source.part in (None, name) else source.part.removeprefix(f"{name}{BETWEEN}")
        for row in _rows_of(form, group, file.name):
            mine.append(forms - 1)
            cells = form.about | {names.get(oid, oid): value for oid, value in row.items()}
            rows.add({source.rename.get(one, one): ("", cell) for one, cell in cells.items()})
    if not mine:
        raise InputError(
            f"{file.name}: no form {source.part!r}; the file has {', '.join(map(repr, known)) or 'none'}. Correct 'part' of this source."
        )
    table = rows.columns()
    chosen = choose_columns(wanted, list(table))
    report_columns(list(table), chosen, source.ignore, file.name)
    if file.one_of_many:  # what one of many files does not hold is blank in it
        chosen &= set(table)
    columns = {name: table[name] for name in find_columns(chosen, list(table), file.name)}
    numbers, places = np.arange(1, forms + 1, dtype=np.int64), np.arange(len(mine), dtype=np.int64)
    return RawTable(file.name, len(mine), columns, Origin(numbers, places, np.array(mine, dtype=np.int64)))


def _rows_of(form: Form, group: str | None, file: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a form: one for each repeat of the group that repeats, with the answers of the others beside it."""
    repeated = _repeated(form)
    if group is None and len(repeated) > 1:
        parts = ", ".join(f"{BETWEEN}{one}" for one in repeated)
        raise InputError(
            f"{file}: several groups of items repeat within one form. Name the one that is meant at the end of 'part' of this source ({parts})."
        )
    chosen = repeated[0] if group is None and repeated else group
    single = {
        oid: value
        for one, items in form.groups
        if one != chosen and one not in repeated
        for oid, value in items.items()
    }
    own = [items for one, items in form.groups if one == chosen]
    for items in own or [{}]:
        yield single | items


READER = Reader(frozenset({"odm"}), recognise, propose, read, ENDINGS)
