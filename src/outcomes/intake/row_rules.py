"""The cleaning rules of rows: which are records, whose and of when, and which of several stays."""

from __future__ import annotations

from outcomes.intake.rule import Rule

ROW_RULES: dict[str, Rule] = {
    "blank_row": Rule(
        "quarantined",
        "rows",
        "No mapped column has a value.",
        "The row is left out.",
        "`,,,,`, or `NA,n/a,,,`",
        "cleaning.missing_values",
    ),
    "no_record": Rule(
        "quarantined",
        "rows",
        "A row that the study file declares to be no record (a preview or test of a survey, a row of sums), or a line around the rows of a text file: a "
        "count of rows below them, a header or a heading of a page between them.",
        "The row is left out.",
        "`Status` is `Survey Preview`",
        "the source's `leave_out`",
    ),
    "hidden_row": Rule(
        "quarantined",
        "rows",
        "A row that the spreadsheet hides, by a filter or by hand.",
        "The row is left out.",
        "rows 40 to 52 hidden by a filter",
        "the source's `hidden_rows`",
    ),
    "not_asked_for": Rule(
        "quarantined",
        "rows",
        "A row that no table of the study file takes: of a form, an event or a measure that none names.",
        "The row is left out.",
        "a pulse among the scores of a long file",
        "the source's `rows`, `pivot`, `part`",
    ),
    "unknown_patient": Rule(
        "quarantined", "rows", "The patient's identifier is missing.", "The row is left out.", "`,2024-01-01,iv`"
    ),
    "no_time": Rule(
        "quarantined", "rows", "Neither a date, a study day nor a visit says when.", "The row is left out.", "`K-1,,iv`"
    ),
    "unreadable_date": Rule(
        "quarantined",
        "rows",
        "A date fits none of `dates.formats` and is no Excel day number within the allowed years.",
        "The row is left out; where a visit places it, the date is set missing instead.",
        "`14/03/2024` where only month first is declared; `soon`",
        "dates.formats, dates.excel_serials",
    ),
    "date_exchanged": Rule(
        "corrected",
        "rows",
        "A true date of a column in which a spreadsheet has swapped days and months, and the study file says so.",
        "Day and month are exchanged.",
        "1 July, beside text such as `13/01/2024`: 7 January",
        "the source's `swapped_dates`",
    ),
    "date_out_of_range": Rule(
        "quarantined",
        "rows",
        "A date lies before `dates.first_year` or after `dates.last_year`.",
        "As `unreadable_date`.",
        "`03/14/0024`",
        "dates.first_year, dates.last_year",
    ),
    "unknown_visit": Rule(
        "quarantined",
        "rows",
        "The visit's label is not among the study's `visits`.",
        "The row is left out.",
        "`week 9` where none is declared",
        "visits",
    ),
    "no_treatment": Rule(
        "quarantined",
        "rows",
        "A session without a treatment.",
        "The row is left out. Where the study file maps a spelling to null (a visit without treatment) and the file holds "
        "questionnaires too, the row stays as a questionnaire.",
        "`K-1,2024-01-01,`",
    ),
    "no_event": Rule(
        "quarantined",
        "rows",
        "A row of an event file without an event.",
        "The row is left out.",
        "`none`, declared as no event",
        "the column's `values`",
    ),
    "no_value": Rule(
        "quarantined",
        "rows",
        "A row of a vitals file without a measurement.",
        "The row is left out.",
        "no blood pressure, no pulse",
    ),
    "duplicate_exact": Rule(
        "merged",
        "rows",
        "The same record, with the same content, occurs more than once.",
        "One copy stays.",
        "a row entered twice",
    ),
    "duplicate_conflicting": Rule(
        "merged",
        "rows",
        "Two records of one patient, day and instrument (or treatment, event, measurement) differ.",
        "`cleaning.conflicting_duplicates` says which stays: by submission time where there is one, then by content, "
        "never by the order of rows. With `quarantine` all are left out.",
        "two PHQ-9 of one day, one item answered differently",
        "cleaning.conflicting_duplicates",
    ),
    "same_day_sessions": Rule(
        "flagged",
        "rows",
        "Two differing sessions of one patient and treatment on one day, and `series.same_day` is `separate`.",
        "Both stay, numbered within the day by content.",
        "40 mg and 42 mg on one day",
        "series.same_day",
    ),
    "duplicate_patient": Rule(
        "merged",
        "rows",
        "A patient has more than one row in the patients' files.",
        "The rows become one patient.",
        "one row with an age, one with a payer",
    ),
    "two_sites": Rule(
        "merged",
        "rows",
        "One identifier occurs at more than one site.",
        "One patient; the site is the one of the first session, else of the first site by name.",
        "a patient who changed from `site-3` to `site-1`",
    ),
}
