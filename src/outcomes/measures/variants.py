"""Endpoints derived in other ways, for the sensitivity analyses of a comparison, and the scores before treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.contracts import CONTRACTS, empty_table
from outcomes.measures.baseline import window_before
from outcomes.measures.courses import Courses
from outcomes.measures.definitions import Definitions
from outcomes.measures.endpoints import derive_endpoints, draw_lines
from outcomes.measures.order import sort_table
from outcomes.measures.visits import Schedule
from outcomes.settings.estimand import Estimand
from outcomes.settings.variants import Variant


def derive_variants(
    scores: pd.DataFrame,
    series: pd.DataFrame,
    series_sessions: pd.DataFrame,
    patients: pd.DataFrame,
    definitions: Definitions,
    variants: Sequence[Variant],
    estimand: Estimand,
) -> pd.DataFrame:
    """Form the endpoints of the compared patients under each variant.

    Parameters
    ----------
    scores, series, series_sessions, patients, definitions
        As :func:`outcomes.measures.endpoints.derive_endpoints` takes them.
    variants : sequence of Variant
        What each one changes.
    estimand : Estimand
        Its two arms and its instrument: only those rows are kept.

    Returns
    -------
    DataFrame
        Table ``variants``: rows of endpoints whose series enters the analysis under the variant; key ``variant, patient,
        series, instrument, axis, timepoint``.
    """
    kept = {estimand.instrument, definitions.primary, *definitions.baseline.minimum}
    instruments = {name: one for name, one in definitions.instruments.items() if name in kept}
    columns, names = list(CONTRACTS["variants"].fields), [variant.name for variant in variants]
    parts = []
    for place, variant in enumerate(variants):
        changed = replace(
            definitions,
            instruments=instruments,
            baseline=variant.baseline,
            timepoints=variant.timepoints,
            endpoints=variant.endpoints,
        )
        endpoints, cohort, _ = derive_endpoints(scores, series, series_sessions, patients, changed)
        used = cohort.loc[cohort["included"] & cohort["arm"].isin([estimand.treated, estimand.reference])]
        inside = pd.MultiIndex.from_frame(endpoints[["patient", "series"]]).isin(
            pd.MultiIndex.from_frame(used[["patient", "series"]])
        )
        rows = endpoints[inside & (endpoints["instrument"] == estimand.instrument).to_numpy()]
        parts.append(
            rows.assign(variant=pd.Categorical.from_codes(np.full(len(rows), place), pd.Index(names)))[columns]
        )
    if not parts:
        return empty_table("variants")
    table = pd.concat(parts, ignore_index=True)
    categories = [name for name, field in CONTRACTS["variants"].fields.items() if field.dtype == "category"]
    return table.astype(dict.fromkeys(categories, "category"))


def derive_pretreatment(
    scores: pd.DataFrame,
    series: pd.DataFrame,
    series_sessions: pd.DataFrame,
    definitions: Definitions,
    instrument: str,
    days: int,
) -> pd.DataFrame:
    """Return the first and the last score before treatment, of series with two or more.

    Parameters
    ----------
    days : int
        How many days before the first session a score may lie; it must come after the patient's earlier series.

    Returns
    -------
    DataFrame
        Table ``pretreatment``: one row per series with two scores before its first session; key ``patient, series,
        instrument``. Empty where series do not begin with a session.
    """
    if definitions.series.origin != "sessions" or instrument not in definitions.instruments:
        return empty_table("pretreatment")
    series = sort_table(series, ("patient", "series"))
    placed = sort_table(series_sessions, ("patient", "study_day", "ordinal"))
    scores = sort_table(scores, ("patient", "instrument", "study_day", "visit"))
    courses = Courses.from_tables(series, placed, definitions.baseline.same_day)
    line = draw_lines(scores, instrument, Schedule.from_visits(definitions.visits), False).by_day
    first, stop = line.find(window_before(courses, days))
    rows = np.flatnonzero(stop - first >= 2)
    first, last = first[rows], stop[rows] - 1
    table = series.iloc[rows][["patient", "series", "arm"]].reset_index(drop=True)
    return table.assign(
        instrument=pd.Categorical([instrument] * len(rows)),
        first_day=pd.array(line.day[first] - courses.start[rows], dtype="Int32"),
        first_score=line.total[first],
        last_day=pd.array(line.day[last] - courses.start[rows], dtype="Int32"),
        last_score=line.total[last],
    )
