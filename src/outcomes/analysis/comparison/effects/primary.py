"""The primary analysis: a weighted mixed model for repeated measures of the change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.population.confounders import find_independent
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import TINY, compute_effective_n
from outcomes.contracts.released.comparison import Effects

EFFECTS = Effects.columns
ARMS = ("reference", "treated")
FEWEST_CLUSTERS = 4  # sites from which a variance between sites is told
DIFFERENCES = ["estimate", "std_error", "df", "lower", "upper", "p_value"]
TOO_FEW_SITES = f"fewer than {FEWEST_CLUSTERS} sites"
FEWEST = 2  # patients of an arm at a time point that is modelled
TOO_FEW = "fewer than two patients of an arm have a score and a weight there"
NO_VARIATION = "the changes there do not differ beyond what arm and baseline tell, so a difference has no variance"
UNCONNECTED = "fewer than two patients are seen there and at another time point too"
DUST = 1e-14  # of the squares of the changes, what rounding leaves


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
    cluster : mapping of int to str, or None
        From person to site: the variance is the sandwich's clustered by site instead of by person.
    """

    axis: str
    covariance: str
    fallback: tuple[str, ...]
    baseline: bool = True
    vcov: str = "cr2"
    covariates_by_time: bool = True
    by_arm: bool = False
    cluster: Mapping[int, str] | None = None


def build_frame(compared: Compared, axis: str, weight: Floats, covariates: Floats | None = None) -> pd.DataFrame:
    """Return the observed changes on an axis as the engine takes them.

    Returns
    -------
    DataFrame
        One row per person and observed time point; ``arm`` (reference first), ``timepoint``, ``change``, ``baseline``, ``weight``, and one column ``x1`` …
        per covariate. People whose weight is next to nothing are not in it, nor time points of which an arm has fewer than two of the others.
    """
    rows = compared.scores
    rows = rows[(rows["axis"] == axis) & rows["change"].notna()]
    person = rows["person"].to_numpy()
    columns: dict[str, Any] = {
        "person": person,
        "timepoint": pd.Categorical(rows["timepoint"], compared.timepoints[axis]),
        "change": rows["change"].to_numpy(),
        "arm": pd.Categorical.from_codes(compared.treated.astype(int)[person], pd.Index(ARMS)),
        "baseline": compared.people["baseline"].to_numpy()[person],
        "weight": weight[person],
    }
    if covariates is not None:
        columns |= {f"x{place + 1}": values[person] for place, values in enumerate(covariates.T)}
    frame = pd.DataFrame(columns)
    seen = find_compared(compared, axis, weight)
    frame = frame[(frame["weight"] > TINY) & frame["timepoint"].isin(seen)]
    return frame.assign(timepoint=frame["timepoint"].cat.set_categories(seen))


def find_compared(compared: Compared, axis: str, weight: Floats) -> list[str]:
    """Return the time points of an axis at which a difference of the arms can be estimated, as :func:`judge_timepoints` has it."""
    return [point for point, reason in judge_timepoints(compared, axis, weight).items() if not reason]


def judge_timepoints(compared: Compared, axis: str, weight: Floats) -> dict[str, str]:
    """Return for each time point of an axis why no difference of the arms can be estimated there; '' where it can.

    Both arms need two patients with a change and a weight, and the changes must differ beyond what arm and baseline tell: else the
    difference has no variance, and a model of all time points would be lost for its sake. So it would where fewer than two patients are seen
    at more than one of them, who alone tell how the time points go together: then the time point with the fewest patients goes.
    """
    rows, points = compared.scores, compared.timepoints[axis]
    rows = rows.loc[(rows["axis"] == axis) & rows["change"].notna(), ["person", "timepoint", "change"]]
    person, change = rows["person"].to_numpy(), rows["change"].to_numpy(dtype=float)
    used = weight[person] > TINY
    person, change, place = person[used], change[used], pd.Index(points).get_indexer(pd.Index(rows["timepoint"]))[used]
    treated = compared.treated[person]
    counts = np.bincount(place + len(points) * treated, minlength=2 * len(points)).reshape(2, -1).min(axis=0)
    design = np.column_stack([np.ones(len(person)), treated, compared.people["baseline"].to_numpy(dtype=float)[person]])
    reasons = {}
    for number, (point, fewest) in enumerate(zip(points, counts, strict=True)):
        here = place == number
        flat = fewest >= FEWEST and is_explained(design[here], change[here])
        reasons[point] = TOO_FEW if fewest < FEWEST else NO_VARIATION if flat else ""
    while True:
        kept = [number for number, point in enumerate(points) if not reasons[point]]
        sizes = np.bincount(place, minlength=len(points))
        if len(kept) < 2 or (np.bincount(person[np.isin(place, kept)]) > 1).sum() >= FEWEST:
            return reasons
        reasons[points[min(kept, key=lambda number: sizes[number])]] = UNCONNECTED


