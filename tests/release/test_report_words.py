"""What the report says comes from the tables and the study file, and it says no more than they do."""

from __future__ import annotations

import doctest
import html
import importlib
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from released_cases import make_case, make_models, make_study, withhold
from shown_cases import make_shown

from outcomes.release.numbers import interval, p_value, signed
from outcomes.release.report import closing_lines, render

CAUSAL = r"\b(caus(?:e|ed|es|al)|effective(?! (?:n|number|sample)\b)|efficacy|thanks to|due to|led to|works|worked|improved by|reduced by|(?<!net )benefit)\b"


def words(tables, study, tmp_path=Path("nowhere"), provenance=None):
    """The text of the report, without markup."""
    text = render(tables, study, tmp_path, provenance or {})
    text = re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))).replace("\u00a0", " ")


@cache
def words_of(case):
    """The text of the report of a case as it is."""
    return words(*make_shown(case))


def summary(text):
    objective = text.index("Objective. ")
    return text[text.rindex("In brief", 0, objective) : text.index("Definitions and methods", objective)]


CHANGED = [  # a cell of a released table, its new value, and what the text then says
    ("scores", {"arm": "iv", "axis": "session", "timepoint": "6"}, "mean", 12.345, "12.3 (SD"),
    ("scores", {"arm": "iv", "axis": "baseline"}, "median", 17.77, "median 17.8"),
    (
        "response",
        {"arm": "iv", "timepoint": "6", "endpoint": "response", "population": "started"},
        "proportion",
        0.9567,
        "response in 96%",
    ),
    (
        "response",
        {"arm": "iv", "timepoint": "6", "endpoint": "remission", "population": "observed"},
        "n",
        777.0,
        "777 scored",
    ),
    (
        "differences",
        {"timepoint": "6", "endpoint": "response", "population": "started"},
        "difference",
        -0.0888,
        "−9 percentage",
    ),
    ("missingness", {"arm": "iv", "timepoint": "6"}, "missing_proportion", 0.3939, "39% in IV ketamine"),
    ("flow", {"label": "Rows kept"}, "n", 8765.0, "8,765 were kept"),
    ("flow", {"label": "Patients analysed"}, "n", 4321.0, "4,321 patients"),
]


@cache
def words_of_changed():
    """The text of the report where each of those cells has its new value."""
    tables, study = make_shown("two arms")
    for table, where, column, value, _ in CHANGED:
        changed = tables[table].copy()
        rows = (changed[list(where)] == list(where.values())).all(axis=1)
        assert rows.any()
        changed.loc[rows, column] = value
        tables[table] = changed
    return words(tables, study)


@pytest.mark.parametrize("printed", [printed for *_, printed in CHANGED])
def test_numbers_of_sentences_are_those_of_the_tables(printed):
    assert printed not in words_of("two arms")
    assert printed in words_of_changed()


@pytest.mark.parametrize("case", ["two arms", "one arm", "seven arms", "months"])
def test_an_observed_course_is_not_called_an_effect(case):
    text = words_of(case)
    for denied in ("an effect of treatment is not established", "the cause is not shown", "Does it work?"):
        text = text.replace(denied, "")
    assert not re.search(CAUSAL, text, flags=re.IGNORECASE), re.search(CAUSAL, text, flags=re.IGNORECASE)
    assert "suicid" not in text.lower()


def test_unadjusted_differences_say_so_unless_chance_decided():
    tables, _ = make_case("two arms")
    title = {"title": "t", "headline": "session 6"}
    chosen, drawn = (words(tables, make_study(report={**title, "design": d})) for d in ("observational", "randomised"))
    assert "The differences are unadjusted" in chosen
    assert "confounding by indication" in chosen
    assert "The differences are unadjusted" not in drawn
    assert "confounding by indication" not in drawn


