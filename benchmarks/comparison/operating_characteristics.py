"""Bias and coverage of the comparison of two arms over many synthetic clinics whose truth is known.

Each clinic is one network of the generator with both potential outcomes of every patient. Patients have the score of the arm that they
were given at days 7, 14, 28 and 56; then they drop out, depending on their own last score and on paying themselves, so scores are
missing at random. Estimated is the difference IV - esketamine at day 28: of the mean change with dropout, and of response with every score
observed. True is the average over all clinics' patients, weighted for the population that the estimator is for; since the sites of each
clinic's network are drawn anew, and with them its true difference, intervals are also set against the clinic's own truth: the average
over its own patients of that population, which an interval for one clinic is meant to hold.

    python benchmarks/comparison/operating_characteristics.py --clinics 2000 --shape linear --out benchmarks/comparison/operating_characteristics.csv
    python benchmarks/comparison/operating_characteristics.py --clinics 40 --out benchmarks/comparison/operating_characteristics_spline.csv
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.comparison.effects.bootstrap import resample_differences
from outcomes.analysis.comparison.effects.primary import Specification, build_frame, estimate_differences
from outcomes.analysis.comparison.effects.risks import contrast_means
from outcomes.analysis.comparison.effects.standardisation import METHODS, estimate_means
from outcomes.analysis.comparison.population.confounders import Confounders, code_confounders
from outcomes.analysis.comparison.population.people import Compared, order_timepoints
from outcomes.analysis.comparison.weighting.stacked import compute_stacked_error
from outcomes.analysis.comparison.weighting.weights import Weights, compute_weights
from outcomes.simulate import Network, simulate_network

DAYS = (7, 14, 28, 56)
MAIN = "day 28"
CONFOUNDERS = ("baseline", "payer", "failures", "age", "sex", "site")
LADDER = ("heterogeneous_toeplitz", "compound_symmetry")
DROPOUT = {"base": -2.4, "unimproved": 1.3, "well": 0.9, "self_pay": 0.3}  # log odds before each next score
TARGETS = {"covariate_adjusted": "conditional"} | {
    f"weighted_{kind}{variance}": kind for kind in ("att", "ate") for variance in ("", "_stacked", "_bootstrap")
}
COLUMNS = ["endpoint", "estimator", "target", "truth", "clinics", "failed", "mean_estimate", "bias", "bias_se", "empirical_sd",
           "mean_se", "coverage", "coverage_se", "coverage_own"]  # fmt: skip
Row = dict[str, Any]


def build_compared(network: Network) -> Compared:
    """Return the patients of both arms with the scores under the arm they were given, every score observed."""
    own = network.patients[network.patients["arm"].isin(["iv", "esketamine"])]
    people = own.rename(columns={"baseline_phq9": "baseline"}).assign(treated=own["arm"] == "iv")
    people = (
        people[["patient", "treated", *CONFOUNDERS]].astype({"baseline": float, "site": str}).reset_index(drop=True)
    )
    names = {f"day_{day}": day for day in DAYS}
    given = network.potential[network.potential["time_point"].isin(list(names))]
    given = given.merge(own[["patient", "arm"]], on=["patient", "arm"])
    person = given["patient"].map(pd.Series(people.index, people["patient"]))
    day = given["time_point"].map(names).astype(float)
    baseline = people["baseline"].to_numpy()[person]
    change = given["phq9"].to_numpy() - baseline
    columns = {"person": person, "axis": "day", "timepoint": "day " + day.astype(int).astype(str), "time": day}
    scores = pd.DataFrame({**columns, "score_day": day, "reached": True, "change": change})
    scores = scores.assign(
        response=(change <= -0.5 * baseline).astype(float), remission=(given["phq9"] < 5).astype(float)
    )
    scores = scores.sort_values(["person", "time"], ignore_index=True)
    return Compared(people, scores, order_timepoints(scores), {})


def drop_out(compared: Compared, generator: np.random.Generator) -> Compared:
    """Return the patients with the scores after their dropout missing; no one is lost before the first score."""
    people = compared.people
    change = compared.scores.pivot_table(index="person", columns="time", values="change").to_numpy(copy=True)
    baseline, here = people["baseline"].to_numpy(), np.ones(len(people), dtype=bool)
    for column in range(1, len(DAYS)):
        before = change[:, column - 1]
        odds = DROPOUT["base"] + DROPOUT["self_pay"] * (people["payer"] == "self_pay").to_numpy()
        odds = odds + DROPOUT["unimproved"] * (before > -0.2 * baseline) + DROPOUT["well"] * (baseline + before < 5)
        here &= generator.random(len(people)) > 1 / (1 + np.exp(-odds))
        change[~here, column] = np.nan
    scores = compared.scores.assign(change=change.ravel())
    return Compared(people, scores, compared.timepoints, {})


def describe_truth(network: Network) -> list[Row]:
    """Return the sums that make up the true differences at day 28 in each population."""
    own = network.patients[network.patients["arm"].isin(["iv", "esketamine"])].set_index("patient")
    points = network.potential[network.potential["time_point"] == "day_28"]
    phq9 = points.pivot_table(index="patient", columns="arm", values="phq9").loc[own.index]
    baseline, e = own["baseline_phq9"], own["propensity_iv"]
    effects = {
        "change": phq9["iv"] - phq9["esketamine"],
        "response": (2.0 * phq9["iv"] <= baseline).astype(float) - (2.0 * phq9["esketamine"] <= baseline),
    }
    weights = {"overlap": e * (1 - e), "att": (own["arm"] == "iv").astype(float), "ate": e * 0 + 1}
    rows = [
        {"endpoint": endpoint, "target": target, "sum": float((w * effect).sum()), "weight": float(w.sum())}
        for endpoint, effect in effects.items()
        for target, w in weights.items()
    ]
    day = network.truth["estimands"]["phq9"]["day_28"]
    for endpoint, name in (("change", "mean_change"), ("response", "response")):
        value = day[name]["conditional"]["difference"]
        rows.append({"endpoint": endpoint, "target": "conditional", "sum": value, "weight": 1.0})
    return rows


def estimate_changes(compared: Compared, confounders: Confounders, weights: dict[str, Weights]) -> list[Row]:
    """Return the difference in mean change at day 28 by each estimator."""
    plain, others = weights["none"].weight, np.delete(confounders.design, 0, axis=1)  # baseline has terms of its own
    plans = {
        "unadjusted": (False, "model", plain, None),
        "covariate_adjusted": (True, "model", plain, others),
        "weighted_overlap": (True, "cr2", weights["overlap"].weight, None),
        "weighted_att": (True, "cr2", weights["att"].weight, None),
        "weighted_ate": (True, "cr2", weights["ate"].weight, None),
        "doubly_robust": (True, "cr2", weights["overlap"].weight, others),
    }
    rows = []
    for name, (baseline, vcov, weight, covariates) in plans.items():
        specification = Specification("day", "unstructured", LADDER, baseline, vcov)
        table, fit = estimate_differences(build_frame(compared, "day", weight, covariates), specification)
        row = table.set_index("timepoint").loc[MAIN, ["estimate", "std_error", "lower", "upper"]].to_dict()
        rows.append({"endpoint": "change", "estimator": name, "converged": fit.converged, **row})
        kind = name.removeprefix("weighted_")
        if kind in weights and fit.converged:
            error = compute_stacked_error(fit, MAIN, weights[kind])
            rows.append(describe_normal(f"{name}_stacked", float(row["estimate"]), error, True))
    return rows


def describe_normal(estimator: str, estimate: float, error: float, converged: bool) -> Row:
    """Return a row with a normal interval."""
    bounds = {"lower": estimate - 1.959964 * error, "upper": estimate + 1.959964 * error}
    row = {
        "endpoint": "change",
        "estimator": estimator,
        "converged": converged,
        "estimate": estimate,
        "std_error": error,
    }
    return row | bounds


def estimate_bootstrap(
    compared: Compared, confounders: Confounders, estimates: list[Row], replicates: int, seed: int
) -> list[Row]:
    """Return the overlap-weighted difference and that among those treated with the bootstrap's intervals."""
    plan = [Specification("day", "unstructured", LADDER)]
    rows = []
    for kind in ("overlap", "att") if replicates else ():
        samples = resample_differences(compared, confounders.design, plan, kind, None, replicates, seed)
        drawn = samples.loc[samples["timepoint"] == MAIN, "difference"]
        estimate = next(row["estimate"] for row in estimates if row["estimator"] == f"weighted_{kind}")
        good = len(drawn) > 0.9 * replicates
        rows.append(describe_normal(f"weighted_{kind}_bootstrap", float(estimate), float(drawn.std()), good))
    return rows


