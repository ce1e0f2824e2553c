"""The rows of all batches of a table, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.duplicates import CONFLICTING, EXACT, OUT, fingerprint, whole
from outcomes.intake.ledger import Ledger
from outcomes.intake.origin import compute_study_days
from outcomes.intake.words import Array


@dataclass(frozen=True)
class Stack:
    """Where every row comes from, whose it is, and when; arrays of one length."""

    batch: Array  # number of the batch
    file: Array
    row: Array  # position in the file
    place: Array  # file and row as one number; files go by name, so that their order in the study file is irrelevant
    patient: Array
    study_day: Array  # NaN where only a visit places the row
    day: Array  # the study day as an integer that sorts; missing before all others
    visit: Array
    submitted: Array  # time of submission, else the time of day in the date; NaN where unknown
    sizes: tuple[int, ...]
    batches: tuple[Batch, ...]

    @classmethod
    def of(cls, batches: Sequence[Batch], zero: Array) -> Stack:
        """Stack the batches."""
        sizes = tuple(len(batch.rows) for batch in batches)
        file = np.repeat(np.array([batch.file for batch in batches], dtype=np.int64), sizes)
        row = _join([batch.rows for batch in batches])
        study_day = _join([compute_study_days(batch, zero) for batch in batches])
        return cls(
            np.repeat(np.arange(len(batches)), sizes),
            file.astype(np.int16),
            row,
            rank_files(batches)[file] << 40 | row,
            _join([batch.patient for batch in batches]),
            study_day,
            whole(study_day),
            _join([batch.visit for batch in batches]),
            _join([batch.date if batch.submitted is None else batch.submitted for batch in batches]),
            sizes,
            tuple(batches),
        )

    def ties(self, rows: Array) -> list[Array]:
        """Return what decides between records of one content: the text of the raw row, then its place."""
        return [print_rows(self.batches, self.batch[rows], self.row[rows]), self.place[rows]]

    def note_duplicates(
        self, states: Array, ledger: Ledger, column: str | None = None, rows: Array | None = None
    ) -> None:
        """Enter merged and left-out duplicates; ``rows`` are the stack's rows that the states belong to."""
        rows = np.arange(len(self.row)) if rows is None else rows
        for code, reason, state in (
            (EXACT, "duplicate_exact", "merged"),
            (CONFLICTING, "duplicate_conflicting", "merged"),
            (OUT, "duplicate_conflicting", "quarantined"),
        ):
            hit = rows[states == code]
            ledger.note_files(self.file[hit], self.row[hit], reason, column, state=state)

    def keep(self, rows: Array, ledger: Ledger) -> None:
        """Mark the raw rows behind some of the stack's rows as kept."""
        ledger.keep(self.file[rows], self.row[rows])


def print_rows(batches: Sequence[Batch], batch: Array, row: Array) -> Array:
    """Return a number per raw row (batch and position in its file) that is the same where its text is."""
    prints = np.zeros(len(row), dtype=np.uint64)
    for number in np.unique(batch):
        mine = batch == number
        columns = [words for _, words in sorted(batches[number].raw.columns.items())]
        prints[mine] = fingerprint(columns, row[mine])
    return prints


def rank_files(batches: Sequence[Batch]) -> Array:
    """Return the rank of every file (by its number) among the names of the files; 0 where no batch is of it."""
    names = {batch.file: batch.raw.name for batch in batches}
    ranks = np.zeros(max(names, default=-1) + 1, dtype=np.int64)
    ranks[sorted(names, key=lambda file: names[file])] = np.arange(len(names))
    return ranks


def _join(parts: Sequence[Array]) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0)
