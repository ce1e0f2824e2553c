"""What a study file makes of an export, and what changed since the last time, on the command line."""

import json
import os

import pytest
import yaml
from clinic_files import PEOPLE, SESSIONS, SOURCES, change, clinic_rows
from exports import ARMS, write

from outcomes.__main__ import main

ROWS = PEOPLE * SESSIONS


@pytest.fixture
def clinic(tmp_path, monkeypatch):
    """Write a clinic's export and its study file, and return a function that writes the export anew, spoiled."""
    monkeypatch.chdir(tmp_path)
    content = {
        "study": "small",
        "data": "raw",
        "sources": SOURCES,
        "instruments": ["phq9"],
        "arms": ARMS,
        "report": {"title": "T"},
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content))

    def fill(*spoils):
        rows = clinic_rows()
        for spoil in spoils:
            spoil(rows)
        for name, lines in rows.items():
            write(tmp_path / "raw", name, *(",".join(line) for line in lines))

    fill()
    return fill


def test_check_shows_what_was_understood_and_writes_no_table(clinic, tmp_path, capsys):
    assert main(["check", "study.yaml"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "Files, people, dates, visits and values hang together." in shown.out
    assert "A run would go on: outcomes run study.yaml" in shown.out
    lines = {" ".join(line.split()) for line in shown.out.splitlines()}
    assert "input 3 scores.csv 180 180 0 0 0" in lines
    assert f"assessments: phq9 {ROWS} {PEOPLE} 0 to 20" in lines
    assert "IV 20 20 20" in lines
    assert [path.name for path in (tmp_path / "data/small/derived").iterdir()] == ["check.html"]
    page = (tmp_path / "data/small/derived/check.html").read_text()
    assert '<th scope="col">why left out</th>' in page
    assert "00101" not in shown.out + page


def test_check_ends_with_an_error_code_where_a_run_would_stop(clinic, capsys):
    clinic(change("scores.csv", "id", lambda cell, _: cell.lstrip("0")))
    assert main(["check", "study.yaml"]) == 2
    shown = capsys.readouterr().out
    assert "STOPS A RUN  near_identifiers" in shown
    assert "A run would stop at 4 finding(s)." in shown or "A run would stop at" in shown
    assert main(["intake", "study.yaml"]) == 2
    assert "does not hang together" in capsys.readouterr().err


def test_what_is_accepted_does_not_stop_and_says_so(clinic, tmp_path, capsys):
    clinic(change("scores.csv", "day", lambda cell, _: cell + "T01:30:00"))
    assert main(["check", "study.yaml"]) == 2
    content = yaml.safe_load((tmp_path / "study.yaml").read_text())
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content | {"accept": {"night_stamps": "a night clinic"}}))
    capsys.readouterr()
    assert main(["check", "study.yaml"]) == 0
    assert "accepted  night_stamps" in capsys.readouterr().out
    assert main(["intake", "study.yaml"]) == 0
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content | {"accept": {"night_stamp": "a night clinic"}}))
    assert main(["check", "study.yaml"]) == 2
    assert "did you mean 'night_stamps'" in capsys.readouterr().err


def test_refresh_says_what_changed_since_the_last_time(clinic, tmp_path, capsys):
    assert main(["refresh", "study.yaml"]) == 0
    assert "Kept for the next refresh." in capsys.readouterr().out
    assert main(["intake", "study.yaml"]) == 0
    assert main(["refresh", "study.yaml"]) == 0
    assert "Nothing changed." in capsys.readouterr().out

    def grow(rows):
        rows["scores.csv"] = [[*row, "x"] for row in rows["scores.csv"]]
        rows["scores.csv"][0][-1] = "note_kind"
        rows["scores.csv"] += [["00131", f"2024-03-{day:02d}", "9", "x"] for day in (1, 8)]
        rows["visits.csv"] += [["00131", "2024-03-01", "iv", "40"]]
        del rows["visits.csv"][2:5]
        change("scores.csv", "phq9", lambda cell, n: "27" if n == 100 else cell)(rows)
        rows["more.csv"] = [["id", "k"], ["1", "2"]]

    clinic(grow)
    assert main(["refresh", "study.yaml"]) == 0
    lines = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert "more.csv new; no source names it, so that it is not read" in lines
    assert "scores.csv 180 → 182 rows; 1 new column(s): 'note_kind'" in lines
    assert "visits.csv 180 → 178 rows; fewer than before: is the export complete?" in lines
    assert "people 30 → 31; 1 new, 0 gone" in lines
    assert "sessions 180 → 178; 1 new, 3 gone" in lines
    assert "assessments 180 → 182; 2 new, 0 gone, 1 whose answers are now others" in lines
    snapshot = json.loads((tmp_path / "data/small/derived/snapshot.json").read_text())
    assert snapshot["scores.csv"]["rows"] == 182
    assert main(["refresh", "study.yaml"]) == 0
    assert "Nothing changed." in capsys.readouterr().out


def test_refresh_names_columns_and_files_that_are_gone(clinic, tmp_path, capsys):
    main(["refresh", "study.yaml"])

    def drop(rows):
        rows["patients.csv"] = [row[:3] for row in rows["patients.csv"]]

    clinic(drop)
    capsys.readouterr()
    assert main(["refresh", "study.yaml"]) == 2  # the study file maps the column
    shown = capsys.readouterr()
    assert "does not have" in shown.err
    assert "1 column(s) gone: 'failed'" in shown.out
    clinic()
    (tmp_path / "raw/patients.csv").unlink()
    assert main(["refresh", "study.yaml"]) == 2
    shown = capsys.readouterr()
    assert "patients.csv: no such file" in shown.err
    assert "gone; a source names it" in shown.out


@pytest.mark.parametrize(("command", "file"), [("check", "check.html"), ("refresh", "snapshot.json")])
def test_what_is_kept_of_an_export_is_its_owners_alone(clinic, tmp_path, command, file):
    before = os.umask(0o022)
    try:
        assert main([command, "study.yaml"]) == 0
    finally:
        os.umask(before)
    kept = tmp_path / "data/small/derived" / file
    assert [oct(one.stat().st_mode & 0o777) for one in (kept, kept.parent)] == ["0o600", "0o700"]


def test_columns_that_changed_since_the_last_run_are_said_by_check_and_by_run(clinic, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("outcomes.runner.run_pipeline", lambda *_: 0)
    assert main(["run", "study.yaml"]) == 0
    assert main(["check", "study.yaml"]) == 0
    assert "since the last run" not in capsys.readouterr().out
    path = tmp_path / "raw/scores.csv"
    first, rest = path.read_text().split("\n", 1)
    path.write_text(f"{first},form version\n" + "\n".join(f"{line},2" for line in rest.splitlines()) + "\n")
    assert main(["check", "study.yaml"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Columns since the last run" in shown
    assert "scores.csv 1 new column(s): 'form version'" in shown
    assert main(["run", "study.yaml"]) == 0
    assert "scores.csv: since the last run 1 new column(s): 'form version'" in capsys.readouterr().out
    assert main(["run", "study.yaml"]) == 0
    assert "since the last run" not in capsys.readouterr().out
