"""The ledger: what happened to which raw row, and the proof that no row is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.errors import LedgerError
from outcomes.intake.rules import RULES
from outcomes.intake.words import Array, Origin, text_array

if TYPE_CHECKING:
    import pandas as pd

STATES = ("flagged", "corrected", "merged", "quarantined")
KEPT, MERGED, QUARANTINED = 1, 2, 4
LARGEST_SHOWN = 1000  # a larger number could be an identifier or an Excel date


class Ledger:
    """Collects entries while tables are cleaned; rows are named by table of a file and position.

    On closing, rows of tables become the rows of the files behind them: a row of a file that several tables are read from
    has one fate, and a row of a table that several rows of its file went into gives each its fate.
    """

    def __init__(
        self,
        files: Sequence[str],
        sizes: Sequence[int],
        origins: Sequence[Origin | None] | None = None,
        labels: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        """Open a ledger of tables: their files, sizes, where their rows come from, and where an entry's column is read from."""
        self.names = list(files)
        self.files = list(dict.fromkeys(files))
        self.origins = list(origins or [None] * len(sizes))
        self.labels = list(labels or [{}] * len(sizes))
        self.fates = [np.zeros(size, dtype=np.uint8) for size in sizes]
        self._entries: list[dict[str, Array]] = []

    def note(
        self,
        file: int,
        rows: Array,
        reason: str,
        column: str | None = None,
        *,
        state: str | None = None,
        old: Array | None = None,
        new: Array | None = None,
    ) -> None:
        """Enter a reason for rows of one file; merged and quarantined rows get that fate."""
        state = state or RULES[reason].state
        if not len(rows):
            return
        if state in ("merged", "quarantined"):
            self.fates[file][rows] |= MERGED if state == "merged" else QUARANTINED
        self._entries.append(_entry(file, np.asarray(rows, dtype=np.int64), state, reason, column, old, new))

    def note_files(
        self, files: Array, rows: Array, reason: str, column: str | None = None, state: str | None = None
    ) -> None:
        """Enter a reason for rows of several files."""
        for file in np.unique(files):
            self.note(int(file), rows[files == file], reason, column, state=state)

    def keep(self, files: Array, rows: Array) -> None:
        """Mark rows that reach a clean table."""
        for file, fate in enumerate(self.fates):
            mine = files == file
            fate[rows if mine.all() else rows[mine]] |= KEPT

    def kept(self, file: int) -> Array:
        """Return which rows of a file reach a clean table."""
        kept: Array = (self.fates[file] & KEPT) > 0
        return kept

    def close(self, people: Sequence[Array] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the ledger and the balance; ``people`` are the distinct patients of every table.

        Raises
        ------
        LedgerError
            A raw row without a state, or a file whose states do not add up.
        """
        fates = [self._close_file(file) for file in self.files]
        entries = self._table(fates)
        balance = _balance(self.files, fates, entries)
        named = [
            [own for name, own in zip(self.names, people or (), strict=False) if name == file] for file in self.files
        ]
        counts = [len(np.unique(np.concatenate(parts))) if parts else 0 for parts in named]
        return entries, balance.assign(people=np.array(counts, dtype=np.int64))

    def _close_file(self, name: str) -> Fates:
        """Return the fate of every row of a file; rows that no table takes are left out, with an entry."""
        tables = [table for table, file in enumerate(self.names) if file == name]
        if len(tables) == 1 and self.origins[tables[0]] is None:
            return Fates(None, self.fates[tables[0]])
        origins = [self.origins[table] or Origin.whole(np.arange(len(self.fates[table])) + 2) for table in tables]
        numbers = np.unique(np.concatenate([origin.numbers for origin in origins]))
        fate, taken = np.zeros(len(numbers), dtype=np.uint8), np.zeros(len(numbers), dtype=bool)
        for table, origin in zip(tables, origins, strict=True):
            place = np.searchsorted(numbers, origin.numbers)
            np.bitwise_or.at(fate, place[origin.file], self.fates[table][origin.table])
            taken[place[origin.file]] = True
            for reason, rows in origin.left_out:
                taken[place[rows]] = True
                fate[place[rows]] |= QUARANTINED
                self._enter(tables[0], numbers[place[rows]], reason)
        fate[~taken] |= QUARANTINED
        self._enter(tables[0], numbers[~taken], "not_asked_for")
        return Fates(numbers, fate)

    def _enter(self, table: int, numbers: Array, reason: str) -> None:
        """Enter a reason for rows of a file by their number, which no table has."""
        if len(numbers):
            entry = _entry(table, numbers, RULES[reason].state, reason, None, None, None)
            self._entries.append({**entry, "numbered": np.ones(len(numbers), dtype=bool)})

    def _table(self, fates: Sequence[Fates]) -> pd.DataFrame:
        import pandas as pd

        entries = [self._in_file(entry) for entry in self._entries]
        parts: dict[str, Any] = {
            name: np.concatenate([entry[name] for entry in entries]) if entries else []
            for name in ("file", "row", "state", "reason", "column", "old", "new")
        }
        table = pd.DataFrame(parts).astype({"file": "int16", "row": "int64", "state": "int8", "reason": "int8"})
        out = table["state"].to_numpy() >= STATES.index("merged")
        for file, fate in enumerate(fates):
            mine = (table["file"].to_numpy() == file) & out
            stays = np.zeros(len(table), dtype=bool)
            stays[mine] = (fate.of(table["row"].to_numpy()[mine]) & KEPT) > 0
            table.loc[stays, "state"] = STATES.index("corrected")
        table["file"] = _named(table["file"].to_numpy(), self.files)
        table["state"] = _named(table["state"].to_numpy(), list(STATES))
        table["reason"] = _named(table["reason"].to_numpy(), list(REASONS))
        columns = sorted(set(table["column"].dropna()))
        table["column"] = pd.Categorical(table["column"], categories=columns)
        table = table.astype({"old": "str", "new": "str"})
        key = ["file", "row", "column", "reason"]
        table = table.sort_values([*key, "state", "old", "new"], kind="stable", ignore_index=True)
        return table.drop_duplicates(key, keep="last", ignore_index=True)

    def _in_file(self, entry: dict[str, Array]) -> dict[str, Array]:
        """Return an entry of one table with the rows of its file in place of the table's."""
        table = int(entry["file"][0])
        file = np.int16(self.files.index(self.names[table]))
        origin = self.origins[table]
        rows = entry["row"]
        if entry["numbered"][0]:
            return {**entry, "file": np.full(len(rows), file)}
        if origin is None:
            return {**entry, "file": np.full(len(rows), file), "row": rows + 2}
        column = self.labels[table].get(entry["column"][0] or "")
        cell = origin.cells.get(column or "")
        if cell is not None and bool((cell[rows] >= 0).all()):
            return {**entry, "file": np.full(len(rows), file), "row": origin.numbers[cell[rows]]}
        pairs = origin.at(rows, len(self.fates[table]))
        spread = {name: values[pairs.table] for name, values in entry.items()}
        return {**spread, "file": np.full(len(pairs.table), file), "row": origin.numbers[pairs.file]}


@dataclass(frozen=True)
class Fates:
    """What became of every row of a file; ``numbers`` are its row numbers, None where row i is number i + 2."""

    numbers: Array | None
    fate: Array

    def places(self, numbers: Array) -> Array:
        """Return where rows stand by their number."""
        return numbers - 2 if self.numbers is None else np.searchsorted(self.numbers, numbers)

    def of(self, numbers: Array) -> Array:
        """Return the fate of rows by their number."""
        fate: Array = self.fate[self.places(numbers)]
        return fate


REASONS = tuple(RULES)


def _entry(
    table: int, rows: Array, state: str, reason: str, column: str | None, old: Array | None, new: Array | None
) -> dict[str, Array]:
    size = len(rows)
    return {
        "file": np.full(size, table, dtype=np.int16),
        "row": rows,
        "state": np.full(size, STATES.index(state), dtype=np.int8),
        "reason": np.full(size, REASONS.index(reason), dtype=np.int8),
        "column": text_array([column] * size),
        "old": text_array([None] * size) if old is None else old,
        "new": text_array([None] * size) if new is None else new,
        "numbered": np.zeros(size, dtype=bool),
    }


def _named(codes: Array, names: list[str]) -> pd.Categorical[Any]:
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))


