"""Raw rows with what is known about each: where it goes, when it was entered, and which mess it carries.

Every draw belongs to a row as it was before any mess, so switching one kind off leaves the others where they were.
Kinds that must not meet in one row share a draw and take separate stretches of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.layout import ISO, LAYOUTS
from outcomes.simulate.mess import Mess
from outcomes.simulate.streams import Streams

ABSENT = ("NA", "n/a")
LATE_DAYS = (30, 150)
COPY_STEP, BLANK_STEP = 1e-7, 2e-7  # days, so that a row stays beside the one it came from


@dataclass(frozen=True)
class RawRows:
    """Rows of one kind of record over the whole network, before they are dealt out to files.

    ``cells`` has one column per plain column name, text or None; ``meta`` has ``site``, ``when`` (moment of the
    record), ``key`` (place in the file), ``style`` (date format), ``absent`` (how missing is written), ``older``
    (older column names), ``instrument`` (the only one a mark concerns, or empty); ``marks`` one boolean per kind of
    mess.
    """

    cells: pd.DataFrame
    meta: pd.DataFrame
    marks: pd.DataFrame

    def take(self, chosen: Bools | Ints) -> RawRows:
        """Return the chosen rows."""
        return RawRows(*(part.iloc[chosen].reset_index(drop=True) for part in (self.cells, self.meta, self.marks)))


def join_rows(parts: Sequence[RawRows]) -> RawRows:
    """Put rows one below the other."""
    filled = [part for part in parts if len(part.cells)]
    return RawRows(
        *(pd.concat([getattr(part, name) for part in filled], ignore_index=True) for name in ("cells", "meta", "marks"))
    )


def start_rows(
    table: str, cells: dict[str, Sequence[object]], site: Ints, when: pd.DatetimeIndex, mess: Mess, streams: Streams
) -> RawRows:
    """Return rows without any mess but their own way of writing dates and missing values."""
    count = len(site)
    rng = streams.of(f"mess/{table}/ways")
    absent = rng.choice(ABSENT, count)
    spelled = rng.random(count) < mess.missing_spellings
    meta = pd.DataFrame(
        {
            "site": site,
            "when": when,
            "key": when.to_numpy().astype("datetime64[D]").astype(np.float64) + 0.9 * rng.random(count),
            "style": draw_style(site, mess, rng),
            "absent": np.where(spelled, absent, ""),
            "older": False,
            "instrument": "",
        }
    )
    marks = pd.DataFrame(False, index=range(count), columns=list(Mess.kinds()))
    marks["date_formats"] = meta["style"] != ISO
    return RawRows(pd.DataFrame(cells, dtype=object), meta, marks)


def draw_style(site: Ints, mess: Mess, rng: np.random.Generator) -> list[str]:
    """Draw the date format of each row among those of its site."""
    place = rng.random(len(site))
    if not mess.date_formats:
        return [ISO] * len(site)
    return [LAYOUTS[one].dates[int(share * len(LAYOUTS[one].dates))] for one, share in zip(site, place, strict=True)]


def choose(uniform: Floats, start: float, rate: float) -> Bools:
    """Return which rows a kind takes: those whose draw lies within ``rate`` above ``start``."""
    chosen: Bools = (uniform >= start) & (uniform < start + rate)
    return chosen


def mark(rows: RawRows, kind: str, chosen: Bools) -> RawRows:
    """Return the rows with a kind of mess noted where it was chosen."""
    marks = rows.marks.copy()
    marks[kind] = marks[kind].to_numpy() | chosen
    return RawRows(rows.cells, rows.meta, marks)


def replace_cells(rows: RawRows, column: str, chosen: Bools, values: Sequence[object]) -> RawRows:
    """Return the rows with new values in one column where chosen; ``values`` has one entry per row."""
    cells = rows.cells.copy()
    old = cells[column].tolist()
    cells[column] = pd.Series(
        [new if hit else one for hit, new, one in zip(chosen, values, old, strict=True)], dtype=object
    )
    return RawRows(cells, rows.meta, rows.marks)


def copy_rows(rows: RawRows, kind: str, chosen: Bools) -> RawRows:
    """Return copies of the chosen rows, marked, to stand right below the originals."""
    copies = rows.take(chosen)
    copies = mark(copies, kind, np.ones(len(copies.cells), dtype=bool))
    return RawRows(copies.cells, copies.meta.assign(key=copies.meta["key"] + COPY_STEP), copies.marks)


def displace(table: str, rows: RawRows, mess: Mess, streams: Streams) -> RawRows:
    """Return the rows with some entered late and some out of order."""
    rng = streams.of(f"mess/{table}/order")
    count = len(rows.cells)
    uniform, lateness, place = rng.random(count), rng.uniform(*LATE_DAYS, count), rng.random(count)
    late, lost = choose(uniform, 0.0, mess.late_rows), choose(uniform, 0.5, mess.out_of_order_rows)
    key = rows.meta["key"].to_numpy()
    first, last = float(key.min()), float(key.max())
    moved = np.where(late, key + lateness, np.where(lost, first + place * (last - first), key))
    placed = RawRows(rows.cells, rows.meta.assign(key=moved), rows.marks)
    return mark(mark(placed, "late_rows", late), "out_of_order_rows", lost)


def make_blanks(table: str, rows: RawRows, mess: Mess, streams: Streams) -> RawRows:
    """Return blank rows to stand below some of the rows (of patients at their first site)."""
    chosen = streams.of(f"mess/{table}/blank").random(len(rows.cells)) < mess.blank_rows
    chosen &= ~rows.marks["two_sites"].to_numpy(dtype=bool)
    blanks = rows.take(chosen)
    cells = pd.DataFrame({name: [None] * len(blanks.cells) for name in blanks.cells}, dtype=object)
    marks = pd.DataFrame(False, index=blanks.marks.index, columns=blanks.marks.columns)
    meta = blanks.meta.assign(key=blanks.meta["key"] + BLANK_STEP, absent="", when=np.datetime64("NaT", "s"))
    return RawRows(cells, meta, marks.assign(blank_rows=True))


def write_number(value: float) -> str | None:
    """Return a number as text without needless decimals, None for a missing one."""
    if value != value:
        return None
    return f"{value:.2f}".rstrip("0").rstrip(".")


def write_numbers(values: Sequence[float] | Floats) -> list[str | None]:
    """Return numbers as text."""
    distinct, place = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)
    texts = [write_number(value) for value in distinct.tolist()]
    return [texts[index] for index in place.tolist()]
