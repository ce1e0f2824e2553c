"""Type I error, bias, and coverage of what durability says of two arms that are seen at different rates.

Every scenario of `generators`, at no difference (`--better` sets one), by the three estimates of the share in response and by the rule for
words: a difference is stated where both weighted estimates exclude zero in the same direction.

    python benchmarks/durability/operating.py --replicates 400 --size 100 --out benchmarks/durability/operating_100.csv
"""

from __future__ import annotations

import argparse
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from generators import FURTHER, HORIZON, LANDMARK, SCENARIOS, Arm, draw_cohort, find_truth, find_truth_untreated
from tqdm import tqdm

from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.analysis.durability import estimate
from outcomes.analysis.durability.estimate import Prepared
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.likelihood import Scores
from outcomes.analysis.durability.visiting import People, count_equally

QUANTITIES = ("week 4", "week 8", "week 12", "weeks")
MAINTENANCE = {"treated_again": "censor", "treated_again_counts": "competing"}
Row = dict[str, Any]


def arrange(drawn: Arm, first: int) -> estimate.Arm:
    """Return an arm as the estimators read it; its patients are numbered from `first`."""
    people, n = drawn.people, len(drawn.until)
    at_landmark = people.total[np.arange(n), people.first]
    histories = Histories(
        start=LANDMARK,
        end=HORIZON,
        until=drawn.until.astype(float),
        retreated=drawn.retreated,
        margin=(people.cut - at_landmark) / 4,
        since=people.first.astype(float),
        person=drawn.person,
        day=drawn.day.astype(float),
        score_margin=(people.cut[drawn.person] - drawn.total) / 4,
        good=drawn.total <= people.cut[drawn.person],
    )
    scores = Scores(people.baseline, people.cut + 0.5, at_landmark, drawn.total.astype(float))
    return estimate.Arm(histories, first + np.arange(n), scores)


def weigh_people(cohort: tuple[Arm, Arm], confounded: bool) -> People:
    """Return overlap weights by the baseline where that drives the choice of the arm."""
    sizes = [len(arm.until) for arm in cohort]
    if not confounded:
        return count_equally(sum(sizes))
    treated = np.repeat([False, True], sizes)
    weights = compute_weights(treated, np.concatenate([arm.people.baseline for arm in cohort])[:, None], "overlap")
    assert weights.propensity is not None
    slope = (weights.slope / weights.weight)[:, None] * weights.propensity.design
    return People(weights.weight[None], slope, weights.propensity.influence / sum(sizes))


def estimate_cohort(cohort: tuple[Arm, Arm], scenario: str, likelihood: bool) -> list[Row]:
    """Return each quantity by each method, second arm − first."""
    people = weigh_people(cohort, scenario == "confounded")
    arms = [arrange(cohort[0], 0), arrange(cohort[1], len(cohort[0].until))]
    prepared = [estimate.prepare(arm, people, MAINTENANCE.get(scenario, "treatment_policy")) for arm in arms]  # type: ignore[arg-type]
    found = {"weighted": [estimate.estimate_weighted(one, people) for one in prepared]}
    found["targeted"] = estimate.estimate_targeted(prepared, people)
    modelled = estimate.estimate_likelihood(prepared, people) if likelihood else ""
    if not isinstance(modelled, str):
        found["likelihood"] = modelled
    if scenario == "well_skip_now":
        for alpha in (0.35, 0.69):
            found[f"tilt {alpha:g}"] = [estimate.estimate_weighted(one, people, alpha) for one in prepared]
    return [row for method, pair in found.items() for row in _read(method, pair, prepared)]


