"""What the declared comparison finds in whole synthetic clinics beside their truth: their own visits, windows, stopping, and switching.

`operating_characteristics.py` gives every patient a score at each time point and lets some drop out; here patients answer when the generator
has them answer, and scores, series, and endpoints are derived as the shipped study file declares, from clean tables without mess. True is
`estimands` of the clinic's `truth.json` (no one stops, nothing is missing; `ato`, all patients of both arms). So the estimates may also
differ from it by what happens within a window, and by those who stop. Response of all who started counts a missing score as none; response
of those observed leaves it out.

    python benchmarks/comparison/whole_clinics.py --clinics 100 --out benchmarks/comparison/whole_clinics.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.comparison.effects.primary import tabulate_effects
from outcomes.analysis.comparison.effects.risks import Z, tabulate_risks
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.setting import build_setting
from outcomes.contracts import empty_table
from outcomes.measures.definitions import Definitions
from outcomes.measures.endpoints import derive_endpoints
from outcomes.measures.scoring import derive_scores
from outcomes.measures.series import derive_series
from outcomes.settings import Study, read_study
from outcomes.simulate import Network, simulate_network

STUDY = Path(__file__).parents[2] / "config" / "example.yaml"
INSTRUMENT = "phq9"
COLUMNS = ["endpoint", "timepoint", "population", "clinics", "truth", "mean_estimate", "bias", "bias_se", "empirical_sd", "mean_se",
           "coverage", "observed_iv", "observed_esketamine"]  # fmt: skip
Row = dict[str, Any]
Tables = dict[str, pd.DataFrame]


def build_tables(network: Network, study: Study) -> Tables:
    """Return the tables that a comparison needs, as the steps before it derive them."""
    patients = network.patients.rename(
        columns={
            "failures": "failed_antidepressants",
            "integration": "integration_therapy",
            "antidepressant": "concomitant_antidepressant",
        }
    )
    patients = patients.drop(columns="arm").astype({"site": str})
    day = network.sessions.groupby(["patient", "study_day"])
    sessions = network.sessions[["patient", "study_day"]].assign(
        ordinal=day.cumcount() + 1, treatment=network.sessions["arm"].astype("category")
    )
    answers = network.questionnaires
    items = {f"item_{number}": answers[f"{INSTRUMENT}_{number}"].astype("Int8") for number in range(1, 10)}
    assessments = answers[["patient", "study_day"]].assign(
        visit=pd.Categorical([None] * len(answers)), instrument=pd.Categorical([INSTRUMENT] * len(answers)),
        recorded_total=np.nan, flag=pd.Categorical([None] * len(answers)), **items,
    )  # fmt: skip
    instruments = {INSTRUMENT: study.instrument(INSTRUMENT)}
    scores = derive_scores(assessments, instruments, study.scoring)
    protocols = {arm.id: protocol for arm in study.arms if (protocol := study.protocol(arm)) is not None}
    series, placed = derive_series(sessions, assessments, patients, study.arms, protocols, study.series, study.visits)
    definitions = Definitions(
        instruments=instruments, series=study.series, baseline=study.baseline, timepoints=study.timepoints,
        endpoints=study.endpoints, population=study.population, visits=study.visits,
    )  # fmt: skip
    endpoints, cohort, _ = derive_endpoints(scores, series, placed, patients, definitions)
    return {
        "patients": patients, "series": series, "series_sessions": placed, "endpoints": endpoints, "cohort": cohort,
        "events": empty_table("events"),
    }  # fmt: skip


def compare_clinic(study: Study, patients: int, seed: int) -> list[Row]:
    """Return the estimates of one clinic, each beside its truth."""
    network = simulate_network(patients, seed, None)
    truth = network.truth["estimands"][INSTRUMENT]
    comparison = study.comparison
    assert comparison is not None
    setting = build_setting(select_compared(build_tables(network, study), comparison), comparison)
    rows = []
    for axis in ("day", "session"):
        effects = tabulate_effects(setting.compared, setting.primary.weight, setting.specify(axis))
        for effect in effects.to_dict("records"):
            place = effect["timepoint"].replace(" ", "_")
            true = truth[place if axis == "day" else f"after_{place}"]["mean_change"]["ato"]["difference"]
            seen = {arm: effect[f"observed_{side}"] / (setting.compared.treated == sign).sum()
                    for arm, side, sign in (("iv", "treated", True), ("esketamine", "reference", False))}  # fmt: skip
            rows.append({"endpoint": "change", "timepoint": effect["timepoint"], "population": "", "truth": true,
                         "estimate": effect["estimate"], "se": effect["std_error"], "lower": effect["lower"],
                         "upper": effect["upper"]} | {f"observed_{arm}": share for arm, share in seen.items()})  # fmt: skip
    risks = tabulate_risks(setting.compared, setting.confounders, setting.primary, ["day"])
    point = comparison.estimand.timepoint
    for risk in risks[(risks["method"] == "weighted") & (risks["timepoint"] == point)].to_dict("records"):
        true = truth[point.replace(" ", "_")][risk["endpoint"]]["ato"]["difference"]
        bounds = {"lower": risk["difference_lower"], "upper": risk["difference_upper"]}
        rows.append({"endpoint": risk["endpoint"], "timepoint": point, "population": risk["population"], "truth": true,
                     "estimate": risk["difference"], "se": (bounds["upper"] - bounds["lower"]) / (2 * Z), **bounds})  # fmt: skip
    return rows


def summarise(rows: list[Row]) -> pd.DataFrame:
    """Return bias with its Monte-Carlo error, and the coverage of each clinic's own truth, by endpoint, time point, and population."""
    table = pd.DataFrame(rows)
    table = table.assign(error=table["estimate"] - table["truth"])
    table = table.assign(covered=(table["lower"] <= table["truth"]) & (table["truth"] <= table["upper"]))
    grouped = table.groupby(["endpoint", "timepoint", "population"], sort=False)
    found = grouped.agg(
        clinics=("error", "size"), truth=("truth", "mean"), mean_estimate=("estimate", "mean"), bias=("error", "mean"),
        bias_se=("error", "sem"), empirical_sd=("error", "std"), mean_se=("se", "mean"), coverage=("covered", "mean"),
        observed_iv=("observed_iv", "mean"), observed_esketamine=("observed_esketamine", "mean"),
    )  # fmt: skip
    return found.reset_index()[COLUMNS].round(4)


def main() -> None:
    """Run the clinics and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=100)
    parser.add_argument("--patients", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    study = read_study(STUDY)
    seeds = range(options.seed, options.seed + options.clinics)
    rows = [row for seed in tqdm(seeds, disable=None) for row in compare_clinic(study, options.patients, seed)]
    summarise(rows).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
