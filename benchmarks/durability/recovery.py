"""Whether durability recovers what is true in synthetic clinics, whose potential outcomes are known.

Networks of the generator without mess, patients who finished the induction, follow-up ended at the next session and those who stay
weighed for those treated again. Truth is `durability_without_maintenance` of truth.json: of those in response 7 days after the induction,
the share in response at a later week had there been no other session.

    python benchmarks/durability/recovery.py --clinics 20 --out benchmarks/durability/recovery.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from outcomes.analysis.durability.describe import describe_durability
from outcomes.settings import check_study
from outcomes.simulate import Mess, simulate_network

LANDMARK = 10
INDUCTION = {"iv": 6, "im": 5, "esketamine": 8}
ITEMS = [f"phq9_{number}" for number in range(1, 10)]
STUDY = {
    "study": "recovery",
    "data": "nowhere",
    "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
    "instruments": ["phq9"],
    "arms": [{"id": "esketamine", "label": "Esketamine"}, {"id": "iv", "label": "IV"}],
    "report": {"title": "Recovery"},
    "durability": {
        "instrument": "phq9",
        "landmark": {"from_day": 4, "to_day": LANDMARK},
        "maintenance": "censor",
        "replicates": 0,
        "visit_days": 10,
        "horizon_weeks": 17,
    },
}
Row = dict[str, Any]


def build_tables(network: Any) -> dict[str, pd.DataFrame]:
    """Return the tables that durability needs, of patients who finished the induction of their first series."""
    sessions = network.sessions.astype({"patient": int, "series": int})
    first = sessions[sessions["series"] == 1]
    given = first[first["ordinal"] <= first["arm"].map(INDUCTION)]
    induction = given.groupby("patient").agg(end=("study_day", "max"), count=("ordinal", "max"), arm=("arm", "first"))
    done = induction[
        (induction["count"] == induction["arm"].map(INDUCTION)) & induction["arm"].isin(["iv", "esketamine"])
    ]
    key = done.reset_index()[["patient", "arm"]].assign(series=1)
    baseline = key["patient"].map(network.patients.set_index("patient")["baseline_phq9"]).astype(float)
    answers = network.questionnaires
    scores = pd.DataFrame({"patient": answers["patient"], "study_day": answers["study_day"], "instrument": "phq9"})
    return {
        "series": key.assign(induction_end_day=done["end"].to_numpy()),
        "series_sessions": sessions[["patient", "study_day"]],
        "cohort": key.assign(included=True),
        "endpoints": key.assign(instrument="phq9", axis="baseline", baseline=baseline),
        "patients": key[["patient"]],
        "scores": scores.assign(total=answers[ITEMS].sum(axis=1, skipna=False)),
    }


def follow_clinics(clinics: int, patients: int, seed: int) -> list[Row]:
    """Return the shares in response in every clinic beside its own truth: weighted, and of those seen near the week."""
    study = check_study(STUDY)
    rows: list[Row] = []
    for number in tqdm(range(clinics), "clinics", disable=None):
        network = simulate_network(patients, seed + number, Mess.none())
        truth = network.truth["durability_without_maintenance"]
        found = describe_durability(build_tables(network), study.durability, study)[1]
        held = found["durability_held"].query("end == 'loss' and time.str.startswith('week ')")
        held = held.assign(week=held["time"].str.removeprefix("week ").astype(int))
        visits = found["durability_at_visit"].query("end == 'loss'").assign(method="at_visit")
        for row in (*held.to_dict("records"), *visits.to_dict("records")):
            true = truth[row["arm"]][f"week_{row['week']}"]
            rows.append({"truth": true, **{str(name): value for name, value in row.items()}})
    return rows


def summarise(rows: list[Row]) -> pd.DataFrame:
    """Return bias and coverage, with the Monte-Carlo error of the bias, by arm, method, and week."""
    table = pd.DataFrame(rows).dropna(subset=["share"])
    table = table.assign(error=table["share"] - table["truth"])
    table = table.assign(covered=(table["lower"] <= table["truth"]) & (table["truth"] <= table["upper"]))
    grouped = table.groupby(["arm", "method", "week"], sort=False)
    result = grouped.agg(
        runs=("share", "size"), truth=("truth", "mean"), mean_share=("share", "mean"), bias=("error", "mean"),
        bias_se=("error", "sem"), sd=("error", "std"), coverage=("covered", "mean"),
    )  # fmt: skip
    return result.reset_index().round(4)


def main() -> None:
    """Follow the clinics and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=20)
    parser.add_argument("--patients", type=int, default=2000, help="patients of a clinic")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    summarise(follow_clinics(options.clinics, options.patients, options.seed)).to_csv(
        options.out, index=False, lineterminator="\n"
    )


if __name__ == "__main__":
    main()
