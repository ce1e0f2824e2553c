"""Clean tables in a few words, for tests."""

import pandas as pd

from outcomes.instruments import read_instruments
from outcomes.measures.definitions import Definitions
from outcomes.measures.endpoints import derive_endpoints
from outcomes.measures.scoring import derive_scores
from outcomes.measures.series import derive_series
from outcomes.protocols import read_protocols
from outcomes.settings import Arm, Baseline, Endpoints, Population, Scoring, SeriesRules, Timepoints

ARMS = (Arm(id="iv", label="IV", protocol="iv"), Arm(id="esketamine", label="Esketamine", protocol="esketamine"))
PROTOCOLS = {name: read_protocols()[name] for name in ("iv", "esketamine")}


def patients(n, **columns):
    return pd.DataFrame({"patient": pd.Series(range(1, n + 1), dtype="int32"), **columns})


def sessions(rows):
    """Rows of (patient, study_day, treatment); records of one day are numbered in their order."""
    table = pd.DataFrame(rows, columns=["patient", "study_day", "treatment"])
    table["ordinal"] = table.groupby(["patient", "study_day"]).cumcount() + 1
    table = table.astype({"patient": "int32", "study_day": "int32", "ordinal": "int16", "treatment": "str"})
    return table.astype({"treatment": "category"})


def assessments(rows, items=0):
    """Rows of (patient, instrument, study_day, visit, recorded total), and with ``items`` as many answers each."""
    names = [f"item_{k}" for k in range(1, items + 1)]
    table = pd.DataFrame(rows, columns=["patient", "instrument", "study_day", "visit", "recorded_total", *names])
    table["flag"] = pd.Series(pd.NA, index=table.index, dtype="str")
    table = table.astype({"instrument": "str", "visit": "str"})
    table = table.astype({"patient": "int32", "study_day": "Int32", "recorded_total": "float64"})
    return table.astype({**dict.fromkeys(["instrument", "visit", "flag"], "category"), **dict.fromkeys(names, "Int8")})


def daily(rows, instrument="phq9"):
    """Assessments from rows of (patient, study_day, recorded total)."""
    return assessments([(patient, instrument, day, None, total) for patient, day, total in rows])


def at_visits(rows, instrument="phq9"):
    """Assessments from rows of (patient, visit, recorded total)."""
    return assessments([(patient, instrument, None, visit, total) for patient, visit, total in rows])


def define(instruments=("phq9",), **parts):
    """Definitions with the defaults of a study file, and no time points but those given."""
    parts = {
        "series": SeriesRules(),
        "baseline": Baseline(),
        "timepoints": Timepoints(clean_window=None),
        "endpoints": Endpoints(),
        "population": Population(),
        **parts,
    }
    known = read_instruments()
    if not isinstance(instruments, dict):
        instruments = {name: known[name] for name in instruments}
    return Definitions(instruments=instruments, **parts)


def run(treated, answered, definitions, people=None, arms=ARMS, protocols=PROTOCOLS):
    """Derive everything: scores, series, series_sessions, endpoints, cohort, times, by name."""
    if people is None:
        ids = [*treated["patient"], *answered["patient"]]
        people = patients(max(ids, default=0))
    scores = derive_scores(answered, definitions.instruments, Scoring())
    rules, visits = definitions.series, definitions.visits
    series, placed = derive_series(treated, answered, people, arms, protocols, rules, visits)
    endpoints, cohort, times = derive_endpoints(scores, series, placed, people, definitions)
    names = ("scores", "series", "series_sessions", "endpoints", "cohort", "times")
    return dict(zip(names, (scores, series, placed, endpoints, cohort, times), strict=True))


def at(endpoints, timepoint, column="score", patient=1, series=1):
    """The value of one row of the endpoints; None where it is missing."""
    row = endpoints.query("patient == @patient and series == @series and timepoint == @timepoint")
    assert len(row) == 1
    value = row[column].iloc[0]
    return None if pd.isna(value) else value
