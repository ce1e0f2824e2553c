"""Whether a draft asks how long a response lasts: where scores follow the induction, and only there."""

import datetime as dt
from dataclasses import replace

import pytest
import yaml
from exports import write

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.intake.draft.follow_up import FOLLOWED, count_followed
from outcomes.settings import check_study
from outcomes.settings.durability import Durability, End

START = dt.date(2024, 1, 8)


def draft_clinic(folder, followed, after=(7, 40), people=30, sessions=tuple(range(0, 24, 4))):
    """Draft a clinic of so many patients, of whom the first ones have a score so many days after the last of six sessions."""
    log, scores = [], []
    for number in range(people):
        days = [START + dt.timedelta(days=number + day) for day in sessions]
        log += [f"c{number},{day:%Y-%m-%d},Ketamine IV,{40 + number % 7}" for day in days]
        days += [days[5] + dt.timedelta(days=one) for one in (after if number < followed else after[:1])]
        scores += [f"c{number},{day:%Y-%m-%d},{20 - place + number % 4}" for place, day in enumerate(sorted({*days}))]
    write(folder, "log.csv", *log, header="client_id,visit_date,drug,dose_mg")
    write(folder, "phq.csv", *scores, header="client_id,date,phq9_total")
    return draft_study(folder, "mine")


def test_scores_after_the_induction_are_asked_about_with_the_defaults(tmp_path):
    draft = draft_clinic(tmp_path, FOLLOWED)
    assert draft.missing == ()
    asked = check_study(yaml.safe_load(draft.text)).durability
    assert asked == Durability(instrument="phq9", relapse=End(improvement_below=20))


def test_few_of_them_leave_it_out_in_a_sentence_and_the_study_runs(tmp_path):
    draft = draft_clinic(tmp_path, FOLLOWED - 1)
    assert draft.missing == ()
    assert check_study(yaml.safe_load(draft.text)).durability is None
    assert f"# Fewer than {FOLLOWED} patients of each arm have a score on days 1–14" in draft.text
    section = draft.text[draft.text.index("# durability:") :].split("\n\n")[0]
    taken = yaml.safe_load("\n".join(line.removeprefix("# ") for line in section.splitlines()))
    content = yaml.safe_load(draft.text) | taken  # the '#' removed
    assert check_study(content).durability == Durability(instrument="phq9", relapse=End(improvement_below=20))


def test_what_cannot_be_read_yet_is_not_counted(tmp_path):
    write(
        tmp_path,
        "log.csv",
        *(f"c{n},{n % 9 + 1:02d}/{n % 9 + 2:02d}/2024,Ketamine IV" for n in range(60)),
        header="client_id,date,drug",
    )
    write(tmp_path, "phq.csv", *(f"c{n},{n % 9 + 1:02d}/{n % 9 + 2:02d}/2024,{n % 20}" for n in range(60)), header="client_id,date,phq9_total")  # fmt: skip
    draft = draft_study(tmp_path, "mine")
    assert any("day first or month first" in one for one in draft.missing)
    assert "durability" not in yaml.safe_load(draft.text)
    assert "once the file is read without a question" in draft.text


@pytest.mark.parametrize(
    ("after", "sessions", "expected"),
    [
        ((1, 15), tuple(range(0, 24, 4)), 20),
        ((14, 112), tuple(range(0, 24, 4)), 20),
        ((15, 40), tuple(range(0, 24, 4)), 0),  # nobody at the landmark
        ((2, 14), tuple(range(0, 24, 4)), 0),  # nobody later
        ((7, 113), tuple(range(0, 24, 4)), 0),  # beyond the horizon
        # a seventh session on day 26 is of the induction, which ends that day; one on day 48 is beyond its 28 days
        ((6, 40), (*range(0, 24, 4), 26), 0),
        ((6, 40), (*range(0, 24, 4), 48), 30),
        ((6, 40), (*range(0, 24, 4), 52), 30),  # beyond the gap another course begins; its scores follow the first
    ],
)
def test_who_is_followed_is_counted_by_the_landmark_and_the_induction(tmp_path, after, sessions, expected):
    draft = draft_clinic(tmp_path, 20, after, sessions=sessions)
    study = check_study(yaml.safe_load(draft.text))
    assert count_followed(read_export(study, tmp_path), study) == expected


def test_sessions_of_no_arm_are_followed_by_nobody(tmp_path):
    draft = draft_clinic(tmp_path, FOLLOWED)
    study = check_study(yaml.safe_load(draft.text))
    export = read_export(study, tmp_path)
    for treatment in ("none", None):
        sessions = export.tables["sessions"].assign(treatment=treatment)
        assert count_followed(replace(export, tables=export.tables | {"sessions": sessions}), study) == 0
    empty = export.tables["sessions"].iloc[:0]
    assert count_followed(replace(export, tables=export.tables | {"sessions": empty}), study) == 0
