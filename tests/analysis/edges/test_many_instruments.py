"""A clinic with eleven instruments: each goes the same way from the export to the report, in its own direction."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from clinics import STEPS, make_clinic, run_clinic
from edge_checks import find_faults, find_words

from outcomes.instruments import read_instruments

# baseline and share of it at day 28; the rating of change has no baseline
COURSE = {
    "phq9": (18, 0.5), "gad7": (14, 0.55), "qids_sr16": (17, 0.5), "madrs": (32, 0.45), "pcl5": (45, 0.7), "caps5": (38, 0.7),
    "ybocs": (26, 0.6), "who5": (28, 1.9), "eq_vas": (45, 1.4), "cgi_s": (5, 0.6),
}  # fmt: skip
NAMES = (*COURSE, "cgi_i")


def write_scores(folder):
    """Put the other instruments beside the PHQ-9, and their columns into the study file."""
    path = folder / "data" / "raw" / "q.csv"
    scores, known = pd.read_csv(path), read_instruments()
    rng = np.random.default_rng(7)
    first = ~scores.duplicated("patient")
    for name, (mean, share) in COURSE.items():
        entry = known[name]
        level = mean * np.where(first, 1, share) + rng.normal(0, 0.12 * (entry.maximum - entry.minimum), len(scores))
        step = entry.multiplier
        scores[name] = np.clip(np.round(level / step) * step, entry.minimum, entry.maximum).astype(int)
    rating = np.clip(np.round(rng.normal(2.3, 1, len(scores))), 1, 7)
    scores["cgi_i"] = pd.Series(np.where(first, np.nan, rating)).astype("Int64")
    scores.drop(columns="total").to_csv(path, index=False)
    file = folder / "study.yaml"
    study = yaml.safe_load(file.read_text(encoding="utf-8"))
    study["layouts"]["q"]["assessments"]["instruments"] = {name: {"total": name} for name in NAMES}
    study["instruments"] = list(NAMES)
    file.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("many")


@pytest.fixture(scope="module")
def run(folder):
    return run_clinic(replace(make_clinic(80, seed=3), compared=False), folder, STEPS, write_scores)


def test_nothing_refuses_and_no_number_is_impossible(run):
    assert run.refused == "", run.words[-2000:]
    assert find_faults(run.tables) == []
    assert find_words(run.report) == []


@pytest.mark.usefixtures("run")
def test_every_instrument_has_baseline_change_and_its_own_response(folder):
    endpoints = pd.read_parquet(folder / "data" / "edge" / "derived" / "endpoints.parquet")
    own = endpoints[(endpoints["axis"] == "day") & (endpoints["timepoint"] == "day 28") & endpoints["score"].notna()]
    for name in COURSE:
        rows, entry = own[own["instrument"] == name], read_instruments()[name]
        assert rows["change"].notna().all(), name
        assert len(rows) > 60, name
        better = -rows["change"] if entry.higher_is_worse else rows["change"]
        assert better.mean() > 0, name
        if entry.response_percent is not None:
            expected = 100 * better >= entry.response_percent * rows["baseline"]
            assert (rows["response"].astype(bool) == (expected & (rows["baseline"] != 0))).all(), name
        elif entry.response_points is not None:
            assert (rows["response"].astype(bool) == (better >= entry.response_points)).all(), name
        else:
            assert rows["response"].isna().all(), name
        if entry.remission_maximum is not None:
            assert (rows["remission"].astype(bool) == (rows["score"] <= entry.remission_maximum)).all(), name
    rated = own[own["instrument"] == "cgi_i"]
    assert (rated["response"].astype(bool) == (rated["score"] <= 2)).all()
    assert rated["change"].isna().all()


def test_tables_side_by_side_keep_the_direction(run):
    percent = run.tables["percent_change"].set_index(["instrument", "arm", "timepoint"])
    assert set(percent.index.get_level_values(0)) == set(COURSE) - {"cgi_s"}
    assert percent.loc[("who5", "iv", "day 28"), "mean"] > 0 > percent.loc[("ybocs", "iv", "day 28"), "mean"]
    pairs = run.tables["joint_response"]
    assert {("phq9", "madrs"), ("qids_sr16", "madrs"), ("phq9", "cgi_i")} <= set(
        zip(pairs["instrument"], pairs["other"], strict=True)
    )
    odds = run.tables["ordered_odds"].set_index("instrument")
    assert {"phq9", "cgi_s", "cgi_i", "who5"} <= set(odds.index)
    assert not odds.loc["cgi_i", "baseline"]
    assert odds.loc["cgi_s", "baseline"]


def test_a_rating_of_change_is_no_characteristic_before_treatment(run):
    variables = set(run.tables["baseline"]["variable"].astype(str))
    assert {"cgi_s", "who5"} <= variables
    assert not {"cgi_i", "cgi_i_band"} & variables


@pytest.mark.usefixtures("run")
def test_the_supplement_says_each_direction(folder):
    (page,) = folder.glob("data/edge/derived/release/results/edge/supplement.html")
    text = page.read_text(encoding="utf-8")
    assert "of WHO-5 and EQ VAS a rise is better" in text
    assert "Instruments side by side" in text
    assert find_words(text) == []
