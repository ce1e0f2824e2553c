"""One identifier at a time, of every kind, planted in every place of a small export: what intake does with it, and whether anything says it.

Names and numbers are invented, from syllables and a seeded generator.
"""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
from exports import PLACED, make_study

from outcomes.errors import OutcomesError
from outcomes.intake import read_export

SEED, PEOPLE, FORMS = 20_240, 20, 2
SYLLABLES = ("qua", "zor", "mi", "ka", "ony", "xel", "bry", "tuv", "wex", "jol")
GIVEN = ("Mary", "James", "Linda", "Hiroshi", "Jürgen", "Fatima", "Olga", "Pedro")


def _word(draw: random.Random) -> str:
    return "".join(draw.choice(SYLLABLES) for _ in range(3)).capitalize()


def _digits(draw: random.Random, pattern: str) -> str:
    return "".join(str(draw.randrange(1, 10)) if sign == "#" else sign for sign in pattern)


def _of(*patterns: str) -> Callable[[random.Random, int], str]:
    """Return what writes an identifier: ``#`` is a digit, ``@`` an invented word, ``~`` a given name; each pattern in its turn."""

    def write(draw: random.Random, number: int) -> str:
        text = _digits(draw, patterns[number % len(patterns)])
        return text.replace("@", _word(draw)).replace("~", draw.choice(GIVEN))

    return write


# Kinds that intake looks for, and those that it is known not to find in a value that others share (`known` on the page).
KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "social security numbers": _of("###-##-####", "### ## ####", "SSN ###-##-####", "###.##.####"),
    "record numbers": _of("MRN########", "MRN: ######", "chart no. ####", "K########"),
    "national numbers": _of("### ### ####", "AB ## ## ## C", "RSS@".replace("@", "MRA##T##A###S"), "1EG#-TE#-MK##"),
    "telephone numbers": _of("(555) ###-####", "+44 20 #### ####", "0##/#######", "555.###.####"),
    "e-mail addresses": _of("@#@example.org".replace("@#@", "q###\x40"), "q###(at)example.org", "q### [at] example [dot] org", "q### at example dot org"),
    "postal addresses": _of("## @ St", "## rue du @", "@straße ##", "PO Box ###"),
    "postcodes": _of("SW##AA".replace("##", "#A #"), "0####", "#### QT", "TX #####"),
    "names with a title": _of("Dr @", "Mrs @", "Herr @", "@, MD"),
    "given and family names": _of("~ @", "@, ~", "~ @-@", "~ van @"),
    "dates": _of("19##-03-14", "3/14/19##", "14 March 19##", "March 14, 19##"),
    "dates in other languages": _of("14 mars 19##", "14. März 19##", "19##年3月14日", "14 de marzo de 19##"),
    "coordinates": _of("51.5#### -0.1####", "51.5####, -0.1####", "48°5#′3#", "N 51.5### W 0.14##"),
    "network and web addresses": _of("192.0.2.1##", "2001:db8::8a2e:37#:73##", "www.example.org/####", "00:1b:44:11:3a:b#"),
    "unique identifiers": _of("123e4567-e89b-12d3-a456-42661417####", "d41d8cd98f00b204e98009##", "f###########a##########", "GB82 WEST #### #### #### ##"),
    "family names alone (known)": _of("@", "@-@", "#@".replace("#", "O'"), "@"),
    "licence plates (known)": _of("XL## ZWX", "I##-##X", "##-XLZ-##", "SE-F ##"),
    "user names (known)": _of("quartz##", "q.onyx", "onyx_q", "qonyx"),
    "postcodes of five digits (known)": _of("8####", "9####", "6####", "7####"),
}  # fmt: skip
COLUMNS = ("id", "day", "arm", "phq9", "x")
SCORES = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"total": "phq9"}}}}


@dataclass(frozen=True)
class Planted:
    """What became of one identifier.

    Attributes
    ----------
    place, kind, text : str
    outcome : str
        ``refused`` (the column is, in words), ``left`` (nothing of it is read, or the private ledger counts the cell), ``passed`` (it is in a
        table that intake writes, beside the private key).
    said : bool
        Whether a message or a log says the text.
    """

    place: str
    kind: str
    text: str
    outcome: str
    said: bool


def _rows(**cells: str) -> pd.DataFrame:
    """Return the rows of a clinic in which two patients have the same value in ``x``, in place of which an identifier is planted."""
    rows = [
        {"id": f"p{who:02d}", "day": f"2024-01-{1 + who:02d}", "arm": "iv", "phq9": "12", "x": "plain"}
        for who in range(PEOPLE)
    ]
    for column, text in cells.items():
        rows[3][column] = rows[4][column] = text
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _xlsx(frame: pd.DataFrame, path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (list(frame.columns), *frame.to_numpy().tolist()):
        book.active.append(row)
    book.save(path)


def _sqlite(frame: pd.DataFrame, path: Path) -> None:
    with sqlite3.connect(path) as base:
        frame.to_sql("visits", base, index=False)


FORMATS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": _csv,
    "tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "xlsx": _xlsx,
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "dta": lambda frame, path: frame.to_stata(path, write_index=False, version=118),
    "sav": lambda frame, path: pyreadstat.write_sav(frame, str(path)),
    "sqlite": _sqlite,
    "json": lambda frame, path: frame.to_json(path, orient="records"),
}


