"""How long 100 imputations of 1,000 patients at 6 time points take, each analysed under every strategy.

From the table of scores to the pooled rows: imputation model with 15 covariates by time point, draws of its parameters, imputation, and
analysis at every time point under missing at random, the three strategies by reference arm, and two deltas: difference in change, and overlap-weighted
difference and ratio of response and remission. A third of the scores is missing. Seconds are of processor time, one thread.

    python benchmarks/comparison/imputation_speed.py --out benchmarks/comparison/imputation_speed.csv
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.missing.imputations import impute_axis, tabulate_imputations
from outcomes.analysis.comparison.missing.responders import RULES, Judge
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.criteria import Criteria
from outcomes.instruments import read_instruments
from outcomes.settings import Endpoints
from outcomes.settings.imputation import Imputation

POINTS, COVARIATES, RUNS = 6, 15, 5
CRITERIA = Criteria.of("phq9", read_instruments()["phq9"], Endpoints())


def simulate(patients: int, seed: int = 1) -> tuple[Compared, np.ndarray]:
    """Return two arms with dropout and gaps, and the covariates."""
    generator = np.random.default_rng(seed)
    treated, baseline = generator.random(patients) < 0.5, generator.normal(17, 4, patients)
    covariates = generator.normal(size=(patients, COVARIATES))
    errors = generator.multivariate_normal(np.zeros(POINTS), 8 * np.eye(POINTS) + 10, patients)
    change = -0.3 * baseline[:, None] + 0.2 * covariates.sum(axis=1)[:, None] + errors
    change += np.outer(treated, -0.4 * np.arange(1, POINTS + 1))
    last = np.minimum(generator.geometric(0.1, patients), POINTS)
    change[np.arange(POINTS) >= last[:, None]] = np.nan
    change[generator.random(change.shape) < 0.1] = np.nan
    person, place = np.nonzero(~np.isnan(change))
    names = tuple(f"session {number + 1}" for number in range(POINTS))
    scores = pd.DataFrame(
        {"person": person, "axis": "session", "timepoint": np.array(names)[place], "change": change[person, place]}
    )
    for endpoint, rule in RULES.items():
        scores[endpoint] = rule(baseline[person] + scores["change"].to_numpy(), baseline[person], CRITERIA).value
    return Compared(
        pd.DataFrame({"treated": treated, "baseline": baseline}), scores, {"session": names}, {}
    ), covariates


def main() -> None:
    """Write the median of a few runs for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for patients in (300, 1000, 5000):
        compared, covariates = simulate(patients)
        specification = Specification("session", "unstructured", (), True, "model")
        weights = compute_weights(compared.treated, covariates, "overlap")
        seconds = []
        for run in range(RUNS):
            start, generator = time.process_time(), np.random.default_rng(run)
            judge = Judge(CRITERIA, 1.0, weights)
            analysed = impute_axis(compared, specification, weights.weight, covariates, Imputation(), generator, judge)
            table = tabulate_imputations([analysed])
            seconds.append(time.process_time() - start)
        missing = analysed.wide.missing.mean()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        facts = {
            "patients": patients,
            "timepoints": POINTS,
            "imputations": 100,
            "analyses": table["analysis"].nunique(),
            "contrasts": len(analysed.found),
        }
        rows.append(
            facts
            | {"missing": round(missing, 3), "seconds": round(float(np.median(seconds)), 2), "peak_mib": round(peak)}
        )
    pd.DataFrame(rows).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
