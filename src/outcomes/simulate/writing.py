"""Files at the edge: delimited text, workbooks, and truth.json, the same bytes on every run."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openpyxl
import pandas as pd

from outcomes.simulate.files import RawFile
from outcomes.simulate.layout import EXCEL, ISO, MDY

EXCEL_EPOCH = np.datetime64("1899-12-30", "D")
TEXT_COLUMNS = ("patient_code", "zip_code", "note", "clinician")
FIXED_TIME = (2026, 1, 1, 0, 0, 0)
DECIMALS = 6


def write_files(files: Sequence[RawFile], folder: Path) -> None:
    """Write every raw file below a folder."""
    for path in dict.fromkeys(file.path for file in files):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        parts = [file for file in files if file.path == path]
        target.write_bytes(render_workbook(parts) if parts[0].layout.workbook else render_text(parts[0]))


def write_truth(truth: dict[str, Any], folder: Path) -> None:
    """Write ``truth.json``: keys sorted, floats rounded to six decimals."""
    text = json.dumps(round_floats(truth), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "truth.json").write_bytes((text + "\n").encode("utf-8"))


def round_floats(value: Any) -> Any:
    """Return nested dicts and lists with every float rounded."""
    if isinstance(value, dict):
        return {key: round_floats(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [round_floats(one) for one in value]
    return round(value, DECIMALS) + 0.0 if isinstance(value, float) else value


def write_dates(file: RawFile) -> list[str | float | datetime | None]:
    """Return the dates of a file's rows the way each row writes them; None for a blank row."""
    when = file.rows.meta["when"].to_numpy().astype("datetime64[m]")
    text = np.datetime_as_string(when, unit="m").tolist()
    days = (when.astype("datetime64[D]") - EXCEL_EPOCH).astype(np.int64).tolist()
    minutes = (when - when.astype("datetime64[D]")).astype(np.int64).tolist()
    dates: list[str | float | datetime | None] = []
    for iso, day, minute, style, gone in zip(text, days, minutes, file.rows.meta["style"], pd.isna(when), strict=True):
        dates.append(None if gone else write_date(iso, day, minute if file.timed else None, style))
    return dates


def write_date(iso: str, day: int, minute: int | None, style: str) -> str | float | datetime:
    """Return one date in a style; without ``minute`` the time of day counts in ISO text alone."""
    if style == ISO:
        return f"{iso}:00Z"
    if style == MDY:
        return f"{iso[5:7]}/{iso[8:10]}/{iso[:4]}"
    if style == EXCEL:
        return datetime.fromisoformat(iso if minute is not None else iso[:10])
    return day if minute is None else round(day + minute / 1440, 2)


def list_records(file: RawFile) -> list[list[Any]]:
    """Return a file's records, one list per row in the order of its columns."""
    fills = [
        None if blank else absent
        for absent, blank in zip(file.rows.meta["absent"], file.rows.marks["blank_rows"], strict=True)
    ]
    columns = []
    for name in file.columns:
        values = write_dates(file) if name == file.date_column else file.rows.cells[name].tolist()
        columns.append([fill if one is None else one for one, fill in zip(values, fills, strict=True)])
    return [list(record) for record in zip(*columns, strict=True)]


def render_text(file: RawFile) -> bytes:
    """Return a delimited text file as bytes."""
    buffer = io.StringIO()
    layout = file.layout
    quoting: Literal[0, 1] = csv.QUOTE_ALL if layout.quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=layout.delimiter, quoting=quoting, lineterminator=layout.line_end)
    writer.writerow(file.header)
    writer.writerows(list_records(file))
    return buffer.getvalue().encode(file.encoding)


def render_workbook(sheets: Sequence[RawFile]) -> bytes:
    """Return a workbook as bytes, one sheet per file part."""
    workbook = openpyxl.Workbook(write_only=True)
    for part in sheets:
        sheet = workbook.create_sheet(part.sheet)
        sheet.append(part.header)
        numeric = [name not in TEXT_COLUMNS for name in part.columns]
        for record in list_records(part):
            sheet.append([to_cell(one) if number else one or None for one, number in zip(record, numeric, strict=True)])
    buffer = io.BytesIO()
    workbook.save(buffer)
    return fix_zip(buffer.getvalue())


def to_cell(value: Any) -> Any:
    """Return text as the number that it spells, empty text as no value, anything else unchanged."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value) if "." in value else int(value)
    return value or None


def fix_zip(content: bytes) -> bytes:
    """Return a workbook with fixed time stamps, so that the same tables give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in sorted(old.namelist()):
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", body)
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            new.writestr(entry, body, compresslevel=9)
    return buffer.getvalue()
