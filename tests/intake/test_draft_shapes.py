"""Drafts of exports of other shapes: they are read as one row a record, or asked about, and never read as something else."""

from __future__ import annotations

import datetime
import json

import pytest
import yaml
from exports import write

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(12)]
DAYS = ["2024-01-10", "2024-01-17", "2024-01-24", "2024-01-31"]
ITEMS = [f"PHQ-9 Q{n}" for n in range(1, 10)]


def score(n: int, k: int) -> int:
    return (3 * n + 5 * k) % 28


def split(total: int) -> list[int]:
    return [min(3, max(0, total - 3 * n)) for n in range(9)]


def rows():
    return [(who, day, score(n, k)) for n, who in enumerate(PEOPLE) for k, day in enumerate(DAYS)]


def write_sessions(folder):
    write(
        folder,
        "log.csv",
        *(f"{who},{day},IV ketamine" for who, day, _ in rows()),
        header="patient_id,session_date,treatment",
    )


def write_wide(folder):
    header = ",".join(["ID", *(f"{what}_week{k}" for k in range(4) for what in ("date", "phq9"))])
    lines = [",".join([who, *(f"{day},{score(n, k)}" for k, day in enumerate(DAYS))]) for n, who in enumerate(PEOPLE)]
    write(folder, "wide.csv", *lines, header=header)


def write_wide_items(folder):
    header = ",".join(["ID", *(f"v{k} date" for k in range(4)), *(f"v{k}_{item}" for k in range(4) for item in ITEMS)])
    lines = [
        ",".join([who, *DAYS, *(str(one) for k in range(4) for one in split(score(n, k)))])
        for n, who in enumerate(PEOPLE)
    ]
    write(folder, "wide.csv", *lines, header=header)


def write_long_scores(folder):
    lines = [f"{who}\tPHQ-9\t{day} 08:00\t{total}" for who, day, total in rows()]
    write(folder, "list.tsv", *lines, header="client id\tsurvey\tcompleted\tscore")


def write_long_items(folder):
    lines = [f"{who},{day},PHQ-9,{n},{one}" for who, day, total in rows() for n, one in enumerate(split(total), 1)]
    write(folder, "answers.csv", *lines, header="participant,submitted_at,questionnaire,question,answer")


def write_sdtm(folder):
    lines = [f"S1,{who},PHQ-9,PHQ9TOT,{day},{total}" for who, day, total in rows()]
    write(folder, "qs.csv", *lines, header="STUDYID,USUBJID,QSCAT,QSTESTCD,QSDTC,QSSTRESN")


def write_title(folder):
    lines = [
        "Clinic report",
        "",
        "MRN,Date of assessment,PHQ-9 Total",
        *(f"{who},{day},{total}" for who, day, total in rows()),
        "Mean,,12.1",
    ]
    write(folder, "scores.csv", *lines)


def write_once(folder):
    lines = [f"{who if day == DAYS[0] else ''},{day},{total}" for who, day, total in rows()]
    write(folder, "scores.csv", *lines, header="Patient ID,Date,PHQ-9")


def write_german(folder):
    words = ["Überhaupt nicht", "An einzelnen Tagen", "An mehr als der Hälfte der Tage", "Beinahe jeden Tag"]
    date = lambda day: ".".join(reversed(day.split("-")))  # noqa: E731
    lines = [f"{who};{date(day)};" + ";".join(words[one] for one in split(total)) for who, day, total in rows()]
    text = "\n".join(["Patient;Datum;" + ";".join(ITEMS), *lines]) + "\n"
    (folder / "scores.csv").write_bytes(text.encode("cp1252"))


def write_observations(folder):
    entries = [
        {"resource": {"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]},
                      "subject": {"reference": f"Patient/{who}"}, "effectiveDateTime": day, "valueQuantity": {"value": total, "unit": "{score}"}}}
        for who, day, total in rows()
    ]  # fmt: skip
    (folder / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}))


def write_files(folder):
    for who in PEOPLE:
        write(folder / "phq", f"{who} scores.csv", *(f"{one},{day},{total}" for one, day, total in rows() if one == who),
              header="patient_id,date,phq9_total")  # fmt: skip


