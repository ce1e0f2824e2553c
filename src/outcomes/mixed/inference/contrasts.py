"""Names of coefficients to vectors."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.errors import SettingError


def read_contrast(given: Any, names: Sequence[str]) -> tuple[Floats, bool]:
    """Turn a contrast into rows over the coefficients.

    Parameters
    ----------
    given : mapping, sequence, or array
        ``{name: multiplier}``, a vector (k,), a matrix (l, k), or a sequence of mappings.
    names : sequence of str
        Names of the coefficients.

    Returns
    -------
    tuple of array, shape (l, k), and bool
        Rows, and whether a single contrast (not a joint test) was asked for.
    """
    rows, single = _read_rows(given, names)
    if not np.abs(rows).sum(axis=1).all():
        raise SettingError("a contrast has no coefficient in it")
    return rows, single


def _read_rows(given: Any, names: Sequence[str]) -> tuple[Floats, bool]:
    if isinstance(given, Mapping):
        return _row(given, names)[None, :], True
    if isinstance(given, Sequence) and given and all(isinstance(one, Mapping) for one in given):
        return np.stack([_row(one, names) for one in given]), False
    if hasattr(given, "to_dict"):
        return np.stack([_row(one, names) for one in given.to_dict("records")]), False
    rows = np.asarray(given, dtype=np.float64)
    if rows.ndim not in (1, 2) or rows.shape[-1] != len(names) or not rows.size:
        raise SettingError(f"a contrast must have {len(names)} columns, one per coefficient; got shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise SettingError("a contrast must be finite")
    return np.atleast_2d(rows), rows.ndim == 1


def _row(given: Mapping[Any, Any], names: Sequence[str]) -> Floats:
    place = {_canonical(name): i for i, name in enumerate(names)}
    row = np.zeros(len(names))
    for name, value in given.items():
        found = names.index(name) if name in names else place.get(_canonical(str(name)), -1)
        if found < 0:
            near = difflib.get_close_matches(str(name), names, n=3)
            hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
            raise SettingError(f"{name!r} is not a coefficient of the model{hint}")
        row[found] += float(value)
    return row


def _canonical(name: str) -> tuple[str, ...]:
    """Ignore the order of an interaction's factors, ``T.``, and R's brackets around the intercept."""
    return tuple(sorted(part.replace("[T.", "[") for part in _split(name.replace("(Intercept)", "Intercept"))))


def _split(name: str) -> list[str]:
    """Split at colons outside brackets."""
    parts, depth = [""], 0
    for letter in name:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == ":" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def independent_rows(rows: Floats, vcov: Floats) -> Floats:
    """Keep contrasts that are not combinations of the ones before them, each coefficient in units of its standard error."""
    scaled = rows * np.sqrt(np.diag(vcov))
    length = np.linalg.norm(scaled, axis=1)
    unit = scaled / np.where(length > 0, length, 1.0)[:, None]
    kept: list[int] = []
    for i in range(len(rows)):
        if np.linalg.matrix_rank(unit[[*kept, i]], tol=1e-9) == len(kept) + 1:
            kept.append(i)
    return rows[kept]


def count_known(rows: Floats, vcov: Floats) -> int:
    """Count the directions of the contrasts whose variance is not zero; fewer than rows in a sandwich of few subjects."""
    middle = rows @ vcov @ rows.T
    length = np.sqrt(np.clip(np.diag(middle), 0, None))
    unit = np.where(length > 0, length, 1.0)
    return int((np.linalg.eigvalsh(middle / np.outer(unit, unit)) > 1e-10).sum())