def is_explained(design: Floats, values: Floats) -> bool:
    """Tell whether columns of a design give every value, but for rounding."""
    slopes, *_ = np.linalg.lstsq(design, values, rcond=None)
    return bool(np.square(values - design @ slopes).sum() <= DUST * np.square(values).sum())


def find_identified(
    compared: Compared, axis: str, weight: Floats, covariates: Floats, by_time: bool = True
) -> list[int]:
    """Return the columns of covariates whose slope the patients in the model can tell, beside constant, arm, and baseline.

    With ``by_time`` at every time point, else over all together. A site that only one arm has, or whose patients all have weight 0, has a
    column without a slope: it is left out alone, and not the others for its sake.
    """
    rows = compared.scores
    rows = rows[(rows["axis"] == axis) & rows["change"].notna()]
    points = find_compared(compared, axis, weight)
    person = rows["person"].to_numpy()
    used = (weight[person] > TINY) & rows["timepoint"].isin(points).to_numpy()
    baseline = compared.people["baseline"].to_numpy(dtype=float)
    design = np.column_stack([compared.treated, baseline - baseline.mean(), covariates]).astype(float)
    groups = [used & (rows["timepoint"] == point).to_numpy() for point in points] if by_time else [used]
    kept = set(range(covariates.shape[1]))
    for group in groups:
        kept &= {place - 2 for place in find_independent(design[person[group]])}
    return sorted(kept)


def fit_change(frame: pd.DataFrame, specification: Specification, df: str | None = None) -> Any:
    """Fit the change on arm, baseline where it varies, and covariates, each by time point.

    Degrees of freedom are Kenward and Roger's, or Satterthwaite's for a sandwich, unless ``df`` names others.

    Returns
    -------
    Fit
        Of :mod:`outcomes.mixed`; ``converged`` says whether it holds anything.
    """
    from outcomes import mixed

    covariates = [name for name in frame.columns if name.startswith("x") and name[1:].isdigit()]
    varies = bool(np.ptp(frame.drop_duplicates("person")["baseline"]) > 0)
    crossed = ["arm", *(["baseline"] if specification.baseline and varies else [])]
    by_time, steady = (covariates, []) if specification.covariates_by_time else ([], covariates)
    weighted = bool(np.ptp(frame["weight"]) > 0)
    by = "*timepoint" if len(frame["timepoint"].cat.categories) > 1 else ""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # on its way to no answer, which `converged` says
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
    except np.linalg.LinAlgError as error:
        raise mixed.ConvergenceError(f"the likelihood has no maximum: {error}") from None


def estimate_differences(frame: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, Any]:
    """Return the difference treated − reference at every time point, and the fit.

    Returns
    -------
    table : DataFrame
        One row per ``timepoint``: ``estimate``, ``std_error``, ``df``, ``lower``, ``upper``, ``p_value``, in points; missing throughout
        when the fit did not converge. Clustered by site, an interval is never narrower than by patient.
    fit : Fit

    Raises
    ------
    MixedError
        No fit; or fewer than four sites, where the variance is to be clustered by site.
    """
    from outcomes import mixed

    if specification.cluster is not None:
        among = len({specification.cluster[person] for person in frame["person"]})
        if among < FEWEST_CLUSTERS:
            raise mixed.SettingError(
                f"{TOO_FEW_SITES} with a score and a weight: a variance between sites cannot be told"
            )
    fit = fit_change(frame, specification)
    table = _by_timepoint(mixed.differences, fit, frame)
    if specification.cluster is not None and fit.converged:
        fit = mixed.cluster(fit, specification.cluster, specification.vcov)
        table = _keep_wider(_by_timepoint(mixed.differences, fit, frame), table)
    return table[["timepoint", *DIFFERENCES]].astype({"timepoint": str}), fit


