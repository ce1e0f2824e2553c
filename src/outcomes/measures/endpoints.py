"""Scores and series → endpoints, cohort and times.

The whole chain, each step a pure function of tables and settings::

    scores = derive_scores(assessments, instruments, scoring)
    series, series_sessions = derive_series(sessions, assessments, patients, arms, protocols, rules, visits)
    definitions = Definitions(
        instruments=instruments, series=rules, baseline=baseline, timepoints=timepoints,
        endpoints=endpoints, population=population, visits=visits,
    )
    endpoints, cohort, times = derive_endpoints(scores, series, series_sessions, patients, definitions)

``docs/endpoints.md`` defines every column in words.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from outcomes.criteria import Criteria
from outcomes.measures.assembly import EndpointColumns
from outcomes.measures.baseline import compute_baseline, name_baseline
from outcomes.measures.cohort import derive_cohort
from outcomes.measures.courses import Courses
from outcomes.measures.definitions import Definitions
from outcomes.measures.lines import NO_DAY, Line, compute_day_key, compute_visit_key
from outcomes.measures.order import Floats, compute_codes, compute_integers, sort_table
from outcomes.measures.timepoints import Lines, declare_timepoints
from outcomes.measures.times import TimeColumns, compute_times
from outcomes.measures.visits import Schedule

log = logging.getLogger(__name__)


def derive_endpoints(
    scores: pd.DataFrame,
    series: pd.DataFrame,
    series_sessions: pd.DataFrame,
    patients: pd.DataFrame,
    definitions: Definitions,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Form the endpoints of every series, instrument and time point, observed or not.

    Parameters
    ----------
    scores, series, series_sessions
        Tables of the steps before.
    patients
        Clean patients; only the columns that ``population.include`` names are used.
    definitions
        Everything that the study file declares about endpoints.

    Returns
    -------
    endpoints : pandas.DataFrame
        One series, instrument and time point; key ``patient, series, instrument, axis, timepoint``.
    cohort : pandas.DataFrame
        One series and whether it is analysed; key ``patient, series``.
    times : pandas.DataFrame
        One series, instrument and endpoint: when it was first seen; key ``patient, series, instrument, endpoint``.

    Raises
    ------
    SettingsError
        A time point names a visit, or the population a column, that there is not.
    """
    scores = sort_table(scores, ("patient", "instrument", "study_day", "visit"))
    series = sort_table(series, ("patient", "series"))
    placed = sort_table(series_sessions, ("patient", "study_day", "ordinal"))
    courses = Courses.from_tables(series, placed, definitions.baseline.same_day)
    schedule = Schedule.from_visits(definitions.visits)
    visits = definitions.series.origin != "sessions" or bool(definitions.timepoints.visits)
    names = sorted(definitions.instruments)
    columns = EndpointColumns(
        courses,
        names,
        declare_timepoints(definitions, schedule),
        name_baseline(definitions, schedule),
        cross_sectional=definitions.series.origin == "none",
    )
    times = TimeColumns(courses, names)
    baselines: dict[str, Floats] = {}
    for place, name in enumerate(names):
        instrument = definitions.instruments[name]
        lines = draw_lines(scores, name, schedule, visits)
        criteria = Criteria.of(name, instrument, definitions.endpoints)
        baselines[name] = np.full(len(courses), np.nan)
        for rows, part in courses.parts():
            base = compute_baseline(lines, part, definitions, schedule, instrument.higher_is_worse)
            baselines[name][rows] = base.score
            columns.fill((rows, place), part, lines, base, criteria, instrument.recall_days)
            times.fill(rows, place, compute_times(lines, part, base, criteria, schedule, definitions.series.origin))
        log.info("%s: %d of %d series have a baseline", name, int(np.isfinite(baselines[name]).sum()), len(courses))
    cohort = derive_cohort(series, patients, baselines, definitions)
    return columns.to_table(), cohort, times.to_table()


def draw_lines(scores: pd.DataFrame, instrument: str, schedule: Schedule, visits: bool) -> Lines:
    """Return the answered scores of one instrument in order of day, and (where ``visits`` are needed) in order of visit.

    Scores at visits that are not used are left out, scores without a total too. ``scores`` are in order of their key.
    """
    codes, known = compute_codes(scores["instrument"])
    keep = np.isfinite(scores["total"].to_numpy()) & (codes == (known.index(instrument) if instrument in known else -1))
    if schedule.unused:
        keep &= ~schedule.is_unused(scores["visit"])
    rows = np.flatnonzero(keep)
    patient = scores["patient"].to_numpy()[rows].astype(np.int64)
    day = compute_integers(scores["study_day"].iloc[rows], NO_DAY)
    total = scores["total"].to_numpy()[rows]
    ideation = np.asarray(scores["ideation"].iloc[rows].to_numpy(dtype=np.int8, na_value=-1))
    dated = day != NO_DAY
    by_day = Line.from_arrays(compute_day_key(patient, day)[dated], day[dated], total[dated], ideation[dated])
    if not visits:
        return Lines(by_day, Line.from_arrays(day[:0], day[:0], total[:0], ideation[:0]))
    rank = schedule.rank(scores["visit"])[rows]
    key = compute_visit_key(patient, np.where(rank < 0, len(schedule), rank), day)
    return Lines(by_day, Line.from_arrays(key, day, total, ideation))
