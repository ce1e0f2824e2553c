"""How often what is said of sites is true, over drawn clinics whose sites have a known effect, or none.

    python benchmarks/sites/coverage_of_sites.py [clinics]

Patients of eight sites respond by a logistic model of baseline, age, arm, and their site, whose effect on the log odds is normal with a known
standard deviation. Written beside this script, each share with its Monte-Carlo error:

``spread.csv``  how often the interval of the standard deviation between sites holds it, and sites outside the limits beside those expected.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.sites.expected import Expected
from outcomes.analysis.comparison.sites.table import describe_spread
from outcomes.analysis.comparison.weighting.propensity import fit_logistic

HERE = Path(__file__).parent
SITES = 8


def draw_clinics(patients: int, sd: float, rng: np.random.Generator, offered: bool = False) -> Expected:
    """Return the patients of eight sites of unequal size, and what a model without site expects of them.

    With ``offered`` sites differ in how often they give the treated arm, so that arm and site are confounded.
    """
    site = rng.choice(SITES, patients, p=np.arange(4, 4 + SITES) / sum(range(4, 4 + SITES)))
    share = rng.uniform(0.1, 0.9, SITES)[site] if offered else 0.5
    treated = rng.random(patients) < share
    baseline, age = rng.normal(size=(2, patients))
    linear = -0.3 + 0.4 * treated + 0.5 * baseline - 0.2 * age + rng.normal(0, sd, SITES)[site]
    responded = (rng.random(patients) < 1 / (1 + np.exp(-linear))).astype(float)
    model = fit_logistic(np.column_stack([treated, baseline, age]), responded)
    return Expected(
        np.array([f"site-{k}" for k in site], dtype=object), responded, model.probability, "maximum_likelihood"
    )


def _share(values: list[bool]) -> dict[str, float]:
    found = float(np.mean(values))
    return {
        "covered": round(found, 3),
        "monte_carlo_error": round(float(np.sqrt(found * (1 - found) / len(values))), 3),
    }


def measure_spread(clinics: int) -> pd.DataFrame:
    """Return how the spread between sites is found, by patients and true standard deviation."""
    rows = []
    settings = [(n, sd, False) for n in (240, 800) for sd in (0.0, 0.25, 0.5, 1.0)] + [
        (800, 0.0, True),
        (800, 0.5, True),
    ]
    for patients, sd, offered in settings:
        found = []
        for clinic in range(clinics):
            rng = np.random.default_rng([patients, round(100 * sd), offered, clinic])
            found.append(describe_spread(draw_clinics(patients, sd, rng, offered), 11))
        made = pd.DataFrame(found)
        inside = ((made["lower"] <= sd) & (sd <= made["upper"])).tolist()
        rows.append(
            {
                "patients": patients, "true_sd": sd, "arms_by_site": offered, "median_sd": round(float(made["sd"].median()), 3), **_share(inside),
                "outside_95": round(float(made["outside_95"].mean()), 3), "chance_95": round(float(made["chance_95"].mean()), 3),
                "outside_999": round(float(made["outside_999"].mean()), 4), "chance_999": round(float(made["chance_999"].mean()), 4),
                "rejected_5_percent": round(float((made["p_value"] < 0.05).mean()), 3), "clinics": clinics,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def main(clinics: int) -> None:
    """Write what was measured."""
    measure_spread(clinics).to_csv(HERE / "spread.csv", index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
