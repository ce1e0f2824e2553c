"""The counts of one table as they are released, and what a reader then knows of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.contracts.released.columns import Effective, People
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable
from outcomes.release.disclosure.rounding import Rounding

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Cell = tuple[str, int]
Addition = tuple[Cell, list[Cell], bool]  # a total, its parts, and whether other tables show the total
TOTAL = "total of "  # begins the name of a total that other tables show
COARSER = (10, 20, 50, 100)  # tried in turn for a total from which a small part would follow
LARGEST_BASE = 1.5  # times the count itself: 50 may stand for 42, not for 18
FEWEST_VALUES = 5  # that a hidden count must still be able to have: three, and room for what other tables say


@dataclass
class Count:
    """A column of counts.

    Attributes
    ----------
    true : ndarray
        As counted; missing where the row has none.
    printed : ndarray
        As released; missing where ``small``.
    small : ndarray of bool
        Only a bound is released.
    low, high : ndarray
        What the printed value leaves possible.
    whole : ndarray
        How many people the parts of the last declared sum are together; missing where there is none.
    """

    true: Floats
    printed: Floats
    small: Bools
    low: Floats
    high: Floats
    whole: Floats


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
    wholes = {str(one): one.part_of for one in table.fields if isinstance(one, People) and one.part_of in counts}
    _coarsen(counts, sums, rounding, wholes)
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


def _coarsen(counts: dict[str, Count], sums: list[Addition], rounding: Rounding, wholes: dict[str, str]) -> None:
    """Round more coarsely until no hidden part is left with too few values; the last resort is to tell nothing of a count.

    A total is rounded, or where other tables show it too, the largest of its parts that is shown. A hidden total may still follow
    from a sum that it is a part of; then that sum is the next.
    """
    steps: dict[Cell, int] = {}
    while narrow := _find_narrow(counts, sums, min(FEWEST_VALUES, rounding.minimum - 2)):
        cells = [cell for total in narrow for cell in _choose(total, sums, steps, counts)]
        if not cells:
            return
        for cell in dict.fromkeys(cells):
            steps[cell] = _coarsen_one(counts, cell, steps.get(cell, 0), rounding, wholes)


def _choose(total: Cell, sums: list[Addition], steps: dict[Cell, int], counts: dict[str, Count]) -> list[Cell]:
    """Return the counts to round more coarsely so that a total narrows its parts less."""
    if not any(kept for one, _, kept in sums if one == total):
        if steps.get(total, 0) <= len(COARSER):
            return [total]
        above = [one for one, parts, _ in sums if total in parts and steps.get(one, 0) <= len(COARSER)]
        return [cell for one in above for cell in _choose(one, sums, steps, counts)]
    chosen = []
    for one, parts, _ in sums:
        left = [part for part in parts if steps.get(part, 0) <= len(COARSER) and counts[part[0]].true[part[1]] > 0]
        shown = [part for part in left if not counts[part[0]].small[part[1]]]
        if one == total and left:
            chosen.append(max(shown or left, key=lambda part: float(counts[part[0]].true[part[1]])))
    return chosen


def _coarsen_one(counts: dict[str, Count], cell: Cell, step: int, rounding: Rounding, wholes: dict[str, str]) -> int:
    """Round a count one step more coarsely, or tell nothing of it after the last; return the step that follows.

    A step that would print a number far from the count, or a part above its whole, is left out.
    """
    count, place = counts[cell[0]], cell[1]
    if step < len(COARSER) and not count.small[place] and count.true[place] > 0:
        base, true = COARSER[step], count.true[place]
        printed = rounding.round(true, base)
        if base > LARGEST_BASE * true or not _fits(counts, cell, printed, wholes):
            return step + 1
        low, high = rounding.span(printed)  # what a reader believes who is not told the base; by luck it may be so
        count.low[place], count.high[place] = (low, high) if low <= true <= high else rounding.span(printed, base)
        count.printed[place] = printed
        return step + 1
    count.printed[place], count.small[place] = np.nan, False
    count.low[place], count.high[place] = 0, np.inf
    return len(COARSER) + 1


def _fits(counts: dict[str, Count], cell: Cell, printed: int, wholes: dict[str, str]) -> bool:
    """Whether a number is no larger than what is printed of its whole in the row, and no smaller than its parts."""
    column, place = cell
    above = [counts[wholes[column]].printed[place]] if column in wholes else []
    below = [counts[part].printed[place] for part, whole in wholes.items() if whole == column and part in counts]
    return not any(printed > number for number in above) and not any(printed < number for number in below)


def _find_narrow(counts: dict[str, Count], sums: list[Addition], fewest: int) -> list[Cell]:
    """Return the totals that narrow a hidden part too far, bounds being carried through all the sums."""
    low = {name: count.low.copy() for name, count in counts.items()}
    high = {name: count.high.copy() for name, count in counts.items()}
    found: list[Cell] = []
    for _ in range(3):
        changed = False
        for total, parts, _ in sums:
            lows = sum(low[name][place] for name, place in parts)
            highs = sum(high[name][place] for name, place in parts)
            most, least = high[total[0]][total[1]], low[total[0]][total[1]]
            for name, place in parts:
                others = highs - high[name][place] if np.isfinite(highs) else np.inf
                new_low = max(low[name][place], least - others)
                new_high = min(high[name][place], most - (lows - low[name][place]))
                if (new_low, new_high) != (low[name][place], high[name][place]):
                    low[name][place], high[name][place], changed = new_low, new_high, True
                    if counts[name].small[place] and new_high - new_low + 1 < fewest:
                        found.append(total)
            low[total[0]][total[1]], high[total[0]][total[1]] = max(least, lows), min(most, highs)
        if found or not changed:
            break
    return list(dict.fromkeys(found))
