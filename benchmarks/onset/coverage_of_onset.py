"""How often the interval of the share in whom a response has begun holds the truth, over drawn clinics looked at like the example.

Onset follows a two-phase course: nobody in the first two days, most by day 21, a part never. Looks come two to seven days apart, with a
fifth left out, for 60 days; some patients leave early. Each clinic is drawn from its own stream, so that a run can be repeated.

    python benchmarks/onset/coverage_of_onset.py [clinics]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.onset.estimate import estimate_onset
from outcomes.analysis.onset.intervals import Onset

TIMES = np.array([3.0, 7, 10, 14, 21, 28, 42])
NEVER, SCALE, SHAPE, DELAY = 0.35, 14.0, 1.4, 1.0


def compute_truth(day: np.ndarray) -> np.ndarray:
    """Return the share in whom a response has begun by each day."""
    after = np.maximum(day - DELAY, 0)
    return np.asarray((1 - NEVER) * (1 - np.exp(-((after / SCALE) ** SHAPE))))


def draw_clinic(n: int, rng: np.random.Generator) -> Onset:
    """Return what the looks of one clinic tell."""
    onset = DELAY + SCALE * rng.exponential(size=n) ** (1 / SHAPE)
    onset = np.where(rng.random(n) < NEVER, np.inf, onset)
    leaves = np.where(rng.random(n) < 0.2, rng.uniform(0, 40, n), 60)
    looks = np.cumsum(rng.integers(2, 8, (n, 40)), axis=1).astype(float)
    there = (rng.random(looks.shape) < 0.8) & (looks <= leaves[:, None])
    with_it = there & (looks >= onset[:, None])
    seen = np.where(with_it, looks, np.inf).min(axis=1)
    without = np.where(there & (looks < onset[:, None]), looks, 0).max(axis=1)
    return Onset(without, seen, np.zeros(n, dtype=bool), there.any(axis=1))


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    rows = []
    truth = compute_truth(TIMES)
    for n in (60, 150, 450):
        inside, estimates, widths = [], [], []
        for clinic in range(clinics):
            rng = np.random.default_rng([n, clinic])
            share, lower, upper = estimate_onset(draw_clinic(n, rng), TIMES, rng)
            inside.append((lower <= truth) & (truth <= upper))
            estimates.append(share)
            widths.append(upper - lower)
        covered = np.mean(inside, axis=0)
        error = np.sqrt(covered * (1 - covered) / clinics)
        bias = np.mean(estimates, axis=0) - truth
        for place, day in enumerate(TIMES):
            rows.append(
                {
                    "patients": n,
                    "day": int(day),
                    "true": round(float(truth[place]), 4),
                    "bias": round(float(bias[place]), 4),
                    "width": round(float(np.mean(widths, axis=0)[place]), 3),
                    "covered": round(float(covered[place]), 3),
                    "monte_carlo_error": round(float(error[place]), 3),
                }
            )
    pd.DataFrame(rows).assign(clinics=clinics).to_csv(Path(__file__).with_name("coverage.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
