"""Determinism, ranges, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.errors import SettingsError
from outcomes.simulate import Mess, Network, simulate_network, write_network
from outcomes.simulate.questionnaires import GAD7_ITEMS, PHQ9_ITEMS
from outcomes.simulate.schedule import skip_weekends
from outcomes.simulate.streams import Streams
from outcomes.simulate.writing import render_text


def test_a_stream_depends_on_seed_and_name_alone() -> None:
    streams = Streams(1)
    first = streams.of("ages").random(3).tolist()
    streams.of("weights").random(100)
    assert streams.of("ages").random(3).tolist() == first
    assert streams.of("weights").random(3).tolist() != first
    assert Streams(2).of("ages").random(3).tolist() != first


def test_a_stream_is_the_same_on_every_machine() -> None:
    """SHA-256 of the name and PCG64 are defined everywhere; these numbers were drawn once and must stay."""
    assert Streams(2026).of("ages").integers(0, 1000, 4).tolist() == [728, 624, 369, 407]


def test_networks_do_not_depend_on_what_was_simulated_before(messy: Network) -> None:
    np.random.default_rng(9).random(10)
    simulate_network(60, 1)
    again = simulate_network(400, 5)
    assert again.truth == messy.truth
    assert [render_text(file) for file in again.files] == [render_text(file) for file in messy.files]


def test_another_seed_is_another_network(messy: Network) -> None:
    other = simulate_network(400, 6)
    assert set(other.patients["code"]) != set(messy.patients["code"])
    assert other.truth["estimands"] != messy.truth["estimands"]


def test_none_is_a_clean_export(clean: Network) -> None:
    assert simulate_network(400, 5, None).truth == clean.truth
    assert Mess.none() == clean.mess


def test_a_folder_that_cannot_be_made_is_refused(messy: Network, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SettingsError, match=r"cannot write to .*taken: .*; choose another folder"):
        write_network(messy, tmp_path / "taken")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(patients=st.integers(50, 120), seed=st.integers(0, 2**63))
def test_every_value_is_in_its_range(patients: int, seed: int) -> None:
    network = simulate_network(patients, seed)
    assert len(network.patients) == patients == network.patients["code"].nunique()
    assert network.patients["code"].str.fullmatch(r"K-\d{6}").all()
    assert network.patients["age"].between(18, 94).all()
    assert network.patients["propensity_iv"].between(0, 1, inclusive="neither").all()
    answers = network.questionnaires[PHQ9_ITEMS + GAD7_ITEMS].stack().dropna()
    assert answers.isin([0, 1, 2, 3]).all()
    assert not network.questionnaires.duplicated(["patient", "study_day"]).any()
    assert network.questionnaires["study_day"].between(-35, 260).all()
    assert not network.sessions.duplicated(["patient", "study_day"]).any()
    assert (network.sessions.groupby("patient")["study_day"].min() == 0).all()
    assert set(network.sessions["patient"]) == set(range(patients))
    dates = network.patients["first_day"].to_numpy()[network.sessions["patient"]] + network.sessions[
        "study_day"
    ].to_numpy().astype("timedelta64[D]")
    assert np.is_busday(dates.astype("datetime64[D]")).mean() > 0.97
    for key, rows in network.truth["raw_rows"]["files"].items():
        assert rows == next(len(file.rows.cells) for file in network.files if file.key == key)


@given(
    weekday=st.integers(0, 4),
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=15),
)
def test_sessions_stay_in_order_when_weekends_are_skipped(weekday: int, gaps: list[int]) -> None:
    day = np.array([[0, *np.cumsum(gaps)]])
    moved = skip_weekends(day, np.array([weekday]))[0]
    assert (np.diff(moved) >= 1).all()
    assert (moved >= day[0]).all()
    assert moved[0] == 0


@pytest.mark.parametrize(("patients", "seed"), [(49, 1), (0, 1), (-1, 1), (300_001, 1), (100, -1)])
def test_arguments_out_of_range_are_refused(patients: int, seed: int) -> None:
    with pytest.raises(SettingsError, match=r"simulate: (patients|seed) is .*; allowed: "):
        simulate_network(patients, seed)
