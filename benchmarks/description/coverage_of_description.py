"""How often the intervals of what is described within arms hold the truth: means, shares, reliable change, regression to the mean.

Patients have a lasting severity and a passing part of each score; those whose second baseline is 10 or more enter. Treatment takes a number of points
away that differs between patients and arms. Shares and means of the whole population come from two million patients and plain formulas; what remains after
regression to the mean is the points that treatment takes away.

    python benchmarks/description/coverage_of_description.py [clinics]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.ideation import tabulate_ideation_change
from outcomes.analysis.rates import tabulate_differences, tabulate_response
from outcomes.analysis.regression import Expectation, tabulate_regression
from outcomes.analysis.reliable_change import CATEGORIES, tabulate_reliable_change
from outcomes.analysis.scores import tabulate_scores
from outcomes.analysis.two_baselines import measure_reliability, tabulate_two_baselines
from outcomes.instruments import select_instruments
from outcomes.settings.clinical import ReliableChange

SIZES = (40, 120)  # patients an arm
ARMS = {"esketamine": 4.0, "iv": 6.0}  # mean points that treatment takes away
MEAN, LASTING, PASSING = 16.0, 4.0, 2.25  # of the population that patients come from, in points
THRESHOLD, EFFECT_SD, SEEN = 10, 3.0, 0.8
DECLARED = ReliableChange(
    sd=5.0,
    reliability=0.84,
    source="as the example",
    normal_mean=2.9,
    normal_sd=3.5,
    cutoff="b",
    norms="as the example",
)
PLACE = {"instrument": "phq9", "axis": "day", "timepoint": "day 28", "time": 28.0}
Values = dict[str, np.ndarray]


def draw_patients(n: int, arm: str, rng: np.random.Generator) -> Values:
    """Return both baselines, the later score, and the item on ideation of n patients who enter, every score observed."""
    lasting = rng.normal(MEAN, LASTING, 4 * n)
    second = np.round(lasting + rng.normal(0, PASSING, 4 * n))
    lasting, second = lasting[second >= THRESHOLD][:n], second[second >= THRESHOLD][:n]
    assert len(second) == n
    later = np.round(lasting - rng.normal(ARMS[arm], EFFECT_SD, n) + rng.normal(0, PASSING, n))
    item = [rng.random(n) < 1 / (1 + np.exp(-(score - 14) / 4)) for score in (second, later)]
    first = np.round(lasting + rng.normal(0, PASSING, n))
    return {"first": first, "baseline": second, "score": later, "before": item[0], "after": item[1]}


def compute_truth(n: int) -> dict[tuple[str, str], float]:
    """Return every true value, by what it is of and the arm."""
    truth = {}
    for place, arm in enumerate(ARMS):
        one = draw_patients(n, arm, np.random.default_rng([place, 1]))
        change = one["score"] - one["baseline"]
        better, worse = change < -DECLARED.index, change > DECLARED.index
        cutoff = 2.9 + 2 * 3.5
        recovered = better & (one["baseline"] >= cutoff) & (one["score"] < cutoff)
        responds = change <= -0.5 * one["baseline"]
        shares = {
            "recovered": recovered,
            "improved": better & ~recovered,
            "unchanged": ~better & ~worse,
            "deteriorated": worse,
        }
        truth |= {(f"reliable change: {name}", arm): float(who.mean()) for name, who in shares.items()}
        truth |= {
            ("mean score", arm): float(one["score"].mean()),
            ("response", arm): float(responds.mean()),
            ("mean change", arm): float(change.mean()),
            ("after regression to the mean", arm): -ARMS[arm],
            ("between two baselines", arm): float((one["baseline"] - one["first"]).mean()),
            ("ideation, any to none", arm): float((~one["after"])[one["before"]].mean()),
        }
    truth["difference in response", "iv - esketamine"] = truth["response", "iv"] - truth["response", "esketamine"]
    return truth


def draw_clinic(n: int, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables of one clinic that the description reads; a part of the later scores is missing whatever they are."""
    parts = [pd.DataFrame(draw_patients(n, arm, rng)).assign(arm=arm) for arm in ARMS]
    people = pd.concat(parts, ignore_index=True).assign(series=1, start_day=0, included=True)
    people["patient"] = np.arange(len(people)) + 1
    seen = rng.random(len(people)) < SEEN
    shared = people[["patient", "series", "arm", "baseline"]].assign(baseline_ideation=people["before"].astype(float))
    base = shared.assign(
        axis="baseline",
        timepoint="baseline",
        time=0.0,
        score_day=-1.0,
        score=people["baseline"],
        ideation=shared["baseline_ideation"],
    )
    later = shared.assign(
        **PLACE, score_day=28.0, score=people["score"].where(seen), ideation=people["after"].astype(float).where(seen)
    )
    rows = pd.concat([base.assign(instrument="phq9"), later], ignore_index=True).assign(reached=True)
    rows["change"] = rows["score"] - rows["baseline"]
    known = rows["score"].notna()
    rows["response"] = (rows["change"] <= -0.5 * rows["baseline"]).astype("boolean").mask(~known)
    rows["remission"] = (rows["score"] < 5).astype("boolean").mask(~known)
    rows["worsening"] = (rows["change"] >= 1).astype("boolean").mask(~known)
    kind = np.select(
        [rows["change"] < -DECLARED.index, rows["change"] > DECLARED.index], ["improved", "worse"], "unchanged"
    )
    rows["reliable_change"] = pd.Series(kind, rows.index).where(known)
    first = people[["patient"]].assign(instrument="phq9", study_day=-20, total=people["first"])
    return {
        "endpoints": rows,
        "cohort": people[["patient", "series", "arm", "included"]],
        "series": people[["patient", "series", "start_day"]],
        "scores": first,
    }


