"""A real crossover: one infusion of ketamine and one of placebo in the same people (OpenNeuro ds005917)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_study import conform

from outcomes.analysis.rates import tabulate_differences, tabulate_response
from outcomes.analysis.scores import tabulate_scores

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "ds005917"
ARMS = ("placebo", "ketamine")
VISITS = {f"ses-{arm[0]}{day}": (arm, day) for arm in ("drug", "placebo") for day in (2, 10)}


@pytest.fixture(scope="module")
def crossover():
    """Endpoint tables of the people with major depression, made here from the files, independently of the pipeline."""
    if not FOLDER.is_dir():
        pytest.skip("the ds005917 data are not beside the project; docs say where to download them")
    people = pd.read_csv(FOLDER / "participants.tsv", sep="\t").query("group == 'MDD'")["participant_id"]
    scores = pd.read_csv(FOLDER / "phenotype" / "phenotype.tsv", sep="\t", na_values=["n/a"])
    scores = scores.set_index(["participant_id", "session_id"])["MADRS_Total"]
    rows = []
    for number, person in enumerate(sorted(people), 1):
        base = scores.get((person, "ses-b0"), np.nan)
        for series, arm in enumerate(ARMS, 1):
            rows.append((number, series, arm, "baseline", "baseline", 0.0, base, base))
            for visit, (given, day) in VISITS.items():
                if (given == "drug") == (arm == "ketamine"):
                    score = scores.get((person, visit), np.nan)
                    rows.append((number, series, arm, "visit", f"day {day}", float(day), score, base))
    names = ["patient", "series", "arm", "axis", "timepoint", "time", "score", "baseline"]
    table = pd.DataFrame(rows, columns=names).assign(instrument="madrs", reached=True)
    known = table["score"].notna() & table["baseline"].notna()
    table["response"] = (table["score"] <= table["baseline"] / 2).astype("boolean").mask(~known)
    table["remission"] = (table["score"] <= 10).astype("boolean").mask(~known)
    endpoints = conform(table, "endpoints")
    cohort = endpoints[["patient", "series", "arm"]].drop_duplicates(ignore_index=True)
    cohort = cohort.assign(included=True, exclusion=pd.NA, complies=True, sessions=0, induction_sessions=0)
    return endpoints, conform(cohort, "cohort"), ARMS


def test_means_of_the_crossover(crossover):
    table = tabulate_scores(*crossover).set_index(["arm", "timepoint"])[["mean", "sd", "n"]].round(2)
    expected = {
        ("all", "baseline"): [33.38, 4.57, 32],
        ("ketamine", "day 2"): [23.59, 10.32, 27],
        ("ketamine", "day 10"): [28.23, 8.94, 26],
        ("placebo", "day 2"): [31.31, 5.88, 26],
        ("placebo", "day 10"): [34.19, 5.07, 26],
    }
    for place, values in expected.items():
        assert table.loc[place].tolist() == pytest.approx(values, abs=0.0051)


def test_response_and_remission_of_the_crossover(crossover):
    table = tabulate_response(*crossover).query("population == 'observed'")
    table = table.set_index(["endpoint", "arm", "timepoint"])[["events", "n"]]
    assert table.loc[("response", "ketamine", "day 2")].tolist() == [6, 27]
    assert table.loc[("response", "ketamine", "day 10")].tolist() == [3, 26]
    assert table.loc[("response", "placebo", "day 2")].tolist() == [1, 26]
    assert table.loc[("response", "placebo", "day 10")].tolist() == [0, 26]
    remitted = [
        table.loc[("remission", arm, day), "events"]
        for arm, day in (("ketamine", "day 2"), ("ketamine", "day 10"), ("placebo", "day 2"))
    ]
    assert remitted == [4, 2, 0]


def test_shared_patients_narrow_or_widen_the_interval(crossover):
    from outcomes.proportions import compute_newcombe

    endpoints, cohort, arms = crossover
    row = (
        tabulate_differences(endpoints, cohort, arms)
        .query("endpoint == 'response' and population == 'observed' and timepoint == 'day 2'")
        .iloc[0]
    )
    difference, lower, upper = compute_newcombe(6, 27, 1, 26)
    assert row["difference"] == pytest.approx(float(difference))
    seen = endpoints.query("timepoint == 'day 2'").pivot(index="patient", columns="arm", values="response").dropna()
    assert 20 < len(seen) < 27  # some had one infusion only
    together = ((seen["placebo"].astype(float) - 1 / 26) * (seen["ketamine"].astype(float) - 6 / 27)).sum()
    assert np.sign(row["lower"] - lower) == np.sign(together)
    assert np.sign(upper - row["upper"]) == np.sign(together)
