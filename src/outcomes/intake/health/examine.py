"""All checks over one export, what stops a run, and the table that stays of it."""

from __future__ import annotations

import difflib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outcomes.errors import InputError, SettingsError
from outcomes.intake.batch import Batch, raw_words, visit_names
from outcomes.intake.health.courses import find_earlier
from outcomes.intake.health.currencies import find_currencies
from outcomes.intake.health.finding import CHECKS, Finding, end_sentence
from outcomes.intake.health.folder import find_unnamed
from outcomes.intake.health.identifiers import find_identifiers
from outcomes.intake.health.labels import describe_labels
from outcomes.intake.health.numbers import Numbers, find_codes, find_impossible, find_other_ages
from outcomes.intake.health.people import find_orphans, find_other_people
from outcomes.intake.health.rows import (
    find_contradicted_totals,
    find_contradictions,
    find_lost_rows,
    find_nothing,
    find_undecided,
)
from outcomes.intake.health.scores import find_doubtful_scores
from outcomes.intake.health.times import Dated, find_night, find_offsets
from outcomes.intake.mapping import READ_AWAY
from outcomes.intake.money import holds_amounts, plain_amounts
from outcomes.intake.values import map_values
from outcomes.intake.words import RawTable
from outcomes.settings import Source, Study

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
SEEN = frozenset({"patients", "sessions"})  # whose own columns enter tables and models as they are
MOSTLY = 0.95  # of a file's questionnaires that must have a time
KNOWN = frozenset({"age", "weight_kg", "dose_mg", "duration_min", "integration", "sex", "site", "arm", "treatment"})


@dataclass(frozen=True)
class Evidence:
    """An export as it was read: where from, the raw tables with their sources, the rows by table, and what intake made of it."""

    folder: Path
    sources: Sequence[Source]
    raws: Sequence[RawTable]
    batches: Sequence[Batch]
    tables: Mapping[str, pd.DataFrame]
    ledger: pd.DataFrame
    balance: pd.DataFrame
    named: frozenset[str]  # files that some source names, or the study file lists as unused


def examine(study: Study, evidence: Evidence) -> tuple[Finding, ...]:
    """Return everything in an export that does not hang together, those that stop a run first."""
    owners, kinds = _owners(study, evidence), _kinds(study, evidence)
    dated = list(_dated(study, evidence))
    mapped: set[str] = {table for source in evidence.sources for table in study.tables_of(source)}
    with_sessions = study.series.origin == "sessions" and "sessions" in mapped
    people = find_orphans(*(_records(evidence.tables[name]) for name in ("assessments", "sessions")))
    found: Iterable[Finding] = [
        *find_identifiers(owners, kinds),
        *find_other_people(owners, kinds),
        *(people if with_sessions else ()),
        *(find_earlier(study, evidence.tables) if with_sessions else ()),
        *find_offsets(dated),
        *find_night(dated),
        *find_nothing(evidence.tables, mapped),
        *describe_labels(
            find_lost_rows(evidence.ledger, evidence.balance, _naming_none(study, evidence)),
            _unknown_labels(study, evidence),
        ),
        *find_undecided(evidence.ledger, evidence.balance, _timed(evidence), not _says_which(study)),
        *find_contradicted_totals(evidence.ledger, _questionnaires(evidence)),
        *find_contradictions(evidence.ledger, _rows_of_several(evidence.batches)),
        *find_doubtful_scores(study, evidence.batches, evidence.tables),
        *find_codes(_numbers(study, evidence)),
        *find_currencies(study, evidence.batches),
        *find_impossible(evidence.ledger, evidence.balance),
        *find_other_ages(evidence.ledger, evidence.balance),
        *find_unnamed(evidence.folder, evidence.named),
    ]
    return tuple(sorted(found, key=lambda one: not one.stops))


def describe_findings(findings: Iterable[Finding]) -> None:
    """Log the findings, one a line."""
    for one in findings:
        log.info("%s: %s", one.check, one.text)


