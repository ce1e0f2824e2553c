"""Columns that no table takes, and that hold what a study asks for in a way that intake does not read: said with what to write."""

from __future__ import annotations

import re

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.vocabulary import words_of

PAIR = re.compile(r"\d{2,3} ?/ ?\d{2,3}")  # 128/84
CHANGE = re.compile(r"\d{1,2}(?:[.,]\d)? *(?:-+>|=+>|→|⇒) *\d{1,2}(?:[.,]\d)?(?: *\(.*\))?")  # 18 → 9
HARM = frozenset({"ae", "aes", "adverse"})
MOSTLY = 0.5  # of the filled rows


def note_unread(found: Found) -> None:
    """Say which columns hold two numbers a cell, and which are named after side effects."""
    for name in found.dropped:
        if found.sheet.fields[name].share_written(PAIR) > MOSTLY:
            found.notes.append(
                f"{name!r} holds two numbers a cell (blood pressure?), which intake does not read: split it in two"
            )
        elif found.sheet.fields[name].share_written(CHANGE) > MOSTLY:
            found.notes.append(
                f"{name!r} holds two scores a cell, before and after, which intake does not read: write each into a column of its own, with its date in another"
            )
    harms = [] if "adverse_events" in found.tables else [name for name in found.dropped if _names_harm(name)]
    if harms:
        boxes = all(len(found.sheet.fields[name].values) <= 1 for name in harms)
        cure = (
            "name the file once more with `stack: {columns: {ticked: {name of the event: its column, …}}, label: event}` and a table `adverse_events`, whose `event` is `event`"
            if boxes
            else "write what occurred into one column, and map it as `event` of a table `adverse_events`"
        )
        shown = ", ".join(map(repr, harms))
        found.notes.append(
            f"{shown}: named after side effects, and read by no table, so that the report would tell of none: {cure}"
        )


def _names_harm(name: str) -> bool:
    words = set(words_of(name))
    return bool(words & HARM or ("side" in words and words & {"effect", "effects"}) or "sideeffects" in words)
