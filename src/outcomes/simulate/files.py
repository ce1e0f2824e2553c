"""Raw rows dealt out to the files of each site, and the mess counted in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Bools
from outcomes.simulate.layout import (
    EVENTS,
    GAD7_COLUMNS,
    LAYOUTS,
    OLDER,
    PATIENTS,
    PHQ9_COLUMNS,
    QUESTIONNAIRES,
    VISITS,
    SiteLayout,
)
from outcomes.simulate.mess import Mess
from outcomes.simulate.questionnaires import GAD7_ITEMS, PHQ9_ITEMS
from outcomes.simulate.rows import RawRows

DATE_COLUMNS = {
    "patients": "date_of_birth",
    "visits": "visit_date",
    "questionnaires": "completed_at",
    "adverse_events": "event_date",
}
ANSWER_KINDS = ("wrong_totals", "impossible_items", "impossible_totals")
WORKBOOK = "export.xlsx"
PLAIN = "utf-8"


@dataclass(frozen=True)
class RawFile:
    """One file, or one sheet of a workbook: one row per record, in the order in which it is written."""

    path: str  # below the export's folder
    sheet: str  # empty unless a workbook
    layout: SiteLayout
    encoding: str
    columns: list[str]  # plain names
    header: list[str]  # the site's names
    date_column: str  # plain name
    timed: bool  # whether dates have a time of day
    rows: RawRows

    @property
    def key(self) -> str:
        """Name of the file, with the sheet after ``#``."""
        return f"{self.path}#{self.sheet}" if self.sheet else self.path


def deal_files(tables: Mapping[str, RawRows], mess: Mess) -> list[RawFile]:
    """Return all files of all sites, rows in file order."""
    return [file for site, layout in LAYOUTS.items() for file in deal_site(site, layout, tables, mess)]


def deal_site(site: int, layout: SiteLayout, tables: Mapping[str, RawRows], mess: Mess) -> Iterator[RawFile]:
    """Yield the files of one site."""
    for table, rows in tables.items():
        here = rows.take((rows.meta["site"] == site).to_numpy())
        here = here.take(np.argsort(here.meta["key"].to_numpy(), kind="stable"))
        for name, sheet, columns, chosen in split_table(table, layout, here, mess):
            names = name_columns(table, sheet, layout)
            yield RawFile(
                path=f"site-{site}/{WORKBOOK if layout.workbook else f'{name}.{layout.suffix}'}",
                sheet=sheet if layout.workbook else "",
                layout=layout,
                encoding=layout.encoding if mess.file_encodings else PLAIN,
                columns=columns,
                header=[names.get(column, column) for column in columns],
                date_column=DATE_COLUMNS[table],
                timed=table == "questionnaires",
                rows=limit_marks(here.take(chosen), columns),
            )


def split_table(
    table: str, layout: SiteLayout, rows: RawRows, mess: Mess
) -> Iterator[tuple[str, str, list[str], Bools]]:
    """Yield name, sheet, plain columns, and rows of every file that one table becomes at a site."""
    every = np.ones(len(rows.cells), dtype=bool)
    if table == "patients":
        yield "patients", "Patients", PATIENTS, every
    elif table == "visits":
        columns = [name for name in VISITS if not (layout.events_file and name == "side_effects")]
        older: Bools = rows.meta["older"].to_numpy(dtype=bool)
        yield "visits", "Current", columns, ~older
        if layout.workbook and mess.column_generations:
            yield "visits", "Prior Version", columns, older
    elif table == "questionnaires" and layout.split_instruments:
        blank = rows.marks["blank_rows"].to_numpy(dtype=bool)
        yield "phq9", "PHQ-9", PHQ9_COLUMNS, blank | rows.cells[PHQ9_ITEMS].notna().any(axis=1).to_numpy()
        yield "gad7", "GAD-7", GAD7_COLUMNS, blank | rows.cells[GAD7_ITEMS].notna().any(axis=1).to_numpy()
    elif table == "questionnaires":
        yield "questionnaires", "Questionnaires", QUESTIONNAIRES, every
    elif layout.events_file:
        yield "adverse_events", "Adverse Events", EVENTS, every


def name_columns(table: str, sheet: str, layout: SiteLayout) -> dict[str, str]:
    """Return the site's name of every plain column of a table."""
    if layout.workbook and sheet == "Prior Version":
        return dict(OLDER)
    own = dict(layout.names)
    return own | dict(layout.question_names) if table == "questionnaires" else own


def limit_marks(rows: RawRows, columns: list[str]) -> RawRows:
    """Return the rows with marks that concern another file's columns taken back."""
    marks = rows.marks.copy()
    for instrument in ("phq9", "gad7"):
        if "completed_at" in columns and f"{instrument}_total" not in columns:
            elsewhere = (rows.meta["instrument"] == instrument).to_numpy()
            for kind in ANSWER_KINDS:
                marks[kind] = marks[kind].to_numpy(dtype=bool) & ~elsewhere
    return RawRows(rows.cells, rows.meta, marks)


def count_rows(files: list[RawFile]) -> dict[str, int]:
    """Return the number of raw rows of every file, without header, with blank rows."""
    return {file.key: len(file.rows.cells) for file in files}


def count_mess(files: list[RawFile]) -> dict[str, dict[str, object]]:
    """Return for every kind of mess the number of rows that carry it, in total and by file."""
    counts: dict[str, dict[str, object]] = {}
    marks = {file.key: mark_file(file) for file in files}
    for kind, meaning in Mess.kinds().items():
        by_file = {key: int(table[kind].sum()) for key, table in marks.items()}
        found = {key: number for key, number in by_file.items() if number}
        counts[kind] = {"description": meaning, "total": sum(found.values()), "files": found}
    return counts


def mark_file(file: RawFile) -> pd.DataFrame:
    """Return the marks of a file's rows, with those that depend on the file itself."""
    present = [column for column in file.columns if column != file.date_column]
    gaps = file.rows.cells[present].isna().any(axis=1)
    blank = file.rows.marks["blank_rows"]
    return file.rows.marks.assign(
        missing_spellings=gaps & (file.rows.meta["absent"] != "") & ~blank,
        date_formats=file.rows.marks["date_formats"] & ~blank,
        file_encodings=not file.layout.workbook and file.encoding != PLAIN,
    )
