"""The counts of one table as they are released."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outcomes.contracts.released.columns import Effective, People
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable
from outcomes.release.disclosure.count import Bools, Count, Floats
from outcomes.release.disclosure.narrowing import Addition, coarsen_counts
from outcomes.release.disclosure.rounding import Rounding

TOTAL = "total of "  # begins the name of a total that other tables show


def round_counts(frame: pd.DataFrame, table: type[ReleasedTable], rounding: Rounding) -> dict[str, Count]:
    """Return the counts of people of a table, by column, rounded or hidden.

    A zero stays a zero, but in a group that is itself below the minimum nothing is told apart. Where the sums of the table would
    narrow a count that is hidden to few values, the total is rounded more coarsely.
    """
    counts: dict[str, Count] = {}
    for column in _order(table):
        if column in frame:
            counts[column] = _round(frame, column, rounding, _find_groups(frame, table, column), counts)
    shown = dict(counts)
    sums = [
        *_list_sums(frame, table, counts),
        *_list_shared(frame, table, counts, rounding),
        *_list_rows(table, counts),
    ]
    wholes = {
        str(one): one.part_of
        for one in table.fields
        if one in counts and isinstance(one, People) and one.part_of in counts
    }
    coarsen_counts(counts, sums, rounding, wholes)
    return shown


def _order(table: type[ReleasedTable]) -> list[People | Effective]:
    """Return the columns of counts, wholes before their parts."""
    left = [column for column in table.fields if isinstance(column, People | Effective)]
    ordered: list[People | Effective] = []
    while left:
        ready = [one for one in left if not isinstance(one, People) or one.part_of in (None, *ordered)]
        if not ready:
            raise ValueError(f"table {table.name}: {', '.join(left)} are parts of one another")
        ordered += ready
        left = [one for one in left if one not in ready]
    return ordered


def _round(
    frame: pd.DataFrame, column: People | Effective, rounding: Rounding, groups: list[Floats], counts: dict[str, Count]
) -> Count:
    true = frame[column].to_numpy(dtype=float, na_value=np.nan)
    whole = counts.get(column.part_of or "") if isinstance(column, People) else None
    with np.errstate(invalid="ignore"):
        tiny = np.zeros(len(frame), dtype=bool)
        if "arm" in frame:
            tiny |= frame["arm"].astype(str).isin(rounding.few_arms).to_numpy()
        for group in groups:
            tiny |= (group > 0) & (group < rounding.minimum)
        small = (true > 0) & (true < rounding.minimum) | tiny & (true >= 0)
        if whole is not None:
            small |= whole.small & (true >= 0)
    exact = np.zeros(len(frame), dtype=bool)
    if isinstance(column, People) and column.unless is not None:
        exact = (frame[column.unless[0]] == column.unless[1]).to_numpy(dtype=bool)
        small &= ~exact
    printed, low, high = true.copy(), true.copy(), true.copy()
    for place in map(int, np.flatnonzero(~np.isnan(true) & ~exact)):
        if small[place]:
            printed[place] = np.nan
            low[place], high[place] = (
                (0 if true[place] == 0 or _is_tiny(tiny, whole, place) else 1),
                rounding.minimum - 1,
            )
        else:
            printed[place] = rounding.round(true[place])
            low[place], high[place] = rounding.span(int(printed[place]))
    return Count(true, printed, small, low, high, groups[-1] if groups else np.full(len(frame), np.nan))


def _is_tiny(tiny: Bools, whole: Count | None, place: int) -> bool:
    return bool(tiny[place]) or (whole is not None and bool(whole.small[place]))


def _find_groups(frame: pd.DataFrame, table: type[ReleasedTable], column: str) -> list[Floats]:
    """Return, for each sum that a column is in, how many people the parts of the row's sum are together."""
    groups = []
    for one in table.sums:
        if not {column} & {*one.columns, one.rest} or not {*one.by} <= set(frame.columns):
            continue
        size = np.full(len(frame), np.nan)
        names = [name for name in (one.columns if column == one.rest else (column,)) if name in frame]
        numbers = frame[names].to_numpy(dtype=float, na_value=np.nan)
        for parts, rest, total in _split(frame, one):
            known = float(np.nansum(numbers[parts])) + rest
            if total is not None and column != one.rest:
                known = float(numbers[total, 0])
            mine = [*parts, *([] if total is None else [total])]
            size[mine] = known
        groups.append(size)
    return groups


