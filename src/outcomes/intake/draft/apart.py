"""Two questionnaires of one person and day in a file: the column that tells them apart (before and after a session)."""

from __future__ import annotations

import re

import numpy as np

from outcomes.intake.draft.export import Survey
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.lines import flow
from outcomes.intake.draft.survey import Field

MOMENT = re.compile(
    r"(?:pre|post|before|after|start|end|baseline|am|pm|morning|evening|intake|discharge|screening)(?:[- _]?(?:dose|treatment|infusion|session|tx|visit))?",
    re.IGNORECASE,
)


def tell_apart(survey: Survey) -> dict[str, str]:
    """Return file → how to keep one of several questionnaires of a day by the column that names its moment."""
    said = {}
    for one in survey.found:
        if "date" not in one.tables.get("assessments", {}):
            continue
        for name, column in one.sheet.fields.items():
            if name not in one.used and _names_moments(column) and _tells(one, name):
                moments = sorted(column.values, key=lambda value: -int(column.rows[column.words.values == value].sum()))
                said[one.sheet.raw.name] = (
                    f"{name!r} tells them apart ({', '.join(moments)}): write which one is meant, as `rows: {flow({name: moments[0]})}`, in this source"
                )
    return said


def _names_moments(column: Field) -> bool:
    """Tell whether a column holds nothing but names of moments around a session."""
    return 2 <= len(column.values) <= 6 and all(MOMENT.fullmatch(value.strip()) for value in column.values)


def _tells(one: Found, name: str) -> bool:
    """Tell whether a person has several rows a day, and one of each moment at most."""
    date = one.tables["assessments"]["date"].column
    days = np.column_stack([one.patients.codes, one.sheet.fields[date].words.codes])
    both = np.column_stack([days, one.sheet.fields[name].words.codes])
    return len(np.unique(days, axis=0)) < len(np.unique(both, axis=0)) == len(both)
