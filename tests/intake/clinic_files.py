"""A small clinic's export of three files, to be spoiled in one way at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exports import make_study, write

from outcomes.intake import Export, read_export

PEOPLE, SESSIONS = 30, 6
START = dt.date(2024, 1, 8)
SOURCES: list[dict[str, Any]] = [
    {"file": "patients.csv", "tables": {"patients": {"columns": {"patient": "id", "age": "age", "sex": "sex", "failed": "failed"}}}},
    {
        "file": "visits.csv",
        "tables": {"sessions": {"columns": {"patient": "id", "date": "day", "treatment": "drug", "dose_mg": "dose"}}},
    },
    {
        "file": "scores.csv",
        "tables": {"assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "phq9"}}}},
    },
]  # fmt: skip
Rows = list[list[str]]


def clinic_rows() -> dict[str, Rows]:
    """Return the rows of the three files, with their headers."""
    patients, visits, scores = (
        [["id", "age", "sex", "failed"]],
        [["id", "day", "drug", "dose"]],
        [["id", "day", "phq9"]],
    )
    for number in range(PEOPLE):
        who = f"{number + 101:05d}"
        patients.append([who, str(20 + number), "f" if number % 2 else "m", str(1 + number % 4)])
        for session in range(SESSIONS):
            day = START + dt.timedelta(days=number + 4 * session)
            visits.append([who, day.isoformat(), "iv" if number % 3 else "esketamine", "40" if number % 3 else "56"])
            scores.append([who, day.isoformat(), str(20 - 2 * session + number % 3)])
    return {"patients.csv": patients, "visits.csv": visits, "scores.csv": scores}


def read_clinic(folder: Path, spoil: Callable[[dict[str, Rows]], object] | None = None, **sections: Any) -> Export:
    """Write the clinic's files, spoiled, and read them; ``sections`` are of the study file."""
    rows = clinic_rows()
    if spoil is not None:
        spoil(rows)
    for name, lines in rows.items():
        write(folder, name, *(",".join(line) for line in lines))
    return read_export(make_study(sections.pop("sources", SOURCES), **sections), folder)


def change(file: str, column: str, new: Callable[[str, int], str]) -> Callable[[dict[str, Rows]], None]:
    """Return what changes the cells of one column; ``new`` gets the cell and the row's number from 0."""

    def spoil(rows: dict[str, Rows]) -> None:
        place = rows[file][0].index(column)
        for number, row in enumerate(rows[file][1:]):
            row[place] = new(row[place], number)

    return spoil
