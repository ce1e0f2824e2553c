"""Two columns of dates by one name: which is of the session and which of the questionnaire, by where they stand."""

from __future__ import annotations

import re

from outcomes.intake.draft.found import Found, Guess

NUMBERED = re.compile(r"(.+) \(\d\)")  # how a name that occurs more than once is told apart


def bare_name(name: str) -> str:
    """Return a column's name as the file writes it.

    >>> bare_name("Date (2)"), bare_name("Date")
    ('Date', 'Date')
    """
    match = NUMBERED.fullmatch(name)
    return match[1] if match else name


def find_twins(found: Found) -> list[str]:
    """Return the two columns of dates that the file calls alike, in its order; nothing where there are no such two."""
    numbered = [name for name in found.sheet.fields if name in found.dates and NUMBERED.fullmatch(name)]
    return numbered if len(numbered) == 2 and len({bare_name(name) for name in numbered}) == 1 else []


def split_twins(found: Found) -> None:
    """Give sessions and questionnaires each the one of two dates that stands before its columns; ask where none or one does."""
    twins = find_twins(found)
    place = found.tables.get("assessments", {}).get("date")
    if not twins or place is None or "treatment" not in found.tables.get("sessions", {}):
        return
    order = {name: at for at, name in enumerate(found.sheet.fields)}
    treatment = order[found.tables["sessions"]["treatment"].column]
    score = min(order[name] for one in found.instruments.values() for name in one.columns)
    mine, theirs = ([name for name in twins if order[name] < at] for at in (treatment, score))
    title = bare_name(twins[0])
    if not mine or not theirs or mine[-1] == theirs[-1]:
        found.notes.append(
            f"two columns are called {title!r}, and where they stand does not tell which is of the session and which of the questionnaires: name them "
            "otherwise in the export, and draft again"
        )
        return
    check = f"two columns are called {title!r}; the one that stands before the {{}} is taken for theirs"
    for table in set(found.tables) & {"sessions", "vitals", "adverse_events"}:
        found.tables[table]["date"] = Guess(mine[-1], check=check.format("treatment") if table == "sessions" else "")
    found.tables["assessments"]["date"] = Guess(theirs[-1], check=check.format("scores"))
