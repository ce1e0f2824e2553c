"""All tables of onset in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.analysis.onset.estimate import tabulate_onset
from outcomes.analysis.onset.late import tabulate_late_response
from outcomes.analysis.onset.looks import find_looks, list_endpoints, tabulate_looks
from outcomes.contracts.released.onset import LateResponse, Onset, OnsetLooks
from outcomes.settings import Study

TABLES = (OnsetLooks, Onset, LateResponse)


def describe_onset(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of onset, before release: of those analysed, for each instrument with a cut-off of response.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``scores``, ``series``, ``series_sessions``, ``endpoints``, and ``cohort``, as in their contracts.
    study : Study
        Arms, instruments, cut-offs, and the seed.

    Returns
    -------
    dict of str to DataFrame
        By the released name, without rows where series do not begin with a dated session, so that no day is counted from one; each
        function of this room says what a row of its table is.
    """
    arms = [arm.id for arm in study.arms]
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in TABLES}
    for place, instrument in enumerate(study.instruments if study.series.origin == "sessions" else ()):
        endpoints = list_endpoints(instrument, study)
        if "response" not in endpoints:
            continue
        looks = find_looks(tables, instrument, study)
        parts[OnsetLooks.name].append(tabulate_looks(looks, arms, instrument, study))
        parts[Onset.name].append(tabulate_onset(looks, arms, instrument, endpoints, [study.seed, 17, place]))
        parts[LateResponse.name].append(tabulate_late_response(looks, arms, instrument))
    return {
        table.name: pd.concat(parts[table.name], ignore_index=True)[list(table.columns)]
        if parts[table.name]
        else pd.DataFrame(columns=list(table.columns))
        for table in TABLES
    }
