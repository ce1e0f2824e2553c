"""Who was in each release: kept privately, and said where a release differs from an earlier one by a few patients."""

import contextlib
import io
import json
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from outcomes import runner
from outcomes.__main__ import main
from outcomes.errors import DamageError
from outcomes.files import Places, read_table
from outcomes.release import earlier
from outcomes.settings import read_study

sys.path.append(str(Path(__file__).parents[1] / "analysis" / "edges"))
from clinics import make_clinic, write_clinic

DAY = date(2026, 1, 2)


@pytest.fixture
def tell(monkeypatch, tmp_path):
    """Return what is said of a release of these patients, each with an arm, or none where excluded."""

    read = []

    def say(people, minimum=11):
        key = pd.DataFrame({"patient": range(len(people)), "identifier": list(people)})
        cohort = pd.DataFrame({"patient": range(len(people)), "arm": [arm or "iv" for arm in people.values()],
                               "included": [bool(arm) for arm in people.values()]})  # fmt: skip
        places = Places("mine", tmp_path)
        for name, table in {"key": key, "cohort": cohort}.items():
            places.table(name).parent.mkdir(parents=True, exist_ok=True)
            places.table(name).write_bytes(table.to_csv(index=False).encode())
        read.clear()
        monkeypatch.setattr(
            earlier, "read_table", lambda path, name: read.append(name) or pd.read_csv(path, dtype={"identifier": str})
        )
        return earlier.note_release(places, minimum, DAY)

    say.read = read
    return say


def test_a_package_a_few_patients_apart_from_one_that_was_signed_is_said(tell, tmp_path):
    places = Places("mine", tmp_path)
    tell(people(40))
    assert earlier.compare_with_sent(places, 11) == ""
    earlier.note_sent(places, DAY)
    assert earlier.compare_with_sent(places, 11) == ""  # the same patients
    for more, words in ((41, "by 1 patient in the export"), (45, "by 5 patients in"), (60, "")):
        tell(people(more))
        said = earlier.compare_with_sent(places, 11)
        assert (words in said and "package was signed on 2026-01-02" in said) if words else said == ""
    earlier.note_sent(places, DAY)
    tell(people(43))
    assert "by 3 patients" in earlier.compare_with_sent(places, 11)  # from the first of the two


def people(iv, im=0, excluded=0):
    arms = {f"iv{n}": "iv" for n in range(iv)} | {f"im{n}": "im" for n in range(im)}
    return arms | {f"out{n}": "" for n in range(excluded)}


def test_the_same_patients_and_many_more_are_said_nothing_of(tell):
    assert tell(people(40)) == tell(people(40)) == tell(people(51)) == ""


def test_a_run_that_had_nothing_to_do_says_the_same_and_reads_no_table(tell):
    tell(people(40))
    said = tell(people(41))
    assert "by 1 patient" in said
    assert tell.read
    assert tell(people(41)) == said
    assert not tell.read
    assert "by 1 patient" in tell(people(41), minimum=16)
    assert tell.read


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (people(41, 20), "by 1 patient in the export"),
        (people(39, 20), "by 1 patient in the export"),
        (people(50, 20), "by 10 patients in the export"),
        (people(70, 21), "by 1 patient of arm im"),
        (people(40, 20, 3), "by 3 patients in the export"),
        ({**people(38, 20, 30), "iv38": "", "iv39": ""}, "by 2 patients analysed"),
    ],
)
def test_a_few_more_fewer_or_others_are_named(tell, after, said):
    assert tell(people(40, 20)) == ""
    found = tell(after)
    assert f"differs from that of 2026-01-02 {said}" in found
    assert "Publish only one of the two" in found


def test_every_earlier_release_counts_and_not_only_the_last(tell):
    assert [bool(tell(people(n))) for n in (40, 80, 41, 40)] == [False, False, True, True]


def test_the_record_names_nobody_is_its_owners_alone_and_damage_is_said(tell, tmp_path):
    tell(people(40, 20))
    folder = tmp_path / "data/mine/releases"
    record = folder / "releases.json"
    assert (folder.stat().st_mode & 0o777, record.stat().st_mode & 0o777) == (0o700, 0o600)
    text = record.read_text()
    assert "iv1" not in text.replace("of arm iv", "")
    assert "im1" not in text
    kept = json.loads(text)
    assert [len(own) for own in kept["releases"][0]["people"].values()] == [60, 60, 20, 40]
    record.write_text(text[:90])
    with pytest.raises(DamageError, match=r"releases.json: this record of who was in each release cannot be read"):
        tell(people(40, 20))


def test_a_study_read_again_with_one_patient_more(tmp_path, monkeypatch, capsys):
    """From raw files: 59 patients, then 60, in a numbering that the new patient, the first of all, moves."""
    path = write_clinic(make_clinic(60), tmp_path)
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(declared | {"privacy": {}}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    raw = {file: file.read_text(encoding="utf-8") for file in Path("data/raw").glob("*.csv")}
    said = []
    for gone in ("101,", None, None):
        for file, text in raw.items():
            lines = [line for line in text.splitlines() if gone is None or not line.startswith(gone)]
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for step in ("intake", "score", "series", "endpoints"):
            with contextlib.redirect_stderr(io.StringIO()):
                assert main([step, str(path)]) == 0
        study = read_study(path)
        capsys.readouterr()
        runner._say_earlier(study, Places(study.study), internal=False)
        said.append(capsys.readouterr().out)
    assert len(read_table(Places("edge").table("key"))) == 60
    assert said[0] == ""
    assert "by 1 patient in the export: fewer than 11. Publish only one of the two" in said[1]
    assert said[2] == said[1]
    runner._say_earlier(study, Places(study.study), internal=True)
    exact = {"release": "exact", "because": "public data"}
    path.write_text(yaml.safe_dump(declared | {"privacy": exact}), encoding="utf-8")
    runner._say_earlier(read_study(path), Places(study.study), internal=False)
    assert capsys.readouterr().out == ""
