"""How often the first weighted estimate of small clinics holds the truth, with weights for many confounders: there the second is not made.

Clinics without a difference, seen every 10 and every 28 days. Two of three patients are responders; the score is of all patients, by the baseline, which bears on
the course too, and by eight columns, of which one chooses the arm strongly.

    python benchmarks/durability/small.py --replicates 300 --out benchmarks/durability/small.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from generators import draw_people, follow
from operating import QUANTITIES, arrange
from tqdm import tqdm

from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.analysis.durability import estimate
from outcomes.analysis.durability.visiting import People

SIZES = {25: 0.5, 40: 0.8}  # responders of an arm, and how strongly the arm is chosen
COLUMNS = 9


def estimate_clinic(course: Any, size: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return the difference of each quantity, second arm - first."""
    n = 3 * size
    drawn = draw_people(course, n, False, rng)
    others = [rng.random(n) < 0.5 if place % 2 else rng.normal(size=n) for place in range(COLUMNS - 1)]
    design = np.column_stack([drawn.baseline, *others]).astype(float)
    strength = SIZES[size]
    chosen = strength * ((drawn.baseline - 19) / 3.5 + 2 * (design[:, 1] - design[:, 1].mean()) / design[:, 1].std())
    second = rng.random(n) < 1 / (1 + np.exp(-chosen))
    weights = compute_weights(second, design, "overlap")
    assert weights.propensity is not None
    slope = (weights.slope / weights.weight)[:, None] * weights.propensity.design
    people = People(weights.weight[None], slope, weights.propensity.influence / n)
    responds = rng.random(n) < 2 / 3
    prepared = []
    for side, gap in ((False, 10.0), (True, 28.0)):
        rows = np.flatnonzero(responds & (second == side))
        arm = arrange(follow(drawn.take(rows), "10v28", gap, rng), 0)
        prepared.append(estimate.prepare(estimate.Arm(arm.histories, rows, arm.scores), people, "treatment_policy"))
    pair = [estimate.estimate_weighted(one, people) for one in prepared]
    seen = [one.arm.histories.seen for one in prepared]
    days = pair[0].days
    found = []
    for quantity, mask in zip(QUANTITIES, (days == 28, days == 56, days == 84, days <= 84), strict=True):
        row = estimate.compare(pair[1], pair[0], mask, (seen[1], seen[0]))
        found.append({"quantity": quantity, "value": row.value, "held": row.lower <= 0 <= row.upper})
    return found


def main() -> None:
    """Run the clinics and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for course in ("drift", "episodes"):
        for size in SIZES:
            found: list[dict[str, Any]] = []
            for number in tqdm(range(options.replicates), f"{course} {size}", disable=None):
                found += estimate_clinic(
                    course, size, np.random.default_rng([options.seed, size, number, *course.encode()])
                )
            for quantity, own in pd.DataFrame(found).groupby("quantity", sort=False):
                held = own["held"].mean()
                row = {"course": course, "responders": size, "quantity": quantity, "clinics": len(own)}
                row |= {"bias": own["value"].mean(), "spread": own["value"].std(), "coverage": held}
                rows.append(row | {"coverage_error": np.sqrt(held * (1 - held) / len(own))})
            pd.DataFrame(rows).round(4).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
