"""Treatments without ketamine: several equal sessions a day, no drug, no dose."""

import pytest
from exports import make_study, read_one

from outcomes.errors import SettingsError
from outcomes.measures.series import derive_series
from outcomes.protocols import read_protocols

SNT = [{"id": "snt", "label": "SNT", "protocol": "snt"}]
SESSIONS = {"sessions": {"columns": {"patient": "id", "date": "day", "treatment": "what"}}}
SEPARATE = {"same_day": "separate"}


def course(days, daily, treatment="snt"):
    return [f"p1,2024-03-{day:02d},{treatment}" for day in range(1, days + 1) for _ in range(daily)]


def read(rows, arms=SNT, series=SEPARATE, **sections):
    return read_one(rows[0], SESSIONS, "id,day,what", *rows[1], arms=arms, series=series, **sections)


def test_fifty_equal_records_on_five_days_are_fifty_sessions(tmp_path):
    export = read((tmp_path, course(5, 10)))
    sessions = export.tables["sessions"]
    assert len(sessions) == 50
    assert sessions["ordinal"].tolist() == [*range(1, 11)] * 5
    assert export.balance[["raw", "kept", "merged", "quarantined"]].iloc[0].tolist() == [50, 50, 0, 0]
    study = make_study([{"file": "f.csv", "tables": SESSIONS}], arms=SNT, series=SEPARATE)
    series, placed = derive_series(
        sessions, export.tables["assessments"], export.tables["patients"], study.arms,
        {"snt": read_protocols()["snt"]}, study.series, (),
    )  # fmt: skip
    assert (len(series), int(series["sessions"].iloc[0]), len(placed)) == (1, 50, 50)
    assert bool(series["complies"].iloc[0])


def test_more_equal_records_than_a_day_may_have_are_copies(tmp_path):
    export = read((tmp_path, course(5, 20)))  # the file was exported twice
    assert len(export.tables["sessions"]) == 50
    assert (export.ledger["reason"] == "duplicate_exact").sum() == 50


def test_one_session_a_day_is_still_one(tmp_path):
    arms = [{"id": "rtms", "label": "rTMS", "protocol": "rtms"}]
    export = read((tmp_path, course(3, 2, "rtms")), arms=arms)
    assert len(export.tables["sessions"]) == 3


def test_joining_the_sessions_of_a_day_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"arm snt has several sessions a day.*same_day: separate"):
        read((tmp_path, course(5, 10)), series={})


@pytest.mark.parametrize("name", ["rtms", "itbs", "snt", "ect", "psilocybin", "psilocybin_twice"])
def test_the_stock_protocols_are_about_no_ketamine(name):
    protocol = read_protocols()[name]
    assert protocol.source
    assert "ketamine" not in (protocol.drug or "")
    assert (protocol.dose is None) == (protocol.drug is None) == (protocol.route is None)
