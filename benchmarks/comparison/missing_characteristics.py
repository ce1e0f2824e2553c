"""Bias and coverage of the analyses of missing scores over many simulated trials whose truth is known.

Two arms of equal size with a score at three time points, joint normal given arm and baseline. After each time point a patient leaves
with a probability that depends on arm and last change: those who gained least in the treated arm, those who gained most in the reference.

``change`` has the scores as they are drawn. ``response`` (half the baseline) and ``remission`` (at most 4) are those of whole totals from 0 to 27, the
drawn scores rounded and cut, and more of the treated leave; ``shift`` lowers both arms' means so that more totals pile up at 0. Ratios are in logarithms. The truth is that of 400,000 patients: of an analysis
by reference arm, what the strategy adds to the drawn score of those who left.

    python benchmarks/comparison/missing_characteristics.py --trials 400 --out benchmarks/comparison/missing_characteristics.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.effects.risks import contrast_means
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.missing.censoring import estimate_weighted
from outcomes.analysis.comparison.missing.imputations import impute_axis, tabulate_imputations
from outcomes.analysis.comparison.missing.responders import Judge
from outcomes.analysis.comparison.missing.strategies import compute_shifts
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.criteria import Criteria, compute_remission, compute_response
from outcomes.instruments import read_instruments
from outcomes.settings import Endpoints
from outcomes.settings.imputation import Delta, Imputation

ARM = np.array([-1.0, -2.0, -3.0])
SIGMA = 9 * np.eye(3) + 12
NAMES = ("day 7", "day 14", "day 28")
METHODS = ("jump_to_reference", "copy_reference", "copy_increments")
IMPUTATION = Imputation(draws=50, methods=METHODS, deltas=(Delta(treated=2),))
DAY = Specification("day", "unstructured", (), True, "model")
SHIFTS = (0.0, -4.0)  # of both arms' means, for whole totals
CRITERIA = Criteria.of("phq9", read_instruments()["phq9"], Endpoints())
RULES = {"response": compute_response, "remission": compute_remission}
Trial = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def simulate(patients: int, generator: np.random.Generator, shift: float | None = None) -> Trial:
    """Return who is treated, baselines, changes before leaving (of whole totals with a shift), and who was there when; all changes are drawn."""
    treated, baseline = np.arange(patients) % 2 == 0, generator.normal(17, 4, patients)
    change = generator.multivariate_normal(-np.array([2.0, 4.0, 6.0]), SIGMA, patients) - 0.3 * (baseline - 17)[:, None]
    change += np.outer(treated, ARM)
    middle, most = -4.0, np.full(patients, 1.5)
    if shift is not None:
        most = np.where(treated, 1.0, 2.2)
        change, baseline, middle = change + shift, np.clip(np.rint(baseline), 10, 27), middle + shift
    seen = change if shift is None else cut(change, baseline)
    there = np.ones(change.shape, dtype=bool)
    for place in range(2):
        apart = seen[:, place] - middle
        stays = generator.random(patients) > 1 / (1 + np.exp(most - np.where(treated, 0.2, -0.2) * apart))
        there[:, place + 1] = there[:, place] & stays
    return treated, baseline, change, there


def cut(change: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return the changes of whole totals from 0 to 27."""
    return np.clip(np.rint(baseline[:, None] + change), 0, 27) - baseline[:, None]


def find_truth(shift: float | None) -> dict[tuple[str, str, str], float]:
    """Return what each analysis estimates at the last time point, by endpoint, scale, and analysis."""
    treated, baseline, change, there = simulate(400_000, np.random.default_rng(0), shift)
    place = there.sum(axis=1)
    moved = {"imputed_mar": np.zeros(4), "delta_treated_2": np.array([2.0, 2.0, 2.0, 0.0])}
    moved |= {name: compute_shifts(name, ARM[None], SIGMA[None])[0, :, -1] for name in METHODS}
    if shift is None:
        left = np.bincount(place[treated], minlength=4) / treated.sum()
        truth = {("change", "points", name): ARM[-1] + float(left @ by_place) for name, by_place in moved.items()}
        return truth | {("change", "points", "censoring_weighted"): ARM[-1]}
    truth = {}
    for name, by_place in moved.items():
        final = cut((change[:, -1] + np.where(treated, by_place[place], 0.0))[:, None], baseline)[:, 0] + baseline
        for endpoint, rule in RULES.items():
            found = rule(final, baseline, CRITERIA).value
            p, q = float(found[treated].mean()), float(found[~treated].mean())
            truth |= {(endpoint, "risk difference", name): p - q, (endpoint, "risk ratio", name): float(np.log(p / q))}
    ways = ("imputed_mar_not_rounded", "observed", "missing_is_failure", "nothing_missing")
    same = {key[:2]: value for key, value in truth.items() if key[2] == "imputed_mar"}
    return truth | {(*key, way): value for key, value in same.items() for way in ways}


