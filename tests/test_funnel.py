"""Exact limits of a funnel: by hand, against scipy, and Poisson-binomial sums against every outcome."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from outcomes.funnel import cumulate_events, find_chance_outside, limit_binomial, limit_count


@pytest.mark.parametrize("n", [1, 4, 9])
def test_sums_of_unequal_risks_are_those_of_every_outcome(n):
    risks = np.random.default_rng(n).uniform(0.02, 0.98, n)
    mass = np.zeros(n + 1)
    for outcome in product((0, 1), repeat=n):  # brute force: each patient has the event or not
        mass[sum(outcome)] += np.prod(np.where(np.array(outcome) == 1, risks, 1 - risks))
    assert cumulate_events(risks) == pytest.approx(np.cumsum(mass), abs=1e-12)


def test_equal_risks_are_binomial():
    assert cumulate_events(np.full(80, 0.37)) == pytest.approx(binom.cdf(np.arange(81), 80, 0.37), abs=1e-12)


@pytest.mark.parametrize(
    ("n", "share", "level"), [(10, 0.5, 0.95), (37, 0.2, 0.95), (250, 0.43, 0.999), (12, 0.9, 0.999)]
)
def test_limits_are_those_published(n, share, level):
    """Spiegelhalter 2005, appendix A.1.1, by scipy's inverse of the binomial: (r − α)/n and (r + 1 − α)/n, α = (F(r) − p)/P(r)."""
    for p, one, limit in zip(((1 - level) / 2, (1 + level) / 2), (0, 1), limit_binomial(share, n, level), strict=True):
        r = binom.ppf(p, n, share)
        alpha = (binom.cdf(r, n, share) - p) / binom.pmf(r, n, share)
        assert limit == pytest.approx(np.clip((r + one - alpha) / n, 0, 1), abs=1e-12)


@pytest.mark.parametrize("share", [0.03, 0.5, 0.88])
def test_a_count_lies_outside_where_its_tail_is_smaller_than_asked(share):
    for n in range(11, 60):
        lower, upper = limit_count(binom.cdf(np.arange(n + 1), n, share), 0.95)
        for events in range(n + 1):
            assert (events < lower) == (binom.cdf(events, n, share) < 0.025)
            assert (events > upper) == (binom.sf(events - 1, n, share) < 0.025)


def test_limits_never_pass_none_and_all():
    assert limit_count(cumulate_events([0.001, 0.002]), 0.95)[0] == 0
    assert limit_count(cumulate_events([0.999, 0.999]), 0.95)[1] == 2
    assert limit_count(np.array([1.0]), 0.95) == (0.0, 0.0)  # nobody


def test_the_chance_of_lying_outside_is_about_what_is_left():
    chances = []
    for n in range(40, 400, 7):
        cumulative = cumulate_events(np.full(n, 0.4))
        chances.append(find_chance_outside(cumulative, *limit_count(cumulative, 0.95)))
    assert 0.03 < np.mean(chances) < 0.05  # exact limits leave less than half of it in each tail
    assert max(chances) < 0.05
