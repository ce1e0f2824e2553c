"""How often the intervals of sessions after the induction hold the truth, over drawn clinics whose monthly rate is known.

Patients come back by a Poisson process whose rate differs between them (gamma, of two variances); a fifth are followed for less than the month.

    python benchmarks/exposure/coverage_of_maintenance.py [clinics]
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.exposure.maintenance import MONTH_DAYS, tabulate_maintenance

SIZES, RATES, SPREADS, FOLLOWED = (15, 40, 120), (0.3, 2.0), (0.8, 3.0), 0.8


def tell_clinic(n: int, rate: float, spread: float, rng: np.random.Generator) -> pd.Series:
    """Return the row of the first month of one clinic."""
    counts = rng.poisson(rate * rng.gamma(1 / spread, spread, n))
    patient = np.arange(n) + 1
    day = rng.integers(1, MONTH_DAYS + 1, counts.sum())
    sessions = pd.DataFrame({"patient": np.repeat(patient, counts), "study_day": day, "arm": "iv"})
    series = pd.DataFrame({"patient": patient, "series": 1, "arm": "iv", "induction_end_day": 0})
    last = pd.Series(np.where(rng.random(n) < FOLLOWED, MONTH_DAYS, 10), patient)
    return tabulate_maintenance(sessions, series, last, ["iv"]).iloc[0]


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    rows = []
    for n, rate, spread in itertools.product(SIZES, RATES, SPREADS):
        seed = [n, int(10 * rate), int(10 * spread)]
        told = [tell_clinic(n, rate, spread, np.random.default_rng([*seed, clinic])) for clinic in range(clinics)]
        back = 1 - (1 + spread * rate) ** (-1 / spread)
        for of, true, ends in (
            ("sessions a month", rate, ("rate", "rate_lower", "rate_upper")),
            ("share back", back, ("proportion", "lower", "upper")),
        ):
            estimate, lower, upper = np.array([[one[name] for name in ends] for one in told], dtype=float).T
            covered = float(np.mean((lower <= true) & (true <= upper)))
            row = {"of": of, "patients": n, "spread": spread, "true": round(true, 4)}
            row |= {
                "bias": round(float(estimate.mean() - true), 4),
                "bias_error": round(float(estimate.std(ddof=1)) / clinics**0.5, 4),
                "covered": round(covered, 3),
            }
            error = (covered * (1 - covered) / clinics) ** 0.5
            rows.append(row | {"monte_carlo_error": round(error, 3), "clinics": clinics})
    pd.DataFrame(rows).to_csv(Path(__file__).with_name("maintenance.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
