"""How often the intervals of charges hold the truth, over drawn clinics in which severity and payer choose arm, sessions, scores, and response.

Charges are sessions times the clinic's price, a sixth more with therapy; the severe have fewer sessions, respond less, and come back less often for a score. Truths
are those of two million such patients: of whoever has an arm for what one arm is charged, of the overlap population for the
differences. Each clinic is drawn from its own stream, so that a run can be repeated.

    python benchmarks/cost/coverage_of_cost.py [clinics]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.weighting.weights import compute_effective_n, compute_weights
from outcomes.analysis.cost.contrast import bound_normal, draw_differences, estimate_contrast, weigh_benefit
from outcomes.analysis.cost.resampling import bound_quotient

SIZES, REPLICATES, WORTH = (60, 150, 450), 1000, 10_000.0
PRICE, SESSIONS = (930.0, 600.0), (7.5, 5.5)  # esketamine, IV
LARGE = 2_000_000


class Clinic(NamedTuple):
    """Patients: confounders, the chance of the treated arm, and under each arm the charge, the response, and whether a score is had."""

    design: np.ndarray
    chance: np.ndarray
    treated: np.ndarray
    amount: np.ndarray
    response: np.ndarray
    scored: np.ndarray

    def take(self, values: np.ndarray) -> np.ndarray:
        """Return what happens under the arm that each patient has."""
        return np.where(self.treated, values[1], values[0])


def draw_clinic(n: int, rng: np.random.Generator) -> Clinic:
    """Return the patients of one clinic."""
    severe, insured, therapy = rng.normal(size=n), rng.random(n) < 0.6, rng.random(n) < 0.3
    chance = invert(0.3 + 0.4 * severe - 0.9 * insured)
    ease = rng.normal(0, 0.4, n)  # who does well has more sessions
    amount, response, scored = [], [], []
    for arm in (0, 1):
        sessions = 1 + rng.poisson(SESSIONS[arm] * np.exp(-0.15 * severe + 0.3 * ease))
        amount.append(PRICE[arm] * sessions * np.where(therapy, 1.17, 1.0))
        response.append((rng.random(n) < invert(-0.3 + 0.4 * arm - 0.5 * severe + ease)).astype(float))
        scored.append(rng.random(n) < invert(1.0 - 0.5 * arm - 0.4 * severe))
    return Clinic(
        np.column_stack([severe, insured]),
        chance,
        rng.random(n) < chance,
        np.array(amount),
        np.array(response),
        np.array(scored),
    )


def invert(linear: np.ndarray) -> np.ndarray:
    """Return the probability of log odds."""
    return np.asarray(1 / (1 + np.exp(-linear)))


def compute_truth() -> dict[str, float]:
    """Return the true value of every quantity."""
    many = draw_clinic(LARGE, np.random.default_rng(1))
    own = many.treated
    seen = many.take(many.response) * many.take(many.scored)
    tilt = many.chance * (1 - many.chance)
    charge, response = (float(np.average(one[1] - one[0], weights=tilt)) for one in (many.amount, many.response))
    amount = many.take(many.amount)
    return {
        "mean charge": float(amount[own].mean()),
        "charge per responder, all treated": float(amount[own].sum() / seen[own].sum()),
        "charge per responder, complete cases": float(
            amount[own & many.take(many.scored).astype(bool)].sum() / seen[own].sum()
        ),
        "difference in charge": charge,
        "difference in response": response,
        "net benefit": WORTH * response - charge,
    }


def estimate(clinic: Clinic, rng: np.random.Generator) -> Iterator[tuple[str, float, float, float]]:
    """Yield each quantity's estimate and interval in a clinic."""
    own, amount, response = clinic.treated, clinic.take(clinic.amount), clinic.take(clinic.response)
    scored = clinic.take(clinic.scored).astype(bool)
    for name, rows, below in (
        ("mean charge", own, np.ones(len(own))),
        ("charge per responder, all treated", own, response * scored),
        ("charge per responder, complete cases", own & scored, response),
    ):
        yield name, *bound_quotient(amount[rows], below[rows], REPLICATES, rng)[:3]
    weights = compute_weights(own, clinic.design, "overlap")
    seen = np.where(scored, response, np.nan)
    found = estimate_contrast(amount, seen, own, clinic.design, weights)
    size = compute_effective_n(weights.weight[scored])
    df = max(size - clinic.design.shape[1] - 2, 1.0)
    drawn = draw_differences([found], REPLICATES, rng, (size / df) ** 0.5)
    for place, name in enumerate(("difference in charge", "difference in response")):
        value = float(found.differences[place])
        yield name, value, *bound_normal(value, drawn[:, place], df)
    benefit = weigh_benefit(found.differences, drawn, WORTH, df)
    yield "net benefit", benefit["benefit"], benefit["lower"], benefit["upper"]


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    truth, rows = compute_truth(), []
    for n in SIZES:
        found = [
            {"clinic": clinic, "quantity": name, "estimate": value, "lower": lower, "upper": upper}
            for clinic in range(clinics)
            for rng in [np.random.default_rng([n, clinic])]
            for name, value, lower, upper in estimate(draw_clinic(n, rng), rng)
        ]
        for name, own in pd.DataFrame(found).groupby("quantity", sort=False):
            true = truth[str(name)]
            covered = float(((own["lower"] <= true) & (true <= own["upper"])).mean())
            rows.append(
                {
                    "patients": n,
                    "quantity": name,
                    "true": round(true, 4),
                    "bias": round(float(own["estimate"].median() - true), 4),
                    "width": round(float((own["upper"] - own["lower"]).median()), 4),
                    "covered": round(covered, 3),
                    "monte_carlo_error": round(float(np.sqrt(covered * (1 - covered) / clinics)), 3),
                }
            )
    table = pd.DataFrame(rows).assign(clinics=clinics)
    table.to_csv(Path(__file__).with_name("coverage.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
