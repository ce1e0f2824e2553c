"""Every number of docs/faq.md that is said of the example, computed here from the example."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes import mixed
from outcomes.__main__ import main
from outcomes.analysis.models import fit_model, model_frame
from outcomes.instruments import read_instruments
from outcomes.measures.scoring import derive_scores
from outcomes.proportions import compute_wilson
from outcomes.settings import Scoring, read_study

ROOT = Path(__file__).parent.parent
PAGE = " ".join((ROOT / "docs" / "faq.md").read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A folder in which the example was run up to its endpoints."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(ROOT / "data" / "example", folder / "data" / "example", ignore=shutil.ignore_patterns("derived"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for step in ("intake", "score", "series", "endpoints"):
            assert main([step, "config/example.yaml"]) == 0
    return folder


def derived(folder):
    return folder / "data" / "example" / "derived"


@pytest.fixture(scope="module")
def tables(example):
    return {path.stem: pd.read_parquet(path) for path in derived(example).glob("*.parquet")}


@pytest.fixture(scope="module")
def session_6(tables):
    """PHQ-9 of the series analysed at session 6, one row a series."""
    return at(tables, "session", "session 6")


def at(tables, axis, timepoint):
    included = tables["cohort"].loc[tables["cohort"]["included"], ["patient", "series"]]
    rows = tables["endpoints"].merge(included, on=["patient", "series"])
    rows = rows[(rows["instrument"] == "phq9") & (rows["axis"] == axis) & (rows["timepoint"] == timepoint)]
    return rows.astype({"arm": str}).set_index(["patient", "series"])


def said(*sentences):
    for sentence in sentences:
        assert sentence in PAGE, f"docs/faq.md does not say: {sentence}"


def percent(share):
    return f"{100 * share:.1f}%"


def points(value):
    return f"{value:.2f}".replace("-", "−")


def incomplete(tables):
    """Answers to the PHQ-9s with some items missing, as floats, and how many are missing."""
    assessments = tables["assessments"]
    rows = assessments[assessments["instrument"] == "phq9"]
    items = rows[[f"item_{number}" for number in range(1, 10)]].astype("float64")
    some = items.isna().any(axis=1)
    return items[some], rows.loc[some, "recorded_total"], len(rows)


def test_response_by_both_denominators_and_both_axes(tables, session_6):
    for arm, name in (("iv", "IV ketamine"), ("esketamine", "intranasal esketamine")):
        rows = session_6[session_6["arm"] == arm]
        yes, seen, day_28 = rows["response"].sum(), rows["score"].notna().sum(), at(tables, "day", "day 28")
        by_day = day_28.loc[day_28["arm"] == arm, "response"].fillna(False).mean()
        said(f"| {name} | {yes} of {seen}: {percent(yes / seen)} | {yes} of {len(rows)}: {percent(yes / len(rows))} |")
        said(f"{percent(by_day)} of all treated patients {name}")


def test_more_than_half_or_at_least_half(session_6):
    for arm in ("iv", "esketamine"):
        rows = session_6[(session_6["arm"] == arm) & session_6["score"].notna()]
        above = (2 * rows["score"] < rows["baseline"]).mean()
        said(f"from {percent(rows['response'].mean())} to {percent(above)}")


def test_last_observation_carried_forward_and_complete_cases(tables):
    scores = tables["endpoints"].merge(tables["cohort"].loc[tables["cohort"]["included"], ["patient", "series"]])
    scores = scores[(scores["instrument"] == "phq9") & (scores["axis"] == "session")].astype({"arm": str})
    wide = scores.pivot(index=["patient", "series", "arm"], columns="time", values="change")
    study = read_study(ROOT / "config" / "example.yaml")
    model = study.models["phq9_by_session"]
    frame = model_frame(tables["endpoints"], tables["cohort"], tables["patients"], model)
    margins = fit_model(frame, model, "phq9_by_session", [arm.id for arm in study.arms]).tables["margins"]
    ways = {"observed": wide[6.0], "carried": wide.ffill(axis=1)[6.0].fillna(0), "complete": wide.dropna()[6.0]}
    for arm, name in (("iv", "IV ketamine"), ("esketamine", "intranasal esketamine")):
        own = {way: changes.xs(arm, level="arm").dropna() for way, changes in ways.items()}
        cells = [f"{points(own[way].mean())} (n {len(own[way])})" for way in ("carried", "complete", "observed")]
        fitted = margins.loc[(margins["arm"] == arm) & (margins["timepoint"] == "session 6"), "estimate"].item()
        said(f"| {name} | {' | '.join(cells)} | {points(fitted)} |")


def test_incomplete_questionnaires(tables):
    items, recorded, total = incomplete(tables)
    missing = items.isna().sum(axis=1)
    as_zero, prorated = items.sum(axis=1), items.sum(axis=1) * 9 / (9 - missing)
    said(f"{len(items)} of {total:,} PHQ-9s")
    said(f"a mean total of {as_zero.mean():.2f}", f"of {prorated.mean():.2f} with the missing answers")
    said(f"{(recorded == as_zero).sum()} of the {recorded.notna().sum()} that came with a total")
    phq9 = {"phq9": read_instruments()["phq9"]}
    allowed = derive_scores(tables["assessments"], phq9, Scoring(prorate=True))["prorated"].sum()
    said(f"prorates {allowed}", f"other {items['item_9'].isna().sum()} lack item 9")


@pytest.fixture(scope="module")
def few(tables):
    """Every twentieth patient of the two large arms: a sample small enough for degrees of freedom to matter."""
    study = read_study(ROOT / "config" / "example.yaml")
    frame = model_frame(tables["endpoints"], tables["cohort"], tables["patients"], study.models["phq9_by_session"])
    frame = frame[(frame["patient"] % 20 == 0) & (frame["arm"].astype(str) != "im")]
    return frame.astype({"arm": str, "timepoint": str})


def test_degrees_of_freedom(few):
    for df, information, name in (
        ("kenward_roger", "observed", "SAS `ddfm=kr(linear)`"),
        ("kenward_roger", "expected", 'pbkrtest, lmerTest `ddf="Kenward-Roger"`'),
        ("satterthwaite", "observed", "SPSS, SAS `ddfm=satterthwaite`, mmrm's default"),
        ("between_within", "observed", "nlme"),
        ("normal", "observed", "statsmodels `MixedLM`"),
    ):
        fit = mixed.fit(
            few,
            "change ~ baseline*timepoint + arm*timepoint",
            subject="patient",
            visit="timepoint",
            df=df,
            information=information,
        )
        row = mixed.differences(fit, "arm", by="timepoint").iloc[-1]
        degrees = "∞" if np.isinf(row["df"]) else f"{row['df']:.1f}"
        interval = f"{points(row['lower'])} to {points(row['upper'])}"
        said(f"| {name} | {row['std_error']:.3f} | {degrees} | {interval} |")
    said(f"{fit.n_subjects} patients", f"difference of {points(row['estimate'])}")


def test_a_wald_interval_leaves_the_possible():
    lower, upper = compute_wilson(1, 26)
    half = 1.96 * np.sqrt(1 / 26 * 25 / 26 / 26)
    said(
        f"{percent(lower)} to {percent(upper)}",
        f"{percent(1 / 26 - half)} to {percent(1 / 26 + half)}".replace("-", "−"),
    )
