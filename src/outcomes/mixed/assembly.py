"""Choose how the data enter the likelihood: by patterns of visits, or by the subjects' rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.rows import number_levels, number_subjects
from outcomes.mixed.data.table import Data
from outcomes.mixed.design.by_subject import MAX_VISITS, design_by_visit, spread_wide
from outcomes.mixed.design.calls import is_name
from outcomes.mixed.design.formula import parse_effects
from outcomes.mixed.design.prepare import Prepared, prepare
from outcomes.mixed.design.random_effects import Effects, effects_by_visit, read_effects, refuse_saturated
from outcomes.mixed.design.single_subjects import refuse_single_subjects
from outcomes.mixed.errors import SettingError
from outcomes.mixed.likelihood.by_row import assemble_rows, assemble_visit_rows, sort_rows
from outcomes.mixed.likelihood.by_visit import assemble_visits, gather_visits
from outcomes.mixed.likelihood.described import Described, describe_moments, describe_rows
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.subject_rows import Subjects, SubjectsByRow, SubjectsByVisit
from outcomes.mixed.patterns.moments import Moments, sum_moments
from outcomes.mixed.settings import Settings

_FEW = 12


@dataclass(frozen=True)
class Columns:
    """Names of the columns that index the rows."""

    subject: str
    visit: str | None
    weights: str | None
    group: str | None


@dataclass(frozen=True)
class Assembly:
    """Data ready for a covariance.

    Attributes
    ----------
    assemble : callable
        From the name of a structure by visit (or None) to a model.
    described : Described
    subjects : Subjects or None
    effects : Effects or None
    """

    assemble: Callable[[str | None], Model] = field(repr=False)
    described: Described
    subjects: Subjects | None
    effects: Effects | None


def assemble_from_moments(moments: Moments, settings: Settings) -> Assembly:
    """Take moments alone."""
    if settings.random is not None:
        raise SettingError("random effects need the table: moments do not keep their columns")
    data = gather_visits(moments)
    restricted = settings.method == "reml"
    return Assembly(
        lambda covariance: assemble_visits(data, covariance, None, restricted=restricted),
        describe_moments(moments),
        None,
        None,
    )


def assemble_from_table(data: Data, formula: str, columns: Columns, settings: Settings) -> Assembly:
    """Take a table, by patterns of visits wherever the covariance allows."""
    if columns.visit is None and settings.covariance is not None:
        raise SettingError(f"covariance {settings.covariance!r} is indexed by visits: give visit=")
    time = (
        None if columns.visit is not None or settings.random is None else _shared_time(data, columns, settings.random)
    )
    if time is not None:
        found = assemble_from_table(data, formula, replace(columns, visit=time), settings)
        return replace(found, described=replace(found.described, visit=None, visits=()))
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
            return _assemble_own_rows(prepared, effects, columns, settings)
    return _assemble_patterns(prepared, effects, by_visit, columns, settings)


def _shared_time(data: Data, columns: Columns, random: str) -> str | None:
    """Name the one numeric column of the random effects when its few values are common to the subjects, as visits are."""
    factors = parse_effects(random).factors
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


def _assemble_patterns(
    prepared: Prepared, effects: Effects | None, by_visit: Floats | None, columns: Columns, settings: Settings
) -> Assembly:
    design = design_by_visit(prepared)
    wide = spread_wide(prepared, design)
    if settings.covariance is not None:
        refuse_single_subjects(prepared, design, wide)
    moments = sum_moments(prepared, design, wide, names=(columns.subject, str(columns.visit), columns.group))
    if effects is not None and settings.covariance is None:
        refuse_saturated(len(effects.names), int(wide.patterns.sum(axis=1).max()))
    data = gather_visits(moments)
    restricted = settings.method == "reml"
    return Assembly(
        lambda covariance: assemble_visits(data, covariance, by_visit, restricted=restricted),
        describe_moments(moments),
        SubjectsByVisit(prepared.rows, columns.subject, wide, data.basis, by_visit),
        effects,
    )


def _assemble_own_rows(prepared: Prepared, effects: Effects, columns: Columns, settings: Settings) -> Assembly:
    data = sort_rows(prepared, effects)
    n_groups, restricted = len(prepared.rows.groups), settings.method == "reml"

    def assemble(covariance: str | None) -> Model:
        if covariance is None:
            return assemble_rows(data, n_groups, restricted=restricted)
        return assemble_visit_rows(data, prepared, covariance, n_groups, restricted=restricted)

    described = describe_rows(prepared, data, subject=columns.subject, visit=columns.visit, group=columns.group)
    by_visit = settings.covariance is not None
    return Assembly(
        assemble, described, SubjectsByRow(prepared.rows, columns.subject, data, effects, by_visit), effects
    )
