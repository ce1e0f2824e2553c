"""Cells with two numbers (128/76, `pre 17 post 8`, 14/9 below PHQ/GAD): the columns that they would be read into."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from outcomes.instruments import read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.readers import Proposal
from outcomes.intake.readers.cells import find_numbers
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array, text_array

NEARLY = 0.9  # of the filled rows that must hold two such numbers
PRESSURE = re.compile(r"(?<![^\W_])(?:bp|blood[ _]?pressure|rr|blutdruck|tension)(?![^\W_])", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:[/&+,;|]|\band\b|\bund\b|\by\b|\bet\b)\s*", re.IGNORECASE)
BOTH = re.compile(r"\W*(?:pre|before|vor)\W*\d[\d.]*\W*(?:post|after|nach)\W*\d[\d.]*\W*", re.IGNORECASE)
CHANGE = re.compile(r"(?:pre|before)\s*(?:/|-+>|=+>|→|⇒|-)\s*(?:post|after)", re.IGNORECASE)  # in the name of a column
PAIR = re.compile(r"\s*\d[\d.]*\s*(?:[/|,;→⇒]|-+>|=+>)\s*\d[\d.]*\s*(?:\([^()]*\))?\s*")


def part_cells(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Return how a sheet is read whose cells hold two numbers, where the name of the column, or the cells, say which is which."""
    parts: dict[str, tuple[str, ...]] = {}
    for name, column in sheet.fields.items():
        new = _name_parts(name, column)
        if new and not set(new) & set(sheet.fields):
            parts[name] = new
    checks = [
        f"{name!r} holds two numbers a cell, read as {' and '.join(map(repr, new))} (parts)"
        for name, new in parts.items()
    ]
    source = proposal.source.model_copy(update={"parts": parts}) if parts else proposal.source
    return replace(proposal, source=source, checks=(*proposal.checks, *checks))


def _name_parts(name: str, column: Field) -> tuple[str, ...]:
    """Return the names of the two columns, from which the draft knows what they hold; none where nothing says it."""
    named, paired = column.share_written(BOTH) >= NEARLY, column.share_written(PAIR) >= NEARLY
    if not named and not paired:
        return ()
    if PRESSURE.search(name) and paired and (_numbers(column)[:, 0] > _numbers(column)[:, 1]).mean() >= NEARLY:
        return (f"{name} systolic", f"{name} diastolic")
    two = [claims_of(part)[:1] for part in BETWEEN.split(re.sub(r"[()]", " ", name)) if part.strip()]
    own = [claims[0][0] for claims in two if claims and claims[0][1] is None]
    if paired and len(own) == len(two) == len(set(own)) == 2 and _fit(column, own):
        return (f"{own[0]}_total", f"{own[1]}_total")
    bare = re.sub(r"\W*\(?[^()]*" + CHANGE.pattern + r"[^()]*\)?\W*$", "", name, flags=re.IGNORECASE)
    one = claims_of(name)[:1] or claims_of(bare)[:1]
    if one and one[0][1] is None and (named or CHANGE.search(name)) and _fit(column, [one[0][0]] * 2):
        return (f"{one[0][0]} pre", f"{one[0][0]} post")
    return ()


def _numbers(column: Field) -> Array:
    """Return the two numbers of each distinct value, which are filled."""
    return np.column_stack(
        [to_numbers(text_array(list(of))) for of in zip(*(find_numbers(v, 2) for v in column.values), strict=True)]
    )


def _fit(column: Field, instruments: list[str]) -> bool:
    """Tell whether nearly all of the numbers are totals of the instruments."""
    most = [read_instruments()[one].maximum for one in instruments]
    return bool((_numbers(column) <= np.array(most)).all(axis=1).mean() >= NEARLY)
