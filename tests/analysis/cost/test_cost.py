"""Charges of a clinic of five, by hand; the bootstrap beside SciPy's; weighted differences beside a bootstrap that fits anew."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.analysis.cost.charges import derive_charges, name_horizons, tabulate_charges
from outcomes.analysis.cost.contrast import bound_normal, draw_differences, estimate_contrast, weigh_benefit
from outcomes.analysis.cost.describe import describe_cost
from outcomes.analysis.cost.per_case import tabulate_per_case
from outcomes.analysis.cost.resampling import bound_quotient
from outcomes.contracts.released.cost import Charges, ChargesPerCase, CostDifference
from outcomes.errors import ModelError, SettingsError
from outcomes.release.disclosure.gate import release_tables
from outcomes.settings import check_study, read_study
from outcomes.settings.analysis import Privacy
from outcomes.settings.cost import Cost
from outcomes.settings.reading import read_yaml

ROOT = Path(__file__).parents[3]
BENCHMARKS = ROOT / "benchmarks" / "cost"
NAN = float("nan")
# patient, series, day, phase, charge: patient 2 has a session without a charge, 3 none with one, 4 a second series, 5 a late session
SESSIONS = [
    (1, 1, 0, "induction", 500), (1, 1, 3, "induction", 500), (1, 1, 20, "maintenance", 400),
    (2, 1, 0, "induction", 600), (2, 1, 3, "induction", NAN), (2, 1, 7, "induction", 600),
    (3, 1, 0, "induction", NAN),
    (4, 1, 2, "induction", 100), (4, 2, 58, "induction", 800),
    (5, 1, 0, "induction", 900), (5, 1, 57, "maintenance", 900),
]  # fmt: skip


@pytest.fixture
def cost():
    return Cost(perspective="the clinic's charges", currency="USD", price_year=2024, by=["payer"], replicates=400)


@pytest.fixture
def sessions():
    return pd.DataFrame(SESSIONS, columns=["patient", "series", "study_day", "phase", "charge_usd"])


@pytest.fixture
def series():
    rows = [(1, 1, "iv", 0), (2, 1, "iv", 0), (3, 1, "iv", 0), (4, 1, "iv", 2), (4, 2, "nasal", 58), (5, 1, "nasal", 0)]
    return pd.DataFrame(rows, columns=["patient", "series", "arm", "start_day"])


@pytest.fixture
def patients():
    return pd.DataFrame({"patient": [1, 2, 3, 4, 5], "payer": pd.Categorical(["a", "a", "b", None, "b"]), "age": 40.0})


@pytest.fixture
def charges(series, sessions, cost):
    return derive_charges(series, sessions, cost)


def take(table, **key):
    for name, value in key.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_charges_up_to_each_horizon_by_hand(charges):
    amounts = {horizon: own.set_index("patient")["charge"].to_dict() for horizon, own in charges.groupby("horizon")}
    # of patient 2 the session without a charge takes the mean of the others; patient 4's day 58 is the 56th since the first session
    assert amounts["induction"] == pytest.approx({1: 1000, 2: 1800, 3: NAN, 4: 100, 5: 900}, nan_ok=True)
    assert amounts["day 56"] == pytest.approx({1: 1400, 2: 1800, 3: NAN, 4: 900, 5: 900}, nan_ok=True)
    assert charges.loc[charges["patient"] == 4, "arm"].tolist() == ["iv", "iv"]


def test_a_missing_charge_is_not_zero(series, sessions, cost):
    left_out = derive_charges(series, sessions, cost.model_copy(update={"incomplete": "leave_out"}))
    known = left_out[(left_out["horizon"] == "day 56") & left_out["charge"].notna()]
    assert known["patient"].tolist() == [1, 4, 5]


def test_charges_by_arm_and_payer_by_hand(charges, patients, cost):
    table = tabulate_charges(charges, patients, ["iv", "nasal"], cost, [1])
    row = take(table, arm="iv", horizon="day 56", variable="patients")
    assert row[["patients", "complete", "counted"]].tolist() == [4, 2, 3]
    assert row["mean"] == pytest.approx((1400 + 1800 + 900) / 3)
    assert row["median"] == 1400
    assert row["per_session"] == pytest.approx(4100 / (3 + 3 + 2))
    assert 900 <= row["lower"] < row["mean"] < row["upper"] <= 1800
    alone = take(table, arm="nasal", horizon="day 56", variable="patients")
    assert (alone["mean"], alone["patients"]) == (900, 1)
    assert np.isnan(alone[["lower", "upper"]].astype(float)).all()
    levels = table[(table["arm"] == "iv") & (table["horizon"] == "day 56") & (table["variable"] == "payer")]
    assert dict(zip(levels["level"], levels["patients"], strict=True)) == {"a": 2, "b": 1, "not recorded": 1}


def test_charges_per_case_by_hand(charges, cost):
    shown = [(1, True), (2, False), (3, True), (4, None), (5, False)]
    endpoints = pd.DataFrame(
        [(who, 1, "phq9", "day", "day 56", response, None) for who, response in shown],
        columns=["patient", "series", "instrument", "axis", "timepoint", "response", "remission"],
    ).astype({"response": "boolean", "remission": "boolean"})
    table = tabulate_per_case(charges, endpoints, ["iv", "nasal"], "phq9", cost, [1])
    started = take(table, arm="iv", population="started")
    # patient 3 responded and has no charge that can be said: neither above nor below the line
    assert (started["patients"], started["cases"], started["per_case"]) == (3, 1, 4100)
    observed = take(table, arm="iv", population="observed")
    assert (observed["patients"], observed["cases"], observed["per_case"]) == (2, 1, 3200)
    assert np.isnan(
        started[["lower", "upper"]].astype(float)
    ).all()  # of three patients, a quarter of the samples and more have nobody
    assert started["without"] == pytest.approx((2 / 3) ** 3, abs=0.08)
    none = take(table, arm="nasal", population="started")
    assert none["cases"] == 0
    assert np.isnan(none["per_case"])
    assert set(table["endpoint"]) == {"response"}
    asked = tabulate_per_case(charges, endpoints.iloc[:3], ["iv", "nasal"], "phq9", cost, [1], measured_share=0.05)
    assert set(asked["arm"]) == {
        "iv"
    }  # nobody of the other arm has a score: not measured, and not nobody with a response


def test_the_interval_is_scipys_percentile_interval_at_its_tail():
    generator = np.random.default_rng(5)
    paid = generator.gamma(3, 1000, 60)
    responded = (generator.random(60) < 0.4).astype(float)
    n = len(paid)
    tail = stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))
    _, lower, upper, _ = bound_quotient(paid, responded, 20_000, np.random.default_rng(1))
    other = stats.bootstrap(
        (paid, responded), lambda x, y, axis: x.sum(axis=axis) / y.sum(axis=axis), paired=True, vectorized=True,
        n_resamples=20_000, confidence_level=1 - 2 * tail, method="percentile", rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert [lower, upper] == pytest.approx(
        [other.low, other.high], rel=0.02
    )  # the error of a percentile of 20,000 samples


def test_edges_of_the_quotient():
    generator = np.random.default_rng(1)
    ones = np.ones(4)
    assert bound_quotient(np.full(4, 500.0), ones, 200, generator)[:1] == (500.0,)
    assert np.isnan(bound_quotient(np.full(4, 500.0), ones, 200, generator)[1:3]).all()
    free = bound_quotient(np.zeros(4), np.array([0.0, 0.0, 0.0, 1.0]), 200, generator)
    assert free[0] == 0
    assert np.isnan(free[1:3]).all()  # what is free is so however many have the endpoint
    assert np.isnan(bound_quotient(np.array([]), np.array([]), 200, generator)).all()
    value, lower, upper, without = bound_quotient(np.array([1.0, 2, 3]), np.zeros(3), 200, generator)
    assert np.isnan([value, lower, upper]).all()
    assert without == 1.0


def make_confounded(n, seed):
    generator = np.random.default_rng(seed)
    severe = generator.normal(size=n)
    treated = generator.random(n) < 1 / (1 + np.exp(-0.7 * severe))
    response = (generator.random(n) < 1 / (1 + np.exp(severe - 0.5 * treated))).astype(float)
    amount = 4000 - 1500 * treated + 800 * severe + generator.normal(0, 900, n)
    response[generator.random(n) > 1 / (1 + np.exp(-1 - 0.8 * treated + 0.6 * severe))] = NAN
    return amount, response, treated, severe[:, None]


def test_samples_by_influence_spread_as_samples_that_are_fitted_anew():
    amount, response, treated, design = make_confounded(400, 3)
    found = estimate_contrast(amount, response, treated, design, compute_weights(treated, design, "overlap"))
    drawn = draw_differences([found], 4000, np.random.default_rng(1))
    generator = np.random.default_rng(2)
    again = []
    for _ in range(400):
        rows = generator.integers(0, 400, 400)
        weights = compute_weights(treated[rows], design[rows], "overlap")
        again.append(estimate_contrast(amount[rows], response[rows], treated[rows], design[rows], weights).differences)
    # the standard deviation of 400 samples is known to 3.5 %: three times that
    assert drawn.std(axis=0) == pytest.approx(np.std(again, axis=0), rel=0.11)
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(np.corrcoef(np.transpose(again))[0, 1], abs=0.15)


def test_without_weights_and_with_all_scores_it_is_the_difference_of_means():
    amount, _, treated, design = make_confounded(80, 4)
    response = (amount > 3500).astype(float)
    found = estimate_contrast(amount, response, treated, design, compute_weights(treated, design, "none"))
    assert found.differences == pytest.approx(
        [values[treated].mean() - values[~treated].mean() for values in (amount, response)]
    )
    error = [
        np.sqrt(sum(values[side].var() / side.sum() for side in (treated, ~treated))) for values in (amount, response)
    ]
    assert np.sqrt((found.influence**2).mean(axis=0) / 80) == pytest.approx(error)


def test_net_benefit_by_hand_and_acceptability_by_counting():
    drawn = np.array([[-100.0, 0.1], [500.0, 0.1], [900.0, 0.1], [100.0, -0.1]])
    found = weigh_benefit(np.array([350.0, 0.05]), drawn, 6000.0, 48.0)
    # 600 + 100, 600 - 500, 600 - 900, -600 - 100: two of four above zero
    assert found["benefit"] == pytest.approx(6000 * 0.05 - 350)
    assert found["acceptable"] == 0.5
    half = stats.t.ppf(0.975, 48) * np.std([700, 100, -300, -700], ddof=1)
    assert [found["lower"], found["upper"]] == pytest.approx([-50 - half, -50 + half])
    assert np.isnan(bound_normal(1.0, np.ones(5), 50.0)).all()


def test_where_all_respond_no_net_benefit_is_certain():
    """It had the interval of the charge alone, and was above zero in all samples."""
    drawn = np.array([[-100.0, 0.0], [-500.0, 0.0], [-300.0, 0.0]])
    found = weigh_benefit(np.array([-300.0, 0.0]), drawn, 50_000.0, 48.0)
    assert found["benefit"] == 300
    assert np.isnan([found["lower"], found["upper"], found["acceptable"]]).all()
    alone = weigh_benefit(np.array([-300.0, 0.0]), drawn, 0.0, 48.0)
    assert (alone["acceptable"], alone["lower"] < 300 < alone["upper"]) == (1.0, True)


def test_amounts_are_released_in_tens_and_ratios_from_released_parts():
    counts = {"patients": [123, 40], "complete": [123, 40], "counted": [123, 40]}
    charges = pd.DataFrame(
        {
            "arm": ["iv", "im"],
            "horizon": "day 56",
            "variable": "patients",
            "level": "",
            **counts,
            "mean": [3972.53, 1234.5],
        }
    ).assign(lower=[3831.9, 900.0], upper=[4123.9, 1500.0], median=[3944.0, 1201.0], per_session=[656.4, 300.0])
    case = {"arm": ["iv", "im"], "horizon": "day 56", "endpoint": "response", "population": "started"}
    cases = pd.DataFrame({**case, "patients": [123, 40], "cases": [58, 7], "case_share": [58 / 123, 7 / 40]})
    cases = cases.assign(
        mean=[3972.53, 1234.5], per_case=[3972.53 * 123 / 58, 1234.5 * 40 / 7], without=0.0, fewest=[58, 7]
    )
    cases = cases.assign(lower=[7000.0, 5000.0], upper=[10_000.0, 20_000.0])
    made = release_tables({"charges": charges, "charges_per_case": cases}, Privacy())
    row = made["charges"].iloc[0]
    assert row[["mean", "median", "per_session"]].tolist() == [3970, 3940, 660]
    first, few = made["charges_per_case"].to_dict("records")
    # 3,970 × 125 over 60, and the limits moved as far as the ratio
    assert first["per_case"] == round(3970 * 125 / 60, -1)
    assert first["lower"] == pytest.approx(7000 * first["per_case"] / (3972.53 * 123 / 58), rel=0.02)
    assert few[ChargesPerCase.cases.bound] == "<11"
    assert np.isnan([few["per_case"], few["lower"], few["upper"], few["without"]]).all()


def test_nothing_declared_or_nothing_charged_gives_empty_tables(series, sessions):
    content = read_yaml(ROOT / "config" / "example.yaml")
    study = check_study(content)
    uncharged = {"series": series, "series_sessions": sessions.drop(columns="charge_usd")}
    blank = {"series": series, "series_sessions": sessions.assign(charge_usd=NAN)}
    silent = check_study({name: part for name, part in content.items() if name != "cost"})
    for given, tables in ((study, uncharged), (study, blank), (silent, {})):
        assert all(table.empty for table in describe_cost(tables, given).values())


def test_what_cannot_be_a_charge_is_refused_by_column_and_number(series, sessions, patients, charges, cost):
    words = sessions.assign(charge_usd="five hundred")
    with pytest.raises(ModelError, match=r"sessions\.charge_usd: holds words"):
        derive_charges(series, words, cost)
    below = sessions.assign(charge_usd=sessions["charge_usd"].where(sessions["study_day"] > 0, -1.0))
    with pytest.raises(ModelError, match=r"charge_usd: 4 session\(s\) have a charge below zero"):
        derive_charges(series, below, cost)
    with pytest.raises(ModelError, match=r"cost\.by: age holds numbers"):
        tabulate_charges(charges, patients, ["iv"], cost.model_copy(update={"by": ("age",)}), [1])
    with pytest.raises(ModelError, match=r"cost\.by: insurer"):
        tabulate_charges(charges, patients, ["iv"], cost.model_copy(update={"by": ("insurer",)}), [1])


def test_a_horizon_is_a_declared_day_and_within_a_year(cost):
    content = read_yaml(ROOT / "config" / "example.yaml")
    with pytest.raises(SettingsError, match=r"cost\.days: 60 is no day of timepoints\.days"):
        check_study({**content, "cost": {**content["cost"], "days": [60]}})
    with pytest.raises(ValueError, match="not discounted"):
        Cost(perspective="x", currency="USD", price_year=2024, days=(400,))
    assert name_horizons(cost) == ["induction", "day 56"]


def test_tables_have_the_declared_columns(charges, patients, cost):
    assert list(tabulate_charges(charges, patients, ["iv"], cost, [1]).columns) == list(Charges.columns)
    assert {"treated", "correlation"} <= set(CostDifference.columns)
    assert read_study(ROOT / "config" / "example.yaml").cost is not None
