"""The contract of every private table, in the order of the pipeline."""

from __future__ import annotations

from outcomes.contracts.fields import ARM, DAY, INSTRUMENT, ITEM, OPTIONAL_DAY, PATIENT, SERIES, VISIT
from outcomes.contracts.kinds import Contract, Field

CONTRACTS: dict[str, Contract] = {
    "patients": Contract(
        "a patient",
        ("patient",),
        {
            "patient": PATIENT,
            "arm": Field("category", "allocated arm, where the export has one", nullable=True, required=False),
            "site": Field("category", "site", nullable=True, required=False),
            "age": Field("float64", "age in years", 0, 120, nullable=True, required=False),
            "sex": Field("category", "sex as recorded", nullable=True, required=False),
        },
        open=True,
    ),
    "sessions": Contract(
        "a treatment session",
        ("patient", "study_day", "ordinal"),
        {
            "patient": PATIENT,
            "study_day": DAY,
            "ordinal": Field("int16", "number of the session on that day, from 1", 1),
            "treatment": Field("category", "treatment given, in the study's own names"),
            "dose_mg": Field("float64", "dose in mg", 0, nullable=True, required=False),
            "weight_kg": Field("float64", "body weight in kg", 0, nullable=True, required=False),
            "duration_min": Field("float64", "duration in minutes", 0, nullable=True, required=False),
            "integration": Field("boolean", "psychotherapy alongside", nullable=True, required=False),
            "harms_asked": Field("boolean", "side effects were asked about", nullable=True, required=False),
            "harms_mode": Field(
                "category", "how they were: solicited, spontaneous, or unknown", nullable=True, required=False
            ),
        },
        open=True,
    ),
    "assessments": Contract(
        "one questionnaire of one patient at one time, answered or not",
        ("patient", "instrument", "study_day", "visit"),
        {
            "patient": PATIENT,
            "study_day": OPTIONAL_DAY,
            "visit": VISIT,
            "instrument": INSTRUMENT,
            "recorded_total": Field("float64", "total as stored in the export, in points", nullable=True),
            "flag": Field("category", "reason code of a doubt that the row was kept with", nullable=True),
        },
        further={r"item_\d+": ITEM},
    ),
    "adverse_events": Contract(
        "one adverse event of one patient on one day",
        ("patient", "study_day", "event"),
        {
            "patient": PATIENT,
            "study_day": DAY,
            "event": Field("category", "kind of event, in the study's own names"),
            "severity": Field("category", "severity: mild, moderate, severe", nullable=True, required=False),
            "serious": Field("category", "serious by the usual definition (ICH E2A)", nullable=True, required=False),
            "related": Field("category", "judged related to the treatment", nullable=True, required=False),
            "action": Field("category", "what was done about the treatment", nullable=True, required=False),
            "outcome": Field("category", "how it ended", nullable=True, required=False),
        },
    ),
    "vitals": Contract(
        "one measurement of one patient on one day",
        ("patient", "study_day", "measure", "moment"),
        {
            "patient": PATIENT,
            "study_day": DAY,
            "measure": Field("category", "what was measured", allowed=("systolic", "diastolic", "heart_rate", "spo2")),
            "moment": Field("category", "when", allowed=("before", "peak", "after")),
            "value": Field("float64", "mmHg, beats per minute, or percent", 0),
        },
    ),
    "events": Contract(
        "one event in a patient's course (switch, stop, rescue, new antidepressant, maintenance …)",
        ("patient", "study_day", "event"),
        {
            "patient": PATIENT,
            "study_day": DAY,
            "event": Field("category", "kind of event, in the study's own names"),
            "stop_reason": Field("category", "why treatment was stopped", nullable=True, required=False),
        },
    ),
    "key": Contract(
        "a patient's source identifier; private, never read by a later step",
        ("patient",),
        {"patient": PATIENT, "identifier": Field("str", "identifier in the export")},
    ),
    "ledger": Contract(
        "one thing that happened to one raw row (rows kept as they were have no entry)",
        ("file", "row", "column", "reason"),
        {
            "file": Field("category", "source file, with the sheet of a workbook"),
            "row": Field("int64", "row in that file as a spreadsheet numbers it: the header is row 1", 1),
            "state": Field("category", "end state", allowed=("flagged", "corrected", "merged", "quarantined")),
            "reason": Field("category", "reason code; docs/cleaning-rules.md explains each"),
            "column": Field("category", "canonical column concerned; missing when it is the whole row", nullable=True),
            "old": Field("str", "value before, for numbers and declared categories only", nullable=True),
            "new": Field("str", "value after", nullable=True),
        },
    ),
    "health": Contract(
        "something in the export that does not hang together, with its numbers",
        ("check", "file", "column", "unit", "count", "of"),
        {
            "check": Field("category", "name of the check, the key under `accept`"),
            "file": Field("category", "source file; missing where it is about several", nullable=True),
            "column": Field("category", "table and column, where it is about one", nullable=True),
            "unit": Field("category", "what is counted", allowed=("rows", "people", "files", "columns")),
            "count": Field("int64", "how many", 0),
            "of": Field("int64", "of how many", 0),
            "meaning": Field("category", "what the check finds"),
            "stops": Field("bool", "a run stops at it unless the study file accepts it"),
            "accepted": Field("category", "the reason that the study file gives", nullable=True),
        },
    ),
    "balance": Contract(
        "a source file: raw = kept + merged + quarantined; corrected and flagged rows are among the kept",
        ("file",),
        {
            "file": Field("category", "source file, with the sheet of a workbook"),
            **{
                name: Field("int64", f"rows {meaning}", 0)
                for name, meaning in {
                    "raw": "in the file, without the header",
                    "kept": "kept, corrected and flagged ones included",
                    "corrected": "kept with a value changed or set missing",
                    "flagged": "kept with a doubt noted",
                    "merged": "merged into another row as duplicates",
                    "quarantined": "left out with a reason",
                }.items()
            },
            "people": Field("int64", "distinct patients with a row in the file", 0),
        },
    ),
    "scores": Contract(
        "one score of one patient at one time",
        ("patient", "instrument", "study_day", "visit"),
        {
            "patient": PATIENT,
            "study_day": OPTIONAL_DAY,
            "visit": VISIT,
            "instrument": INSTRUMENT,
            "total": Field("float64", "total in points; missing when too many items are", nullable=True),
            "missing_items": Field(
                "Int8", "items without an answer; missing for totals without items", 0, nullable=True
            ),
            "prorated": Field("bool", "missing items were replaced by the mean of the answered ones"),
            "band": Field("category", "severity band", nullable=True),
            "ideation": Field("Int8", "answer to the instrument's ideation item", 0, nullable=True),
            "flag": Field("category", "reason code of a doubt that the row was kept with", nullable=True),
        },
    ),
    "series": Contract(
        "one series of treatment of one patient",
        ("patient", "series"),
        {
            "patient": PATIENT,
            "series": SERIES,
            "arm": ARM,
            "start_day": Field("int32", "study day of the first session"),
            "induction_end_day": Field("int32", "study day of the last induction session"),
            "end_day": Field("int32", "study day of the last session"),
            "next_start_day": Field("Int32", "study day on which the patient's next series starts", nullable=True),
            "sessions": Field("int16", "sessions in the series", 0),
            "induction_sessions": Field("int16", "induction sessions in the series", 0),
            "maintenance_sessions": Field("int16", "maintenance sessions in the series", 0),
            "complies": Field("bool", "meets its protocol's rule; true where there is no protocol"),
            "reason": Field("category", "why it does not", nullable=True),
            "switched": Field("bool", "the next series begins within the gap, in another arm"),
        },
    ),
    "series_sessions": Contract(
        "a treatment session with its place in a series",
        ("patient", "study_day", "ordinal"),
        {
            "patient": PATIENT,
            "study_day": DAY,
            "ordinal": Field("int16", "number of the session on that day, from 1", 1),
            "series": SERIES,
            "arm": ARM,
            "phase": Field("category", "phase", allowed=("induction", "maintenance")),
            "session": Field("int16", "number of the session in its series, from 1", 1),
            "series_day": Field("int32", "days since the series' first session", 0),
        },
        open=True,
    ),
    "endpoints": Contract(
        "one series, instrument and time point, observed or not",
        ("patient", "series", "instrument", "axis", "timepoint"),
        {
            "patient": PATIENT,
            "series": SERIES,
            "arm": ARM,
            "instrument": INSTRUMENT,
            "axis": Field("category", "kind of time point", allowed=("baseline", "session", "day", "visit", "clean")),
            "timepoint": Field("category", "name of the time point"),
            "time": Field(
                "float64", "position on its axis: session number, study day, or the visit's time", nullable=True
            ),
            "reached": Field(
                "bool", "the series reached the time point (had that session; always true for days and visits)"
            ),
            "score_day": Field("Int32", "day of the score since the series began", nullable=True),
            "score": Field("float64", "score in points", nullable=True),
            "baseline": Field("float64", "baseline score in points", nullable=True),
            "change": Field("float64", "score minus baseline, in points", nullable=True),
            "percent_change": Field(
                "float64", "change in percent of the baseline; missing at baseline 0", nullable=True
            ),
            "response": Field("boolean", "the instrument's response", nullable=True),
            "remission": Field("boolean", "the instrument's remission", nullable=True),
            "worsening": Field("boolean", "worse than baseline by the declared points", nullable=True),
            "reliable_change": Field(
                "category", "against the declared index", allowed=("improved", "unchanged", "worse"), nullable=True
            ),
            "ideation": Field("Int8", "answer to the ideation item", 0, nullable=True),
            "baseline_ideation": Field("Int8", "answer to the ideation item at baseline", 0, nullable=True),
            "recall_overlap_days": Field(
                "Int16", "days of the recall window before the first session", 0, nullable=True
            ),
        },
    ),
    "cohort": Contract(
        "one series, and whether it is analysed",
        ("patient", "series"),
        {
            "patient": PATIENT,
            "series": SERIES,
            "arm": ARM,
            "included": Field("bool", "enters the analysis"),
            "exclusion": Field("category", "first reason that keeps it out", nullable=True),
            "complies": Field("bool", "meets its protocol's rule"),
            "sessions": Field("int16", "sessions in the series", 0),
            "induction_sessions": Field("int16", "induction sessions in the series", 0),
        },
    ),
    "times": Contract(
        "one series, instrument and endpoint: when it was first seen",
        ("patient", "series", "instrument", "endpoint"),
        {
            "patient": PATIENT,
            "series": SERIES,
            "arm": ARM,
            "instrument": INSTRUMENT,
            "endpoint": Field("category", "endpoint", allowed=("response", "remission")),
            "event": Field("bool", "it was seen"),
            "day": Field("Int32", "series day of its first observation, or of the last score", nullable=True),
            "last_without": Field(
                "Int32", "series day of the last score before it without the endpoint", nullable=True
            ),
            "session": Field("Int16", "sessions had by then", 0, nullable=True),
        },
    ),
    "durability": Contract(
        "a patient in response at the landmark after the induction, and one end of it",
        ("patient", "end"),
        {
            "patient": PATIENT,
            "arm": ARM,
            "end": Field("category", "what ends the response", allowed=("loss", "relapse")),
            "outcome": Field("category", "whether it was seen", allowed=("none", "ended"), nullable=False),
            "lower": Field(
                "Int32", "last day since the induction on which it was seen to hold; at least the landmark", 1
            ),
            "upper": Field("Int32", "day on which the outcome was seen; missing where none was", 1, nullable=True),
            "last_day": Field("Int32", "upper, or the end of follow-up where no outcome was seen", 1),
        },
    ),
}