WRITERS = {
    name.removeprefix("write_"): one
    for name, one in list(globals().items())
    if name.startswith("write_") and name != "write_sessions"
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_draft_reads_every_score_of_another_shape(tmp_path, name):
    write_sessions(tmp_path)
    WRITERS[name](tmp_path)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == (), draft.summary
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    table = export.tables["assessments"]
    table = table[table["instrument"].astype(str) == "phq9"]
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    items = table.filter(like="item_").astype("float64")
    totals = items.sum(axis=1).where(items.notna().any(axis=1), table["recorded_total"])
    found = {(names[p], int(d)): t for p, d, t in zip(table["patient"], table["study_day"], totals, strict=True)}
    assert found == {(who, 7 * DAYS.index(day)): total for who, day, total in rows()}
    assert len(export.tables["sessions"]) == len(rows())
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()


def test_the_score_before_a_session_is_the_sessions(tmp_path):
    lines = [f"{who},{day},IV ketamine,{total},{total // 2}" for who, day, total in rows()]
    write(tmp_path, "log.csv", *lines, header="patient_id,session_date,treatment,phq9_pre,phq9_post")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert "'phq9_post', after it, left out" in draft.text
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    assert export.tables["assessments"]["recorded_total"].tolist() == [total for _, _, total in rows()]


def test_numbered_items_are_never_totals(tmp_path):
    write_sessions(tmp_path)
    lines = [
        f"{who},{day},PHQ-9,Item {'ABCDEFGHI'[n]},{one}"
        for who, day, total in rows()
        for n, one in enumerate(split(total))
    ]
    write(tmp_path, "answers.csv", *lines, header="participant,submitted_at,questionnaire,question,answer")
    assert any(one.startswith("questionnaires: ") for one in draft_study(tmp_path, "mine").missing)


def write_cases(folder, spell):
    lines = [f"{spell(who, k)},{day},{score(n, k)}" for n, who in enumerate(PEOPLE) for k, day in enumerate(DAYS)]
    write(folder, "phq.csv", *lines, header="patient_id,date,phq9_total")
    write_sessions(folder)


def test_identifiers_that_differ_by_case_and_blanks_are_written_alike_and_said(tmp_path):
    write_cases(tmp_path, lambda who, k: (who, f"{who.lower()} ", f"\u00a0{who}", who.lower())[k])
    text = draft_study(tmp_path, "mine").text
    assert "patient_case: upper" in text
    assert "12 of 24 identifiers are spelt in another case" in text
    study = check_study({key: value for key, value in yaml.safe_load(text).items() if key != "to_do"})
    export = read_export(study, tmp_path)
    assert export.tables["key"]["identifier"].tolist() == PEOPLE
    assert not [one.check for one in export.findings if one.check == "near_identifiers"]


def test_case_that_tells_people_apart_stays(tmp_path):
    two = {f"K{n:03d}": f"{'kK'[n % 2]}{n // 2:03d}" for n in range(12)}
    for name, head, rows_of in (
        ("phq.csv", "patient_id,date,phq9_total", 12),
        ("log.csv", "patient_id,session_date,treatment", "IV"),
    ):
        write(tmp_path, name, *(f"{two[who]},{day},{rows_of}" for who, day, _ in rows()), header=head)
    sources = yaml.safe_load(draft_study(tmp_path, "mine").text)["sources"]
    assert not [one for one in sources if "patient_case" in one]


def write_unnamed(folder, own, theirs, spell=str, head=""):
    scores = [f"{n},{spell(who)},{day},{total}" for n, (who, day, total) in enumerate(rows(), 1000)]
    write(folder, "phq.csv", *scores, header=f"row,{own},date,phq9_total")
    log = [f"{spell(who)},{day},IV ketamine{head}" for who, day, _ in rows()]
    write(folder, "log.csv", *log, header=f"{theirs},session_date,treatment{',provider' if head else ''}")


@pytest.mark.parametrize("names", [("kp_ref", "kp_ref"), ("Custom field 3", "ehr key"), ("folder", "mrn")])
def test_identifiers_that_no_name_tells_are_found_by_what_other_files_hold(tmp_path, names):
    write_unnamed(tmp_path, *names, lambda who: f"{who}-7")
    text = draft_study(tmp_path, "mine").text
    content = yaml.safe_load(text)
    assert "to_do" not in content
    assert f"'{names[0]}' is taken for the patients' identifiers" in text
    export = read_export(check_study(content), tmp_path)
    assert export.tables["key"]["identifier"].tolist() == [f"{who}-7" for who in PEOPLE]
    assert len(export.tables["sessions"]) == len(export.tables["assessments"]) == len(rows())


def test_of_two_columns_that_could_name_patients_none_is_taken(tmp_path):
    pairs = [(who, f"W{who[1:]}", day, total) for who, day, total in rows()]
    write(
        tmp_path,
        "phq.csv",
        *(f"{a},{b},{day},{total}" for a, b, day, total in pairs),
        header="kp,ward key,date,phq9_total",
    )
    write(
        tmp_path,
        "log.csv",
        *(f"{a},{b},{day},IV" for a, b, day, _ in pairs),
        header="kp,ward key,session_date,treatment",
    )
    assert (
        "files: no file that a study could be drafted from"
        in yaml.safe_load(draft_study(tmp_path, "mine").text)["to_do"][0]
    )


def test_numbers_that_two_files_share_name_nobody(tmp_path):
    write(
        tmp_path,
        "phq.csv",
        *(f"{100 + 7 * n},{d},{score(n, 0)}" for n in range(12) for d in DAYS),
        header="chair,date,phq9_total",
    )
    write(
        tmp_path,
        "log.csv",
        *(f"{100 + 7 * n},{d},IV" for n in range(12) for d in DAYS),
        header="chair,session_date,treatment",
    )
    assert yaml.safe_load(draft_study(tmp_path, "mine").text)["to_do"][0].startswith("files: no file")


def test_a_column_with_one_value_everywhere_names_a_study_and_no_patient(tmp_path):
    write(
        tmp_path,
        "phq.csv",
        *(f"S1,S1-{who},{day},{total}" for who, day, total in rows()),
        header="STUDYID,USUBJID,date,phq9_total",
    )
    write(
        tmp_path,
        "log.csv",
        *(f"S1,S1-{who},{day},IV" for who, day, _ in rows()),
        header="STUDYID,USUBJID,session_date,treatment",
    )
    export = read_export(check_study(yaml.safe_load(draft_study(tmp_path, "mine").text)), tmp_path)
    assert len(export.tables["key"]) == len(PEOPLE)


@pytest.mark.parametrize("name", ["QSTESTCD", None])
def test_answers_of_sdtm_are_items_and_never_totals(tmp_path, name):
    write_sessions(tmp_path)
    lines = [
        f"QS,{who},{f'PHQ01{k:02d}' if name else 'x'},PHQ-9,{one},{day}"
        for who, day, total in rows()
        for k, one in enumerate(split(total), 1)
    ]
    write(tmp_path, "qs.csv", *lines, header=f"DOMAIN,USUBJID,{name or 'NOTE'},QSCAT,QSORRES,QSDTC")
    content = yaml.safe_load(draft_study(tmp_path, "mine").text)
    if name is None:  # nothing says which answer is which
        assert content["to_do"][0].startswith("questionnaires: no column reads as the items or the total")
        return
    export = read_export(check_study(content), tmp_path)
    assert len(export.tables["assessments"]) == len(rows())


def test_an_instruments_long_name_before_its_short_one_names_its_total(tmp_path):
    write_sessions(tmp_path)
    lines = [f"{who},Patient Health Questionnaire (PHQ-9),{day},{total}/27" for who, day, total in rows()]
    write(tmp_path, "list.csv", *lines, header="Client ID,Measure,Date completed,Result")
    export = read_export(check_study(yaml.safe_load(draft_study(tmp_path, "mine").text)), tmp_path)
    assert export.tables["assessments"]["recorded_total"].tolist() == [total for *_, total in rows()]


def test_the_time_when_a_row_was_made_is_its_date_where_there_is_no_other_and_is_asked_about(tmp_path):
    write_sessions(tmp_path)
    made = {day: int(datetime.datetime.fromisoformat(f"{day}T20:00:00+00:00").timestamp() * 1000) for day in DAYS}
    write(
        tmp_path,
        "q.csv",
        *(f"{who},{made[day]},{total}" for who, day, total in rows()),
        header="uid,createdAt,phq9_total",
    )
    draft = draft_study(tmp_path, "mine")
    assert draft.missing[0].startswith("dates: q.csv has stamps in UTC")
    assert "the only date here is when the row was made" in draft.text
    one_each = [f"{who},{made[DAYS[0]]},{n}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "q.csv", *one_each, header="uid,createdAt,phq9_total")
    assert "q.csv: phq9 without a date" in draft_study(tmp_path, "mine").text


def test_a_baseline_of_a_wide_file_is_no_session_and_its_score_is_kept(tmp_path):
    header = "ID,Arm," + ",".join(
        f"{what}_{one}" for what in ("baseline", "session1", "session2", "session3") for one in ("date", "phq9")
    )
    lines = [
        f"{who},IV ketamine," + ",".join(f"{day},{score(n, k)}" for k, day in enumerate(DAYS))
        for n, who in enumerate(PEOPLE)
    ]
    write(tmp_path, "wide.csv", *lines, header=header)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    assert len(export.tables["sessions"]) == (len(DAYS) - 1) * len(PEOPLE)
    assert len(export.tables["assessments"]) == len(DAYS) * len(PEOPLE)
    assert export.balance["raw"].tolist() == [len(PEOPLE)]  # a row read for two tables is counted once
    write(tmp_path, "wide.csv", *lines, header=header.replace("baseline", "session0"))
    assert draft_study(tmp_path, "mine").missing == ()


def test_people_of_omop_are_named_by_its_numbers_and_the_draft_says_so(tmp_path):
    numbers = {who: 5000 + n for n, who in enumerate(PEOPLE)}
    write(
        tmp_path,
        "person.csv",
        *(f"{number},{who}" for who, number in numbers.items()),
        header="person_id,person_source_value",
    )
    write(
        tmp_path,
        "drug.csv",
        *(f"{numbers[who]},{day},IV ketamine" for who, day, _ in rows()),
        header="person_id,drug_exposure_start_date,drug_source_value",
    )
    write(
        tmp_path,
        "phq.csv",
        *(f"{numbers[who]},{day},{total}" for who, day, total in rows()),
        header="person_id,date,phq9_total",
    )
    draft = draft_study(tmp_path, "mine")
    assert "people are named by person_id; 'person_source_value' of person.csv" in draft.text
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    assert export.tables["key"]["identifier"].tolist() == [str(number) for number in numbers.values()]


@pytest.mark.parametrize(
    "names",
    [
        [("Inf #{} date", "PHQ pre", "PHQ post")],  # repeated names, which the reader numbers: PHQ pre (1)
        [("Infusion {} date",), ("PHQ-9 {}",)],
        [("Tx {} date",), ("PHQ9 (session {})",)],
    ],
)
def test_scores_and_dates_that_number_the_same_sessions_otherwise_belong_together(tmp_path, names):
    header, lines = ["ID", "Treatment"], [[who, "IV ketamine"] for who in PEOPLE]
    for group in names:
        for k, day in enumerate(DAYS, 1):
            header += [name.format(k) for name in group]
            for n, line in enumerate(lines):
                line += [day if "date" in name else "6" if "post" in name else str(score(n, k - 1)) for name in group]
    write(tmp_path, "tracker.csv", *map(",".join, lines), header=",".join(header))
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    found = export.tables["assessments"]
    assert sorted(zip(found["study_day"], found["recorded_total"], strict=True)) == sorted(
        (7 * k, score(n, k)) for n in range(len(PEOPLE)) for k in range(len(DAYS))
    )
    assert len(export.tables["sessions"]) == len(PEOPLE) * len(DAYS)


@pytest.mark.parametrize(("ours", "theirs"), [("MRN-00{}", "{}"), ("Patient {}", "00{}"), ("PT#{}", "{}")])
def test_a_word_for_an_identifier_before_its_digits_is_no_part_of_it(tmp_path, ours, theirs):
    write(
        tmp_path,
        "log.csv",
        *(f"{theirs.format(1001 + n)},{day},IV ketamine" for n in range(12) for day in DAYS),
        header="MRN,session_date,treatment",
    )
    lines = [f"{ours.format(1001 + n)},{day},{score(n, k)}" for n in range(12) for k, day in enumerate(DAYS)]
    write(tmp_path, "scores.csv", *lines, header="MRN,date,phq9")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    assert len(export.tables["key"]) == 12
    assert sorted(set(export.tables["assessments"]["study_day"])) == [0, 7, 14, 21]
    assert "(patient_strip)" in draft.text


def test_the_letters_of_a_site_stay_part_of_an_identifier(tmp_path):
    for site in ("N", "S"):
        lines = [f"{site}-{1001 + n},{day},IV ketamine" for n in range(12) for day in DAYS]
        write(tmp_path, f"log_{site}.csv", *lines, header="MRN,session_date,treatment")
    lines = [f"{1001 + n},{day},{score(n, k)}" for n in range(12) for k, day in enumerate(DAYS)]
    write(tmp_path, "scores.csv", *lines, header="MRN,date,phq9")
    assert any("near_identifiers" in one or "no identifier" in one for one in draft_study(tmp_path, "mine").missing)


def test_number_0_of_a_wide_file_is_a_visit_before_the_sessions_unless_something_was_given_then(tmp_path):
    header = ",".join(["id", "arm", *(f"{what}{k}" for k in range(4) for what in ("date", "phq", "dose"))])
    for first, count in (("40", 4), ("", 3)):
        lines = [
            ",".join([who, "IV ketamine", *(f"{day},{score(n, k)},{40 if k else first}" for k, day in enumerate(DAYS))])
            for n, who in enumerate(PEOPLE)
        ]
        write(tmp_path, "wide.csv", *lines, header=header)
        draft = draft_study(tmp_path, "mine")
        assert draft.missing == ()
        export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
        assert len(export.tables["sessions"]) == count * len(PEOPLE)
        assert len(export.tables["assessments"]) == 4 * len(PEOPLE)
        assert ("number 0 is taken for a visit before them" in draft.text) == (count == 3)


def test_answers_counted_downwards_from_four_are_told_by_the_stored_totals(tmp_path):
    header = ",".join(["patient_id", "date", *(f"PHQ[SQ00{n}]" for n in range(1, 10)), "PHQsum"])
    lines = [
        ",".join(map(str, [who, day, *(4 - points for points in split(total)), total])) for who, day, total in rows()
    ]
    write(tmp_path, "survey.csv", *lines, header=header)
    write_sessions(tmp_path)
    draft = draft_study(tmp_path, "mine")
    assert "counted from 4 (not at all) down to 1, as the stored totals show" in draft.text
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    table = export.tables["assessments"]
    assert sorted(table["recorded_total"].tolist()) == sorted(total for _, _, total in rows())
    assert table[[f"item_{n}" for n in range(1, 10)]].sum(axis=1).tolist() == table["recorded_total"].tolist()


@pytest.mark.parametrize("form", ["{:.0f}%", "{:.1f}"])
def test_percentages_of_the_largest_total_are_named_as_such(tmp_path, form):
    lines = [f"{who},{day},{form.format(total / 27 * 100)}" for who, day, total in rows()]
    write(tmp_path, "scores.csv", *lines, header="patient_id,date,PHQ-9 score")
    write_sessions(tmp_path)
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "'PHQ-9 score' of scores.csv seems to hold percentages of the largest total (27) in place of totals" in asked


def test_the_eight_items_of_the_phq_8_are_one_questionnaire_and_no_eight_times(tmp_path):
    header = ",".join(["patient_id", "date", *(f"phq8_{n}" for n in range(1, 9)), "phq8_total", "phq_difficulty"])
    lines = [
        ",".join(map(str, [who, day, *split(total)[:8], sum(split(total)[:8]), total % 4]))
        for who, day, total in rows()
    ]
    write(tmp_path, "phq.csv", *lines, header=header)
    write_sessions(tmp_path)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert "wide" not in draft.text
    table = read_export(check_study(yaml.safe_load(draft.text)), tmp_path).tables["assessments"]
    assert set(table["instrument"].astype(str)) == {"phq8"}
    assert len(table) == len(PEOPLE) * len(DAYS)


def test_sessions_and_scores_that_are_lists_of_their_own_within_a_person_are_read_apart(tmp_path):
    people = [
        {
            "id": who,
            "age": 30 + n,
            "sessions": [{"date": day, "treatment": "IV ketamine", "doseMg": 40 + k} for k, day in enumerate(DAYS[1:])],
            "scores": [
                {
                    "date": day,
                    "phq9": {"items": split(score(n, k)), "total": score(n, k)},
                    "gad7": {"total": score(n, k) % 22},
                }
                for k, day in enumerate(DAYS)
            ],
        }
        for n, who in enumerate(PEOPLE)
    ]
    (tmp_path / "export.json").write_text(json.dumps({"exportedAt": "2024-03-01", "patients": people}))
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    tables = read_export(check_study(yaml.safe_load(draft.text)), tmp_path).tables
    assert tables["sessions"]["study_day"].tolist() == [0, 7, 14] * len(PEOPLE)
    scores = tables["assessments"][tables["assessments"]["instrument"].astype(str) == "phq9"]
    assert scores["study_day"].tolist() == [-7, 0, 7, 14] * len(PEOPLE)
    assert scores["recorded_total"].tolist() == [score(n, k) for n in range(len(PEOPLE)) for k in range(len(DAYS))]
    assert tables["patients"]["age"].tolist() == [30 + n for n in range(len(PEOPLE))]
