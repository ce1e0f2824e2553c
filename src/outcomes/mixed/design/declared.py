"""A design that is declared instead of read from the rows, so that the sums of several sites are of one design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.rows import constant_within
from outcomes.mixed.data.table import Column, Data
from outcomes.mixed.design.factors import Factor
from outcomes.mixed.design.prepare import Prepared
from outcomes.mixed.design.visit_loadings import Design, make_design
from outcomes.mixed.errors import DataError, SettingError


@dataclass(frozen=True)
class DeclaredDesign:
    """What a site's own rows cannot tell of the design of all sites.

    Attributes
    ----------
    visits : sequence
        Visits in order, as the data name them.
    levels : mapping of str to sequence
        Levels of every column that the formula (or ``group=``) takes as levels, but the visit; the first is the reference.
    centres : mapping of str to float
        What is taken from the response and from every number before it is squared. Near the mean it keeps digits; where it and
        the data are whole numbers, the sums are whole numbers too and add up exactly in any order of sites.
    varying : sequence of str
        Numbers and factors that change within a patient other than with the visit.
    by_visit : mapping of str to sequence
        Those that depend on the visit alone: their value at each visit.

    Raises
    ------
    SettingError
        Visits or levels that repeat, or fewer than two levels.
    """

    visits: Sequence[Any]
    levels: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    centres: Mapping[str, float] = field(default_factory=dict)
    varying: Sequence[str] = ()
    by_visit: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, listed, least in (("visits", self.visits, 1), *((repr(k), v, 2) for k, v in self.levels.items())):
            if isinstance(listed, str) or len(set(listed)) < len(listed) or len(listed) < least:
                raise SettingError(f"a declared design needs at least {least} different {what}, got {listed!r}")


def declare_levels(data: Data, declared: DeclaredDesign, visit: str) -> Data:
    """Give the columns the declared levels, whether or not every level occurs.

    Raises
    ------
    DataError
        Rows with a level that is not declared, counted.
    """
    levels = {name: tuple(listed) for name, listed in declared.levels.items()} | {visit: tuple(declared.visits)}

    def read(name: str) -> Column:
        column = data.read(name)
        return _recode(column, levels[name], name) if name in levels else column

    return replace(data, read=read, _columns={})


def _recode(column: Column, levels: tuple[Any, ...], name: str) -> Column:
    place = {level: i for i, level in enumerate(levels)}
    if column.labels is None:
        found, number = np.unique(column.values, return_inverse=True)
        labels: tuple[Any, ...] = tuple(None if value != value else value for value in found.tolist())
    else:
        labels, number = column.labels, np.where(column.values < 0, len(column.labels), column.values)
    codes = np.array([*(-1 if label is None else place.get(label, -2) for label in labels), -1])[number]
    wrong = int((codes == -2).sum())
    if wrong:
        raise DataError(
            f"column {name!r} has {wrong} rows with a value that the design does not declare; it declares {list(levels)}"
        )
    return Column(codes, levels, declared=True, planned=True, kind=column.kind)


def design_as_declared(prepared: Prepared, declared: DeclaredDesign, visit: str) -> Design:
    """Build the design with the declared roles and centres, and see that the rows agree.

    Raises
    ------
    SettingError
        A centre that is missing, or a call that learns from the rows.
    DataError
        Rows that contradict a declared role, counted.
    """
    if visit in prepared.factors and any(isinstance(label, int | float) for label in declared.visits):
        raise SettingError(
            f"the visits are numbers, of which the formula's {visit!r} would be a line; write C({visit})"
        )
    rows, by_visit = prepared.rows, _read_by_visit(prepared, declared, visit)
    for name, factor in prepared.factors.items():
        if factor.stateful:
            raise SettingError(
                f"{name!r} is computed from each site's own rows, so that sums would not add; compute it beforehand"
            )
        if (
            name not in by_visit
            and name not in declared.varying
            and not constant_within(prepared.values[name], rows.subject, rows.heads)
        ):
            raise DataError(
                f"{name!r} changes within a subject; declare it under varying, or under by_visit if the visit alone tells it"
            )
    centres = {
        name: np.full(len(factor.full_labels), _centre(declared, name))
        for name, factor in prepared.factors.items()
        if not factor.is_categorical and name not in by_visit
    }
    varying = frozenset(name for name in declared.varying if name in prepared.factors)
    response = _centre(declared, prepared.formula.response)
    return make_design(prepared.formula, prepared.factors, by_visit, varying, centres, response, len(rows.visits))


def _centre(declared: DeclaredDesign, name: str) -> float:
    if name not in declared.centres:
        raise SettingError(
            f"the declared design has no centre for {name!r}; give a whole number near its mean over all sites"
        )
    return float(declared.centres[name])


def _read_by_visit(prepared: Prepared, declared: DeclaredDesign, visit: str) -> dict[str, NDArray[Any]]:
    """Give the factors of the visit alone their values by visit, and compare them with the rows."""
    found: dict[str, NDArray[Any]] = {}
    for name, factor in prepared.factors.items():
        if name not in declared.by_visit and visit not in factor.variables:
            continue
        given = declared.by_visit.get(name, declared.visits)
        if len(given) != len(declared.visits):
            raise SettingError(f"by_visit gives {name!r} {len(given)} values for {len(declared.visits)} visits")
        found[name] = _evaluate(factor, given)
        assert prepared.rows.visit is not None
        wrong = int(
            (found[name][prepared.rows.visit] != prepared.values[name])
            .reshape(prepared.rows.n_rows, -1)
            .any(axis=1)
            .sum()
        )
        if wrong:
            raise DataError(f"{name!r} differs on {wrong} rows from what by_visit declares for their visit")
    return found


def _evaluate(factor: Factor, given: Sequence[Any]) -> Floats | NDArray[np.intp]:
    if factor.is_categorical:
        return np.array([factor.levels.index(value) for value in given], dtype=np.intp)
    return np.asarray(given, dtype=np.float64)[:, None]
