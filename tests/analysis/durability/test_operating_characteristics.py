"""What the committed simulations found is what the rule promises and the documentation says."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from drawn import FOLDER, load

DOCS = (FOLDER.parents[1] / "docs" / "durability.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found():
    return pd.concat([pd.read_csv(FOLDER / f"operating_{size}.csv") for size in (100, 200)])


def test_a_difference_where_there_is_none_is_rarely_stated(found):
    known = (*load("generators").MISSING_AT_RANDOM, "ends_early", "treated_again", "confounded")
    both = found[(found["method"] == "both") & found["scenario"].isin(known)]
    assert len(both) == 2 * 2 * 9
    assert (both["runs"] == 400).all()
    assert both["excludes_zero"].max() <= 0.06
    stated = float(re.search(r"stated in at most ([\d.]+)% of cohorts", DOCS)[1])
    assert both["excludes_zero"].max() == pytest.approx(stated / 100)


def test_the_primary_interval_covers(found):
    own = found[(found["method"] == "targeted") & found["scenario"].isin(load("generators").MISSING_AT_RANDOM)]
    assert len(own) == 2 * 2 * 6 * 4
    assert (own["coverage"] + own["coverage_error"]).min() >= 0.93
    low, high = re.search(r"second estimate's interval covers (\d+)–(\d+)%", DOCS).groups()
    assert np.floor(100 * own["coverage"].min()) == int(low)
    assert np.floor(100 * own["coverage"].max()) == int(high)


def test_the_table_of_the_documentation_is_that_of_the_results(found):
    lines = [line for line in DOCS.splitlines() if re.match(r"\s*\| (drift|episodes), \d+ \|", line)]
    own = found[found["method"] == "both"]
    printed = [float(line.rstrip().rstrip("|").rsplit("|", 1)[1]) for line in lines]
    assert len(lines) == len(own)
    order = {(row.course, row.size, row.scenario): row.excludes_zero for row in own.itertuples()}
    expected = [
        100 * order[course, size, scenario]
        for course in ("drift", "episodes")
        for scenario in load("generators").SCENARIOS
        for size in (100, 200)
    ]
    np.testing.assert_allclose(printed, expected, atol=0.051)
