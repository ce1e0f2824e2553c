"""The weighted difference in charge between the compared arms beside that in response, and the net benefit of the two together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.confounder_imputation import build_settings
from outcomes.analysis.comparison.effects.standardisation import weigh_outcomes
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.precision import drop_dust
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.weighting.propensity import fit_logistic
from outcomes.analysis.comparison.weighting.weights import Weights, compute_effective_n
from outcomes.analysis.cost.resampling import TAIL, resample_sums
from outcomes.contracts.released.cost import CHARGE, RESPONSE, CostDifference, NetBenefit
from outcomes.errors import UnsupportedError
from outcomes.settings import Study

RAREST = 0.05  # chance to be scored below which a patient's is taken as this
AXIS = "day"


@dataclass(frozen=True)
class Contrast:
    """Two differences, treated − reference, of the same patients: in charge and in the share with a response.

    Attributes
    ----------
    means : ndarray, shape (2, 2)
        Charge and response (rows) of the treated and the reference arm (columns).
    influence : ndarray, shape (n, 2)
        Of each patient on the two differences: their estimation error is its mean.
    """

    means: Floats
    influence: Floats

    @property
    def differences(self) -> Floats:
        """Return the difference in charge and in response."""
        return np.asarray(self.means[:, 0] - self.means[:, 1])


def contrast_costs(
    tables: Mapping[str, pd.DataFrame], charges: pd.DataFrame, study: Study, seed: Sequence[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the differences between the compared arms, and the net benefit by willingness to pay, at each horizon in days.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As the comparison has them.
    charges : DataFrame
        Result of :func:`outcomes.analysis.cost.charges.derive_charges`.
    study : Study
        Its comparison says who is compared, for whom the result holds, and what events do to a response.
    seed : sequence of int
        Of the bootstrap.

    Returns
    -------
    tuple of DataFrame
        As ``cost_difference`` and ``net_benefit`` declare them; empty without a comparison, or where weights have no counterpart.
    """
    differences: list[dict[str, Any]] = []
    benefits: list[dict[str, Any]] = []
    comparison, cost = study.comparison, study.cost
    settings = _find_settings(tables, study) if cost is not None and len(charges) else ()
    if comparison is not None and cost is not None and settings:
        compared = settings[0].compared
        points = compared.timepoints.get(AXIS, ()) if all(one.primary.supported for one in settings) else ()
        for horizon in [f"day {day}" for day in cost.days if f"day {day}" in points]:
            amounts = charges[charges["horizon"] == horizon].set_index("patient")["charge"]
            amount = compared.people["patient"].map(amounts).to_numpy(dtype=float)
            response = compared.at(AXIS, horizon, "response")
            generator = np.random.default_rng([*seed, *horizon.encode()])
            rows = _contrast(settings, amount, response, generator, study)
            differences += [{"horizon": horizon} | row for row in rows[0]]
            benefits += [{"horizon": horizon} | row for row in rows[1]]
    return (
        pd.DataFrame(differences, columns=list(CostDifference.columns)),
        pd.DataFrame(benefits, columns=list(NetBenefit.fields)),
    )


def _find_settings(tables: Mapping[str, pd.DataFrame], study: Study) -> Sequence[Setting]:
    """Return the settings of the declared comparison; none without one, or where the data cannot carry it."""
    if study.comparison is None:
        return ()
    try:
        compared = select_compared(tables, study.comparison, study.baseline.same_day)
        return build_settings(compared, study.comparison, study.seed)
    except UnsupportedError:  # the step `compare` says so
        return ()