def tell_clinic(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what is released of one clinic: ``of``, ``arm``, ``estimate``, ``lower``, ``upper``."""
    rows, arms, known = (tables["endpoints"], tables["cohort"]), list(ARMS), select_instruments(["phq9"])
    declared = {"phq9": Expectation(float(np.hypot(LASTING, PASSING)), 0.84, None, THRESHOLD)}
    series = tables["series"], tables["scores"]
    expected = measure_reliability(*rows, *series, declared)
    regression = tabulate_regression(*rows, arms, expected)
    response = tabulate_response(*rows, arms)
    change = tabulate_reliable_change(*rows, arms, {"phq9": DECLARED}, known)
    ideation = tabulate_ideation_change(*rows, arms)
    parts = [
        tabulate_scores(*rows, arms).query("axis == 'day'").assign(of="mean score", estimate=lambda t: t["mean"]),
        response.query("endpoint == 'response' and population == 'observed'").assign(
            of="response", estimate=lambda t: t["proportion"]
        ),
        tabulate_differences(*rows, arms)
        .query("endpoint == 'response'")
        .assign(of="difference in response", estimate=lambda t: t["difference"], arm=lambda t: t["contrast"]),
        change.assign(of="reliable change: " + change["category"], estimate=change["proportion"]),
        ideation.query("transition == 'any_to_none'").assign(
            of="ideation, any to none", estimate=lambda t: t["proportion"]
        ),
        _rename(regression, "mean change", "observed"),
        _rename(regression, "after regression to the mean", "remainder"),
        _rename(tabulate_two_baselines(*rows, *series, arms, expected), "between two baselines", "between"),
    ]
    return pd.concat([part[["of", "arm", "estimate", "lower", "upper"]] for part in parts], ignore_index=True)


def _rename(table: pd.DataFrame, of: str, name: str) -> pd.DataFrame:
    return table.assign(of=of, estimate=table[name], lower=table[f"{name}_lower"], upper=table[f"{name}_upper"])


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    truth, rows = compute_truth(2_000_000), []
    assert {f"reliable change: {name}" for name in CATEGORIES} <= {of for of, _ in truth}
    for n in SIZES:
        told = defaultdict(list)
        for clinic in range(clinics):
            table = tell_clinic(draw_clinic(n, np.random.default_rng([n, clinic]))).set_index(["of", "arm"])
            for key in truth:
                told[key].append(table.loc[key].to_numpy(float))
        for key, values in told.items():
            estimate, lower, upper = np.transpose(values)
            covered = float(np.mean((lower <= truth[key]) & (truth[key] <= upper)))
            rows.append(
                {
                    "of": key[0],
                    "arm": key[1],
                    "patients": n,
                    "true": round(truth[key], 4),
                    "bias": round(float(estimate.mean() - truth[key]), 4),
                    "bias_error": round(float(estimate.std(ddof=1)) / clinics**0.5, 4),
                    "covered": round(covered, 3),
                    "width": round(float(np.nanmean(upper - lower)), 4),
                    "monte_carlo_error": round((covered * (1 - covered) / clinics) ** 0.5, 3),
                }
            )
    pd.DataFrame(rows).assign(clinics=clinics).to_csv(Path(__file__).with_name("coverage.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