def refuse(findings: Iterable[Finding], accept: Mapping[str, str]) -> None:
    """Stop where an export has what no study survives, unless the study file accepts it by name.

    Raises
    ------
    InputError
        Every such finding with its numbers and the way out.
    SettingsError
        A name under ``accept`` that is no check.
    """
    for name in accept:
        if name not in CHECKS:
            near = difflib.get_close_matches(name, CHECKS, n=1)
            meant = f"did you mean '{near[0]}'? " if near else ""
            raise SettingsError(f"accept.{name}: no such check; {meant}checks are: {', '.join(CHECKS)}.")
    stops = [one for one in findings if one.stops and one.check not in accept]
    if stops:
        lines = [
            f"  {one.check}: {end_sentence(one.text)}\n      {end_sentence(one.cure[:1].upper() + one.cure[1:])}"
            for one in stops
        ]
        names = ", ".join(dict.fromkeys(one.check for one in stops))
        raise InputError(
            f"the export does not hang together ({len(stops)} finding(s)), so that nothing was written:\n"
            + "\n".join(lines)
            + f'\n  Where this is as it should be, say so with a reason in the study file: accept: {{{names.split(", ")[0]}: "why"}}.'
        )


def tabulate_findings(findings: Sequence[Finding], accept: Mapping[str, str], files: Sequence[str]) -> pd.DataFrame:
    """Return the findings as the contract ``health`` has them; ``files`` are the inputs in the ledger's order.

    Files that no source names are left out: they are no input, and a new one must not change a table.
    """
    import pandas as pd

    rows = [
        (
            *(one.check, one.file, one.column, one.unit, one.count, one.of, CHECKS[one.check].meaning, one.stops),
            accept.get(one.check) if one.stops else None,
        )
        for one in findings
        if one.check != "unnamed_files"
    ]
    names = ["check", "file", "column", "unit", "count", "of", "meaning", "stops", "accepted"]
    table = pd.DataFrame(rows, columns=names).astype({"count": "int64", "of": "int64", "stops": "bool"})
    text = {"check": list(CHECKS), "file": list(dict.fromkeys(files)), "unit": ["rows", "people", "files", "columns"]}
    for name in ("check", "file", "column", "unit", "meaning", "accepted"):
        categories = text.get(name) or sorted(set(table[name].dropna()))
        table[name] = pd.Categorical(table[name], categories=pd.Index(categories, dtype="str"))
    return table.sort_values(["check", "file", "column", "count"], kind="stable", ignore_index=True)


def _owners(study: Study, evidence: Evidence) -> dict[str, Counter[str]]:
    """Return file → identifier → rows."""
    owners: dict[str, Counter[str]] = {}
    for source, raw in zip(evidence.sources, evidence.raws, strict=True):
        columns = {
            mapping.columns["patient"].model_dump_json(): mapping.columns["patient"]
            for mapping in study.tables_of(source).values()
        }
        for column in columns.values():
            mapped = map_values(raw_words(raw, column), column, study.cleaning).present
            counts = np.bincount(mapped.codes[mapped.codes >= 0], minlength=len(mapped.values))
            owners.setdefault(raw.name, Counter()).update(
                {value: int(rows) for value, rows in zip(mapped.values, counts, strict=True) if value and rows}
            )
    return owners


def _kinds(study: Study, evidence: Evidence) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for source, raw in zip(evidence.sources, evidence.raws, strict=True):
        kinds.setdefault(raw.name, set()).update(study.tables_of(source))
    return kinds


def _dated(study: Study, evidence: Evidence) -> Iterator[Dated]:
    for batch in evidence.batches:
        fine = ~np.isnan(batch.date)
        if fine.any() and batch.table != "patients":
            zoned = bool(evidence.sources[batch.file].zone or study.dates.zone)
            yield Dated(batch.raw.name, batch.table, batch.patient[fine], batch.date[fine], zoned)


