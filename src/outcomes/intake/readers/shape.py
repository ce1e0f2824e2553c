"""Tables of another shape: rows of other tables, rows that are no records, cells written once, wide and long files.

Every operation keeps which row of the file each row of the result came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.cells import make_columns, split_cells
from outcomes.intake.readers.header import find_columns
from outcomes.intake.readers.joining import join_columns, refuse_taken
from outcomes.intake.readers.pivoting import pivot_rows
from outcomes.intake.values import one_spelling, says_same
from outcomes.intake.words import Array, Origin, RawTable, Words, constant, text_array
from outcomes.settings import Source, Stack


def needed_columns(source: Source, wanted: set[str] | None, names: list[str], file: str) -> set[str]:
    """Return the columns of the file that must be read to give the wanted ones of the shaped table (None: all)."""
    own = {*source.rows, *source.leave_out, *source.fill_down, *source.each}
    if source.join is not None:
        refuse_taken(source.join, names, file)
        own |= set(source.join.by) & set(names)
        wanted = None if wanted is None else wanted - set(source.join.columns)
    for key, made, parts in (
        ("combine", source.combine, {part for of in source.combine.values() for part in of}),
        ("in_text", source.in_text, {one.column for one in source.in_text.values()}),
        ("ticks", source.ticks, {column for of in source.ticks.values() for column in of.values()}),
        ("parts", {new for of in source.parts.values() for new in of}, set(source.parts)),
    ):
        if parts:
            find_columns(parts, names, file, f"the source's '{key}'")
            own |= parts
            wanted = None if wanted is None else wanted - set(made)
    if source.pivot is not None:
        pivot = source.pivot
        kept = set() if wanted is None else wanted - set(pivot.columns) - set(pivot.rows)
        joined = set() if source.join is None else set(source.join.columns)
        return {*own, *({*pivot.rows, pivot.name, pivot.value} - joined), *kept}
    if wanted is None:
        return own | set(filter(None, names))
    if source.stack is not None:
        stacked = spread_patterns(source.stack, names, file)
        wanted = wanted - set(stacked) - {source.stack.label}
        return own | wanted | {column for of in stacked.values() for column in of.values()}
    return own | wanted


def is_shaped(source: Source) -> bool:
    """Tell whether a source asks for anything beyond the rows and columns of its file."""
    return bool(
        source.rows
        or source.leave_out
        or source.fill_down
        or source.combine
        or source.in_text
        or source.ticks
        or source.parts
        or source.each
        or source.join
        or source.stack
        or source.pivot
    )


def shape_table(raw: RawTable, source: Source, names: list[str], other: RawTable | None = None) -> RawTable:
    """Return a file's table as its source wants it; ``names`` are all columns of the file, ``other`` is the table that it is joined to.

    A table is joined before it is stacked or pivoted where it has the key then, else after that.

    Raises
    ------
    InputError
        A pattern that no column fits, or a shape that leaves no row.
    """
    if source.fill_down:
        raw = fill_down(raw, source.fill_down)
    if source.leave_out:
        raw = leave_out(raw, source.leave_out)
    if source.rows:
        raw = raw.at(np.nonzero(find_rows(raw, source.rows))[0])
    if source.combine:
        raw = combine_columns(raw, source.combine)
        names = [*names, *source.combine]
    if source.in_text or source.ticks or source.parts:
        raw = make_columns(raw, source.in_text, source.ticks, source.parts)
        names = [*names, *source.in_text, *source.ticks, *(new for of in source.parts.values() for new in of)]
    for column, between in source.each.items():
        raw = split_cells(raw, column, between)
    join = source.join if other is not None else None
    if join is not None and other is not None and set(join.by) <= set(names):
        raw, join = join_columns(raw, other, join), None
    if source.stack is not None:
        raw = stack_columns(raw, source.stack, names)
    if source.pivot is not None:
        raw = pivot_rows(raw, source.pivot)
    if join is not None and other is not None:
        raw = join_columns(raw, other, join)
    if not raw.size:
        asked = "; ".join(f"{name}: {', '.join(map(repr, values))}" for name, values in source.rows.items())
        raise InputError(
            f"{raw.name}: no row is left{f' of those that the source asks for ({asked})' if asked else ''}. Correct the "
            "source's 'rows', 'leave_out', 'stack' or 'pivot'."
        )
    return raw


def find_rows(raw: RawTable, rows: Mapping[str, tuple[str, ...]]) -> Array:
    """Return which rows have, in every named column, one of its values; a ``*`` stands for any text."""
    fits = np.ones(raw.size, dtype=bool)
    for column, values in rows.items():
        words = raw.columns[column]
        asked = {one_spelling(value) for value in values}
        forms = [one for one in asked if "*" in one]
        spelt = [one_spelling(value) for value in words.values]
        mine = [one in asked or any(fnmatchcase(one, form) for form in forms) for one in spelt]
        fits &= words.spread(np.array(mine, dtype=bool))
    return fits


def leave_out(raw: RawTable, values: Mapping[str, tuple[str, ...]]) -> RawTable:
    """Return the table without the rows that hold any of the values, which the ledger counts as no records."""
    out = np.zeros(raw.size, dtype=bool)
    for column, spellings in values.items():
        out |= find_rows(raw, {column: spellings})
    return drop_rows(raw, out, "no_record")


def drop_rows(raw: RawTable, out: Array, reason: str) -> RawTable:
    """Return the table without some rows, which the ledger enters with a reason."""
    if not out.any():
        return raw
    origin = raw.origin or Origin.whole(np.arange(2, raw.size + 2, dtype=np.int64))
    gone = np.unique(origin.at(np.nonzero(out)[0], raw.size).file)
    kept = raw.at(np.nonzero(~out)[0])
    assert kept.origin is not None
    return replace(kept, origin=replace(kept.origin, left_out=(*kept.origin.left_out, (reason, gone))))


def fill_down(raw: RawTable, names: Iterable[str]) -> RawTable:
    """Return the table with blank cells and ditto marks of some columns filled with the value above them; a blank row stays blank."""
    blank = np.ones(raw.size, dtype=bool)
    for words in raw.columns.values():
        blank &= words.spread(np.array([value == "" for value in words.values], dtype=bool))
    columns = dict(raw.columns)
    for name in names:
        words = columns[name]
        filled = words.spread(np.array([value != "" and not says_same(value) for value in words.values], dtype=bool))
        last = np.maximum.accumulate(np.where(filled, np.arange(raw.size), -1))
        take = ~blank & (last >= 0)
        codes = np.where(take, words.codes[np.maximum(last, 0)], words.codes)
        columns[name] = Words(codes, words.values)
    return replace(raw, columns=columns)


def combine_columns(raw: RawTable, combine: Mapping[str, tuple[str, ...]]) -> RawTable:
    """Return the table with, for each new column, the one cell that a row fills in the columns that it takes the place of.

    Raises
    ------
    InputError
        A row that fills several, with different values.
    """
    columns = dict(raw.columns)
    for new, parts in combine.items():
        values = _below([raw.columns[part] for part in parts], [raw.size] * len(parts))
        codes = values.codes.reshape(len(parts), raw.size)
        filled = np.array([value != "" for value in values.values], dtype=bool)[codes]
        first = codes[np.argmax(filled, axis=0), np.arange(raw.size)]
        both = np.nonzero((filled & (codes != first)).any(axis=0))[0]
        if len(both):
            origin = raw.origin or Origin.whole(np.arange(2, raw.size + 2, dtype=np.int64))
            rows = origin.numbers[np.unique(origin.at(both, raw.size).file)]
            numbers = ", ".join(map(str, rows[:5].tolist()))
            raise InputError(
                f"{raw.name}: {len(both)} row(s) fill several of the columns that 'combine' makes {new!r}, with different values (rows {numbers}"
                f"{' …' if len(both) > 5 else ''}). They are two questions, or two questionnaires in a row: `stack` reads these."
            )
        columns[new] = Words(first.astype(np.int32), values.values)
    taken = {part for parts in combine.values() for part in parts} - set(combine)
    return replace(raw, columns={name: words for name, words in columns.items() if name not in taken})


def spread_patterns(stack: Stack, names: list[str], file: str) -> dict[str, dict[str, str]]:
    """Return, for every new column, what differs → the file's column, in the file's order.

    Raises
    ------
    InputError
        A pattern that no column fits, or a named column that the file does not have.
    """
    found: dict[str, dict[str, str]] = {}
    for new, of in stack.columns.items():
        if isinstance(of, dict):
            find_columns(of.values(), names, file, f"the source's 'stack' ({new})")
            found[new] = of
            continue
        form = re.compile("(.+)".join(re.escape(part) for part in of.split("{}")), re.IGNORECASE)
        fits = {match[1].strip(): name for name in names if of.count("{}") == 1 and (match := form.fullmatch(name))}
        if not fits:
            raise InputError(
                f"{file}: the source's 'stack' puts columns like {of!r} below one another, and none is. Write {{}} once, in "
                "the place of what differs."
            )
        found[new] = fits
    return found


def stack_columns(raw: RawTable, stack: Stack, names: list[str]) -> RawTable:
    """Return a wide table with one row for each of its own and each thing that differs; rows without any value are not made."""
    found = spread_patterns(stack, names, raw.name)
    labels = list(dict.fromkeys(label for of in found.values() for label in of))
    taken = {column for of in found.values() for column in of.values()}
    used, rows, pieces = [], [], []
    for label in labels:
        columns = [raw.columns[of[label]] for of in found.values() if label in of]
        filled = np.zeros(raw.size, dtype=bool)
        for words in columns:
            filled |= words.spread(np.array([value != "" for value in words.values], dtype=bool))
        places = np.nonzero(filled)[0]
        used.append(label)
        rows.append(places)
        pieces.append({new: raw.columns[of[label]].at(places) for new, of in found.items() if label in of})
    every = np.concatenate(rows) if rows else np.empty(0, np.int64)
    order = np.argsort(every, kind="stable")  # the file's rows in order, and what differs within them
    rest = raw.at(every[order])
    made = {new: _below([p.get(new) for p in pieces], [len(r) for r in rows]).at(order) for new in found}
    sizes = np.repeat(np.arange(len(used)), [len(part) for part in rows])
    made[stack.label] = Words(sizes.astype(np.int32)[order], text_array(used))
    others = {name: words for name, words in rest.columns.items() if name not in taken}
    blank = np.setdiff1d(np.arange(raw.size), every)
    origin = rest.origin
    assert origin is not None
    if len(blank):
        start = raw.origin or Origin.whole(np.arange(2, raw.size + 2, dtype=np.int64))
        origin = replace(origin, left_out=(*origin.left_out, ("blank_row", np.unique(start.at(blank, raw.size).file))))
    return RawTable(raw.name, len(every), {**others, **made}, origin, raw.epoch)


def _below(parts: list[Words | None], sizes: list[int]) -> Words:
    """Return columns below one another, blank where a part has none."""
    columns = [constant("", size) if part is None else part for part, size in zip(parts, sizes, strict=True)]
    place: dict[str, int] = {}
    codes = []
    for words in columns:
        known = np.array([place.setdefault(value, len(place)) for value in words.values], dtype=np.int32)
        codes.append(known[words.codes] if len(known) else np.empty(0, np.int32))
    return Words(np.concatenate(codes) if codes else np.empty(0, np.int32), text_array(list(place)))


def join_tables(tables: Sequence[RawTable], name: str) -> RawTable:
    """Return the tables of several files as one; rows are numbered through the files, from 2."""
    if len(tables) == 1:
        return tables[0]
    sizes = [table.size for table in tables]
    columns = {
        column: _below([table.columns.get(column) for table in tables], sizes)
        for column in dict.fromkeys(column for table in tables for column in table.columns)
    }
    origin = None if all(table.origin is None for table in tables) else _join_origins(tables)
    return RawTable(name, sum(sizes), columns, origin, tables[0].epoch if tables else None)


def _join_origins(tables: Sequence[RawTable]) -> Origin:
    origins = [table.origin or Origin.whole(np.arange(2, table.size + 2, dtype=np.int64)) for table in tables]
    starts = np.cumsum([0, *(len(origin.numbers) for origin in origins)])
    tops = np.cumsum([0, *(table.size for table in tables)])
    return Origin(
        np.arange(2, starts[-1] + 2, dtype=np.int64),
        np.concatenate([origin.table + top for origin, top in zip(origins, tops, strict=False)]),
        np.concatenate([origin.file + start for origin, start in zip(origins, starts, strict=False)]),
        tuple((why, rows + at) for one, at in zip(origins, starts, strict=False) for why, rows in one.left_out),
        {
            name: np.concatenate(
                [_shifted(one.cells, name, n.size, at) for one, n, at in zip(origins, tables, starts, strict=False)]
            )
            for name in dict.fromkeys(name for origin in origins for name in origin.cells)
        },
    )


def _shifted(cells: Mapping[str, Array], name: str, size: int, start: int) -> Array:
    cell = cells.get(name, np.full(size, -1, dtype=np.int64))
    shifted: Array = np.where(cell >= 0, cell + start, -1)
    return shifted
