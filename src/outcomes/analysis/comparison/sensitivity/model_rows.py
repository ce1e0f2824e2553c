"""Rows of the sensitivity grid that fit the change by other means, weights, and variances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.primary import ARMS, build_frame, estimate_differences, fit_change
from outcomes.analysis.comparison.population.confounders import code_declared
from outcomes.analysis.comparison.precision import bound_estimate
from outcomes.analysis.comparison.setting import POINTS, Row, Setting, fit_frame, fit_row
from outcomes.analysis.comparison.weighting.stacked import compute_stacked_error
from outcomes.analysis.comparison.weighting.weights import Weights, compute_effective_n, compute_weights, find_stretch
from outcomes.records import list_records

UNEVEN = 1.3  # residual SD of one arm over the other's, as for the declared models


def vary_model(setting: Setting, axis: str, timepoint: str) -> Iterator[Row]:
    """Yield the declared analysis with more, fewer, or other adjustments, weights, and patients."""
    plain, primary = setting.weights["none"], setting.primary
    covariates = _without(setting, "baseline", missing_ok=True)
    model = setting.specify(axis, vcov="model")
    yield fit_row("unadjusted", setting, setting.specify(axis, False, "model"), timepoint, plain)
    yield fit_row("baseline_adjusted", setting, model, timepoint, plain)
    yield fit_row("covariate_adjusted", setting, model, timepoint, plain, covariates)
    for kind, one in setting.weights.items():
        if kind != "none":
            yield fit_row(f"weighted_{kind}", setting, setting.specify(axis), timepoint, one, note=_cut(one))
    yield fit_row("doubly_robust", setting, setting.specify(axis), timepoint, primary, covariates)
    yield from _let_arms_scatter(setting, axis, timepoint)
    for name in setting.comparison.left_out:
        design = _without(setting, name)
        weights = compute_weights(
            setting.compared.treated, design, setting.comparison.weights, setting.comparison.truncation
        )
        yield fit_row(f"without_{name}", setting, setting.specify(axis), timepoint, weights)
    yield from _stack(setting, axis, timepoint)
    yield _fit_complete(setting, axis, timepoint)


def _let_arms_scatter(setting: Setting, axis: str, timepoint: str) -> Iterator[Row]:
    """Yield the declared analysis with a covariance for each arm where the residual SD of one is far from the other's."""
    from outcomes import mixed

    if not setting.primary.supported:
        return
    frame, own = build_frame(setting.compared, axis, setting.primary.weight), setting.specify(axis)
    try:
        fit = fit_change(frame, own, df="normal")
    except mixed.MixedError:
        return
    if fit.converged:
        sd = fit.residual_sds("arm").set_index("level")["sd"]
        ratio = float(sd[ARMS[1]] / sd[ARMS[0]])
        if max(ratio, 1 / ratio) > UNEVEN:
            note = (
                f"each arm with a covariance of its own: the treated arm's residual SD is {ratio:.2f} times the other's"
            )
            yield fit_frame("arm_covariances", frame, replace(own, by_arm=True), timepoint, note)


def _stack(setting: Setting, axis: str, timepoint: str) -> Iterator[Row]:
    """Yield the declared analysis with the variance that holds that the score was estimated; nothing without weights."""
    from outcomes import mixed

    if setting.primary.propensity is None:
        return
    frame = build_frame(setting.compared, axis, setting.primary.weight)
    people = frame.drop_duplicates("person")
    row: Row = {
        "analysis": "score_estimated",
        "n": len(people),
        "converged": False,
        "note": "stacked estimating equations",
    }
    row["effective_n"] = compute_effective_n(people["weight"].to_numpy())
    try:
        table, fit = estimate_differences(frame, setting.specify(axis))
    except mixed.MixedError as error:
        yield row | {"note": str(error)}
        return
    if fit.converged and timepoint in set(table["timepoint"]):
        estimate = float(table.loc[table["timepoint"] == timepoint, "estimate"].iloc[0])
        stretch = find_stretch(people["weight"].to_numpy(), setting.primary.columns)
        variance = stretch * compute_stacked_error(fit, timepoint, setting.primary) ** 2
        lower, upper, _ = bound_estimate(estimate, variance)
        row |= {"estimate": estimate, "lower": lower, "upper": upper, "converged": bool(np.isfinite(lower))}
    yield row


def _without(setting: Setting, name: str, missing_ok: bool = False) -> Floats:
    names = [one for one in setting.comparison.confounders if one != name]
    if not names and missing_ok:
        return np.empty((len(setting.compared.people), 0))
    return code_declared(setting.compared.people, setting.comparison, names).design


def _cut(weights: Weights) -> str:
    return "largest weights truncated" if weights.truncated else ""


def _fit_complete(setting: Setting, axis: str, timepoint: str) -> Row:
    """Fit only the patients with every score of the axis, their weights estimated among themselves."""
    compared = setting.compared
    everyone = build_frame(compared, axis, setting.weights["none"].weight)
    counts = everyone.groupby("person").size()
    rows = counts.index[counts == len(everyone["timepoint"].cat.categories)].to_numpy(dtype=np.int64)
    complete = compared.take(rows)
    analysis = "complete_cases"
    if len(set(complete.treated)) < 2:
        return {"analysis": analysis, "n": len(rows), "converged": False, "note": "no complete case in one arm"}
    design = code_declared(complete.people, setting.comparison).design
    weights = compute_weights(complete.treated, design, setting.comparison.weights, setting.comparison.truncation)
    if not weights.supported:
        return {"analysis": analysis, "n": len(rows), "converged": False, "note": "the complete cases do not overlap"}
    frame = build_frame(complete, axis, weights.weight)
    return fit_frame(analysis, frame, setting.specify(axis), timepoint, "every score of the axis observed")


def repeat_bootstrap(own: pd.DataFrame) -> Iterator[Row]:
    """Yield the bootstrap's row of the primary analysis."""
    for row in list_records(own[own["variance"] == "bootstrap"]):
        kept = {str(name): row[name] for name in ("estimate", "lower", "upper", "effective_n", "converged", "note")}
        yield {"analysis": "bootstrap", "scale": POINTS, "n": row["n_treated"] + row["n_reference"]} | kept


def repeat_pooled(own: pd.DataFrame) -> Iterator[Row]:
    """Yield the declared analysis once more where it is pooled over imputed confounders, beside the other ways to deal with them."""
    for row in list_records(
        own[(own["variance"] == "cr2") & own["note"].astype(str).str.contains("imputations of missing")]
    ):
        kept = {str(name): row[name] for name in ("estimate", "lower", "upper", "effective_n", "converged", "note")}
        size = {"n": row["n_treated"] + row["n_reference"]}
        yield {"analysis": "missing_impute", "scale": POINTS} | size | kept
