"""One file that holds sessions and scores in another arrangement than a table of one kind: every one is read, with its dose and its day."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml
from exports import write

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(12)]
DAYS = [0, 3, 7, 30]  # three sessions, and a later score
DRUGS = {who: ("Ketamine IV", "Spravato")[n % 2] for n, who in enumerate(PEOPLE)}
DOSES = {who: (40 + n, 56)[n % 2] for n, who in enumerate(PEOPLE)}


def score(n: int, k: int) -> int:
    return (3 * n + 5 * k) % 28


def date(n: int, k: int) -> str:
    return (dt.date(2024, 1, 9) + dt.timedelta(days=n + DAYS[k])).isoformat()


def visits():
    """Yield who, date, drug, dose and score of every visit; the last one is no session."""
    for n, who in enumerate(PEOPLE):
        for k in range(4):
            given = k < 3
            yield who, date(n, k), DRUGS[who] if given else "", str(DOSES[who]) if given else "", score(n, k)


def write_events(folder):
    lines = []
    for who, day, drug, dose, total in visits():
        lines += [f"{who},{day},{drug},{dose} mg"] if drug else [f"{who},{day},Note,she called"]
        lines += [f"{who},{day},PHQ-9,{total}"]
    write(folder, "events.csv", *lines, header="patient_id,date,event,value")


def write_events_of_kinds(folder):
    lines = []
    for who, day, drug, dose, total in visits():
        lines += [f"{who},{day},Treatment,{drug},{dose},mg"] if drug else [f"{who},{day},Vitals,weight,80,kg"]
        lines += [f"{who},{day},PHQ-9,total,{total},points"]
    write(folder, "timeline.csv", *sorted(lines), header="MRN,Event date,Kind,Detail,Value,Unit")


WRITERS = {name.removeprefix("write_"): one for name, one in list(globals().items()) if name.startswith("write_")}


@pytest.mark.parametrize("name", WRITERS)
def test_every_session_and_score_is_read_with_its_day(tmp_path, name):
    WRITERS[name](tmp_path)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == (), draft.describe(tmp_path)
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    scores, sessions = export.tables["assessments"], export.tables["sessions"]
    found = {
        (names[p], d): int(t)
        for p, d, t in zip(scores["patient"], scores["study_day"], scores["recorded_total"], strict=True)
    }
    assert found == {(who, DAYS[k]): score(n, k) for n, who in enumerate(PEOPLE) for k in range(4)}
    given = {
        (names[p], d): (str(drug), int(dose))
        for p, d, drug, dose in zip(*(sessions[one] for one in ("patient", "study_day", "treatment", "dose_mg")), strict=True)
    }  # fmt: skip
    arms = {"Ketamine IV": "iv", "Spravato": "esketamine"}
    assert given == {(who, DAYS[k]): (arms[DRUGS[who]], DOSES[who]) for who in PEOPLE for k in range(3)}
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()
