"""Whether durability recovers what is true: in cohorts whose losses are known, and in clinics whose potential outcomes are.

`visits`: losses at Weibull times after the landmark, for good; visits as the synthetic clinics have them (a few within two months,
fewer at 8, 12, and 16 weeks), follow-up ended by further treatment in a third. Truth is the survival function.

`clinics`: networks of the generator without mess, patients who finished the induction, follow-up ended at the next session. Truth is
`durability_without_maintenance` of truth.json: of those in response 7 days after the induction, the share in response at a
later week had there been no other session. Scores go up and down, so it is the share seen at the visit that estimates it; the curves
ask whether the response was ever lost, and have to lie lower.

    python benchmarks/durability/recovery.py --cohorts 400 --clinics 40 --out benchmarks/durability/recovery.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.durability.curves import Grid, tabulate_curve
from outcomes.analysis.durability.describe import describe_durability
from outcomes.settings import check_study
from outcomes.simulate import Mess, simulate_network

WEEKS = (4, 8, 12)
LANDMARK, SCALE, SHAPE = 10, 110.0, 1.1
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
        "replicates": 200,
        "visit_days": 10,
        "horizon_weeks": 17,
    },
}
Row = dict[str, Any]


def draw_cohort(n: int, generator: np.random.Generator) -> pd.DataFrame:
    """Return the seen ends of one cohort."""
    loss = LANDMARK + SCALE * generator.weibull(SHAPE, n)
    windows, chances = ((14, 32), (53, 60), (81, 88), (109, 116)), (0.6, 0.35, 0.35, 0.35)
    further = np.where(generator.random(n) < 1 / 3, generator.integers(20, 90, n), 10_000)
    lower, upper = np.full(n, float(LANDMARK)), np.full(n, np.inf)
    for (low, high), chance in zip(windows, chances, strict=True):
        day = generator.integers(low, high, n)
        seen = (generator.random(n) < chance) & (day <= further) & np.isinf(upper)
        upper = np.where(seen & (day >= loss), day, upper)
        lower = np.where(seen & (day < loss), day, lower)
    table = pd.DataFrame({"lower": lower, "upper": upper, "outcome": np.where(np.isfinite(upper), "ended", "none")})
    return table.assign(arm="all", end="loss", last_day=np.where(np.isfinite(upper), upper, lower))


def follow_cohorts(cohorts: int, n: int, seed: int) -> list[Row]:
    """Return the estimates of every cohort beside the true survival function."""
    truth = {week: float(np.exp(-(((7 * week - LANDMARK) / SCALE) ** SHAPE))) for week in WEEKS}
    rows = []
    for number in tqdm(range(cohorts), "cohorts", disable=None):
        generator = np.random.default_rng([seed, number])
        curve = tabulate_curve(draw_cohort(n, generator), Grid(WEEKS, 200, competing=False), generator)
        rows += [{"part": "visits", "truth": truth[row["week"]], **row} for row in curve.to_dict("records")]
    return rows


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
    """Return the shares held in every clinic beside its own truth."""
    study = check_study(STUDY)
    rows = []
    for number in tqdm(range(clinics), "clinics", disable=None):
        network = simulate_network(patients, seed + number, Mess.none())
        truth = network.truth["durability_without_maintenance"]
        held = describe_durability(build_tables(network), study.durability, study)[1]["durability_held"]
        for row in held.to_dict("records"):
            true = truth[row["arm"]][f"week_{row['week']}"]
            rows.append({"part": "clinics", "truth": true, **{str(name): value for name, value in row.items()}})
    return rows


def summarise(rows: list[Row]) -> pd.DataFrame:
    """Return bias and coverage, with the Monte-Carlo error of the bias, by part, arm, method, and week."""
    table = pd.DataFrame(rows).dropna(subset=["share"])
    table = table.assign(error=table["share"] - table["truth"])
    table = table.assign(covered=(table["lower"] <= table["truth"]) & (table["truth"] <= table["upper"]))
    grouped = table.groupby(["part", "arm", "method", "week"], sort=False)
    result = grouped.agg(
        runs=("share", "size"), truth=("truth", "mean"), mean_share=("share", "mean"), bias=("error", "mean"),
        bias_se=("error", "sem"), sd=("error", "std"), coverage=("covered", "mean"),
    )  # fmt: skip
    return result.reset_index().round(4)


def main() -> None:
    """Run both parts and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=400)
    parser.add_argument("--clinics", type=int, default=40)
    parser.add_argument("--size", type=int, default=150, help="patients of a cohort")
    parser.add_argument("--patients", type=int, default=2000, help="patients of a clinic")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = follow_cohorts(options.cohorts, options.size, options.seed)
    rows += follow_clinics(options.clinics, options.patients, options.seed)
    summarise(rows).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
