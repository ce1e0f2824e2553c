"""One row per subject: subject-level sources, and varying sources spread over visits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.data.rows import RUN, Rows, number_cells
from outcomes.mixed.design.prepare import Prepared
from outcomes.mixed.design.visit_loadings import Design, build_design, sort_roles, source_values
from outcomes.mixed.errors import SettingError

MAX_VISITS = 52


def design_by_visit(prepared: Prepared) -> Design:
    """Read the design with its visit structure."""
    rows = prepared.rows
    if len(rows.visits) > MAX_VISITS:
        raise SettingError(f"{len(rows.visits)} visits are more than the {MAX_VISITS} a covariance by visit can have")
    roles = sort_roles(prepared.values, rows.subject, rows.heads, rows.visit, len(rows.visits))
    return build_design(prepared.formula, prepared.factors, prepared.values, prepared.response, roles, len(rows.visits))


@dataclass(frozen=True)
class Wide:
    """Sources of every subject, and which visits each subject has.

    Attributes
    ----------
    constant : array, shape (n_subjects, n_subject_sources)
    varying : array, shape (n_subjects, 1 + n_varying_sources, n_visits)
        Zero at visits without data; the first is the centred response.
    pattern : array of int, shape (n_subjects,)
        Number of the subject's group-and-visits pattern.
    patterns : array of bool, shape (n_patterns, n_visits)
    pattern_group : array of int, shape (n_patterns,)
    weights : array, shape (n_subjects,)
    """

    constant: Floats = field(repr=False)
    varying: Floats = field(repr=False)
    pattern: Integers = field(repr=False)
    patterns: NDArray[np.bool_]
    pattern_group: Integers
    weights: Floats = field(repr=False)

    def chunks(self, size: int = 20_000) -> Iterator[tuple[Integers, Floats]]:
        """Yield subjects and their sources by visit, shape (n, n_visits, n_sources), zero where not observed."""
        n_visits = self.patterns.shape[1]
        for start in range(0, len(self.pattern), size):
            members = np.arange(start, min(start + size, len(self.pattern)))
            seen = self.patterns[self.pattern[members]]
            steady = self.constant[members][:, None, :] * seen[:, :, None]
            moving = self.varying[members].transpose(0, 2, 1)
            yield members, np.concatenate([steady, moving], axis=2).reshape(len(members), n_visits, -1)


def spread_wide(prepared: Prepared, design: Design) -> Wide:
    """Bring the long rows into one row per subject."""
    rows = prepared.rows
    assert rows.visit is not None
    n_visits, n_subjects = len(rows.visits), rows.n_subjects
    at_head = {name: found[rows.heads] for name, found in prepared.values.items()}
    constant = np.empty((n_subjects, len(design.subject_sources)))
    for j, source in enumerate(design.subject_sources):
        constant[:, j] = source_values(source, at_head, design.centres)
    moving = np.zeros((1 + len(design.varying_sources), n_subjects * n_visits))
    cell = number_cells(rows.subject, rows.visit, n_visits)
    for at in range(0, rows.n_rows, RUN):
        run = slice(at, at + RUN)
        moving[0, cell[run]] = prepared.response[run] - design.response_centre
        some = {name: found[run] for name, found in prepared.values.items()}
        for j, source in enumerate(design.varying_sources, start=1):
            moving[j, cell[run]] = source_values(source, some, design.centres)
    varying = moving.reshape(-1, n_subjects, n_visits).transpose(1, 0, 2)
    pattern, patterns, group = _find_patterns(rows, cell, n_visits)
    return Wide(constant, varying, pattern, patterns, group, rows.weights)


def _find_patterns(rows: Rows, cell: Integers, n_visits: int) -> tuple[Integers, NDArray[np.bool_], Integers]:
    """Find the distinct (group, visits seen) pairs and number them."""
    flags = np.zeros(rows.n_subjects * n_visits, dtype=np.uint8)
    flags[cell] = 1
    packed = np.packbits(flags.reshape(-1, n_visits), axis=1, bitorder="little").astype(np.int64)
    seen = np.asarray(packed @ (1 << 8 * np.arange(packed.shape[1])))
    code = seen + (rows.group << n_visits) if len(rows.groups) > 1 else seen
    if (len(rows.groups) << n_visits) <= 1 << 20:
        present = np.bincount(code) > 0
        found, number = np.flatnonzero(present), (np.cumsum(present) - 1)[code]
    else:
        found, number = np.unique(code, return_inverse=True)
    bits = (found[:, None] >> np.arange(n_visits)) & 1
    return number.astype(np.intp), bits.astype(bool), (found >> n_visits).astype(np.intp)
