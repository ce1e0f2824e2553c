"""Small exports and their study files, for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from outcomes.intake import Export, read_export
from outcomes.settings import Study
from outcomes.settings.study import check_study

ARMS = [{"id": "esketamine", "label": "E", "protocol": "esketamine"}, {"id": "iv", "label": "IV", "protocol": "iv"}]
TREATMENT = {"column": "arm", "values": {"iv": "iv", "ketamine iv": "iv", "spravato": "esketamine"}}
PHQ9 = {"items": [f"p{n}" for n in range(1, 10)], "total": "ptotal"}
GAD7 = {"items": [f"g{n}" for n in range(1, 8)], "total": "gtotal"}
PLACED = {"patient": "id", "date": "day"}
SESSIONS = {"sessions": {"columns": {**PLACED, "treatment": TREATMENT, "dose_mg": "dose", "weight_kg": "weight"}}}
ANSWERS = {"assessments": {"columns": PLACED, "instruments": {"phq9": PHQ9, "gad7": GAD7}}}
TOTALS = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"total": "ptotal"}}}}
PATIENTS = {"patients": {"columns": {"patient": "id", "site": "site", "age": "age", "payer": "payer"}}}
SEVERITY = {"column": "severity", "values": {"mild": "mild", "severe": "severe"}}
EVENTS = {"column": "event", "split": ";", "values": {"nausea": "nausea", "headache": "headache", "none": None}}
ADVERSE = {"adverse_events": {"columns": {**PLACED, "event": EVENTS, "severity": SEVERITY}}}


def make_study(sources: list[dict[str, Any]], **sections: Any) -> Study:
    """Return a study with the given sources; every other section has its default unless given."""
    content: dict[str, Any] = {
        "study": "small",
        "data": "raw",
        "sources": sources,
        "instruments": ["phq9", "gad7"],
        "arms": ARMS,
        "report": {"title": "T"},
    }
    return check_study(content | sections)


def write(folder: Path, name: str, *lines: str, header: str | None = None) -> None:
    """Write a text file, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*([header] if header else []), *lines]) + "\n"
    (folder / name).write_bytes(text.encode())


def read_one(folder: Path, tables: dict[str, Any], header: str, *lines: str, **sections: Any) -> Export:
    """Read one file of some tables."""
    write(folder, "file.csv", *lines, header=header)
    constants = sections.pop("constants", {})
    source = {
        "file": "file.csv",
        "tables": tables,
        "constants": constants,
        "delimiter": sections.pop("delimiter", None),
    }
    return read_export(make_study([source], **sections), folder)


def entries(export: Export) -> list[tuple[Any, ...]]:
    """Return the ledger as tuples: row, state, reason, column, old, new."""
    ledger = export.ledger.drop(columns="file").astype(object)
    return [tuple(row) for row in ledger.where(ledger.notna(), None).itertuples(index=False)]


def reasons(export: Export) -> list[str]:
    return export.ledger["reason"].astype(str).tolist()
