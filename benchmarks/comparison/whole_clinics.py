"""What the declared comparison finds in whole synthetic clinics beside their truth: their own visits, windows, stopping, and switching.

`operating_characteristics.py` gives every patient a score at each time point and lets some drop out; here patients answer when the generator
has them answer, and scores, series, and endpoints are derived as the shipped study file declares, from clean tables without mess. True is
`estimands` of the clinic's `truth.json` (no one stops, nothing is missing; `ato`, all patients of both arms). So the estimates may also
differ from it by what happens within a window, and by those who stop. Every row of the sensitivity grid at the primary time point is set beside the
same truth, that of the overlap population: rows that ask for other people (`weighted_att`, `unadjusted`, worst cases, other assumptions on what is
missing) differ from it by what they ask.

    python benchmarks/comparison/whole_clinics.py --clinics 12 --seed 13 --out benchmarks/comparison/whole_grid.csv

`whole_clinics.csv` is 100 clinics with `confounder_shape: linear` (`--shape linear`), of which only the primary rows and those of complete cases were estimated.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.comparison.effects.primary import tabulate_effects
from outcomes.analysis.comparison.effects.risks import tabulate_risks
from outcomes.analysis.comparison.missing.whole import analyse_missing
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.sensitivity.alternatives import tabulate_alternatives
from outcomes.analysis.comparison.sensitivity.whole import tabulate_sensitivity
from outcomes.analysis.comparison.setting import POINTS, RISK, build_setting
from outcomes.contracts import empty_table
from outcomes.measures.definitions import Definitions
from outcomes.measures.endpoints import derive_endpoints
from outcomes.measures.scoring import derive_scores
from outcomes.measures.series import derive_series
from outcomes.settings import Study, read_study
from outcomes.simulate import Network, simulate_network

STUDY = Path(__file__).parents[2] / "config" / "example.yaml"
INSTRUMENT, Z = "phq9", NormalDist().inv_cdf(0.975)
COLUMNS = ["endpoint", "timepoint", "analysis", "clinics", "truth", "mean_estimate", "bias", "bias_se", "empirical_sd", "mean_se",
           "coverage", "coverage_se", "observed_iv", "observed_esketamine"]  # fmt: skip
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
    endpoints, cohort, times = derive_endpoints(scores, series, placed, patients, define(study))
    return {
        "patients": patients, "sessions": sessions, "assessments": assessments, "scores": scores, "times": times, "series": series, "series_sessions": placed, "endpoints": endpoints, "cohort": cohort,
        "events": empty_table("events"),
    }  # fmt: skip


def define(study: Study) -> Definitions:
    """Return what endpoints of the instrument are derived by."""
    parts = ("series", "baseline", "timepoints", "endpoints", "population", "visits")
    instruments = {INSTRUMENT: study.instrument(INSTRUMENT)}
    return Definitions(instruments=instruments, **{name: getattr(study, name) for name in parts})


def compare_clinic(study: Study, patients: int, seed: int) -> list[Row]:
    """Return the estimates of one clinic, each beside its truth."""
    network = simulate_network(patients, seed, None)
    truth = network.truth["estimands"][INSTRUMENT]
    comparison = study.comparison
    assert comparison is not None
    tables = build_tables(network, study)
    setting = build_setting(select_compared(tables, comparison), comparison)
    settings = [setting]
    effects = pd.concat(
        [
            tabulate_effects(setting.compared, setting.primary.weight, setting.specify(axis))
            for axis in setting.compared.axes()
        ]
    )
    rows = []
    for effect in effects.to_dict("records"):
        axis, place = effect["axis"], effect["timepoint"].replace(" ", "_")
        true = truth[place if axis == "day" else f"after_{place}"]["mean_change"]["ato"]["difference"]
        seen = {arm: effect[f"observed_{side}"] / (setting.compared.treated == sign).sum()
                for arm, side, sign in (("iv", "treated", True), ("esketamine", "reference", False))}  # fmt: skip
        rows.append({"endpoint": "change", "timepoint": effect["timepoint"], "analysis": "primary", "truth": true, "estimate": effect["estimate"],
                     "lower": effect["lower"], "upper": effect["upper"]} | {f"observed_{arm}": share for arm, share in seen.items()})  # fmt: skip
    risks = tabulate_risks(setting.compared, setting.confounders, setting.primary, setting.compared.axes())
    missing = analyse_missing(settings, study)
    further = [tabulate_alternatives(tables, settings, study)]
    grid = pd.concat([tabulate_sensitivity(settings, effects, risks, further), missing.sensitivity])
    point = comparison.estimand.timepoint
    everyone = missing.risks[(missing.risks["timepoint"] == point) & missing.risks["converged"]]
    found = [row | {"analysis": "everyone_imputed", "estimate": row["difference"], "lower": row["difference_lower"], "upper": row["difference_upper"]}
             for row in everyone.to_dict("records")]  # fmt: skip
    here = grid[(grid["timepoint"] == point) & grid["converged"] & grid["scale"].isin([POINTS, RISK])]
    for row in (*found, *here.to_dict("records")):
        name = {"change": "mean_change"}.get(row["endpoint"], row["endpoint"])
        if name in truth[point.replace(" ", "_")]:
            true = truth[point.replace(" ", "_")][name]["ato"]["difference"]
            kept = {one: row[one] for one in ("endpoint", "timepoint", "analysis", "estimate", "lower", "upper")}
            rows.append(kept | {"truth": true})
    return rows


def summarise(rows: list[Row]) -> pd.DataFrame:
    """Return bias and coverage of each clinic's own truth with their Monte-Carlo errors, by endpoint, time point, and analysis."""
    table = pd.DataFrame(rows)
    table = table.assign(error=table["estimate"] - table["truth"], se=(table["upper"] - table["lower"]) / (2 * Z))
    table = table.assign(covered=(table["lower"] <= table["truth"]) & (table["truth"] <= table["upper"]))
    grouped = table.groupby(["endpoint", "timepoint", "analysis"], sort=False)
    found = grouped.agg(
        clinics=("error", "size"), truth=("truth", "mean"), mean_estimate=("estimate", "mean"), bias=("error", "mean"),
        bias_se=("error", "sem"), empirical_sd=("error", "std"), mean_se=("se", "mean"), coverage=("covered", "mean"),
        observed_iv=("observed_iv", "mean"), observed_esketamine=("observed_esketamine", "mean"),
    )  # fmt: skip
    found["coverage_se"] = np.sqrt(found["coverage"] * (1 - found["coverage"]) / found["clinics"])
    return found.reset_index()[COLUMNS].round(4)


def main() -> None:
    """Run the clinics and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=100)
    parser.add_argument("--patients", type=int, default=1200)
    parser.add_argument(
        "--draws", type=int, default=25, help="imputations of missing scores; one split for machine learning"
    )
    parser.add_argument("--shape", choices=("spline", "linear"), default="spline", help="numbers among the confounders")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    study = read_study(STUDY)
    assert study.comparison is not None
    fewer = study.comparison.imputation.model_copy(update={"draws": options.draws})
    study = study.model_copy(
        update={
            "comparison": study.comparison.model_copy(
                update={"imputation": fewer, "learning_splits": 1, "confounder_shape": options.shape}
            )
        }
    )
    seeds = range(options.seed, options.seed + options.clinics)
    rows = [row for seed in tqdm(seeds, disable=None) for row in compare_clinic(study, options.patients, seed)]
    summarise(rows).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
