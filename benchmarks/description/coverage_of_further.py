"""How often intervals that stand beside the main ones hold the truth: pressure, two instruments, last treatment, early signals, a weighted arm.

Pressure: each patient has an own rise, of one to eight sessions, and few sessions the higher it is. Two instruments: responses of the same patients that go together. Last treatment: the
change to the last score during the sessions, as published cohorts have it; who improves less stops earlier. Early signals: a response after the first sessions and a later one. Weighted arm: the risk of response of either arm
among those for whom overlap weights stand, drawn as in `benchmarks/comparison/small_grid.py`, of those with a score. True values are plain formulas, or come from large draws.

    python benchmarks/description/coverage_of_further.py [clinics]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.early_signals import tabulate_early_signals
from outcomes.analysis.comparison.effects.risks import contrast_means
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.analysis.harms.pressure import tabulate_pressure_rise
from outcomes.analysis.instruments.pairs import measure_agreement
from outcomes.analysis.last_treatment import tabulate_last_change
from outcomes.settings.comparison import EarlySignals

SIZES, MANY = (40, 120), 400_000  # patients of an arm, and those from whom true values come
RISE, BETWEEN, WITHIN = 18.0, 8.0, 12.0  # mmHg
SIGNALS = EarlySignals(signals=("session 2",), target="session 6")
MEASURES = ("sensitivity", "specificity", "ppv", "npv")
Told = dict[tuple[str, str], tuple[float, float, float]]  # of what and of whom: estimate and interval


def draw_pressure(n: int, rng: np.random.Generator) -> Told:
    """Return the mean of the patients' own rises in one arm, who come less often the more it rises."""
    own = rng.normal(RISE, BETWEEN, n)
    person = np.repeat(np.arange(n), 1 + rng.binomial(7, 1 / (1 + np.exp((own - RISE) / 6))))
    before = rng.normal(128, 12, len(person))
    peak = before + own[person] + rng.normal(0, WITHIN, len(person))
    table = pd.DataFrame({"patient": person, "arm": "iv"})
    for measure in ("systolic", "diastolic"):
        table = table.assign(**{f"{measure}_before": before, f"{measure}_peak": peak, f"{measure}_after": before})
    row = tabulate_pressure_rise(table, ["iv"]).iloc[0]
    return {("mean pressure rise", "iv"): (row["mean"], row["lower"], row["upper"])}


def draw_pair(n: int, rng: np.random.Generator) -> Told:
    """Return the difference of the shares that respond on either of two instruments, of the same patients."""
    one, other = draw_responses(n, rng)
    found = measure_agreement(one, other)
    return {
        ("joint response, difference", "iv"): (
            found["difference"],
            found["difference_lower"],
            found["difference_upper"],
        ),
    }


def draw_responses(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two responses of the same patients, of about 50 and 38%, that go together."""
    latent = rng.normal(size=n)
    first, second = (0.8 * latent + 0.6 * rng.normal(size=n) for _ in range(2))
    return first > 0, second > 0.3


def draw_course(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return baselines, totals after each of six sessions, and how many of these were held."""
    baseline = np.clip(np.round(rng.normal(18, 4, n)), 10, 27)
    skill, step = rng.normal(0, 4, n), np.sqrt(np.arange(1, 7) / 6)
    total = np.round(baseline[:, None] - (10 + skill[:, None]) * step + rng.normal(0, 2, (n, 6)))
    leaves = rng.random((n, 6)) < 1 / (1 + np.exp(2.5 + 0.3 * skill[:, None]))
    return baseline, np.clip(total, 0, 27), np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, 6)


def draw_last(n: int, rng: np.random.Generator) -> Told:
    """Return the mean change to the last treatment."""
    baseline, total, held = draw_course(n, rng)
    key = {"patient": np.arange(n), "series": 1}
    cohort = pd.DataFrame(key).assign(included=True)
    series = pd.DataFrame(key).assign(arm="iv", start_day=0, end_day=3 * held)
    ends = pd.DataFrame(key).assign(axis="baseline", instrument="phq9", baseline=baseline)
    days = np.tile(3 * np.arange(1, 7), n)
    scores = pd.DataFrame({"patient": np.repeat(np.arange(n), 6), "instrument": "phq9", "study_day": days})
    row = tabulate_last_change(ends, cohort, series, scores.assign(total=total.ravel()), ["iv"]).iloc[0]
    return {("change to the last treatment", "iv"): (row["mean"], row["lower"], row["upper"])}


