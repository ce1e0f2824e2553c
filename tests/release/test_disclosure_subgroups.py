"""The gate for kinds of patients: small levels, what adds up to them, and estimates of them stay."""

import pandas as pd
import pytest

from outcomes.release.disclosure.gate import withhold
from outcomes.settings.analysis import Privacy

NUMBERS = [
    "effective_n",
    "estimate",
    "std_error",
    "df",
    "lower",
    "upper",
    "shrunken",
    "shrunken_lower",
    "shrunken_upper",
]


def make_levels(levels, endpoint="change", population="", variable="payer"):
    """Return rows of (level, n, observed, events) in both arms; the reference arm has 100 more of each."""
    total = tuple(sum(column) for column in list(zip(*levels, strict=True))[1:])
    rows = []
    for name, level, counts in [("all", "all", total), *((variable, one[0], one[1:]) for one in levels)]:
        row = {"endpoint": endpoint, "population": population, "variable": name, "label": name, "level": level}
        more = 100 if name != "all" else 100 * len(levels)
        for part, n in zip(("n", "observed", "events"), counts, strict=True):
            known = part != "events" or endpoint != "change"
            row |= {f"{part}_treated": n if known else None, f"{part}_reference": n + more if known else None}
        rows.append(row | dict.fromkeys(NUMBERS, 1.25) | {"converged": True, "note": "", "scale": "points"})
    types = {name: "Int64" for name in rows[0] if name.endswith(("_treated", "_reference"))}
    return pd.DataFrame(rows).astype(types)


def make_tests(variables=("payer",), endpoint="change", population=""):
    rows = [
        {"endpoint": endpoint, "population": population, "variable": name, "label": name, "levels": 3}
        for name in variables
    ]
    numbers = dict.fromkeys(["num_df", "den_df", "statistic", "p_value", "p_adjusted", "spread"], 0.5)
    return pd.DataFrame([row | numbers | {"converged": True} for row in rows])


def release(table, tests=None):
    given = {"subgroups": table, "interactions": make_tests() if tests is None else tests}
    released = withhold(given, Privacy(minimum_cell=11))
    return released["subgroups"].set_index(["variable", "level"]), released["interactions"]


def test_enough_is_released():
    table, tests = release(make_levels([("a", 60, 40, 20), ("b", 50, 30, 15), ("c", 40, 25, 12)]))
    assert not table["withheld"].any()
    assert not tests["withheld"].any()


def test_a_small_level_takes_another_along_and_neither_has_an_estimate():
    table, tests = release(make_levels([("a", 60, 40, 20), ("b", 5, 5, 2), ("c", 30, 15, 12)]))
    hidden = table["n_treated"].isna()
    assert hidden.tolist() == [False, False, True, True]
    assert table.loc[hidden, NUMBERS].isna().all(axis=None)
    assert table.loc[~hidden, "estimate"].notna().all()
    assert table["n_reference"].notna().all()
    assert tests["p_value"].isna().all()


def test_few_missing_scores_hide_the_scores_of_the_variable_and_leave_the_patients():
    table, _ = release(make_levels([("a", 60, 55, 20), ("b", 50, 30, 15), ("c", 40, 25, 12)]))
    assert table["observed_treated"].isna().tolist() == [False, True, True, True]
    assert table["n_treated"].notna().all()
    assert table["estimate"].notna().all()


def test_few_scores_have_no_estimate():
    table, tests = release(make_levels([("a", 60, 8, 4), ("b", 50, 30, 15), ("c", 40, 25, 12)]))
    assert pd.isna(table.loc[("payer", "a"), "estimate"])
    assert table.loc[("payer", "b"), "estimate"] == 1.25
    assert tests["statistic"].isna().all()


@pytest.mark.parametrize("events", [4, 37, 38])
def test_few_events_or_all_but_few_hide_all_events_and_the_levels_estimate(events):
    parts = [
        make_levels([("a", 60, 40, events), ("b", 80, 50, 25), ("c", 80, 50, 25)], "response", population)
        for population in ("started", "observed")
    ]
    table, _ = release(pd.concat(parts, ignore_index=True), make_tests(endpoint="response"))
    assert table.loc["payer", "events_treated"].isna().all()
    assert table.loc["payer", "n_treated"].notna().all()
    assert table.loc[("payer", "a"), "estimate"].isna().all()
    assert table.loc[("payer", "b"), "estimate"].notna().all()


def test_other_variables_are_left_alone():
    small = make_levels([("a", 60, 40, 20), ("b", 5, 5, 2), ("c", 30, 15, 12)])
    other = make_levels([("x", 50, 35, 19), ("y", 45, 25, 15)], variable="sex").iloc[1:]
    table, tests = release(pd.concat([small, other], ignore_index=True), make_tests(("payer", "sex")))
    assert not table.loc["sex", "withheld"].any()
    assert tests.set_index("variable").loc["sex", "p_value"] == 0.5
