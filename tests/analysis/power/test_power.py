"""Power beside its closed form, the error of the first kind, and what a design costs."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestIndPower

from outcomes.__main__ import main
from outcomes.analysis.power.design import Design, learn_design
from outcomes.analysis.power.table import compute_closed_form, compute_error, find_size, tabulate_power
from outcomes.analysis.power.trials import simulate_trials
from outcomes.commands.power import _tell
from outcomes.errors import ModelError
from outcomes.release.figures.plans.power import plan_power
from outcomes.settings import read_study
from outcomes.settings.estimand import Margin

ROOT = Path(__file__).parents[3]
EVERYONE = np.ones((10, 1), bool)
ALONE = Design(np.array([[25 * 0.75]]), ("day 28",), (EVERYONE, EVERYONE), (1.0, 1.0), (18.0, 5.0))


def draw(design, n, replicates, seed=1):
    return simulate_trials(design, n, replicates, np.random.default_rng([seed, n]))


@cache
def draw_ninety_nine():
    """Return the trials of 99 patients an arm, of which the closed form has 90 %; they take ten seconds."""
    return draw(ALONE, 99, 1500)


def test_the_hand_check():
    """σ 5, ρ 0.5 with the baseline, δ 2: n = 2 (z.975 + z.90)² σ² (1 − ρ²) / δ² = 98.5, so 99 an arm for 90 %."""
    trials = draw_ninety_nine()
    assert trials.converged.all()
    table = tabulate_power({99: trials}, ALONE, [2.0], None)
    row = table[(table["difference"] == 2) & (table["spread"] == 1)].iloc[0]
    assert row["closed_form"] == pytest.approx(0.9015, abs=1e-3)
    exact = TTestIndPower().power(2 / np.sqrt(18.75), 99, 0.05)
    assert row["closed_form"] == pytest.approx(exact, abs=0.006)
    assert row["power"] == pytest.approx(exact, abs=3 * row["monte_carlo_error"])
    assert row["monte_carlo_error"] == pytest.approx(np.sqrt(row["power"] * (1 - row["power"]) / 1500))


def test_without_a_difference_one_in_twenty_shows_one():
    table = tabulate_power({30: draw(ALONE, 30, 1500)}, ALONE, [], None)
    assert (table["difference"] == 0).all()
    assert table["power"].to_numpy() == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 1500))


def test_a_difference_moves_the_estimate_and_nothing_else():
    """Power for δ is read off trials without a difference; it is that of trials drawn with one."""
    drawn = draw(ALONE, 40, 300)
    table = tabulate_power({40: drawn}, ALONE, [2.5], None)
    read = table[(table["difference"] == 2.5) & (table["spread"] == 1)]["power"].iloc[0]
    rng, shown = np.random.default_rng([1, 40]), 0
    for _ in range(300):  # the same stream: baseline and change of the reference, then of the treated arm
        base, change = [], []
        for _arm in range(2):
            base.append(rng.normal(18, 5, 40))
            change.append(rng.standard_normal(40) * np.sqrt(18.75))
            rng.integers(0, 10, 40)
        design = np.column_stack([np.ones(80), np.concatenate(base), np.repeat([0.0, 1], 40)])
        outcome = np.concatenate(change) + 2.5 * design[:, 2]
        beta, rest, *_ = np.linalg.lstsq(design, outcome)
        error = np.sqrt(rest[0] / 77 * np.linalg.inv(design.T @ design)[2, 2])
        shown += abs(beta[2] / error) > 1.991254  # t of 77 degrees of freedom
    assert read == shown / 300


def test_weights_and_dropout_cost_patients():
    half = Design(ALONE.covariance, ALONE.timepoints, (np.eye(2, 1, dtype=bool),) * 2, (1.0, 1.0), ALONE.baseline)
    assert compute_error(half, 200) == pytest.approx(compute_error(ALONE, 100))
    weighted = Design(ALONE.covariance, ALONE.timepoints, ALONE.seen, (2.0, 2.0), ALONE.baseline)
    ours, plain = draw(weighted, 100, 300), draw(ALONE, 50, 300)
    assert ours.error.mean() == pytest.approx(plain.error.mean(), rel=0.03)


def test_earlier_scores_stand_in_for_missing_ones():
    covariance = 20 * np.array([[1, 0.9], [0.9, 1]])
    seen = np.array([[True, True], [False, True]])
    design = Design(covariance, ("day 28", "day 14"), (seen, seen), (1.0, 1.0), (18.0, 5.0))
    trials = draw(design, 60, 200)
    assert trials.error.mean() < 0.85 * compute_error(design, 60)


@pytest.mark.parametrize("kind", ["non_inferiority", "equivalence"])
def test_margins_beside_their_closed_form(kind):
    margin = Margin(kind=kind, points=2.0, because="x")
    table = tabulate_power({99: draw_ninety_nine()}, ALONE, [], margin)
    row = table[(table["question"] == kind) & (table["spread"] == 1)].iloc[0]
    expected = {"non_inferiority": 0.9015, "equivalence": 0.803}[kind]
    assert row["closed_form"] == pytest.approx(expected, abs=1e-3)
    assert row["power"] == pytest.approx(expected, abs=3 * row["monte_carlo_error"] + 0.006)


def test_the_size_for_ninety_percent_lies_where_the_closed_form_has_it():
    sizes = (60, 80, 100, 130)
    error = {n: compute_error(ALONE, n) for n in sizes}
    rows = [
        {"question": "difference", "spread": 1.0, "difference": 2.0, "per_arm": n, "trials": 10_000,
         "power": compute_closed_form("difference", 2.0, error[n])}
        for n in sizes
    ]  # fmt: skip
    assert find_size(pd.DataFrame(rows), "difference", 2.0) == pytest.approx(99, abs=1)
    assert np.isnan(find_size(pd.DataFrame(rows), "difference", 2.0, power=0.5))


@pytest.fixture(scope="module")
def study():
    return read_study(ROOT / "config" / "example.yaml")


def make_tables(n=120, seed=3):
    """Patients of two arms at days 14 and 28: deviations 5, correlation 0.6, a tenth and a third without a score."""
    rng = np.random.default_rng(seed)
    change = rng.multivariate_normal([-4, -6], 25 * np.array([[1, 0.6], [0.6, 1]]), 2 * n)
    change[rng.random(2 * n) < 0.1, 0] = np.nan
    change[rng.random(2 * n) < 0.33, 1] = np.nan
    people = pd.DataFrame({"patient": range(2 * n), "series": 1, "arm": ["iv"] * n + ["esketamine"] * n})
    rows = [people.assign(timepoint=f"day {day}", change=change[:, place]) for place, day in enumerate((14, 28))]
    endpoints = pd.concat(rows).assign(instrument="phq9", axis="day", baseline=18.0)
    endpoints["baseline"] += endpoints["patient"] % 7
    endpoints["change"] -= 20.0 * (endpoints["arm"] == "iv")  # a difference that must take no part
    return {"endpoints": endpoints, "cohort": people.assign(included=True)}


def test_the_design_is_learned_without_the_observed_difference(study):
    design = learn_design(make_tables(), study)
    assert design.timepoints == ("day 28", "day 14")
    assert design.covariance == pytest.approx(25 * np.array([[1, 0.6], [0.6, 1]]), rel=0.2)
    assert [own[:, 0].mean() for own in design.seen] == pytest.approx([0.67, 0.67], abs=0.1)
    assert design.cost == (1.0, 1.0)
    weights = pd.DataFrame({"arm": ["iv", "esketamine"], "weights": "overlap", "n": 120, "effective_n": [80.0, 100]})
    assert learn_design(make_tables() | {"weights": weights}, study).cost == (1.2, 1.5)


def test_few_patients_and_no_score_are_refused(study):
    with pytest.raises(ModelError, match="arm esketamine has 12 patients"):
        learn_design(make_tables(12), study)
    tables = make_tables()
    tables["endpoints"] = tables["endpoints"].assign(change=np.nan)
    with pytest.raises(ModelError, match="no score of phq9 at day 28"):
        learn_design(tables, study)


def test_the_words_and_the_figure_hold_the_table(study):
    table = tabulate_power({n: draw(ALONE, n, 200) for n in (25, 200)}, ALONE, [1.0, 2.0], None)
    words = " ".join(_tell(table, ALONE, study, 200))
    assert "deviation of the change given baseline 4.3 points" in words
    assert "more than 200 patients an arm show a difference of 1 point in 90%" in words
    clustered = study.comparison.model_copy(update={"cluster": "site"})
    told = " ".join(_tell(table, ALONE, study.model_copy(update={"comparison": clustered}), 200))
    assert "takes more patients than are told here" in told
    assert "by site" not in words
    plan = plan_power(table, study)
    assert set(plan.data["curve"]) == {"1 point", "2 points"}
    assert (plan.data["spread"] == 1).all()


def test_the_command_says_what_it_needs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["power", "config/example.yaml", "--replicates", "5"]) == 2
    assert "at least 100 trials" in capsys.readouterr().err
