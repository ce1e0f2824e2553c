"""Who enters the analysis, and the first reason that keeps a series out."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import SettingsError
from outcomes.measures.definitions import Definitions
from outcomes.measures.order import Bools, Floats, make_categorical, sort_categories, sort_table

log = logging.getLogger(__name__)


def derive_cohort(
    series: pd.DataFrame, patients: pd.DataFrame, baselines: Mapping[str, Floats], definitions: Definitions
) -> pd.DataFrame:
    """Mark every series as included or with its first reason for exclusion.

    Parameters
    ----------
    series
        Table ``series`` in order of its key.
    patients
        Table ``patients``; the columns that ``population.include`` names.
    baselines
        Instrument id → baseline of each series in points, NaN where it has none.
    definitions
        Which series count, the population, the entry thresholds.

    Returns
    -------
    pandas.DataFrame
        Table ``cohort``; key ``patient, series``. Reasons, in the order in which they are tried: ``not_first_series``,
        ``population:<column>``, ``protocol:<reason>``, ``below_entry_threshold``, ``no_baseline``.

    Raises
    ------
    SettingsError
        ``population.include`` names a column that the patients do not have.
    """
    reasons: list[str] = []
    exclusion = np.full(len(series), -1, dtype=np.int16)
    for reason, out in _reasons(series, patients, baselines, definitions):
        first = out & (exclusion < 0)
        exclusion[first] = len(reasons)
        reasons.append(reason)
        log.info("left out %d series: %s", int(first.sum()), reason)
    log.info("included %d of %d series", int((exclusion < 0).sum()), len(series))
    return pd.DataFrame(
        {
            "patient": series["patient"],
            "series": series["series"],
            "arm": sort_categories(series["arm"]),
            "included": exclusion < 0,
            "exclusion": make_categorical(exclusion, reasons),
            "complies": series["complies"],
            "sessions": series["sessions"],
            "induction_sessions": series["induction_sessions"],
        }
    )


def leave_out_small_arms(cohort: pd.DataFrame, fewest: int, kept: Collection[str] = ()) -> pd.DataFrame:
    """Return the cohort without the arms that fewer patients than ``fewest`` would enter with, as reason ``small_arm``.

    Parameters
    ----------
    cohort
        As :func:`derive_cohort` returns it.
    fewest
        Patients.
    kept
        Arms that stay however small. Where every arm is small, all stay.
    """
    entered = cohort[cohort["included"]]
    sizes = entered.groupby("arm", observed=True)["patient"].nunique()
    small = [str(arm) for arm, n in sizes.items() if n < fewest and str(arm) not in kept]
    if not small or len(small) == len(sizes):
        return cohort
    out = cohort["included"] & cohort["arm"].astype(str).isin(small)
    log.info("left out %d series of %d small arms", int(out.sum()), len(small))
    exclusion = cohort["exclusion"].astype(object).mask(out, "small_arm")
    reasons = [*cohort["exclusion"].cat.categories, "small_arm"]
    return cohort.assign(included=cohort["included"] & ~out, exclusion=pd.Categorical(exclusion, reasons))


def _reasons(
    series: pd.DataFrame, patients: pd.DataFrame, baselines: Mapping[str, Floats], definitions: Definitions
) -> Iterator[tuple[str, Bools]]:
    """Yield each reason in order with the series that it concerns."""
    rules, none = definitions.series, np.zeros(len(series), dtype=np.bool_)
    if rules.use == "first":
        yield "not_first_series", (series["series"] > 1).to_numpy()
    for column, values in definitions.population.include.items():
        yield f"population:{column}", ~_belongs(series["patient"], patients, column, values)
    if rules.require_protocol:
        for reason in sorted(series["reason"].cat.categories):
            yield f"protocol:{reason}", (series["reason"] == reason).to_numpy()
    if rules.origin == "none":
        return
    minimum = definitions.baseline.minimum
    low, absent = none.copy(), none.copy()
    for name, threshold in minimum.items():
        low |= baselines[name] < threshold
        absent |= np.isnan(baselines[name])
    if minimum:
        yield "below_entry_threshold", low
    if definitions.population.require_baseline:
        absent |= np.isnan(baselines[definitions.primary])
    if minimum or definitions.population.require_baseline:
        yield "no_baseline", absent


def _belongs(patient: pd.Series[Any], patients: pd.DataFrame, column: str, values: tuple[str, ...]) -> Bools:
    """Return which series' patients have one of the values; a missing value is none of them."""
    if column not in patients:
        raise SettingsError(
            f"population.include: the patients have no column {column!r}; they have {', '.join(patients.columns)}."
        )
    patients = sort_table(patients[["patient", column]], ("patient",))
    inside = np.append(_spell(patients[column]).isin(values).to_numpy(dtype=np.bool_), False)
    known = patients["patient"].to_numpy()
    place = np.searchsorted(known, patient.to_numpy())
    found = place < len(known)
    found[found] = known[place[found]] == patient.to_numpy()[found]
    return inside[np.where(found, place, -1)]


def _spell(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the values as a study file writes them: 1 for 1.0, true for True."""
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"}, na_action="ignore")
    if pd.api.types.is_numeric_dtype(column):
        return column.map("{:g}".format, na_action="ignore")
    return column
