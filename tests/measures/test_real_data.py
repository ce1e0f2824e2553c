"""Published figures of public data, reproduced through the derivations. docs/real-data.md says where to download them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from measured import assessments, define, run

from outcomes.contracts import check_table
from outcomes.settings import Arm, Population, SeriesRules, Timepoints, Visit

DATA = Path(__file__).parents[3] / "shared" / "data"
NONE = pd.DataFrame({"patient": [], "study_day": [], "ordinal": [], "treatment": []}).astype(
    {"patient": "int32", "study_day": "int32", "ordinal": "int16", "treatment": "category"}
)


def read(name, **options):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not there; docs/real-data.md says where to download it")
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=["NaN", "n/a", ""], **options)


def number(identifiers):
    """Number patients from 1 by their identifier."""
    return pd.Series(pd.factorize(identifiers, sort=True)[0] + 1, index=identifiers.index, dtype="int32")


@pytest.fixture(scope="module")
def reframed():
    raw = read("reframed/reframed.csv")
    raw["number"] = number(raw["patient"])
    months = [str(month) for month in (*range(13), 18)]
    visits = tuple(
        Visit(label=month, name=f"month {month}", time=float(month), baseline=month == "0") for month in months
    )
    visits += (Visit(label="Post-Rx", used=False),)
    answered = assessments([(n, "phq9", None, v, t) for n, v, t in raw[["number", "month", "phq9"]].to_numpy()])
    people = raw.drop_duplicates("number")[["number", "grp"]].set_axis(["patient", "arm"], axis=1)
    people = people.astype({"arm": "category"}).sort_values("patient", ignore_index=True)
    arms = [Arm(id="TAU", label="TAU"), Arm(id="RO-DBT", label="RO-DBT")]
    definitions = define(
        series=SeriesRules(origin="visits"),
        timepoints=Timepoints(visits=tuple(f"month {month}" for month in months[1:]), clean_window=None),
        visits=visits,
    )
    return run(NONE, answered, definitions, people, arms, {})


def test_reframed_tables_meet_their_contracts(reframed):
    for name, table in reframed.items():
        check_table(table, name)
    assert len(reframed["series"]) == 250
    assert len(reframed["endpoints"]) == 250 * 14
    assert reframed["cohort"]["included"].all()


@pytest.mark.parametrize(
    ("month", "arm", "mean", "n"),
    [
        ("month 0", "RO-DBT", 18.99, 156),
        ("month 0", "TAU", 19.69, 84),
        ("month 7", "RO-DBT", 13.42, 109),
        ("month 7", "TAU", 16.56, 56),
        ("month 12", "RO-DBT", 12.66, 102),
        ("month 12", "TAU", 16.03, 54),
    ],
)
def test_reframed_means(reframed, month, arm, mean, n):
    score = reframed["endpoints"].query("timepoint == @month and arm == @arm")["score"].dropna()
    assert (round(score.mean(), 2), len(score)) == (mean, n)


@pytest.mark.parametrize(
    ("month", "arm", "responses", "n"),
    [
        ("month 7", "RO-DBT", 34, 108),
        ("month 7", "TAU", 10, 56),
        ("month 12", "RO-DBT", 36, 101),
        ("month 12", "TAU", 8, 53),
    ],
)
def test_reframed_responses(reframed, month, arm, responses, n):
    response = reframed["endpoints"].query("timepoint == @month and arm == @arm")["response"]
    assert (response.sum(), response.count()) == (responses, n)


def test_reframed_remissions(reframed):
    rows = reframed["endpoints"].query("timepoint == 'month 12'")
    assert rows.groupby("arm", observed=True)["remission"].sum().to_dict() == {"RO-DBT": 19, "TAU": 1}


def test_reframed_keeps_the_flagged_negative_total(reframed):
    negative = reframed["endpoints"].query("score < 0")
    assert negative["score"].round(6).tolist() == [-0.248546]
    assert reframed["scores"].query("total < 0")["band"].isna().all()


@pytest.fixture(scope="module")
def ds005917():
    people = read("ds005917/participants.tsv", sep="\t")
    people["patient"] = number(people["participant_id"])
    people = people.sort_values("patient", ignore_index=True)[["patient", "participant_id", "group"]]
    raw = read("ds005917/phenotype/phenotype.tsv", sep="\t").dropna(subset=["session_id"])
    raw = raw.merge(people, on="participant_id")
    rows = [
        (n, instrument, None, visit, total)
        for instrument, column in (("madrs", "MADRS_Total"), ("hamd17", "HAM17_Total"))
        for n, visit, total in raw[["patient", "session_id", column]].to_numpy()
    ]
    visits = (
        Visit(label="ses-b0", name="baseline", time=0, baseline=True),
        Visit(label="ses-d2", name="day 2", time=2, arm="ketamine"),
        Visit(label="ses-d10", name="day 10", time=10, arm="ketamine"),
        Visit(label="ses-p2", name="day 2", time=2, arm="placebo"),
        Visit(label="ses-p10", name="day 10", time=10, arm="placebo"),
    )
    definitions = define(
        instruments=("madrs", "hamd17"),
        series=SeriesRules(origin="visits", use="all"),
        population=Population(include={"group": ("MDD",)}),
        timepoints=Timepoints(visits=("day 2", "day 10"), clean_window=None),
        visits=visits,
    )
    arms = [Arm(id="placebo", label="Placebo"), Arm(id="ketamine", label="Ketamine")]
    people = people.drop(columns="participant_id").astype({"group": "category"})
    return {**run(NONE, assessments(rows), definitions, people, arms, {}), "people": people}


def mdd(tables, instrument="madrs"):
    rows = tables["endpoints"].merge(tables["cohort"].query("included")[["patient", "series"]])
    return rows[rows["instrument"] == instrument]


@pytest.mark.parametrize(
    ("arm", "timepoint", "mean", "sd", "n", "responses", "remissions"),
    [
        ("ketamine", "day 2", 23.59, 10.32, 27, 6, 4),
        ("ketamine", "day 10", 28.23, 8.94, 26, 3, 2),
        ("placebo", "day 2", 31.31, 5.88, 26, 1, 0),
        ("placebo", "day 10", 34.19, 5.07, 26, 0, 0),
    ],
)
def test_ds005917_by_infusion(ds005917, arm, timepoint, mean, sd, n, responses, remissions):
    rows = mdd(ds005917).query("arm == @arm and timepoint == @timepoint and axis == 'visit'")
    assert (round(rows["score"].mean(), 2), round(rows["score"].std(), 2)) == (mean, sd)
    assert (rows["score"].count(), rows["response"].sum(), rows["remission"].sum()) == (n, responses, remissions)


def test_ds005917_shares_the_baseline_between_periods(ds005917):
    baseline = mdd(ds005917).query("axis == 'baseline'")
    assert baseline.groupby("patient")["score"].nunique(dropna=True).max() == 1


def test_ds005917_baseline_of_everyone_with_depression(ds005917):
    everyone = ds005917["people"].query("group == 'MDD'")["patient"]
    scores = ds005917["scores"].query("instrument == 'madrs' and visit == 'ses-b0'")
    total = scores.loc[scores["patient"].isin(everyone), "total"].dropna()
    assert (round(total.mean(), 2), round(total.std(), 2), len(total)) == (33.38, 4.57, 32)


def test_ds005917_has_a_series_for_each_infusion_that_was_assessed(ds005917):
    for name, table in ds005917.items():
        check_table(table, "patients" if name == "people" else name)
    periods = ds005917["series"].groupby("patient", observed=True)["arm"].agg(list)
    assert max(map(len, periods)) == 2
    assert (ds005917["endpoints"].groupby(["patient", "series", "instrument"], observed=True).size() == 3).all()


@pytest.fixture(scope="module")
def nhanes():
    raw = read("nhanes/nhanes_phq9.csv")
    raw["patient"] = number(raw["seqn"].astype(float))
    questions = [f"q{k}" for k in range(1, 10)]
    answers = raw[questions].astype("float64").to_numpy()
    rows = [
        (patient, "phq9", None, "survey", np.nan, *(None if np.isnan(a) else int(a) for a in row))
        for patient, row in zip(raw["patient"], answers, strict=True)
    ]
    cycles = sorted(raw["cycle"].unique())
    people = raw[["patient", "cycle"]].set_axis(["patient", "arm"], axis=1).astype({"arm": "category"})
    definitions = define(
        instruments=("phq9", "phq8"),
        series=SeriesRules(origin="none"),
        visits=(Visit(label="survey", time=0, baseline=True),),
    )
    arms = [Arm(id=cycle, label=cycle) for cycle in cycles]
    return run(NONE, assessments(rows, items=9), definitions, people, arms, {})


@pytest.mark.parametrize(
    ("cycle", "mean", "sd", "n", "cases"),
    [
        ("2013-2014", 3.3116, 4.3965, 5372, 511),
        ("2015-2016", 3.2413, 4.2146, 5134, 415),
        ("2017-2018", 3.2411, 4.2450, 5068, 459),
        ("2021-2023", 4.1333, 4.7656, 5455, 723),
    ],
)
def test_nhanes_complete_cases(nhanes, cycle, mean, sd, n, cases):
    rows = nhanes["endpoints"].query("arm == @cycle and instrument == 'phq9' and timepoint == 'survey'")
    score = rows["score"].dropna()
    assert (round(score.mean(), 4), round(score.std(), 4)) == (mean, sd)
    assert (len(score), (score >= 10).sum()) == (n, cases)


def test_nhanes_has_no_baseline_and_no_change(nhanes):
    for name, table in nhanes.items():
        check_table(table, name)
    assert nhanes["endpoints"]["baseline"].isna().all()
    assert nhanes["endpoints"]["response"].isna().all()
    assert nhanes["cohort"]["included"].all()
    assert not nhanes["times"]["event"].any()