def _balance(files: list[str], fates: Sequence[Fates], entries: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    records = []
    for number, (file, of_file) in enumerate(zip(files, fates, strict=True)):
        fate = of_file.fate
        kept = (fate & KEPT) > 0
        out = ~kept & ((fate & QUARANTINED) > 0)
        merged = ~kept & ~out & ((fate & MERGED) > 0)
        _assert_balance(file, len(fate), int(kept.sum()), int(merged.sum()), int(out.sum()))
        mine = entries[entries["file"].cat.codes == number]
        changed = _rows_in(mine, "corrected", kept, of_file)
        doubted = _rows_in(mine, "flagged", kept, of_file) & ~changed
        records.append((file, len(fate), *(int(part.sum()) for part in (kept, changed, doubted, merged, out))))
    names = ["file", "raw", "kept", "corrected", "flagged", "merged", "quarantined"]
    table = pd.DataFrame(records, columns=names).astype(dict.fromkeys(names[1:], "int64"))
    table["file"] = pd.Categorical(table["file"], categories=files)
    return table


def _rows_in(entries: pd.DataFrame, state: str, kept: Array, file: Fates) -> Array:
    """Return the kept rows that have an entry of a state."""
    rows = np.zeros(len(kept), dtype=bool)
    rows[file.places(entries.loc[entries["state"] == state, "row"].to_numpy())] = True
    return rows & kept


def _assert_balance(file: str, raw: int, kept: int, merged: int, quarantined: int) -> None:
    if raw != kept + merged + quarantined:
        raise LedgerError(
            f"{file}: {raw} raw rows, but {kept} kept + {merged} merged + {quarantined} quarantined = "
            f"{kept + merged + quarantined}. This is an error of the program; please report it with this message."
        )


def show_numbers(numbers: Array) -> Array:
    """Return numbers as text for the ledger; those that could be an identifier or a date are left blank."""
    return text_array([f"{n:.10g}" if np.isfinite(n) and abs(n) < LARGEST_SHOWN else None for n in numbers.tolist()])


def describe_ledger(ledger: pd.DataFrame, balance: pd.DataFrame) -> str:
    """Return the balance of every file and the number of rows per reason as text."""
    import pandas as pd

    balance = balance.drop(columns="people")
    total = balance.drop(columns="file").sum()
    sums = pd.concat([balance.astype({"file": "str"}), pd.DataFrame([{"file": "all files", **total}])])
    parts = ["Rows by file: raw = kept + merged + quarantined", _lines(sums, ["file"])]
    counted = ledger.drop_duplicates(["file", "row", "state", "reason"])
    counts = counted.groupby(["reason", "state", "file"], observed=True).size().reset_index(name="rows")
    every = counts.groupby(["reason", "state"], observed=True)["rows"].sum().reset_index()
    order = every.assign(file="all files").sort_values(["rows", "reason"], ascending=[False, True], kind="stable")
    parts += ["", "Reasons (docs/cleaning-rules.md explains each)"]
    if order.empty:
        return "\n".join([*parts, "none: every row was kept as it was"])
    parts.append(_lines(order[["reason", "state", "rows"]], ["reason", "state"]))
    parts += [
        "",
        "Reasons by file",
        _lines(
            counts[["file", "reason", "state", "rows"]].sort_values(
                ["file", "rows", "reason"], ascending=[True, False, True], kind="stable"
            ),
            ["file", "reason", "state"],
        ),
    ]
    return "\n".join(parts)


def _lines(table: pd.DataFrame, words: list[str]) -> str:
    """Return a table as aligned text, words to the left and counts to the right."""
    cells = [[str(name) for name in table.columns]]
    cells += [
        [f"{v:,}" if isinstance(v, int) else str(v) for v in row] for row in table.astype(object).to_numpy().tolist()
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    left = [name in words for name in table.columns]
    return "\n".join(
        "  ".join(c.ljust(w) if a else c.rjust(w) for c, w, a in zip(row, widths, left, strict=True)).rstrip()
        for row in cells
    )