def _keep_wider(by_site: pd.DataFrame, by_patient: pd.DataFrame) -> pd.DataFrame:
    """Return the differences by site, or by patient where that interval is wider.

    Few sites tell their own variance badly, and in one of three clinics they come out more alike than their patients are.
    """
    widths = [(table["upper"] - table["lower"]).to_numpy() for table in (by_site, by_patient)]
    chosen = np.where((widths[1] > widths[0])[:, None], by_patient[DIFFERENCES], by_site[DIFFERENCES])
    return by_site.assign(**dict(zip(DIFFERENCES, chosen.T, strict=True)))


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
        One row per time point at which someone has a score: adjusted means of both arms at the weighted mean baseline and their difference, with their
        intervals, patients in the model and observed at the time point by arm, and the effective number of patients in the model. Without
        numbers, and the reason as ``note``, when the model could not be fitted, or an arm has too few at the time point.
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
    table = _add_unmodelled(compared, weight, specification, table)
    return (
        _count_people(compared, weight, specification, people, table)
        .assign(
            axis=specification.axis,
            variance=specification.vcov,
            effective_n=compute_effective_n(people["weight"].to_numpy()),
        )
        .reindex(columns=EFFECTS)
    )


def _adjust_means(fit: Any, frame: pd.DataFrame, people: pd.DataFrame, timepoints: pd.Series) -> dict[str, pd.Series]:
    from outcomes import mixed

    varies = np.ptp(people["baseline"]) > 0  # else it is not in the model
    at = {"baseline": float(np.average(people["baseline"], weights=people["weight"]))} if varies else {}
    means = _by_timepoint(mixed.margins, fit, frame, at=at)
    found: dict[str, pd.Series] = {}
    for name in ARMS:
        own = means[means["arm"] == name].astype({"timepoint": str}).set_index("timepoint")
        for ending, column in (("mean", "estimate"), ("lower", "lower"), ("upper", "upper")):
            found[f"{name}_{ending}"] = timepoints.map(own[column])
    return found


def _add_unmodelled(
    compared: Compared, weight: Floats, specification: Specification, table: pd.DataFrame
) -> pd.DataFrame:
    """Add the time points at which someone was seen and yet nothing is estimated, in order of time."""
    scores = compared.scores
    seen = set(scores.loc[(scores["axis"] == specification.axis) & scores["change"].notna(), "timepoint"])
    points = [one for one in compared.timepoints[specification.axis] if one in seen]
    lacking = [one for one in points if one not in set(table["timepoint"])]
    if not lacking:
        return table
    rows = pd.DataFrame({"timepoint": lacking, "covariance": specification.covariance, "converged": False})
    rows = rows.assign(note=pd.Series(lacking).map(judge_timepoints(compared, specification.axis, weight)))
    both = pd.concat([table, rows], ignore_index=True) if len(table) else rows
    return both.set_index("timepoint").loc[points].reset_index()


def _count_people(
    compared: Compared, weight: Floats, specification: Specification, people: pd.DataFrame, table: pd.DataFrame
) -> pd.DataFrame:
    sizes = people["arm"].value_counts()
    modelled = np.isin(np.arange(len(weight)), people["person"])
    counts: dict[str, Any] = {}
    for name, side in zip(ARMS, (~compared.treated, compared.treated), strict=True):
        counts[f"n_{name}"] = int(sizes[name])
        seen = [~np.isnan(compared.at(specification.axis, point, "change")) for point in table["timepoint"]]
        counts[f"observed_{name}"] = [int((one & side & modelled).sum()) for one in seen]
    return table.assign(**counts)
