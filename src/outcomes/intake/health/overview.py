"""What a study file makes of an export, as sections of rows: inputs, records, columns, and what does not hang together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outcomes.intake.health.finding import Finding
from outcomes.personal import is_term_of_harms
from outcomes.records import list_records
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.intake.export import Export


FREE = ("treatment", "event")  # columns whose words are the export's own


@dataclass(frozen=True)
class Section:
    """A table with its title, for people who hold the data: exact counts, names of files, and no value of a patient."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def build_overview(export: Export, study: Study) -> list[Section]:
    """Return the sections that ``outcomes check`` shows."""
    return [
        _findings(export.findings, study.accept),
        _inputs(export),
        _records(export.tables, study),
        _arms(export.tables, study),
        _columns(export.tables),
    ]


def _findings(findings: Sequence[Finding], accept: Mapping[str, str]) -> Section:
    rows = tuple((_verdict(one, accept), one.check, one.text, one.cure if one.stops else "") for one in findings)
    note = "" if rows else "Files, people, dates, visits and values hang together."
    return Section("Does it hang together?", ("", "check", "what was found", "what to do"), rows, note)


def _verdict(one: Finding, accept: Mapping[str, str]) -> str:
    if not one.stops:
        return "noted"
    return "accepted" if one.check in accept else "STOPS A RUN"


def _inputs(export: Export) -> Section:
    out = export.ledger[export.ledger["state"].astype(str) == "quarantined"].drop_duplicates(["file", "row"])
    reasons = {
        str(file): ", ".join(
            f"{str(reason).replace('_', ' ')} {rows:,}"
            for reason, rows in part["reason"].astype(str).value_counts().items()
        )
        for file, part in out.groupby("file", observed=True)
    }
    rows = tuple(
        (
            number,
            str(row["file"]),
            *(f"{row[state]:,}" for state in ("raw", "kept", "corrected", "merged", "quarantined")),
            reasons.get(str(row["file"]), ""),
        )
        for number, row in zip(export.inputs, list_records(export.balance), strict=True)
    )
    heads = ("in a release", "file", "rows", "kept", "corrected", "merged", "left out", "why left out")
    return Section("What became of the rows", heads, rows)


def _records(tables: Mapping[str, pd.DataFrame], study: Study) -> Section:
    """Return how many records and patients each table has, by kind; words of few patients, which may name one, are put together."""
    rows = []
    for name, table in tables.items():
        if name in ("key", "patients") or not len(table):
            continue
        kind = next((column for column in ("instrument", "treatment", "event", "measure") if column in table), None)
        parts = (
            [(name, table)]
            if kind is None
            else [(f"{name}: {value}", part) for value, part in table.groupby(_pool_rare(table, kind, study))]
        )
        for label, part in parts:
            days = part["study_day"].dropna() if "study_day" in part else part.index[:0]
            span = f"{int(days.min())} to {int(days.max())}" if len(days) else "by visit"
            rows.append((label, f"{len(part):,}", f"{part['patient'].nunique():,}", span))
    return Section("What is left", ("records", "how many", "patients", "days since the first session"), tuple(rows))


def _pool_rare(table: pd.DataFrame, kind: str, study: Study) -> pd.Series:
    """Return the words of a column, without those of few patients that are neither the study's nor terms of the field."""
    words = table[kind].astype(str)
    patients = table["patient"].groupby(words).nunique()
    own = {*study.instruments, *(one for arm in study.arms for one in (arm.id, *arm.treatments))}
    few = patients.index[patients < study.privacy.minimum_cell]
    rare = [word for word in few if word not in own and not is_term_of_harms(word)]
    return words.where(~words.isin(rare), f"{len(rare)} of few patients") if kind in FREE else words


def _arms(tables: Mapping[str, pd.DataFrame], study: Study) -> Section:
    """Return how many patients each arm has, and how many of them a score of the primary instrument near its start."""
    sessions, scores = tables["sessions"], tables["assessments"]
    primary = scores[scores["instrument"].astype(str) == study.instruments[0]]
    rows = []
    for arm in study.arms:
        named = arm.meant_by
        if study.series.origin == "sessions":
            people = set(sessions.loc[sessions["treatment"].astype(str).isin(named), "patient"])
        else:
            of_arm = tables["patients"]["arm"].astype(str) if "arm" in tables["patients"] else None
            people = set(tables["patients"].loc[of_arm.isin(named), "patient"]) if of_arm is not None else set()
        days = primary["study_day"].between(-study.baseline.within_days, 0)
        before = (
            set(primary.loc[days.fillna(False), "patient"])
            if primary["study_day"].notna().any()
            else set(primary["patient"])
        )
        rows.append(
            (arm.label, f"{len(people):,}", f"{len(people & before):,}", f"{len(people & set(primary['patient'])):,}")
        )
    heads = ("arm", "patients", f"with a {study.instruments[0]} before or on the first day", "with any")
    return Section("Arms", heads, tuple(rows))


def _columns(tables: Mapping[str, pd.DataFrame]) -> Section:
    rows = tuple(row for name in ("patients", "sessions") for row in _columns_of(name, tables[name]))
    return Section("Columns", ("column", "filled", "kind"), rows)


def _columns_of(name: str, table: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    for column in table.columns.difference(["patient", "study_day", "ordinal"], sort=False):
        values = table[column]
        category = str(values.dtype) == "category"
        kind = f"{values.nunique()} categories" if category else "numbers"
        if not category and values.notna().any() and values.dtype.kind in "fi":
            kind = f"numbers, median {values.median():.4g}" if values.notna().sum() > 10 else "numbers"
        filled = int(values.notna().sum())
        yield f"{name}.{column}", f"{filled:,} of {len(values):,}", kind
