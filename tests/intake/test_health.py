"""Exports that do not hang together are noticed, with the numbers; those that no study survives stop a run."""

import datetime as dt

import pytest
from clinic_files import PEOPLE, SESSIONS, SOURCES, change, read_clinic
from exports import ADVERSE, make_study, read_one

from outcomes.contracts import check_table
from outcomes.errors import InputError, SettingsError
from outcomes.intake import refuse, tabulate_findings
from outcomes.intake.health import CHECKS, identifiers
from outcomes.intake.health.folder import list_files
from outcomes.intake.health.overview import build_overview
from outcomes.settings.sources import Column

ROWS = PEOPLE * SESSIONS


def shift(days):
    return lambda cell, _: (dt.date.fromisoformat(cell) + dt.timedelta(days=days)).isoformat()


def bare(cell, _):
    return cell.lstrip("0")


def spread(cell, n):
    """Return a date with the starts of patients weeks apart."""
    return (dt.date.fromisoformat(cell) + dt.timedelta(days=14 * (n // SESSIONS))).isoformat()


SPOILT = {
    "lost zeros in one file": ("near_identifiers", change("scores.csv", "id", bare), 2 * PEOPLE, 2 * PEOPLE, "leading zeros"),
    "case": ("near_identifiers", lambda rows: (change("scores.csv", "id", lambda c, _: "K" + c)(rows), change("visits.csv", "id", lambda c, _: "k" + c)(rows), change("patients.csv", "id", lambda c, _: "k" + c)(rows)), 2 * PEOPLE, 2 * PEOPLE, "case"),
    "a prefix": ("near_identifiers", change("scores.csv", "id", lambda c, _: "Patient/" + c), 2 * PEOPLE, 2 * PEOPLE, "a prefix"),
    "a no-break space within": ("near_identifiers", change("scores.csv", "id", lambda c, _: c[:3] + "\u00a0" + c[3:]), 2 * PEOPLE, 2 * PEOPLE, "invisible"),
    "letters before": ("near_identifiers", change("scores.csv", "id", lambda c, _: "KET-" + c), PEOPLE, PEOPLE, "letters around"),
    "rounded numbers": ("lost_digits", change("scores.csv", "id", lambda c, _: "4.00100E+11"), ROWS, ROWS, "rounded numbers"),
    "seventeen digits": ("lost_digits", change("scores.csv", "id", lambda c, n: f"4001{n % PEOPLE // 4:02d}00000000000"), ROWS, ROWS, "rounded numbers"),
    "two people in one": ("contradicting_people", change("patients.csv", "id", lambda c, _: c[:4] + "1"), 23, 29, "another sex"),
    "half the scores of others": ("scores_without_sessions", change("scores.csv", "id", lambda c, n: c if n < 100 else "9" + c[1:]), 80, ROWS, "without a treatment session"),
    "most treated unasked": ("sessions_without_scores", lambda rows: rows["scores.csv"].__delitem__(slice(61, None)), 20, 30, "no questionnaire"),
    "a file about others": ("other_people", change("patients.csv", "id", lambda c, _: f"other{chr(97 + int(c) % 26)}{int(c) % 26}{chr(97 + int(c) // 26)}"), PEOPLE, PEOPLE, "occur in no file"),
    "1904 day numbers": ("time_offset", change("scores.csv", "day", shift(-1462)), PEOPLE, PEOPLE, "1,462 days before"),
    "the year before": ("time_offset", change("scores.csv", "day", shift(-365)), PEOPLE, PEOPLE, "365 days before"),
    "numbers of other people": ("scores_of_others", lambda rows: (change("visits.csv", "day", spread)(rows), change("scores.csv", "day", spread)(rows), change("scores.csv", "id", lambda c, _: f"{101 + (int(c) - 101) * 7 % PEOPLE:05d}")(rows)), PEOPLE, PEOPLE, "no nearer"),
    "answers at night": ("night_stamps", change("scores.csv", "day", lambda c, _: c + "T01:30:00"), ROWS, ROWS, "between 23 and 5"),
    "dates of another form": ("rows_left_out", change("scores.csv", "day", lambda c, n: c.replace("-", ".") if n % 3 else c), 120, ROWS, "unreadable date"),
    "codes for missing": ("missing_codes", change("patients.csv", "failed", lambda c, n: "999" if n < 3 else c), 3, 30, "999, far from"),
    "a negative code": ("missing_codes", change("patients.csv", "failed", lambda c, n: "-9" if n < 2 else c), 2, 30, "-9, far from"),
    "an age of 99": ("missing_codes", change("patients.csv", "age", lambda c, n: "99" if n < 2 else c), 2, 30, "99, far from"),
    "words among numbers": ("words_in_numbers", change("patients.csv", "failed", lambda c, n: "UNK" if n < 4 else c), 4, 30, "'UNK'"),
    "one day for all": ("merged_rows", change("scores.csv", "day", lambda c, _: "2024-01-20"), 150, ROWS, "duplicate conflicting"),
}  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return read_clinic(tmp_path_factory.mktemp("sound"))


def test_a_sound_export_has_no_finding(sound):
    assert sound.findings == ()
    refuse(sound.findings, {})
    assert len(check_table(tabulate_findings(sound.findings, {}, []), "health")) == 0


@pytest.mark.parametrize("case", SPOILT)
def test_what_no_study_survives_stops_a_run_with_its_numbers(case, tmp_path):
    check, spoil, count, of, said = SPOILT[case]
    export = read_clinic(tmp_path, spoil)
    found = [one for one in export.findings if one.check == check and one.stops]
    assert [(one.count, one.of) for one in found] == [(count, of)]
    with pytest.raises(InputError, match=r"does not hang together") as refused:
        refuse(export.findings, {})
    text = str(refused.value)
    assert said in text
    assert f"{check}: " in text
    assert "accept: {" in text
    for identifier in ("00101", "00117", "KET-", "4.001"):
        assert identifier not in text
    reasons = {one.check: "seen, and right" for one in export.findings if one.stops}
    refuse(export.findings, reasons)
    table = check_table(tabulate_findings(export.findings, reasons, list(export.balance["file"])), "health")
    assert set(table.loc[table["stops"], "accepted"]) == {"seen, and right"}


def test_identifiers_are_brought_to_one_form_once_a_file_and_not_for_every_pair_of_files(monkeypatch):
    asked = []
    monkeypatch.setattr(identifiers, "near_form", lambda one: asked.append(one) or one)
    people = dict.fromkeys("abcdef", 1)
    files = [f"{place}.csv" for place in range(6)]
    tables = {file: {("patients", "sessions", "assessments")[place % 3]} for place, file in enumerate(files)}
    assert identifiers.find_identifiers(dict.fromkeys(files, people), tables) == []
    assert len(asked) == len(people) * (1 + len(files))  # of everyone, and of each file


def test_one_day_between_two_files_of_one_visit(tmp_path):
    vitals = {
        "file": "vitals.csv",
        "tables": {"vitals": {"columns": {"patient": "id", "date": "day", "heart_rate_before": "pulse"}}},
    }

    def spoil(rows):
        rows["vitals.csv"] = [
            ["id", "day", "pulse"],
            *([row[0], shift(1)(row[1], 0), "70"] for row in rows["visits.csv"][1:]),
        ]

    export = read_clinic(tmp_path, spoil, sources=[*SOURCES, vitals])
    assert [(one.check, one.count, one.of) for one in export.findings] == [("one_day_off", ROWS, ROWS)]


def visits_study(labels):
    scores = {
        "assessments": {"columns": {"patient": "id", "visit": "visit"}, "instruments": {"phq9": {"total": "phq9"}}}
    }
    allocated = {"patients": {"columns": {"patient": "id", "arm": "arm"}}}
    return {
        "sources": [{"file": "scores.csv", "tables": scores}, {"file": "patients.csv", "tables": allocated}],
        "visits": [{"label": label, "time": place, "baseline": place == 0} for place, label in enumerate(labels)],
        "series": {"origin": "visits"},
        "arms": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
        "instruments": ["phq9"],
        "timepoints": {"clean_window": None},
    }


def spoil_visits(spell):
    def spoil(rows):
        rows.pop("visits.csv")
        rows["patients.csv"] = [
            ["id", "arm"],
            *([row[0], "ab"[n % 2]] for n, row in enumerate(rows["patients.csv"][1:])),
        ]
        rows["scores.csv"] = [
            ["id", "visit", "phq9"],
            *([row[0], spell(n % SESSIONS), row[2]] for n, row in enumerate(rows["scores.csv"][1:])),
        ]

    return spoil


def test_visits_that_match_by_half_are_named_with_the_spellings_found(tmp_path):
    export = read_clinic(
        tmp_path,
        spoil_visits(lambda n: f"Week {n}" if n < 4 else f"WK{n}"),
        **visits_study([f"week {n}" for n in range(6)]),
    )
    [found] = [one for one in export.findings if one.check == "unknown_visits"]
    assert (found.stops, found.count, found.of) == (True, 60, 180)
    assert found.text.endswith("unknown visit; found are 'WK4' (30), 'WK5' (30)")
    sound = read_clinic(
        tmp_path / "b", spoil_visits(lambda n: f"week {n}"), **visits_study([f"week {n}" for n in range(6)])
    )
    assert sound.findings == ()


def test_a_study_of_which_no_questionnaire_is_left(tmp_path):
    export = read_clinic(tmp_path, spoil_visits(lambda n: f"visit {n}.5"), **visits_study(["1", "2", "3"]))
    assert {"unknown_visits", "nothing_left"} <= {one.check for one in export.findings if one.stops}


def test_arms_of_a_file_about_other_people(tmp_path):
    def spoil(rows):
        spoil_visits(lambda n: f"week {n}")(rows)
        change("patients.csv", "id", lambda c, _: f"x{c[::-1]}y")(rows)

    export = read_clinic(tmp_path, spoil, **visits_study([f"week {n}" for n in range(6)]))
    assert ("other_people", True, PEOPLE) in [(one.check, one.stops, one.count) for one in export.findings]


def test_codes_are_missing_once_the_study_file_says_so(tmp_path):
    spoil = change("patients.csv", "failed", lambda c, n: ("999", "UNK", "-99.0")[n] if n < 3 else c)
    sources = [
        {
            **SOURCES[0],
            "tables": {
                "patients": {"columns": {"patient": "id", "failed": {"column": "failed", "missing": ["UNK", -99, 999]}}}
            },
        },
        *SOURCES[1:],
    ]
    export = read_clinic(tmp_path, spoil, sources=sources)
    assert export.findings == ()
    assert export.tables["patients"]["failed"].isna().sum() == 3
    assert export.tables["patients"]["failed"].max() == 4
    elsewhere = read_clinic(tmp_path / "b", spoil, cleaning={"missing_values": ["", "UNK", "-99.0", "999"]})
    assert elsewhere.findings == ()


def test_files_that_no_source_names(tmp_path):
    def spoil(rows):
        rows["new.csv"] = [["id", "x"], ["1", "2"]]
        rows["old.csv"] = rows["new.csv"]

    found = read_clinic(tmp_path, spoil, unused=["old.*"]).findings
    assert [(one.check, one.stops, one.count, one.of) for one in found] == [("unnamed_files", False, 1, 5)]
    assert "new.csv" in found[0].text


def test_what_an_earlier_run_made_is_no_file_of_the_export(tmp_path):
    for name in (
        "a.csv",
        "derived/study-file.txt",
        "derived/scores.parquet",
        "releases/releases.json",
        "internal/notes.csv",
        "mine/derived/check.html",
        "mine/logs/intake.log",
        "mine/b.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert list_files(tmp_path) == [
        "a.csv",
        "internal/notes.csv",
        "mine/b.csv",
    ]  # a clinic's own folder of such a name stays


@pytest.mark.parametrize(
    "spoil",
    [
        change("patients.csv", "failed", lambda c, n: "9" if n < 5 else str(5 + n % 4)),  # nine failed treatments
        change("patients.csv", "age", lambda c, n: "88" if n < 2 else c),
        change("scores.csv", "day", lambda c, n: c + "T09:15:00"),
        lambda rows: rows["scores.csv"].extend([["00999", "2024-02-01", "12"]] * 3),  # one person who is not treated
        change("scores.csv", "day", shift(-1)),  # asked on the eve of every session
    ],
)
def test_what_is_as_it_may_be_does_not_stop_a_run(spoil, tmp_path):
    refuse(read_clinic(tmp_path, spoil).findings, {})


def test_only_checks_can_be_accepted():
    with pytest.raises(SettingsError, match=r"accept.near_identifier: no such check; did you mean 'near_identifiers'"):
        refuse((), {"near_identifier": "why"})


def test_every_check_is_found_by_some_test():
    tested = {check for check, *_ in SPOILT.values()} | {
        "one_day_off",
        "unknown_visits",
        "nothing_left",
        "undecided_duplicates",
        "unnamed_files",
        "twice_a_day",
        "contradicted_totals",
        *("another_scale", "exchanged_scores", "turned_scores"),  # test_doubtful_scores.py
        "ages_from_births",  # test_births.py
        *("other_treatment_before", "earlier_courses"),  # test_earlier_treatment.py
        *("mixed_currencies", "other_currency"),  # test_charges.py
        "copied_rows",  # test_trackers.py
    }
    assert set(CHECKS) - tested == {"repeated_rows", "impossible_ages", "doubtful_doses", "unreadable_doses"}


def test_repeated_rows_ages_and_doses_are_counted(tmp_path):
    def spoil(rows):
        rows["scores.csv"] += rows["scores.csv"][1:]
        change("patients.csv", "age", lambda c, n: "1975" if n < 7 else c)(rows)
        change("visits.csv", "dose", lambda c, n: "56/84" if n % 9 == 0 else c)(rows)

    found = {one.check: (one.stops, one.count, one.of) for one in read_clinic(tmp_path, spoil).findings}
    assert found["repeated_rows"] == (False, ROWS, 2 * ROWS)
    assert found["impossible_ages"] == (False, 7, 30)
    assert found["unreadable_doses"] == (False, ROWS // 9, ROWS)


@pytest.mark.parametrize("rule", [{}, {"conflicting_duplicates": "first"}])
def test_two_a_day_told_apart_by_their_time_are_asked_about(tmp_path, rule):
    def spoil(rows):
        change("scores.csv", "day", lambda c, _: f"{c}T08:00:00")(rows)
        first = rows["scores.csv"][1:]
        rows["scores.csv"] += [[who, day.replace("T08", "T16"), str(int(total) - 4)] for who, day, total in first]

    export = read_clinic(tmp_path, spoil, cleaning=rule)
    (found,) = [one for one in export.findings if one.check == "twice_a_day"]
    assert (found.stops, found.count, found.of) == (not rule, ROWS, 2 * ROWS)
    if rule:
        assert export.tables["assessments"]["recorded_total"].min() == 20 - 2 * (SESSIONS - 1)


@pytest.mark.parametrize(("wrong", "stops"), [(30, False), (120, True), (8, None)])
def test_totals_that_are_not_the_sum_of_their_items_are_counted_and_stop_a_run_where_they_are_many(
    tmp_path, wrong, stops
):
    def spoil(rows):
        header, *scores = rows["scores.csv"]
        rows["scores.csv"] = [[*header, *(f"q{n}" for n in range(1, 10))]]
        for place, (who, day, _) in enumerate(scores):
            items = [(place + n) % 4 for n in range(9)]
            rows["scores.csv"].append([who, day, str(sum(items) + (place < wrong)), *map(str, items)])

    mapping = {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "phq9", "items": [f"q{n}" for n in range(1, 10)]}}}  # fmt: skip
    export = read_clinic(
        tmp_path, spoil, sources=[*SOURCES[:2], {"file": "scores.csv", "tables": {"assessments": mapping}}]
    )
    found = [(one.stops, one.count, one.of) for one in export.findings if one.check == "contradicted_totals"]
    assert found == ([] if stops is None else [(stops, wrong, ROWS)])


def test_rows_of_what_the_study_file_calls_no_treatment_do_not_stop_a_run(tmp_path):
    def spoil(rows):
        rows["visits.csv"] += [[who, day, "ondansetron", ""] for who, day, *_ in rows["visits.csv"][1:] * 2]

    treatment = {"column": "drug", "values": {"iv": "iv", "esketamine": "esketamine", "ondansetron": None}}
    columns = {"patient": "id", "date": "day", "treatment": treatment}
    given = {"file": "visits.csv", "tables": {"sessions": {"columns": columns}}}
    export = read_clinic(tmp_path, spoil, sources=[SOURCES[0], given, SOURCES[2]])
    lost = [one for one in export.findings if one.check == "rows_left_out"]
    assert [(one.stops, one.count, one.of) for one in lost] == [(False, 2 * ROWS, 3 * ROWS)]
    refuse(export.findings, {})


def test_the_overview_puts_words_of_few_patients_together(tmp_path):
    events = {"adverse_events": {"columns": ADVERSE["adverse_events"]["columns"] | {"event": "event"}}}
    sessions = {"sessions": {"columns": {"patient": "id", "date": "day", "treatment": "arm"}}}
    words = ["nausea", "quartz fell", "quartz fell", "mica fell"]
    rows = [f"{n},2024-01-02,iv,{word},mild" for n, word in enumerate(words)]
    export = read_one(tmp_path, sessions | events, "id,day,arm,event,severity", *rows)
    shown = {
        row[0]: row[2]
        for section in build_overview(export, make_study([{"file": "file.csv", "tables": sessions | events}]))
        for row in section.rows
    }
    assert shown["adverse_events: nausea"] == "1"
    assert shown["adverse_events: 2 of few patients"] == "3"
    assert "quartz" not in str(shown)


def test_one_spelling_that_means_two_things_is_refused():
    with pytest.raises(ValueError, match="'values' has 'f' twice, which means two things"):
        Column(column="sex", values={"F": "female", " f ": "other"})
    assert Column(column="sex", values={"F": "female", "f": "female"}).values["f"] == "female"
