"""How often the intervals of the first bad score hold the truth, over drawn arms that are seen at visits of their own.

A response is lost for good at a day of its own. Visits come 5 to 20 days apart with a fifth left out, and scores count until a horizon that is the last
week asked or four weeks more; a quarter of the patients leave, within 20 weeks, whatever their course. Kaplan and Meier's truth is the share who would have had no bad score yet at a visit, had nobody left; Turnbull's is the share still
in response. Each arm is drawn from its own stream, so that a run can be repeated.

    python benchmarks/durability/first.py [arms]       # writes first.csv beside this script
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.durability.first import Survival, estimate_survival, estimate_turnbull
from outcomes.analysis.durability.turnbull import Seen

DAYS = np.array([28.0, 56, 84])
ENDS = {12: 84.0, 16: 112.0}  # weeks: days
LONG, SAMPLES = 140.0, 200
HALF = {"half lost by week 8": 56.0, "half lost by week 40": 280.0}


def draw_arm(n: int, half: float, rng: np.random.Generator) -> tuple[Floats, Bools, Floats]:
    """Return the days of visits (infinite: not made), whether the score is bad there, and when each patient leaves."""
    lost = rng.exponential(half / np.log(2), n)
    leaves = np.where(rng.random(n) < 0.25, rng.uniform(10, LONG, n), np.inf)
    visits = np.cumsum(rng.integers(5, 21, (n, 30)), axis=1).astype(float)
    return np.where(rng.random(visits.shape) < 0.8, visits, np.inf), visits >= lost[:, None], leaves


def estimate(n: int, half: float, end: float, rng: np.random.Generator) -> dict[str, Survival]:
    """Return both estimates of one drawn arm, whose scores count until a day."""
    visits, bad, leaves = draw_arm(n, half, rng)
    there = visits <= np.minimum(leaves, LONG)[:, None]
    beyond = (there & (visits > end)).any(axis=1)
    there &= visits <= end
    before = np.where(there & ~bad, visits, 0).max(axis=1)
    seen = np.where(there & bad, visits, np.inf).min(axis=1)
    ended = np.isfinite(seen)
    last = np.where(ended, seen, np.where(beyond, end, before))
    return {
        "kaplan_meier": estimate_survival(last, ended, DAYS),
        "turnbull": estimate_turnbull(Seen(before, seen, ended), DAYS, SAMPLES, rng),
    }


def find_truth(half: float) -> dict[str, Floats]:
    """Return the true shares at `DAYS`; those at visits from a million patients of whom none leaves."""
    visits, bad, _ = draw_arm(500_000, half, np.random.default_rng(1))
    seen = np.where(bad, visits, np.inf).min(axis=1)
    return {"kaplan_meier": (seen[:, None] > DAYS).mean(axis=0), "turnbull": 0.5 ** (DAYS / half)}


def main(arms: int) -> None:
    """Write the coverage beside this script."""
    rows: list[dict[str, Any]] = []
    for course, half in HALF.items():
        truth = find_truth(half)
        for (weeks, end), n in product(ENDS.items(), (20, 60, 150)):
            found = [estimate(n, half, end, np.random.default_rng([n, int(half), weeks, arm])) for arm in range(arms)]
            for method, true in truth.items():
                lower, upper, share = (
                    np.array([getattr(one[method], end) for one in found]) for end in ("lower", "upper", "share")
                )
                for place, day in enumerate(DAYS):
                    shown = np.isfinite(lower[:, place])
                    inside = (lower[shown, place] <= true[place]) & (true[place] <= upper[shown, place])
                    rows.append(
                        {
                            "course": course,
                            "horizon": weeks,
                            "method": method,
                            "patients": n,
                            "week": int(day) // 7,
                            "true": round(float(true[place]), 4),
                            "bias": round(float(np.nanmean(share[:, place]) - true[place]), 4),
                            "shown": round(float(shown.mean()), 3),
                            "covered": round(float(inside.mean()), 3),
                            "monte_carlo_error": round(
                                float(np.sqrt(inside.mean() * (1 - inside.mean()) / shown.sum())), 3
                            ),
                        }
                    )
    pd.DataFrame(rows).assign(arms=arms).to_csv(Path(__file__).with_name("first.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
