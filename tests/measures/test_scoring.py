"""Totals, prorating, bands, and the ideation item, by hand."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import assessments

from outcomes.contracts import check_table
from outcomes.instruments import Instrument, Items, read_instruments
from outcomes.measures.scoring import compute_prorated, derive_scores
from outcomes.settings import Scoring

KNOWN = read_instruments()
WHOLE = [2, 2, 3, 1, 1, 0, 2, 1, 1]  # 2+2+3+1+1+0+2+1+1 = 13; without item 9: 12


def score(rows, instruments=("phq9",), items=9, **scoring):
    """Scores of assessments (patient, instrument, day, visit, recorded, item 1 …)."""
    mapping = {name: KNOWN[name] for name in instruments} if not isinstance(instruments, dict) else instruments
    return check_table(derive_scores(assessments(rows, items), mapping, Scoring(**scoring)), "scores")


def phq9(*answers, recorded=None, **scoring):
    """The one score of a PHQ-9."""
    return score([(1, "phq9", 0, None, recorded, *answers)], **scoring).iloc[0]


def test_total_band_and_ideation():
    row = phq9(*WHOLE)
    assert (row["total"], row["band"], row["ideation"], row["missing_items"]) == (13, "moderate", 1, 0)
    assert not row["prorated"]


def test_items_win_over_a_recorded_total():
    assert phq9(*WHOLE, recorded=9)["total"] == 13


def test_recorded_total_counts_where_no_item_is_answered():
    row = phq9(*[None] * 9, recorded=21)
    assert (row["total"], row["band"]) == (21, "severe")
    assert pd.isna(row["missing_items"])
    assert pd.isna(row["ideation"])


def test_a_missing_item_is_never_zero():
    # 8 items of 3 are 24 points, and a recorded 24 is what summing with missing = 0 gives: neither is the total
    row = phq9(3, 3, 3, None, 3, 3, 3, 3, 3, recorded=24)
    assert np.isnan(row["total"])
    assert row["missing_items"] == 1
    assert pd.isna(row["band"])
    assert row["ideation"] == 3


def test_unanswered_row_stays():
    row = phq9(*[None] * 9)
    assert np.isnan(row["total"])
    assert row["missing_items"] == 9


@pytest.mark.parametrize(
    ("answers", "rounding", "total"),
    [
        ([2, 2, 2, 2, 2, 2, 2, None, 0], "half_up", 16),  # 14 · 9/8 = 15.75
        ([2, 2, 2, 2, 2, 2, 2, None, 0], "none", 15.75),
        ([2, 0, 1, 1, 0, 0, 0, None, 0], "half_up", 5),  # 4 · 9/8 = 4.5: the half goes up
        ([2, 2, 2, 2, 2, 2, None, None, 0], "half_up", 15),  # 12 · 9/7 = 15.43
        ([2, 2, 2, 2, 2, None, None, None, 0], "half_up", None),  # three missing: above the limit of two
        ([2, 2, 2, 2, 2, 2, 2, 2, None], "half_up", None),  # item 9 is never imputed
    ],
)
def test_prorating(answers, rounding, total):
    row = phq9(*answers, prorate=True, rounding=rounding)
    assert row["prorated"] == (total is not None)
    assert (None if np.isnan(row["total"]) else row["total"]) == total


def test_prorating_is_off_by_default():
    assert not phq9(2, 2, 2, 2, 2, 2, 2, None, 0)["prorated"]


def test_phq8_needs_no_item_9():
    rows = [(1, "phq9", 0, None, None, 2, 2, 3, 1, 1, 0, 2, 1, None)]
    table = score(rows, instruments=("phq9", "phq8")).set_index("instrument")
    assert np.isnan(table.loc["phq9", "total"])
    assert table.loc["phq8", "total"] == 12
    assert pd.isna(table.loc["phq8", "ideation"])


def test_a_recorded_phq9_total_is_no_phq8():
    table = score([(1, "phq9", 0, None, 20, *[None] * 9)], instruments=("phq8", "phq9")).set_index("instrument")
    assert table["total"].fillna(-1).to_dict() == {"phq8": -1, "phq9": 20}
    assert table.loc["phq8", "missing_items"] == 8


def test_derived_instrument_without_its_parent_in_the_study():
    table = score([(1, "phq9", 0, None, None, *WHOLE)], instruments=("phq8",))
    assert table[["instrument", "total"]].to_numpy().tolist() == [["phq8", 12.0]]


def test_multiplier_scales_the_sum():
    row = score([(1, "who5", 0, None, None, 3, 3, 2, 4, 1)], ("who5",), items=5).iloc[0]  # (3+3+2+4+1) · 4
    assert (row["total"], row["band"]) == (52, "adequate")


def test_prorated_sum_is_rounded_before_it_is_multiplied():
    five = KNOWN["who5"].model_copy(update={"prorate_missing": 1})
    rows = [(1, "who5", 0, None, None, 3, 3, 2, 3, None)]  # 11 · 5/4 = 13.75 → 14, times 4
    assert score(rows, {"who5": five}, items=5, prorate=True)["total"].tolist() == [56]


@pytest.mark.parametrize(
    ("total", "band"),
    [(-0.25, None), (0, "minimal"), (4.5, "minimal"), (5, "mild"), (19.99, "moderately severe"), (27, "severe")],
)
def test_band_of_awkward_totals(total, band):
    row = phq9(*[None] * 9, recorded=total)
    assert row["total"] == total
    assert (None if pd.isna(row["band"]) else row["band"]) == band


def test_instrument_with_totals_only():
    row = score([(1, "qids_sr16", 0, None, 11)], ("qids_sr16",), items=0).iloc[0]
    assert (row["total"], row["band"]) == (11, "moderate")
    assert pd.isna(row["missing_items"])


def test_instruments_that_the_study_does_not_name_are_left_out_and_counted(caplog):
    caplog.set_level("INFO")
    rows = [(1, "phq9", 0, None, 3), (1, "gad7", 0, None, 3)]
    assert score(rows, ("gad7",), items=0)["instrument"].tolist() == ["gad7"]
    assert "left out 1 assessments" in caplog.text


def test_no_assessments():
    table = derive_scores(assessments([]), {"phq9": KNOWN["phq9"]}, Scoring())
    assert len(check_table(table, "scores")) == 0


def test_input_is_not_changed_and_rows_come_in_order_of_the_key():
    rows = [(2, "phq9", 3, None, 1), (1, "phq9", None, "b", 2), (1, "phq9", None, "a", 3), (1, "phq9", 7, None, 4)]
    given_rows = assessments(rows)
    before = given_rows.copy(deep=True)
    table = derive_scores(given_rows, {"phq9": KNOWN["phq9"]}, Scoring())
    pd.testing.assert_frame_equal(given_rows, before)
    assert table["total"].tolist() == [4, 3, 2, 1]  # days before no day, then by visit


ANSWER = st.one_of(st.none(), st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ANSWER, min_size=9, max_size=9), min_size=1, max_size=8), st.booleans(), st.randoms())
def test_totals_are_in_range_and_order_of_rows_is_irrelevant(answers, prorate, random):
    rows = [(patient, "phq9", 0, None, None, *row) for patient, row in enumerate(answers, start=1)]
    table = score(rows, ("phq9", "phq8"), prorate=prorate)
    for name in ("phq9", "phq8"):
        total = table.query("instrument == @name")["total"].dropna()
        assert total.between(KNOWN[name].minimum, KNOWN[name].maximum).all()
    random.shuffle(rows)
    pd.testing.assert_frame_equal(score(rows, ("phq9", "phq8"), prorate=prorate), table)
    for row, total in zip(answers, table.query("instrument == 'phq9'")["total"], strict=True):
        if None not in row:
            assert total == sum(row)


@given(st.integers(1, 10), st.data())
def test_prorated_total_rounds_the_half_up(answered, data):
    missing = data.draw(st.integers(0, 5))
    summed = data.draw(st.integers(0, 3 * answered))
    n = answered + missing
    rounded = compute_prorated(np.array([summed]), np.array([missing]), n, half_up=True)[0]
    assert rounded - 0.5 <= summed * n / answered < rounded + 0.5


def test_an_instrument_of_a_study_of_its_own():
    own = Instrument(
        name="Mood",
        measures="mood",
        items=Items(count=2, minimum=0, maximum=10),
        maximum=20,
        bands={0: "low", 11: "high"},
        recall_days=1,
        source="none",
        licence="free",
    )
    table = score([(1, "mood", 0, None, None, 5, 6)], {"mood": own}, items=2)
    assert table[["total", "band"]].to_numpy().tolist() == [[11.0, "high"]]


def test_the_instrument_of_the_walk_through():
    text = (Path(__file__).parents[2] / "docs" / "adding-an-instrument.md").read_text(encoding="utf-8")
    entry = yaml.safe_load(re.search(r"```yaml\n(own_instruments:.*?)```", text, re.DOTALL)[1])["own_instruments"]
    own = {name: Instrument.model_validate(fields) for name, fields in entry.items()}
    row = score([(1, "fatigue6", 0, None, None, 3, 2, 4, 1, 0, 2)], own, items=6).iloc[0]  # 3+2+4+1+0+2
    assert (row["total"], row["band"]) == (12, "moderate")
