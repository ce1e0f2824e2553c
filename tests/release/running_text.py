"""The numbers that a report's running text prints, and those that its tables, its study file, and its definitions hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.instruments import read_instruments
from outcomes.release import definitions
from outcomes.release.numbers import count, fixed, p_value
from outcomes.release.report.content.blocks import Answers, Bullets, Grid, Paragraph, Picture, Section, Terms
from outcomes.settings import Study

DOI = r"\b10\.\d{4,9}/\S+"
NAMES = ("AR(1)", "CR0", "CR2", "CR3", "SHA-256", "Q1", "Q3", "Type III")  # of methods and statistics, not quantities
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?|(?<![\w.])\.\d+")
SETS_OF_TEXT = ("provenance", "supplement", "plan", "checklists")  # hashes, dates, items; and the tables as they are


def strip_names(text: str) -> str:
    """Return text without identifiers, names of instruments, and names of methods."""
    names = sorted({*(entry.name for entry in read_instruments().values()), *NAMES}, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, names)), " ", re.sub(DOI, " ", text))


def numbers_in(text: str) -> list[str]:
    """Return the numbers of a text, without sign, as they are printed."""
    return [found.rstrip(",").replace(",", "") for found in NUMBER.findall(strip_names(text))]


def running_text(sections: Sequence[Section]) -> Iterator[str]:
    """Yield paragraphs, entries of lists, definitions, captions, and notes."""
    for section in sections:
        if section.id not in SETS_OF_TEXT:
            for block in section.blocks:
                yield from _texts(block)
            yield from running_text(section.sections)


def _texts(block: object) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, Bullets):
        yield from block.entries
    elif isinstance(block, Terms):
        yield from (text for _, text in block.entries)
    elif isinstance(block, Answers):
        yield from (
            text for answer in block.entries for text in (answer.verdict, answer.text, *(c.text for c in answer.checks))
        )
        yield block.note
    elif isinstance(block, Grid):
        yield from (block.caption, *block.notes)
    elif isinstance(block, Picture):
        yield from (block.caption, block.alt)


def numbers_of_tables(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """Return every number of the released tables in every form that the report prints it in."""
    found: set[str] = set()
    for table in tables.values():
        for name in table.columns:
            column = table[name]
            if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
                found |= {
                    form
                    for value in column[np.isfinite(column.astype(float))]
                    for form in _forms(abs(float(value)), str(name).startswith("p_"))
                }
            elif column.dtype == object or pd.api.types.is_string_dtype(column):
                found |= {number for value in column.dropna().unique() for number in numbers_in(str(value))}
    return found | _totals(tables)


def _forms(value: float, is_p: bool) -> set[str]:
    forms = {count(value), fixed(value), fixed(value, 2), fixed(100 * value), fixed(100 * value, 0), f"{value:g}"}
    return {form.replace(",", "") for form in forms} | ({p_value(value).strip("<> ")} if is_p else set())


def _totals(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """Return the sums that the report forms: rows by reason and by file, withheld rows, shares of rows left out."""
    found: set[str] = set()
    if "ledger" in tables:
        ledger = tables["ledger"]
        found |= {str(round(total)) for total in ledger.groupby(["state", "reason"])["rows"].sum()}
        found |= {str(round(total)) for total in tables["balance"].sum(numeric_only=True)}
    found |= {str(int(table["withheld"].sum())) for table in tables.values() if "withheld" in table}
    found |= {str(len(table)) for table in tables.values()}
    if "models" in tables:
        dropped, kept = tables["models"]["dropped_rows"], tables["models"]["n_observations"]
        found |= {fixed(share) for share in (100 * dropped / (dropped + kept)).dropna()}
    return found


def numbers_of_settings(study: Study) -> set[str]:
    """Return every number of the study file, of the instruments and protocols it names, and of the named definitions."""
    parts = [study.model_dump(mode="json"), [study.instrument(name).model_dump() for name in study.instruments]]
    parts += [protocol.model_dump() for arm in study.arms if (protocol := study.protocol(arm)) is not None]
    found = {_plain(number) for number in NUMBER.findall(json.dumps(parts, default=str))}
    found |= {number for part in parts for number in numbers_in(json.dumps(part, default=str, ensure_ascii=False))}
    for window in study.timepoints.days:
        found |= {str(window.day - window.before), str(window.day + window.after)}
    found |= {fixed(change.index) for change in study.endpoints.reliable_change.values()}
    formulas = [change.FORMULA for change in study.endpoints.reliable_change.values()]
    found |= {number for formula in formulas for number in numbers_in(formula)}
    named = [value for name, value in vars(definitions).items() if name.isupper() and isinstance(value, int | float)]
    return found | {f"{factor * value:g}" for value in named for factor in (1, 100)}


def _plain(number: str) -> str:
    return f"{float(number.replace(',', '')):g}" if number.strip(",") else number


def find_strangers(texts: Sequence[str], tables: Mapping[str, pd.DataFrame], study: Study) -> list[tuple[str, str]]:
    """Return each number of the texts that neither a table nor the study file nor a definition holds, with its text."""
    known = numbers_of_tables(tables) | numbers_of_settings(study)
    return [(number, text) for text in texts for number in numbers_in(text) if number not in known]
