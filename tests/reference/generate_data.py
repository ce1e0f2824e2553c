"""Simulate the input tables that R and the mixed-model engine are both given; deterministic by seed.

Run with ``python tests/reference/generate_data.py``. Responses are rounded before they are written, so the
committed files are what every program reads. Nothing here describes a real person.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20_240_611
DATA = Path(__file__).parent / "data"


def correlate(sd: np.ndarray, rho: float) -> np.ndarray:
    """Covariance (T, T) with standard deviations `sd` and a correlation that decays slowly with the lag."""
    lag = np.abs(np.subtract.outer(np.arange(len(sd)), np.arange(len(sd))))
    return np.outer(sd, sd) * rho ** np.sqrt(lag)


def simulate_trial(rng: np.random.Generator) -> pd.DataFrame:
    """Two arms of unequal size, 110 subjects, 5 visits, variance growing; dropout and intermittent gaps."""
    n, visits = 110, 5
    arm = np.where(np.arange(n) < 42, "active", "control")
    rng.shuffle(arm)
    baseline = np.round(rng.normal(17, 4, n))
    age = np.round(rng.normal(45, 12, n))
    sex = rng.choice(["F", "M"], n, p=[0.6, 0.4])
    weight = np.round(rng.uniform(0.4, 2.5, n), 3)
    sd = np.array([3.0, 3.6, 4.4, 4.9, 5.3])
    error = rng.multivariate_normal(np.zeros(visits), correlate(sd, 0.62), n)
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(1, n + 1), visits),
            "visit": np.tile(np.arange(1, visits + 1), n),
            "arm": np.repeat(arm, visits),
            "baseline": np.repeat(baseline, visits),
            "age": np.repeat(age, visits),
            "sex": np.repeat(sex, visits),
            "weight": np.repeat(weight, visits),
        }
    )
    mean = -1.1 * frame.visit - 0.25 * (frame.baseline - 17) - 0.5 * frame.visit * (frame.arm == "active")
    frame["change"] = np.round(mean + error.ravel(), 4)
    last = np.repeat(rng.choice(np.arange(1, visits + 1), n, p=[0.04, 0.06, 0.08, 0.1, 0.72]), visits)
    gap = rng.random(len(frame)) < 0.12
    return frame[(frame.visit <= last) & ~(gap & (frame.visit > 1))].reset_index(drop=True)


def simulate_days(rng: np.random.Generator) -> pd.DataFrame:
    """Random intercept and slope in weeks since the start; every subject has days of its own; 64 subjects."""
    rows = []
    for subject in range(1, 65):
        arm = "active" if subject % 2 else "control"
        days = np.sort(rng.choice(np.arange(0, 71), int(rng.integers(2, 9)), replace=False))
        intercept, slope = rng.multivariate_normal([0, 0], [[9.0, -0.8], [-0.8, 0.45]])
        week = days / 7
        severity = np.round(rng.normal(0, 1, len(days)), 3)
        mean = 20 + intercept + (slope - 0.9 - 0.4 * (arm == "active")) * week + 0.6 * severity
        score = np.round(mean + rng.normal(0, 2.0, len(days)), 4)
        rows += [(subject, arm, d, w, s, y) for d, w, s, y in zip(days, week.round(6), severity, score, strict=True)]
    return pd.DataFrame(rows, columns=["subject", "arm", "day", "week", "severity", "score"])


def simulate_three_arms(rng: np.random.Generator) -> pd.DataFrame:
    """Three arms, 22 subjects, 4 visits, a few gaps: where the small-sample corrections matter most."""
    arms = np.array(["low"] * 8 + ["high"] * 7 + ["placebo"] * 7)
    n, visits = len(arms), 4
    error = rng.multivariate_normal(np.zeros(visits), correlate(np.array([2.0, 2.4, 2.6, 3.0]), 0.55), n)
    effect = pd.Series({"placebo": 0.0, "low": -0.7, "high": -1.6})
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(1, n + 1), visits),
            "visit": np.tile(np.arange(1, visits + 1), n),
            "arm": np.repeat(arms, visits),
            "baseline": np.repeat(np.round(rng.normal(20, 3, n), 1), visits),
        }
    )
    mean = frame.arm.map(effect) * frame.visit - 0.3 * (frame.baseline - 20)
    frame["change"] = np.round(mean + error.ravel(), 4)
    kept = (rng.random(len(frame)) > 0.13) | (frame.visit == 2)
    return frame[kept].reset_index(drop=True)


def simulate_awkward(rng: np.random.Generator) -> pd.DataFrame:
    """Subjects and visits as strings whose alphabetical order is not their order, rows shuffled, odd labels."""
    n = 36
    labels = ["week 2", "week 10", "month 3", "end"]
    subjects = [f"{'ab'[i % 2]} {i * 37 % 101:d}-é" for i in range(n)]
    arms = np.where(np.arange(n) % 3 == 0, "drug (50 mg)", "no drug: usual care")
    error = rng.multivariate_normal(np.zeros(4), correlate(np.array([9.0, 8.0, 11.0, 12.0]), 0.7), n)
    frame = pd.DataFrame(
        {
            "who": np.repeat(subjects, 4),
            "when": np.tile(labels, n),
            "given": np.repeat(arms, 4),
            "log dose": np.repeat(np.round(rng.normal(1.5, 0.4, n), 3), 4),
        }
    )
    order = frame.when.map({label: i for i, label in enumerate(labels)})
    mean = 1000 - 4.0 * order * (frame.given == "drug (50 mg)") + 3.0 * frame["log dose"]
    frame["y"] = np.round(mean + error.ravel(), 3)
    frame = frame[rng.random(len(frame)) > 0.2]
    return frame.sample(frac=1, random_state=rng).reset_index(drop=True)


def simulate_singular(rng: np.random.Generator) -> pd.DataFrame:
    """Slopes that are a multiple of the intercepts: the fitted correlation of the random effects is -1; 24 subjects."""
    n, times = 24, np.arange(4)
    effect = rng.normal(0, 1, n)
    score = 0.3 * times + effect[:, None] * (1 - 0.35 * times) + rng.normal(0, 1, (n, 4))
    rows = {
        "subject": np.repeat(np.arange(1, n + 1), 4),
        "time": np.tile(times, n),
        "score": np.round(score.ravel(), 4),
    }
    return pd.DataFrame(rows)


def simulate_visits(rng: np.random.Generator) -> pd.DataFrame:
    """A loss that 160 subjects of two arms have at a Weibull time from day 14 on, seen at visits only, or treated again first."""
    n = 160
    arm = rng.integers(0, 2, n)
    weight = np.round(rng.uniform(0.3, 1.7, n), 3)
    loss = 14 + 60 * rng.weibull(1.2, n) * np.exp(-0.45 * arm)
    again = np.where(rng.random(n) < 0.35, rng.integers(20, 90, n), 10_000)
    rows = []
    for subject in range(n):
        visits = np.unique(np.concatenate([rng.integers(15, 112, rng.integers(0, 7)), [14]]))
        visits = visits[visits <= again[subject]]
        held, bad = visits[visits < loss[subject]], visits[visits >= loss[subject]]
        lower = int(max(held, default=14))
        outcome = 1 if len(bad) else 2 if again[subject] < 112 else 0
        upper = {0: None, 1: int(min(bad, default=0)), 2: int(again[subject])}[outcome]
        rows.append((subject + 1, "ab"[arm[subject]], weight[subject], lower, upper, outcome))
    table = pd.DataFrame(rows, columns=["subject", "arm", "weight", "lower", "upper", "outcome"])
    return table.astype({"upper": "Int64"})


def simulate_confounded(rng: np.random.Generator) -> pd.DataFrame:
    """Two arms chosen by payer, severity, and site; 400 patients with a change and a response."""
    n = 400
    payer = rng.choice(["commercial", "medicare", "self-pay"], n, p=[0.5, 0.2, 0.3])
    site = rng.choice(["a", "b", "c", "d"], n)
    baseline, failures = np.round(rng.normal(17, 4, n)), rng.poisson(2.5, n)
    logit = 1.3 * (payer == "self-pay") - 0.25 * (failures - 2.5) + 0.08 * (baseline - 17) + 0.4 * (site == "a") - 0.3
    treated = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    change = (
        -0.35 * baseline + 0.5 * (failures - 2.5) - 1.5 * treated - 1.0 * (payer == "self-pay") + rng.normal(0, 4, n)
    )
    columns = {"treated": treated, "baseline": baseline, "payer": payer, "failures": failures, "site": site}
    response = (change <= -0.5 * baseline).astype(int)
    return pd.DataFrame({**columns, "change": np.round(change, 4), "response": response})


TABLES = {
    "trial_unbalanced": simulate_trial,
    "slopes_by_day": simulate_days,
    "three_arms": simulate_three_arms,
    "awkward": simulate_awkward,
    "singular": simulate_singular,
    "seen_at_visits": simulate_visits,
    "confounded": simulate_confounded,
}


def main() -> None:
    """Write every table; each has a random stream of its own, so adding one changes no other."""
    DATA.mkdir(exist_ok=True)
    for stream, (name, simulate) in zip(np.random.SeedSequence(SEED).spawn(len(TABLES)), TABLES.items(), strict=True):
        simulate(np.random.default_rng(stream)).to_csv(DATA / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
