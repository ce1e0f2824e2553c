"""Every cleaning rule by its reason code; ``docs/cleaning-rules.md`` is rendered from this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A reason code: what it means and what happens to the row (its state where nothing else decides)."""

    state: str
    about: str
    meaning: str
    effect: str
    example: str
    setting: str = ""  # the key of the study file that changes it


RULES: dict[str, Rule] = {
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
    "unknown_value": Rule(
        "corrected",
        "values",
        "A spelling that the column's `values` does not list.",
        "The value is set missing; a session without a known treatment or a row without a known event is left out.",
        "payer `??`; treatment `ECT` in a ketamine study",
        "the column's `values`",
    ),
    "mojibake_repaired": Rule(
        "corrected",
        "values",
        "UTF-8 text that was once read as Windows-1252.",
        "The intended characters are restored.",
        "`kÃ©tamine` → `kétamine`",
    ),
    "not_a_number": Rule(
        "corrected",
        "values",
        "Text where a number belongs.",
        "The value is set missing.",
        "a pulse of `fast`; a study day of 2.5, or of more than a lifetime",
    ),
    "unreadable_submission": Rule(
        "corrected",
        "values",
        "A time of submission fits none of `dates.formats`, or lies outside the allowed years.",
        "The time is set missing: it decides between no two records.",
        "`yesterday`",
        "dates.formats, dates.first_year, dates.last_year",
    ),
    "implausible_value": Rule(
        "corrected",
        "values",
        "A measurement outside what is physically possible.",
        "The value is set missing.",
        "a systolic pressure of 1200 mmHg",
    ),
    "inconsistent_attribute": Rule(
        "flagged",
        "values",
        "A patient's attribute has different values in different rows.",
        "The value of the rows of the patient's site counts, then the most frequent, then the first by name.",
        "payer `commercial` and `medicare`",
    ),
    "age_implausible": Rule(
        "corrected",
        "values",
        "An age outside `cleaning.age_years`.",
        "The value is set missing.",
        "7, or 140",
        "cleaning.age_years",
    ),
    "age_top_coded": Rule(
        "corrected", "values", "An age above 89.", "It becomes 90, as HIPAA Safe Harbor asks.", "94 → 90"
    ),
    "item_not_a_number": Rule(
        "corrected",
        "questionnaires",
        "An answer that is no whole number of points.",
        "The item is set missing.",
        "`yes`; 1.5",
    ),
    "contradicting_answer": Rule(
        "corrected",
        "questionnaires",
        "An answer whose number and words, or whose code and score, say different points.",
        "The item is set missing.",
        "`3 - several days`; the code of `2` with a score of 3",
    ),
    "item_out_of_range": Rule(
        "corrected",
        "questionnaires",
        "An answer outside the instrument's range.",
        "The item is set missing.",
        "−1, 4 or 9 on the PHQ-9",
    ),
    "item_from_total": Rule(
        "corrected",
        "questionnaires",
        "The only missing item of a questionnaire with a stored total, where the study file says that the total knows it.",
        "The item is what the total leaves for it. Item 9 of the PHQ-9 stays missing.",
        "eight items sum to 12, the total says 14: the ninth is 2",
        "the instrument's `missing_item`",
    ),
    "total_not_a_number": Rule(
        "corrected", "questionnaires", "A stored total that is no number.", "The total is set missing.", "`many`"
    ),
    "total_disagrees_with_items": Rule(
        "corrected",
        "questionnaires",
        "The stored total is not the sum of the items, or cannot be with the items that are missing.",
        "The items win: the total becomes their sum, or is set missing where an item is.",
        "items sum to 13, the total says 14: 13",
    ),
    "impossible_total": Rule(
        "quarantined",
        "questionnaires",
        "A stored total outside the instrument's range.",
        "Where there are items they win. Else `cleaning.impossible_total`: the record is left out, or kept with a "
        "flag.",
        "a PHQ-9 of 28, or of −0.2",
        "cleaning.impossible_total",
    ),
    "non_integer_total": Rule(
        "flagged",
        "questionnaires",
        "A stored total with decimals.",
        "Where there are items they win. Else `cleaning.non_integer_total`: kept with a flag, or left out.",
        "a PHQ-9 of 12.5 without items",
        "cleaning.non_integer_total",
    ),
    "no_score": Rule(
        "flagged",
        "questionnaires",
        "A questionnaire without any answer and without a total.",
        "The record stays with a flag: it says that the patient was seen.",
        "every answer `n/a`",
    ),
    "dose_text": Rule(
        "corrected",
        "doses and weights",
        "A dose written as text with more than a number: `32 mg = 0.5 mg/kg`, `30 --> 35 mg`.",
        "The dose in mg is read from it; after an arrow, the last dose.",
        "`32 mg = 0.5 mg/kg` → 32; `30 --> 35 mg` → 35",
    ),
    "dose_per_kg": Rule(
        "corrected",
        "doses and weights",
        "A dose in mg/kg only.",
        "It is multiplied by the body weight of the row; without one it is set missing.",
        "`0.5 mg/kg` at 80 kg → 40",
    ),
    "dose_unreadable": Rule(
        "corrected",
        "doses and weights",
        "A dose that is not positive or cannot be read.",
        "The value is set missing.",
        "`0`; `forty`; `30-40 mg`",
    ),
    "dose_outside_protocol": Rule(
        "flagged",
        "doses and weights",
        "A dose outside the plausible range of the arm's protocol.",
        "Noted; the session stays as it is.",
        "2.1 mg/kg of IV ketamine",
        "arms, own_protocols",
    ),
    "weight_in_pounds": Rule(
        "corrected",
        "doses and weights",
        "A weight in pounds.",
        "It is converted (1 lb = 0.45359237 kg).",
        "`182 lb` → 82.55; `182` in a column declared as pounds",
        "the column's `unit`",
    ),
    "weight_range": Rule(
        "corrected", "doses and weights", "A weight as a range.", "The middle counts.", "`70-75` → 72.5"
    ),
    "weight_mislabelled": Rule(
        "corrected", "doses and weights", "A weight labelled `mg` or `g`.", "The number is read as kg.", "`72 mg` → 72"
    ),
    "weight_unreadable": Rule(
        "corrected", "doses and weights", "A weight that cannot be read.", "The value is set missing.", "`heavy`"
    ),
    "weight_implausible": Rule(
        "corrected",
        "doses and weights",
        "A weight outside `cleaning.weight_kg`.",
        "The value is set missing.",
        "0; 412",
        "cleaning.weight_kg",
    ),
}
