"""Groups of course: how many, who belongs to them, and what is said where there are none."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.courses.coefficients import Scored, _standardise, build_basis, choose_scores, fit_coefficients
from outcomes.analysis.courses.describe import describe_courses
from outcomes.analysis.courses.mixture import fit_groups, measure_stability, weigh_skewed
from outcomes.analysis.courses.number import try_numbers

BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "courses"
TIMES = np.arange(7.0)
FALLING, STAYING = 18 - 13 * np.sqrt(TIMES / 6), np.full(7, 18.0)
STUDY = SimpleNamespace(instruments=("phq9",), privacy=SimpleNamespace(minimum_cell=11), seed=3)


def draw_scores(courses, sizes, seed, noise=1.5):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    fall = np.log1p(TIMES) / np.log(7)
    own = rng.normal(0, 2, (len(group), 1)) + rng.normal(0, 2, (len(group), 1)) * fall
    return np.array(courses)[group] + own + rng.normal(0, noise, (len(group), 7)), group


def make_tables(scores, arm="iv"):
    """Return the tables that the step reads, of scores by patient and time point."""
    person, place = np.nonzero(np.isfinite(scores))
    names = ["baseline", *(f"session {k}" for k in range(1, 7))]
    endpoints = pd.DataFrame(
        {
            "patient": person,
            "series": 1,
            "arm": arm,
            "instrument": "phq9",
            "axis": np.where(place == 0, "baseline", "session"),
            "timepoint": [names[one] for one in place],
            "time": np.where(place == 0, np.nan, place),
            "score": scores[person, place],
        }
    )
    cohort = pd.DataFrame({"patient": np.arange(len(scores)), "series": 1, "included": True})
    return {"endpoints": endpoints, "cohort": cohort}


def fit_by_hand(values, centres, steps=500):
    """Fit a mixture of one variance to single numbers, by loops: EM as in any textbook."""
    n, k = len(values), len(centres)
    weights, means, variance = [1 / k] * k, list(centres), float(np.var(values)) / 2
    for _ in range(steps):
        parts = [
            [
                weights[j] * np.exp(-((x - means[j]) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
                for j in range(k)
            ]
            for x in values
        ]
        shares = [[one / sum(row) for one in row] for row in parts]
        sizes = [sum(row[j] for row in shares) for j in range(k)]
        means = [sum(shares[i][j] * values[i] for i in range(n)) / sizes[j] for j in range(k)]
        variance = sum(shares[i][j] * (values[i] - means[j]) ** 2 for i in range(n) for j in range(k)) / n
        weights = [size / n for size in sizes]
    loglik = sum(np.log(sum(row)) for row in parts)
    parameters = (k - 1) + k + 1
    return -2 * loglik + parameters * np.log(n), np.array(shares)


def test_criterion_and_probabilities_are_those_of_a_mixture_fitted_by_loops():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(-2, 1, 60), rng.normal(2, 1, 40)])
    bic, shares = fit_by_hand(values, [-2.0, 2.0])
    found = fit_groups(values[:, None], 2, [1])
    order = np.argsort([values[found.members == j].mean() for j in (0, 1)])
    assert found.bic == pytest.approx(bic, abs=0.01)  # both stop short of the limit
    assert np.abs(found.probability[:, order] - shares).max() < 0.005
    entropy = 1 + (shares * np.log(shares)).sum() / (len(values) * np.log(2))
    assert found.entropy == pytest.approx(entropy, abs=0.005)


def test_criterion_of_one_group_is_that_of_a_normal_distribution():
    values = np.random.default_rng(2).normal(size=(80, 2))
    covariance = np.cov(values.T, bias=True)
    loglik = -80 / 2 * (2 * np.log(2 * np.pi) + np.log(np.linalg.det(covariance)) + 2)
    assert fit_groups(values, 1, [1]).bic == pytest.approx(-2 * loglik + 5 * np.log(80), abs=0.01)


def test_one_skewed_group_is_told_from_a_normal_one():
    rng = np.random.default_rng(3)
    skewed = np.column_stack([rng.gamma(2, 1, 400), rng.normal(size=400)])
    skewed = (skewed - skewed.mean(axis=0)) / skewed.std(axis=0)
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    for values in (skewed, skewed @ turn):
        assert weigh_skewed(values) < fit_groups(values, 1, [1]).bic - 50
    plain = rng.normal(size=(400, 2))
    assert weigh_skewed(plain) > fit_groups(plain, 1, [1]).bic


def test_a_prediction_of_few_scores_is_scaled_as_one_of_many():
    # A random intercept of variance 4, residuals of variance 9: the prediction from n scores is 4 / (4 + 9/n) of their mean deviation,
    # of variance 16 / (4 + 9/n); to unit variance, mean deviation / √(4 + 9/n). With n 1 and 4: 1/√13, 1/√6.25.
    seen = np.array([[True, False, False, False], [True, True, True, True]])
    predicted = np.array([[4 / 13.0], [4 / 6.25]])  # of a mean deviation of 1
    found = _standardise(predicted, seen, np.ones((4, 1)), np.array([[4.0]]), 9.0)
    assert found[:, 0] == pytest.approx([13**-0.5, 0.4])


def test_the_basis_is_orthonormal_and_starts_with_the_level():
    basis = build_basis(TIMES)
    assert basis.T @ basis == pytest.approx(np.eye(3))
    assert basis[:, 0] == pytest.approx(np.full(7, 7**-0.5))


def test_coefficients_of_one_group_have_unit_variance_however_many_scores():
    scores, _ = draw_scores([FALLING], [2000], 4)
    scores[:1000, 4:] = np.nan
    found = fit_coefficients(Scored("session", list_points(), scores))
    assert found.names[:2] == ("level", "slope")
    for half in (slice(0, 1000), slice(1000, 2000)):
        assert found.values[half].std(axis=0) == pytest.approx(np.ones(len(found.names)), abs=0.1)


def list_points():
    axis = ["baseline", *["session"] * 6]
    names = ["baseline", *(f"session {k}" for k in range(1, 7))]
    return pd.DataFrame({"axis": axis, "timepoint": names, "time": TIMES})


def test_two_groups_far_apart_are_found_in_order_of_their_last_score():
    scores, group = draw_scores([STAYING, FALLING], [150, 250], 5)
    scores[np.random.default_rng(1).random(scores.shape) < 0.15] = np.nan
    made = describe_courses(make_tables(scores), STUDY)
    chosen = made["course_number"].query("chosen")
    assert chosen["groups"].tolist() == [2]
    assert chosen["stability"].iloc[0] > 0.9
    groups = made["course_groups"].set_index("group")
    assert groups.loc["all", "patients"] == groups.loc["1", "patients"] + groups.loc["2", "patients"]
    assert groups.loc["1", "patients"] == pytest.approx((group == 1).sum(), abs=15)
    courses = made["courses"].set_index(["group", "timepoint"])
    assert courses.loc[("1", "session 6"), "mean"] == pytest.approx(5, abs=0.7)
    assert courses.loc[("2", "session 6"), "mean"] == pytest.approx(18, abs=0.7)
    everyone = courses.loc[("all", "session 3"), "n"]
    assert everyone == courses.loc[("1", "session 3"), "n"] + courses.loc[("2", "session 3"), "n"]


def test_patients_who_differ_by_degrees_are_one_group():
    scores, _ = draw_scores([FALLING], [300], 6)
    made = describe_courses(make_tables(scores), STUDY)
    assert made["course_number"].query("chosen")["groups"].tolist() == [1]
    assert made["course_groups"]["group"].tolist() == ["all"]
    assert set(made["courses"]["group"]) == {"all"}


def test_a_group_of_few_is_not_shown():
    scores, _ = draw_scores([FALLING, FALLING + np.linspace(0, 40, 7)], [200, 8], 7)
    found = try_numbers(fit_coefficients(Scored("session", list_points(), scores)).values, 11, [1])
    second = next(one for one in found if one.count == 2)
    assert second.groups.sizes.min() == 8
    assert second.note == "a group is of few patients"
    assert all(one.groups is None or one.groups.sizes.min() >= 11 for one in found if one.chosen)


def test_neither_the_order_of_rows_nor_a_second_run_changes_anything():
    scores, _ = draw_scores([STAYING, FALLING], [60, 60], 8)
    tables = make_tables(scores)
    turned = {name: table.sample(frac=1, random_state=1) for name, table in tables.items()}
    first, second, again = (describe_courses(one, STUDY) for one in (tables, turned, tables))
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, second[name], check_exact=True)
        pd.testing.assert_frame_equal(table, again[name], check_exact=True)


def test_stability_is_high_of_true_groups_and_low_of_a_cut_through_one():
    rng = np.random.default_rng(9)
    apart = np.concatenate([rng.normal(-3, 1, (100, 2)), rng.normal(3, 1, (100, 2))])
    together = rng.normal(size=(200, 2))
    assert measure_stability(apart, fit_groups(apart, 2, [1]), [1]) > 0.98
    assert measure_stability(together, fit_groups(together, 3, [1]), [1]) < 0.7


CONSTANT = np.full((80, 7), 12.0)


@pytest.mark.parametrize(
    "scores",
    [
        CONSTANT,
        np.tile(FALLING, (80, 1)),
        np.tile(FALLING, (2, 1)),
        draw_scores([FALLING], [59], 1)[0],
        np.where(np.arange(7) < 2, draw_scores([FALLING], [90], 1)[0], np.nan),
    ],
    ids=["constant scores", "all alike", "two patients", "one too few", "two scores each"],
)
def test_what_cannot_be_grouped_has_no_rows(scores):
    assert all(table.empty for table in describe_courses(make_tables(scores), STUDY).values())


def test_levels_without_courses_are_still_grouped_or_not():
    steady = np.random.default_rng(3).normal(12, 3, (80, 1)) + np.zeros((80, 7))  # each patient's score never changes
    made = describe_courses(make_tables(steady), STUDY)
    assert made["course_number"].empty or made["course_number"]["chosen"].sum() == 1


def test_sessions_without_scores_and_series_left_out_are_left_out():
    scores, _ = draw_scores([FALLING], [100], 2)
    scores[:, 2] = np.nan
    tables = make_tables(scores)
    tables["cohort"].loc[:9, "included"] = False
    found = choose_scores(tables["endpoints"], tables["cohort"], "phq9", 11)
    assert found.scores.shape == (90, 6)
    assert "session 2" not in set(found.points["timepoint"])


def test_known_groups_are_found_as_often_as_the_page_says():
    found = pd.read_csv(BENCHMARKS / "known_groups.csv").set_index(["truth", "patients"])
    assert (found.loc["one", "chose_1"] == 1).all()
    for truth, patients, groups, clinics in [
        ("one, skewed", 400, 2, 2),
        ("two", 120, 2, 7),
        ("two", 400, 2, 12),
        ("three", 120, 3, 8),
    ]:
        share = found.loc[(truth, patients), f"chose_{groups}"]
        assert share == pytest.approx(clinics / 12, abs=0.001), (truth, patients)
    assert found.loc["two", "rand_where_right"].between(0.76, 0.8).all()
