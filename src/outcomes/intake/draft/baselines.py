"""Scores of before treatment in a list of patients (`intake_phq9`, `intake_date`), and scores that no table takes, which are said."""

from __future__ import annotations

from outcomes.instruments import read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.questionnaire import SURE, Questionnaire, judge, share_within
from outcomes.intake.draft.vocabulary import squeeze, words_of

FIRST = frozenset({"baseline", "bl", "base", "intake", "initial", "screening", "admission", "entry", "enrolment", "enrollment", "pretreatment"})  # fmt: skip
LISTED = 1.5  # rows a patient, below which a sheet is a list of patients
PERCENT = frozenset({"percent", "percentage", "pct", "prozent"})
CHANGE = frozenset({"change", "delta", "diff", "difference", "reduction", "improvement", "improved", "decrease"})
NO_SCORE = frozenset(
    {"date", "complete", "timestamp", "difficulty", "severity", "band", "change", "time", "delta", "diff", "percent", "pct", "goal", "target", "last", "days", "number", "n"}
)  # fmt: skip
LEVELS = 5  # different values of a score, at least


def find_baselines(found: Found, free: set[str]) -> None:
    """Add the questionnaires of before treatment that a list of patients has, with the date that bears the same word."""
    if found.rows_per_patient >= LISTED or found.instruments or found.sheet.proposal.only:
        return
    columns: dict[str, dict[str, dict[int | None, str]]] = {}  # word → instrument → item → column
    for name in sorted(free):
        words = FIRST & set(words_of(name))
        bare = " ".join(word for word in words_of(name) if word not in FIRST)
        for instrument, item in claims_of(bare)[:1] if len(words) == 1 else ():
            columns.setdefault(next(iter(words)), {}).setdefault(instrument, {})[item] = name
    dated = {word: name for name in found.dates for word in FIRST & set(words_of(name))}
    word = next((word for word in columns if word in dated), None)
    if word is None:
        return
    for instrument, of in columns[word].items():
        definition = read_instruments()[instrument]
        whole = all(place in of for place in range(1, definition.n_items + 1)) and definition.n_items > 0
        items = tuple(of[place] for place in range(1, definition.n_items + 1)) if whole else ()
        if None in of or items:
            one = Questionnaire(instrument, items, of.get(None), check=f"the score of {word}, of {dated[word]!r}")
            judged = judge(found.sheet, definition, one)
            found.instruments |= {} if judged.trouble else {instrument: judged}
    if found.instruments:
        place = {"patient": Guess(found.patient), "date": Guess(dated[word])}
        found.tables["assessments"] = place


def _is_percentage(name: str, found: Found) -> bool:
    """Tell whether a column is named after an instrument without a score and a percentage that is no change."""
    words = set(words_of(name))
    named = any(one in squeeze(name) for one in read_instruments() if one not in found.instruments)
    return named and ("%" in name or bool(words & PERCENT)) and not words & CHANGE


def note_unread_scores(found: Found) -> None:
    """Say which columns are named after an instrument, hold what could be its scores, and are read by no table."""
    if found.sheet.proposal.only and "assessments" not in found.sheet.proposal.only:
        return
    said = " ".join([*found.notes, *found.troubles, *(one.check for one in found.instruments.values())])
    shares = [name for name in found.dropped if _is_percentage(name, found)]
    if shares:
        found.notes.append(
            f"{', '.join(map(repr, shares))}: percentages by their name, and read by no table; export the points"
        )
    unread = [
        name
        for name in found.dropped
        if not set(words_of(name)) & NO_SCORE
        and name not in shares
        and repr(name) not in said
        and len(found.sheet.fields[name].values) >= LEVELS
        and any(
            name_ in squeeze(name)
            and any(c.isdigit() for c in name_)
            and share_within(found.sheet.fields[name], one) >= SURE
            for name_, one in read_instruments().items()
        )
    ]
    if unread:
        found.notes.append(
            f"{', '.join(map(repr, unread))}: named after a questionnaire, and read by no table; map it where it is a score"
        )
