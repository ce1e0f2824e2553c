"""Numbers among the confounders as natural splines: the columns by hand, and what they do to bias."""

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.comparison.population.confounders import bend_number, code_confounders
from outcomes.analysis.comparison.weighting.balance import compute_smd, square_number
from outcomes.analysis.comparison.weighting.weights import compute_weights


def test_three_knots_by_hand():
    # 0 … 50: knots at 5, 25, 45, span 40; at 35: (30³ − 10³·40/20 + 0) / 1600; straight from the last knot on
    bends = bend_number(np.arange(51.0))
    assert bends.shape == (51, 1)
    assert bends[3, 0] == 0
    assert bends[35, 0] == pytest.approx((30**3 - 2 * 10**3) / 1600)
    assert np.diff(bends[45:, 0], 2) == pytest.approx(0, abs=1e-9)


def test_missing_stays_missing_and_few_values_stay_straight():
    values = np.r_[np.arange(120.0), np.nan]
    bends = bend_number(values)
    assert bends.shape == (121, 2)
    assert np.isnan(bends[-1]).all()
    assert bend_number(np.repeat([0.0, 1.0], 60)).shape == (120, 0)


def test_a_bend_is_balanced_where_it_is_coded():
    generator = np.random.default_rng(2)
    age = generator.normal(45, 13, 800)
    treated = generator.random(800) < 1 / (1 + np.exp(-0.7 * (((age - 45) / 13) ** 2 - 1)))
    left = {}
    for shape in ("linear", "spline"):
        coded = code_confounders(pd.DataFrame({"age": age}), ["age"], shape)
        weight = compute_weights(treated, coded.design, "overlap").weight
        assert list(coded.levels.columns) == [("age", "")]
        left[shape] = abs(compute_smd(square_number(age), treated, weight)[2])
    assert left["linear"] > 0.4
    assert left["spline"] < 0.05
