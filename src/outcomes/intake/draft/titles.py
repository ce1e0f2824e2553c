"""What sheets and files are named after, where nothing in them says what was given."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.vocabulary import names_drug, read_vocabulary, recognise_treatment, words_of
from outcomes.personal import show_name

OF_SESSION = frozenset(
    {
        "dos",
        "service",
        "session",
        "infusion",
        "treatment",
        "tx",
        "dosing",
        "administration",
        "behandlung",
        "sitzung",
        "seance",
        "sesion",
    }
)  # in the name of a date
MORE = 2  # treatments, after which sheets are named


def name_treatment(one: Found) -> None:
    """Give sessions without a column of treatments the one that the file is named after."""
    sessions = one.tables.get("sessions")
    if sessions is None or "treatment" in sessions:
        return
    groups = read_vocabulary()["treatment"]
    words = set(words_of(one.sheet.name))
    titles = [title for title in one.sheet.proposal.titles if names_drug(title)]
    titled = {recognise_treatment(title)[0] for title in titles}
    named = [name for name in ("esketamine", "iv", "im") if words & {*groups[name]} - {"shot", "drip"}]
    told, where = (titled, "title above the table") if titled else (set(named), "name of the file")
    if len(told) == 1 and (treatment := told.pop()) is not None:
        one.constants["treatment"] = treatment
        one.notes.append(f"no column says which treatment was given; {treatment} after the {where}")


def take_titles(found: Sequence[Found]) -> list[str]:
    """Take what sheets of dated questionnaires are named after for what was given in each row, where nothing else says it.

    Returns what has to be asked first: whether the days are of sessions, where the name of their column does not say so.
    """
    if any("sessions" in one.tables for one in found):
        return []
    titled = [(one, recognise_treatment(one.sheet.source.sheet or one.sheet.source.file)[0]) for one in found]
    named = [
        (one, treatment, one.tables["assessments"]["date"].column)
        for one, treatment in titled
        if treatment is not None and "date" in one.tables.get("assessments", {})
    ]
    if len({treatment for _, treatment, _ in named}) < MORE:
        return []
    unsure = [
        f"{date!r} of {show_name(one.sheet.name)}" for one, _, date in named if not OF_SESSION & set(words_of(date))
    ]
    if unsure:
        return [
            f"no column says what was given, and {len(named)} files or sheets are named after it. Where each row is a session, name the column of its date so (`session date`, in place of "
            f"{', '.join(unsure)}), and draft again; where the rows are days of questionnaires alone, export the sessions with their dates too"
        ]
    for one, treatment, date in named:
        one.tables["sessions"] = {"patient": Guess(one.patient), "date": Guess(date)}
        one.constants["treatment"] = treatment
        one.notes.append(
            f"no column says which treatment was given: each row is taken for a session of {treatment}, after the name of the sheet or file"
        )
    return []
