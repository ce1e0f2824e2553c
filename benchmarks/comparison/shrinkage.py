"""Coverage and error of level estimates by themselves, by DerSimonian and Laird's shrinkage, and with the half-normal prior.

Effects of the levels are normal about -2 with a given standard deviation, errors between 0.6 and 1.4 points, the prior's scale 1.5 points.

    python benchmarks/comparison/shrinkage.py --out benchmarks/comparison/shrinkage.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.subgroups.shrinkage import Z, condition_on_spread, shrink_effects


def shrink_moments(estimates: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return estimates and half-widths with the spread of DerSimonian and Laird (1986, 10.1016/0197-2456(86)90046-2) taken as known."""
    w = 1 / errors**2
    q = w @ np.square(estimates - w @ estimates / w.sum())
    tau2 = max(0.0, (q - (len(w) - 1)) / (w.sum() - np.square(w).sum() / w.sum()))
    mean, variance, _ = condition_on_spread(estimates, errors, np.sqrt([tau2]))
    return mean[0], Z * np.sqrt(variance[0]), tau2


def study(levels: int, spread: float, runs: int) -> dict[str, float]:
    """Return coverage, root mean squared error, and width of each way, and how often the moment estimate of the spread is 0."""
    generator = np.random.default_rng([13, levels, int(10 * spread)])
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        errors = generator.uniform(0.6, 1.4, levels)
        effects = -2 + spread * generator.standard_normal(levels)
        estimates = effects + errors * generator.standard_normal(levels)
        middle, half, tau2 = shrink_moments(estimates, errors)
        drawn = shrink_effects(estimates, errors, 1.5)
        ways = {
            "raw": (estimates, estimates - Z * errors, estimates + Z * errors),
            "moments": (middle, middle - half, middle + half),
            "prior": (drawn.estimate, drawn.lower, drawn.upper),
        }
        for name, (value, low, high) in ways.items():
            found.setdefault(f"coverage_{name}", []).append(float(np.mean((low <= effects) & (effects <= high))))
            found.setdefault(f"error_{name}", []).append(float(np.mean(np.square(value - effects))))
            found.setdefault(f"width_{name}", []).append(float(np.mean(high - low)))
        found.setdefault("moments_zero", []).append(float(tau2 == 0))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return {name: np.sqrt(value) if name.startswith("error") else value for name, value in means.items()}


def main() -> None:
    """Run the study from the command line and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = [
        {"levels": levels, "spread": spread} | study(levels, spread, options.runs)
        for levels in (2, 3, 8)
        for spread in (0.0, 0.5, 1.0, 2.0)
    ]
    table = pd.DataFrame(rows)
    table.to_csv(options.out, index=False, float_format="%.4f")
    print(table.to_string(float_format="%.3f"))


if __name__ == "__main__":
    main()
