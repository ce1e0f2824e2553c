"""Each subject's influence on the coefficients: their squares are the sandwich, and leaving one out moves them so."""

from __future__ import annotations

import numpy as np
import pytest
from mixed_trials import simulate_trial

from outcomes import mixed

DATA = simulate_trial(n=80)
FORMULA = "change ~ baseline*visit + arm*visit"


def fit(data=DATA, **options):
    return mixed.fit(data, FORMULA, subject="person", visit="visit", **options)


@pytest.mark.parametrize("kind", ["cr0", "cr2", "cr3"])
def test_the_squares_are_the_sandwich(kind):
    influence = mixed.influences(fit(), kind)
    robust = fit(vcov=kind, df="satterthwaite").vcov
    np.testing.assert_allclose(influence.T @ influence, robust, rtol=1e-8, atol=1e-10)
    assert list(influence.columns) == list(robust.columns)


def test_leaving_a_subject_out_moves_the_coefficients_by_its_influence():
    whole = fit()
    influence = mixed.influences(
        whole, "cr3"
    )  # with the leverage in it, this is the jackknife's step, the covariance held
    moves, steps = [], []
    for person in influence.index[:12]:
        less = fit(DATA[DATA["person"] != person])
        moves.append(whole.coefficients["estimate"].to_numpy() - less.coefficients["estimate"].to_numpy())
        steps.append(influence.loc[person].to_numpy())
    assert np.corrcoef(np.ravel(moves), np.ravel(steps))[0, 1] > 0.97


def test_what_has_no_influence_is_refused():
    with pytest.raises(mixed.SettingError, match="is not one of"):
        mixed.influences(fit(), "hc9")
    moments = mixed.moments(DATA, FORMULA, subject="person", visit="visit")
    with pytest.raises(mixed.SettingError, match="fit the table"):
        mixed.influences(mixed.fit(moments))
