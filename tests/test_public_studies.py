"""Three public data sets through the shipped study files: every published or independently computed figure comes out.

The data are not part of the project (docs/real-data.md says where to get them); without them these tests are skipped.
"""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from outcomes.__main__ import main
from outcomes.files import Places
from outcomes.released import read_released
from outcomes.settings import read_study

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"


def run_steps(name: str, folder: Path) -> dict[str, pd.DataFrame]:
    """Run every step of a study below ``folder`` in this process, and return the released tables."""
    if not (DATA / name).is_dir():
        pytest.skip(f"{name}: the data are not beside the project; see docs/real-data.md")
    study = f"config/{name}.yaml"
    shutil.copytree(ROOT / "config", folder / "config")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["intake", study, "--data", str(DATA / name)]) == 0
        first = ("score", "series", "endpoints", "variants", "rates", "compare", "durability")
        for step in (*first, "harms", "exposure", "onset", "courses", "cost"):
            assert main([step, study]) == 0
        for model in read_study(study).models:
            assert main(["fit", study, model]) == 0
        for step in ("tables", "figures", "report"):
            assert main([step, study]) == 0
        assert main(["manifest", study]) == 0
        faces = [(folder / f"results/{name}/{face}.html").read_text() for face in ("report", "supplement")]
        return {**read_released(Places(name)), "report": "".join(faces)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reframed")


@pytest.fixture(scope="module")
def reframed(folder):
    return run_steps("reframed", folder)


@pytest.fixture(scope="module")
def ds005917(tmp_path_factory):
    return run_steps("ds005917", tmp_path_factory.mktemp("ds005917"))


@pytest.fixture(scope="module")
def nhanes(tmp_path_factory):
    return run_steps("nhanes", tmp_path_factory.mktemp("nhanes"))


def score(tables, **key):
    return row(tables["scores"], **key)


def row(table, **key):
    rows = table
    for name, value in key.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, (key, len(rows))
    return rows.iloc[0]


def test_reframed_published_model(reframed):
    """Published: lmer(phq9.c ~ month.c*tx + (1 | patient)), REML, 2,433 rows (PMC7282863); F by lmerTest."""
    model = row(reframed["models"], model="published")
    assert (model["n_observations"], model["n_subjects"], model["converged"]) == (2433, 246, True)
    assert model["loglik"] == pytest.approx(-7108.5, abs=0.05)
    for term, statistic, p in (
        ("center(time)", 49.48, None),
        ("arm", 6.51, 0.0113),
        ("center(time):arm", 5.96, 0.0147),
    ):
        test = row(reframed["tests"], model="published", term=term, type="reference")
        assert test["statistic"] == pytest.approx(statistic, abs=0.005)
        if p is not None:
            assert test["p_value"] == pytest.approx(p, abs=0.00005)


@pytest.mark.parametrize(
    ("timepoint", "arm", "mean", "n"),
    [
        ("month 0", "RO-DBT", 18.99, 156),
        ("month 0", "TAU", 19.69, 84),
        ("month 7", "RO-DBT", 13.42, 109),
        ("month 7", "TAU", 16.56, 56),
        ("month 12", "RO-DBT", 12.66, 102),
        ("month 12", "TAU", 16.03, 54),
    ],
)
def test_reframed_means(reframed, timepoint, arm, mean, n):
    found = score(reframed, arm=arm, timepoint=timepoint)
    assert (round(found["mean"], 2), found["n"]) == (mean, n)


@pytest.mark.parametrize(
    ("timepoint", "endpoint", "arm", "events", "observed", "started"),
    [
        ("month 7", "response", "RO-DBT", 34, 108, 162),
        ("month 7", "response", "TAU", 10, 56, 88),
        ("month 12", "response", "RO-DBT", 36, 101, 162),
        ("month 12", "response", "TAU", 8, 53, 88),
        ("month 12", "remission", "RO-DBT", 19, 101, 162),
        ("month 12", "remission", "TAU", 1, 53, 88),
    ],
)
def test_reframed_response_and_remission(reframed, timepoint, endpoint, arm, events, observed, started):
    for population, n in (("observed", observed), ("started", started)):
        key = {"arm": arm, "timepoint": timepoint, "endpoint": endpoint, "population": population}
        found = row(reframed["response"], **key)
        assert (found["events"], found["n"]) == (events, n)


def test_reframed_doubtful_totals_are_flagged_and_the_undated_visit_is_declared(reframed):
    ledger = reframed["ledger"].groupby("reason")["rows"].max()
    assert (ledger["non_integer_total"], ledger["impossible_total"]) == (54, 1)
    assert ledger["non_integer_total"] + ledger["impossible_total"] == 55
    (balance,) = reframed["balance"].to_dict("records")  # its one input, by number
    assert (balance["raw"], balance["kept"], balance["quarantined"]) == (2825, 2825, 0)
    assert "Post-Rx" not in set(reframed["scores"]["timepoint"])
    assert "Post-Rx" in reframed["report"]


def test_reframed_figures_are_in_the_report(reframed):
    text = reframed["report"].replace("\u00a0", " ").replace("\u2212", "-")
    for words in ("-7,108.5", "34 / 108", "10 / 56", "36 / 101", "8 / 53", "49.48", "6.51", "5.96"):
        assert words in text, words


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
    key = {"arm": arm, "timepoint": timepoint, "instrument": "madrs"}
    found = score(ds005917, **key)
    assert (round(found["mean"], 2), round(found["sd"], 2), found["n"]) == (mean, sd, n)
    for endpoint, events in (("response", responses), ("remission", remissions)):
        rate = row(ds005917["response"], **key, endpoint=endpoint, population="observed")
        assert (rate["events"], rate["n"]) == (events, n)


def test_ds005917_baseline_of_everyone_with_depression_treated_or_not(ds005917):
    found = score(ds005917, arm="all", instrument="madrs", axis="enrolment")
    assert (round(found["mean"], 2), round(found["sd"], 2), found["n"]) == (33.38, 4.57, 32)


def test_ds005917_calls_the_arms_what_they_are(ds005917):
    assert set(ds005917["scores"]["arm"]) == {"placebo", "ketamine", "all"}
    assert "IV ketamine 0.5 mg/kg" in ds005917["report"]
    assert "esketamine" not in ds005917["report"].lower().split("published")[0]


@pytest.mark.parametrize(
    ("cycle", "mean", "sd", "n"),
    [
        ("2013-2014", 3.3116, 4.3965, 5372),
        ("2015-2016", 3.2413, 4.2146, 5134),
        ("2017-2018", 3.2411, 4.2450, 5068),
        ("2021-2023", 4.1333, 4.7656, 5455),
    ],
)
def test_nhanes_means_to_four_decimals(nhanes, cycle, mean, sd, n):
    found = score(nhanes, arm=cycle, instrument="phq9")
    assert (round(found["mean"], 4), round(found["sd"], 4), found["n"]) == (mean, sd, n)


@pytest.mark.parametrize(
    ("cycle", "n"), [("2013-2014", 511), ("2015-2016", 415), ("2017-2018", 459), ("2021-2023", 723)]
)
def test_nhanes_ten_or_more(nhanes, cycle, n):
    bands = nhanes["baseline"]
    bands = bands[(bands["variable"].str.contains("phq9")) & (bands["arm"] == cycle)].set_index("level")["n"]
    assert bands[["moderate", "moderately severe", "severe"]].sum() == n


def test_in_a_randomised_trial_weights_change_little(reframed):
    grid = reframed["sensitivity"].query("endpoint == 'change' and scale == 'points'").set_index("analysis")
    moved = grid.loc["weighted_overlap", "estimate"] - grid.loc["baseline_adjusted", "estimate"]
    assert abs(moved) < 0.05 * (grid.loc["weighted_overlap", "upper"] - grid.loc["weighted_overlap", "lower"])
    documented = {"baseline_adjusted": (-2.05, -3.94, -0.16), "weighted_overlap": (-2.12, -4.03, -0.21)}
    for analysis, numbers in documented.items():
        assert grid.loc[analysis, ["estimate", "lower", "upper"]].round(2).tolist() == list(numbers)
        for page in ("operating-characteristics.md", "real-data.md"):
            text = " ".join((ROOT / "docs" / page).read_text().split()).replace("−", "-")
            assert f"{numbers[0]:.2f} ({numbers[1]:.2f} to {numbers[2]:.2f})" in text
    ways = ["weighted_att", "weighted_ate", "covariate_adjusted", "doubly_robust"]
    primary = grid.loc["weighted_overlap"]
    assert (
        (grid.loc[ways, "estimate"] - primary["estimate"]).abs() < 0.25 * (primary["upper"] - primary["lower"])
    ).all()
    assert "Arms were assigned at random" in reframed["report"]