def _contrast(
    settings: Sequence[Setting], amount: Floats, response: Floats, generator: np.random.Generator, study: Study
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of the differences, and those of the net benefit, at one horizon."""
    cost, setting = study.cost, settings[0]
    assert cost is not None
    treated, present = setting.compared.treated, setting.primary.present
    known, scored = ~np.isnan(amount) & present, ~np.isnan(response) & present
    if not all((one & side).any() for one in (known, scored) for side in (treated, ~treated)):
        return [], []
    found = [
        estimate_contrast(amount, response, one.compared.treated, one.confounders.design, one.primary)
        for one in settings
    ]
    means = np.mean([one.means for one in found], axis=0)
    size = compute_effective_n(setting.primary.weight[scored])
    df = max(
        size - setting.confounders.design.shape[1] - 2, 1.0
    )  # of the arm, the constant, and each column of confounders
    drawn = draw_differences(found, cost.replicates, generator, (size / df) ** 0.5)
    counts = _count(treated, present, known, scored, response)
    varies = (drop_dust(drawn.var(axis=0), np.abs(means).max(axis=1)) > 0).all()
    correlation = float(np.asarray(np.corrcoef(drawn.T))[0, 1]) if varies else np.nan
    rows = []
    for place, (measure, scale) in enumerate(((CHARGE, cost.currency), (RESPONSE, "risk difference"))):
        value = float(means[place, 0] - means[place, 1])
        lower, upper = bound_normal(value, drawn[:, place], df)
        row = {"measure": measure, "scale": scale, **counts[measure], "treated": means[place, 0]}
        row |= {
            "reference": means[place, 1],
            "estimate": value,
            "lower": lower,
            "upper": upper,
            "correlation": correlation,
        }
        rows.append(row)
    fewest = _find_fewest(counts[RESPONSE])
    people = {name: counts[CHARGE][name] for name in ("n_treated", "n_reference")} | {"fewest": fewest}
    benefits = [
        {"willingness": worth, **people, **weigh_benefit(means[:, 0] - means[:, 1], drawn, worth, df)}
        for worth in cost.willingness_to_pay
    ]
    return rows, benefits


def estimate_contrast(amount: Floats, response: Floats, treated: Bools, design: Floats, weights: Weights) -> Contrast:
    """Return the weighted differences in mean charge and in the share with a response.

    Both are Hajek means under the weights of the comparison. Those scored are weighed besides by the inverse of their chance to be, from a
    logistic regression on arm and confounders (Robins, Rotnitzky & Zhao 1994, 10.1080/01621459.1994.10476818). The influence
    holds that both models were fitted.

    Parameters
    ----------
    amount, response : ndarray, shape (n,)
        Charge; 1, 0; missing where not known.
    treated : ndarray of bool, shape (n,)
    design : ndarray, shape (n, k)
        Coded confounders, without a constant.
    weights : Weights

    Examples
    --------
    >>> from outcomes.analysis.comparison.weighting.weights import compute_weights
    >>> treated = np.arange(8) < 4
    >>> weights = compute_weights(treated, np.zeros((8, 0)), "none")
    >>> paid, responded = np.array([4.0, 4, 6, 6, 1, 1, 3, 3]), np.array([1.0, 1, 1, 0, 1, 0, 0, 0])
    >>> estimate_contrast(paid, responded, treated, np.zeros((8, 0)), weights).differences.tolist()
    [3.0, 0.5]
    """
    scored, n = ~np.isnan(response), len(treated)
    scoring = fit_logistic(np.column_stack([design, treated]), scored) if not scored.all() else None
    chance = np.ones(n) if scoring is None else np.clip(scoring.probability, RAREST, 1.0)
    seen = replace(weights, weight=weights.weight / chance, slope=weights.slope / chance)
    means, parts = np.empty((2, 2)), np.zeros((2, 2, n))
    for place, side in enumerate((treated, ~treated)):
        for row, (values, used, one) in enumerate(
            ((amount, side & ~np.isnan(amount), weights), (response, side & scored, seen))
        ):
            filled = np.nan_to_num(values)[:, None]
            mean, influence = weigh_outcomes(filled, used, one)
            means[row, place], parts[row, place] = mean[0], influence[:, 0]
            if row == 1 and scoring is not None:
                total = np.where(used, one.weight, 0.0)
                steep = np.where(scoring.probability > RAREST, -total * (1 - scoring.probability), 0.0) / total.sum()
                parts[row, place] += scoring.influence @ (scoring.design.T @ (steep * (filled[:, 0] - mean[0])))
    return Contrast(means, (parts[:, 0] - parts[:, 1]).T)


def draw_differences(
    found: Sequence[Contrast], replicates: int, generator: np.random.Generator, stretch: float = 1.0
) -> Floats:
    """Return the differences in charge and response in samples of patients, each to the first order of the weights' estimation.

    A sample's estimate is the whole one plus the mean influence of those drawn. Of several data sets, which differ in imputed
    confounders, each has as many samples, which are put together (Schomaker & Heumann 2018, 10.1002/sim.7654). ``stretch`` moves the samples
    that much further from the estimate: influences are of fitted models, and too near it in few patients.
    """
    each = -(-replicates // len(found))
    drawn = [
        one.differences + stretch * resample_sums(one.influence, each, generator) / len(one.influence) for one in found
    ]
    return np.concatenate(drawn)


def bound_normal(value: float, drawn: Floats, df: float) -> tuple[float, float]:
    """Return value ± the quantile of Student's t times the samples' standard deviation; none where they do not differ."""
    spread = float(drawn.std(ddof=1))
    if not spread > 1e-12 * max(1.0, abs(value)):
        return np.nan, np.nan
    half = float(stdtrit(df, 1 - TAIL)) * spread
    return value - half, value + half


def weigh_benefit(differences: Floats, drawn: Floats, worth: float, df: float) -> dict[str, float]:
    """Return the net monetary benefit and the share of samples in which it is above zero.

    ``worth`` × difference in response − difference in charge (Stinnett & Mullahy 1998, 10.1177/0272989X98018002S09); the share is a
    point of the acceptability curve (van Hout et al. 1994, 10.1002/hec.4730030505). Where the difference in response is the same in every
    sample, as where all respond, the samples do not say how sure it is: a benefit that rests on it has neither interval nor share.

    Examples
    --------
    One more in ten responds, at 600 more a patient; of two samples one has a net benefit above zero:

    >>> drawn = np.array([[600.0, 0.2], [600.0, 0.0]])
    >>> found = weigh_benefit(np.array([600.0, 0.1]), drawn, 5000.0, 100.0)
    >>> found["benefit"], found["acceptable"]
    (-100.0, 0.5)
    """
    sampled = worth * drawn[:, 1] - drawn[:, 0]
    value = float(worth * differences[1] - differences[0])
    if worth > 0 and np.isnan(bound_normal(float(differences[1]), drawn[:, 1], df)[0]):
        return {"benefit": value, "lower": np.nan, "upper": np.nan, "acceptable": np.nan}
    lower, upper = bound_normal(value, sampled, df)
    return {"benefit": value, "lower": lower, "upper": upper, "acceptable": float((sampled > 0).mean())}


def _count(treated: Bools, present: Bools, known: Bools, scored: Bools, response: Floats) -> dict[str, dict[str, Any]]:
    """Return the patients behind the difference in charge, and those behind that in response."""
    none = {f"{name}_{side}": pd.NA for name in ("seen", "events") for side in ("treated", "reference")}
    counts: dict[str, dict[str, Any]] = {CHARGE: {}, RESPONSE: {}}
    for name, side in (("treated", treated), ("reference", ~treated)):
        counts[CHARGE][f"n_{name}"] = int((known & side).sum())
        counts[RESPONSE][f"n_{name}"] = int((present & side).sum())
        counts[RESPONSE][f"seen_{name}"] = int((scored & side).sum())
        counts[RESPONSE][f"events_{name}"] = int(response[scored & side].sum())
    return {CHARGE: counts[CHARGE] | none, RESPONSE: counts[RESPONSE]}


def _find_fewest(counts: Mapping[str, int]) -> int:
    """Return the smallest number, not none, of those with a response and without one in an arm."""
    sides = [(counts[f"events_{side}"], counts[f"seen_{side}"]) for side in ("treated", "reference")]
    return min([one for events, seen in sides for one in (events, seen - events) if one], default=0)
