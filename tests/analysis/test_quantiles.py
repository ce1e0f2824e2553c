"""Quantiles beside a rounded number of people: on a coarse scale none tells how many there are, or how many are below it."""

import numpy as np
import pandas as pd
import pytest

from outcomes.quantiles import QUARTILES, find_quantile
from outcomes.release.disclosure.gate import release_tables
from outcomes.settings import Privacy


@pytest.mark.parametrize("scale", [(56, 84), (50, 100), (0, 4), (0.5, 1.0)], ids=str)
def test_no_quartile_of_two_values_tells_how_many_have_the_lower_one(scale):
    groups = {
        n: [[scale[0]] * low + [scale[1]] * (n - low) for low in range(n + 1)] for n in range(18, 23)
    }  # printed as 20
    told: dict[tuple[float, ...], set[tuple[int, int]]] = {}
    for n, ways in groups.items():
        for low, values in enumerate(ways):
            told.setdefault(tuple(find_quantile(values, q) for q in QUARTILES.values()), set()).add((n, low))
    for quartiles, ways in told.items():
        assert set(quartiles) <= set(scale)
        assert {n for n, _ in ways} == set(groups), "the quartiles tell how many there are"
        assert len({low for _, low in ways}) > 2, "and how many have the lower value"


def test_on_a_fine_scale_quartiles_are_those_of_linear_interpolation():
    for values in ([3, 4, 9, 10, 12], np.linspace(0.13, 30.71, 14), [7], [2, 2, 2]):
        for q in QUARTILES.values():
            assert find_quantile(values, q) == pytest.approx(np.quantile(values, q), abs=1e-12)
    assert np.isnan(find_quantile([np.nan], 0.5))


def test_quartiles_of_whole_doses_are_whole_beside_doses_by_weight():
    """A first quartile of 32.75 mg beside 0.47 mg/kg told in hundredths what it is three quarters of."""
    row = {"arm": "iv", "session": "1", "patients": 40, "mg_median": 38.0, "mg_q1": 32.75, "mg_q3": 44.5}
    row |= {"mg_per_kg_median": 0.5, "mg_per_kg_q1": 0.4689, "mg_per_kg_q3": 0.5012}
    row |= {"weighed": 40, "carried": 0, "unweighed": 0, "outside": 0}
    table = release_tables({"dose": pd.DataFrame([row])}, Privacy())["dose"]
    assert table.loc[0, ["mg_q1", "mg_q3", "mg_per_kg_q1"]].astype(float).tolist() == [33, 44, 0.5]