@pytest.mark.parametrize(
    "phrase",
    [
        "Payer veterans (no Intranasal esketamine)",
        "more than 0.1 standard deviations in Payer medicaid 0.17",
        "fewer than 75% of the patients (IV ketamine 323 of 444)",
        "13 weights of IV ketamine were truncated",
        "17 patients of IV ketamine have no weight",
        "were those of IV ketamine on average 2.5 points higher than the model expects",
        "same answer as the primary one. Weights and adjustment: −0.58 (−1.31 to 0.17).",
        "had the outcome. Change by without payer: day 28.",
    ],
)
def test_limitations_follow_the_diagnostics(phrase):
    assert phrase in words_of("compared")
    assert phrase not in words_of("two arms")


def test_limitations_name_the_fallback_and_what_the_model_dropped():
    tables, study = make_case("two arms")
    models = make_models()
    models["models"] = models["models"].assign(
        covariance="compound_symmetry", tried="unstructured, compound_symmetry", dropped_rows=155
    )
    text = words(tables | models, study)
    assert "compound symmetry in place of unstructured" in text
    assert "covariate is missing: Change by session 155 scores (6%)" in text


def test_withheld_numbers_are_called_so_and_never_zero():
    tables, study = make_case("two arms")
    response = tables["response"].drop(columns="withheld")
    hidden = (response["arm"] == "iv") & (response["timepoint"] == "6")
    text = words({**tables, "response": withhold(response, hidden)}, study)
    assert "IV ketamine: too few to report." in text
    assert "session 6, all treated" in text
    assert "not reported / not reported" in text


def test_a_row_withheld_in_part_still_prints_the_rest():
    tables, study = make_case("two arms")
    response = tables["response"].copy()
    rows = (response["arm"] == "iv") & (response["timepoint"] == "6")
    response.loc[rows, ["events", "proportion", "lower", "upper"]] = float("nan")
    response.loc[rows, "withheld"] = True
    started = int(response.loc[rows & (response["population"] == "started"), "n"].iloc[0])
    assert f"not reported / {started:,}" in words({**tables, "response": response}, study)


def test_everything_withheld_is_still_a_report():
    text = words_of("withheld")
    assert "nan" not in re.findall(r"\w+", text)
    assert text.count("not reported") > 20


@pytest.mark.parametrize("case", ["two arms", "seven arms", "months", "named visits"])
def test_no_missing_value_is_printed_as_such(case):
    assert not {"nan", "None", "NaN", "inf", "NA"} & set(re.findall(r"\w+", words_of(case)))


def test_both_denominators_and_both_averages_are_there():
    text = words_of("two arms")
    for phrase in ("session 6, all treated", "session 6, complete cases", "Mean (SD)", "Median (Q1 to Q3)", "n / N"):
        assert phrase in text


def test_models_are_described_with_what_was_found():
    text = words_of("two arms")
    for phrase in ("432", "2,345", "−4,321.99", "−3.5 (−4.4 to −2.5)", "2.71", "< .001", "Kenward–Roger", ".03"):
        assert phrase in text
    assert "must not be used" not in text


def test_an_unconverged_model_is_named_everywhere_it_matters():
    tables, study = make_case("two arms")
    tables |= make_models(converged=False)
    text = words(tables, study)
    assert "Models that did not converge: Change by session." in text
    assert "must not be used: Change by session." in text
    assert "did not converge: Change by session." in closing_lines(tables, Path("results/x/report.html"))


def test_a_model_without_numbers_is_named_as_that():
    tables, study = make_case("two arms")
    made = make_models(converged=False)
    made["margins"] = made["margins"].assign(estimate=float("nan"))
    text = words(tables | made, study)
    assert "Models that could not be fitted and are left out: Change by session." in text
    assert "must not be used" not in text


def test_closing_lines_say_where_and_what():
    tables, _ = make_case("two instruments")
    left = tables["flow"]["reason"] == "impossible_total"
    tables["flow"] = tables["flow"].assign(n=tables["flow"]["n"].mask(left, 34.0))
    lines = closing_lines(tables, Path("results/made-up/report.html")).splitlines()
    assert lines[0] == "Report: results/made-up/report.html"
    assert 3 <= len(lines) <= 5
    assert any("impossible total 34" in line for line in lines)
    hidden = int(tables["response"]["withheld"].sum())
    assert hidden > 0
    assert any(f"response {hidden}" in line for line in lines)
    assert closing_lines({}, Path("report.html")) == "Report: report.html\n"


