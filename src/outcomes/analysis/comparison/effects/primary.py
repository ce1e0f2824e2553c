"""The primary analysis: a weighted mixed model for repeated measures of the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import TINY, compute_effective_n
from outcomes.contracts.released.comparison import Effects

EFFECTS = Effects.columns
ARMS = ("reference", "treated")


@dataclass(frozen=True)
class Specification:
    """One mixed model of the change over an axis.

    Attributes
    ----------
    axis : str
    covariance : str
    fallback : tuple of str
    baseline : bool
        Baseline by time point in the mean.
    vcov : str
        ``model`` or a sandwich, as in :func:`outcomes.mixed.fit`.
    covariates_by_time : bool
        Covariates by time point, or the same at all.
    by_arm : bool
        A covariance for each arm.
    """

    axis: str
    covariance: str
    fallback: tuple[str, ...]
    baseline: bool = True
    vcov: str = "cr2"
    covariates_by_time: bool = True
    by_arm: bool = False


def build_frame(compared: Compared, axis: str, weight: Floats, covariates: Floats | None = None) -> pd.DataFrame:
    """Return the observed changes on an axis as the engine takes them.

    Returns
    -------
    DataFrame
        One row per person and observed time point; ``arm`` (reference first), ``timepoint``, ``change``, ``baseline``, ``weight``, and one column ``x1`` …
        per covariate. People whose weight is next to nothing are not in it.
    """
    rows = compared.scores
    rows = rows[(rows["axis"].to_numpy() == axis) & rows["change"].notna().to_numpy()]
    person = rows["person"].to_numpy()
    columns: dict[str, Any] = {
        "person": person,
        "timepoint": pd.Categorical(rows["timepoint"], compared.timepoints[axis]),
        "change": rows["change"].to_numpy(),
        "arm": pd.Categorical(np.array(ARMS)[compared.treated.astype(int)[person]], list(ARMS)),
        "baseline": compared.people["baseline"].to_numpy()[person],
        "weight": weight[person],
    }
    if covariates is not None:
        columns |= {f"x{place + 1}": values[person] for place, values in enumerate(covariates.T)}
    frame = pd.DataFrame(columns)
    frame = frame[frame["weight"] > TINY]
    seen = [name for name in compared.timepoints[axis] if (frame["timepoint"] == name).any()]
    return frame.assign(timepoint=frame["timepoint"].cat.set_categories(seen))


def fit_change(frame: pd.DataFrame, specification: Specification, df: str | None = None) -> Any:
    """Fit the change on arm, baseline, and covariates, each by time point.

    Degrees of freedom are Kenward and Roger's, or Satterthwaite's for a sandwich, unless ``df`` names others.

    Returns
    -------
    Fit
        Of :mod:`outcomes.mixed`; ``converged`` says whether it holds anything.
    """
    from outcomes import mixed

    covariates = [name for name in frame.columns if name.startswith("x") and name[1:].isdigit()]
    crossed = ["arm", *(["baseline"] if specification.baseline else [])]
    by_time, steady = (covariates, []) if specification.covariates_by_time else ([], covariates)
    weighted = bool(np.ptp(frame["weight"]) > 0)
    by = "*timepoint" if len(frame["timepoint"].cat.categories) > 1 else ""
    return mixed.fit(
        frame,
        "change ~ " + " + ".join([*(f"{name}{by}" for name in (*crossed, *by_time)), *steady]),
        subject="person",
        visit="timepoint",
        weights="weight" if weighted else None,
        covariance=specification.covariance,
        group="arm" if specification.by_arm else None,
        fallback=specification.fallback,
        df=df or ("kenward_roger" if specification.vcov == "model" else "satterthwaite"),
        vcov=specification.vcov,
    )


def estimate_differences(frame: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Any]:
    """Return the difference treated − reference at every time point, and the fit.

    Returns
    -------
    table : DataFrame
        One row per ``timepoint``: ``estimate``, ``std_error``, ``df``, ``lower``, ``upper``, ``p_value``, in points; missing throughout
        when the fit did not converge.
    fit : Fit
    """
    from outcomes import mixed

    fit = fit_change(frame, specification)
    table = _by_timepoint(mixed.differences, fit, frame)
    columns = ["timepoint", "estimate", "std_error", "df", "lower", "upper", "p_value"]
    return table[columns].astype({"timepoint": str}), fit


def _by_timepoint(tabulate: Callable[..., pd.DataFrame], fit: Any, frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """Return a table of the engine by arm and time point; a model of one time point does not have it as a factor."""
    points = frame["timepoint"].cat.categories
    if len(points) > 1:
        return tabulate(fit, "arm", by="timepoint", **options)
    return tabulate(fit, "arm", **options).assign(timepoint=points[0])


def tabulate_effects(compared: Compared, weight: Floats, specification: Specification) -> pd.DataFrame:
    """Return the primary analysis on one axis.

    Returns
    -------
    DataFrame
        One row per time point: adjusted means of both arms at the weighted mean baseline, their difference with its interval, patients in
        the model and observed at the time point by arm, and the effective number of patients in the model. Without numbers, and the
        reason as ``note``, when the model could not be fitted.
    """
    from outcomes import mixed

    frame = build_frame(compared, specification.axis, weight)
    people = frame.drop_duplicates("person")
    try:
        table, fit = estimate_differences(frame, specification)
    except mixed.MixedError as error:
        table = pd.DataFrame({"timepoint": frame["timepoint"].cat.categories.astype(str)})
        table = table.assign(covariance=specification.covariance, converged=False, note=str(error))
    else:
        table = table.assign(covariance=fit.structure, converged=fit.converged, note="; ".join(fit.warnings))
        table = table.assign(**_adjust_means(fit, frame, people, table["timepoint"])) if fit.converged else table
    return (
        _count_people(frame, people, table)
        .assign(
            axis=specification.axis,
            variance=specification.vcov,
            effective_n=compute_effective_n(people["weight"].to_numpy()),
        )
        .reindex(columns=EFFECTS)
    )


def _adjust_means(fit: Any, frame: pd.DataFrame, people: pd.DataFrame, timepoints: pd.Series) -> dict[str, pd.Series]:
    from outcomes import mixed

    at = {"baseline": float(np.average(people["baseline"], weights=people["weight"]))}
    means = _by_timepoint(mixed.margins, fit, frame, at=at)
    own = {
        name: means[means["arm"] == name].astype({"timepoint": str}).set_index("timepoint")["estimate"] for name in ARMS
    }
    return {f"{name}_mean": timepoints.map(own[name]) for name in ARMS}


def _count_people(frame: pd.DataFrame, people: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    observed = frame.groupby(["timepoint", "arm"], observed=False).size().unstack(fill_value=0)
    sizes = people["arm"].value_counts()
    counts: dict[str, Any] = {}
    for name in ARMS:
        counts[f"n_{name}"] = int(sizes[name])
        counts[f"observed_{name}"] = [int(observed.loc[point, name]) for point in table["timepoint"]]
    return table.assign(**counts)
