"""Intervals against the published worked examples and against statsmodels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.proportions import (
    compute_clopper_pearson,
    compute_correlation,
    compute_miettinen_nurminen,
    compute_newcombe,
    compute_wilson,
)

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

# Newcombe 1998, 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3
SINGLE = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611), (1, 29): (0.0061, 0.1718)}
# Newcombe 1998, 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, table II, method 10
DIFFERENCES = {
    (56, 70, 48, 80): (0.0524, 0.3339),
    (9, 10, 3, 10): (0.1705, 0.8090),
    (6, 7, 2, 7): (0.0582, 0.8062),
    (5, 56, 0, 29): (-0.0381, 0.1926),
    (0, 10, 0, 20): (-0.1611, 0.2775),
    (0, 10, 0, 10): (-0.2775, 0.2775),
    (10, 10, 0, 20): (0.6791, 1.0),
    (10, 10, 0, 10): (0.6075, 1.0),
}


@pytest.mark.parametrize(("counts", "bounds"), SINGLE.items())
def test_wilson_gives_the_published_bounds(counts, bounds):
    assert np.round(compute_wilson(*counts), 4) == pytest.approx(bounds, abs=1e-9)


@pytest.mark.parametrize(("counts", "bounds"), DIFFERENCES.items())
def test_newcombe_gives_the_published_bounds(counts, bounds):
    assert np.round(compute_newcombe(*counts)[1:], 4) == pytest.approx(bounds, abs=1e-9)


def test_paired_newcombe_gives_the_published_bounds():
    # 50 pairs: 36 both, 12 only the first, 2 only the second, none neither. Newcombe 1998,
    # 10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C, table II; phi is negative, so methods 8 and 10 agree.
    # Sum of (x - 48/50)(y - 38/50) = 36 - 48 * 38 / 50 = -0.48; phi = -0.48 / sqrt(48 * 0.04 * 38 * 0.24) = -0.1147
    correlation = compute_correlation(-0.48, 48, 50, 38, 50)
    assert correlation == pytest.approx(-0.11471, abs=1e-5)
    assert np.round(compute_newcombe(48, 50, 38, 50, correlation), 4) == pytest.approx((0.2, 0.0569, 0.3404), abs=1e-9)


def test_no_one_has_no_interval():
    assert np.isnan(compute_wilson(0, 0)).all()
    assert np.isnan(compute_newcombe(0, 0, 3, 10)).all()


@settings(deadline=None)
@given(COUNTS)
def test_wilson_agrees_with_statsmodels(counts):
    from statsmodels.stats.proportion import proportion_confint

    lower, upper = compute_wilson(*counts)
    expected = proportion_confint(*counts, method="wilson")
    assert (lower, upper) == (pytest.approx(expected[0], abs=1e-12), pytest.approx(expected[1], abs=1e-12))
    assert 0 <= lower <= counts[0] / counts[1] <= upper <= 1


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_newcombe_agrees_with_statsmodels(first, second):
    from statsmodels.stats.proportion import confint_proportions_2indep

    _, lower, upper = compute_newcombe(*first, *second)
    expected = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert (lower, upper) == (pytest.approx(expected[0], abs=1e-9), pytest.approx(expected[1], abs=1e-9))


@settings(deadline=None)
@given(COUNTS, COUNTS, st.floats(-1, 1))
def test_difference_lies_within_its_bounds_whatever_the_correlation(first, second, correlation):
    difference, lower, upper = compute_newcombe(*first, *second, correlation)
    assert -1 - 1e-12 <= lower <= difference + 1e-12
    assert difference - 1e-12 <= upper <= 1 + 1e-12


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [  # by an independent solution of the score equation, to four decimals
        ((56, 70, 48, 80), (0.0528, 0.3382)),
        ((9, 10, 3, 10), (0.1700, 0.8406)),
        ((0, 10, 0, 20), (-0.1658, 0.2844)),
        ((10, 10, 20, 20), (-0.2844, 0.1658)),
    ],
)
def test_miettinen_nurminen_against_known_answers(counts, bounds):
    _, lower, upper = compute_miettinen_nurminen(*counts)
    assert (round(float(lower), 4), round(float(upper), 4)) == bounds


def test_miettinen_nurminen_inverts_the_score_test():
    """At each bound the score statistic, with the restricted proportion found by brute force, is the critical value."""
    grid = np.linspace(0, 1, 200_001)
    for x, m, y, k in [(53, 444, 12, 529), (5, 56, 0, 29), (1, 9, 7, 8)]:
        for delta in np.array(compute_miettinen_nurminen(x, m, y, k)[1:]):
            q = grid[(grid + delta >= 0) & (grid + delta <= 1)]
            with np.errstate(divide="ignore", invalid="ignore"):
                parts = [
                    n * np.log(p) for n, p in ((x, q + delta), (m - x, 1 - q - delta), (y, q), (k - y, 1 - q)) if n
                ]
            best = q[np.nanargmax(np.sum(parts, axis=0))]
            p = best + delta
            variance = (p * (1 - p) / m + best * (1 - best) / k) * (m + k) / (m + k - 1)
            assert (x / m - y / k - delta) ** 2 / variance == pytest.approx(1.959964**2, rel=2e-3)


@pytest.mark.parametrize(("events", "n"), [(0, 100), (3, 40), (40, 40), (17, 444)])
def test_clopper_pearson_against_statsmodels(events, n):
    from statsmodels.stats.proportion import proportion_confint

    np.testing.assert_allclose(
        compute_clopper_pearson(events, n), proportion_confint(events, n, method="beta"), atol=1e-12
    )
