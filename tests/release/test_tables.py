"""Released tables as text."""

import io

import numpy as np
import pandas as pd
import pytest
from example_tables import make_tables
from hypothesis import given
from hypothesis import strategies as st

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import format_table


def text_of(value):
    return format_table(pd.DataFrame({"x": [value]})).splitlines()[1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333"),
        (12.0, "12"),
        (1e7, "10000000"),
        (-0.0, "0"),
        (-2e-7, "-2.00e-07"),
        (3.36e-16, "0"),  # what rounding left of a spread of none
        (-3.36e-16, "0"),
        (3.06e-12, "3.06e-12"),
        (1.5e-6, "0.0000015"),
        (0.00012345, "0.000123"),
        (np.float64(2.5), "2.5"),
        (np.int64(7), "7"),
        (True, "true"),
        (np.inf, "inf"),
        ("a, b", '"a, b"'),
        (None, '""'),
        (np.nan, '""'),
    ],
)
def test_values(value, text):
    assert text_of(value) == text


def test_a_p_value_may_be_as_small_as_it_is():
    assert format_table(pd.DataFrame({"p_value": [3.064838e-42], "sd": [3.064838e-42]})) == "p_value,sd\n3.06e-42,0\n"


def test_integers_with_missing_stay_integers():
    table = pd.DataFrame({"n": pd.array([11, None], dtype="Int64"), "arm": ["iv", "im"]})
    assert format_table(table) == "n,arm\n11,iv\n,im\n"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_come_back_within_the_format(value):
    back = float(text_of(value))
    assert abs(back - value) <= max(0.5e-6, 0.006 * abs(value) if abs(value) < 1e-3 else 0) * 1.0001


def test_same_numbers_are_same_bytes_and_come_back():
    for name, table in make_tables().items():
        text = format_table(table)
        assert text == format_table(table.copy())
        assert "\r" not in text
        back = pd.read_csv(io.StringIO(text))
        assert list(back.columns) == list(table.columns), name
        assert len(back) == len(table)
        numbers = table.select_dtypes("number").astype(float)
        assert np.allclose(back[list(numbers)].astype(float), numbers, atol=1e-6, equal_nan=True), name


def test_every_released_table_has_a_title():
    assert all(table.title and table.row and table.key and table.section for table in RELEASED.values())
