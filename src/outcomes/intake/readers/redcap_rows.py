"""Rows of REDCap's repeating forms: which column names the form, and forms whose cells stand beside their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from outcomes.intake.words import Array, RawTable, Words, constant, join_words, text_array

SHARED = frozenset({"redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group",
    "redcap_survey_identifier", "event name", "repeat instrument", "repeat instance", "data access group", "survey identifier"})  # fmt: skip
LABEL_MARK = re.compile(r"complete\?(?: \(\d+\))?", re.IGNORECASE)
FARTHEST = 5  # columns by which a form's cells may stand beside their names
DONE = frozenset({"complete", "incomplete", "unverified"})


def find_shifts(raw: RawTable) -> dict[str, int]:
    """Return the repeating forms whose rows stand some columns beside their names, and by how many (to the left: more than 0).

    The state that REDCap writes last in a form (Complete) then stands under another name, and the nearest column of states is
    empty in these rows; nothing else of what they hold may collide there with what other forms hold.
    """
    repeated = find_repeats(raw)
    names = list(raw.columns)
    marks = [at for at, name in enumerate(names) if LABEL_MARK.fullmatch(name)]
    if repeated is None or not marks:
        return {}
    words = raw.columns[repeated]
    own = [at for at, name in enumerate(names) if at and name.casefold() not in SHARED]
    filled = {at: _filled(raw.columns[names[at]]) for at in own}
    forms = {str(words.values[code]): words.codes == code for code in np.unique(words.codes) if words.values[code]}
    used = {form: {at for at in own if (filled[at] & rows).any()} for form, rows in forms.items()}
    shifts = {}
    for form, rows in forms.items():
        states = [at for at in used[form] if _states(raw.columns[names[at]], rows)]
        if len(states) != 1 or states[0] in marks:
            continue
        by = min((mark - states[0] for mark in marks if mark not in used[form]), key=abs, default=0)
        others = set().union(*(used[other] for other in forms if other != form))
        moved = {at + by for at in used[form]}
        if 0 < abs(by) <= FARTHEST and moved <= set(own) and not moved & others:
            shifts[form] = by
    return shifts


def _filled(words: Words) -> Array:
    return words.spread(np.array([value != "" for value in words.values], dtype=bool))


def _states(words: Words, rows: Array) -> bool:
    """Tell whether all that some rows hold in a column are states of a form."""
    found = {str(value).casefold() for value in words.values[np.unique(words.codes[rows])]} - {""}
    return bool(found) and found <= DONE


def realign(raw: RawTable, shifts: Mapping[str, int]) -> RawTable:
    """Return the table with the cells of some forms' rows under their names."""
    repeated = find_repeats(raw)
    if not shifts or repeated is None:
        return raw
    names = list(raw.columns)
    words = raw.columns[repeated]
    own = [at for at, name in enumerate(names) if at and name.casefold() not in SHARED]
    columns = dict(raw.columns)
    for form, by in shifts.items():
        rows = words.spread(np.array([value == form for value in words.values], dtype=bool))
        for at in own:
            source = raw.columns[names[at - by]] if at - by in own else constant("", raw.size)
            target = columns[names[at]]
            values = [*target.values, *source.values]
            codes = np.where(rows, source.codes + len(target.values), target.codes).astype(np.int32)
            columns[names[at]] = join_words([Words(codes, text_array(values))])
    return replace(raw, columns=columns)


def find_repeats(raw: RawTable) -> str | None:
    """Return the column that names a row's repeating form."""
    known = ("repeat instrument", "redcap_repeat_instrument")
    return next((name for name in raw.columns if name.casefold() in known), None)
