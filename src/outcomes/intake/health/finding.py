"""What a look at an export can find, and every check by its name (the key of ``accept`` in a study file)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check: what it is about, and what it says where it finds something."""

    about: str
    meaning: str
    stops: str = ""  # when a run stops; empty: it never does


@dataclass(frozen=True)
class Finding:
    """Something that does not hang together, with its numbers; no value that could identify a person."""

    check: str
    stops: bool
    count: int
    of: int
    unit: str  # rows | people | files | columns
    text: str  # one sentence for the clinic's own eyes
    cure: str = ""  # what to do
    file: str | None = None  # name of the input, where it is about one
    column: str | None = None  # canonical column, with its table


def end_sentence(text: str) -> str:
    """Return a finding's words with their full stop, where they are no question."""
    return text if text.endswith("?") else f"{text}."


CHECKS: dict[str, Check] = {
    "lost_digits": Check(
        "identifiers",
        "Identifiers that a spreadsheet turned into numbers and rounded (4.00100E+11): different people have become one.",
        "always",
    ),
    "near_identifiers": Check(
        "identifiers",
        "Identifiers that differ only in leading zeros, case, blanks, dashes, invisible characters, or a prefix: one person may count "
        "as two.",
        "where they are more than 2% of all identifiers",
    ),
    "contradicting_people": Check(
        "identifiers",
        "Rows of one identifier that name different sexes, or ages more than two years apart: different people may have become one.",
        "where they are more than 10% of the people with several rows",
    ),
    "copied_rows": Check(
        "identifiers",
        "People who have the same totals as another one on the same days: rows may have been copied and kept an identifier that is not theirs.",
        "always",
    ),
    "merged_rows": Check(
        "identifiers",
        "Rows that differ and are merged, as identifier and day are the same.",
        "where they are more than 20% of a file",
    ),
    "undecided_duplicates": Check(
        "identifiers",
        "Questionnaires of one person, instrument and day that differ, without a time that says which came last: which stays is decided by their content.",
        "where they are 1% of a file or more, and the study file does not say which stays (`cleaning.conflicting_duplicates`)",
    ),
    "twice_a_day": Check(
        "identifiers",
        "Many questionnaires of one person, instrument and day that differ, told apart by their time: before a session, and after it?",
        "where they are a quarter of a file or more, and the study file does not say which stays (`cleaning.conflicting_duplicates`)",
    ),
    "repeated_rows": Check("identifiers", "Rows that occur more than once in all that is mapped."),
    "scores_without_sessions": Check(
        "people",
        "Questionnaires of people without a treatment session.",
        "where they are 25% of the questionnaires or more",
    ),
    "sessions_without_scores": Check(
        "people",
        "Treated people without any questionnaire.",
        "where they are 50% of the treated or more",
    ),
    "other_people": Check(
        "people",
        "A file whose people occur in no file of another kind: its rows join nobody.",
        "where at most 20% of at least 5 people occur elsewhere",
    ),
    "scores_of_others": Check(
        "people",
        "Questionnaires that lie as far from the sessions of their own patient as from those of any other: two numberings of people that overlap.",
        "where at least 20 people are in both files",
    ),
    "other_treatment_before": Check(
        "people", "People who had another treatment, which is no arm, before their first session of an arm."
    ),
    "earlier_courses": Check(
        "people",
        "People treated before what looks like the start of their series: a series of years before without a questionnaire, or a trial dose.",
        "where they are 2% of the treated or more, and the study file does not say where treatment begins to count (`series.begins`)",
    ),
    "time_offset": Check(
        "dates",
        "Dates of two files that are the same distance apart for nearly every patient.",
        "where the distance is more than 180 days",
    ),
    "one_day_off": Check(
        "dates",
        "Records of one visit whose dates are one day apart in two files.",
        "where they are 80% of the records or more",
    ),
    "night_stamps": Check(
        "dates",
        "Questionnaires that were answered at night, by their time of day: the stamps may be of another time zone.",
        "where they are more than half",
    ),
    "unknown_visits": Check(
        "visits",
        "Labels of visits that the study does not declare.",
        "where they are 10% of a file's rows or more",
    ),
    "rows_left_out": Check(
        "rows",
        "Rows of a file that are left out for one reason.",
        "where they are half of the file's rows or more",
    ),
    "nothing_left": Check(
        "rows", "A table that the study file maps and that has no row.", "where it is the sessions or the questionnaires"
    ),
    "contradicted_totals": Check(
        "values",
        "Stored totals that are not the sum of their items; the sum is taken.",
        "where they are half of a file's questionnaires or more",
    ),
    "another_scale": Check(
        "values",
        "Totals above the largest of their instrument that are nearly all of a few people: their scores are on another scale, the low ones too.",
        "always",
    ),
    "exchanged_scores": Check(
        "values", "Months in which the totals of two instruments seem to stand in one another's column.", "always"
    ),
    "turned_scores": Check(
        "values",
        "A site whose scores rise where all others' fall, from a first score that mirrors theirs: answers counted from the other end?",
    ),
    "missing_codes": Check(
        "values",
        "Numbers such as -99 or 999 far from all others of their column: codes for missing?",
        "where they would enter an analysis as numbers",
    ),
    "words_in_numbers": Check(
        "values",
        "A column of numbers with some words in it, which makes every number a category.",
        "where at least 80% of its rows are numbers",
    ),
    "ages_from_births": Check(
        "values",
        "Ages more than a year from that at the first session, by the date of birth: they were computed on another day. The latter is taken.",
    ),
    "mixed_currencies": Check(
        "values",
        "Charges in more than one currency, by the signs in the cells, the names of the columns, or a column of currencies beside them: they cannot be added up.",
        "always",
    ),
    "other_currency": Check(
        "values", "Charges in a currency other than the one that the study file declares, by what stands in the cells, beside them, or in the column's name.", "always"
    ),
    "unreadable_doses": Check("values", "Doses that could not be read; they are set missing."),
    "impossible_ages": Check("values", "Ages outside `cleaning.age_years`; they are set missing."),
    "doubtful_doses": Check("values", "Doses outside the range of the arm's protocol; they stay."),
    "unnamed_files": Check("files", "Files in the data folder that no source names; they are not read."),
}  # fmt: skip