def estimate_response(compared: Compared, confounders: Confounders, weights: dict[str, Weights]) -> list[Row]:
    """Return the difference in the probability of response at day 28 by each estimator."""
    outcome = compared.at("day", MAIN, "response")
    rows = []
    for name in ("unadjusted", *METHODS):
        used, method = (weights["none"], "weighted") if name == "unadjusted" else (weights["overlap"], name)
        means = estimate_means(outcome, compared.treated, confounders.design, used, method)
        found = contrast_means(*means)
        lower, upper = found["difference_lower"], found["difference_upper"]
        bounds = {
            "estimate": found["difference"],
            "std_error": (upper - lower) / 2 / 1.959964,
            "lower": lower,
            "upper": upper,
        }
        rows.append({"endpoint": "response", "estimator": name, "converged": all(m.converged for m in means), **bounds})
    return rows


def study_clinic(task: tuple[int, int, int, str]) -> tuple[list[Row], list[Row]]:
    """Return the estimates and the truth of one clinic."""
    seed, patients, replicates, shape = task
    network = simulate_network(patients, seed, None)
    whole = build_compared(network)
    partial = drop_out(whole, np.random.default_rng([seed, *b"dropout"]))
    confounders = code_confounders(whole.people, CONFOUNDERS, shape)
    weights = {
        kind: compute_weights(whole.treated, confounders.design, kind) for kind in ("overlap", "att", "ate", "none")
    }
    changes = estimate_changes(partial, confounders, weights)
    extra = estimate_bootstrap(partial, confounders, changes, replicates, seed)
    rows, truth = changes + extra + estimate_response(whole, confounders, weights), describe_truth(network)
    own = {(one["endpoint"], one["target"]): one["sum"] / one["weight"] for one in truth}
    return [row | {"own": own[row["endpoint"], TARGETS.get(row["estimator"], "overlap")]} for row in rows], truth


