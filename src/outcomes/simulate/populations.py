"""For whom a comparison holds: the weights that turn patients' own differences into an estimand."""

from __future__ import annotations

import numpy as np

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.parameters import ARMS, PAYERS, SITE_COUNT

MOST_STEPS, SMALLEST_STEP = 25, 1e-9
POPULATIONS = {
    "ate": "average over all patients treated with IV or esketamine",
    "att": "average over the patients treated with IV",
    "ato": "average with overlap weights e(1 - e), e the true probability of IV given payer, failed antidepressants, "
    "baseline PHQ-9, and site (Li 2018, 10.1080/01621459.2016.1260466)",
    "conditional": "average with the weights that a linear model with the confounders as covariates, and no interaction "
    "with arm, gives to patients: the target of covariate adjustment alone",
}


def compute_weights(cohort: Cohort, arm: Ints, propensity: Floats) -> dict[str, Floats]:
    """Return one weight per patient for every population; patients treated with IM have none."""
    compared: Bools = arm != ARMS.index("im")
    chance = np.where(compared, propensity, 0.0)
    linear = project(build_design(cohort)[compared], chance[compared])
    conditional = np.zeros(len(arm))
    inside = chance[compared]
    conditional[compared] = inside * (1 - linear) ** 2 + (1 - inside) * linear**2
    return {
        "ate": compared.astype(np.float64),
        "att": (arm == ARMS.index("iv")).astype(np.float64),
        "ato": chance * (1 - chance),
        "conditional": conditional,
    }


def build_design(cohort: Cohort) -> Floats:
    """Return the confounders as columns: intercept, payer, failures, baseline PHQ-9, age, sex, site."""
    people = cohort.people
    columns = [
        np.ones(len(cohort)),
        *((people.payer == payer).astype(np.float64) for payer in range(1, len(PAYERS))),
        people.failures - 2.0,
        cohort.baseline_phq9 - 17.0,
        (people.age - 45.0) / 10.0,
        people.female.astype(np.float64),
        *((people.site == site).astype(np.float64) for site in range(2, SITE_COUNT + 1)),
    ]
    return np.column_stack(columns)


def project(design: Floats, outcome: Floats) -> Floats:
    """Return the least-squares fit of an outcome; collinear columns are allowed."""
    fitted: Floats = design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
    return fitted


def fit_log_odds_ratio(design: Floats, with_iv: Bools, with_esketamine: Bools) -> float | None:
    """Return the log odds ratio of IV given the confounders, from both potential outcomes of every patient.

    Maximum likelihood by Newton's method with a negligible ridge; None where an outcome is too rare to tell (fewer
    than ten patients with or without it under either arm, or no convergence).
    """
    smallest = min(int(part.sum()) for one in (with_iv, with_esketamine) for part in (one, ~one))
    if smallest < 10:
        return None
    count = len(design)
    treated = np.repeat([1.0, 0.0], count)[:, None]
    stacked = np.hstack([np.vstack([design, design]), treated])
    outcome = np.concatenate([with_iv, with_esketamine]).astype(np.float64)
    ridge = 1e-8 * np.eye(stacked.shape[1])
    beta = np.zeros(stacked.shape[1])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(stacked @ beta, -30, 30)))
        gradient = stacked.T @ (outcome - chance)
        hessian = stacked.T @ (stacked * (chance * (1 - chance))[:, None]) + ridge
        step = np.linalg.solve(hessian, gradient)
        beta = beta + step
        if np.abs(step).max() < SMALLEST_STEP:
            return float(beta[-1])
    return None
