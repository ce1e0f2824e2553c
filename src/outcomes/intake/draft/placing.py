"""What places the questionnaires of an export among its dated sessions: dates, days since the first session, or labels of visits."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.intake.draft.counted import counts_from_first
from outcomes.intake.draft.elsewhere import point_elsewhere
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.undated import explain_undated
from outcomes.intake.draft.visits import name_unit, says_time

SCHEDULED = 0.6  # of the rows whose label must name a time; the others may be an end, or a follow-up without one


def place_questionnaires(found: Sequence[Found]) -> tuple[bool, bool]:
    """Leave out questionnaires that nothing places among the dated sessions, and return what places those that stay.

    Returns
    -------
    tuple of bool
        Whether labels of visits place all of them, and whether days since the first session place some.
    """
    sessions = [one.tables["sessions"] for one in found if "sessions" in one.tables]
    if not sessions:
        return False, False
    dated = any("date" in columns for columns in sessions)
    asked = [one for one in found if "assessments" in one.tables]
    if dated and asked and all(map(_is_scheduled, asked)):
        return True, False
    counted = False
    for one in asked:
        why = counts_from_first(one, found) if dated and _places(one) == {"study_day"} else ""
        if why:
            counted = True
            one.notes.append(why)
        elif not ({"date"} if dated else {"date", "study_day"}) & _places(one):
            there = point_elsewhere(one.sheet, one.patient, False, found)
            one.troubles.append(explain_undated(one, there))
            del one.tables["assessments"]
            one.instruments = {}
    return False, counted


def _places(one: Found) -> set[str]:
    """Return what places the questionnaires of a sheet in time."""
    return {"date", "study_day", "visit"} & set(one.tables["assessments"])


def _is_scheduled(one: Found) -> bool:
    """Tell whether labels that name a time (a week, the baseline) place the questionnaires of a sheet, and nothing else does."""
    if _places(one) != {"visit"}:
        return False
    column = one.sheet.fields[one.tables["assessments"]["visit"].column]
    return name_unit([one]) is not None or column.share(says_time(column.words.values)) >= SCHEDULED