def _records(table: pd.DataFrame) -> dict[int, int]:
    numbers, counts = np.unique(table["patient"].to_numpy(), return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _timed(evidence: Evidence) -> frozenset[str]:
    """Return the files whose questionnaires have a time of day, in the date or as time of submission."""
    timed: dict[str, list[bool]] = {}
    for batch in evidence.batches:
        if batch.table == "assessments" and len(batch.rows):
            times = batch.date % 1 > 0 if batch.submitted is None else ~np.isnan(batch.submitted)
            timed.setdefault(batch.raw.name, []).append(float(times.mean()) >= MOSTLY)
    return frozenset(name for name, found in timed.items() if all(found))


def _naming_none(study: Study, evidence: Evidence) -> frozenset[str]:
    """Return the files of which the study says that some spellings of the treatment are none."""
    mapped = {
        raw.name: study.tables_of(source).get("sessions")
        for source, raw in zip(evidence.sources, evidence.raws, strict=True)
    }
    columns = {name: table.columns.get("treatment") for name, table in mapped.items() if table is not None}
    return frozenset(name for name, column in columns.items() if column is not None and None in column.values.values())


def _questionnaires(evidence: Evidence) -> Counter[str]:
    """Return file → rows that can hold a questionnaire."""
    rows = Counter[str]()
    for batch in evidence.batches:
        rows[batch.raw.name] += len(batch.rows) if batch.table == "assessments" else 0
    return rows


def _says_which(study: Study) -> bool:
    """Tell whether the study file itself says which of two differing questionnaires stays."""
    return "conflicting_duplicates" in study.cleaning.model_fields_set


def _rows_of_several(batches: Sequence[Batch]) -> int:
    """Return how many rows with patients' attributes are of patients with several."""
    mine = [batch.patient for batch in batches if batch.table == "patients"]
    if not mine:
        return 0
    counts = np.bincount(np.concatenate(mine))
    return int(counts[counts > 1].sum())


def _unknown_labels(study: Study, evidence: Evidence) -> Iterator[tuple[str, str, int, int]]:
    """Yield the visit labels that the study does not declare: file, label, rows, patients."""
    known = {name.casefold() for name in (*visit_names(study), *(visit.label for visit in study.visits))}
    for source, raw in zip(evidence.sources, evidence.raws, strict=True):
        mapping = study.tables_of(source).get("assessments")
        column = mapping.columns.get("visit") if mapping else None
        if mapping is None or column is None or column.column is None:
            continue
        words = map_values(raw_words(raw, column), column, study.cleaning)
        patients = raw_words(raw, mapping.columns["patient"]).codes
        for code in range(len(words.states)):
            here = words.words.codes == code
            label = raw.columns[column.column].values[code]
            value = words.words.values[code]
            if here.any() and label and words.states[code] != 1 and (value or "").casefold() not in known:
                yield raw.name, label, int(here.sum()), len(np.unique(patients[here]))


def _numbers(study: Study, evidence: Evidence) -> Iterator[Numbers]:
    """Yield the mapped columns that could hold numbers, without their missing values."""
    for source, raw in zip(evidence.sources, evidence.raws, strict=True):
        for table, mapping in study.tables_of(source).items():
            for name, column in mapping.columns.items():
                if name in READ_AWAY or column.column is None or column.values or column.split:
                    continue
                mapped = map_values(raw_words(raw, column), column, study.cleaning)
                money = table == "sessions" and holds_amounts(name, column.column)
                present = (plain_amounts(mapped) if money else mapped).present
                rows = np.bincount(present.codes[present.codes >= 0], minlength=len(present.values))
                occurs = (rows > 0) & np.array([value is not None for value in present.values], dtype=bool)
                values = present.values[occurs]
                seen = table in SEEN and name not in ("dose_mg", "duration_min")
                plausible = {"age": study.cleaning.age_years, "weight_kg": study.cleaning.weight_kg}.get(name)
                own = table in SEEN and name not in KNOWN
                yield Numbers(raw.name, f"{table}.{name}", values, rows[occurs], plausible, seen, own)