_ENDPOINTS = CONTRACTS["endpoints"].fields
_COMPARED = (
    "patient", "series", "arm", "instrument", "axis", "timepoint", "time", "reached", "score_day", "score", "baseline", "change",
    "response", "remission",
)  # fmt: skip
CONTRACTS["variants"] = Contract(
    "one series that enters the analysis, instrument and time point, derived in another way",
    ("variant", "patient", "series", "instrument", "axis", "timepoint"),
    {"variant": Field("category", "what is derived otherwise"), **{name: _ENDPOINTS[name] for name in _COMPARED}},
)
CONTRACTS["pretreatment"] = Contract(
    "one series with two scores or more before its first session",
    ("patient", "series", "instrument"),
    {
        "patient": PATIENT,
        "series": SERIES,
        "arm": ARM,
        "instrument": INSTRUMENT,
        "first_day": Field("Int32", "day of the first of them, counted from the first session", maximum=0),
        "first_score": Field("float64", "score in points"),
        "last_day": Field("Int32", "day of the last of them, counted from the first session", maximum=0),
        "last_score": Field("float64", "score in points"),
    },
)
CONTRACTS["resampled"] = Contract(
    "one time point in one sample of the compared patients, drawn with replacement, whose model converged",
    ("sample", "axis", "timepoint"),
    {
        "sample": Field("int64", "number of the sample", 0),
        "axis": Field("category", "time axis"),
        "timepoint": Field("category", "time point"),
        "difference": Field("float64", "points, treated less reference"),
    },
)
CONTRACTS["alternatives"] = Contract(
    "one other way to estimate the difference of the two arms, treated less reference; released as a row of the sensitivity grid",
    ("endpoint", "analysis", "scale", "axis", "timepoint"),
    {
        "way": Field("int64", "place among the ways to the answer, from 0; one makes one or more rows", 0),
        "endpoint": Field("str", "change, response, remission, or negative_control"),
        "analysis": Field("str", "what was done"),
        "scale": Field("str", "scale of the estimate"),
        "axis": Field("str", "time axis"),
        "timepoint": Field("str", "time point"),
        **{name: Field("float64", f"{name}, on the scale", nullable=True) for name in ("estimate", "lower", "upper")},
        "n": Field("Int64", "patients in the analysis", 0, nullable=True),
        "effective_n": Field("float64", "effective number of patients under the weights", 0, nullable=True),
        "converged": Field("bool", "whether the analysis converged"),
        "note": Field("str", "what to know of the row", nullable=True),
    },
)
