"""Whole studies at the edges: every printed number is finite, in its range, inside its interval, and of those it says."""

import os
import re
from dataclasses import replace

import pytest
from clinics import make_clinic, run_clinic
from edge_cases import COMPLETE, FEW, LEFT_OUT, RARER, nobody_enters, released
from edge_checks import find_declared_faults, find_faults, find_words

RUNS = {}
NIGHTLY = "OUTCOMES_NIGHTLY" in os.environ
RUN = [name for name in COMPLETE if NIGHTLY or name not in RARER]


def run(name, tmp_path_factory):
    if name not in RUNS:
        RUNS[name] = run_clinic(COMPLETE[name](), tmp_path_factory.mktemp("clinic"))
    return RUNS[name]


@pytest.fixture(scope="module", params=RUN)
def clinic(request, tmp_path_factory):
    return request.param, run(request.param, tmp_path_factory)


def test_no_number_stops_the_report(clinic):
    _, found = clinic
    assert found.refused == "", found.words[-2000:]
    assert len(found.report) > 10_000


def test_every_number_is_possible(clinic):
    _, found = clinic
    assert find_faults(found.tables) == []
    assert find_declared_faults(found.released) == []


def test_no_warning_of_a_model_counts_patients(clinic):
    _, found = clinic
    said = "; ".join(found.released["models"]["warnings"].dropna())
    assert not re.search(r"\d+ (of \d+ )?(subject|patient)|fewer than \d", said), said


def test_the_report_says_no_impossible_number(clinic):
    name, found = clinic
    if name != "long identifiers":
        assert find_words(found.report) == []


@pytest.mark.parametrize("name", [name for name in LEFT_OUT if NIGHTLY or name not in RARER])
def test_a_comparison_that_cannot_be_made_is_left_out_alone(name, tmp_path, caplog):
    make, reason = LEFT_OUT[name]
    found = run_clinic(make(), tmp_path)
    assert found.refused == "", found.words[-2000:]
    assert "the comparison is left out: " in caplog.text
    assert find_faults(found.tables) == []
    assert find_declared_faults(found.released) == []
    assert find_words(found.report) == []
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", found.report)))
    assert (
        len(re.findall(rf"not compared, because [^.]*{reason}", text, re.IGNORECASE)) == 3
    )  # key points, answers, abstract
    assert (
        f"The declared comparison of Iv and Esketamine was not made, because {found.released['comparison_statement']['text'].iloc[0]}."
        in text
    )
    assert not re.search(
        r"[Tt]he difference (in|was)|patients were compared|adjusted for|weighted",
        text[: text.index("Results Table 1")],
    )
    assert "Table 1." in text
    assert all(found.released[name].empty for name in ("effects", "risks", "sensitivity", "subgroups", "eligibility"))
    assert not re.search(r"\d", reason)


def test_a_clinic_of_which_nobody_enters_has_a_report(tmp_path):
    found = run_clinic(released(nobody_enters()), tmp_path)
    assert found.refused == "", found.words[-2000:]
    assert find_declared_faults(found.released) == []
    assert find_words(found.report) == []
    assert f"Not compared, because {FEW}" in re.sub(r"\s+", " ", found.report)


@pytest.mark.parametrize("design", ["randomised", "observational"])
def test_a_randomised_study_states_its_primary_difference_without_a_comparison(design, tmp_path):
    clinic = replace(make_clinic(n=80, seed=3, missing=0.1), compared=False, changes={"report": {"design": design}})
    found = run_clinic(clinic, tmp_path)
    assert found.refused == "", found.words[-2000:]
    rows = found.released["model_differences"]
    row = rows[rows["timepoint"] == "day 28"].iloc[0]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found.report))
    stated = re.search(
        rf"The difference( \([^)]*\))? was {abs(row['estimate']):.1f} points", re.sub("[\u2212-]", "", text)
    )
    assert (stated is not None) == (design == "randomised")
    assert ("without a comparison, what treatment did is not shown" in text) == (design == "observational")


def test_a_clinic_too_small_to_compare_tells_the_means_of_its_table(tmp_path):
    """Weighted means of the comparison stood on page 1 beside those of each arm in Table 2, to a different number."""
    found = run_clinic(make_clinic(n=30, seed=4, missing=0.1), tmp_path)
    assert found.refused == "", found.words[-2000:]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found.report)).replace("\u2212", "-")
    assert "too few patients were scored" in text
    assert "patients were analyzed" in text
    assert "weighted comparison" not in text
    assert "primary difference disagree" not in text
    margins = found.released["margins"].query("model == 'primary'").set_index(["arm", "timepoint"])
    for arm in ("esketamine", "iv"):
        row = margins.loc[(arm, "day 28")]
        told = f"{-row['estimate']:.1f} points (95% CI {-row['upper']:.1f} to {-row['lower']:.1f}) with"
        assert f"{row['estimate']:.1f} ({row['lower']:.1f} to {row['upper']:.1f})" in text
        assert text.count(told) >= 2, arm  # page 1 and abstract
