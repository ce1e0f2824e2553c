"""Interaction tests of the change with the weights taken as known, and with the variance that holds that the levels' scores were estimated.

Clinics, confounding, dropout, and levels are those of ``subgroup_tests.py``: levels drawn at random, so that the arms differ by the same in
each: two of equal size (``two``), and two of which one has a fifth of the patients (``fifth``). Set side by side are the spread of the
estimated difference between the levels' effects, the mean of its standard errors, and how often the test rejects at 5 %. The model is that of
``estimate_changes``.

    python benchmarks/comparison/interaction_variance.py --clinics 300 --out benchmarks/comparison/interaction_variance.csv
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))
from operating_characteristics import CONFOUNDERS, LADDER, MAIN, build_compared, drop_out
from subgroup_tests import LEVELS

from outcomes import mixed
from outcomes.analysis.comparison.effects.primary import build_frame
from outcomes.analysis.comparison.subgroups.levels import Within, weigh_within
from outcomes.settings.comparison import Comparison
from outcomes.simulate import simulate_network

ESTIMAND = {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "timepoint": MAIN}
COLUMNS = ["levels", "variance", "clinics", "spread", "spread_se", "mean_error", "rejected", "rejected_se"]
Row = dict[str, Any]


def study_clinic(task: tuple[int, int]) -> list[Row]:
    """Return the difference between the levels' effects of one clinic, with either variance."""
    seed, patients = task
    whole = build_compared(simulate_network(patients, seed, None))
    generator = np.random.default_rng([seed, *b"levels"])
    drawn = {name: generator.choice(len(shares), len(whole.people), p=shares) for name, shares in LEVELS.items()}
    partial = drop_out(whole, np.random.default_rng([seed, *b"dropout"]))
    comparison = Comparison.model_validate({"estimand": ESTIMAND, "confounders": CONFOUNDERS, "fallback": LADDER})
    rows = []
    for name in ("two", "fifth"):
        place = drawn[name]
        within = [weigh_within(partial.people, partial.treated, place == level, comparison) for level in (0, 1)]
        weight = np.zeros(len(place))
        for own in within:
            if own.weights is not None:
                weight[own.rows] = own.weights.weight
        codes = np.array(["l0", "l1"])
        frame = build_frame(partial, "day", weight)
        frame = frame.assign(level=pd.Categorical(codes[place[frame["person"].to_numpy()]], codes))
        rows += compare_variances(frame, [own for own in within if own.weights is not None], {"levels": name})
    return rows


def compare_variances(frame: pd.DataFrame, within: list[Within], key: Row) -> list[Row]:
    """Fit the model of ``estimate_changes`` and return the difference between the two levels' effects with either standard error."""
    fit = mixed.fit(
        frame,
        "change ~ arm * level * timepoint + baseline * timepoint",
        subject="person",
        visit="timepoint",
        weights="weight",
        covariance="unstructured",
        fallback=LADDER,
        df="satterthwaite",
        vcov="cr2",
    )
    names = ["arm[treated]:level[l1]", f"arm[treated]:level[l1]:timepoint[{MAIN}]"]
    found = fit.contrast(dict.fromkeys(names, 1.0)).iloc[0]
    influence, plain = (mixed.influences(fit, kind)[names].sum(axis=1) for kind in ("cr2", "cr0"))
    people = pd.RangeIndex(1 + max(int(own.rows.max()) for own in within))
    total, plain = (one.reindex(people, fill_value=0.0).to_numpy(copy=True) for one in (influence, plain))
    for own in within:  # what a patient does to the level's score, and through it to the weights of the level
        assert own.weights is not None
        assert own.weights.propensity is not None
        gradient = own.weights.propensity.design.T @ (own.weights.slope / own.weights.weight * plain[own.rows])
        total[own.rows] += own.weights.propensity.influence @ gradient / len(own.rows)
    gap, df = float(found["estimate"]), float(found["df"])
    errors = {"known": float(found["std_error"]), "stacked": float(np.sqrt(total @ total))}
    return [
        key | {"variance": name, "gap": gap, "error": error, "p": 2 * stats.t.sf(abs(gap / error), df)}
        for name, error in errors.items()
    ]


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return spread, mean error, and rejections by levels and variance, with Monte-Carlo errors."""
    found = []
    for (levels, variance), own in rows.groupby(["levels", "variance"], sort=False):
        n, rejected, spread = len(own), (own["p"] < 0.05).mean(), own["gap"].std()
        errors = spread / np.sqrt(2 * n), np.sqrt(rejected * (1 - rejected) / n)
        found.append([levels, variance, n, spread, errors[0], own["error"].mean(), rejected, errors[1]])
    return pd.DataFrame(found, columns=COLUMNS)


def main() -> None:
    """Run the study from the command line and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=300)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=730_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tasks = [(options.seed + clinic, options.patients) for clinic in range(options.clinics)]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = [row for rows in tqdm(pool.map(study_clinic, tasks), total=len(tasks)) for row in rows]
    table = summarise(pd.DataFrame(rows))
    table.to_csv(options.out, index=False, float_format="%.4f")
    print(table.to_string(float_format="%.4f"))


if __name__ == "__main__":
    main()
