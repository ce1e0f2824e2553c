"""Sums of a site for a common propensity model: those of parts add up to those of the whole, and sums of few are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.comparison.rounds.design import Rows, _band, _group
from outcomes.analysis.comparison.rounds.guard import check_sums
from outcomes.analysis.comparison.rounds.sums import sum_difference, sum_propensity
from outcomes.errors import ModelError
from outcomes.network.rounds import add_up
from outcomes.settings.propensity import CommonPropensity

GROUPS = {"insured": ("private", "public"), "none": ("self-pay", "missing")}


def draw(n, seed=1, payer=None):
    generator = np.random.default_rng(seed)
    age = generator.normal(45, 12, n).round(1)
    treated = np.arange(n) % 2 == 0
    payer = np.where(np.arange(n) % 4 < 2, "insured", "none") if payer is None else payer
    design = np.column_stack([np.ones(n), (age - 45) / 12, payer == "none"]).astype(float)
    frame = pd.DataFrame({"payer": payer})
    columns = ("constant", "age", "payer none")
    return Rows(columns, design, treated, generator.normal(-6, 5, n), pd.DataFrame({"age": age}), frame)


def take(rows, part):
    return Rows(
        rows.columns, rows.design[part], rows.treated[part], rows.change[part], rows.numbers[part], rows.groups[part]
    )


@pytest.mark.parametrize("work", [sum_propensity, sum_difference])
def test_sums_of_parts_are_those_of_the_whole(work):
    rows, beta = draw(240), np.array([0.1, -0.4, 0.3])
    parts = [take(rows, np.arange(240) % 3 == place) for place in range(3)]
    whole, added = work(rows, beta), add_up([work(part, beta) for part in parts])
    pd.testing.assert_frame_equal(pd.json_normalize(whole), pd.json_normalize(added), rtol=1e-12)
    assert set(whole) == set(added)


def test_a_level_that_nobody_has_is_a_column_of_zeros_and_fine():
    rows = draw(80, payer=np.array(["insured"] * 80))
    check_sums(rows, np.zeros(3), 11)
    assert sum_propensity(rows, np.zeros(3))["information"][2] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (draw(8), "fewer than 11 patients of the treated and of the reference arm"),
        (draw(21), "fewer than 11 patients of the reference arm"),
        (draw(80, payer=np.array(["none"] * 3 + ["insured"] * 77)), "share a combination of payer"),
        (
            Rows(
                *(draw(80).columns, draw(80).design, draw(80).treated, draw(80).change),
                pd.DataFrame({"age": np.arange(80) % 5}),
                draw(80).groups,
            ),
            "age has fewer than 11 different values",
        ),
    ],
)
def test_sums_of_few_are_refused_without_their_number(rows, words):
    with pytest.raises(ModelError, match=words) as refused:
        check_sums(rows, np.zeros(3), 11)
    assert not {"3", "4", "8", "10"} & set(str(refused.value).replace(".", " ").split())


def test_more_columns_than_a_third_of_the_patients_are_refused():
    rows = draw(24, payer=np.array(["insured"] * 24))
    wide = np.column_stack([rows.design, np.random.default_rng(2).normal(size=(24, 6))])
    names = (*rows.columns, *(f"more {place}" for place in range(6)))
    many = Rows(names, wide, rows.treated, rows.change, rows.numbers, rows.groups)
    with pytest.raises(ModelError, match=r"more than 0\.33 columns a patient"):
        check_sums(many, np.zeros(9), 11)


def test_coefficients_that_pick_out_few_are_refused():
    with pytest.raises(ModelError, match="rest on fewer than 11 patients"):
        check_sums(draw(80), np.array([-20.0, 12.0, 0.0]), 11)


def test_values_are_grouped_as_declared_and_a_strange_one_is_said():
    column = pd.Series(["private", None, "self-pay", "public"])
    assert _group(column, "payer", GROUPS).tolist() == ["insured", "none", "none", "insured"]
    without = GROUPS | {"none": ("self-pay",)}
    assert _group(column, "payer", without).isna().tolist() == [False, True, False, False]
    with pytest.raises(ModelError, match="payer has values at this site that are in no group of the plan: barter"):
        _group(pd.Series(["barter"]), "payer", GROUPS)


def test_numbers_are_banded_as_declared_and_words_are_refused():
    names = CommonPropensity(bands={"age": (40, 60)}).list_groups()["age"]
    found = _band(pd.Series([39.9, 40, 59, 60, np.nan, 200]), "age", (40, 60), names)
    expected = ["below 40", "40 to below 60", "40 to below 60", "from 60", None, "from 60"]
    assert [None if pd.isna(one) else one for one in found] == expected
    with pytest.raises(ModelError, match="bands: age holds words at this site"):
        _band(pd.Series(["old"]), "age", (40, 60), names)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({}, "at least one confounder"),
        ({"numbers": {"a": {"centre": 0, "scale": 1}}}, "or write under because why the coordinating centre may know"),
        ({"numbers": {"a": {"centre": 0, "scale": 1}}, "because": " "}, "or write under because"),
        ({"numbers": {"a": {"centre": 0, "scale": 1, "knots": [1, 2]}}}, "none, or three or more"),
        ({"levels": {"a": {"x": ["1"]}}}, "two groups or more"),
        ({"levels": {"a": {"x": ["1"], "y": ["1"]}}}, "in one group only"),
        (
            {"numbers": {"a": {"centre": 0, "scale": 1}}, "levels": {"a": {"x": ["1"], "y": ["2"]}}},
            "a: in two of bands, numbers, and levels",
        ),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(declared, words):
    with pytest.raises(ValueError, match=words):
        CommonPropensity(**declared)
