"""Two arms under one kind of weights for confounders, as the estimators read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.confounders import code_declared
from outcomes.analysis.comparison.weighting.weights import TINY, Weights, compute_weights
from outcomes.analysis.durability import estimate
from outcomes.analysis.durability.arms import arrange_arms
from outcomes.analysis.durability.estimate import Arm, Prepared
from outcomes.analysis.durability.landmark import Followed, list_ends
from outcomes.analysis.durability.visiting import People, count_equally
from outcomes.settings import Study
from outcomes.settings.durability import Durability, FurtherTreatment

NO_COUNTERPART = "patients whom the weights stand for have no counterpart"


@dataclass(frozen=True)
class Pair:
    """Two arms under one kind of weights: treated first.

    Attributes
    ----------
    kind : str
    included : ndarray of bool, shape (people,)
        Who carries weight.
    treated : ndarray of bool, shape (N,)
        Of those, in the order of the arms.
    people : People
    arms : list of Arm
    maintenance : str
        What further treatment does.
    design : ndarray, shape (N, k)
        Coded confounders; no columns without weights.
    """

    kind: str
    included: Bools
    treated: Bools
    people: People
    arms: list[Arm]
    maintenance: FurtherTreatment
    design: Floats

    @cached_property
    def prepared(self) -> list[Prepared]:
        """Both arms with the weights of their scores; each needs a score."""
        return [estimate.prepare(arm, self.people, self.maintenance) for arm in self.arms]

    @property
    def seen(self) -> tuple[int, int]:
        """Patients with a later score, by arm."""
        return self.arms[0].histories.seen, self.arms[1].histories.seen

    @property
    def sizes(self) -> tuple[int, int]:
        """Patients, by arm."""
        return self.arms[0].histories.n, self.arms[1].histories.n

    @property
    def fewest(self) -> int:
        """On how few patients of either arm the shares rest."""
        return min(estimate.count_fewest(arm.histories) for arm in self.arms)


def weigh_people(
    followed: Followed, arms: tuple[str, str], patients: pd.DataFrame, study: Study
) -> tuple[list[tuple[str, Weights | None, Floats]], tuple[str, str] | None]:
    """Return the kinds of weights with the coded confounders of the patients of both arms, treated first, or what is wrong with them."""
    people = followed.people[followed.people["arm"].isin(arms)]
    plain: list[tuple[str, Weights | None, Floats]] = [("none", None, np.zeros((len(people), 0)))]
    comparison = study.comparison
    if comparison is None or comparison.weights == "none":
        return plain, None
    own = [name for name in comparison.confounders if name != "baseline"]
    table = people[["patient", "baseline", "arm"]].merge(patients[["patient", *own]], on="patient", how="left")
    order = np.argsort((table["arm"] != arms[0]).to_numpy(), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    design = code_declared(table, comparison).design
    weights = compute_weights((table["arm"] == arms[0]).to_numpy(), design, comparison.weights, comparison.truncation)
    if not weights.supported:
        return plain, (comparison.weights, NO_COUNTERPART)
    return [*plain, (comparison.weights, weights, design)], None


def pair_arms(
    followed: Followed,
    end: str,
    arms: tuple[str, str],
    weighing: tuple[str, Weights | None, Floats],
    durability: Durability,
    study: Study,
) -> Pair:
    """Return both arms as the estimators read them, of those who carry weight."""
    kind, weights, design = weighing
    names = followed.people["arm"].to_numpy()
    groups = [names == arm for arm in arms]
    order = np.concatenate([np.flatnonzero(group) for group in groups])
    carries = np.ones(len(order), dtype=bool) if weights is None else weights.weight > TINY
    included = np.zeros(len(names), dtype=bool)
    included[order[carries]] = True
    people = count_equally(int(carries.sum())) if weights is None else _carry(weights, carries)
    chosen = arrange_arms(
        followed, list_ends(durability)[end], [group & included for group in groups], durability, study
    )
    treated = np.arange(len(order)) < int(groups[0].sum())
    return Pair(kind, included, treated[carries], people, chosen, durability.maintenance, design[carries])


def _carry(weights: Weights, carries: Bools) -> People:
    assert weights.propensity is not None
    weight = weights.weight[carries]
    slope = (weights.slope[carries] / weight)[:, None] * weights.propensity.design[carries]
    return People(weight[None], slope, weights.propensity.influence[carries] / len(carries))
