"""Arms and time points too thin for a model of all: each costs itself, and not the model."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

FEWEST = 2  # patients of an arm at a time point: of one alone there is a mean and no variance


def leave_out_thin(data: pd.DataFrame, arms: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores without the arms and time points of which a cell has fewer than two patients.

    Whichever of the two costs fewer scores goes; the reference arm, and the last arm beside it, never do.

    Parameters
    ----------
    data : DataFrame
        One row per patient and time point: ``patient``, and ``arm`` and ``timepoint`` as categories.
    arms : sequence of str
        The first is the reference.

    Returns
    -------
    data : DataFrame
        Without unused categories of ``arm`` and ``timepoint``.
    notes : list of str
        What was left out and why.
    """
    notes: list[str] = []
    while True:
        data = data.assign(**{name: data[name].cat.remove_unused_categories() for name in ("arm", "timepoint")})
        cells = data.groupby(["arm", "timepoint"], observed=False)["patient"].nunique()
        thin = cells[cells < FEWEST]
        if thin.empty or min(len(data[name].cat.categories) for name in ("arm", "timepoint")) < 2:
            return data, notes
        arm, point = thin.index[0]
        costs = {name: int((data[name] == level).sum()) for name, level in (("arm", arm), ("timepoint", point))}
        spare = arm != arms[0] and len(data["arm"].cat.categories) > 2
        name, level = ("arm", arm) if spare and costs["arm"] < costs["timepoint"] else ("timepoint", point)
        what = f"arm '{level}'" if name == "arm" else f"time point '{level}'"
        notes.append(f"{what} left out: arm '{arm}' has too few patients at '{point}'")
        data = data[data[name] != level]


def drop_factor(formula: str, name: str) -> str:
    """Return a formula without a factor that has one level only, and so no coefficient.

    Examples
    --------
    >>> drop_factor("change ~ baseline*timepoint + arm*timepoint + age", "timepoint")
    'change ~ baseline + arm + age'
    >>> drop_factor("change ~ arm:timepoint + timepoint", "timepoint")
    'change ~ arm'
    """
    left, _, right = formula.partition("~")
    if set(right) & set("(){}"):
        return formula  # not a plain sum of products: for the engine to refuse
    kept = []
    for term in right.split("+"):
        parts = re.split(r"\s*([*:])\s*", term.strip())
        names = [part for part in parts[::2] if part != name]
        if names:
            kept.append(f"{'*' if '*' in parts else ':'}".join(names))
    return f"{left.strip()} ~ {' + '.join(dict.fromkeys(kept)) or '1'}"
