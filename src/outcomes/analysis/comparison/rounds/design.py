"""The declared columns of a propensity model over several sites, for the patients of one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.confounders import bend_at
from outcomes.analysis.comparison.population.eligibility import spell
from outcomes.analysis.comparison.population.people import Compared
from outcomes.errors import ModelError
from outcomes.settings.estimand import Estimand
from outcomes.settings.propensity import MISSING, CommonPropensity


@dataclass(frozen=True)
class Rows:
    """The patients of a site who take part: compared, with every declared confounder and a score at the primary time point.

    Attributes
    ----------
    columns : tuple of str
        As the plan declares them, the same at every site.
    design : ndarray, shape (n, columns)
        A level that nobody here has is a column of zeros.
    treated : ndarray of bool, shape (n,)
    change : ndarray, shape (n,)
        From baseline to the primary time point, in points.
    numbers : DataFrame
        The declared numbers as they are.
    groups : DataFrame
        The declared band or group of each patient, reference groups included, a column a confounder.
    """

    columns: tuple[str, ...]
    design: Floats
    treated: Bools
    change: Floats
    numbers: pd.DataFrame
    groups: pd.DataFrame


def code_site(
    compared: Compared, estimand: Estimand, declared: CommonPropensity, sites: tuple[str, ...], site: str
) -> Rows:
    """Return the rows of a site.

    Raises
    ------
    ModelError
        A confounder that is not as it is declared: words among numbers, or a value that is in no group.
    """
    people, n = compared.people, len(compared.people)
    change = compared.at(estimand.axis, estimand.timepoint, "change")
    numbers = pd.DataFrame(
        {name: _read_number(people[name], name, "numbers") for name in declared.numbers}, index=people.index
    )
    names = declared.list_groups()
    banded = {name: _band(people[name], name, begins, names[name]) for name, begins in declared.bands.items()}
    levelled = {name: _group(people[name], name, own) for name, own in declared.levels.items()}
    groups = pd.DataFrame(banded | levelled, index=people.index)
    parts = [np.ones((n, 1))]
    if declared.sites:
        parts.append(np.tile([float(site == other) for other in sites[1:]], (n, 1)))
    for name, number in declared.numbers.items():
        values = numbers[name].to_numpy(dtype=float)
        parts += [((values - number.centre) / number.scale)[:, None]]
        parts += [bend_at(values, np.array(number.knots)) / number.scale]
    for name, own in names.items():
        parts.append(np.column_stack([groups[name] == group for group in own[1:]]).astype(float))
    known = ~np.isnan(change) & (numbers.notna().all(axis=1) & groups.notna().all(axis=1)).to_numpy()
    return Rows(
        tuple(declared.list_columns(sites)),
        np.column_stack(parts)[known],
        compared.treated[known],
        change[known],
        numbers[known],
        groups[known],
    )


def _read_number(column: pd.Series, name: str, section: str) -> Floats:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise ModelError(f"propensity.{section}: {name} holds words at this site; the plan declares it among levels.")
    return column.to_numpy(dtype=float, na_value=np.nan)


def _band(column: pd.Series, name: str, begins: tuple[float, ...], names: tuple[str, ...]) -> pd.Series:
    """Return the band of each number; none where there is no number."""
    values = _read_number(column, name, "bands")
    found = pd.Series(np.array(names, dtype=object)[np.searchsorted(begins, values, side="right")], index=column.index)
    return found.where(~np.isnan(values), None)


def _group(column: pd.Series, name: str, groups: dict[str, tuple[str, ...]]) -> pd.Series:
    """Return the group of each value; none where there is no value, and the plan has no group for that."""
    place = {value: group for group, values in groups.items() for value in values}
    values = spell(column)
    unknown = sorted(set(values.dropna()) - set(place))
    if unknown:
        raise ModelError(
            f"propensity.levels: {name} has values at this site that are in no group of the plan: {', '.join(unknown)}. Map them as the plan "
            "writes them, or ask the coordinating centre for an amendment."
        )
    return values.map(place).astype(object).where(values.notna(), place.get(MISSING))