READ_AS = {"sqlite": {"part": "visits"}, "json": {"format": "json"}}


def _mapped(table: str, column: str) -> dict[str, Any]:
    placed = {"patient": "id"} if table == "patients" else dict(PLACED)
    treatment = {"treatment": {"column": "arm", "values": {"iv": "iv"}}} if table == "sessions" else {}
    return {table: {"columns": {**placed, **treatment, column: "x"}}}


# A cell of a mapped column: its table and what it is mapped to.
CELLS = {
    "site": ("patients", "site"), "payer": ("patients", "payer"), "arm": ("patients", "arm"), "own of patients": ("patients", "extra"),
    "own of sessions": ("sessions", "extra"), "event": ("events", "event"),
}  # fmt: skip
# A cell that can be no such thing: the column that is spoilt.
ERRORS = {"date": "day", "total": "phq9", "treatment": "arm"}


def plant(folder: Path, place: str, kind: str, text: str) -> Planted:
    """Plant one identifier and read the export."""
    folder.mkdir(parents=True, exist_ok=True)
    what, _, where = place.partition(": ")
    name, header, arms, constants = "visits.csv", "x", None, {}
    frame, tables, ending = _rows(), dict(SCORES), "csv"
    if what == "cell":
        frame, tables = _rows(x=text), _mapped(*CELLS[where])
    elif what == "format":
        frame, tables, ending = _rows(x=text), _mapped("patients", "site"), where
    elif what == "error":
        treatment = {"column": "arm", "values": {"iv": "iv"}}
        frame = _rows(**{ERRORS[where]: text})
        tables = {"sessions": {"columns": {**PLACED, "treatment": treatment}}, **SCORES}
    elif what == "unmapped":
        frame, header = (_rows(x=text), "x") if where == "cell" else (_rows(), text)
    elif what == "label":
        arms = [{"id": "iv", "label": text, "protocol": "iv"}] if where == "arm" else None
        constants = {"site": text} if where == "site" else {}
        tables = {"patients": {"columns": {"patient": "id"}}} if where == "site" else tables
    elif what == "name":
        safe = text.replace("/", "-").replace("\0", "")
        name = f"{safe}/visits.csv" if where == "folder" else f"{safe}.csv" if where == "file" else "visits.xlsx"
        text, ending = (
            (safe, "csv")
            if where != "sheet"
            else (safe.replace(":", "-").replace("[", "(").replace("]", ")")[:31], "sheet")
        )
    frame = frame.rename(columns={"x": header})
    path = folder / (name if what == "name" else f"visits.{ending}")
    path.parent.mkdir(parents=True, exist_ok=True)
    pattern = path.name
    if ending == "sheet":
        _xlsx(frame, path)
        book = openpyxl.load_workbook(path)
        book.active.title = text
        book.save(path)
    else:
        FORMATS[ending](frame, path)
    if what == "name" and where != "sheet":
        pattern = "*/*.csv" if where == "folder" else "*.csv"
    heard = _Heard()
    log = logging.getLogger("outcomes")
    level = log.level
    log.addHandler(heard)
    log.setLevel(logging.DEBUG)
    try:
        source = {"file": pattern, "tables": tables, "constants": constants, **READ_AS.get(ending, {})}
        export = read_export(make_study([source], **({"arms": arms} if arms else {})), folder)
    except OutcomesError as error:
        heard.lines.append(str(error))
        outcome = "refused"
    else:
        outcome = "passed" if _stands(text, export.tables) else "left"
    finally:
        log.removeHandler(heard)
        log.setLevel(level)
    return Planted(place, kind, text, outcome, text.casefold() in "\n".join(heard.lines).casefold())


class _Heard(logging.Handler):
    """Keep every line that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _stands(text: str, tables: Any) -> bool:
    """Tell whether a text stands in a table that intake writes, other than the private key and the private ledger."""
    held = text.casefold()
    words = (
        str(value).casefold()
        for name, table in tables.items()
        if name != "key"
        for column in table
        if str(table[column].dtype) in ("category", "str", "string", "object")
        for value in table[column].dropna().unique()
    )
    return any(held in word for word in words)


PLACES = (
    *(f"cell: {name}" for name in CELLS),
    *(f"format: {name}" for name in FORMATS),
    *(f"error: {name}" for name in ERRORS),
    "unmapped: cell",
    "unmapped: header",
    "label: arm",
    "label: site",
    "name: file",
    "name: folder",
    "name: sheet",
)


def list_plantings(forms: int = FORMS) -> Iterator[tuple[str, str, str]]:
    """Yield place, kind, and text of every planting, the same on any machine; ``forms`` ways of writing each kind in each place."""
    draw = random.Random(SEED)
    for turn, place in enumerate(PLACES):
        for kind, write in KINDS.items():
            for number in range(forms):
                yield place, kind, write(draw, turn * FORMS + number)
