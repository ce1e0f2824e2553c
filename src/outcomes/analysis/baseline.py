"""Who the patients are, in each arm, before treatment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.analysis.selection import EVERYONE, select_first, select_included
from outcomes.contracts.released.describe import Baseline
from outcomes.errors import SettingsError
from outcomes.instruments import Instrument
from outcomes.quantiles import QUARTILES, find_quantile

BASELINE = Baseline.columns


def tabulate_baseline(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    patients: pd.DataFrame,
    arms: Sequence[str],
    columns: Sequence[str],
    instruments: Mapping[str, Instrument],
) -> pd.DataFrame:
    """Return the patients' attributes and baseline scores by arm, one row a patient.

    Parameters
    ----------
    endpoints, cohort, patients : DataFrame
        Tables of those contracts; only patients with a series that enters the analysis count.
    arms : sequence of str
        Arm ids in the study's order.
    columns : sequence of str
        Patients' columns to describe, in order.
    instruments : mapping of str to Instrument
        Instruments whose baseline score and severity band are described, in order.

    Returns
    -------
    DataFrame
        One row per variable, level, and arm ('all' first: each patient once), the key. The first variable, ``patients``,
        is their number. Numeric variables have one row without a level: ``n`` known, ``mean``, ``sd``, ``median``, ``q1``,
        ``q3``. Others have a row a level: ``n`` and ``percent`` of the arm's patients, those without a value
        included, so that levels and ``missing`` add up to the arm.
        Severity bands are the variable ``{instrument}_band``.

    Raises
    ------
    SettingsError
        A column that the patients' table does not have.
    """
    unknown = [name for name in columns if name not in patients]
    if unknown:
        raise SettingsError(
            f"report.baseline_columns: {', '.join(unknown)} not among the patients' columns ({', '.join(patients.columns)})."
        )
    people = describe_people(endpoints, cohort, patients, columns, instruments)
    groups = {EVERYONE: select_first(people)}
    groups |= {arm: select_first(people[people["arm"] == arm]) for arm in arms}
    attributes = [(name, list_levels(people[name])) for name in columns]
    for name, instrument in instruments.items():
        attributes.append((name, None))
        if instrument.bands:
            attributes.append((f"{name}_band", list(instrument.bands.values())))
    rows = [{"variable": "patients", "level": "", "arm": arm, "n": len(group)} for arm, group in groups.items()]
    for name, levels in attributes:
        rows.extend(_describe(groups, name, levels))
    return pd.DataFrame(rows, columns=BASELINE).astype({"n": "int64", "missing": "Int64"})


def describe_people(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    patients: pd.DataFrame,
    columns: Sequence[str],
    instruments: Mapping[str, Instrument],
) -> pd.DataFrame:
    """Return the included series with their patient's attributes, baseline scores, and bands."""
    people = cohort.loc[cohort["included"], ["patient", "series", "arm"]]
    people = people.merge(patients[["patient", *[name for name in columns if name != "arm"]]], on="patient", how="left")
    scores = select_included(endpoints, cohort)
    scores = scores[scores["axis"] == "baseline"]
    for name, instrument in instruments.items():
        own = scores.loc[scores["instrument"] == name, ["patient", "series", "score"]].rename(columns={"score": name})
        people = people.merge(own, on=["patient", "series"], how="left")
        if instrument.bands:
            people[f"{name}_band"] = _band(people[name], instrument.bands)
    return people


def _band(score: pd.Series, bands: Mapping[int, str]) -> pd.Series:
    edges = sorted(bands)
    cut = pd.cut(score, [*edges, float("inf")], right=False, labels=[bands[edge] for edge in edges])
    return cut.astype("str").where(score >= edges[0])


def list_levels(column: pd.Series) -> list[Any] | None:
    """Return the levels of a categorical column in order; None for a number."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = set(column.dropna())
        return [level for level in column.cat.categories if level in present]
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return None
    return sorted(column.dropna().unique())


def _describe(groups: Mapping[str, pd.DataFrame], name: str, levels: Iterable[Any] | None) -> Iterator[dict[str, Any]]:
    if levels is None:
        for arm, group in groups.items():
            values = group[name].astype(float)
            missing = int(values.isna().sum())
            yield {"variable": name, "level": "", "arm": arm, **_summarise(values), "missing": missing}
        return
    for level in levels:
        for arm, group in groups.items():
            n = int((group[name] == level).sum())
            percent = 100 * n / len(group) if len(group) else None
            row = {"variable": name, "level": str(level), "arm": arm, "n": n, "percent": percent}
            yield row | {"missing": int(group[name].isna().sum())}


def _summarise(values: pd.Series[float]) -> dict[str, float]:
    return {
        "n": values.count(),
        "mean": values.mean(),
        "sd": values.std(),
        **{name: find_quantile(values, q) for name, q in QUARTILES.items()},
    }
