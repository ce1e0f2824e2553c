"""Who meets which declared criterion, of everyone who started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools
from outcomes.analysis.comparison.population.eligibility import check_columns, find_range, spell
from outcomes.analysis.selection import select_first
from outcomes.contracts.released.eligibility import ANY, CriteriaMet
from outcomes.errors import ModelError
from outcomes.proportions import compute_clopper_pearson
from outcomes.settings.criteria import Criterion


def tabulate_criteria(
    series: pd.DataFrame, patients: pd.DataFrame, criteria: Sequence[Criterion], arms: Sequence[str]
) -> pd.DataFrame:
    """Return how many of those who started meet each criterion.

    Parameters
    ----------
    series, patients : DataFrame
        Tables ``series`` and ``patients``.
    criteria : sequence of Criterion
        In the order of the study file.
    arms : sequence of str
        Arm ids in the study's order; a patient counts in the arm of the first series.

    Returns
    -------
    DataFrame
        One row per criterion and arm, the key: ``patients`` who started, ``met``, ``not_met``, and ``not_recorded`` of them, and the share who
        meet it with its exact interval. Of several contraindications a further criterion counts who has any; it is not recorded
        where one is not, and none is met.

    Raises
    ------
    ModelError
        A column that the patients do not have; a range of words; values that nobody has, or that no list names.
    """
    check_columns([one.column for one in criteria], patients, "eligibility")
    first = select_first(series)
    people = first[["patient", "arm"]].merge(patients, on="patient", how="left", suffixes=("", "_recorded"))
    found = {one.name: (one.kind, *_judge(people[one.column], one, place)) for place, one in enumerate(criteria)}
    against = [(met, known) for kind, met, known in found.values() if kind == "contraindication"]
    if len(against) > 1:
        met = np.any([one for one, _ in against], axis=0)
        found[ANY] = ("contraindication", met, met | np.all([known for _, known in against], axis=0))
    records: list[dict[str, Any]] = []
    for name, (kind, met, known) in found.items():
        for arm in arms:
            own = (people["arm"].astype(str) == arm).to_numpy(dtype=bool)
            counts = {"patients": own, "met": own & met, "not_met": own & known & ~met, "not_recorded": own & ~known}
            records.append(
                {"criterion": name, "kind": kind, "arm": arm} | {key: int(one.sum()) for key, one in counts.items()}
            )
    table = pd.DataFrame(records, columns=list(CriteriaMet.columns))
    lower, upper = compute_clopper_pearson(table["met"].astype(float), table["patients"].astype(float))
    share = table["met"] / table["patients"].where(table["patients"] > 0)
    return table.assign(proportion=share.astype(float), lower=lower, upper=upper)


def _judge(column: pd.Series, criterion: Criterion, place: int) -> tuple[Bools, Bools]:
    """Return who meets a criterion, and of whom it is recorded."""
    key = f"eligibility.{place} ({criterion.name})"
    known = column.notna().to_numpy(dtype=bool)
    if not criterion.values:
        return find_range(column, criterion, key) & known, known
    texts = spell(column)
    met = texts.isin(criterion.values).to_numpy(dtype=bool)
    if criterion.otherwise:
        strange = int((known & ~met & ~texts.isin(criterion.otherwise).to_numpy(dtype=bool)).sum())
        if strange:
            raise ModelError(
                f"{key}: column {criterion.column} has values, of {strange} patient(s), that neither 'values' nor 'otherwise' names."
            )
    elif known.any() and not met.any():
        raise ModelError(
            f"{key}: nobody has {' or '.join(criterion.values)} in column {criterion.column}. If that is so, list the values that do not meet it "
            "under 'otherwise'; else write them as `outcomes intake` mapped them."
        )
    return met, known
