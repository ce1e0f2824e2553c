"""From the rows of the export to the series analysed: who was left out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from outcomes.analysis.selection import AXES, EVERYONE, select_included
from outcomes.contracts.released.quality import Flow
from outcomes.errors import LedgerError

FLOW = Flow.columns
Step = tuple[str, str, str, str, int]  # unit, arm, label, reason, n


def tabulate_flow(
    balance: pd.DataFrame,
    ledger: pd.DataFrame,
    series: pd.DataFrame,
    cohort: pd.DataFrame,
    endpoints: pd.DataFrame,
    patients: pd.DataFrame,
    arms: Sequence[str],
    instrument: str,
    headline: str | None = None,
    name: str | None = None,
) -> pd.DataFrame:
    """Return the participant flow from raw rows to patients, to series, to those analysed and observed.

    Parameters
    ----------
    balance, ledger, series, cohort, endpoints, patients : DataFrame
        Tables of those contracts.
    arms : sequence of str
        Arm ids in the study's order.
    instrument : str
        Primary instrument, whose observed scores end the flow.
    headline : str, optional
        Time point at which scores are counted; by default the last one of each axis.
    name : str, optional
        The instrument's name in labels; by default ``instrument``.

    Returns
    -------
    DataFrame
        One row per box, keyed by ``order`` (from 1): ``unit`` (rows | patients | series), ``arm`` (or 'all'), ``label``,
        ``reason`` of what was left out (empty for other boxes), and ``n``. Rows: raw = merged + quarantined + kept, from the
        ledger. Series: all = left out + analysed, in each arm.

    Raises
    ------
    LedgerError
        The ledger's rows do not add up to the balance.
    """
    steps = [
        *_rows(balance, ledger),
        *_patients(patients, series),
        *_series(cohort, arms),
        *_observed(endpoints, cohort, arms, instrument, headline, name or instrument),
    ]
    table = pd.DataFrame(steps, columns=FLOW[1:])
    return table.assign(order=range(1, len(table) + 1))[FLOW]


def _rows(balance: pd.DataFrame, ledger: pd.DataFrame) -> Iterator[Step]:
    total = {name: int(balance[name].sum()) for name in balance.columns.drop("file")}
    yield "rows", EVERYONE, "Rows in the export", "", total["raw"]
    for state in ("merged", "quarantined"):
        reasons = _reasons(ledger, state)
        if sum(reasons.values()) != total[state]:
            raise LedgerError(
                f"the ledger has {sum(reasons.values())} rows {state}, the balance {total[state]}; run the intake again."
            )
        for reason, n in reasons.items():
            yield "rows", EVERYONE, f"{state}: {reason}", reason, n
    yield "rows", EVERYONE, "Rows kept", "", total["kept"]


def _reasons(ledger: pd.DataFrame, state: str) -> dict[str, int]:
    """Count the raw rows in a state by reason; a row with several counts once, under the first in the alphabet."""
    entries = ledger.loc[ledger["state"] == state, ["file", "row", "reason"]].astype({"reason": str})
    first = entries.sort_values("reason").drop_duplicates(["file", "row"])
    return {str(reason): int(n) for reason, n in first["reason"].value_counts().sort_index().items()}


def _patients(patients: pd.DataFrame, series: pd.DataFrame) -> Iterator[Step]:
    treated = series["patient"].nunique()
    yield "patients", EVERYONE, "Patients in the export", "", len(patients)
    if treated < len(patients):
        yield "patients", EVERYONE, "no series", "no series", len(patients) - treated
    yield "patients", EVERYONE, "Patients with a series", "", treated


def _series(cohort: pd.DataFrame, arms: Sequence[str]) -> Iterator[Step]:
    """Yield the boxes of all series and of each arm; every arm lists the same reasons."""
    reasons = sorted(cohort.loc[~cohort["included"], "exclusion"].astype(str).unique())
    for arm in (EVERYONE, *arms):
        own = cohort if arm == EVERYONE else cohort[cohort["arm"] == arm]
        left_out = own.loc[~own["included"], "exclusion"].astype(str).value_counts()
        yield "series", arm, "Series", "", len(own)
        for reason in reasons:
            yield "series", arm, reason, reason, int(left_out.get(reason, 0))
        yield "series", arm, "Series analysed", "", int(own["included"].sum())
        if arm == EVERYONE:
            yield "patients", arm, "Patients analysed", "", own.loc[own["included"], "patient"].nunique()


def _observed(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    arms: Sequence[str],
    instrument: str,
    headline: str | None,
    name: str,
) -> Iterator[Step]:
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["instrument"] == instrument) & (rows["axis"] != "baseline")]
    by_axis = {axis: rows[rows["axis"] == axis] for axis in AXES}
    ends = {
        axis: headline if headline in set(here["timepoint"]) else _last(here)
        for axis, here in by_axis.items()
        if len(here)
    }
    for axis, timepoint in ends.items():
        here = by_axis[axis]
        here = here[(here["timepoint"] == timepoint) & here["score"].notna()]
        place = timepoint if list(ends.values()).count(timepoint) == 1 else f"{timepoint} ({axis})"
        for arm in (EVERYONE, *arms):
            n = len(here) if arm == EVERYONE else int((here["arm"] == arm).sum())
            yield "series", arm, f"Series with {name} score, {place}", "", n


def _last(rows: pd.DataFrame) -> str:
    places = rows[["time", "timepoint"]].drop_duplicates().astype({"timepoint": str})
    return str(places.sort_values(["time", "timepoint"], na_position="first")["timepoint"].iloc[-1])
