"""Subgroups: the levels of a declared variable, and weights estimated within one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.population.confounders import MISSING, Confounders, code_declared
from outcomes.analysis.comparison.population.eligibility import (
    check_values,
    holds_numbers,
    holds_words,
    say_column,
    spell,
)
from outcomes.analysis.comparison.weighting.weights import Weights, compute_weights
from outcomes.errors import ModelError
from outcomes.settings.comparison import Comparison
from outcomes.settings.subgroups import Subgroup

MOST = 30  # levels of one variable


@dataclass(frozen=True)
class Levels:
    """A variable's levels.

    Attributes
    ----------
    column, label : str
        The patients' column, and what it is called.
    names : tuple of str
        Levels in order, also those without patients.
    place : ndarray of int, shape (patients,)
        Each patient's level; -1 where it is missing.
    """

    column: str
    label: str
    names: tuple[str, ...]
    place: Ints


@dataclass(frozen=True)
class Within:
    """Weights of one level, estimated among its own patients.

    Attributes
    ----------
    rows : ndarray of int
        Patients who take part: those of the level, without strata of a confounder that only one arm has.
    confounders : Confounders or None
        Coded among them; None where an arm is left without patients.
    weights : Weights or None
    """

    rows: Ints
    confounders: Confounders | None
    weights: Weights | None

    @property
    def converged(self) -> bool:
        """Whether there are weights to work with."""
        return self.weights is not None and self.weights.supported


def derive_levels(people: pd.DataFrame, subgroup: Subgroup, key: str, patients: pd.DataFrame | None = None) -> Levels:
    """Return the levels of a declared variable.

    Parameters
    ----------
    people : DataFrame
        One row per patient with the column of the subgroup.
    subgroup : Subgroup
    key : str
        Where the study file declares it, for messages.
    patients : DataFrame or None
        Everyone of the study (those compared, where none are given), who may have a value that nobody compared has.

    Raises
    ------
    ModelError
        Numbers without cuts, words with cuts, a group of which no patient of the study has a value, or too many levels.
    """
    column, label = people[subgroup.column], subgroup.label or say_column(subgroup.column).capitalize()
    if subgroup.cuts:
        if holds_words(column):
            raise ModelError(f"{key}: {subgroup.column} holds words, which have no cuts; declare 'groups', or neither.")
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        place = np.where(np.isnan(numbers), -1, np.searchsorted(subgroup.cuts, numbers, side="right"))
        return Levels(subgroup.column, label, subgroup.names or name_cuts(subgroup.cuts), place.astype(np.int64))
    if holds_numbers(column) and not subgroup.groups:
        raise ModelError(f"{key}: {subgroup.column} holds numbers; declare 'cuts', for example cuts: [40, 60].")
    text = spell(column)
    everyone = column if patients is None or subgroup.column not in patients else patients[subgroup.column]
    groups = subgroup.groups or _list_values(column, text, subgroup, key)
    place = np.full(len(people), -1, dtype=np.int64)
    for level, (name, values) in enumerate(groups.items()):
        check_values(everyone, values, f"{key}: group '{name}'")
        place[text.isin(values).to_numpy(dtype=bool)] = level
    return Levels(subgroup.column, label, tuple(groups), place)


def name_cuts(cuts: Sequence[float]) -> tuple[str, ...]:
    """Return the names of the levels between cuts.

    Examples
    --------
    >>> name_cuts([40, 60.5])
    ('below 40', '40 to below 60.5', '60.5 and above')
    """
    between = [f"{low:g} to below {high:g}" for low, high in zip(cuts, cuts[1:], strict=False)]
    return (f"below {cuts[0]:g}", *between, f"{cuts[-1]:g} and above")


def _list_values(column: pd.Series, text: pd.Series, subgroup: Subgroup, key: str) -> dict[str, tuple[str, ...]]:
    present = set(text.dropna()) - {MISSING}
    if len(present) > MOST:
        raise ModelError(
            f"{key}: {subgroup.column} has more than {MOST} levels; declare 'groups', or choose a column with fewer."
        )
    ordered = (
        column.cat.categories.map(str) if isinstance(column.dtype, pd.CategoricalDtype) else pd.Index(sorted(present))
    )
    return {name: (name,) for name in ordered if name in present}


def weigh_within(people: pd.DataFrame, treated: Bools, inside: Bools, comparison: Comparison) -> Within:
    """Estimate the propensity score and the declared weights among the patients of one level.

    A score of the level's own is one with a product of the level and every confounder; with overlap weights it makes the means of all
    coded confounders equal within the level (Yang et al. 2021, 10.1002/sim.9029), which the weights of the whole comparison do not.

    Parameters
    ----------
    people : DataFrame
        All patients compared.
    treated, inside : ndarray of bool, shape (patients,)
        The treated arm; the level.
    comparison : Comparison
        Confounders, kind of weights, truncation.
    """
    kept = inside.copy()
    while kept.any() and 0 < treated[kept].sum() < kept.sum():
        confounders = code_declared(people[kept], comparison)
        lone = _find_lone(confounders, treated[kept]) if comparison.weights != "none" else np.zeros(kept.sum(), bool)
        if not lone.any():
            weights = compute_weights(treated[kept], confounders.design, comparison.weights, comparison.truncation)
            return Within(np.flatnonzero(kept), confounders, weights)
        kept[np.flatnonzero(kept)[lone]] = False
    return Within(np.flatnonzero(kept), None, None)


def _find_lone(confounders: Confounders, treated: Bools) -> Bools:
    """Return the patients of strata that only one arm has."""
    lone = np.zeros(len(treated), dtype=bool)
    for key in confounders.levels.columns:
        there: Floats = confounders.levels[key].to_numpy()
        stratum = there == 1
        if key[1] and stratum.any() and treated[stratum].min() == treated[stratum].max():
            lone |= stratum
    return lone
