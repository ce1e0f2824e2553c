"""Files that hold whole columns: SPSS (.sav), Stata (.dta), SAS (.sas7bdat, .xpt), Parquet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.header import (
    Wanted,
    check_header,
    choose_columns,
    find_columns,
    rename_header,
    report_columns,
)
from outcomes.intake.readers.objects import flatten
from outcomes.intake.words import RawTable, Words, text_array
from outcomes.settings import Source

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = {".sav": "spss", ".zsav": "spss", ".dta": "stata", ".sas7bdat": "sas", ".xpt": "sas", ".parquet": "parquet"}
BEGINNINGS = {b"$FL2": ".sav", b"$FL3": ".zsav", b"PAR1": ".parquet"}


def recognise(file: File) -> float:
    """Tell whether the file has the ending of one of the formats."""
    return 0.9 if file.ending in ENDINGS else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return the one table of the file."""
    return [Proposal(Source(file=file.name, format=ENDINGS[file.ending]))]


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the wanted columns; codes with a label are read as the label, but where the label is the number itself.

    Raises
    ------
    InputError
        A file that is not of its kind, or has no row.
    """
    table = _load(file)
    names = rename_header(check_header([str(name) for name in table.columns], file.name), source.rename, file.name)
    chosen = choose_columns(wanted, names)
    places = find_columns(chosen, names, file.name)
    report_columns(names, chosen, source.ignore, file.name)
    if not len(table):
        raise InputError(f"{file.name}: there are columns and no row. Export the file again.")
    try:
        columns = {name: _words(table.iloc[:, place]) for name, place in places.items()}
    except ValueError:  # text that is none, in a damaged file
        raise _unreadable(file) from None
    return RawTable(file.name, len(table), columns)


def _load(file: File) -> pd.DataFrame:
    """Return the file's table."""
    if file.path.stat().st_size == 0:
        raise InputError(f"{file.name}: the file is empty. Export it again.")
    load = _LOADERS.get(file.ending) or _LOADERS.get(
        next((e for b, e in BEGINNINGS.items() if file.start.startswith(b)), "")
    )
    if load is None:
        raise InputError(f"{file.name}: of no kind that is known ({', '.join(ENDINGS)}). Correct its 'format'.")
    import pyarrow
    import pyreadstat

    try:
        table: pd.DataFrame = load(file.path)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError, LookupError, TypeError):  # fmt: skip
        raise _unreadable(file) from None
    return table


def _unreadable(file: File) -> InputError:
    return InputError(f"{file.name}: not a readable {file.ending} file. Export it again, or save it as .csv.")


def _statistics(reader: str, **options: Any) -> Callable[[Path], pd.DataFrame]:
    def load(path: Path) -> pd.DataFrame:
        import pyreadstat

        table: pd.DataFrame
        table, meta = getattr(pyreadstat, reader)(str(path), **options)
        for name, labels in getattr(meta, "variable_value_labels", {}).items():
            if name in table and not _are_numbers(labels):
                table[name] = [labels.get(value, value) for value in table[name]]
        return table

    return load


def _are_numbers(labels: dict[Any, str]) -> bool:
    """Tell whether labels only repeat their codes (0 = "0 not at all"): then the codes are the answers."""
    return all(
        str(label).lstrip().startswith(f"{code:g}" if isinstance(code, float) else str(code))
        for code, label in labels.items()
    )


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    read = pq.read_table(path)
    table: pd.DataFrame = read.to_pandas(date_as_object=True)
    for nested in (one.name for one in read.schema if pa.types.is_nested(one.type)):
        rows = [flatten({nested: one}) for one in read.column(nested).to_pylist()]
        names = dict.fromkeys(name for row in rows for name in row)
        table = table.drop(columns=nested).assign(**{name: [row.get(name) for row in rows] for name in names})
    return table


_LOADERS: dict[str, Callable[[Path], Any]] = {
    ".sav": _statistics("read_sav"),
    ".zsav": _statistics("read_sav"),
    ".dta": _statistics("read_dta"),
    ".sas7bdat": _statistics("read_sas7bdat"),
    ".xpt": _statistics("read_xport"),
    ".parquet": _parquet,
}


def _words(column: pd.Series[Any]) -> Words:
    """Return a column as text: whole numbers without a fraction, dates in ISO form, missing values blank."""
    import pandas as pd

    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = ["", *(_text(value) for value in values)]
    place: dict[str, int] = {}
    known = np.array([place.setdefault(text, len(place)) for text in texts], dtype=np.int32)
    return Words(known[codes + 1], text_array(list(place)))


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).upper()
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        zone = value.strftime("%z") if value.tzinfo is not None else ""
        return value.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if zone in ("+0000", "") and value.tzinfo else zone)
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%dT00:00:00")
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace").strip()
    return " ".join(str(value).split()) if not isinstance(value, str) else value.strip()


READER = Reader(frozenset(ENDINGS.values()), recognise, propose, read, frozenset(ENDINGS))
