"""Whether a penalised odds ratio could stand where the weighted estimating equations have no finite one: what its intervals are worth.

Baseline and a site decide the arm, as in ``odds.py``; the endpoint is rare, so that at many time points an arm has no one with it. The odds ratio is
estimated at one time point by Firth's adjusted score with the weights of the comparison and working independence (for one score a patient the
penalised estimating equations of Mondol & Rahman 2019, 10.1002/sim.8126), from patients whose events are rare. Weights sum to the effective number of patients. Five intervals:

- ``sandwich``: the plain sandwich, as the row of the grid has it where it is finite;
- ``mancl_derouen``: the sandwich with each patient's residual over 1 less the leverage;
- ``model``: Wald's, by the penalised information;
- ``profile``: by the penalised likelihood (Heinze & Schemper 2002, 10.1002/sim.1047);
- ``wider``: the wider of ``mancl_derouen`` and ``model``.

Each is judged in clinics where the odds ratio is now refused (``separated``), and over all clinics, with the plain estimate and its sandwich where
that is finite (``all``).

    python benchmarks/comparison/penalised_odds.py [clinics]
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.mixed.separation import find_separation
from outcomes.settings.comparison import WeightKind

SIZES, EFFECTS, STARTS = (60, 120, 300), (0.0, 1.2), (-4.0, -3.0)
WAYS = ("sandwich", "mancl_derouen", "model", "profile", "wider")
Z, FAR = float(norm.ppf(0.975)), 30.0
Floats = np.ndarray[Any, np.dtype[np.float64]]
Limits = dict[str, tuple[float, float]]


def draw(
    n: int, effect: float, start: float, kind: WeightKind, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return design (constant, arm, baseline), answers, and weights of one clinic's time point, which sum to their effective number."""
    baseline, site = rng.normal(17, 4, n), rng.random(n) < 0.5
    treated = rng.random(n) < 1 / (1 + np.exp(-(0.08 * (baseline - 17) + 0.7 * site - 0.35)))
    weight = compute_weights(treated, np.column_stack([(baseline - 17) / 4, site]), kind).weight
    chance = 1 / (1 + np.exp(-(start + effect * treated - 0.1 * (baseline - 17))))
    x = np.column_stack([np.ones(n), treated, (baseline - 17) / 4]).astype(float)
    return x, (rng.random(n) < chance).astype(float), weight * weight.sum() / float(weight @ weight)


def _expit(linear: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(linear, -FAR, FAR))))


def _information(x: Floats, p: Floats, w: Floats) -> Floats:
    return np.asarray((x.T * (w * p * (1 - p))) @ x)


def penalise(x: Floats, y: Floats, w: Floats, beta: Floats) -> float:
    """Return the weighted log-likelihood with Jeffreys' penalty."""
    linear = x @ beta
    loglik = float(w @ (y * linear - np.logaddexp(0.0, linear)))
    return loglik + float(np.linalg.slogdet(_information(x, _expit(linear), w))[1]) / 2


def climb(x: Floats, y: Floats, w: Floats, fixed: float | None = None, start: Floats | None = None) -> Floats:
    """Return the coefficients of the greatest penalised likelihood; with ``fixed`` that of the arm is held there."""
    beta = np.zeros(x.shape[1]) if start is None else start.copy()
    free = [0, 2] if fixed is not None else [0, 1, 2]
    if fixed is not None:
        beta[1] = fixed
    height = penalise(x, y, w, beta)
    for _ in range(200):
        p = _expit(x @ beta)
        inverse = np.linalg.inv(_information(x, p, w))
        h = w * p * (1 - p) * np.einsum("ij,jk,ik->i", x, inverse, x)
        score = x.T @ (w * (y - p) + h * (0.5 - p))
        curved = (x.T * (w * p * (1 - p) + h * p * (1 - p))) @ x
        step = np.zeros(x.shape[1])
        step[free] = np.linalg.solve(curved[np.ix_(free, free)], score[free])
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
        new = penalise(x, y, w, beta + step)
        while new < height - 1e-10 and np.abs(step).max() > 1e-10:
            step, new = step / 2, penalise(x, y, w, beta + step / 2)
        beta, height = beta + step, new
        if np.abs(step).max() < 1e-8:
            break
    return beta


