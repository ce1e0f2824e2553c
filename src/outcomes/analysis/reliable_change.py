"""Who recovered, improved, stayed as they were, or deteriorated, beyond what error of measurement explains (Jacobson & Truax)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.selection import PLACE, order_rows, select_included
from outcomes.contracts.released.describe import ReliableChange
from outcomes.instruments import Instrument
from outcomes.proportions import compute_wilson
from outcomes.settings.clinical import ReliableChange as Declared

CATEGORIES = ("recovered", "improved", "unchanged", "deteriorated")
NAMES = {"improved": "improved", "unchanged": "unchanged", "worse": "deteriorated"}


def tabulate_reliable_change(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    arms: Sequence[str],
    declared: Mapping[str, Declared],
    instruments: Mapping[str, Instrument],
) -> pd.DataFrame:
    """Return the four-way table of Jacobson & Truax 1991 (10.1037/0022-006X.59.1.12) by arm and time point.

    A change beyond the reliable change index is improved or deteriorated, any other unchanged. Recovered are those improved whose baseline lay on the
    patients' side of the declared cut-off and whose score lies on the other; without a cut-off there is no such row.

    Parameters
    ----------
    endpoints, cohort : DataFrame
        Tables of those contracts; only series that enter the analysis count.
    arms : sequence of str
        Arm ids in the study's order.
    declared : mapping of str to ReliableChange
        ``endpoints.reliable_change`` of the study, by instrument.
    instruments : mapping of str to Instrument

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, time point after baseline, and category, the key; ``n`` series with a known change, ``events`` those in the
        category, their proportion with Wilson's interval. The categories of a place add up to ``n``.
    """
    rows = select_included(endpoints, cohort)
    if "reliable_change" not in rows:
        return pd.DataFrame(columns=ReliableChange.columns)
    rows = rows[
        (rows["axis"] != "baseline") & rows["reliable_change"].notna() & rows["instrument"].isin(list(declared))
    ]
    rows = rows.astype(dict.fromkeys(PLACE, str))
    parts = [_count(own, declared[str(name)], instruments[str(name)]) for name, own in rows.groupby("instrument")]
    if not parts:
        return pd.DataFrame(columns=ReliableChange.columns)
    table = pd.concat(parts, ignore_index=True)
    lower, upper = compute_wilson(table["events"], table["n"])
    table = table.assign(proportion=table["events"] / table["n"], lower=lower, upper=upper)
    rank = table["category"].map({name: place for place, name in enumerate(CATEGORIES)})
    return order_rows(table.assign(rank=rank).sort_values("rank", kind="stable"), arms)[ReliableChange.columns]


def _count(rows: pd.DataFrame, declared: Declared, instrument: Instrument) -> pd.DataFrame:
    """Return how many series of one instrument are in each category."""
    category = rows["reliable_change"].astype(str).map(NAMES)
    cutoff = declared.find_cutoff()
    names = list(CATEGORIES)
    if cutoff is None:
        names.remove("recovered")
    else:
        side = 1.0 if instrument.higher_is_worse else -1.0
        ill, well = (side * (rows[name].astype(float) - cutoff) for name in ("baseline", "score"))
        category = category.mask((category == "improved") & (ill >= 0) & (well < 0), "recovered")
    groups = rows.assign(category=category).groupby(PLACE, observed=True)
    found = []
    for key, own in groups:
        counts = own["category"].value_counts()
        place = dict(zip(PLACE, key, strict=True)) | {"time": own["time"].iloc[0], "n": len(own)}
        place["cutoff"] = np.nan if cutoff is None else cutoff
        place["change_index"] = declared.index
        found += [place | {"category": name, "events": int(counts.get(name, 0))} for name in names]
    return pd.DataFrame(found)
