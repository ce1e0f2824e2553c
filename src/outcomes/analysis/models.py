"""Mixed models of the scores, as the study file specifies them.

The engine is :mod:`outcomes.mixed`; :mod:`outcomes.analysis.second_opinion` is statsmodels behind the same contract.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.model_cells import count_cells
from outcomes.analysis.model_result import COLUMNS, ModelResult, collect_models
from outcomes.analysis.model_tables import tabulate_fit
from outcomes.analysis.selection import select_included, select_timed
from outcomes.analysis.thin_cells import fit_to_data, leave_out_visit
from outcomes.errors import ModelError
from outcomes.mixed.design.formula import parse, parse_effects
from outcomes.mixed.errors import FormulaError
from outcomes.settings.analysis import Model

__all__ = ["ModelResult", "collect_models", "fit_model", "model_frame"]

log = logging.getLogger(__name__)

UNEVEN = 1.3  # residual SD of one arm over that of another, beyond which a model with a covariance for each arm stands beside
MOST_GROUPS = 12  # levels that may have a covariance each; seventy took minutes
TELLING = 11  # patients of an arm whose residual SD takes part


def model_frame(endpoints: pd.DataFrame, cohort: pd.DataFrame, patients: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return the observed scores that a model may use, with their patients' attributes.

    Parameters
    ----------
    endpoints, cohort, patients : DataFrame
        Tables of those contracts.
    model : Model
        Its instrument and axis choose the rows; with ``include_baseline_visit`` the baseline is an outcome of its own, at
        time 0 where it has no time.

    Returns
    -------
    DataFrame
        One row per series and time point with a score and a place on the axis; columns of endpoints, and those of patients that endpoints do not have.
        Rows with a missing covariate are still there: :func:`fit_model` drops and counts them.
    """
    rows = select_included(endpoints, cohort)
    axes = [model.axis, "baseline"] if model.include_baseline_visit else [model.axis]
    rows = rows[(rows["instrument"] == model.instrument) & rows["axis"].isin(axes) & rows["score"].notna()]
    rows = rows.assign(time=rows["time"].mask(rows["axis"].eq("baseline") & rows["time"].isna(), 0.0))
    rows = select_timed(rows)
    own = [name for name in patients.columns if name == "patient" or name not in rows]
    rows = rows.merge(patients[own], on="patient", how="left")
    order = [name for name in ("patient", "series", "time", "timepoint") if name in rows]
    return rows.astype({"timepoint": str}).sort_values(order, kind="stable", ignore_index=True)


def fit_model(frame: pd.DataFrame, model: Model, name: str, arms: Sequence[str]) -> ModelResult:
    """Fit one model, and beside it one with a covariance for each arm where the arms scatter unlike each other.

    With one covariance for all, 19% of trials of 200 and 30 patients whose scores scatter 1.7 times as widely have a difference where there
    is none, at the level of 5%; with one for each arm 7% (600 trials).

    Parameters
    ----------
    frame : DataFrame
        As :func:`model_frame` returns it.
    model : Model
        Formula, covariance, random effects, method, degrees of freedom, and engine.
    name : str
        The model's name.
    arms : sequence of str
        Arm ids; the first is the reference.

    Returns
    -------
    ModelResult
        With empty tables where the model could not be fitted to these scores or did not converge; ``beside`` is the other model.

    Raises
    ------
    ModelError
        The specification cannot be fitted to any data.
    """
    found = _fit_one(frame, model, name, arms)
    ratio = found.info["sd_ratio"]
    if ratio is None or ratio <= UNEVEN or model.group is not None:
        return found
    own = {"group": "arm", "primary": False, "label": f"{model.label}, each arm with a covariance of its own"}
    beside = _fit_one(frame, model.model_copy(update=own), f"{name}_by_arm", arms)
    note = f"residual SDs of the arms differ {ratio:.1f}-fold: see {name}_by_arm"
    info = found.info | {"warnings": "; ".join(text for text in (found.info["warnings"], note) if text)}
    return replace(found, info=info, beside=beside)


def _fit_one(frame: pd.DataFrame, model: Model, name: str, arms: Sequence[str]) -> ModelResult:
    variables = _find_variables(model, name, frame.columns)
    complete = frame.dropna(subset=sorted(variables))
    left_out = len(frame) - len(complete), frame["patient"].nunique() - complete["patient"].nunique()
    log.info("model %s: %d of %d scores; %d rows had no covariate", name, len(complete), len(frame), left_out[0])
    _check_groups(complete, model.group, name)
    data, fitted, notes = fit_to_data(_code_factors(complete, variables, arms), model, variables, arms)
    fit, failure, visit = _try_fit(data, fitted, name)
    while visit is not None and len(set(data["timepoint"])) > 1:
        data, note = leave_out_visit(data, visit)
        data, fitted, more = fit_to_data(data, model, variables, arms)
        notes += [note, *more]
        fit, failure, visit = _try_fit(data, fitted, name)
    converged = fit is not None and fit.converged
    info = _describe(model, name, fit, "; ".join([*notes, *([failure] if failure else [])])) | {
        "dropped_rows": left_out[0],
        "dropped_subjects": left_out[1],
    }
    if not converged:
        reason = "; ".join([*(fit.warnings if fit else ()), failure]).strip("; ")
        cure = "See with `outcomes check STUDY` whether scores and sessions fit together, or declare a model for these scores."
        log.warning(
            "model '%s' has no result (%s): the report leaves it out. %s", name, reason, "Simplify it." if fit else cure
        )
    points = list(data["timepoint"].cat.categories)
    tables = (
        tabulate_fit(fit, fitted, arms, _find_variables(fitted, name, frame.columns), count_cells(complete))
        if converged
        else {}
    )
    if len(points) == 1:  # the rows of a model without time points are of the one there is
        tables |= {place: tables[place].assign(timepoint=points[0]) for place in _PLACED if place in tables}
    empty = {table: pd.DataFrame(columns=columns) for table, columns in COLUMNS.items()}
    return ModelResult(name, converged, info, {**empty, **tables})


