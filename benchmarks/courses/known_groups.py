"""How often the number of groups of course is found, and how well who is in which, over drawn clinics whose groups are known.

Scores at a baseline and after six sessions, whole numbers from 0 to 27, a tenth missing, and many patients stopping early. One group whose courses differ by degrees, normal or skewed
(gamma); two, of whom one responds and one does not; and a third that relapses. Each clinic is drawn from its own stream, so that a run can be repeated.

    python benchmarks/courses/known_groups.py [clinics]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from outcomes.analysis.courses.coefficients import FEWEST_SCORES, Scored, fit_coefficients
from outcomes.analysis.courses.number import try_numbers

SIZES, TIMES = (120, 400), np.arange(7.0)
FEWEST = 11  # patients of a group
POINTS = pd.DataFrame(
    {
        "axis": ["baseline", *["session"] * 6],
        "timepoint": ["baseline", *(f"session {k}" for k in range(1, 7))],
        "time": TIMES,
    }
)
MEANS = {
    "by degrees": (17.5, 15.5, 14.0, 12.5, 11.2, 10.8, 10.4),
    "responds": (18.0, 15.0, 12.0, 9.0, 7.0, 6.0, 5.0),
    "stays": (18.0, 17.8, 17.5, 17.2, 17.0, 17.0, 17.0),
    "relapses": (18.0, 13.0, 9.0, 7.0, 9.0, 13.0, 16.0),
}
TRUTHS = {
    "one": ("by degrees",),
    "one, skewed": ("by degrees",),
    "two": ("responds", "stays"),
    "three": ("responds", "stays", "relapses"),
}
LEVEL_SD, SLOPE_SD, ONE_SLOPE_SD, NOISE_SD = 2.5, 2.0, 5.0, 2.3


def draw_clinic(truth: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and true group of the patients with enough scores."""
    courses = TRUTHS[truth]
    group = rng.integers(0, len(courses), n)
    fall = np.log1p(TIMES) / np.log1p(TIMES[-1])
    slope = -(rng.gamma(2, 1, n) - 2) / np.sqrt(2) if truth == "one, skewed" else rng.normal(size=n)
    spread = ONE_SLOPE_SD if len(courses) == 1 else SLOPE_SD
    mean = np.array([MEANS[name] for name in courses])[group]
    scores = mean + LEVEL_SD * rng.normal(size=(n, 1)) + spread * slope[:, None] * fall
    scores = np.clip(np.round(scores + rng.normal(0, NOISE_SD, scores.shape)), 0, 27)
    had = rng.integers(3, 12, n)
    scores[(np.arange(7)[None] >= had[:, None]) | (rng.random(scores.shape) < 0.1)] = np.nan
    enough = np.isfinite(scores).sum(axis=1) >= FEWEST_SCORES
    return scores[enough], group[enough]


def analyse(truth: str, n: int, clinic: int) -> dict[str, object]:
    """Return what is found in one clinic."""
    scores, group = draw_clinic(truth, n, np.random.default_rng([n, clinic, *truth.encode()]))
    coefficients = fit_coefficients(Scored("session", POINTS, scores))
    assert coefficients is not None
    found = next(one for one in try_numbers(coefficients.values, FEWEST, [clinic]) if one.chosen)
    index = adjusted_rand_score(group, found.groups.members) if found.count > 1 and found.groups is not None else np.nan
    return {"truth": truth, "patients": n, "groups": found.count, "index": index}


def main(clinics: int) -> None:
    """Write what was found beside this script."""
    found = pd.DataFrame([analyse(truth, n, one) for truth in TRUTHS for n in SIZES for one in range(clinics)])
    rows = []
    for (truth, n), own in found.groupby(["truth", "patients"], sort=False):
        chosen = {f"chose_{count}": round(float((own["groups"] == count).mean()), 3) for count in range(1, 5)}
        right = own["groups"] == len(TRUTHS[str(truth)])
        index = own.loc[right, "index"].median()
        rows.append({"truth": truth, "patients": n, **chosen, "rand_where_right": round(float(index), 2)})
    pd.DataFrame(rows).assign(clinics=clinics).to_csv(Path(__file__).with_name("known_groups.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
