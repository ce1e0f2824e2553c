"""What every patient who started was charged, up to each horizon, and the mean by arm and kind of patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.population.eligibility import check_columns, holds_numbers, holds_words, spell
from outcomes.analysis.cost.resampling import bound_quotient
from outcomes.contracts.released.cost import EVERYONE, INDUCTION, NOT_RECORDED, Charges
from outcomes.errors import ModelError
from outcomes.settings.cost import Cost

EMPTY = ["patient", "arm", "horizon", "sessions", "charged", "charge"]


def name_horizons(cost: Cost) -> list[str]:
    """Return the horizons in order of time, by their names in the tables."""
    return [INDUCTION, *(f"day {day}" for day in cost.days)]


def derive_charges(series: pd.DataFrame, sessions: pd.DataFrame, cost: Cost) -> pd.DataFrame:
    """Return what each patient who started was charged up to each horizon, whatever the arm of later sessions.

    Parameters
    ----------
    series, sessions : DataFrame
        Tables ``series`` and ``series_sessions``.
    cost : Cost
        The column of charges, the horizons, and what is done where some sessions have no charge.

    Returns
    -------
    DataFrame
        One row per patient and ``horizon``: ``arm`` of the first series, ``sessions`` in the horizon (the induction: of the first
        series; a day: since the first session, that day included), ``charged`` of them, and ``charge``, in the currency, missing where it
        cannot be said. No rows where no session has a charge.

    Raises
    ------
    ModelError
        The column holds words, or charges below zero.
    """
    if cost.charge not in sessions or sessions[cost.charge].isna().all():
        return pd.DataFrame(columns=EMPTY)
    first = series.sort_values(["patient", "series"], kind="stable").drop_duplicates("patient").set_index("patient")
    rows = sessions[["patient", "series", "study_day", "phase"]].assign(
        amount=_read_charges(sessions[cost.charge], cost)
    )
    rows = rows[rows["patient"].isin(first.index)]
    day = rows["study_day"].astype(float) - rows["patient"].map(first["start_day"]).astype(float)
    parts = []
    for horizon in name_horizons(cost):
        own = rows["series"].astype(int) == rows["patient"].map(first["series"]).astype(int)
        inside = own & (rows["phase"].astype(str) == INDUCTION)
        if horizon != INDUCTION:
            inside = (day >= 0) & (day <= float(horizon.split()[1]))
        found = (
            rows[inside].groupby("patient")["amount"].agg(["size", "count", "sum"]).reindex(first.index, fill_value=0)
        )
        parts.append(
            pd.DataFrame(
                {
                    "patient": first.index,
                    "arm": first["arm"].astype(str).to_numpy(),
                    "horizon": horizon,
                    "sessions": found["size"].to_numpy(),
                    "charged": found["count"].to_numpy(),
                    "charge": _complete(found, cost.incomplete),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _read_charges(column: pd.Series, cost: Cost) -> pd.Series:
    place = f"sessions.{cost.charge}"
    if holds_words(column):
        raise ModelError(f"{place}: holds words, so no charge can be added up; map another column, or set cost.charge.")
    numbers = column.astype(float)
    if (numbers < 0).any():
        raise ModelError(
            f"{place}: {int((numbers < 0).sum())} session(s) have a charge below zero. Take a refund off the session that it is for, or map "
            "these values to missing (`missing` of the column)."
        )
    return numbers


def _complete(found: pd.DataFrame, way: str) -> np.ndarray:
    """Return each patient's charge: of all sessions, some of them filled, or missing."""
    sessions, charged, amount = (found[name].to_numpy(dtype=float) for name in ("size", "count", "sum"))
    filled = amount * sessions / np.where(charged > 0, charged, np.nan)
    known = charged == sessions if way == "leave_out" else charged > 0
    return np.where(sessions == 0, 0.0, np.where(known, filled, np.nan))


def list_groups(charges: pd.DataFrame, patients: pd.DataFrame, cost: Cost) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield variable, level, and the patients who have it: everyone first, then the levels of each declared column.

    Raises
    ------
    ModelError
        A column that the patients do not have, or one of numbers.
    """
    check_columns(cost.by, patients, "cost.by")
    people = pd.Series(sorted(charges["patient"].unique()))
    yield EVERYONE, "", people
    for name in cost.by:
        column = patients.set_index("patient")[name]
        if holds_numbers(column):
            raise ModelError(f"cost.by: {name} holds numbers; charges are shown by the levels of a category.")
        levels = spell(column.reindex(people)).fillna(NOT_RECORDED)
        for level in sorted(set(levels) - {NOT_RECORDED}) + [NOT_RECORDED] * int((levels == NOT_RECORDED).any()):
            yield name, level, people[(levels == level).to_numpy()]


def tabulate_charges(
    charges: pd.DataFrame, patients: pd.DataFrame, arms: Sequence[str], cost: Cost, seed: Sequence[int]
) -> pd.DataFrame:
    """Return what starters were charged.

    Parameters
    ----------
    charges : DataFrame
        Result of :func:`derive_charges`.
    patients : DataFrame
        Table ``patients``.
    arms : sequence of str
        Arm ids in the study's order.
    cost : Cost
    seed : sequence of int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row per horizon, ``variable`` and ``level`` of patients, and arm, the key: ``patients`` who started, ``complete`` of them with a charge
        for every session, ``counted`` with a charge that can be said; of these the mean with its bootstrap interval
        (:func:`bound_quotient`), the median, and the charge per session.
    """
    records: list[dict[str, Any]] = []
    groups = list(list_groups(charges, patients, cost)) if len(charges) else []
    for horizon, (variable, level, people), arm in product(name_horizons(cost), groups, arms):
        own = charges[(charges["horizon"] == horizon) & (charges["arm"] == arm) & charges["patient"].isin(people)]
        known = own[own["charge"].notna()]
        amount = known["charge"].to_numpy(dtype=float)
        generator = np.random.default_rng([*seed, *f"{horizon}/{variable}/{level}/{arm}".encode()])
        mean, lower, upper, _ = bound_quotient(amount, np.ones(len(amount)), cost.replicates, generator)
        held = float(known["sessions"].sum())
        records.append(
            {
                "arm": arm,
                "horizon": horizon,
                "variable": variable,
                "level": level,
                "patients": len(own),
                "complete": int((own["charged"] == own["sessions"]).sum()),
                "counted": len(known),
                "mean": mean,
                "lower": lower,
                "upper": upper,
                "median": float(np.median(amount)) if len(amount) else np.nan,
                "per_session": amount.sum() / held if held else np.nan,
            }
        )
    return pd.DataFrame(records, columns=list(Charges.columns))


def find_responders(endpoints: pd.DataFrame, instrument: str, horizon: str) -> Mapping[str, pd.Series]:
    """Return, for response and remission, whether a patient's first series shows it at the horizon's time point, by patient; missing where not seen.

    The induction's is the window after its last session whose scores recall no day before treatment, a day's that day's.
    """
    axis = "clean" if horizon == INDUCTION else "day"
    rows = endpoints[(endpoints["instrument"] == instrument) & (endpoints["axis"] == axis)]
    rows = rows if horizon == INDUCTION else rows[rows["timepoint"].astype(str) == horizon]
    rows = rows.sort_values(["patient", "series"], kind="stable")
    rows = rows[rows["series"] == rows.groupby("patient")["series"].transform("min")].drop_duplicates("patient")
    return {name: rows.set_index("patient")[name] for name in ("response", "remission")}
