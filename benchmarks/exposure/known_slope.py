"""How often the interval of the score by dose holds the truth, over drawn clinics in which the dose is given at random and its slope is known.

Scores after six sessions; each patient has a dose about 0.6 mg/kg that varies a little from session to session, and a level of their own. The truth is a straight line in the mean dose of
the sessions before, or one that bends at the middle, which a spline follows only in part. In practice the dose follows response, which no model of these scores undoes.

    python benchmarks/exposure/known_slope.py [clinics]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.exposure.dose_response import fit_dose_response

SIZES, SESSIONS, MIDDLE = (80, 300), 6, 0.6
SLOPES = {"none": 0.0, "straight": -10.0, "bent": -10.0}  # points per mg/kg


def expect(truth: str, dose: np.ndarray | float) -> np.ndarray:
    """Return the part of the score that is the dose's."""
    away = np.asarray(dose) - MIDDLE
    return SLOPES[truth] * (np.maximum(away, 0) if truth == "bent" else away)


def draw_scores(truth: str, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the scores of one clinic, a fifth of them missing."""
    given = rng.normal(MIDDLE, 0.12, (n, 1)) + rng.normal(0, 0.04, (n, SESSIONS))
    mean = np.cumsum(given, axis=1) / np.arange(1, SESSIONS + 1)
    baseline, level = rng.normal(17, 4, n), rng.normal(0, 3, n)
    fall = -7 * np.log1p(np.arange(1, SESSIONS + 1)) / np.log1p(SESSIONS)
    score = (0.6 * baseline + level)[:, None] + fall + expect(truth, mean) + rng.normal(0, 2.5, (n, SESSIONS))
    seen = rng.random((n, SESSIONS)) < 0.8
    person, place = np.nonzero(seen)
    return pd.DataFrame(
        {
            "person": person,
            "session": place + 1.0,
            "dose": mean[seen],
            "baseline": baseline[person],
            "score": score[seen],
        }
    )


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    rows = []
    for truth in SLOPES:
        for n in SIZES:
            held, found, p_values = [], [], []
            for clinic in range(clinics):
                table = fit_dose_response(draw_scores(truth, n, np.random.default_rng([n, clinic, *truth.encode()])))
                assert table is not None
                p_values.append(table["p_value"].iloc[0])
                other = table[table["dose"] != table["reference"]]
                true = expect(truth, other["dose"].to_numpy()) - expect(truth, other["reference"].to_numpy())
                held += list((other["lower"] <= true) & (true <= other["upper"]))
                found += list(other["estimate"] - true)
            error = (np.mean(held) * (1 - np.mean(held)) / clinics) ** 0.5
            row = {"truth": truth, "patients": n, "covered": round(float(np.mean(held)), 3)}
            row |= {
                "bias": round(float(np.mean(found)), 3),
                "found": round(float(np.mean(np.array(p_values) < 0.05)), 3),
            }
            rows.append(row | {"monte_carlo_error": round(float(error), 3), "clinics": clinics})
    pd.DataFrame(rows).to_csv(Path(__file__).with_name("known_slope.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
