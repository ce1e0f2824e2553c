"""Harms of a clinic of six, by hand, and each statistic beside another program."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, t

from outcomes.analysis.harms.ascertainment import find_unlike, tabulate_ascertainment
from outcomes.analysis.harms.attribution import attach_events, keep_asked, number_sessions
from outcomes.analysis.harms.dissociation import tabulate_dissociation
from outcomes.analysis.harms.pressure import arrange_pressure, tabulate_blood_pressure, tabulate_pressure_rise
from outcomes.analysis.harms.rates import compute_incidence, tabulate_harm_rates
from outcomes.analysis.harms.risks import tabulate_harm_differences, tabulate_harms
from outcomes.analysis.harms.sessions import tabulate_harm_sessions
from outcomes.analysis.harms.severity import tabulate_harm_details, tabulate_severity
from outcomes.analysis.harms.stopping import tabulate_stopping
from outcomes.poisson import bound_rate

ARMS = ["esketamine", "iv"]
# patient: (arm, days of the sessions); three patients an arm
CLINIC = {
    1: ("esketamine", [0, 4, 7]),
    2: ("esketamine", [0, 3]),
    3: ("esketamine", [0]),
    4: ("iv", [0, 5]),
    5: ("iv", [0]),
    6: ("iv", [0, 2]),
}
EVENTS = [  # patient, day, event, severity
    (1, 0, "nausea", "mild"),
    (1, 4, "nausea", "severe"),
    (2, 5, "headache", None),  # two days after the session of day 3
    (4, 0, "nausea", "moderate"),
    (5, 9, "headache", "mild"),  # nine days after the only session: belongs to none
]


@pytest.fixture
def sessions_table():
    rows = [
        (patient, day, 1, arm, 1, k, "induction")
        for patient, (arm, days) in CLINIC.items()
        for k, day in enumerate(days, 1)
    ]
    return pd.DataFrame(rows, columns=["patient", "study_day", "ordinal", "arm", "series", "session", "phase"])


@pytest.fixture
def events():
    return pd.DataFrame(EVENTS, columns=["patient", "study_day", "event", "severity"])


@pytest.fixture
def patients():
    return pd.DataFrame({"patient": list(CLINIC)})


@pytest.fixture
def clinic(sessions_table, patients, events):
    sessions = number_sessions(sessions_table, patients, events)
    attached = attach_events(events, sessions)
    return sessions, attached


def cell(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1, f"{len(table)} rows"
    return table.iloc[0]


def test_an_event_belongs_to_the_last_session_before_it(clinic):
    _, attached = clinic
    assert attached[["patient", "event", "number", "after_days"]].values.tolist() == [
        [1, "nausea", 1, 0],
        [1, "nausea", 2, 0],
        [2, "headache", 2, 2],
        [4, "nausea", 1, 0],
    ]


def test_a_site_that_records_no_event_did_not_ask(sessions_table, events):
    patients = pd.DataFrame({"patient": list(CLINIC), "site": ["a", "a", "a", "a", "a", "b"]})
    sessions = number_sessions(sessions_table, patients, events)
    assert sessions.groupby("patient")["asked"].all().tolist() == [True] * 5 + [False]


def test_asked_and_none_is_not_the_same_as_not_asked(sessions_table, patients, events):
    asked = sessions_table.assign(harms_asked=sessions_table["patient"] != 6, harms_mode="solicited")
    sessions = number_sessions(asked, patients, events)
    harms = tabulate_harms(sessions, attach_events(events, sessions), ARMS)
    assert cell(harms, block="all sessions", event="any", arm="iv")["patients"] == 2
    assert set(sessions["mode"]) == {"solicited"}


def describe(sessions_table, patients, events):
    """Return the sessions and the events of those asked, as the step has them."""
    sessions = number_sessions(sessions_table, patients, events)
    attached = attach_events(events, sessions)
    return sessions, keep_asked(attached, sessions), attached


def test_an_event_at_a_session_that_did_not_ask_makes_no_share(sessions_table, patients, events):
    """Patient 4 was asked at the second session alone, patient 1 at none: of sessions not asked only those with an event would count."""
    never = sessions_table["patient"].isin([1, 2])
    later = (sessions_table["patient"] == 4) & (sessions_table["session"] == 1)
    sessions, counted, attached = describe(
        sessions_table.assign(harms_asked=~never & ~later, harms_mode="solicited"), patients, events
    )
    harms = tabulate_harms(sessions, counted, ARMS)
    any_event = {
        arm: cell(harms, block="all sessions", event="any", arm=arm)[["affected", "patients"]].tolist() for arm in ARMS
    }
    assert any_event == {"esketamine": [0, 1], "iv": [1, 3]}
    first = cell(harms, block="first session", event="any", arm="iv")
    assert (first["affected"], first["patients"]) == (0, 2)
    shares = tabulate_harm_sessions(sessions, counted, ARMS)
    assert cell(shares, event="any", arm="iv", sessions="1")[["asked", "with_event"]].tolist() == [2, 0]
    vitals = pd.DataFrame(columns=["patient", "study_day", "measure", "moment", "value"])
    table = tabulate_ascertainment(sessions, attached, vitals, pd.Series(False, sessions.index), ARMS)
    beside = cell(table, measure="adverse events, not asked", arm="esketamine")
    assert (beside["sessions"], beside["answered"]) == (5, 3)
    serious = tabulate_harm_details(attached.assign(serious="yes"), sessions, ARMS)
    assert cell(serious, detail="serious", arm="esketamine")[["affected", "patients"]].tolist() == [2, 3]


def test_a_blank_where_a_site_answers_otherwise_is_not_asked(sessions_table, patients, events):
    answer = pd.array([True] * len(sessions_table), dtype="boolean")
    answer[sessions_table["patient"].to_numpy() == 6] = pd.NA
    sessions, *_ = describe(sessions_table.assign(harms_asked=answer), patients, events)
    assert sessions.groupby("patient")["asked"].all().tolist() == [True] * 5 + [False]
    by_site = patients.assign(site=["a"] * 5 + ["b"])
    silent = pd.concat([events, pd.DataFrame([(6, 2, "nausea", "mild")], columns=events.columns)])
    sessions, *_ = describe(sessions_table.assign(harms_asked=answer), by_site, silent)
    assert sessions["asked"].all()  # site b never says, and records events


def test_patients_with_each_event(clinic):
    harms = tabulate_harms(*clinic, ARMS)
    whole = harms[harms["block"] == "all sessions"]
    counts = {(row.event, row.arm): (row.affected, row.patients) for row in whole.itertuples()}
    assert counts == {
        ("any", "esketamine"): (2, 3),
        ("any", "iv"): (1, 3),
        ("any severe", "esketamine"): (1, 2),  # patient 2 has an event without a grade
        ("any severe", "iv"): (0, 3),
        ("nausea", "esketamine"): (1, 3),
        ("nausea", "iv"): (1, 3),
        ("headache", "esketamine"): (1, 3),
        ("headache", "iv"): (0, 3),
    }
    assert cell(whole, event="any", arm="esketamine")["median_sessions"] == 2
    first = cell(harms, block="first session", event="headache", arm="esketamine")
    assert (first["affected"], first["patients"]) == (0, 3)
    zero = cell(whole, event="headache", arm="iv")
    assert (zero["lower"], round(zero["upper"], 4)) == (0, round(1 - 0.025 ** (1 / 3), 4))


def test_arms_asked_in_another_way_are_not_compared(clinic):
    sessions, attached = clinic
    scored = pd.Series(False, sessions.index)
    vitals = pd.DataFrame(columns=["patient", "study_day", "measure", "moment", "value"])
    alike = tabulate_ascertainment(sessions, attached, vitals, scored, ARMS)
    assert find_unlike(alike, "iv", "esketamine") == ""
    other = sessions.assign(mode=np.where(sessions["arm"] == "iv", "solicited", "spontaneous"))
    unlike = tabulate_ascertainment(other, attached, vitals, scored, ARMS)
    note = find_unlike(unlike, "iv", "esketamine")
    differences = tabulate_harm_differences(tabulate_harms(sessions, attached, ARMS), [("iv", "esketamine", note)])
    assert differences["difference"].isna().all()
    assert set(differences["note"]) == {"not asked in the same way in both arms"}


def test_sessions_with_an_event(clinic):
    table = tabulate_harm_sessions(*clinic, ARMS)
    row = cell(table, event="nausea", arm="esketamine", sessions="2-6")
    assert (row["asked"], row["with_event"], row["patients"]) == (3, 1, 2)
    none = cell(table, event="headache", arm="iv", sessions="1")
    assert (none["lower"], round(none["upper"], 4)) == (0, round(1 - 0.025 ** (1 / 3), 4))
    late = cell(table, event="any", arm="iv", sessions="7+")
    assert late["asked"] == 0
    assert np.isnan(late["upper"])


def test_the_interval_of_sessions_widens_with_repeats():
    """Where the same patients have the event at every session, the interval is that of patients, not of sessions."""
    days = list(range(0, 40, 2))
    sessions = pd.DataFrame(
        [(p, d, 1, "iv", 1, k, "induction") for p in range(1, 101) for k, d in enumerate(days, 1)],
        columns=["patient", "study_day", "ordinal", "arm", "series", "session", "phase"],
    )
    events = pd.DataFrame(
        [(p, d, "nausea", "mild") for p in range(1, 31) for d in days],
        columns=["patient", "study_day", "event", "severity"],
    )
    numbered = number_sessions(sessions, pd.DataFrame({"patient": range(1, 101)}), events)
    row = cell(tabulate_harm_sessions(numbered, attach_events(events, numbered), ["iv"]), event="any", sessions="7+")
    half = 1.96 * np.sqrt(0.3 * 0.7 / 100)
    assert (row["upper"] - row["lower"]) / 2 == pytest.approx(half, rel=0.1)


def test_one_session_a_patient_is_one_proportion():
    """An event at one of twenty sessions of twenty patients: Wilson's interval by Student's t, above zero, as something was seen."""
    sessions = pd.DataFrame(
        [(p, 0, 1, "iv", 1, 1, "induction") for p in range(1, 21)],
        columns=["patient", "study_day", "ordinal", "arm", "series", "session", "phase"],
    )
    events = pd.DataFrame([(3, 0, "nausea", "mild")], columns=["patient", "study_day", "event", "severity"])
    numbered = number_sessions(sessions, pd.DataFrame({"patient": range(1, 21)}), events)
    row = cell(tabulate_harm_sessions(numbered, attach_events(events, numbered), ["iv"]), event="nausea", sessions="1")
    q = t.ppf(0.975, 19) ** 2
    centre, half = (0.05 + q / 40) / (1 + q / 20), np.sqrt(q * (0.05 * 0.95 / 20 + q / 1600)) / (1 + q / 20)
    assert (row["lower"], row["upper"]) == (pytest.approx(centre - half), pytest.approx(centre + half))
    assert row["lower"] > 0


def test_the_sessions_of_one_patient_have_no_interval(clinic):
    """One of two sessions, and nobody else to vary with; a share is left, an interval without width is not."""
    sessions, attached = clinic
    own = sessions[sessions["patient"].isin([4])].reset_index(drop=True)
    there = attached[attached["patient"] == 4].assign(session_row=0)
    table = tabulate_harm_sessions(own.assign(session=[2, 3], number=[2, 3]), there, ["iv"])
    row = cell(table, event="nausea", arm="iv", sessions="2-6")
    assert (row["asked"], row["with_event"], row["proportion"]) == (2, 1, 0.5)
    assert np.isnan([row["lower"], row["upper"]]).all()


def test_worst_grade(clinic):
    _, attached = clinic
    table = tabulate_severity(attached, ARMS)
    any_ = cell(table, event="any", arm="esketamine")
    assert any_[["affected", "ungraded", "graded", "mild", "moderate", "severe"]].tolist() == [2, 1, 1, 0, 0, 1]


def test_details_only_where_recorded(clinic):
    sessions, attached = clinic
    assert tabulate_harm_details(attached, sessions, ARMS).empty
    noted = attached.assign(serious=["no", "yes", "no", "no"])
    table = tabulate_harm_details(noted, sessions, ARMS)
    row = cell(table, detail="serious", value="yes", arm="esketamine")
    assert (row["affected"], row["patients"]) == (1, 3)


def test_rates_by_hand(clinic):
    row = cell(tabulate_harm_rates(*clinic, ARMS), event="headache", arm="esketamine")
    days = (7 + 7 - 0 + 1) + (5 - 0 + 1) + (0 + 7 + 1)  # patient 1 to a week after day 7, 2 to the event, 3 a week
    assert row["weeks"] == pytest.approx(days / 7)
    assert row["rate"] == pytest.approx(100 / (days / 7))
    dispersion = (
        (15**2 + (29 - 6) ** 2 + 8**2) / 29**2 * 3 / 2
    )  # of patients of 15, 6, and 8 days, the second with the event
    assert dispersion == pytest.approx(1.459, abs=1e-3)
    sure = 100 * dispersion / (days / 7)
    assert row["upper"] == pytest.approx(sure * chi2.ppf(0.975, 2 / dispersion + 2) / 2, rel=1e-6)
    assert 0 < row["lower"] < row["rate"]


@pytest.mark.parametrize(
    ("first", "days"),
    [
        (None, 4 + 8 + 5 + 8),  # to day 3; 4 to 11; 100 to 104, for on 105 another arm's session begins; 300 to 307
        (9, 4 + 6),  # on day 9, of the session of day 4
        (102, 4 + 8 + 3),
    ],
)
def test_days_of_a_pause_and_of_another_arm_are_not_at_risk(first, days):
    rows = [(1, day, 1, "iv") for day in (0, 4, 100, 300)] + [(1, 105, 1, "esketamine"), (1, 0, 2, "iv")]
    held = pd.DataFrame(rows, columns=["patient", "study_day", "ordinal", "arm"]).assign(
        number=1, asked=[True, *[False] * 5]
    )
    attached = pd.DataFrame({"patient": [1, 9], "arm": "iv", "event": "nausea", "study_day": [first, 3]}).dropna()
    row = cell(tabulate_harm_rates(held, attached, ["iv"]), event="nausea", arm="iv")
    assert row["weeks"] * 7 == pytest.approx(days)
    day = pd.DataFrame({"patient": 1, "study_day": np.arange(400), "event": "nausea"})  # an event on every day
    belong = attach_events(day, held.sort_values(["study_day", "ordinal"], ignore_index=True))
    until = 400 if first is None else first
    assert days == ((belong["arm"] == "iv") & (belong["study_day"] <= until)).sum()


def test_a_rate_of_people_who_are_alike_has_the_exact_interval():
    lower, upper = bound_rate(np.arange(50) < 1, np.full(50, 0.02))
    assert (lower, upper) == (pytest.approx(0.0253, abs=1e-4), pytest.approx(5.5716, abs=1e-4))
    assert bound_rate(np.zeros(20, dtype=bool), np.full(20, 2.0)) == (0, pytest.approx(3.6889 / 40, abs=1e-5))
    assert np.isfinite(bound_rate(np.array([True]), np.array([3.0]))).all()


def test_incidence_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import CumIncidenceRight

    rng = np.random.default_rng(3)
    days, event = np.ceil(rng.exponential(20, 300)), rng.random(300) < 0.4
    with np.errstate(all="ignore"):  # its standard error, which is not used, where the last leave
        reference = CumIncidenceRight(days, np.where(event, 1, 2))
    at = reference.times <= 28
    assert compute_incidence(days, event, 28) == pytest.approx(reference.cinc[0][at][-1], abs=1e-12)


def test_blood_pressure():
    sessions = pd.DataFrame({"patient": [1, 1, 2], "study_day": [0, 3, 0], "arm": "iv", "number": [1, 2, 1]})
    values = {  # patient, day: before, peak, after
        (1, 0): ((120, 80), (165, 90), (125, 82)),
        (1, 3): ((150, 80), (185, 90), (170, 82)),
        (2, 0): ((118, 76), (130, 84), (126, 80)),
    }
    vitals = pd.DataFrame(
        [
            (patient, day, measure, moment, pair[place])
            for (patient, day), triple in values.items()
            for moment, pair in zip(("before", "peak", "after"), triple, strict=True)
            for place, measure in enumerate(("systolic", "diastolic"))
        ],
        columns=["patient", "study_day", "measure", "moment", "value"],
    )
    pressure = arrange_pressure(vitals, sessions)
    table = tabulate_blood_pressure(pressure, ["iv"]).set_index("threshold")
    assert table["affected"].to_dict() == {
        "before above 140/90": 1,
        "systolic 180 or more": 1,
        "diastolic 110 or more": 0,
        "rise of 40 systolic or 25 diastolic": 1,
    }
    assert table["over"].tolist() == [1, 1, 0, 1]
    rise = tabulate_pressure_rise(pressure, ["iv"]).set_index("measure").loc["systolic"]
    assert rise["mean"] == pytest.approx(((45 + 35) / 2 + 12) / 2)
    assert (rise["followed"], rise["returned"]) == (2, 1)  # 20 mmHg above after patient 1's last session


def test_dissociation_counts_a_patient_once_a_session():
    numbers = list(range(1, 10))
    sessions = pd.DataFrame({"patient": 1, "arm": "iv", "number": numbers})
    table = tabulate_dissociation(sessions, pd.Series([10.0, np.nan, 4, 5, 0, 0, 0, 20, 30]), ["iv"])
    assert table.set_index("session")["patients"].to_dict() == {"1": 1, "2": 0, "3": 1, "4": 1, "5": 1, "6": 1, "7+": 1}
    assert table.set_index("session").loc["7+", "median"] == 0
    assert table["above"].tolist() == [1, 0, 0, 1, 0, 0, 0]


def test_stopping_with_and_without_reasons():
    series = pd.DataFrame(
        {
            "patient": [1, 2, 3],
            "series": 1,
            "arm": "iv",
            "start_day": 0,
            "end_day": [10, 3, 5],
            "reason": [None, "too_few_sessions", "too_few_sessions"],
        }
    )
    silent = pd.DataFrame({"patient": [], "study_day": [], "event": []})
    assert tabulate_stopping(series, silent, ["iv"])["reason"].tolist() == ["any", "not recorded"]
    told = pd.DataFrame({"patient": [2], "study_day": [4], "event": ["stop"], "stop_reason": ["side effect"]})
    table = tabulate_stopping(series, told, ["iv"]).set_index("reason")
    assert table["affected"].to_dict() == {"any": 2, "side effect": 1, "not recorded": 1}
