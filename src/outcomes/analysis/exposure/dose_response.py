"""The dose of the sessions before a score, and that score: an association, for the dose follows how a patient does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes import mixed
from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.selection import select_included
from outcomes.contracts.released.exposure import FEWEST_DOSED, DoseResponse

DEGREES, MORE, MANY = 3, 5, 150  # of the natural cubic spline: of fewer than so many patients, and of others
LEAST_SPAN = 0.1  # between the 5th and the 95th percentile of the dose, of its median
MOST_DOSES = 7


def tabulate_dose_response(
    dosed: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    arms: Sequence[str],
    by_weight: Mapping[str, bool],
    instrument: str,
) -> pd.DataFrame:
    """Return how scores after sessions differ by the mean dose of the sessions before them.

    A mixed model in each arm: score after session k on a natural cubic spline of the mean dose of sessions 1 to k, on the baseline score and on k,
    with a random intercept and the CR2 sandwich clustered by patient. Of those analysed, scores before which every session has a dose.

    Parameters
    ----------
    dosed : DataFrame
        Result of :func:`outcomes.analysis.exposure.dose.derive_dose`.
    tables : mapping of str to DataFrame
        ``endpoints`` and ``cohort``, as in their contracts.
    arms : sequence of str
        Arm ids in the study's order.
    by_weight : mapping of str to bool
        Whether an arm's dose is by body weight; else it is in mg.
    instrument : str
        Instrument id.

    Returns
    -------
    DataFrame
        One row per arm and ``dose``, the key: ``unit``, the ``reference`` dose nearest the median, ``patients``, the ``estimate`` of the score at the
        dose minus that at the reference, in points, with its interval, and the ``p_value`` of no association at all. No rows of an arm of
        fewer than 60 patients, or whose dose varies by less than a tenth between its 5th and 95th percentile.
    """
    rows = select_included(tables["endpoints"], tables["cohort"])
    rows = rows[(rows["instrument"] == instrument) & (rows["axis"].astype(str) == "session")]
    rows = rows[rows["score"].notna() & rows["baseline"].notna()]
    parts = []
    for arm in arms:
        unit = "mg/kg" if by_weight.get(arm, False) else "mg"
        own = _join_dose(rows[rows["arm"].astype(str) == arm], dosed, "mg_per_kg" if unit == "mg/kg" else "dose_mg")
        found = fit_dose_response(own)
        parts += [] if found is None else [found.assign(arm=arm, unit=unit, patients=own["person"].nunique())]
    columns = list(DoseResponse.fields)
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _join_dose(scores: pd.DataFrame, dosed: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return scores with the mean dose of the sessions before; those before which a dose is missing are left out."""
    held = dosed.sort_values(["patient", "series", "session"], kind="stable")
    groups = held.groupby(["patient", "series"], sort=False)
    known = held[column].notna().groupby([held["patient"], held["series"]], sort=False).cummin()
    mean = groups[column].cumsum() / (groups.cumcount() + 1)
    held = held.assign(dose=mean.where(known))[["patient", "series", "session", "dose"]]
    own = scores.assign(session=scores["time"].astype(float)).merge(
        held.astype({"session": float}), on=["patient", "series", "session"], how="inner"
    )
    own = own[own["dose"].notna()].sort_values(["patient", "series", "session"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "person": own.groupby(["patient", "series"], sort=False).ngroup(),
            "session": own["session"],
            "dose": own["dose"].astype(float),
            "baseline": own["baseline"].astype(float),
            "score": own["score"].astype(float),
        }
    )


def fit_dose_response(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Return the differences by dose of one arm; None where too few patients, or too little variation, tell of none.

    Parameters
    ----------
    rows : DataFrame
        One row per score: ``person``, ``session``, ``dose``, ``baseline``, ``score``.
    """
    if rows["person"].nunique() < FEWEST_DOSED:
        return None
    low, middle, high = (float(one) for one in np.quantile(rows["dose"], [0.05, 0.5, 0.95]))
    doses = choose_doses(low, high)
    if high - low < LEAST_SPAN * middle or len(doses) < 2:
        return None
    reference = float(doses[np.argmin(np.abs(doses - middle))])
    degrees = MORE if rows["person"].nunique() >= MANY else DEGREES
    shape = [f"bend{place}" for place in range(degrees)]
    curve = bend_dose(rows["dose"].to_numpy(), low, high, degrees)
    data = rows.assign(**{name: curve[:, place] for place, name in enumerate(shape)})
    data["session"] = pd.Categorical(data["session"].map("{:g}".format))
    terms = [*shape, *(["baseline"] if np.ptp(data["baseline"]) > 0 else [])]
    terms += ["session"] if len(data["session"].cat.categories) > 1 else []
    try:
        fit = mixed.fit(
            data, f"score ~ {' + '.join(terms)}", subject="person", covariance=None, random="1", df="satterthwaite", vcov="cr2"
        )  # fmt: skip
    except mixed.MixedError:
        return None
    if not fit.converged:
        return None
    apart = bend_dose(doses, low, high, degrees) - bend_dose(np.array([reference]), low, high, degrees)
    contrasts = np.zeros((len(doses), len(fit.names)))
    contrasts[:, [fit.names.index(name) for name in shape]] = apart
    others = doses != reference
    found = fit.estimate(contrasts[others])
    test = fit.contrast([{name: 1.0} for name in shape])
    table = pd.DataFrame({"dose": doses, "reference": reference, "p_value": float(test["p_value"].iloc[0])})
    for name, own in (("estimate", 0.0), ("lower", np.nan), ("upper", np.nan)):
        table[name] = own
        table.loc[others, name] = found[name].to_numpy()
    return table


def bend_dose(dose: Floats, low: float, high: float, degrees: int) -> Floats:
    """Return a natural cubic spline of the dose without a constant, shape (rows, degrees): knots at both ends and evenly between.

    The truncated powers of Hastie, Tibshirani & Friedman 2009 (10.1007/978-0-387-84858-7, section 5.2.1): straight beyond the ends.

    Examples
    --------
    >>> bend_dose(np.array([0.0, 1.0, 2.0, 3.0]), 0.0, 1.0, 3)[:, 0].tolist()
    [0.0, 1.0, 2.0, 3.0]
    >>> np.diff(bend_dose(np.array([1.0, 2.0, 3.0, 4.0]), 0.0, 1.0, 5), 2, axis=0).round(9).any()
    np.False_
    """
    place = (np.asarray(dose, dtype=float) - low) / (high - low)
    knots = np.linspace(0.0, 1.0, degrees + 1)[:-1]
    bent = [(np.maximum(place - knot, 0) ** 3 - np.maximum(place - 1, 0) ** 3) / (1 - knot) for knot in knots]
    return np.column_stack([place, *(one - bent[-1] for one in bent[:-1])])


def choose_doses(low: float, high: float) -> Floats:
    """Return round doses between two, at most seven, so that none tells what a patient had.

    Examples
    --------
    >>> choose_doses(0.41, 0.98).tolist(), choose_doses(50, 84).tolist()
    ([0.5, 0.6, 0.7, 0.8, 0.9], [50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0])
    """
    span = high - low
    if not span > 0:
        return np.empty(0)
    power = 10.0 ** np.floor(np.log10(span / MOST_DOSES))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span / MOST_DOSES)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return np.array([round(place * step, 6) for place in range(first, last + 1)])