def bound(x: Floats, y: Floats, w: Floats, beta: Floats, penalised: bool) -> Limits:
    """Return the limits of the log odds ratio in every way."""
    p = _expit(x @ beta)
    inverse = np.linalg.inv(_information(x, p, w))
    leverage = w * p * (1 - p) * np.einsum("ij,jk,ik->i", x, inverse, x)
    residual = w * (y - p) + (leverage * (0.5 - p) if penalised else 0.0)
    errors = {}
    for name, spread in (("sandwich", residual), ("mancl_derouen", residual / (1 - np.minimum(leverage, 0.99)))):
        errors[name] = float(np.sqrt(np.square((x * spread[:, None]) @ inverse[:, 1]).sum()))
    errors["model"] = float(np.sqrt(inverse[1, 1]))
    errors["wider"] = max(errors["model"], errors["mancl_derouen"])
    limits = {name: (beta[1] - Z * error, beta[1] + Z * error) for name, error in errors.items()}
    return limits | ({"profile": profile(x, y, w, beta)} if penalised else {"profile": limits["sandwich"]})


def profile(x: Floats, y: Floats, w: Floats, beta: Floats) -> tuple[float, float]:
    """Return the limits at which the penalised likelihood has fallen by half the 95% quantile of chi-squared."""
    top, fall = penalise(x, y, w, beta), float(chi2.ppf(0.95, 1)) / 2

    def miss(value: float) -> float:
        return top - fall - penalise(x, y, w, climb(x, y, w, value, beta))

    ends = []
    for side in (-1, 1):
        far = next((beta[1] + side * d for d in (2.0, 4.0, 8.0, 16.0) if miss(beta[1] + side * d) > 0), None)
        ends.append(side * np.inf if far is None else brentq(miss, *sorted((beta[1], far)), xtol=1e-4))
    return float(ends[0]), float(ends[1])


def fit_plain(x: Floats, y: Floats, w: Floats) -> Floats:
    """Return the coefficients of the weighted equations, which are finite."""
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        p = _expit(x @ beta)
        step = np.linalg.solve(_information(x, p, w), x.T @ (w * (y - p)))
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return beta


def main(clinics: int) -> None:
    """Write ``penalised_odds.csv`` beside this script."""
    rows = []
    kinds: tuple[WeightKind, ...] = ("overlap", "ate")
    for n in SIZES:
        for start, kind in product(STARTS, kinds):
            for effect in EFFECTS:
                rng = np.random.default_rng([n, int(-start), int(10 * effect), *kind.encode()])
                found, apart, none = [], [], 0
                for _ in range(clinics):
                    x, y, w = draw(n, effect, start, kind, rng)
                    if not 0 < y.sum() < n:
                        none += 1
                        continue
                    separated = bool(find_separation(x, y).any())
                    beta = climb(x, y, w) if separated else fit_plain(x, y, w)
                    apart.append(separated)
                    limits = bound(x, y, w, beta, separated)
                    found.append([beta[1], *(low <= effect <= high for low, high in (limits[name] for name in WAYS))])
                table, where = np.array(found, dtype=float), np.array(apart)
                for name, kept in (("separated", where), ("not separated", ~where), ("all", np.ones(len(where), bool))):
                    own = table[kept]
                    if len(own) < 30:
                        continue
                    line = {
                        "patients": n,
                        "weights": kind,
                        "start": start,
                        "true": effect,
                        "of": name,
                        "clinics": len(own),
                        "no_event": none,
                    }
                    line |= {"bias": own[:, 0].mean() - effect, "bias_error": own[:, 0].std() / len(own) ** 0.5}
                    line |= dict(zip(WAYS, own[:, 1:].mean(axis=0), strict=True))
                    rows.append(line | {"largest_error": 0.5 / len(own) ** 0.5})
    result = pd.DataFrame(rows)
    result.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.4f")
    print(result.to_string(float_format="%.3f"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
