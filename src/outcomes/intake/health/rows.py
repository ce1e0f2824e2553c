"""Rows that are left out or merged, and tables of which nothing is left: read off the ledger and its balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from outcomes.intake.health.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

DECLARED = frozenset({"blank_row", "no_record", "hidden_row", "not_asked_for"})  # left out on purpose
LEFT_OUT, UNKNOWN, MERGED, CONTRADICTING = 0.5, 0.1, 0.2, 0.1
SEVERAL, UNDECIDED, TWICE = 3, 0.01, 0.25  # rows, and shares of a file
DISAGREE = 0.05  # share of questionnaires whose total is not the sum of the items
CURES = {
    "unknown_patient": "is the column of the patients' identifiers the right one? Cells that are merged or written once for several "
    "rows are read with `fill_down`",
    "no_time": "map `date`, `study_day` or `visit` to a column that these rows have; `optional` columns of another form belong to a source of their own",
    "unreadable_date": "add how these dates are written to `dates.formats`, or to `date_formats` of the source",
    "date_out_of_range": "widen `dates.first_year` and `last_year`, or correct the year in the export",
    "unknown_visit": "declare these labels under `visits`, or map the spellings to declared ones under the column's `values`",
    "no_treatment": "is the column of the treatment the right one? Rows that are no sessions are left out with `rows` of the source",
    "unknown_value": "list these spellings under the column's `values` (null for what is no treatment or event)",
    "impossible_total": "is the column that is mapped as the total one? `answers` or another instrument may fit better",
    "no_event": "is the column of the events the right one?",
    "no_value": "are the columns of the vital signs the right ones?",
}


def find_lost_rows(
    ledger: pd.DataFrame, balance: pd.DataFrame, declared: frozenset[str] = frozenset()
) -> Iterable[Finding]:
    """Return reasons for which a large share of a file's rows is left out, and rows merged though they differ.

    ``declared`` are the files whose study says of some spellings of a treatment that they are none.
    """
    counts = _count(ledger)
    raw = dict(zip(balance["file"].astype(str), balance["raw"].astype(int), strict=True))
    for (file, state, reason), rows in counts.items():
        total = raw[file]
        if state == "quarantined" and reason not in DECLARED and rows >= UNKNOWN * total:
            check = "unknown_visits" if reason == "unknown_visit" else "rows_left_out"
            stops = rows >= (UNKNOWN if check == "unknown_visits" else LEFT_OUT) * total
            stops = stops and not (reason == "no_treatment" and file in declared)
            yield Finding(
                check, stops, rows, total, "rows",
                f"{rows:,} of {total:,} rows of {file} ({rows / total:.0%}) are left out: {reason.replace('_', ' ')}",
                CURES.get(reason, "docs/cleaning-rules.md explains the reason"), file,
            )  # fmt: skip
        differs = reason in ("duplicate_conflicting", "duplicate_patient", "two_sites")
        if state == "merged" and rows >= 0.05 * total and rows > 2:
            yield Finding(
                "merged_rows" if differs else "repeated_rows", differs and rows > MERGED * total, rows, total, "rows",
                f"{rows:,} of {total:,} rows of {file} ({rows / total:.0%}) are merged into another: {reason.replace('_', ' ')}",
                "does the column of the identifiers tell all patients apart, and the date all visits? Several sessions a day: `series.same_day: separate`"
                if differs else "was the export saved twice into one file?",
                file,
            )  # fmt: skip


def find_undecided(
    ledger: pd.DataFrame, balance: pd.DataFrame, timed: frozenset[str], asked: bool
) -> Iterable[Finding]:
    """Return files with differing questionnaires of one day: that no time tells apart, or many, as before and after a session.

    ``timed`` are the files that have times. They stop a run unless the study file says which stays (``asked`` is false).
    """
    mine = ledger[(ledger["reason"].astype(str) == "duplicate_conflicting") & ledger["column"].notna()]
    rows = mine[["file", "row"]].drop_duplicates().groupby("file", observed=True).size()
    raw = dict(zip(balance["file"].astype(str), balance["raw"].astype(int), strict=True))
    for file, count in sorted((str(file), int(count)) for file, count in rows.items()):
        if file in timed and count >= max(SEVERAL, TWICE * raw[file]):
            yield Finding(
                "twice_a_day", asked, count, raw[file], "rows",
                f"{count:,} of {raw[file]:,} rows of {file} are a second questionnaire of the same person, instrument and day with other answers, and the later one stays",
                "where one is answered before a session and one after it, keep that before: `cleaning: {conflicting_duplicates: first}`; where the later corrects the earlier, write `last`",
                file,
            )  # fmt: skip
        if file not in timed:
            yield Finding(
                "undecided_duplicates", asked and count >= max(SEVERAL, UNDECIDED * raw[file]), count, raw[file], "rows",
                f"{count:,} of {raw[file]:,} rows of {file} are a second questionnaire of the same person, instrument and day with other answers, and "
                "no time says which came last",
                "where the file is an older export of another one, take it out of `sources`; else write which stays, `cleaning: {conflicting_duplicates: worst}` (or quarantine, which leaves out both), or map `submitted` to a column with the time of submission",
                file,
            )  # fmt: skip


def find_contradicted_totals(ledger: pd.DataFrame, questionnaires: Mapping[str, int]) -> Iterable[Finding]:
    """Return files whose stored totals are not the sums of their items; ``questionnaires`` are the rows by file that can hold one."""
    mine = ledger[ledger["reason"].astype(str) == "total_disagrees_with_items"]
    rows = mine[["file", "column", "row"]].drop_duplicates().astype("str").value_counts(["file", "column"], sort=False)
    keys = rows.index.to_frame(index=False).to_numpy().tolist()
    for (file, column), count in sorted(zip(keys, rows.tolist(), strict=True)):
        total = questionnaires.get(file, 0)
        if total and count >= max(SEVERAL, DISAGREE * total):
            yield Finding(
                "contradicted_totals", count >= LEFT_OUT * total, count, total, "rows",
                f"in {count:,} of {total:,} rows of {file} ({count / total:.0%}) the stored total ({column}) is not the sum of the items, which is taken in its place",
                "are answers counted otherwise (`answers`), or is the total another instrument's? Map the one of the two that is right",
                file, column,
            )  # fmt: skip


def _count(ledger: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    """Return the number of distinct rows by file, state and reason."""
    distinct = ledger[["file", "state", "reason", "row"]].drop_duplicates()
    sizes = distinct.groupby(["file", "state", "reason"], observed=True, sort=True).size()
    keys = sizes.index.to_frame(index=False).astype("str").to_numpy().tolist()
    return {(file, state, reason): int(rows) for (file, state, reason), rows in zip(keys, sizes, strict=True)}


def find_contradictions(ledger: pd.DataFrame, several: int) -> Iterable[Finding]:
    """Return how many rows name another sex, or an age more than two years off, than others of their patient."""
    entries = ledger[(ledger["reason"].astype(str) == "inconsistent_attribute")]
    sex = entries["column"].astype(str) == "sex"
    age = (entries["column"].astype(str) == "age") & (_numbers(entries["old"]) - _numbers(entries["new"])).abs().gt(2)
    rows = len(entries.loc[sex | age, ["file", "row"]].drop_duplicates())
    if several and rows > 2:
        yield Finding(
            "contradicting_people", rows > CONTRADICTING * several, rows, several, "rows",
            f"{rows:,} of {several:,} rows of patients with several rows name another sex, or an age more than two years off",
            "does the column of the identifiers tell all patients apart? Initials, a site's number, or numbers that begin anew at every site do not "
            "(`patient_prefix`)",
        )  # fmt: skip


def _numbers(column: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce")


def find_nothing(tables: Mapping[str, pd.DataFrame], mapped: set[str]) -> Iterable[Finding]:
    """Return the tables that the study file maps and that have no row."""
    for table in sorted(mapped):
        if table in tables and not len(tables[table]):
            what = {"assessments": "questionnaire", "sessions": "session"}.get(table, "row")
            yield Finding(
                "nothing_left", table in ("sessions", "assessments"), 0, 0, "rows",
                f"no {what} is left of all that is mapped to {table.replace('_', ' ')}",
                "the ledger says why (`outcomes check` shows it)",
            )  # fmt: skip
