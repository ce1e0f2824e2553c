"""How often the interval of the weighted log odds ratio over two time points holds the truth, where arm and baseline rule the answer.

Baseline and a site decide the arm; the answer at either time point is logistic in arm and baseline, and a patient's two answers go together (Gaussian copula). The odds ratio given the
baseline is then the same with any weights. Time points at which the arms separate are left out, and counted.

    python benchmarks/comparison/odds.py [clinics]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from outcomes.analysis.comparison.effects.odds import estimate_odds
from outcomes.analysis.comparison.effects.primary import ARMS
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.mixed.separation import find_separation

SIZES, EFFECTS, TOGETHER = (80, 300), (0.0, 0.8), 0.5
POINTS = {"day 7": -1.2, "day 28": -0.2}  # log odds of the answer in the reference arm at the mean baseline


def draw_frame(n: int, effect: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return the answers of one clinic, as the estimating equations take them."""
    baseline, site = rng.normal(17, 4, n), rng.random(n) < 0.5
    treated = rng.random(n) < 1 / (1 + np.exp(-(0.08 * (baseline - 17) + 0.7 * site - 0.35)))
    weight = compute_weights(treated, np.column_stack([(baseline - 17) / 4, site]), "overlap").weight
    shared, rows = rng.normal(size=n), []
    for name, start in POINTS.items():
        chance = 1 / (1 + np.exp(-(start + effect * treated - 0.1 * (baseline - 17))))
        drawn = norm.cdf(TOGETHER**0.5 * shared + (1 - TOGETHER) ** 0.5 * rng.normal(size=n))
        rows.append(
            pd.DataFrame(
                {
                    "person": np.arange(n),
                    "timepoint": name,
                    "event": (drawn < chance).astype(float),
                    "arm": pd.Categorical(np.array(ARMS)[treated.astype(int)], list(ARMS)),
                    "baseline": baseline,
                    "weight": weight,
                }
            )[rng.random(n) < 0.85]
        )
    frame = pd.concat([rows[0], rows[1]], ignore_index=True)
    return frame.assign(timepoint=pd.Categorical(frame["timepoint"], list(POINTS)))


def separates(frame: pd.DataFrame) -> bool:
    """Tell whether a time point has no finite odds ratio."""
    return any(
        find_separation(
            np.column_stack([np.ones(len(own)), own["arm"] == ARMS[1], own["baseline"] - 17]).astype(float),
            own["event"].to_numpy(),
        ).any()
        for _, own in frame.groupby("timepoint", observed=True)
    )


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    rows = []
    for n in SIZES:
        for effect in EFFECTS:
            found, apart = [], 0
            for clinic in range(clinics):
                frame = draw_frame(n, effect, np.random.default_rng([n, clinic, int(10 * effect)]))
                if separates(frame):
                    apart += 1
                    continue
                found.append(estimate_odds(frame)[0].set_index("timepoint"))
            for name in POINTS:
                told = np.array([one.loc[name, ["estimate", "lower", "upper"]].to_numpy(float) for one in found])
                covered = float(np.mean((told[:, 1] <= effect) & (effect <= told[:, 2])))
                row = {"patients": n, "timepoint": name, "true": effect, "separated": apart}
                row |= {"bias": round(float(told[:, 0].mean() - effect), 4), "covered": round(covered, 3)}
                row |= {"bias_error": round(float(told[:, 0].std(ddof=1)) / len(found) ** 0.5, 4)}
                error = (covered * (1 - covered) / len(found)) ** 0.5
                rows.append(row | {"monte_carlo_error": round(error, 3), "clinics": len(found)})
    pd.DataFrame(rows).to_csv(Path(__file__).with_suffix(".csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