_PLACED = ("margins", "model_differences")


def _check_groups(rows: pd.DataFrame, group: str | None, name: str) -> None:
    """Refuse a column of many values as the groups that have a covariance each: a number, or a code of each patient."""
    found = 0 if group is None or group not in rows else int(rows[group].nunique())
    if found > MOST_GROUPS:
        raise ModelError(
            f"model '{name}': 'group: {group}' has {found} different values, and each would have a covariance of its own; "
            f"{MOST_GROUPS} are the most. Give a column of few levels, such as arm or sex."
        )


def _find_variables(model: Model, name: str, columns: Iterable[str]) -> set[str]:
    """Return the columns that a model names; an unknown one is for the engine to refuse, what is no formula is refused here."""
    try:
        named = {*parse(model.formula).variables, model.group}
        named |= set(parse_effects(model.random).variables if model.random else ())
    except FormulaError as error:
        raise ModelError(f"model '{name}': {error}") from None
    return {str(column) for column in named & set(columns)}


def _code_factors(frame: pd.DataFrame, variables: set[str], arms: Sequence[str]) -> pd.DataFrame:
    """Return the frame with text as factors: arms as declared, time points in order of time, others by name."""
    places = frame[["timepoint", "time"]].drop_duplicates("timepoint").sort_values(["time", "timepoint"])
    orders = {"arm": [arm for arm in arms if (frame["arm"] == arm).any()], "timepoint": places["timepoint"].tolist()}
    coded: dict[str, Any] = {}
    for name in sorted(variables | set(orders)):
        column = frame[name]
        if name in orders:
            coded[name] = pd.Categorical(column.astype(str), orders[name])
        elif pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
            coded[name] = pd.Categorical(column.astype(str))
        else:
            coded[name] = column.astype(float)
    return frame[["patient"]].assign(**coded)


def _try_fit(data: pd.DataFrame, model: Model, name: str) -> tuple[Any, str, Any]:
    """Return the fit, or None and why there is none, and the visit at fault; what no data could fit is an error."""
    from outcomes import mixed

    if data.empty:
        return None, "no scores", None
    try:
        return (_fit_mixed if model.engine == "mixed" else _fit_statsmodels)(data, model), "", None
    except mixed.VisitError as error:
        return None, str(error), error.visit
    except (mixed.DataError, mixed.DesignError, np.linalg.LinAlgError) as error:
        return None, str(error), None
    except (mixed.MixedError, ModelError) as error:
        raise ModelError(f"model '{name}': {error}") from None


def _fit_mixed(data: pd.DataFrame, model: Model) -> Any:
    from outcomes import mixed

    return mixed.fit(
        data,
        model.formula,
        subject="patient",
        visit=None if model.covariance is None else "timepoint",
        covariance=model.covariance,
        random=model.random,
        group=model.group,
        method=model.method,
        df=model.df,
        vcov=model.vcov,
        fallback=model.fallback,
    )


def _fit_statsmodels(data: pd.DataFrame, model: Model) -> Any:
    from outcomes.analysis import second_opinion

    if model.random is None or model.covariance is not None or model.group is not None:
        raise ModelError(
            "engine statsmodels fits random effects only; leave out 'covariance' and 'group', give 'random'."
        )
    if model.df != "normal" or model.vcov != "model":
        raise ModelError("engine statsmodels has neither degrees of freedom nor a sandwich; write 'df: normal'.")
    return second_opinion.fit(data, model.formula, subject="patient", random=model.random, method=model.method)


def _describe(model: Model, name: str, fit: Any, failure: str) -> dict[str, Any]:
    """Return the model's row of the table of models."""
    chosen = {key: getattr(model, key) for key in ("label", "primary", "instrument", "axis", "formula", "engine")}
    counts: dict[str, Any] = dict.fromkeys(("n_subjects", "n_observations", "loglik", "aic", "bic"))
    tried: tuple[Any, ...] = getattr(fit, "tried", ())
    converged = fit is not None and bool(fit.converged)
    if fit is not None:
        counts |= {"n_subjects": fit.n_subjects, "n_observations": fit.n_observations}
    if converged:
        counts |= {key: float(getattr(fit, key)) for key in ("loglik", "aic", "bic")}
    return {
        "model": name,
        **chosen,
        **counts,
        "covariance": model.covariance and getattr(fit, "structure", model.covariance),
        "tried": "; ".join(step.covariance for step in tried),
        "random": model.random,
        "method": model.method,
        "df": getattr(fit, "df_method", model.df),
        "vcov": model.vcov,
        "sd_ratio": _compare_spread(fit) if converged else None,
        "converged": converged,
        "warnings": "; ".join([*(fit.warnings if fit is not None else ()), *([failure] if failure else [])]),
    }


def _compare_spread(fit: Any) -> float | None:
    """Return the largest residual SD of the arms over the smallest, of those with enough patients to tell."""
    if not hasattr(fit, "residual_sds") or "arm" not in fit.design.factors:
        return None
    arms = fit.residual_sds("arm")
    sd = arms.loc[arms["n_subjects"] >= TELLING, "sd"]
    return float(sd.max() / sd.min()) if len(sd) > 1 else None