def build_compared(treated: np.ndarray, baseline: np.ndarray, change: np.ndarray, there: np.ndarray) -> Compared:
    """Return the trial as the comparison takes it."""
    person, place = np.nonzero(there)
    scores = pd.DataFrame({"person": person, "axis": "day", "timepoint": np.array(NAMES)[place]})
    scores["change"] = change[person, place]
    for endpoint, rule in RULES.items():
        scores[endpoint] = rule(scores["change"] + baseline[person], baseline[person], CRITERIA).value.astype(float)
    return Compared(pd.DataFrame({"treated": treated, "baseline": baseline}), scores, {"day": NAMES}, {})


def analyse_change(patients: int, number: int) -> list[dict[str, object]]:
    """Return the rows of one simulated trial."""
    generator = np.random.default_rng([7, number])
    compared = build_compared(*simulate(patients, generator))
    analysed = impute_axis(compared, DAY, np.ones(patients), np.empty((patients, 0)), IMPUTATION, generator)
    table = tabulate_imputations([analysed])
    rows = table[table["timepoint"] == NAMES[-1]].to_dict("records")
    return [*rows, estimate_weighted(analysed.wide, NAMES[-1], None) | {"endpoint": "change", "scale": "points"}]


def analyse_totals(patients: int, number: int, shift: float) -> list[dict[str, object]]:
    """Return the rows of one simulated trial of whole totals."""
    generator = np.random.default_rng([8, number])
    treated, baseline, drawn, there = simulate(patients, generator, shift)
    change = cut(drawn, baseline)
    compared, none = build_compared(treated, baseline, change, there), np.empty((patients, 0))
    weights = compute_weights(treated, none, "none")
    rows = []
    for step, suffix in ((1.0, ""), (1e-6, "_not_rounded")):
        judge, seed = Judge(CRITERIA, step, weights), np.random.default_rng([9, number])
        table = tabulate_imputations([impute_axis(compared, DAY, weights.weight, none, IMPUTATION, seed, judge)])
        own = table[(table["timepoint"] == NAMES[-1]) & (table["scale"] != "points")]
        own = own.assign(analysis=own["analysis"] + suffix)
        ratios = own["scale"] == "risk ratio"
        own.loc[ratios, ["estimate", "lower", "upper"]] = np.log(own.loc[ratios, ["estimate", "lower", "upper"]])
        rows += own.to_dict("records")
    for endpoint, rule in RULES.items():
        full = rule(change[:, -1] + baseline, baseline, CRITERIA).value.astype(float)
        seen = np.where(there[:, -1], full, np.nan)
        ways = {"observed": seen, "missing_is_failure": np.nan_to_num(seen), "nothing_missing": full}
        for way, outcome in ways.items():
            found = contrast_means(*estimate_means(outcome, treated, none, weights, "weighted"))
            place = {"endpoint": endpoint, "analysis": way}
            bounds = {"lower": found["difference_lower"], "upper": found["difference_upper"]}
            rows.append(place | {"scale": "risk difference", "estimate": found["difference"]} | bounds)
            logs = {
                name: np.log(found[f"ratio{end}"])
                for name, end in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper"))
            }
            rows.append(place | {"scale": "risk ratio"} | logs)
    return rows


def summarise(rows: list[dict[str, object]], patients: int, shift: float | None) -> list[dict[str, object]]:
    """Return one row per endpoint and analysis: truth, bias with its Monte-Carlo error, spread, mean error, coverage."""
    found, out = pd.DataFrame(rows), []
    for (endpoint, scale, name), true in find_truth(shift).items():
        own = found[(found["endpoint"] == endpoint) & (found["scale"] == scale) & (found["analysis"] == name)].dropna(
            subset="estimate"
        )
        spread = own["estimate"].std()
        error = (own["upper"] - own["lower"]).mean() / (2 * 1.96)
        covered = ((own["lower"] <= true) & (true <= own["upper"])).mean()
        row = {"endpoint": endpoint, "scale": scale, "shift": shift, "analysis": name, "trials": len(own)}
        row |= {"patients": patients, "true": true}
        row |= {"bias": own["estimate"].mean() - true, "bias_error": spread / len(own) ** 0.5, "spread": spread}
        out.append(row | {"mean_error": error, "coverage": covered})
    return out


def main() -> None:
    """Write one row per endpoint and analysis."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    numbers = range(options.trials)
    rows = summarise([row for one in numbers for row in analyse_change(options.patients, one)], options.patients, None)
    for shift in SHIFTS:
        found = [row for one in numbers for row in analyse_totals(options.patients, one, shift)]
        rows += summarise(found, options.patients, shift)
    pd.DataFrame(rows).round(4).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
