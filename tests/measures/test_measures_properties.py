"""What holds for every study: order of rows is irrelevant, the future does not change the past, tables meet contracts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import ARMS, PROTOCOLS, daily, define, patients, run, sessions

from outcomes.contracts import CONTRACTS, check_table
from outcomes.errors import ContractError
from outcomes.measures.endpoints import derive_endpoints
from outcomes.measures.order import compute_order, sort_table
from outcomes.settings import Baseline, Endpoints, ReliableChange, SeriesRules, Timepoints, Window

TREATED = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 90), st.sampled_from(["iv", "esketamine", "other"])), max_size=25
)
ANSWERED = st.lists(
    st.tuples(st.integers(1, 3), st.integers(-20, 120), st.one_of(st.none(), st.integers(0, 27))),
    max_size=40,
    unique_by=lambda row: row[:2],
)
RULES = st.builds(
    SeriesRules,
    change_of_arm=st.sampled_from(["new_series", "same_series"]),
    same_day=st.sampled_from(["one_session", "separate"]),
)
BASELINES = st.builds(
    Baseline, rule=st.sampled_from(["last", "mean", "worst"]), same_day=st.sampled_from(["before", "after"])
)
POINTS = Timepoints(sessions=(1, 2, 6), days=(Window(day=7, before=3, after=3), Window(day=28, before=7, after=7)))
RELIABLE = Endpoints(reliable_change={"phq9": ReliableChange(sd=5, reliability=0.84, source="assumed")})


def derive(treated, answered, rules, baseline):
    definitions = define(series=rules, baseline=baseline, timepoints=POINTS, endpoints=RELIABLE)
    return run(sessions(treated), daily(answered), definitions, patients(3))


@settings(max_examples=40, deadline=None)
@given(TREATED, ANSWERED, RULES, BASELINES)
def test_every_table_meets_its_contract_and_is_in_order(treated, answered, rules, baseline):
    tables = derive(treated, answered, rules, baseline)
    for name, table in tables.items():
        check_table(table, name)
        assert isinstance(table.index, pd.RangeIndex)
        pd.testing.assert_frame_equal(sort_table(table, CONTRACTS[name].key), table)
        for column in table.select_dtypes("category"):
            assert table[column].cat.categories.is_monotonic_increasing
    n = len(tables["series"])
    assert len(tables["endpoints"]) == n * (1 + 3 + 2 + 1)
    assert len(tables["times"]) == n * 2
    assert len(tables["cohort"]) == n
    assert tables["series"]["sessions"].sum() == len(tables["series_sessions"])


@settings(max_examples=30, deadline=None)
@given(TREATED, ANSWERED, RULES, BASELINES, st.randoms())
def test_order_of_rows_is_irrelevant(treated, answered, rules, baseline, random):
    # several records of one day are numbered by the export, so these stay in their order
    treated = sorted(set(treated))
    table = derive(treated, answered, rules, baseline)
    definitions = define(series=rules, baseline=baseline, timepoints=POINTS, endpoints=RELIABLE)
    shuffled = [part.sample(frac=1, random_state=random.randint(0, 9)) for part in (sessions(treated), daily(answered))]
    for name, other in run(*shuffled, definitions, patients(3)).items():
        pd.testing.assert_frame_equal(other, table[name])
    inputs = [table[name] for name in ("scores", "series", "series_sessions")]
    mixed = [part.sample(frac=1, random_state=random.randint(0, 9)) for part in inputs]
    for name, other in zip(
        ("endpoints", "cohort", "times"), derive_endpoints(*mixed, patients(3), definitions), strict=True
    ):
        pd.testing.assert_frame_equal(other, table[name])


@settings(max_examples=30, deadline=None)
@given(TREATED, ANSWERED, BASELINES, st.integers(0, 27))
def test_a_later_series_does_not_change_the_first(treated, answered, baseline, total):
    before = derive(treated, answered, SeriesRules(), baseline)
    later = [*treated, *((patient, 300, "iv") for patient in (1, 2, 3))]
    after = derive(later, [*answered, *((patient, 305, total) for patient in (1, 2, 3))], SeriesRules(), baseline)
    for name in ("endpoints", "times"):
        old = before[name]
        kept = after[name].merge(old[["patient", "series"]].drop_duplicates())
        pd.testing.assert_frame_equal(kept, old, check_categorical=False)


@settings(max_examples=30, deadline=None)
@given(TREATED, ANSWERED, RULES, BASELINES)
def test_endpoints_follow_their_definitions(treated, answered, rules, baseline):
    table = derive(treated, answered, rules, baseline)["endpoints"]
    followed = table[(table["axis"] != "baseline") & table["score"].notna() & table["baseline"].notna()]
    np.testing.assert_allclose(followed["change"], followed["score"] - followed["baseline"])
    assert (
        followed["response"] == ((followed["change"] <= -followed["baseline"] / 2) & (followed["baseline"] > 0))
    ).all()
    assert (followed["remission"] == (followed["score"] <= 4)).all()
    assert (followed["worsening"] == (followed["change"] >= 1 - 1e-9)).all()
    assert not table.loc[~table["reached"], "score"].notna().any()
    after = table[(table["axis"] != "baseline") & table["score"].notna()]
    assert (after["score_day"] >= (1 if baseline.same_day == "before" else 0)).all()
    assert (after["recall_overlap_days"] == (14 - after["score_day"]).clip(lower=0)).all()
    assert table.loc[table["axis"] == "baseline", ["response", "remission", "change"]].isna().all(axis=None)


@settings(max_examples=30, deadline=None)
@given(TREATED, ANSWERED, BASELINES)
def test_times_agree_with_the_scores_they_come_from(treated, answered, baseline):
    tables = derive(treated, answered, SeriesRules(), baseline)
    known = tables["times"].dropna(subset=["day", "last_without"])
    assert (known.loc[~known["event"], "day"] == known.loc[~known["event"], "last_without"]).all()
    assert (known.loc[known["event"], "day"] >= known.loc[known["event"], "last_without"]).all()
    events = tables["times"].query("endpoint == 'response' and event")[["patient", "series"]]
    seen = tables["endpoints"].query("response == True")[["patient", "series"]].drop_duplicates()
    assert len(seen.merge(events)) == len(seen)  # whoever responds at a time point has a first response


def test_inputs_are_not_changed():
    treated, answered = sessions([(1, 3, "iv"), (1, 0, "iv")]), daily([(1, 5, 9), (1, -1, 20)])
    copies = treated.copy(deep=True), answered.copy(deep=True)
    run(treated, answered, define(timepoints=POINTS), arms=ARMS, protocols=PROTOCOLS)
    pd.testing.assert_frame_equal(treated, copies[0])
    pd.testing.assert_frame_equal(answered, copies[1])


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-(2**62), 2**62), st.integers(0, 2)), max_size=30))
def test_order_of_columns_too_wide_for_one_number(rows):
    columns = [np.array([row[k] for row in rows], dtype=np.int64) for k in range(3)]
    order = compute_order(columns)
    found = rows if order is None else [rows[place] for place in order]
    assert found == sorted(rows)


@pytest.mark.parametrize("shuffled", [False, True])
def test_repeated_keys_are_counted_whether_or_not_the_table_is_in_order(shuffled):
    table = run(sessions([]), daily([(1, 0, 3), (1, 2, 3), (1, 9, 4)]), define())["scores"]
    twice = table.iloc[[0, 2, 1, 0, 2] if shuffled else [0, 0, 1, 2, 2]].reset_index(drop=True)
    with pytest.raises(ContractError, match="2 rows repeat an earlier one"):
        check_table(twice, "scores")
    check_table(table, "scores")
