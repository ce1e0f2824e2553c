"""How often the weighted difference with a variance clustered by site holds the truth, where sites are few and unequal.

    python benchmarks/sites/clustered.py [clinics]

Patients of three to twelve sites change by baseline, arm, and their site, which has an effect of its own on the change and on the difference of the
arms; sites offer the arms in unequal shares. Site and baseline make the overlap weights, and the primary model is fitted to the change at one time
point. The true difference is the mean of all sites that might have been. ``clustered.csv``, written beside this script, has for the variance
by patient, for that by site, and for the wider interval of the two: coverage, rejections of a true null, and the median width, each where the degrees of freedom
are what they may.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes import mixed
from outcomes.analysis.comparison.weighting.weights import compute_weights

SITES = (3, 4, 5, 8, 12)
SIZES = {
    3: (0.6, 0.25, 0.15),
    4: (0.5, 0.25, 0.15, 0.1),
    5: (0.45, 0.25, 0.15, 0.1, 0.05),
    8: (0.3, 0.2, 0.15, 0.1, 0.08, 0.07, 0.05, 0.05),
    12: (0.2, 0.15, 0.12, 0.1, 0.08, 0.07, 0.07, 0.06, 0.05, 0.04, 0.03, 0.03),
}
PATIENTS, NOISE, LEVEL = 240, 5.0, 2.0  # points: of a patient's change, of a site's mean
Row = dict[str, Any]


def draw_frame(sites: int, equal: bool, apart: float, generator: np.random.Generator) -> pd.DataFrame | None:
    """Return the changes of one clinic with their weights; None where an arm of a site is empty."""
    shares = np.full(sites, 1 / sites) if equal else np.array(SIZES[sites])
    site = np.repeat(np.arange(sites), np.round(shares * PATIENTS).astype(int))
    baseline = generator.normal(17, 4, len(site))
    offered = generator.uniform(0.2, 0.8, sites)[site]
    treated = generator.random(len(site)) < offered
    if any(treated[site == one].min() == treated[site == one].max() for one in range(sites)):
        return None
    change = -0.4 * (baseline - 17) + generator.normal(0, LEVEL, sites)[site] + generator.normal(0, NOISE, len(site))
    change += generator.normal(0, apart, sites)[site] * treated if apart else 0.0
    design = np.column_stack([baseline, *(site == one for one in range(1, sites))]).astype(float)
    weights = compute_weights(treated, design, "overlap")
    arm = pd.Categorical.from_codes(treated.astype(int), pd.Index(["reference", "treated"]))
    frame = {
        "person": np.arange(len(site)),
        "visit": "day 28",
        "arm": arm,
        "baseline": baseline,
        "change": change,
        "weight": weights.weight,
    }
    return pd.DataFrame(frame | {"site": site})


def study_clinic(frame: pd.DataFrame) -> Row:
    """Return the difference with both intervals; the true one is 0."""
    fit = mixed.fit(
        frame, "change ~ arm + baseline", subject="person", visit="visit", weights="weight", covariance="unstructured",
        df="satterthwaite", vcov="cr2",
    )  # fmt: skip
    by_site = mixed.cluster(fit, dict(enumerate(frame["site"].astype(str))), "cr2")
    rows = [mixed.differences(one, "arm").iloc[0] for one in (fit, by_site)]
    return {"df": rows[1]["df"], "estimate": rows[0]["estimate"]} | {
        f"{name}_{end}": row[end] for name, row in zip(("patient", "site"), rows, strict=True) for end in ("lower", "upper")
    }  # fmt: skip


def summarise(found: pd.DataFrame) -> Row:
    """Return coverage and median width of the interval by patient, by site, and of the wider of the two."""
    wider = found["site_upper"] - found["site_lower"] >= found["patient_upper"] - found["patient_lower"]
    for end in ("lower", "upper"):
        found[f"wider_{end}"] = found[f"site_{end}"].where(wider, found[f"patient_{end}"])
    line: Row = {"df_median": found["df"].median(), "site_is_narrower": 1 - wider.mean()}
    for name in ("patient", "site", "wider"):
        inside = ((found[f"{name}_lower"] <= 0) & (found[f"{name}_upper"] >= 0)).mean()
        line |= {
            f"{name}_covers": inside,
            f"{name}_width": (found[f"{name}_upper"] - found[f"{name}_lower"]).median(),
        }
    return line | {"covers_error": (line["site_covers"] * (1 - line["site_covers"]) / len(found)) ** 0.5}


def main(clinics: int) -> None:
    """Write the table."""
    rows = []
    for sites in SITES:
        for equal in (True, False):
            for apart in (0.0, 2.0):
                generator = np.random.default_rng([sites, equal, int(10 * apart)])
                drawn = (draw_frame(sites, equal, apart, generator) for _ in range(clinics))
                found = pd.DataFrame([study_clinic(frame) for frame in drawn if frame is not None])
                setting = {
                    "sites": sites,
                    "equal": equal,
                    "sd_of_differences": apart,
                    "df": "any",
                    "clinics": len(found),
                }
                rows.append(setting | summarise(found))
                for name, part in (("below 4", found[found["df"] < 4]), ("4 and more", found[found["df"] >= 4])):
                    if 50 <= len(part) < len(found):
                        rows.append(setting | {"df": name, "clinics": len(part)} | summarise(part.copy()))
    table = pd.DataFrame(rows)
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.4f")
    print(table.to_string(float_format="%.3f"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
