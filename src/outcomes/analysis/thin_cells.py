"""Arms and time points too thin for a model of all, and what has one value alone: each costs itself, and not the model."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from outcomes.mixed.design.formula import parse
from outcomes.settings.analysis import Model

FEWEST = 2  # patients of an arm at a time point: of one alone there is a mean and no variance


def fit_to_data(
    data: pd.DataFrame, model: Model, variables: set[str], arms: Sequence[str]
) -> tuple[pd.DataFrame, Model, list[str]]:
    """Return the data without arms and time points too thin to model, the model without what has one value alone, and what was left out."""
    notes: list[str] = []
    if {"arm", "timepoint"} <= variables and model.covariance is not None:
        data, notes = leave_out_thin(data, arms)
    formula, response = model.formula, parse(model.formula).response
    for name in ("arm", "timepoint", *sorted(variables - {"arm", "timepoint", response})):
        if name in variables and name in data and len(set(data[name])) == 1:
            shorter = drop_factor(formula, name)
            if shorter != formula:
                notes.append(f"'{name}' left out of the formula: it has one value alone")
            formula = shorter
    return data, model.model_copy(update={"formula": formula}), notes


def leave_out_visit(data: pd.DataFrame, visit: str) -> tuple[pd.DataFrame, str]:
    """Return the scores without a time point that no model holds, and the note on it; the engine's own words tell of few patients."""
    kept = data[data["timepoint"] != visit]
    kept = kept.assign(timepoint=kept["timepoint"].cat.remove_unused_categories())
    return kept, f"time point '{visit}' left out: no model holds it"


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
