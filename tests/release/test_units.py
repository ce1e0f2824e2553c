"""Patients, not series, are counted against the minimum cell."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.release.disclosure.units import protect_patients
from outcomes.settings.analysis import Privacy


def make_cohort(series):
    """Return a cohort with so many analysed series of each patient, and one more that is left out."""
    rows = [(patient, number < count) for patient, count in enumerate(series) for number in range(count + 1)]
    return pd.DataFrame(rows, columns=["patient", "included"])


def test_patients_analysed_once_keep_the_declared_minimum():
    assert protect_patients(Privacy(minimum_cell=11), make_cohort([1] * 40)).minimum_cell == 11


def test_public_data_stay_whole():
    privacy = Privacy(release="exact", because="public")
    assert protect_patients(privacy, make_cohort([3, 3])) == privacy


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60), st.integers(5, 12))
def test_so_many_series_come_from_enough_patients(series, k):
    raised = protect_patients(Privacy(minimum_cell=k), make_cohort(series)).minimum_cell
    fewest, left = 0, raised
    for count in sorted(series, reverse=True):  # the fewest patients who could have had that many series
        if left <= 0:
            break
        fewest, left = fewest + 1, left - count
    assert left > 0 or fewest >= k
    assert raised >= k


@pytest.mark.parametrize("k", [6, 11])
def test_it_is_no_more_than_it_takes(k):
    assert protect_patients(Privacy(minimum_cell=k), make_cohort([2] * 50)).minimum_cell == 2 * (k - 1) + 1
