"""Five hundred planted identifiers, in every place an export has: none leaves the private folder, in a table, figure, report, log, or message."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import random
import re
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
import yaml
from clinic_files import clinic_rows
from exports import ARMS, write

from outcomes.__main__ import main

STEPS = (
    "intake", "score", "series", "endpoints", "rates", "compare", "durability", "harms", "exposure", "onset", "courses", "cost", "tables", "figures",
    "report", "manifest",
)  # fmt: skip
SYLLABLES = ("qua", "zor", "mi", "ka", "ony", "xel", "bry", "tuv", "wex", "jol")
NUMBERS = random.Random(11)


def secrets():
    """Yield identifiers of every kind without end, each once."""
    for number in itertools.count(1):
        name = "".join(NUMBERS.choice(SYLLABLES) for _ in range(3)).capitalize() + f"{number:03d}".translate(
            str.maketrans("0123456789", "abcdefghij")
        )
        digits = f"{NUMBERS.randrange(10**8, 10**9)}"
        yield from (
            f"{digits[:3]}-{digits[3:5]}-{digits[5:9]}",
            f"MRN{digits[::-1]}",
            f"(555) {digits[:3]}-{digits[3:7]}",
            f"{name.lower()}@example.org",
            f"{1 + number} {name} St",
            f"Dr {name}",
            f"19{number % 90 + 10}-0{number % 9 + 1}-1{number % 9}-{name}",
            f"{name}, {name[::-1].capitalize()}",
        )


SOURCE = secrets()
PLANTED: list[str] = []


def plant(count: int = 1) -> list[str]:
    new = list(itertools.islice(SOURCE, count))
    PLANTED.extend(new)
    return new


def quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def write_export(folder: Path) -> None:
    """Write a sound clinic in which everything that is not mapped is an identifier: cells, headers, files, sheets, folders."""
    rows = clinic_rows()
    for lines in rows.values():
        notes = plant(8)
        lines[0] += ["note", quoted(plant()[0])]  # a header that is a person
        for line in lines[1:]:
            line += [quoted(notes[len(line[0]) % 8]), quoted(notes[int(line[0]) % 8])]
    for line, who in zip(rows["visits.csv"][1:], plant(180), strict=True):
        line[-1] = quoted(who)
    for name, lines in rows.items():
        write(folder / Path(PLANTED[0]).name, f"{PLANTED[3]} {name}", *(",".join(line) for line in lines))
    book = openpyxl.Workbook()
    book.active.title = plant()[0][:31].replace(":", "").replace("/", "")
    book.active.append(["id", "day", "phq9", plant()[0]])
    for number, who in enumerate(plant(100)):
        book.active.append([f"{101 + number % 30:05d}", f"2024-02-{1 + number % 28:02d}", 12, who])
    book.create_sheet(plant()[0][:31].replace(":", "").replace("/", ""))
    book.save(folder / f"{plant()[0].replace('/', '')}.xlsx")
    write(
        folder,
        f"{plant()[0]}.tsv",
        *("\t".join([f"{101 + n % 30:05d}", who]) for n, who in enumerate(plant(100))),
        header=f"id\t{plant()[0]}",
    )
    bundle = [{"resourceType": "Patient", "id": who, "name": [{"text": who}]} for who in plant(80)]
    (folder / f"{plant()[0]}.ndjson").write_text("\n".join(map(json.dumps, bundle)) + "\n")
    (folder / f"{plant()[0]}.json").write_text(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in bundle]})
    )
    (folder / f"{plant()[0]}.pdf").write_bytes(b"%PDF " + plant()[0].encode())


def study_file(folder: Path, **changes) -> dict:
    """Return a study file of the three sound files; sources by pattern, so that no name is typed."""
    files = {path.name.rpartition(" ")[2]: path for path in folder.rglob("*.csv")}
    place = {name: f"*/*{name}" for name in files}
    tables = {
        "patients.csv": {"patients": {"columns": {"patient": "id", "age": "age", "sex": "sex", "failed": "failed"}}},
        "visits.csv": {
            "sessions": {"columns": {"patient": "id", "date": "day", "treatment": "drug", "dose_mg": "dose"}}
        },
        "scores.csv": {
            "assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "phq9"}}}
        },
    }
    sources = [{"file": place[name], "tables": tables[name]} for name in tables]
    return {
        "study": "small",
        "data": "raw",
        "sources": sources,
        "instruments": ["phq9"],
        "arms": ARMS,
        "report": {"title": "T"},
    } | changes


def spoilt_studies(folder: Path) -> dict[str, dict]:
    """Return study files that end with an error or a question, each looking at identifiers."""
    base = study_file(folder)

    def column(name, of="note"):
        sources = json.loads(json.dumps(base["sources"]))
        sources[0]["tables"]["patients"]["columns"][name] = of
        return base | {"sources": sources}

    def of_visits(**columns):
        sources = json.loads(json.dumps(base["sources"]))
        sources[1]["tables"]["sessions"]["columns"] |= columns
        return base | {"sources": sources}

    return {
        "payer": column("payer"), "site": column("site"), "arm": column("arm"), "own": column("own"), "a number": column("age", "note"),
        "a sex": column("sex", {"column": "note", "values": {"f": "female"}}), "no such column": column("own", "nota"),
        "a treatment": of_visits(treatment="note"), "a date": of_visits(date="note"), "a dose": of_visits(dose_mg="note"),
        "a weight": of_visits(weight_kg="note"), "a patient": of_visits(patient="note"), "a submission": of_visits(submitted="note"),
        "a total": base | {"sources": [*base["sources"][:2], {"file": base["sources"][2]["file"], "tables": {"assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "note"}}}}}]},
        "items": base | {"sources": [*base["sources"][:2], {"file": base["sources"][2]["file"], "tables": {"assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"items": ["note"] * 9}}}}}]},
        "events": base | {"sources": [*base["sources"], {"file": base["sources"][1]["file"], "tables": {"events": {"columns": {"patient": "id", "date": "day", "event": "note"}}}}]},
    }  # fmt: skip


def say(*words: str) -> str:
    """Run a command in this process; return all that it prints and logs."""
    out = io.StringIO()
    before = list(logging.getLogger().handlers)
    logging.getLogger().addHandler(logging.StreamHandler(out))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            main(list(words))
    finally:
        logging.getLogger().handlers[:] = before
    return out.getvalue()


def unpack(path: Path) -> str:
    """Return all that a file holds, what is packed in it too: parts of Word files, streams of PDF, notes in pictures."""
    raw = path.read_bytes()
    pieces = [raw]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            pieces += [name.encode() + parts.read(name) for name in parts.namelist()]
    if path.suffix in (".pdf", ".png"):
        for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", raw):
            with contextlib.suppress(zlib.error):
                pieces.append(zlib.decompressobj().decompress(raw[start.start() :]))
    return "".join(piece.decode(code, "ignore") for piece in pieces for code in ("utf-8", "utf-16-be"))


def seen_in(text: str) -> list[str]:
    return [secret for secret in PLANTED if secret in text]


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    plant(9)
    write_export(folder / "raw")
    assert len(set(PLANTED)) == len(PLANTED) >= 500
    return folder


def test_no_identifier_is_said_or_leaves_the_private_folder(export, monkeypatch):
    monkeypatch.chdir(export)
    (export / "study.yaml").write_text(yaml.safe_dump(study_file(export / "raw")))
    for step in (*STEPS, "check", "refresh", "ledger"):
        said = say(step, "study.yaml")
        assert "Traceback" not in said
        assert seen_in(said) == [], step
    assert (export / "data/small/derived/scores.parquet").is_file()
    outside = [
        path
        for path in export.rglob("*")
        if path.is_file() and not path.is_relative_to(export / "data") and not path.is_relative_to(export / "raw")
    ]
    assert {path.suffix for path in outside} >= {".csv", ".svg", ".png", ".html", ".pdf", ".docx", ".json"}
    for path in outside:
        assert seen_in(path.name + unpack(path)) == [], path


def test_what_is_packed_is_read(tmp_path):
    """The test above would see an identifier in the parts of a Word file, a compressed stream of a PDF, and a note in a picture."""
    secret, packed = PLANTED[0] if PLANTED else plant()[0], tmp_path / "x.docx"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("docProps/core.xml", secret)
    (tmp_path / "x.pdf").write_bytes(b"1 0 obj stream\n" + zlib.compress(secret.encode()) + b"\nendstream")
    (tmp_path / "x.png").write_bytes(b"zTXtnote\0\0" + zlib.compress(secret.encode()))
    assert [secret in unpack(tmp_path / f"x.{kind}") for kind in ("docx", "pdf", "png")] == [True, True, True]


@pytest.mark.parametrize("case", [
    "payer", "site", "arm", "own", "a number", "a sex", "no such column", "a treatment", "a date", "a dose", "a weight", "a patient", "a submission", "a total", "items", "events",
])  # fmt: skip
def test_no_error_or_question_says_an_identifier(case, export, monkeypatch):
    monkeypatch.chdir(export)
    (export / "spoilt.yaml").write_text(yaml.safe_dump(spoilt_studies(export / "raw")[case]))
    for step in ("check", "intake"):
        said = say(step, "spoilt.yaml")
        assert "Traceback" not in said
        assert said.strip()
        assert seen_in(said) == []


def test_a_draft_says_none_but_the_files_that_it_must_name(export, monkeypatch):
    monkeypatch.chdir(export)
    said = say("draft", "raw", "--out", "drafted.yaml")
    assert "Traceback" not in said
    assert seen_in(said) == []
    books = [openpyxl.load_workbook(path).sheetnames for path in (export / "raw").rglob("*.xlsx")]
    names = "".join(itertools.chain(*books)) + "".join(
        path.relative_to(export / "raw").as_posix() for path in (export / "raw").rglob("*")
    )
    text = (export / "drafted.yaml").read_text()
    assert [secret for secret in seen_in(text) if secret not in names] == []
