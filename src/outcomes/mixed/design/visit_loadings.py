"""The columns of a design as visit loadings of per-subject sources.

Every column of the long design is a product of factors. Factors that depend on the visit alone give a loading
``a_j(t)``; the others give a source: subject-level (one number per subject) or varying (one number per visit). Then
``x_it[j] = sum_b B[t, b, j] w_ib(t)``, where w_i are the sources, centred so that squaring them loses no digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.data.rows import constant_within
from outcomes.mixed.design.coding import choose_coding
from outcomes.mixed.design.factors import Factor
from outcomes.mixed.design.formula import Formula

Piece = tuple[str, Any]
"""One factor's column: a number's position, or a categorical factor's coding as one value per level."""

Source = frozenset[Piece]
Values = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Column:
    """One column of the design.

    Attributes
    ----------
    name : str
        As ``"arm[iv]:visit[2]"``.
    term : tuple of str
        The term of the formula it belongs to.
    pieces : tuple of Piece
    """

    name: str
    term: tuple[str, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Design:
    """A formula read against data: factors, columns and sources.

    Attributes
    ----------
    formula : Formula
    factors : dict of str to Factor
    columns : tuple of Column
    by_visit : dict of str to array
        Factors that depend on the visit alone: their value at each visit.
    varying : frozenset of str
        Factors that change within a subject (other than with the visit alone).
    centres : dict of str to array
        What is subtracted from each numeric factor before anything is squared.
    response_centre : float
    subject_sources, varying_sources : tuple of Source
        Sources by kind; the first subject-level one is the constant. The response is one more varying source, put first.
    n_visits : int
    """

    formula: Formula
    factors: dict[str, Factor]
    columns: tuple[Column, ...]
    by_visit: dict[str, NDArray[Any]] = field(repr=False)
    varying: frozenset[str]
    centres: dict[str, Floats] = field(repr=False)
    response_centre: float
    subject_sources: tuple[Source, ...] = field(repr=False)
    varying_sources: tuple[Source, ...] = field(repr=False)
    n_visits: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def loadings(self) -> Floats:
        """Give B, shape (n_visits, n_sources, n_columns + 1); the last column is the response.

        Sources are the subject-level ones, then the response, then the varying ones.
        """
        place = {source: i for i, source in enumerate(self.subject_sources)}
        first = len(place)
        place |= {source: first + 1 + i for i, source in enumerate(self.varying_sources)}
        loads = np.zeros((self.n_visits, len(place) + 1, len(self.columns) + 1))
        for j, column in enumerate(self.columns):
            visit_part, sources = self._split(column)
            for source, weight in sources.items():
                loads[:, place[source], j] += weight * visit_part
        loads[:, first, -1] = 1.0
        loads[:, place[frozenset()], -1] += self.response_centre
        return loads

    def _split(self, column: Column) -> tuple[Floats, dict[Source, float]]:
        loading = np.ones(self.n_visits)
        for name, key in column.pieces:
            if name in self.by_visit:
                loading = loading * piece_values((name, key), self.by_visit)
        rest = [piece for piece in column.pieces if piece[0] not in self.by_visit]
        return loading, expand(rest, self.centres)

    def rows(self, values: Values) -> Floats:
        """Evaluate the design on given factor values, shape (n_rows, n_columns)."""
        n_rows = len(next(iter(values.values()))) if values else 1
        out = np.ones((n_rows, len(self.columns)))
        for j, column in enumerate(self.columns):
            for piece in column.pieces:
                out[:, j] *= piece_values(piece, values)
        return out


def expand(pieces: list[Piece], centres: Mapping[str, Floats]) -> dict[Source, float]:
    """Write a product of uncentred factors as a sum over products of centred ones.

    ``(x + c)(z + d) = xz + dx + cz + cd``; factors with levels are not centred.
    """
    numeric = [piece for piece in pieces if piece[0] in centres]
    fixed = frozenset(piece for piece in pieces if piece[0] not in centres)
    sources: dict[Source, float] = {}
    for size in range(len(numeric), -1, -1):
        for kept in combinations(numeric, size):
            lost = [centres[name][key] for name, key in numeric if (name, key) not in kept]
            sources[fixed | frozenset(kept)] = float(np.prod(lost))
    return sources


def piece_values(piece: Piece, values: Values) -> Floats:
    """Evaluate one piece: a numeric factor's column, or the coding of a level."""
    name, key = piece
    found = values[name]
    return np.asarray(np.asarray(key)[found]) if isinstance(key, tuple) else np.asarray(found[:, key])


def source_values(source: Source, values: Values, centres: Mapping[str, Floats]) -> Floats | float:
    """Evaluate one centred source; the empty product is 1."""
    out: Floats | float = 1.0
    for name, key in sorted(source, key=str):
        column = piece_values((name, key), values)
        out = out * (column - centres[name][key] if name in centres else column)
    return out


def build_columns(formula: Formula, factors: Mapping[str, Factor]) -> tuple[Column, ...]:
    """Name the columns of a formula's design, in formulaic's order (the first factor varies fastest)."""
    columns = []
    for block in choose_coding(formula.terms, lambda factor: factors[factor].is_categorical):
        choices = [_pieces(factors[factor], keep) for factor, keep in reversed(block.factors)]
        for chosen in product(*choices):
            labels, pieces = [c[0] for c in reversed(chosen)], [c[1] for c in reversed(chosen)]
            columns.append(Column(":".join(labels) or "Intercept", block.term, tuple(pieces)))
    return tuple(columns)


def _pieces(factor: Factor, keep_reference: bool) -> list[tuple[str, Piece]]:
    labels = [factor.name + label for label in factor.labels(keep_reference)]
    if not factor.is_categorical:
        return [(label, (factor.name, j)) for j, label in enumerate(labels)]
    coding = factor.full if keep_reference else factor.reduced
    return [(label, (factor.name, tuple(coding[:, j].tolist()))) for j, label in enumerate(labels)]


def sort_roles(
    values: Values, subject: Integers, heads: Integers, visit: Integers | None, n_visits: int
) -> tuple[dict[str, NDArray[Any]], frozenset[str]]:
    """Tell factors that depend on the visit alone, and factors that vary within a subject otherwise."""
    if visit is None:
        return {}, frozenset(values)
    first = np.zeros(n_visits, dtype=np.intp)
    first[visit[::-1]] = np.arange(len(visit) - 1, -1, -1)
    by_visit, varying = {}, set()
    for name, found in values.items():
        if constant_within(found, visit, first):
            by_visit[name] = found[first]
        elif not constant_within(found, subject, heads):
            varying.add(name)
    return by_visit, frozenset(varying)


def build_design(
    formula: Formula,
    factors: dict[str, Factor],
    values: Values,
    response: Floats,
    roles: tuple[dict[str, NDArray[Any]], frozenset[str]],
    n_visits: int,
) -> Design:
    """Read the design from the data: centres are the means over rows."""
    by_visit, varying = roles
    centred = [name for name, factor in factors.items() if not factor.is_categorical and name not in by_visit]
    centres = {name: _near_mean(values[name]) for name in centred}
    return make_design(formula, factors, by_visit, varying, centres, float(response.mean()), n_visits)


def _near_mean(found: NDArray[Any]) -> Floats:
    """Average about a hundred thousand rows: any value near the mean serves as a centre."""
    return np.asarray(np.mean(found[:: max(1, len(found) // 100_000)], axis=0))


def make_design(
    formula: Formula,
    factors: dict[str, Factor],
    by_visit: dict[str, NDArray[Any]],
    varying: frozenset[str],
    centres: dict[str, Floats],
    response_centre: float,
    n_visits: int,
) -> Design:
    """Bring a formula, its factors, their roles and centres together."""
    columns = build_columns(formula, factors)
    sources: dict[Source, None] = {frozenset(): None}
    for column in columns:
        sources |= dict.fromkeys(expand([p for p in column.pieces if p[0] not in by_visit], centres))
    moves = {source: any(name in varying for name, _ in source) for source in sources}
    return Design(
        formula=formula,
        factors=factors,
        columns=columns,
        by_visit=by_visit,
        varying=varying,
        centres=centres,
        response_centre=response_centre,
        subject_sources=tuple(source for source in sources if not moves[source]),
        varying_sources=tuple(source for source in sources if moves[source]),
        n_visits=n_visits,
    )
