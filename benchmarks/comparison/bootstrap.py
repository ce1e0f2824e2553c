"""Time of the bootstrap: 1,000 samples of 2,000 patients, the propensity score and the mixed model estimated anew in each.

    python benchmarks/comparison/bootstrap.py --out benchmarks/comparison/bootstrap.csv

Wall and processor seconds of the one process; on an idle machine they are the same. The floor that was set is 60 s on two cores.
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path

import numpy as np
import pandas as pd
from operating_characteristics import CONFOUNDERS, LADDER, build_compared, drop_out

from outcomes.analysis.comparison.effects.bootstrap import resample_differences
from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.simulate import simulate_network


def main() -> None:
    """Measure from the command line and write one row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    whole = build_compared(simulate_network(options.patients * 5 // 4, 77, None))
    compared = drop_out(whole, np.random.default_rng(77)).take(np.arange(options.patients))
    design = code_confounders(compared.people, CONFOUNDERS, "spline").design
    plan = [Specification("day", "unstructured", LADDER)]
    wall, processor = time.perf_counter(), time.process_time()
    drawn = resample_differences(compared, design, plan, "overlap", None, options.replicates, 1)
    row = {
        "patients": len(compared.people),
        "replicates": options.replicates,
        "converged": int(drawn["sample"].nunique()),
        "wall_s": round(time.perf_counter() - wall, 1),
        "processor_s": round(time.process_time() - processor, 1),
        "python": platform.python_version(),
    }
    pd.DataFrame([row]).to_csv(options.out, index=False)
    print(row)


if __name__ == "__main__":
    main()
