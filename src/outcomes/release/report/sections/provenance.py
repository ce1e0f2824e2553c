"""How the result is made again, on one page: command, seed, versions, and hashes of inputs, settings, and code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outcomes.release.numbers import count
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section, Terms
from outcomes.release.report.content.grids import heading, number, say
from outcomes.release.report.content.material import Material


def show_provenance(material: Material) -> Section:
    """Return how the result is made again: command, seed, versions, and hashes."""
    record = material.provenance
    terms = [
        (title, str(record[key]))
        for key, title in {
            "command": "Command",
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
    further = [
        key
        for key in record
        if key not in ("command", "study", "settings", "code", "seed", "versions", "inputs", "plan")
    ]
    terms += [(say(key)[:1].upper() + say(key)[1:], _text(record[key])) for key in sorted(further)]
    blocks: list[Block] = [Terms(tuple(terms))] if terms else []
    inputs = record.get("inputs")
    if inputs:
        blocks.append(_inputs(inputs))
    return Section("provenance", "Reproducibility", tuple(blocks))


def show_reproducibility(material: Material) -> Section:
    """Return, in a paragraph, how the report can be made again."""
    record = material.provenance
    settings, seed = str(record.get("settings", ""))[:12], record.get("seed")
    known = f" (settings {settings}, seed {seed})" if settings and seed is not None else ""
    text = (
        f"All numbers come from the released tables beside this report{known}. The same inputs, settings, and code give the same bytes; hashes and "
        "versions are in the supplement."
    )
    return Section("reproducibility", "Reproducibility", (Paragraph(text),))


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
