"""What a study file maps, checked before a file is opened."""

from __future__ import annotations

import re

from outcomes.errors import SettingsError
from outcomes.files import is_address
from outcomes.intake.privacy import BIRTH, check_ages, check_names
from outcomes.settings import Source, Study, Table, TableMap

PLACING = frozenset({"patient", "date", "study_day", "visit", "submitted"})
READ_AWAY = PLACING | {BIRTH}  # what no clean table has as a column of its own
MEASURES = {"systolic": (40.0, 300.0), "diastolic": (20.0, 200.0), "heart_rate": (20.0, 250.0), "spo2": (50.0, 100.0)}
MOMENTS = ("before", "peak", "after")
VITAL = re.compile(rf"({'|'.join(MEASURES)})_({'|'.join(MOMENTS)})")
CLOSED: dict[str, frozenset[str]] = {
    "assessments": frozenset(),
    "adverse_events": frozenset({"event", "severity", "serious", "related", "action", "outcome"}),
    "events": frozenset({"event", "stop_reason"}),
}
NEEDED = {"sessions": "treatment", "adverse_events": "event", "events": "event"}


def check_mapping(study: Study, source: Source) -> None:
    """Check the mappings of a source.

    Raises
    ------
    SettingsError
        A table that its mapping cannot give, a column that the table does not have, or one that must not pass intake.
    """
    if source.join is not None and is_address(source.join.file) and source.join.file != source.file:
        raise SettingsError(
            f"source {source.file}: 'join' names a table of a server, which is joined to tables of the same server alone. Export it to a file."
        )
    for table, mapping in study.tables_of(source).items():
        where = f"source {source.file}, table {table}"
        _check_needed(table, mapping, source, study, where)
        _check_known(table, mapping, where)
        for name, columns in mapping.instruments.items():
            expected = study.instrument(name).n_items
            if columns.items and len(columns.items) != expected:
                raise SettingsError(
                    f"{where}: {name} has {expected} items, and {len(columns.items)} columns are mapped. Name one column "
                    "per item in the instrument's order, or only its 'total'."
                )
        names = {name: column.column or "" for name, column in mapping.columns.items()}
        check_names(names, table, where)
        check_ages(names, table, where)


def check_time_axis(study: Study) -> None:
    """Check that the export counts time in one way.

    Raises
    ------
    SettingsError
        Some tables are dated and others have study days: the day 0 of the two need not be the same.
    """
    placed: dict[str, set[str]] = {"date": set(), "study_day": set()}
    for source in study.sources:
        for table, mapping in study.tables_of(source).items():
            for name in {*mapping.columns, *source.constants} & set(placed) if table != "patients" else ():
                placed[name].add(source.file)
    if placed["date"] and placed["study_day"] and study.dates.study_days == "own":
        raise SettingsError(
            f"sources: {', '.join(sorted(placed['date']))} map 'date', and {', '.join(sorted(placed['study_day']))} map "
            "'study_day', whose day 0 is not known to be the first session. Map one of the two throughout; where it is, write "
            "`dates: {study_days: first_session}`."
        )


def _check_needed(table: Table, mapping: TableMap, source: Source, study: Study, where: str) -> None:
    names = {*mapping.columns, *source.constants}
    if "patient" not in mapping.columns or mapping.columns["patient"].column is None:
        raise SettingsError(f"{where}: map a column of the export to 'patient'.")
    if table not in ("patients", "assessments") and not names & {"date", "study_day"}:
        raise SettingsError(f"{where}: map 'date' or 'study_day'; its rows need a day.")
    if NEEDED.get(table, "patient") not in names:
        raise SettingsError(f"{where}: map '{NEEDED[table]}', or give it as a constant.")
    if table == "assessments" and not mapping.instruments:
        raise SettingsError(f"{where}: name at least one instrument under 'instruments'.")
    if "visit" in names and table != "patients" and not study.visits:
        raise SettingsError(f"{where}: 'visit' is mapped, but the study declares no 'visits'.")


def _check_known(table: Table, mapping: TableMap, where: str) -> None:
    further = set(mapping.columns) - PLACING
    if table == "vitals":
        unknown = sorted(name for name in further if not VITAL.fullmatch(name))
        allowed = f"{', '.join(MEASURES)}, each with _{', _'.join(MOMENTS)} (for example systolic_before)"
    elif table in CLOSED:
        unknown = sorted(further - CLOSED[table])
        allowed = ", ".join(sorted(CLOSED[table] | PLACING))
    else:
        return
    if unknown:
        raise SettingsError(f"{where}: no column {', '.join(unknown)} in this table; allowed are {allowed}.")