def test_definitions_follow_the_study_file():
    base = words({}, make_study())
    worst = words({}, make_study(baseline={"rule": "worst", "within_days": 30}))
    assert "the last score on or before the first session and at most 14 days" in base
    assert "the worst score on or before the first session and at most 30 days" in worst
    assert "builds a later drop" in worst
    assert "builds a later drop" not in base
    cut = words({}, make_study(endpoints={"response_percent": {"phq9": 37}, "remission_maximum": {"phq9": 3}}))
    assert "at least 37% better" in cut
    assert "at most 3 points" in cut
    assert "needs every item" in base
    assert "replaced by the mean of the answered" in words({}, make_study(scoring={"prorate": True}))
    assert "10.1046/j.1525-1497.2001.016009606.x" in base


def test_small_cells_are_explained_only_where_they_exist():
    assert "shown as <11" in words({}, make_study())


def test_provenance_is_printed_in_full():
    record = {"inputs": {"a.csv": "ab" * 32}, "settings": "cd" * 32, "code": "ef" * 32, "seed": 987654}
    record |= {"command": "outcomes run mine.yaml"}
    text = words({}, make_study(), provenance={**record, "versions": {"python": "3.11.99"}})
    for part in (
        "ab" * 32,
        "cd" * 32,
        "ef" * 32,
        "987654",
        "python 3.11.99",
        "a.csv",
        "Command outcomes run mine.yaml",
    ):
        assert part in text


def test_published_results_stand_beside_only_where_comparable():

    tables, study = make_case("two arms")
    row = {
        "study": "Someone 2022",
        "n_treated": 9016,
        "n_analysed": 537,
        "route": "iv",
        "instrument": "phq9",
        "window": "w",
    }
    row |= {
        "definition": "drop of at least 50%",
        "endpoint": "response",
        "estimate": 53.6,
        "lower": None,
        "upper": None,
    }
    row |= {"unit": "percent", "doi": "10.1016/j.jad.2021.12.097"}
    same = {
        "comparison": "same definition",
        "differs_in": None,
        "arm": "iv",
        "axis": "clean",
        "timepoint": "clean window",
    }
    same |= {"population": "observed", "own_n": 275, "own_events": 135, "own_estimate": 49.09, "own_lower": 43.2}
    other = {**dict.fromkeys(same), "comparison": "definition differs", "differs_in": "window"}
    published = pd.DataFrame([row | same | {"own_upper": 55.0}, row | other | {"own_upper": None}]).assign(
        withheld=False
    )
    text = words({**tables, "published": published}, study)
    assert "53.6% 49% (43 to 55), IV ketamine, clean window, of complete cases" in text
    assert "definition differs" not in text


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.0009, "< .001"),
        (0.001, ".001"),
        (0.0099, ".010"),
        (0.02, ".02"),
        (0.0496, ".050"),
        (0.5, ".50"),
        (0.995, "> .99"),
    ],
)
def test_p_values_follow_the_journals(p, printed):
    assert p_value(p) == printed


def test_numbers_have_true_minus_signs_and_no_negative_zero():
    assert interval(-1.26, 0.04) == "−1.3 to 0.04"
    assert interval(-0.01, 2.03) == "−0.01 to 2.0"  # of an end that prints as zero the side is seen
    assert interval(0.0, 2.03) == "0.0 to 2.0"
    assert [p_value(p) for p in (0.048, 0.052, 0.056)] == [".048", ".052", ".06"]
    assert signed(-0.04) == "0.0"
    assert signed(0.04, 2) == "+0.04"


@pytest.mark.parametrize(
    "name",
    [
        "numbers",
        "report.faces.html.page",
        "report.wording.model_terms",
        "figures.canvas.lettering",
        "figures.plans.timepoints",
    ],
)
def test_examples_in_docstrings_hold(name):
    result = doctest.testmod(importlib.import_module(f"outcomes.release.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