def summarise(estimates: pd.DataFrame, truths: pd.DataFrame) -> pd.DataFrame:
    """Return bias, spread, and coverage by estimator, with their Monte-Carlo errors."""
    sums = truths.groupby(["endpoint", "target"])[["sum", "weight"]].sum()
    truth = sums["sum"] / sums["weight"]
    rows = []
    for (endpoint, estimator), own in estimates.groupby(["endpoint", "estimator"], sort=False):
        target = TARGETS.get(str(estimator), "overlap")
        true, good = truth[endpoint, target], own[own["converged"]]
        covered = ((good["lower"] <= true) & (good["upper"] >= true)).mean()
        spread, n = good["estimate"].std(), len(good)
        error = spread / np.sqrt(n), np.sqrt(covered * (1 - covered) / n)
        inside = ((good["lower"] <= good["own"]) & (good["upper"] >= good["own"])).mean()
        mean = good["estimate"].mean()
        rows.append([endpoint, estimator, target, true, len(own), len(own) - n, mean, mean - true, error[0], spread,
                     good["std_error"].mean(), covered, error[1], inside])  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def run_study(
    clinics: int,
    patients: int,
    seed: int,
    replicates: int = 0,
    workers: int = 1,
    resampled: int | None = None,
    shape: str = "spline",
) -> pd.DataFrame:
    """Return the operating characteristics over so many clinics; the bootstrap in the first ``resampled`` of them."""
    often = clinics if resampled is None else resampled
    tasks = [(seed + clinic, patients, replicates if clinic < often else 0, shape) for clinic in range(clinics)]
    if workers == 1:
        results = [study_clinic(task) for task in tasks]
    else:
        with ProcessPoolExecutor(workers) as pool:
            results = list(tqdm(pool.map(study_clinic, tasks), total=clinics))
    estimates = pd.DataFrame([row for rows, _ in results for row in rows])
    return summarise(estimates, pd.DataFrame([row for _, rows in results for row in rows]))


def main() -> None:
    """Run the study from the command line and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=2000)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=910_000)
    parser.add_argument("--replicates", type=int, default=0, help="bootstrap samples a clinic")
    parser.add_argument("--resampled", type=int, help="clinics with a bootstrap, the first ones (default: all)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shape", choices=("spline", "linear"), default="spline", help="numbers among the confounders")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    size = options.clinics, options.patients, options.seed
    table = run_study(*size, options.replicates, options.workers, options.resampled, options.shape)
    table.to_csv(options.out, index=False, float_format="%.4f")
    print(table.to_string(float_format="%.4f"))


if __name__ == "__main__":
    main()