def draw_signals(n: int, rng: np.random.Generator) -> Told:
    """Return how well a response after the second session foretells that after the sixth, of those who had both."""
    baseline, total, held = draw_course(n, rng)
    parts = []
    for session in (2, 6):
        change = total[:, session - 1] - baseline
        response = np.where(held >= session, change <= -0.5 * baseline, np.nan)
        place = {"axis": "session", "timepoint": f"session {session}", "time": float(session)}
        rows = pd.DataFrame({"person": np.arange(n), "score_day": 3.0 * session, "reached": held >= session})
        parts.append(rows.assign(**place, change=change, response=response, remission=response))
    people = pd.DataFrame({"patient": np.arange(n), "treated": np.arange(n) % 2 == 0})
    compared = Compared(people, pd.concat(parts, ignore_index=True), {"session": ("session 2", "session 6")}, {})
    table = tabulate_early_signals(compared, SIGNALS, ("iv", "esketamine"))
    own = table[(table["arm"] == "all") & (table["population"] == "observed")].set_index("measure")
    return {
        (f"early signal, {name}", "all"): tuple(own.loc[name, ["proportion", "lower", "upper"]]) for name in MEASURES
    }


def draw_people(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Return two confounders, chance of the treated arm, arm, and response (missing where there is no score)."""
    people = pd.DataFrame({"age": rng.normal(45, 13, n), "payer": rng.choice(["insured", "public"], n, p=[0.6, 0.4])})
    public, age = (people["payer"] == "public").to_numpy(), (people["age"].to_numpy() - 45) / 13
    chance = 1 / (1 + np.exp(-(0.4 - 1.2 * public + 0.5 * age)))
    treated = rng.random(n) < chance
    response = (rng.random(n) < 1 / (1 + np.exp(0.3 + 0.8 * public - 0.5 * age - 0.6 * treated))).astype(float)
    return people, chance, treated, np.where(rng.random(n) < 0.1 + 0.15 * public, np.nan, response)


def draw_arm(n: int, rng: np.random.Generator) -> Told:
    """Return the weighted risk of either arm, of about as many patients as the others have in one."""
    people, _, treated, response = draw_people(2 * n, rng)
    design = code_confounders(people, ["age", "payer"], "spline").design
    weights = compute_weights(treated, design, "overlap")
    found = contrast_means(*estimate_means(response, treated, design, weights, "weighted"))
    return {
        ("weighted response", side): tuple(found[f"risk_{side}{end}"] for end in ("", "_lower", "_upper"))
        for side in ("treated", "reference")
    }


def find_truth() -> dict[tuple[str, str], float]:
    """Return the true value of each."""
    rng = np.random.default_rng([1, *b"further"])
    one, other = draw_responses(MANY, rng)
    truth = {("mean pressure rise", "iv"): RISE, ("joint response, difference", "iv"): float(other.mean() - one.mean())}
    baseline, total, held = draw_course(MANY, rng)
    truth["change to the last treatment", "iv"] = float((total[np.arange(MANY), held - 1] - baseline).mean())
    early, late = (total[held == 6][:, place] <= 0.5 * baseline[held == 6] for place in (1, 5))
    shares = (early[late].mean(), (~early)[~late].mean(), late[early].mean(), (~late)[~early].mean())
    truth |= {(f"early signal, {name}", "all"): float(share) for name, share in zip(MEASURES, shares, strict=True)}
    _, chance, treated, response = draw_people(MANY, rng)
    for side, inside in (("treated", treated), ("reference", ~treated)):
        known = inside & ~np.isnan(response)
        weight = np.where(treated, 1 - chance, chance)[known]
        truth["weighted response", side] = float(np.average(response[known], weights=weight))
    return truth


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    truth, rows = find_truth(), []
    for n in SIZES:
        told = defaultdict(list)
        for clinic in range(clinics):
            rng = np.random.default_rng([n, clinic, *b"further"])
            for draw in (draw_pressure, draw_pair, draw_last, draw_signals, draw_arm):
                for key, values in draw(n, rng).items():
                    told[key].append(values)
        for key, values in told.items():
            estimate, lower, upper = np.array(values, dtype=float).T
            known = np.isfinite(lower)
            held = float(((lower <= truth[key]) & (truth[key] <= upper))[known].mean())
            numbers = {"true": truth[key], "bias": estimate[known].mean() - truth[key]}
            numbers |= {"bias_error": estimate[known].std(ddof=1) / known.sum() ** 0.5, "covered": held}
            numbers["monte_carlo_error"] = (held * (1 - held) / known.sum()) ** 0.5
            place = {"of": key[0], "arm": key[1], "patients": n, "clinics": int(known.sum())}
            rows.append(place | {name: round(float(value), 4) for name, value in numbers.items()})
    pd.DataFrame(rows).to_csv(Path(__file__).with_name("further.csv"), index=False, lineterminator="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
