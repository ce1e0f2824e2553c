"""Damaged exports of every format: a clear error or a result, never a traceback, a hang, or a score changed in silence."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import openpyxl
import pandas as pd
import pytest
from exports import make_study

from outcomes.errors import OutcomesError
from outcomes.instruments import read_instruments
from outcomes.intake import read_export
from outcomes.intake.points import read_points, read_totals
from outcomes.intake.words import text_array

MUTANTS = int(os.environ.get("OUTCOMES_MUTANTS", "1200"))  # of all formats together; 20,000 and more at night
LONGEST = 20  # seconds
ITEMS = [f"phq9_{n}" for n in range(1, 10)]
CODES = read_instruments()["phq9"].loinc.items
WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
NASTY = ["", "#NULL!", "4", "-1", "99", "1e5", "NaN", "inf", "0x2", "2.5", "２", "١", "2\u200b", "two", "2-3", "3 - several days", "≠", "=1+1", "'2", "True", "2\u00a0", "1/2", "9" * 400, "LA6570-1", "\ud7ff", "(2)", "2)", "()"]  # fmt: skip
DATES = ["", "2024-13-45", "13/13/2024", "45292.5", "1e300", "0", "-1", "2024-01-01T25:61:00Z", "tomorrow", "1704067200", "99999999999999999999", "2024-02-30", "01.02.2024", "NaT"]  # fmt: skip


def rows(seed=1) -> list[list[str]]:
    """Return questionnaires of twelve people: identifier, day, nine items, total."""
    draw = random.Random(seed)
    table = []
    for n in range(24):
        items = [draw.randrange(4) for _ in ITEMS]
        table.append([f"K{n // 2:03d}", f"2024-0{n % 2 + 1}-{n % 27 + 1:02d}", *map(str, items), str(sum(items))])
    return table


HEADER = ["id", "day", *ITEMS, "total"]
PHQ9 = {"items": ITEMS, "total": "total"}


def mapping(patient="id", date="day", **phq9: Any) -> dict[str, Any]:
    return {"assessments": {"columns": {"patient": patient, "date": date}, "instruments": {"phq9": phq9 or PHQ9}}}


def delimited(table, delimiter=",", header=(HEADER,), encoding="utf-8") -> bytes:
    quote = lambda cell: f'"{cell.replace(chr(34), chr(34) * 2)}"' if set(cell) & {delimiter, '"', "\n", "\r"} else cell  # noqa: E731
    return "".join(delimiter.join(map(quote, row)) + "\n" for row in [*header, *table]).encode(
        encoding, errors="surrogatepass"
    )


def write_with(save: Callable[[pd.DataFrame, str], object], ending: str) -> Callable[[list[list[str]], Path], None]:
    return lambda table, path: save(pd.DataFrame(table, columns=HEADER), str(path)) and None


def write_workbook(table: list[list[str]], path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [HEADER, *table]:
        book.active.append([openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell)[:30000] for cell in row])
    book.save(path)


def page(table: list[list[str]]) -> bytes:
    rows = ["".join(f"<td>{cell}</td>" for cell in row) for row in [HEADER, *table]]
    return f"<html><table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table></html>".encode(errors="surrogatepass")


def write_sqlite(table: list[list[str]], path: Path) -> None:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as base:
        base.execute(f"CREATE TABLE phq ({', '.join(f'{name} TEXT' for name in HEADER)})")
        base.executemany(f"INSERT INTO phq VALUES ({','.join('?' * len(HEADER))})", table)
    base.close()


def responses(table: list[list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "resourceType": "QuestionnaireResponse", "questionnaire": "http://loinc.org/q/44249-1", "status": "completed",
            "subject": {"reference": f"Patient/{row[0]}"}, "authored": row[1],
            "item": [{"linkId": f"/{code}", "answer": [{"valueString": cell}]} for code, cell in zip([*CODES, "44261-6"], row[2:], strict=True)],
        } for row in table
    ]  # fmt: skip


def write_bytes(make: Callable[[list[list[str]]], bytes]) -> Callable[[list[list[str]], Path], None]:
    return lambda table, path: path.write_bytes(make(table)) and None


def long_rows(table: list[list[str]]) -> bytes:
    return delimited(
        [[*row[:2], name, cell] for row in table for name, cell in zip([*ITEMS, "total"], row[2:], strict=True)],
        header=[["id", "day", "what", "answer"]],
    )


def wide_rows(table: list[list[str]]) -> bytes:
    header = ["id", *(f"{name} v{k}" for k in (1, 2) for name in HEADER[1:])]
    return delimited([[a[0], *a[1:], *b[1:]] for a, b in zip(table[::2], table[1::2], strict=True)], header=[header])


def qualtrics(table: list[list[str]]) -> bytes:
    header = [
        ["Status", *HEADER],
        ["Response Type", *HEADER],
        ['{"ImportId":"status"}', *(f'{{"ImportId":"{name}"}}' for name in HEADER)],
    ]
    return delimited([["0", *row] for row in table], header=header)


def redcap(table: list[list[str]]) -> bytes:
    header = [
        "record_id",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        "age",
        "demographics_complete",
        *HEADER[1:],
        "phq9_complete",
    ]
    people = [[row[0], "", "", "41", "2", *[""] * 12] for row in table[::2]]
    return delimited(
        [*people, *([row[0], "phq9", str(n), "", "", *row[1:], "2"] for n, row in enumerate(table))], header=[header]
    )


def nested(table: list[list[str]]) -> bytes:
    records = [
        {"who": {"id": row[0]}, "day": row[1], "answers": [{"question": n, "value": cell} for n, cell in enumerate(row[2:-1], 1)], "total": row[-1]}
        for row in table
    ]  # fmt: skip
    return "".join(json.dumps(one) + "\n" for one in records).encode()


def odm(table: list[list[str]]) -> bytes:
    forms = [
        f"<SubjectData SubjectKey={quoteattr(row[0])}><StudyEventData StudyEventOID='V'><FormData FormOID='F'><ItemGroupData ItemGroupOID='G'>"
        + "".join(f"<ItemData ItemOID='{name}' Value={quoteattr(cell)}/>" for name, cell in zip(HEADER[1:], row[1:], strict=True))
        + "</ItemGroupData></FormData></StudyEventData></SubjectData>"
        for row in table
    ]  # fmt: skip
    head = "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3' FileType='Snapshot'><ClinicalData StudyOID='S'>"
    return f"{head}{''.join(forms)}</ClinicalData></ODM>".encode(errors="surrogatepass")


def fixed(table: list[list[str]]) -> bytes:
    widths = [max(map(len, column)) + 2 for column in zip(HEADER, *table, strict=True)]
    lines = ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [HEADER, *table]]
    return "\n".join(lines).encode(errors="surrogatepass")


def beside(table: list[list[str]]) -> bytes:
    sessions = [[row[0], row[1], "iv", "", *row] for row in table]
    return delimited(sessions, header=[["id", "day", "treatment", "", *HEADER]])


def limesurvey(table: list[list[str]]) -> bytes:
    coded = [
        [*row[:2], *(f"A{int(cell) + 1}" if cell in ("0", "1", "2", "3") else cell for cell in row[2:-1])]
        for row in table
    ]
    return delimited(coded, header=[["id", "day", *(f"phq9[SQ{n:03d}]" for n in range(1, 10))]])


def notes(table: list[list[str]]) -> bytes:
    return delimited(
        [[*row[:-1], f"Slept well. PHQ-9: {row[-1]}; plan as before"] for row in table], header=[[*HEADER[:-1], "note"]]
    )


def write_joined(table: list[list[str]], path: Path) -> None:
    """Write visits, and scores that name the number of their visit alone."""
    visits = [[str(100 + n), *row[:2]] for n, row in enumerate(table)]
    scores = [[str(100 + n), *row[2:]] for n, row in enumerate(table)]
    (path.parent / "visits.csv").write_bytes(delimited(visits, header=[["visit", "id", "day"]]))
    (path.parent / "scores.csv").write_bytes(delimited(scores, header=[["visit", *HEADER[2:]]]))


JOINED = {
    "file": "scores.csv",
    "join": {"file": "visits.csv", "by": ["visit"], "columns": ["id", "day"]},
    "tables": mapping(),
}
LOINC = {"items": list(CODES), "total": "44261-6"}
FORMATS: dict[str, tuple[str, Callable[[list[list[str]], Path], None], dict[str, Any]]] = {
    "csv": ("file.csv", write_bytes(delimited), {"tables": mapping()}),
    "page": ("file.xls", write_bytes(page), {"tables": mapping()}),
    "tsv": ("file.tsv", write_bytes(lambda t: delimited(t, "\t")), {"tables": mapping()}),
    "utf-16": ("file.csv", write_bytes(lambda t: delimited(t, ";", encoding="utf-16")), {"tables": mapping()}),
    "workbook": ("file.xlsx", write_workbook, {"tables": mapping()}),
    "spss": ("file.sav", write_with(lambda frame, path: __import__("pyreadstat").write_sav(frame, path), ".sav"), {"tables": mapping()}),
    "stata": ("file.dta", write_with(lambda frame, path: __import__("pyreadstat").write_dta(frame, path), ".dta"), {"tables": mapping()}),
    "parquet": ("file.parquet", write_with(lambda frame, path: frame.to_parquet(path), ".parquet"), {"tables": mapping()}),
    "sqlite": ("file.sqlite", write_sqlite, {"format": "database", "part": "phq", "tables": mapping()}),
    "ndjson": ("file.ndjson", write_bytes(lambda t: "".join(json.dumps(one) + "\n" for one in responses(t)).encode()),
               {"format": "fhir", "part": "44249-1", "patient_strip": "Patient/", "leave_out": {"status": "entered-in-error"}, "tables": mapping("patient", "date", **LOINC)}),
    "bundle": ("file.json", write_bytes(lambda t: json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in responses(t)]}).encode()),
               {"format": "fhir", "part": "44249-1", "tables": mapping("patient", "date", **LOINC)}),
    "odm": ("file.xml", write_bytes(odm), {"format": "odm", "part": "F", "tables": mapping("subject key")}),
    "json": ("file.jsonl", write_bytes(nested), {"format": "json", "tables": mapping("who.id", items=[f"answers.{n}" for n in range(1, 10)], total="total")}),
    "long": ("file.csv", write_bytes(long_rows),
             {"pivot": {"rows": ["id", "day"], "name": "what", "value": "answer", "columns": {name: name for name in HEADER[2:]}}, "tables": mapping()}),
    "wide": ("file.csv", write_bytes(wide_rows), {"stack": {"columns": {name: f"{name} v{{}}" for name in HEADER[1:]}}, "tables": mapping()}),
    "qualtrics": ("file.csv", write_bytes(qualtrics),
                  {"header": [1, 2], "first_row": 4, "leave_out": {"Status - Response Type": [1]}, "tables": mapping()}),
    "joined": ("scores.csv", write_joined, JOINED),
    "joined to": ("visits.csv", write_joined, JOINED),
    "text named as a workbook": ("file.xls", write_bytes(lambda t: delimited(t, "\t", encoding="utf-16")), {"tables": mapping()}),
    "fixed": ("file.txt", write_bytes(fixed), {"tables": mapping()}),
    "beside": ("file.csv", write_bytes(beside), {"beside": 2, "tables": mapping()}),
    "each": ("file.csv", write_bytes(delimited), {"each": {"id": ";"}, "tables": mapping()}),
    "xml": ("file.xml", write_bytes(lambda t: ("<all>" + "".join(f"<row>{''.join(f'<{name}>{cell}</{name}>' for name, cell in zip(HEADER, row, strict=True))}</row>" for row in t) + "</all>").encode()),
            {"format": "xml", "tables": mapping()}),
    "a list in json": ("file.json", write_bytes(lambda t: json.dumps({"records": [dict(zip(HEADER, row, strict=True)) for row in t]}).encode()),
                       {"format": "json", "tables": mapping()}),
    "limesurvey": ("file.csv", write_bytes(limesurvey), {"tables": mapping(items=[f"phq9[SQ{n:03d}]" for n in range(1, 10)],
                   answers={f"A{points + 1}": points for points in range(4)})}),
    "notes": ("file.csv", write_bytes(notes), {"in_text": {"total": {"column": "note", "after": "PHQ-9"}}, "tables": mapping()}),
    "redcap": ("file.csv", write_bytes(redcap), {"format": "redcap", "part": "phq9", "tables": mapping("record_id")}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_hang():
    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {LONGEST} s")

    before = signal.signal(signal.SIGALRM, stop)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def read(folder: Path, name: str, source: dict[str, Any]):
    study = make_study(
        [{"file": name} | source], dates={"formats": ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], "zone": "as written"}
    )
    signal.alarm(LONGEST)
    try:
        export = read_export(study, folder)
    except OutcomesError:
        return None
    finally:
        signal.alarm(0)
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()
    return export


def scores(export) -> dict[tuple[str, int], list[float]]:
    """Return identifier and study day → items and total."""
    table = export.tables["assessments"]
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    found = table[[f"item_{n}" for n in range(1, 10)]].astype("float64").fillna(-9).to_numpy()
    totals = table["recorded_total"].astype("float64").fillna(-9).to_numpy()
    days = table["study_day"].fillna(-999).to_numpy()
    return {
        (names[p], int(d)): [*items, t]
        for p, d, items, t in zip(table["patient"], days, found.tolist(), totals, strict=True)
    }


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_changed_at_random_are_an_error_or_a_result(tmp_path, name):
    file, write, source = FORMATS[name]
    write(rows(), tmp_path / file)
    whole = (tmp_path / file).read_bytes()
    assert len(scores(read(tmp_path, file, source))) == 24
    draw = random.Random(name)
    for _ in range(max(MUTANTS // (2 * len(FORMATS)), 1)):
        content = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 8, 40))):
            at = draw.randrange(len(content))
            match draw.randrange(4):
                case 0:
                    content[at] = draw.randrange(256)
                case 1:
                    del content[at : at + draw.randrange(1, 9)]
                case 2:
                    content[at:at] = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 9)))
                case 3:
                    content[at : at + 20] = content[at : at + 20] * draw.randrange(2, 5)
        if draw.random() < 0.1:
            del content[draw.randrange(len(content)) :]
        (tmp_path / file).write_bytes(content or b"\n")
        read(tmp_path, file, source)


@pytest.mark.parametrize("name", FORMATS)
def test_no_cell_that_is_no_answer_changes_a_score_or_a_day_in_silence(tmp_path, name):
    file, write, source = FORMATS[name]
    table = rows()
    write(table, tmp_path / file)
    before = scores(read(tmp_path, file, source))
    draw = random.Random(f"{name} cells")
    phq9 = read_instruments()["phq9"]
    for _ in range(max(MUTANTS // (2 * len(FORMATS)), 1)):
        changed = [list(row) for row in table]
        row, column = draw.randrange(len(changed)), draw.randrange(1, len(HEADER))
        value = draw.choice(DATES if column == 1 else NASTY)
        changed[row][column] = value
        write(changed, tmp_path / file)
        export = read(tmp_path, file, source)
        if export is None or column == 1:  # another day is another record; that the file balances was looked at
            continue
        after = scores(export)
        points, _ = read_points(text_array([value.strip()]), phq9, {})
        total = read_totals(text_array([value.strip()]), phq9)
        answer = (points if column < len(HEADER) - 1 else total)[0]
        noted = len(export.ledger) > 0
        for key, values in before.items():
            if after.get(key) == values:
                continue
            said = noted or value.strip() in ("", "NaN") or (not np.isnan(answer) and answer in after.get(key, []))
            assert said, (name, key, value, values, after.get(key))