def _split(frame: pd.DataFrame, one: Sum) -> Iterator[tuple[list[int], float, int | None]]:
    """Yield, for each group of rows that a sum is about, the places of its parts, its rest, and the place of its total."""
    named = dict(one.total)
    by = [name for name in one.by if name in frame]
    apart = {name for name in named if name in by}  # the total stands in another group
    marked = np.ones(len(frame), dtype=bool) & bool(named)
    for name, value in named.items():
        marked &= (frame[name].fillna("").astype(str) == value).to_numpy(dtype=bool)
    others = [name for name in by if name not in apart]
    wholes = {tuple(row): place for place, row in _keys(frame, others) if marked[place]}
    groups: dict[tuple[str, ...], list[int]] = {}
    part = _find_parts(frame, one)
    for place, row in _keys(frame, by):
        if not marked[place] and part[place]:
            groups.setdefault(row, []).append(place)
    rests = (
        frame[one.rest].to_numpy(dtype=float, na_value=np.nan) if one.rest is not None and one.rest in frame else None
    )
    for key, parts in groups.items():
        kept = tuple(value for name, value in zip(by, key, strict=True) if name not in apart)
        rest = 0.0
        if rests is not None and not np.isnan(rests[parts]).all():
            rest = float(np.nanmax(rests[parts]))
        yield parts, rest, wholes.get(kept)


def _keys(frame: pd.DataFrame, by: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    columns = [frame[name].fillna("").astype(str) for name in by]
    yield from enumerate(zip(*columns, strict=True) if columns else [()] * len(frame))


def _find_parts(frame: pd.DataFrame, one: Sum) -> Bools:
    """Tell which rows are among the parts; '*' stands for any value, and a column is not asked in a row where it is empty."""
    if not one.among:
        return np.ones(len(frame), dtype=bool)
    asked = []
    for name, values in one.among:
        texts = frame[name].astype(str)
        fits = texts.isin(values) | ((texts != "") if "*" in values else False)
        asked.append(np.where(frame[name].isna(), one.every, fits))
    return np.asarray((np.all if one.every else np.any)(asked, axis=0), dtype=bool)


def _list_sums(frame: pd.DataFrame, table: type[ReleasedTable], counts: dict[str, Count]) -> Iterator[Addition]:
    """Yield every total that the table shows with its parts; where they do not add up, the total is not theirs."""
    for one in table.sums:
        if not one.total or not {*one.by, *dict(one.total)} <= set(frame.columns):
            continue
        for parts, _, total in _split(frame, one):
            if total is None:
                continue
            for column in [name for name in one.columns if name in counts]:
                cells = [(column, place) for place in parts if not np.isnan(counts[column].true[place])]
                if one.rest is not None and one.rest in counts:
                    known = [place for place in parts if not np.isnan(counts[one.rest].true[place])]
                    cells += [(one.rest, place) for place in known[:1]]
                if sum(counts[name].true[place] for name, place in cells) == counts[column].true[total]:
                    yield (column, total), cells, one.kept


def _list_shared(
    frame: pd.DataFrame, table: type[ReleasedTable], counts: dict[str, Count], rounding: Rounding
) -> Iterator[Addition]:
    """Yield sums of the same people whose total no row of this table has; others do, so it is taken as printed, among ``counts``."""
    for one in table.sums:
        if not one.shared or not {*one.by} <= set(frame.columns):
            continue
        for column in [name for name in one.columns if name in counts]:
            groups: dict[tuple[str, ...], list[list[int]]] = {}
            for parts, _, _ in _split(frame, one):
                key = tuple(str(frame[name].iloc[parts[0]]) for name in one.shared)
                groups.setdefault(key, []).append(parts)
            sizes = [max(counts[column].true[parts].sum() for parts in several) for several in groups.values()]
            printed = [rounding.round(size) if not rounding.hides(size) else 0 for size in sizes]
            spans = [rounding.span(one) if one else (0, rounding.minimum - 1) for one in printed]
            name, none = f"{TOTAL}{column}", np.full(len(sizes), np.nan)
            low, high = (np.array([span[side] for span in spans], dtype=float) for side in (0, 1))
            whole = Count(
                np.array(sizes, dtype=float),
                np.array(printed, dtype=float),
                np.zeros(len(sizes), bool),
                low,
                high,
                none,
            )
            counts[name] = whole
            for place, several in enumerate(groups.values()):
                for parts in several:
                    if counts[column].true[parts].sum() == sizes[place]:
                        yield (name, place), [(column, part) for part in parts], True


def _list_rows(table: type[ReleasedTable], counts: dict[str, Count]) -> Iterator[Addition]:
    """Yield the sums within a row."""
    for one in table.sums:
        if one.into is not None and {*one.columns, one.into} <= set(counts):
            for place in range(len(counts[one.into].true)):
                if sum(counts[name].true[place] for name in one.columns) == counts[one.into].true[place]:
                    yield (one.into, place), [(name, place) for name in one.columns], one.kept
