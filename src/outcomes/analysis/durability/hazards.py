"""How much faster one arm loses its response: hazard ratios, with and without weights for confounders."""

from __future__ import annotations

import warnings
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.weighting.weights import compute_effective_n, compute_weights
from outcomes.analysis.durability.weibull import fit_weibull
from outcomes.contracts.released.durability import DurabilityEffect
from outcomes.settings.comparison import Comparison
from outcomes.settings.durability import Durability

EFFECT = DurabilityEffect.columns
Z = NormalDist().inv_cdf(0.975)
FEWEST_EVENTS = 5  # in either arm; with fewer a ratio is noise whatever its interval says
NO_COUNTERPART = "patients whom the weights stand for have no counterpart"


def tabulate_effect(
    rows: pd.DataFrame,
    arms: tuple[str, str],
    durability: Durability,
    people: pd.DataFrame,
    comparison: Comparison | None,
) -> pd.DataFrame:
    """Return the hazard ratio of one end, treated to reference.

    Parameters
    ----------
    rows : DataFrame
        As :func:`derive_ends` returns them, one end, all arms.
    arms : tuple of str
        Treated and reference.
    durability : Durability
    people : DataFrame
        ``patient``, ``baseline``, and the confounders.
    comparison : Comparison or None
        Confounders and kind of weights; without one only the unweighted ratio.

    Returns
    -------
    DataFrame
        One row per ``method`` and ``weights``: ``cox`` takes the visit that shows the end as its day; ``weibull_interval``
        only that it came between two visits, so it does not depend on how often an arm was seen. Variances are sandwiches,
        weights taken as known. Further treatment that competes is taken as the end of follow-up: ratios are cause-specific.
        ``proportional_p``: test of proportional hazards by scaled Schoenfeld residuals. Without numbers, and the reason as
        ``note``, where they cannot be had.
    """
    own = rows[rows["arm"].isin(arms)].reset_index(drop=True)
    treated = (own["arm"] == arms[0]).to_numpy()
    kinds = {"none": np.ones(len(own))}
    problem, alone = _find_problem(own, treated), False
    if comparison is not None and comparison.weights != "none" and not problem:
        covariates = own[["patient"]].merge(people, on="patient", how="left")
        design = code_confounders(covariates, comparison.confounders).design
        weights = compute_weights(treated, design, comparison.weights, comparison.truncation)
        kinds[comparison.weights] = weights.weight
        alone = not weights.supported
    start = float(durability.landmark.to_day)
    lines = []
    for kind, weight in kinds.items():
        note = problem or (NO_COUNTERPART if alone and kind != "none" else "")
        inside = weight > 0  # overlap weights leave out whose arm the confounders tell
        for method in ("cox", "weibull_interval"):
            facts = _describe(own, treated, weight) | {"end": own["end"].iloc[0], "treated": arms[0]}
            facts |= {
                "reference": arms[1],
                "method": method,
                "weights": kind,
                "note": note,
                "converged": not note,
            }
            if not note:
                facts |= (fit_cox if method == "cox" else _fit_weibull)(
                    own[inside].reset_index(drop=True), treated[inside], weight[inside], start
                )
            lines.append(facts)
    return pd.DataFrame(lines).reindex(columns=EFFECT)


def _find_problem(own: pd.DataFrame, treated: Bools) -> str:
    ended = (own["outcome"] == "ended").to_numpy()
    if min((ended & treated).sum(), (ended & ~treated).sum()) < FEWEST_EVENTS:
        return f"fewer than {FEWEST_EVENTS} events in an arm"
    return ""


def _describe(own: pd.DataFrame, treated: Bools, weight: Floats) -> dict[str, Any]:
    ended = (own["outcome"] == "ended").to_numpy()
    counts = {"n_treated": treated, "n_reference": ~treated}
    counts |= {"events_treated": ended & treated, "events_reference": ended & ~treated}
    return {name: int(inside.sum()) for name, inside in counts.items()} | {"effective_n": compute_effective_n(weight)}


def fit_cox(own: pd.DataFrame, treated: Bools, weight: Floats, start: float) -> dict[str, Any]:
    """Return Cox's partial likelihood estimate with Efron's ties, by lifelines, and its sandwich standard error.

    Parameters
    ----------
    own : DataFrame
        ``last_day`` and ``outcome`` of each patient.
    treated, weight : ndarray, shape (n,)
    start : float
        Day from which time counts.
    """
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError
    from lifelines.statistics import proportional_hazard_test

    time = own["last_day"].to_numpy(dtype=float) - start
    event = (own["outcome"] == "ended").to_numpy()
    frame = pd.DataFrame(
        {"time": time, "event": event.astype(float), "treated": treated.astype(float), "weight": weight}
    )
    frame = frame[frame["time"] > 0].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines warns of weights that are no counts, whatever the variance
        try:
            fit = CoxPHFitter().fit(
                frame, "time", "event", weights_col="weight", robust=True, fit_options={"precision": 1e-13}
            )
        except (ConvergenceError, np.linalg.LinAlgError) as problem:
            return {"converged": False, "note": f"Cox model: {str(problem).splitlines()[0]}"}
        test = proportional_hazard_test(fit, frame, time_transform="km")
    log_ratio = float(fit.params_["treated"])
    error = compute_sandwich(time, event, treated.astype(float), weight, log_ratio)
    return _describe_ratio(log_ratio, error) | {"proportional_p": float(np.atleast_1d(test.p_value)[0])}


def compute_sandwich(time: Floats, event: Bools, x: Floats, weight: Floats, log_ratio: float) -> float:
    """Return the sandwich standard error of Cox's estimate with Efron's ties (Lin & Wei 1989, 10.1080/01621459.1989.10478874).

    lifelines takes the residuals of tied times as if they were not tied; seen at visits, many are. This is R's.
    """
    risk = weight * np.exp(log_ratio * x)
    residual, information = np.zeros(len(time)), 0.0
    for day in np.unique(time[event]):
        dead, here = event & (time == day), time >= day
        deaths, mass = int(dead.sum()), float(weight[dead].mean())
        for share in np.arange(deaths) / deaths:
            part = risk * here * np.where(dead, 1 - share, 1.0)
            size = part.sum()
            mean = float(part @ x) / size
            information += mass * float(part @ (x - mean) ** 2) / size
            residual += np.where(dead, weight * (x - mean) / deaths, 0.0) - mass * part * (x - mean) / size
    return float(np.sqrt(residual @ residual)) / information


def _fit_weibull(own: pd.DataFrame, treated: Bools, weight: Floats, start: float) -> dict[str, Any]:
    """Return the ratio of Weibull hazards from the intervals between visits."""
    ended = (own["outcome"] == "ended").to_numpy()
    lower = own["lower"].to_numpy(dtype=float) - start
    upper = np.where(ended, own["upper"].to_numpy(dtype=float) - start, np.inf)
    found = fit_weibull(lower, upper, treated.astype(float), weight)
    if found is None:
        return {"converged": False, "note": "Weibull model: no maximum of the likelihood was reached"}
    return _describe_ratio(*found)


def _describe_ratio(log_ratio: float, error: float) -> dict[str, Any]:
    bounds = {name: np.exp(log_ratio + sign * Z * error) for name, sign in (("lower", -1), ("upper", 1))}
    p_value = 2 * (1 - NormalDist().cdf(abs(log_ratio / error)))
    return {"hazard_ratio": np.exp(log_ratio), **bounds, "p_value": p_value}
