"""What becomes of standardised risks where remission is rare: maximum likelihood, its limit, and Firth's likelihood.

A clinic has patients of several sites of unequal size, two arms chosen by baseline, payer, and site, and an outcome that depends on the same;
probabilities are known, so the true difference in the overlap population is too. In each clinic the overlap-weighted risk difference is
estimated by weighting, and by g-computation and augmented with outcome models fitted in five ways: by maximum likelihood where it
exists; by maximum likelihood stopped where the likelihood no longer rises (``limit``); by Firth's likelihood as it is (``firth``) and with the
constant corrected (``flic``); and as the package does (``package``): by maximum likelihood where it exists, else with the corrected constant.
Clinics without an event in an arm are counted and left out.

    python benchmarks/comparison/separation.py --clinics 600 --out benchmarks/comparison/separation.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.risks import contrast_means
from outcomes.analysis.comparison.effects.standardisation import OutcomeFit, estimate_means, fit_outcome
from outcomes.analysis.comparison.population.confounders import find_independent
from outcomes.analysis.comparison.weighting.firth import fit_firth
from outcomes.analysis.comparison.weighting.propensity import fit_logistic
from outcomes.analysis.comparison.weighting.weights import compute_weights

SCENARIOS = {  # patients, sites, constant of the outcome model
    "300 patients, a few events": (300, 6, -4.3),
    "300 patients, very rare": (300, 6, -3.4),
    "300 patients, rare": (300, 6, -2.4),
    "1,000 patients, rare": (1000, 8, -2.6),
    "400 patients, common": (400, 5, -1.2),
}
FITS: dict[str, OutcomeFit] = {
    "ml": lambda *arm: (fit_logistic(*arm), "ml"),
    "limit": lambda *arm: (replace(fit_logistic(*arm), converged=True), "limit"),
    "firth": lambda *arm: (fit_firth(*arm, mean_kept=False), "firth"),
    "flic": lambda *arm: (fit_firth(*arm), "flic"),
    "package": fit_outcome,
}
COLUMNS = ["scenario", "clinics", "truth", "events", "method", "outcome_model", "estimated", "bias", "bias_se", "empirical_sd", "rmse",
           "mean_se", "coverage", "coverage_se"]  # fmt: skip
Row = dict[str, Any]


def draw_clinic(scenario: str, seed: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return design, arm, outcome, weight in the overlap population, and true difference of every patient of a clinic."""
    n, sites, constant = SCENARIOS[scenario]
    rng = np.random.default_rng([seed, n, sites, *b"separation"])
    sizes = np.arange(1, sites + 1) / np.arange(1, sites + 1).sum()
    baseline, site, payer = rng.normal(size=n), rng.choice(sites, n, p=sizes), rng.choice(3, n, p=[0.5, 0.3, 0.2])
    woman = rng.random(n) < 0.6
    columns = [baseline, woman, *(payer == one for one in (1, 2)), *(site == one for one in range(1, sites))]
    design = np.column_stack(columns).astype(float)
    score = 1 / (1 + np.exp(0.2 - 0.4 * baseline - 0.6 * (payer == 1) + 0.5 * (payer == 2) - 0.8 * np.sin(site)))
    linear = constant - 0.6 * baseline + 0.3 * woman - 0.5 * (payer == 2) + 0.7 * np.cos(2 * site)
    risks = [1 / (1 + np.exp(-linear - extra)) for extra in (0.5 + 0.2 * baseline, 0.0)]
    treated = rng.random(n) < score
    outcome = (rng.random(n) < np.where(treated, *risks)).astype(float)
    return design[:, find_independent(design)], treated, outcome, score * (1 - score), risks[0] - risks[1]


def study_clinic(task: tuple[str, int]) -> list[Row]:
    """Return the estimates of one clinic; without rows where an arm has no event or the propensity score no finite estimate."""
    scenario, seed = task
    design, treated, outcome, weight, difference = draw_clinic(scenario, seed)
    place = {"scenario": scenario, "truth": (weight * difference).sum(), "weight": weight.sum()}
    events = min(outcome[treated].sum(), outcome[~treated].sum())
    weights = compute_weights(treated, design, "overlap")
    if not events or weights.propensity is None or not weights.propensity.converged:
        return [place]
    ways = [("weighted", ""), *((method, name) for method in ("g_computation", "augmented") for name in FITS)]
    return [
        place | {"method": method, "outcome_model": name, "events": events} | row
        for method, name in ways
        for row in _estimate(outcome, treated, design, weights, method, FITS[name or "package"])
    ]


def _estimate(
    outcome: Floats, treated: Floats, design: Floats, weights: Any, method: str, fit: OutcomeFit
) -> Iterator[Row]:
    means = estimate_means(outcome, treated, design, weights, method, fit)
    if all(mean.converged for mean in means):
        found = contrast_means(*means)
        yield {
            name: found[f"difference{end}"]
            for name, end in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper"))
        }


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return bias, spread, and coverage by scenario, method, and outcome model, with Monte-Carlo errors."""
    found = []
    for scenario, own in rows.groupby("scenario", sort=False):
        clinics = own.drop_duplicates("clinic")
        truth = clinics["truth"].sum() / clinics["weight"].sum()
        events = clinics["events"].mean()
        for (method, model), good in own.dropna(subset=["estimate"]).groupby(["method", "outcome_model"], sort=False):
            n, error = len(good), good["estimate"] - truth
            covered = ((good["lower"] <= truth) & (truth <= good["upper"])).mean()
            half = (good["upper"] - good["lower"]).mean() / 2 / 1.959964
            found.append([scenario, len(clinics), truth, events, method, model, n, error.mean(), error.std() / np.sqrt(n), error.std(),
                          np.sqrt(np.square(error).mean()), half, covered, np.sqrt(covered * (1 - covered) / n)])  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS)


def main() -> None:
    """Run the study from the command line and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=600, help="of each scenario")
    parser.add_argument("--seed", type=int, default=410_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tasks = [(scenario, options.seed + clinic) for scenario in SCENARIOS for clinic in range(options.clinics)]
    with ProcessPoolExecutor(options.workers) as pool:
        results = list(tqdm(pool.map(study_clinic, tasks, chunksize=20), total=len(tasks)))
    rows = [row | {"clinic": seed} for (_, seed), own in zip(tasks, results, strict=True) for row in own]
    table = summarise(pd.DataFrame(rows))
    table.to_csv(options.out, index=False, float_format="%.4f")
    print(table.to_string(float_format="%.4f"))


if __name__ == "__main__":
    main()