def _read(method: str, pair: list[Any], prepared: list[Prepared]) -> list[Row]:
    days, rows = pair[0].days, []
    seen = tuple(one.arm.histories.seen for one in prepared)
    for quantity, mask in zip(QUANTITIES, (days == 28, days == 56, days == 84, days <= 84), strict=True):
        shares = [estimate.read_share(one, mask, count)[0] for one, count in zip(pair, seen, strict=True)]
        found = estimate.compare(pair[1], pair[0], mask, (seen[1], seen[0]))
        rows.append(
            {"method": method, "quantity": quantity, "first": shares[0].value, "second": shares[1].value}
            | {"first_bounds": shares[0].bounds(), "second_bounds": shares[1].bounds()}
            | {"difference": found.value, "bounds": (found.lower, found.upper), "direction": found.direction}
        )
    return rows


@cache
def find_truths(course: str, scenario: str, better: bool) -> tuple[list[float], list[float]]:
    """Return the true value of each quantity in the first and the second arm."""
    if scenario == "treated_again_counts":
        shares = [find_truth_untreated(course, gap, one) for gap, one in ((10, False), (28, better))]  # type: ignore[arg-type]
    else:
        shares = [find_truth(course, one) for one in (False, better)]  # type: ignore[arg-type]
    first, second = ([*share[[28, 56, 84]], share[LANDMARK + 1 : 85].mean()] for share in shares)
    return first, second


def run_cell(course: str, scenario: str, options: argparse.Namespace) -> list[Row]:
    """Return bias, coverage, and how often zero is excluded, of one scenario."""
    truths = find_truths(course, scenario, options.better)
    rows: list[Row] = []
    place = zlib.crc32(f"{course}/{scenario}/{options.size}/{options.better}".encode())
    for number in tqdm(range(options.replicates), f"{course} {scenario}", disable=None):
        rng = np.random.default_rng([options.seed, place, number])
        cohort = draw_cohort(course, scenario, options.size, options.better, rng)  # type: ignore[arg-type]
        rows += [{"number": number, **row} for row in estimate_cohort(cohort, scenario, number < options.likelihood)]
    return _summarise(pd.DataFrame(rows), truths, {"course": course, "scenario": scenario, "size": options.size})


def _summarise(table: pd.DataFrame, truths: tuple[list[float], list[float]], cell: Row) -> list[Row]:
    result = []
    for (method, quantity), own in table.groupby(["method", "quantity"], sort=False):
        first, second = (values[QUANTITIES.index(str(quantity))] for values in truths)
        confounded = cell["scenario"] == "confounded"  # the arms' own shares are those of other people than the truth's
        row: Row = {**cell, "method": method, "quantity": quantity, "runs": len(own), "truth": second - first}
        for name, true in (("first", first), ("second", second)):
            row[f"bias_{name}"] = np.nan if confounded else own[name].mean() - true
            row[f"coverage_{name}"] = np.nan if confounded else _cover(own[f"{name}_bounds"], true)
        row |= {"bias": own["difference"].mean() - row["truth"], "sd": own["difference"].std()}
        row |= {"coverage": _cover(own["bounds"], row["truth"]), "excludes_zero": (own["direction"] != 0).mean()}
        result.append(row)
    sides = table[table["quantity"] == "weeks"].pivot(index="number", columns="method", values="direction")
    stated = (sides["weighted"] != 0) & (sides["weighted"] == sides["targeted"])
    result.append({**cell, "method": "both", "quantity": "weeks", "runs": len(sides), "excludes_zero": stated.mean()})
    for row in result:
        for name in ("coverage", "excludes_zero"):
            if name in row:
                row[f"{name}_error"] = np.sqrt(row[name] * (1 - row[name]) / row["runs"])
    return result


def _cover(bounds: pd.Series, truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in bounds]))


def main() -> None:
    """Run the scenarios and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--likelihood", type=int, default=100, help="replicates with the mixed model, the slowest")
    parser.add_argument("--size", type=int, default=100, help="patients of an arm")
    parser.add_argument("--better", action="store_true", help="the second arm's course is better")
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS, choices=SCENARIOS)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows: list[Row] = []
    for course in ("drift", "episodes"):
        for scenario in options.scenarios:
            if not (options.better and scenario in FURTHER):
                rows += run_cell(course, scenario, options)
                pd.DataFrame(rows).round(4).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
