"""Choose how the data enter the likelihood: by patterns of visits, or by the subjects' rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from outcomes.mixed.cells import refuse_single_subjects
from outcomes.mixed.data import Data
from outcomes.mixed.effects import Effects, effects_by_visit, read_effects, refuse_saturated
from outcomes.mixed.errors import SettingError
from outcomes.mixed.facts import Facts, facts_of_moments, facts_of_rows
from outcomes.mixed.formula import Formula, is_name, parse_terms
from outcomes.mixed.longrows import arrange_rows, assemble_rows, assemble_visit_rows
from outcomes.mixed.model import Model, arrange_visits, assemble_visits
from outcomes.mixed.moments import Moments, sum_moments
from outcomes.mixed.rows import Floats, number_levels, number_subjects
from outcomes.mixed.settings import Settings
from outcomes.mixed.source import RowSource, Source, VisitSource
from outcomes.mixed.wide import MAX_VISITS, Prepared, design_by_visit, prepare, spread_wide

_FEW = 12


@dataclass(frozen=True)
class Columns:
    """Names of the columns that index the rows."""

    subject: str
    visit: str | None
    weights: str | None
    group: str | None


@dataclass(frozen=True)
class Arranged:
    """Data ready for a covariance.

    Attributes
    ----------
    assemble : callable
        From the name of a structure by visit (or None) to a model.
    facts : Facts
    source : Source or None
    effects : Effects or None
    """

    assemble: Callable[[str | None], Model] = field(repr=False)
    facts: Facts
    source: Source | None
    effects: Effects | None


def arrange_moments(moments: Moments, settings: Settings) -> Arranged:
    """Arrange moments alone."""
    if settings.random is not None:
        raise SettingError("random effects need the table: moments do not keep their columns")
    data = arrange_visits(moments)
    restricted = settings.method == "reml"
    return Arranged(
        lambda covariance: assemble_visits(data, covariance, None, restricted=restricted),
        facts_of_moments(moments),
        None,
        None,
    )


def arrange_table(data: Data, formula: str, columns: Columns, settings: Settings) -> Arranged:
    """Arrange a table, by patterns of visits wherever the covariance allows."""
    if columns.visit is None and settings.covariance is not None:
        raise SettingError(f"covariance {settings.covariance!r} is indexed by visits: give visit=")
    time = (
        None if columns.visit is not None or settings.random is None else _shared_time(data, columns, settings.random)
    )
    if time is not None:
        found = arrange_table(data, formula, replace(columns, visit=time), settings)
        return replace(found, facts=replace(found.facts, visit=None, visits=()))
    prepared = prepare(
        data,
        formula,
        subject=columns.subject,
        visit=columns.visit,
        weights=columns.weights,
        group=columns.group,
        random=settings.random,
    )
    effects = None if prepared.effects is None else read_effects(prepared)
    by_visit = None
    if effects is not None:
        by_visit = None if columns.visit is None else _effects_by_visit(prepared, effects)
        if by_visit is None:
            return _arrange_rows(prepared, effects, columns, settings)
    return _arrange_patterns(prepared, effects, by_visit, columns, settings)


def _shared_time(data: Data, columns: Columns, random: str) -> str | None:
    """Name the one numeric column of the random effects when its few values are common to the subjects, as visits are."""
    factors = Formula(random, "", parse_terms(random)).factors
    if len(factors) != 1 or not is_name(factors[0]) or factors[0] not in data or columns.subject not in data:
        return None
    column, subject = data[factors[0]], data[columns.subject]
    if (
        column.labels is not None
        or column.values.dtype.kind == "b"
        or column.absent is not None
        or subject.absent is not None
    ):
        return None
    codes, times = number_levels(column, factors[0])
    if len(times) > _FEW:
        return None
    pairs = number_subjects(subject)[0] * len(times) + codes
    return factors[0] if np.bincount(pairs).max() == 1 else None


def _effects_by_visit(prepared: Prepared, effects: Effects) -> Floats | None:
    rows = prepared.rows
    assert rows.visit is not None
    return effects_by_visit(effects, rows.visit, len(rows.visits)) if len(rows.visits) <= MAX_VISITS else None


def _arrange_patterns(
    prepared: Prepared, effects: Effects | None, by_visit: Floats | None, columns: Columns, settings: Settings
) -> Arranged:
    design = design_by_visit(prepared)
    wide = spread_wide(prepared, design)
    if settings.covariance is not None:
        refuse_single_subjects(prepared, design, wide)
    moments = sum_moments(prepared, design, wide, names=(columns.subject, str(columns.visit), columns.group))
    if effects is not None and settings.covariance is None:
        refuse_saturated(len(effects.names), int(wide.patterns.sum(axis=1).max()))
    data = arrange_visits(moments)
    restricted = settings.method == "reml"
    return Arranged(
        lambda covariance: assemble_visits(data, covariance, by_visit, restricted=restricted),
        facts_of_moments(moments),
        VisitSource(prepared.rows, wide, data.basis, by_visit, columns.subject),
        effects,
    )


def _arrange_rows(prepared: Prepared, effects: Effects, columns: Columns, settings: Settings) -> Arranged:
    data = arrange_rows(prepared, effects)
    n_groups, restricted = len(prepared.rows.groups), settings.method == "reml"

    def assemble(covariance: str | None) -> Model:
        if covariance is None:
            return assemble_rows(data, n_groups, restricted=restricted)
        return assemble_visit_rows(data, prepared, covariance, n_groups, restricted=restricted)

    facts = facts_of_rows(prepared, data, subject=columns.subject, visit=columns.visit, group=columns.group)
    by_visit = settings.covariance is not None
    return Arranged(assemble, facts, RowSource(prepared.rows, data, effects, columns.subject, by_visit), effects)
