"""How often the interval of the row learned by machine holds the truth in small clinics, where no treatment does anything.

python benchmarks/comparison/learned_interval.py [--clinics 100] [--splits 3]

The clinics are drawn as in `small_grid.py`: 14 columns of confounders, a tenth to a third leave by and by. Beside the row's interval stands what
it was before: the median variance about the median of the splits (Chernozhukov et al. 2018, 10.1111/ectj.12097), nothing enlarged, and Student's quantile with a
degree of freedom for each patient but one. One line a size and endpoint goes to learned_interval.csv beside this file; 100 clinics of 100 patients take 10
minutes of processor time.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from small_grid import COMPARISON, STUDY, draw
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.precision import bound_estimate
from outcomes.analysis.comparison.sensitivity import machine_learning
from outcomes.analysis.comparison.setting import build_setting
from outcomes.settings import check_study

RUNS = (
    (100, 1000, ("change", "response")),
    (300, 2000, ("change",)),
)  # patients, number of the first clinic, endpoints
COLUMNS = ["patients", "endpoint", "interval", "clinics", "bias", "spread", "mean_error", "covered", "covered_error"]


def learn_clinic(n: int, number: int, endpoints: Sequence[str], splits: int) -> list[dict[str, Any]]:
    """Return estimate, error, and whether the interval holds 0, for each endpoint and either interval."""
    study = check_study(STUDY | {"seed": number, "comparison": COMPARISON})
    assert study.comparison is not None
    tables = draw(n, np.random.default_rng([number, n, *b"small_grid"]))
    setting = build_setting(select_compared(tables, study.comparison), study.comparison)
    present = setting.weights["overlap"].present
    x, treated = setting.confounders.design[present], setting.compared.treated[present]
    before = machine_learning.list_before(setting, "day", "day 28")[present]
    rows = []
    for endpoint in endpoints:
        answer = setting.compared.at("day", "day 28", endpoint)[present]
        with threadpool_limits(1):
            found = [machine_learning.learn_difference(x, treated, answer, before, seed) for seed in range(splits)]
        pooled = machine_learning.pool_splits(found)
        known = ~np.isnan(answer)
        shrink = [one.df / (one.df + machine_learning.count_columns(x, known) + 2) for one in found]
        plain = np.array([one.error**2 * less for one, less in zip(found, shrink, strict=True)])
        apart = np.array([one.estimate for one in found]) - pooled.estimate
        former = float(np.sqrt(np.median(plain + apart**2)))
        for name, error, df in (("now", pooled.error, pooled.df), ("before", former, len(x) - 1.0)):
            lower, upper, _ = bound_estimate(pooled.estimate, error**2, df)
            place = {"patients": n, "endpoint": endpoint, "interval": name}
            rows.append(place | {"estimate": pooled.estimate, "error": error, "held": lower <= 0 <= upper})
    return rows


def main() -> None:
    """Run the clinics and write the table."""
    import sklearn.ensemble  # noqa: F401  (its threads can be limited only once it is there)

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=100)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    found = []
    for n, first, endpoints in RUNS:
        for number in tqdm(range(first, first + options.clinics), f"{n} patients", disable=None):
            found += learn_clinic(n, number, endpoints, options.splits)
    summarise(found).to_csv(options.out, index=False, lineterminator="\n")


def summarise(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return bias, spread, mean error, and coverage, by size, endpoint, and interval."""
    parts = pd.DataFrame(rows).groupby(["patients", "endpoint", "interval"], sort=False)
    table = parts.agg(
        clinics=("held", "size"), bias=("estimate", "mean"), spread=("estimate", "std"), mean_error=("error", "mean"), covered=("held", "mean")
    ).reset_index()  # fmt: skip
    table["covered_error"] = np.sqrt(table["covered"] * (1 - table["covered"]) / table["clinics"])
    return table[COLUMNS].round(4)


if __name__ == "__main__":
    main()
