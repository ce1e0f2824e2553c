"""Counts that are rounded more coarsely, where the sums of their table would narrow a hidden one to few values."""

from __future__ import annotations

import numpy as np

from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.rounding import Rounding

Cell = tuple[str, int]
Addition = tuple[Cell, list[Cell], bool]  # a total, its parts, and whether other tables show the total
COARSER = (10, 20, 50, 100)  # tried in turn for a total from which a small part would follow
LARGEST_BASE = 1.5  # times the count itself: 50 may stand for 42, not for 18
FEWEST_VALUES = 5  # that a hidden count must still be able to have: three, and room for what other tables say


def coarsen_counts(counts: dict[str, Count], sums: list[Addition], rounding: Rounding, wholes: dict[str, str]) -> None:
    """Round more coarsely until no hidden part is left with too few values; the last resort is to tell nothing of a count.

    A total is rounded, or where other tables show it too, the largest of its parts that is shown. A hidden total may still follow
    from a sum that it is a part of; then that sum is the next. What turns out not to be needed is shown as it was.
    """
    steps: dict[Cell, int] = {}
    before: dict[Cell, tuple[float, bool, float, float]] = {}
    pairs, fewest = _list_wholes(counts, sums, wholes), min(FEWEST_VALUES, rounding.minimum - 2)
    while narrow := _find_narrow(counts, sums, fewest):
        cells = [cell for place in narrow for cell in _choose(place, sums, steps, counts)]
        if not cells:
            return
        for cell in dict.fromkeys(cells):
            before.setdefault(cell, _read(counts, cell))
            steps[cell] = _coarsen(counts, cell, steps.get(cell, 0), rounding, pairs)
    for cell, shown in before.items():
        coarse = _read(counts, cell)
        _put(counts, cell, shown)
        if not _fits(counts, cell, shown[0], pairs) or _find_narrow(counts, sums, fewest):
            _put(counts, cell, coarse)


def _read(counts: dict[str, Count], cell: Cell) -> tuple[float, bool, float, float]:
    count, place = counts[cell[0]], cell[1]
    return count.printed[place], bool(count.small[place]), count.low[place], count.high[place]


def _put(counts: dict[str, Count], cell: Cell, shown: tuple[float, bool, float, float]) -> None:
    count, place = counts[cell[0]], cell[1]
    count.printed[place], count.small[place], count.low[place], count.high[place] = shown


def _choose(place: int, sums: list[Addition], steps: dict[Cell, int], counts: dict[str, Count]) -> list[Cell]:
    """Return the counts to round more coarsely so that a sum narrows its parts less: of that sum, where it has any left."""
    total = sums[place][0]
    if not any(kept for one, _, kept in sums if one == total):
        if steps.get(total, 0) <= len(COARSER):
            return [total]
        above = [at for at, (one, parts, _) in enumerate(sums) if total in parts and steps.get(one, 0) <= len(COARSER)]
        return [cell for at in above for cell in _choose(at, sums, steps, counts)]
    for _, parts, _ in [sums[place], *(one for one in sums if one[0] == total)]:
        left = [part for part in parts if steps.get(part, 0) <= len(COARSER) and counts[part[0]].true[part[1]] > 0]
        shown = [part for part in left if not counts[part[0]].small[part[1]]]
        if left:
            return [max(shown or left, key=lambda part: float(counts[part[0]].true[part[1]]))]
    return []


def _list_wholes(counts: dict[str, Count], sums: list[Addition], wholes: dict[str, str]) -> list[tuple[Cell, Cell]]:
    """Return every count that is shown beside another that it is a part of, in its row or in a sum, with that one."""
    rows = [
        ((whole, place), (part, place)) for part, whole in wholes.items() for place in range(len(counts[part].true))
    ]
    return [*rows, *((total, part) for total, parts, _ in sums for part in parts)]


def _coarsen(
    counts: dict[str, Count], cell: Cell, step: int, rounding: Rounding, pairs: list[tuple[Cell, Cell]]
) -> int:
    """Round a count one step more coarsely, or tell nothing of it after the last; return the step that follows.

    A step that would print a number far from the count, or a part above its whole, is left out.
    """
    count, place = counts[cell[0]], cell[1]
    if step < len(COARSER) and not count.small[place] and count.true[place] > 0:
        base, true = COARSER[step], count.true[place]
        printed = rounding.round(true, base)
        if base > LARGEST_BASE * true or not _fits(counts, cell, printed, pairs):
            return step + 1
        low, high = rounding.span(printed)  # what a reader believes who is not told the base; by luck it may be so
        count.low[place], count.high[place] = (low, high) if low <= true <= high else rounding.span(printed, base)
        count.printed[place] = printed
        return step + 1
    count.printed[place], count.small[place] = np.nan, False
    count.low[place], count.high[place] = 0, np.inf
    return len(COARSER) + 1


def _fits(counts: dict[str, Count], cell: Cell, printed: float, pairs: list[tuple[Cell, Cell]]) -> bool:
    """Whether a number is no larger than what is printed of its wholes, and no smaller than its parts."""
    above = [counts[name].printed[place] for (name, place), part in pairs if part == cell]
    below = [counts[name].printed[place] for whole, (name, place) in pairs if whole == cell]
    return not any(printed > number for number in above) and not any(printed < number for number in below)


def _find_narrow(counts: dict[str, Count], sums: list[Addition], fewest: int) -> list[int]:
    """Return the places of the sums that narrow a hidden part too far, bounds being carried through all of them."""
    low = {name: count.low.copy() for name, count in counts.items()}
    high = {name: count.high.copy() for name, count in counts.items()}
    found: list[int] = []
    for _ in range(3):
        changed = False
        for at, (total, parts, _) in enumerate(sums):
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
                        found.append(at)
            low[total[0]][total[1]], high[total[0]][total[1]] = max(least, lows), min(most, highs)
        if found or not changed:
            break
    return list(dict.fromkeys(found))
