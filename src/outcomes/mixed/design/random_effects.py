"""The columns of the random effects, turned so that their covariance is well scaled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.prepare import Prepared
from outcomes.mixed.design.visit_loadings import build_columns, piece_values
from outcomes.mixed.errors import DesignError, SettingError


@dataclass(frozen=True)
class Effects:
    """Random effects' columns on the rows.

    Attributes
    ----------
    names : tuple of str
    columns : array, shape (n_rows, q)
        Orthogonal over rows, each with a mean square of one: ``Z = columns @ turn``.
    turn : array, shape (q, q)
        The effects' covariance is ``turn^-1 G* turn^-T`` for the G* of ``columns``.
    """

    names: tuple[str, ...]
    columns: Floats = field(repr=False)
    turn: Floats = field(repr=False)

    def restore(self, covariance: Floats) -> Floats:
        """Give the covariance of the effects as the formula names them."""
        back = np.linalg.inv(self.turn)
        return np.asarray(back @ covariance @ back.T)


def read_effects(prepared: Prepared) -> Effects:
    """Evaluate the random effects on the rows.

    Raises
    ------
    DesignError
        When the columns are not independent.
    """
    assert prepared.effects is not None
    columns = build_columns(prepared.effects, prepared.effect_factors)
    raw = np.ones((prepared.rows.n_rows, len(columns)))
    for j, column in enumerate(columns):
        for piece in column.pieces:
            raw[:, j] *= piece_values(piece, prepared.effect_values)
    names = tuple(column.name for column in columns)
    unit, turn = np.linalg.qr(raw)
    size = np.sqrt(np.maximum((raw**2).sum(axis=0), 1e-300))
    low = np.flatnonzero(np.abs(np.diag(turn)) < 1e-10 * size)
    if len(low):
        raise DesignError(f"random effects: column {names[low[0]]!r} is a combination of the others; leave it out")
    root = np.sqrt(len(raw))
    return Effects(names, unit * root, turn / root)


def effects_by_visit(effects: Effects, visit: NDArray[Any], n_visits: int) -> Floats | None:
    """Give the columns by visit, shape (n_visits, q), or None when they differ between subjects at a visit."""
    first = np.zeros(n_visits, dtype=np.intp)
    first[visit[::-1]] = np.arange(len(visit) - 1, -1, -1)
    table = effects.columns[first]
    close = np.abs(effects.columns - table[visit]).max() <= 1e-9 * max(float(np.abs(table).max()), 1.0)
    return table if close else None


def refuse_saturated(n_effects: int, most_rows: int) -> None:
    """Refuse effects that leave no row to estimate the residual variance."""
    if most_rows <= n_effects:
        raise SettingError(
            f"{n_effects} random effects with at most {most_rows} rows per subject leave nothing to estimate the residual "
            f"variance; use fewer effects"
        )
