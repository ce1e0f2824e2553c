"""Text of fixed widths: columns that are set apart by blanks in every line, as reports are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.careful import list_rows

GAP, FEWEST, LINES = 2, 3, 3  # blanks between two columns; columns; lines that show them
Spans = tuple[tuple[int, int | None], ...]


def find_spans(head: Sequence[str]) -> Spans:
    """Return where the columns of the first lines stand, from and to; nothing where blanks do not set apart three or more.

    >>> find_spans(["ID    DAY         PHQ9", "K-1   2024-01-07    18", "K-2   2024-01-08     9"])
    ((0, 6), (6, 18), (18, None))
    """
    lines = [line.rstrip() for line in head if line.strip()]
    if len(lines) < LINES or any(set('\t"') & set(line) for line in lines):
        return ()
    width = max(map(len, lines))
    used = np.zeros(width, dtype=bool)
    for line in lines:
        used[: len(line)] |= np.array([c != " " for c in line], dtype=bool)
    starts, blanks = [0], GAP  # the first column begins the line
    for place in range(width):
        if used[place] and blanks >= GAP and place:
            starts.append(place)
        blanks = 0 if used[place] else blanks + 1
    if len(starts) < FEWEST:
        return ()
    return tuple(zip(starts, [*starts[1:], None], strict=True))


def split_line(line: str, spans: Spans) -> list[str]:
    """Return the cells of a line."""
    return [line[start:stop].strip() for start, stop in spans]


def write_tabs(path: Path, name: str, encoding: str, spans: Spans) -> bytes:
    """Return a file of fixed widths as text with tabs.

    Raises
    ------
    InputError
        Lines in which a value reaches into the next column, or which hold a tab or a quote, by number.
    """
    wrong, lines = [], []
    with path.open(encoding=encoding, errors="replace") as file:
        for number, line in enumerate(file, start=1):
            text = line.rstrip()
            crossed = any(text[start - 1 : start].strip() for start, _ in spans[1:])
            if crossed or set('\t"\ufffd') & set(text):
                wrong.append(number)
            lines.append("\t".join(split_line(text, spans)))
    if wrong:
        raise InputError(
            f"{name}: a table of fixed widths, and {len(wrong)} row(s) hold a value that reaches into the next column, a tab, a quote or a byte that is no "
            f"{encoding}: {list_rows(np.array(wrong))}. Export the file with a delimiter (CSV)."
        )
    return ("\n".join(lines) + "\n").encode()
