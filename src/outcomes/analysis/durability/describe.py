"""The whole of durability: every table of the step in one call."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.analysis.durability.curves import CURVE, Grid, tabulate_curve
from outcomes.analysis.durability.ends import derive_ends
from outcomes.analysis.durability.hazards import EFFECT, tabulate_effect
from outcomes.analysis.durability.held import HELD, tabulate_held
from outcomes.analysis.durability.landmark import COHORT, Followed, list_ends, select_followed
from outcomes.contracts import empty_table
from outcomes.errors import ModelError
from outcomes.settings import Study
from outcomes.settings.durability import Durability

log = logging.getLogger(__name__)

COLUMNS = {"durability_cohort": COHORT, "durability_curve": CURVE, "durability_held": HELD, "durability_effect": EFFECT}
FEWEST = 2  # patients of an arm for a curve


def describe_durability(
    tables: Mapping[str, pd.DataFrame], durability: Durability | None, study: Study
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return how long the response lasts after the induction, before the disclosure gate.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``scores``, ``series``, ``series_sessions``, ``endpoints``, and ``cohort``, as in their contracts.
    durability : Durability or None
        Without one, every table is there and empty.
    study : Study
        Arms, instruments, comparison, and seed.

    Returns
    -------
    ends : DataFrame
        Private: one row per patient followed and end, as in its contract.
    estimates : dict of str to DataFrame
        ``durability_cohort``, ``durability_curve``, ``durability_held``, and ``durability_effect``; each tabulating function
        of this package says what a row of its table is.

    Raises
    ------
    ModelError
        The study has no dated sessions, or the instrument is not among its own.
    """
    empty = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    if durability is None:
        return empty_table("durability"), empty
    _check(durability, study)
    followed = select_followed(tables, durability, study)
    ends = derive_ends(followed, durability, study)
    curve = _draw_curves(ends, durability, study)
    held = tabulate_held(curve, followed, durability, study) if len(followed.people) else empty["durability_held"]
    estimates = {
        "durability_cohort": followed.steps,
        "durability_curve": curve,
        "durability_held": held,
        "durability_effect": _compare_ends(ends, followed, tables["patients"], durability, study),
    }
    return _to_contract(ends), estimates


def _check(durability: Durability, study: Study) -> None:
    if study.series.origin != "sessions":
        raise ModelError(
            "durability: the study has no dated sessions, so no induction has an end; leave the section out (durability: null)."
        )
    if durability.instrument not in study.instruments:
        raise ModelError(
            f"durability.instrument: '{durability.instrument}' is not among {', '.join(study.instruments)}."
        )


def _draw_curves(ends: pd.DataFrame, durability: Durability, study: Study) -> pd.DataFrame:
    first = durability.landmark.to_day // 7 + 1
    weeks = sorted({*durability.weeks, *range(first, durability.horizon_weeks + 1)})
    grid = Grid(tuple(weeks), durability.replicates, durability.maintenance == "competing")
    parts = []
    for name in list_ends(durability):
        for arm in study.arms:
            rows = ends[(ends["end"] == name) & (ends["arm"] == arm.id)]
            if len(rows) >= FEWEST:
                generator = np.random.default_rng([study.seed, *f"durability/{name}/{arm.id}".encode()])
                parts.append(tabulate_curve(rows, grid, generator))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVE)


def _compare_ends(
    ends: pd.DataFrame, followed: Followed, patients: pd.DataFrame, durability: Durability, study: Study
) -> pd.DataFrame:
    """Return the hazard ratios of the declared comparison; without one, of every arm to the first."""
    comparison = study.comparison
    names = [arm.id for arm in study.arms]
    pairs = [(arm, names[0]) for arm in names[1:]]
    if comparison is not None:
        pairs = [(comparison.estimand.treated, comparison.estimand.reference)]
    people = followed.people[["patient", "baseline"]]
    if comparison is not None:
        own = [name for name in comparison.confounders if name != "baseline"]
        people = people.merge(patients[["patient", *own]], on="patient", how="left")
    parts = [
        tabulate_effect(ends[ends["end"] == name], pair, durability, people, comparison)
        for name in list_ends(durability)
        for pair in pairs
        if set(pair) <= set(followed.people["arm"])
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=EFFECT)


def _to_contract(ends: pd.DataFrame) -> pd.DataFrame:
    days = {name: ends[name].replace(np.inf, np.nan).astype("Int32") for name in ("lower", "upper", "last_day")}
    table = ends.assign(patient=ends["patient"].astype("int32"), **days)
    return table.astype(dict.fromkeys(("arm", "end", "outcome"), "category"))
