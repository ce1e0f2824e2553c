"""Bias, coverage and type I error of `outcomes.mixed` in small and large trials; deterministic by seed.

Two arms, six visits, unstructured covariance with variance growing over time, about 25% of scores missing: dropout
that depends on the last score seen (missing at random), most of it early. Model: ``change ~ baseline + arm*visit``.
The estimand is the difference of the arms at the last visit, once with no effect at any visit (type I error) and
once with an effect of -2 points at the last (bias, coverage of 95% intervals). The joint test is of no difference at
all six visits. A trial in which too few patients stay has no maximum of the likelihood: it is counted as failed and
the other columns are over the rest. A joint test whose denominator has no positive degrees of freedom is counted in
`no_joint_df` and does not reject.

    python benchmarks/mixed/simulation_study.py [--replicates 2000] [--cores 2] [--sizes 20 40]

writes simulation_study.csv and simulation_study.md. A replicate's random stream depends on the seed, the size and its
number alone, so the cores and their order change nothing.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SEED = 7_310
SIZES = (20, 40, 100, 500)
VISITS = 6
EFFECT = np.linspace(-0.5, -2.0, VISITS)  # the arm's effect by visit where there is one, points
LEAVING = np.array([1.4, 2.5, 3.4, 4.0, 4.5])  # minus the log odds of leaving after visits 1 to 5
METHODS = {
    "Kenward-Roger": {"df": "kenward_roger"},
    "Satterthwaite": {"df": "satterthwaite"},
    "CR2": {"df": "satterthwaite", "vcov": "cr2"},
}
LAST = {"arm[treated]": 1.0, f"arm[treated]:visit[{VISITS}]": 1.0}


def residual_covariance() -> np.ndarray:
    """Give the true covariance (6, 6): standard deviations 3 to 5.5, correlation from 0.75 down to 0.51 with the lag."""
    sd = np.linspace(3.0, 5.5, VISITS)
    lag = np.abs(np.subtract.outer(np.arange(VISITS), np.arange(VISITS)))
    return np.outer(sd, sd) * np.where(lag == 0, 1.0, 0.81 - 0.06 * lag)


def simulate_trial(rng: np.random.Generator, n: int, effect: np.ndarray) -> pd.DataFrame:
    """One trial of `n` patients, half of them treated; a row per score that was seen."""
    treated = np.arange(n) % 2
    baseline = rng.normal(0, 4, n)
    noise = rng.standard_normal((n, VISITS)) @ np.linalg.cholesky(residual_covariance()).T
    change = -np.arange(1, VISITS + 1) - 0.3 * baseline[:, None] + treated[:, None] * effect + noise
    # The further the last score lies above its mean, the likelier the patient does not come back; most who leave do so early.
    hazard = 1 / (1 + np.exp(LEAVING - 0.15 * (change[:, :-1] + np.arange(1, VISITS))))
    kept = np.ones((n, VISITS), dtype=bool)
    kept[:, 1:] = np.cumsum(rng.random(hazard.shape) < hazard, axis=1) == 0
    row, column = np.nonzero(kept)
    return pd.DataFrame(
        {
            "patient": row,
            "visit": pd.Categorical(column + 1, categories=range(1, VISITS + 1), ordered=True),
            "arm": pd.Categorical.from_codes(treated[row], ["control", "treated"]),
            "baseline": baseline[row],
            "change": change[row, column],
        }
    )


def joint_weights(terms: list[str]) -> np.ndarray:
    """Contrasts (6, terms): the difference of the arms at each visit."""
    weights = np.zeros((VISITS, len(terms)))
    weights[:, terms.index("arm[treated]")] = 1
    for visit in range(2, VISITS + 1):
        weights[visit - 1, terms.index(f"arm[treated]:visit[{visit}]")] = 1
    return weights


def analyse(trial: pd.DataFrame, method: str) -> dict[str, float]:
    """Fit one trial by one method: the difference at the last visit, its interval, and the joint test."""
    from outcomes import mixed

    try:
        fit = mixed.fit(trial, "change ~ baseline + arm*visit", subject="patient", visit="visit", **METHODS[method])
    except mixed.MixedError:
        return {"converged": False}
    if not fit.converged:
        return {"converged": False}
    last = fit.contrast(LAST)
    found = {"converged": True, **describe(last)}
    if METHODS[method].get("vcov", "model") == "model":  # a sandwich of so few patients is singular: no joint test
        joint = fit.contrast(joint_weights(list(fit.coefficients["term"])))
        found["joint_p"] = float(joint["p_value"].iloc[0])
    return found


def describe(contrast) -> dict[str, float]:
    """Estimate, standard error, degrees of freedom, p and interval of a single contrast."""
    row = contrast.iloc[0]
    return {name: float(row[name]) for name in ("estimate", "std_error", "df", "p_value", "lower", "upper")}


def replicate(number: int, n: int) -> list[dict]:
    """All methods on one trial without and one with an effect."""
    rows = []
    for scenario, effect in (("none", np.zeros(VISITS)), ("effect", EFFECT)):
        trial = simulate_trial(np.random.default_rng([SEED, n, number, scenario == "effect"]), n, effect)
        missing = 1 - len(trial) / (n * VISITS)
        for method in METHODS:
            result = analyse(trial, method)
            rows.append({"n": n, "scenario": scenario, "method": method, "missing": missing, **result})
    return rows


def tabulate(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a size and method; proportions and their Monte-Carlo standard errors."""
    table = []
    for (n, method), part in rows.groupby(["n", "method"], sort=False):
        done = part[part["converged"]]
        null, alternative = done[done["scenario"] == "none"], done[done["scenario"] == "effect"]
        size = (null["p_value"] < 0.05).mean()
        joint = (null["joint_p"] < 0.05).mean() if null["joint_p"].notna().any() else np.nan
        covered = ((alternative["lower"] <= EFFECT[-1]) & (EFFECT[-1] <= alternative["upper"])).mean()
        table.append(
            {
                "patients": n,
                "method": method,
                "trials": len(part),
                "not_converged": int((~part["converged"]).sum()),
                "no_joint_df": int(null["joint_p"].isna().sum()) if null["joint_p"].notna().any() else np.nan,
                "missing": part["missing"].mean(),
                "bias": (alternative["estimate"] - EFFECT[-1]).mean(),
                "bias_mc_error": alternative["estimate"].std() / np.sqrt(len(alternative)),
                "sd_of_estimate": alternative["estimate"].std(),
                "mean_std_error": np.sqrt((alternative["std_error"] ** 2).mean()),
                "median_df": alternative["df"].median(),
                "coverage": covered,
                "coverage_mc_error": np.sqrt(covered * (1 - covered) / len(alternative)),
                "type_1_error": size,
                "type_1_mc_error": np.sqrt(size * (1 - size) / len(null)),
                "joint_type_1_error": joint,
                "joint_mc_error": np.sqrt(joint * (1 - joint) / len(null)),
            }
        )
    return pd.DataFrame(table)


