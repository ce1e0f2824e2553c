"""The ledger: what happened to which raw row, and the proof that no row is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.errors import LedgerError
from outcomes.intake.rules import RULES
from outcomes.intake.words import Array, text_array

if TYPE_CHECKING:
    import pandas as pd

STATES = ("flagged", "corrected", "merged", "quarantined")
KEPT, MERGED, QUARANTINED = 1, 2, 4
LARGEST_SHOWN = 1000  # a larger number could be an identifier or an Excel date


class Ledger:
    """Collects entries while tables are cleaned; rows are named by file and position."""

    def __init__(self, files: Sequence[str], sizes: Sequence[int]) -> None:
        self.files = list(files)
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
        self._entries.append(
            {
                "file": np.full(len(rows), file, dtype=np.int16),
                "row": np.asarray(rows, dtype=np.int64) + 2,
                "state": np.full(len(rows), STATES.index(state), dtype=np.int8),
                "reason": np.full(len(rows), REASONS.index(reason), dtype=np.int8),
                "column": text_array([column] * len(rows)),
                "old": text_array([None] * len(rows)) if old is None else old,
                "new": text_array([None] * len(rows)) if new is None else new,
            }
        )

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

    def close(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the ledger and the balance.

        Raises
        ------
        LedgerError
            A raw row without a state, or a file whose states do not add up.
        """
        entries = self._table()
        return entries, _balance(self.files, self.fates, entries)

    def _table(self) -> pd.DataFrame:
        import pandas as pd

        parts: dict[str, Any] = {
            name: np.concatenate([entry[name] for entry in self._entries]) if self._entries else []
            for name in ("file", "row", "state", "reason", "column", "old", "new")
        }
        table = pd.DataFrame(parts).astype({"file": "int16", "row": "int64", "state": "int8", "reason": "int8"})
        for file, fate in enumerate(self.fates):
            mine = table["file"].to_numpy() == file
            out = table["state"].to_numpy() >= STATES.index("merged")
            stays = np.zeros(len(table), dtype=bool)
            stays[mine] = (fate[table["row"].to_numpy()[mine] - 2] & KEPT) > 0
            table.loc[mine & out & stays, "state"] = STATES.index("corrected")
        table["file"] = _named(table["file"].to_numpy(), self.files)
        table["state"] = _named(table["state"].to_numpy(), list(STATES))
        table["reason"] = _named(table["reason"].to_numpy(), list(REASONS))
        columns = sorted(set(table["column"].dropna()))
        table["column"] = pd.Categorical(table["column"], categories=columns)
        table = table.astype({"old": "str", "new": "str"})
        key = ["file", "row", "column", "reason"]
        table = table.sort_values([*key, "state", "old", "new"], kind="stable", ignore_index=True)
        return table.drop_duplicates(key, keep="last", ignore_index=True)


REASONS = tuple(RULES)


def _named(codes: Array, names: list[str]) -> pd.Categorical[Any]:
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))


def _balance(files: list[str], fates: list[Array], entries: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    records = []
    for number, (file, fate) in enumerate(zip(files, fates, strict=True)):
        kept = (fate & KEPT) > 0
        out = ~kept & ((fate & QUARANTINED) > 0)
        merged = ~kept & ~out & ((fate & MERGED) > 0)
        _assert_balance(file, len(fate), int(kept.sum()), int(merged.sum()), int(out.sum()))
        mine = entries[entries["file"].cat.codes == number]
        changed = _rows_in(mine, "corrected", kept)
        doubted = _rows_in(mine, "flagged", kept) & ~changed
        records.append((file, len(fate), *(int(part.sum()) for part in (kept, changed, doubted, merged, out))))
    names = ["file", "raw", "kept", "corrected", "flagged", "merged", "quarantined"]
    table = pd.DataFrame(records, columns=names).astype(dict.fromkeys(names[1:], "int64"))
    table["file"] = pd.Categorical(table["file"], categories=files)
    return table


def _rows_in(entries: pd.DataFrame, state: str, kept: Array) -> Array:
    """Return the kept rows that have an entry of a state."""
    rows = np.zeros(len(kept), dtype=bool)
    rows[entries.loc[entries["state"] == state, "row"].to_numpy() - 2] = True
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
