"""The page on exports: each of its examples is read as it stands, and gives what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from exports import make_study

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.intake.readers import READERS

PAGE = (Path(__file__).parents[2] / "docs" / "your-export.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}


def write_example(folder: Path, section: str) -> None:
    files = re.findall(r"```csv (\S+)\n(.*?)```", section, re.DOTALL)
    assert files
    for name, content in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


@pytest.mark.parametrize("title", SECTIONS)
def test_a_draft_of_an_example_names_its_section(tmp_path, title):
    write_example(tmp_path, SECTIONS[title])
    files = [path for path in tmp_path.rglob("*.csv") if path.parent != tmp_path]
    for number in range(8 if files else 0):  # fewer files of one kind are named one by one
        (files[0].parent / f"Onyx{number}.csv").write_bytes(files[0].read_bytes())
    assert title in draft_study(tmp_path, "mine").describe(Path("mine.yaml"))


@pytest.mark.parametrize("title", SECTIONS)
def test_an_example_is_read_as_it_stands(tmp_path, title):
    section = SECTIONS[title]
    write_example(tmp_path, section)
    (written,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    export = read_export(
        make_study(yaml.safe_load(written), dates={"formats": ["%Y-%m-%d"], "study_days": "first_session"}), tmp_path
    )
    said = re.search(r"Gives (\d+) questionnaires of (\d+) people and (\d+) sessions\.", section)
    found = [len(export.tables[name]) for name in ("assessments", "patients", "sessions")]
    assert found == [int(number) for number in said.groups()]
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()


def test_every_format_is_on_the_page():
    formats = set.union(*(set(reader.formats) for reader in READERS)) - {"auto", "csv", "tsv", "excel"}
    endings = {"spss": ".sav", "stata": ".dta", "sas": "SAS", "parquet": "Parquet"}
    assert [one for one in formats if endings.get(one, f"format: {one}") not in PAGE] == []
