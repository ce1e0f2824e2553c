"""Every other way to the answer, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.bounds import CASES, fill_worst
from outcomes.analysis.comparison.confounders import Confounders, code_confounders
from outcomes.analysis.comparison.delta import find_shares, find_tipping_point
from outcomes.analysis.comparison.evalue import compute_evalue, compute_interval_evalue, convert_difference
from outcomes.analysis.comparison.odds import build_binary_frame, estimate_odds
from outcomes.analysis.comparison.people import ENDPOINTS, Compared
from outcomes.analysis.comparison.primary import Specification, build_frame, estimate_differences
from outcomes.analysis.comparison.risks import contrast_means
from outcomes.analysis.comparison.standardisation import estimate_means
from outcomes.analysis.comparison.weights import TINY, Weights, compute_effective_n, compute_weights
from outcomes.settings.comparison import Comparison

SENSITIVITY = [
    "endpoint", "analysis", "scale", "axis", "timepoint", "estimate", "lower", "upper", "n", "effective_n", "converged",
    "note",
]  # fmt: skip
POINTS, RISK, ODDS, EVALUE, DELTA = "points", "risk difference", "log odds ratio", "e-value", "delta in points"


@dataclass(frozen=True)
class Setting:
    """What every row needs.

    Attributes
    ----------
    compared : Compared
    confounders : Confounders
    weights : mapping of str to Weights
        All kinds.
    comparison : Comparison
    """

    compared: Compared
    confounders: Confounders
    weights: Mapping[str, Weights]
    comparison: Comparison

    @property
    def primary(self) -> Weights:
        """Return the declared weights."""
        return self.weights[self.comparison.weights]

    def specify(self, axis: str, baseline: bool = True, vcov: str = "cr2") -> Specification:
        """Return the mixed model of an axis."""
        return Specification(axis, self.comparison.covariance, self.comparison.fallback, baseline, vcov)


def choose_timepoints(compared: Compared, comparison: Comparison) -> dict[str, str]:
    """Return the time point of each axis that the grid shows: the primary one, and the last of any other axis."""
    chosen = {axis: compared.timepoints[axis][-1] for axis in compared.axes()}
    return chosen | {comparison.estimand.axis: comparison.estimand.timepoint}


def tabulate_sensitivity(setting: Setting, effects: pd.DataFrame, risks: pd.DataFrame) -> pd.DataFrame:
    """Return the grid of sensitivity analyses.

    Parameters
    ----------
    setting : Setting
    effects, risks : DataFrame
        The primary analysis and the risks, whose rows are repeated here beside the others.

    Returns
    -------
    DataFrame
        One row per endpoint, analysis, scale, axis, and time point, the key: the estimate treated − reference with its 95 % interval, patients
        in it, their effective number, whether it converged, and a note.
    """
    rows: list[dict[str, Any]] = []
    for axis, timepoint in choose_timepoints(setting.compared, setting.comparison).items():
        place = {"axis": axis, "timepoint": timepoint}
        rows += [{"endpoint": "change", "scale": POINTS} | row | place for row in _vary_model(setting, axis, timepoint)]
        own = effects[(effects["axis"] == axis) & (effects["timepoint"] == timepoint)]
        rows += [{"endpoint": "change"} | row | place for row in _repeat_effects(own)]
        rows += [{"endpoint": "change"} | row | place for row in _question_effect(setting, own, axis, timepoint)]
        for endpoint in ENDPOINTS:
            some = risks[(risks["axis"] == axis) & (risks["timepoint"] == timepoint) & (risks["endpoint"] == endpoint)]
            rows += [{"endpoint": endpoint} | row | place for row in _repeat_risks(some)]
            if len(some):
                rows += [{"endpoint": endpoint} | row | place for row in _bound(setting, axis, timepoint, endpoint)]
                rows.append({"endpoint": endpoint} | _fit_odds(setting, axis, timepoint, endpoint) | place)
    table = pd.DataFrame(rows, columns=SENSITIVITY)
    return table.astype({"n": "Int64", "converged": bool})


def _vary_model(setting: Setting, axis: str, timepoint: str) -> Iterator[dict[str, Any]]:
    plain, primary = setting.weights["none"].weight, setting.primary.weight
    covariates = _without(setting, "baseline", missing_ok=True)
    model = setting.specify(axis, vcov="model")
    yield _fit("unadjusted", setting, setting.specify(axis, False, "model"), timepoint, plain)
    yield _fit("baseline_adjusted", setting, model, timepoint, plain)
    yield _fit("covariate_adjusted", setting, model, timepoint, plain, covariates)
    for kind, one in setting.weights.items():
        if kind != "none":
            yield _fit(f"weighted_{kind}", setting, setting.specify(axis), timepoint, one.weight, note=_cut(one))
    yield _fit("doubly_robust", setting, setting.specify(axis), timepoint, primary, covariates)
    for name in setting.comparison.left_out:
        design = _without(setting, name)
        weights = compute_weights(
            setting.compared.treated, design, setting.comparison.weights, setting.comparison.truncation
        )
        yield _fit(f"without_{name}", setting, setting.specify(axis), timepoint, weights.weight)
    yield _fit_complete(setting, axis, timepoint)


def _without(setting: Setting, name: str, missing_ok: bool = False) -> Floats:
    names = [one for one in setting.comparison.confounders if one != name]
    if not names and missing_ok:
        return np.empty((len(setting.compared.people), 0))
    return code_confounders(setting.compared.people, names).design


def _cut(weights: Weights) -> str:
    return "largest weights truncated" if weights.truncated else ""


def _fit(
    analysis: str,
    setting: Setting,
    specification: Specification,
    timepoint: str,
    weight: Floats,
    covariates: Floats | None = None,
    note: str = "",
) -> dict[str, Any]:
    frame = build_frame(setting.compared, specification.axis, weight, covariates)
    return _fit_frame(analysis, frame, specification, timepoint, note)


def _fit_frame(
    analysis: str, frame: pd.DataFrame, specification: Specification, timepoint: str, note: str = ""
) -> dict[str, Any]:
    from outcomes import mixed

    people = frame.drop_duplicates("person")
    row: dict[str, Any] = {"analysis": analysis, "n": len(people), "converged": False}
    row["effective_n"] = compute_effective_n(people["weight"].to_numpy())
    try:
        table, fit = estimate_differences(frame, specification)
    except mixed.MixedError as error:
        return row | {"note": str(error)}
    found = table.set_index("timepoint").reindex([timepoint]).iloc[0][["estimate", "lower", "upper"]]
    notes = "; ".join(one for one in (note, *fit.warnings) if one)
    values = {str(name): float(value) for name, value in found.items()}
    return row | values | {"converged": fit.converged, "note": notes}


def _fit_complete(setting: Setting, axis: str, timepoint: str) -> dict[str, Any]:
    """Fit only the patients with every score of the axis, their weights estimated among themselves."""
    compared = setting.compared
    counts = build_frame(compared, axis, setting.weights["none"].weight).groupby("person").size()
    rows = counts.index[counts == len(compared.timepoints[axis])].to_numpy(dtype=np.int64)
    complete = compared.take(rows)
    analysis = "complete_cases"
    if len(set(complete.treated)) < 2:
        return {"analysis": analysis, "n": len(rows), "converged": False, "note": "no complete case in one arm"}
    design = code_confounders(complete.people, setting.comparison.confounders).design
    weights = compute_weights(complete.treated, design, setting.comparison.weights, setting.comparison.truncation)
    frame = build_frame(complete, axis, weights.weight)
    return _fit_frame(analysis, frame, setting.specify(axis), timepoint, "every score of the axis observed")


def _repeat_effects(own: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in own[own["variance"] == "bootstrap"].to_dict("records"):
        kept = {str(name): row[name] for name in ("estimate", "lower", "upper", "effective_n", "converged", "note")}
        yield {"analysis": "bootstrap", "scale": POINTS, "n": row["n_treated"] + row["n_reference"]} | kept


def _question_effect(setting: Setting, own: pd.DataFrame, axis: str, timepoint: str) -> Iterator[dict[str, Any]]:
    """Return what it would take to explain the primary difference away: confounding, or worse missing scores."""
    primary = own[own["variance"] == "cr2"]
    if primary.empty or not primary["converged"].iloc[0]:
        return
    effect = primary.iloc[0]
    size = {"n": effect["n_treated"] + effect["n_reference"], "effective_n": effect["effective_n"], "converged": True}
    change = setting.compared.at(axis, timepoint, "change")
    spread = np.sqrt(
        np.mean([np.nanvar(change[side], ddof=1) for side in (setting.compared.treated, ~setting.compared.treated)])
    )
    ratios = [convert_difference(effect[name], float(spread)) for name in ("estimate", "lower", "upper")]
    note = "of the difference in standard deviations, as a risk ratio; lower: of the interval's bound nearer to none"
    nearer = compute_interval_evalue(ratios[1], ratios[2])
    yield size | {
        "analysis": "e_value",
        "scale": EVALUE,
        "estimate": compute_evalue(ratios[0]),
        "lower": nearer,
        "note": note,
    }
    shares = find_shares(setting.compared, axis, timepoint, setting.primary.weight)
    for place, arm in enumerate(("treated", "reference")):
        share = abs(float(shares.slope[place]))
        note = f"added to the missing scores of the {arm} arm, {share:.0%} of its weight, until the interval touches 0"
        point = find_tipping_point(effect, shares, place)
        yield size | {"analysis": f"tipping_point_{arm}", "scale": DELTA, "estimate": point, "note": note}


def _repeat_risks(some: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in some.to_dict("records"):
        n = row["n_treated"] + row["n_reference"]
        size = {"n": n, "effective_n": row["effective_n"], "converged": row["converged"]}
        bounds = {"estimate": row["difference"], "lower": row["difference_lower"], "upper": row["difference_upper"]}
        name = f"{row['method']}_{row['population']}"
        yield {"analysis": name, "scale": RISK} | bounds | size | {"note": ""}
        if row["method"] == "weighted":
            nearer = compute_interval_evalue(row["ratio_lower"], row["ratio_upper"])
            note = "of the risk ratio; lower: of the interval's bound nearer to none"
            evalue = {"estimate": compute_evalue(row["ratio"]), "lower": nearer, "note": note}
            yield {"analysis": f"e_value_{row['population']}", "scale": EVALUE} | evalue | size


def _bound(setting: Setting, axis: str, timepoint: str, endpoint: str) -> Iterator[dict[str, Any]]:
    compared, weights = setting.compared, setting.primary
    seen = compared.at(axis, timepoint, endpoint)
    size = {"n": len(seen), "effective_n": compute_effective_n(weights.weight[weights.weight > TINY])}
    for case, note in CASES.items():
        filled = fill_worst(seen, compared.treated, case)
        means = estimate_means(filled, compared.treated, setting.confounders.design, weights, "weighted")
        found = contrast_means(*means)
        bounds = {
            "estimate": found["difference"],
            "lower": found["difference_lower"],
            "upper": found["difference_upper"],
        }
        yield (
            {"analysis": case, "scale": RISK, "converged": all(m.converged for m in means), "note": note}
            | bounds
            | size
        )


def _fit_odds(setting: Setting, axis: str, timepoint: str, endpoint: str) -> dict[str, Any]:
    """Return the log odds ratio of weighted estimating equations over all time points of the axis."""
    from outcomes import mixed

    frame = build_binary_frame(setting.compared, axis, endpoint, setting.primary.weight)
    people = frame.drop_duplicates("person")
    row: dict[str, Any] = {"analysis": "gee_weighted", "scale": ODDS, "n": len(people), "converged": False}
    row["effective_n"] = compute_effective_n(people["weight"].to_numpy())
    if timepoint not in frame["timepoint"].cat.categories:
        return row | {"note": "an arm in which everyone, or no one, has it"}
    try:
        table, fit = estimate_odds(frame)
    except mixed.MixedError as error:
        return row | {"note": str(error)}
    found = table[table["timepoint"] == timepoint].iloc[0]
    values = {name: float(found[name]) for name in ("estimate", "lower", "upper")}
    note = "observed scores of all time points of the axis, exchangeable working correlation"
    return row | values | {"converged": fit.converged, "note": note}
