"""What is released of two things measured of the same people tells no more of how many they are than the numbers beside it."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from outcomes.analysis.instruments.pairs import measure_agreement
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import Mean
from outcomes.release.disclosure.gate import release_tables
from outcomes.settings.analysis import Privacy

PLACE = {"arm": "iv", "instrument": "phq9", "other": "gad7", "axis": "day", "timepoint": "day 28", "relation": "different", "time": 28.0}  # fmt: skip


def correlate(n, r):
    """Return a row of so many people with that correlation, exactly, and scipy's interval."""
    x = np.linspace(-1, 1, n)
    rest = x**2 - np.mean(x**2)
    y = r * x / np.linalg.norm(x) + math.sqrt(1 - r**2) * rest / np.linalg.norm(rest)
    found = pearsonr(x, y)
    ends = found.confidence_interval(0.95)
    return PLACE | {"n": n, "correlation": float(found.statistic), "lower": float(ends.low), "upper": float(ends.high)}


@pytest.mark.parametrize("numbers", [range(11, 18), range(18, 23), range(58, 63)])
@pytest.mark.parametrize("r", [-0.4, 0.0, 0.55, 0.97])
def test_an_interval_of_a_correlation_does_not_tell_of_how_many_it_is(numbers, r):
    """Sixteen were told: with Fisher's interval no other number that is printed as 15 had it."""
    rows = [correlate(n, r) for n in numbers]
    frame = release_tables({"joint_change": pd.DataFrame(rows)}, Privacy())["joint_change"]
    assert len(frame[["n", "correlation", "lower", "upper"]].drop_duplicates()) == 1
    widest = max(rows, key=lambda row: row["upper"] - row["lower"])
    assert frame["lower"].iloc[0] == pytest.approx(widest["lower"], abs=0.011)
    assert frame["upper"].iloc[0] == pytest.approx(widest["upper"], abs=0.011)


def answer(both, first, second, neither):
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    two = np.repeat([True, False, True, False], [both, first, second, neither])
    return PLACE | measure_agreement(one, two)


def test_agreement_is_that_of_rounded_counts():
    """With all their digits five statistics left one table of four numbers: of all that are rounded alike there is one row."""
    cells = [range(18, 23), (13, 15, 17), range(18, 23, 2), range(33, 38)]
    rows = [answer(*one) for one in itertools.product(*cells)]
    frame = release_tables({"joint_response": pd.DataFrame(rows)}, Privacy())["joint_response"]
    told = frame.drop(columns=[name for name in frame if name.endswith("_bound")]).drop_duplicates()
    counts = told[["n", "same", "first_only", "second_only"]]
    assert len(told) == len(counts.drop_duplicates())
    exact = pd.DataFrame([answer(20, 15, 20, 35)])
    alike = told[(counts == [90, 55, 15, 20]).all(axis=1)].iloc[0]
    assert (
        alike[["kappa", "difference", "p_value"]].tolist()
        == exact[["kappa", "difference", "p_value"]].round(2).iloc[0].tolist()
    )


def test_nobody_who_differs_tells_nothing_either():
    """The interval of no difference is z² / (n + z²): -0.19 was of 16 alone."""
    frame = release_tables({"joint_response": pd.DataFrame([answer(0, 0, 0, n) for n in range(13, 18)])}, Privacy())
    assert len(frame["joint_response"].drop_duplicates()) == 1
    assert frame["joint_response"]["difference_lower"].iloc[0] == pytest.approx(-0.2)


def test_no_mean_of_weights_is_released():
    """They average one over both arms: 0.98 and 1.02 of 25 and 20 are of 23 and 22."""
    assert not any(isinstance(column, Mean) or column == "mean" for column in RELEASED["weights"].fields)


def month(n, sessions, returned):
    counts = np.array([sessions - returned + 1, *[1] * (returned - 1), *[0] * (n - returned)], dtype=float)
    table = {
        "arm": "iv",
        "month": 1,
        "patients": n,
        "returned": returned,
        "proportion": returned / n,
        "lower": 0.0,
        "upper": 1.0,
    }
    half = 1.96 * counts.std(ddof=1) / math.sqrt(n)
    rate = counts.mean()
    return table | {"rate": rate, "rate_lower": max(rate - half, 0), "rate_upper": rate + half, "fewest": returned}


def test_sessions_of_few_who_returned_are_not_told():
    """One session of 45 patients, 0.02 each, is of one patient."""
    rows = [month(45, 1, 1), month(45, 10, 10), month(46, 29, 26)]
    frame = release_tables({"maintenance": pd.DataFrame(rows)}, Privacy())["maintenance"]
    assert frame["rate"].isna().tolist() == [True, True, False]
    assert frame["rate"].iloc[2] == 0.6  # 0.63, 0.46, and 0.85 are of 46


@pytest.mark.parametrize(
    ("table", "row", "statistic"),
    [
        (
            "late_response",
            {
                "arm": "iv",
                "instrument": "phq9",
                "session": 3,
                "went_on": 1,
                "looked": 1,
                "responded": 0,
                "further_sessions": 4.0,
            },
            "further_sessions",
        ),
        (
            "onset_looks",
            {
                "arm": "iv",
                "instrument": "phq9",
                "window": "3",
                "patients": 30,
                "scored": 1,
                "responded": 0,
                "overlap_days": 11.0,
            },
            "overlap_days",
        ),
        (
            "durability_visits",
            {
                "arm": "iv",
                "n": 30,
                "seen": 1,
                "scores": 30,
                "good": 30,
                "good_last": 0,
                "bad": 0,
                "bad_last": 0,
                "median_gap_days": 24.0,
            },
            "median_gap_days",
        ),
    ],
)
def test_a_median_of_one_patient_is_not_shown(table, row, statistic):
    """The group was of 30, and the median of those few of them who went on, had a score, or were seen again."""
    assert release_tables({table: pd.DataFrame([row])}, Privacy())[table][statistic].isna().all()