def write_markdown(table: pd.DataFrame, path: Path) -> None:
    """Write the table as a reader wants it: percentages with their Monte-Carlo errors."""
    lines = [
        "| patients | method | trials (failed) | bias (MC error) | SD of estimate | SE | 95% coverage | type I error | joint |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        percent = [
            "–" if np.isnan(value) else f"{100 * value:.1f} ± {100 * error:.1f} %"
            for value, error in (
                (row.coverage, row.coverage_mc_error),
                (row.type_1_error, row.type_1_mc_error),
                (row.joint_type_1_error, row.joint_mc_error),
            )
        ]
        lines.append(
            f"| {row.patients} | {row.method} | {row.trials} ({row.not_converged}) | {row.bias:+.3f} ({row.bias_mc_error:.3f}) "
            f"| {row.sd_of_estimate:.3f} | {row.mean_std_error:.3f} | " + " | ".join(percent) + " |"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=2_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="patients; other sizes' rows are kept")
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before the workers load NumPy again
    target = HERE / "simulation_study.csv"
    with ProcessPoolExecutor(options.cores) as pool:
        for n in options.sizes:
            found = pool.map(partial(replicate, n=n), range(options.replicates), chunksize=20)
            table = tabulate(pd.DataFrame([row for rows in found for row in rows]))
            if target.exists():
                before = pd.read_csv(target)
                table = pd.concat([before[before["patients"] != n], table]).sort_values("patients", kind="stable")
            table.to_csv(target, index=False, float_format="%.6g")
            write_markdown(table, target.with_suffix(".md"))
            print(f"{n} patients: {options.replicates} replicates done", flush=True)


if __name__ == "__main__":
    main()
