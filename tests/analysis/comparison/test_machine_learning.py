"""The learned row: truth where everything bends, missing scores, turned arms, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from two_arms import generate_tables, make_comparison

from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.sensitivity import machine_learning
from outcomes.analysis.comparison.sensitivity.machine_learning import (
    FOLDS,
    Learned,
    foretell,
    learn_chance,
    learn_difference,
    learn_number,
    learn_row,
    pool_splits,
    split_evenly,
)
from outcomes.analysis.comparison.setting import build_setting

NOTHING = np.empty((600, 0))


def draw(seed, n=600, effect=-2.0):
    """Choice and answer follow the square of one number and the product of two."""
    generator = np.random.default_rng([seed, *b"learned"])
    x = generator.normal(size=(n, 3))
    bend = x[:, 0] ** 2 - 1 + x[:, 1] * x[:, 2]
    treated = generator.random(n) < 1 / (1 + np.exp(-0.8 * bend))
    return x, treated, effect * treated + 1.5 * bend + generator.normal(0, 2, n)


def test_it_finds_what_bends_and_acts_together_where_lines_do_not():
    found = [learn_difference(*draw(seed), NOTHING, 0) for seed in range(8)]
    errors = np.array([(one.estimate + 2) / one.error for one in found])
    assert np.abs(errors).max() < 3.5
    crude = [answer[treated].mean() - answer[~treated].mean() + 2 for _, treated, answer in map(draw, range(8))]
    left = np.mean([one.estimate for one in found]) + 2
    assert abs(left) < 0.35 * np.mean(crude)


def test_missing_answers_that_hang_on_the_last_score_are_made_good():
    off, naive = [], []
    for seed in range(8):
        x, treated, answer = draw(seed)
        generator = np.random.default_rng([seed, *b"gone"])
        before = answer + generator.normal(0, 1, len(answer))
        gone = generator.random(len(answer)) < np.where(treated, 0.8, 0.1) * (before > 0)
        seen = np.where(gone, np.nan, answer)
        off.append(learn_difference(x, treated, seen, before[:, None], 0)[0] + 2)
        naive.append(learn_difference(x[~gone], treated[~gone], answer[~gone], np.empty(((~gone).sum(), 0)), 0)[0] + 2)
    assert abs(np.mean(off)) < 0.5 * abs(np.mean(naive))


def test_turned_arms_turn_the_sign():
    x, treated, answer = draw(1)
    answer[::7] = np.nan
    one, other = (learn_difference(x, arm, answer, NOTHING, 4) for arm in (treated, ~treated))
    assert one[0] == pytest.approx(-other[0], rel=1e-6)
    assert one[1:] == pytest.approx(other[1:], rel=1e-6)


def test_folds_are_even_within_arms_and_no_one_is_foretold_from_the_own_answer():
    x, treated, answer = draw(2)
    known = np.arange(len(answer)) % 3 > 0
    folds = split_evenly(treated, known, 0)
    for group in (treated & known, ~treated & known, treated & ~known):
        sizes = np.bincount(folds[group], minlength=FOLDS)
        assert np.ptp(sizes) <= 1
    plain = foretell(x, answer, known, folds, learn_number)
    moved = np.where(folds == 0, 1e6, answer)
    np.testing.assert_array_equal(plain[folds == 0], foretell(x, moved, known, folds, learn_number)[folds == 0])
    chance = foretell(x, treated.astype(float), known, folds, learn_chance)
    assert ((chance >= 0) & (chance <= 1)).all()


def test_splits_are_pooled_by_medians_and_what_lies_between_them_is_added():
    found = pool_splits([Learned(1.0, 0.5, 10.0, 5.0), Learned(2.0, 0.6, 12.0, 7.0), Learned(4.0, 0.7, 11.0, 6.0)])
    assert found[0] == 2.0
    assert found[2:] == (11.0, 6.0)
    assert found.error == np.sqrt(0.6**2 + np.var([1, 2, 4], ddof=1))
    assert pool_splits([Learned(1.0, 0.5, 10.0, 5.0)]) == (1.0, 0.5, 10.0, 5.0)


def test_the_error_is_enlarged_by_the_declared_columns_of_those_with_an_answer(monkeypatch):
    x, treated, answer = draw(3, 120)
    answer[::6] = np.nan
    enlarged = learn_difference(x, treated, answer, np.empty((120, 0)), 0)
    monkeypatch.setattr(machine_learning, "find_stretch", lambda weight, columns: 1.0)
    plain = learn_difference(x, treated, answer, np.empty((120, 0)), 0)
    assert (
        80 < plain.df + 5 < 100
    )  # the effective number of the hundred with an answer, less three columns, the constant, and the arm
    assert enlarged.error == pytest.approx(plain.error * np.sqrt((plain.df + 5) / plain.df), rel=1e-9)


def test_rows_of_the_change_and_the_declared_answer_with_a_reason_where_there_are_too_few():
    comparison = make_comparison()
    setting = build_setting(select_compared(generate_tables(), comparison), comparison)
    change, response = (learn_row(setting, 1, name) for name in ("change", "response"))
    assert (change["endpoint"], response["endpoint"]) == ("change", "response")
    assert change["lower"] < -2.0 < change["upper"]  # the truth of the made-up study
    assert -1 <= response["lower"] <= response["estimate"] <= response["upper"] <= 1
    assert change["n"] == setting.weights["overlap"].present.sum()
    few = build_setting(select_compared(generate_tables(n=60), comparison), comparison)
    wide = np.random.default_rng(1).normal(size=(len(few.compared.people), 45))
    many = replace(few, confounders=replace(few.confounders, design=wide))
    assert "beyond the columns of the confounders" in learn_row(many, 1, "change")["note"]
    gone = few.compared.scores.assign(change=np.nan, response=np.nan)
    empty = replace(few, compared=replace(few.compared, scores=gone))
    assert all(
        not row["converged"] and "fewer than 10" in row["note"]
        for row in (learn_row(empty, 1, name) for name in ("change", "response"))
    )
