"""Lines that a program writes around the rows of a table: rules, counts of rows, headings of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from outcomes.intake.readers.shape import drop_rows
from outcomes.intake.words import Array, RawTable

MERGED = 3  # columns; of more, one may say something else in a header that comes again
RULE = re.compile(r"[-=+|_\s]*[-=_]{2,}[-=+|_\s]*")
UNITS = r"(?:rows?|row\(s\)|records?|record\(s\)|lines?|entries|zeilen?|datens[aä]tze?|lignes?|enregistrements?|filas?|registros?|linhas?)"
COUNT = re.compile(
    rf"\(?\s*\d[\d,.]*\s+{UNITS}\b(?:\s+(?:affected|selected|in set|returned|fetched|exported|found|retrieved))?(?:\s*\([\d.]+ ?s(?:ec)?\))?[\s.;)]*"
    rf"|(?:(?:total|number of|count of)\s+{UNITS}\s*[:=]?|{UNITS}\s*[:=])\s*\d[\d,.]*\.?"
    r"|completion time:.*|query ok\b.*|end of (?:report|file|export)\.?|page:? \d+(?: (?:of|/) \d+)?|(?:strictly )?confidential\W*"
    r"|(?:report |data )?(?:printed|generated|exported|created|downloaded|run)(?: (?:on|at|by|date|from)\b|:).*",
    re.IGNORECASE,
)


def is_rule(cells: Sequence[str]) -> bool:
    """Tell whether a line is a rule below a header, as programs for databases write it.

    >>> is_rule(["----------", "----"]), is_rule(["-----+----"]), is_rule(["-", "-"]), is_rule(["K-1", "--"])
    (True, True, False, False)
    """
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(RULE.fullmatch(cell) for cell in filled)


class Furniture:
    """What may stand between and below the rows of one table; ``above`` are its header and the lines before that."""

    def __init__(self, above: Iterable[Sequence[str]]) -> None:
        self.forms = {self._form(cells) for cells in above} - {""}

    @staticmethod
    def _form(cells: Sequence[str]) -> str:
        """Return a line with 9 for every number: pages and dates of printing differ from page to page."""
        return re.sub(r"\d+", "9", " ".join(" ".join(cells).split()).casefold())

    def holds(self, cells: Sequence[str]) -> bool:
        """Tell whether a line is no row: a rule, a count of rows, or a line that stands above the header too.

        >>> page = Furniture([["Report"], ["Printed 3/2/2025", "Page 1 of 5"], ["ID", "PHQ-9"]])
        >>> page.holds(["Printed 3/2/2025", "Page 2 of 5"]), page.holds(["(240 rows affected)"]), page.holds(["K-1", "14"]), page.holds(["14 rows of beads"])
        (True, True, False, False)
        >>> page.holds(["Printed on 03/01/2024 10:12 AM"]), page.holds(["Page 4"]), page.holds(["Confidential"]), page.holds(["Printed"])
        (True, True, True, False)
        >>> page.holds(["*** End of report ***"]), page.holds(["Rows: 240"]), page.holds(["Rows", "240"])
        (True, True, False)
        """
        text = " ".join(" ".join(cells).split()).strip("*-=_#~<> ")
        return is_rule(cells) or COUNT.fullmatch(text) is not None or self._form(cells) in self.forms


def clear_table(table: RawTable, first: int, around: Sequence[int], header: Mapping[str, str]) -> RawTable:
    """Return a table without the rows ``around`` it (numbers, from ``first``), and those that repeat its header's cells."""
    return drop_rows(
        table, np.isin(np.arange(first, first + table.size), around) | _repeats(table, header), "no_record"
    )


def _repeats(table: RawTable, header: Mapping[str, str]) -> Array:
    """Return which rows repeat the header, as files put below one another and printed pages do; one cell may be merged with those above it."""
    others = np.zeros(table.size, dtype=np.int64)
    for name, cell in header.items():
        values = table.columns[name].values
        alike = np.array([" ".join(value.lstrip("\ufeff").split()) == cell != "" for value in values], dtype=bool)
        others += ~table.columns[name].spread(alike)
    again: Array = (others <= (len(header) > MERGED)) if len(header) > 1 else np.zeros(table.size, dtype=bool)
    return again
