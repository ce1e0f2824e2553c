"""The supplement with every released table, and the provenance of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.numbers import count
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section, Terms
from outcomes.release.report.content.grids import heading, number, say
from outcomes.release.report.content.material import Material
from outcomes.release.report.content.released_table import lay_out

LONGEST = 700  # rows; of a longer table the headline time point is shown


def show_supplement(material: Material) -> Section:
    """Return every released table, folded."""
    blocks: list[Block] = [
        Paragraph(
            "Every table below is also a CSV file in the folder “tables” beside this report, with all its rows. The page folds "
            "them and prints those that are open; PDF and Word list them, or print them where the study file says so."
        )
    ]
    for name in material.tables:
        rows = material.rows(name)
        if len(rows):
            part, note = _shorten(material, rows)
            blocks.append(lay_out(material, name, part, f"Released table “{name}”.", notes=note, folded=True))
    return Section("supplement", "Supplement: all released tables", tuple(blocks) if len(blocks) > 1 else ())


def _shorten(material: Material, rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if len(rows) <= LONGEST:
        return rows, ()
    note = f"{count(len(rows))} rows in the CSV file"
    if material.headline and {"axis", "timepoint"} <= set(rows):
        part = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
        if 0 < len(part) <= LONGEST:
            return part, (f"{note}; shown here: {material.timepoint(*material.headline)}.",)
    return rows.head(LONGEST), (f"{note}; shown here: the first {LONGEST}.",)


def show_provenance(material: Material) -> Section:
    """Return what identifies the result: hashes of inputs, settings, and code, versions, seed."""
    record = material.provenance
    terms = [
        (title, str(record[key]))
        for key, title in {
            "study": "Study",
            "settings": "SHA-256 of the study's settings",
            "code": "SHA-256 of the code",
            "seed": "Seed",
        }.items()
        if key in record
    ]
    versions = record.get("versions")
    if isinstance(versions, Mapping):
        terms.append(("Software", ", ".join(f"{name} {version}" for name, version in versions.items())))
    further = [key for key in record if key not in ("study", "settings", "code", "seed", "versions", "inputs", "plan")]
    terms += [(say(key)[:1].upper() + say(key)[1:], _text(record[key])) for key in sorted(further)]
    blocks: list[Block] = [Terms(tuple(terms))] if terms else []
    inputs = record.get("inputs")
    if inputs:
        blocks.append(_inputs(inputs))
    return Section("provenance", "Provenance", tuple(blocks))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(entry)}" for key, entry in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)


def _inputs(inputs: Any) -> Grid:
    """Return the input files with their hashes, as a mapping of names or a list of records gives them."""
    records = (
        [
            {"file": name, **(entry if isinstance(entry, Mapping) else {"sha256": entry})}
            for name, entry in inputs.items()
        ]
        if isinstance(inputs, Mapping)
        else [dict(entry) if isinstance(entry, Mapping) else {"file": entry} for entry in inputs]
    )
    columns = list(dict.fromkeys(key for record in records for key in record))
    rows = tuple(
        tuple(_input_cell(record.get(column), column == columns[0]) for column in columns) for record in records
    )
    heads = tuple(heading("SHA-256" if column == "sha256" else say(column).capitalize()) for column in columns)
    return Grid("inputs", "Input files.", (heads,), rows, sortable=True)


def _input_cell(value: Any, first: bool) -> Cell:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(count(value))
    return Cell("" if value is None else _text(value), head=first)
