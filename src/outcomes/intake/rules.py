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


RULES: dict[str, Rule] = {
    # rows
    "blank_row": Rule("quarantined", "rows", "No mapped column has a value.", "The row is left out."),
    "unknown_patient": Rule("quarantined", "rows", "The patient's identifier is missing.", "The row is left out."),
    "no_time": Rule(
        "quarantined", "rows", "Neither a date, a study day nor a visit says when.", "The row is left out."
    ),
    "unreadable_date": Rule(
        "quarantined",
        "rows",
        "A date fits none of `dates.formats` and is no Excel day number within the allowed years.",
        "The row is left out; where a visit places it, the date is set missing instead.",
    ),
    "date_out_of_range": Rule(
        "quarantined",
        "rows",
        "A date lies before `dates.first_year` or after `dates.last_year`.",
        "As `unreadable_date`.",
    ),
    "unknown_visit": Rule(
        "quarantined", "rows", "The visit's label is not among the study's `visits`.", "The row is left out."
    ),
    "no_treatment": Rule("quarantined", "rows", "A session without a treatment.", "The row is left out."),
    "no_event": Rule("quarantined", "rows", "A row of an event file without an event.", "The row is left out."),
    "no_value": Rule("quarantined", "rows", "A row of a vitals file without a measurement.", "The row is left out."),
    "duplicate_exact": Rule(
        "merged", "rows", "The same record, with the same content, occurs more than once.", "One copy stays."
    ),
    "duplicate_conflicting": Rule(
        "merged",
        "rows",
        "Two records of one patient, day and instrument (or treatment, event, measurement) differ.",
        "`cleaning.conflicting_duplicates` says which stays: by submission time where there is one, then by content, "
        "never by the order of rows. With `quarantine` all are left out.",
    ),
    "same_day_sessions": Rule(
        "flagged",
        "rows",
        "Two differing sessions of one patient and treatment on one day, and `series.same_day` is `separate`.",
        "Both stay, numbered within the day by content.",
    ),
    "duplicate_patient": Rule(
        "merged", "rows", "A patient has more than one row in the patients' files.", "The rows become one patient."
    ),
    "two_sites": Rule(
        "merged",
        "rows",
        "One identifier occurs at more than one site.",
        "One patient; the site is the one of the first session, else of the first site by name.",
    ),
    # values
    "unknown_value": Rule(
        "corrected",
        "values",
        "A spelling that the column's `values` does not list.",
        "The value is set missing; a session without a known treatment or a row without a known event is left out.",
    ),
    "mojibake_repaired": Rule(
        "corrected", "values", "UTF-8 text that was once read as Windows-1252.", "The intended characters are restored."
    ),
    "not_a_number": Rule("corrected", "values", "Text where a number belongs.", "The value is set missing."),
    "implausible_value": Rule(
        "corrected", "values", "A measurement outside what is physically possible.", "The value is set missing."
    ),
    "inconsistent_attribute": Rule(
        "flagged",
        "values",
        "A patient's attribute has different values in different rows.",
        "The value of the rows of the patient's site counts, then the most frequent, then the first by name.",
    ),
    "age_implausible": Rule("corrected", "values", "An age outside `cleaning.age_years`.", "The value is set missing."),
    "age_top_coded": Rule("corrected", "values", "An age above 89.", "It becomes 90, as HIPAA Safe Harbor asks."),
    # questionnaires
    "item_not_a_number": Rule(
        "corrected", "questionnaires", "An answer that is no whole number of points.", "The item is set missing."
    ),
    "item_out_of_range": Rule(
        "corrected", "questionnaires", "An answer outside the instrument's range.", "The item is set missing."
    ),
    "total_not_a_number": Rule(
        "corrected", "questionnaires", "A stored total that is no number.", "The total is set missing."
    ),
    "total_disagrees_with_items": Rule(
        "corrected",
        "questionnaires",
        "The stored total is not the sum of the items, or cannot be with the items that are missing.",
        "The items win: the total becomes their sum, or is set missing where an item is.",
    ),
    "impossible_total": Rule(
        "quarantined",
        "questionnaires",
        "A stored total outside the instrument's range.",
        "Where there are items they win. Else `cleaning.impossible_total`: the record is left out, or kept with a flag.",
    ),
    "non_integer_total": Rule(
        "flagged",
        "questionnaires",
        "A stored total with decimals.",
        "Where there are items they win. Else `cleaning.non_integer_total`: kept with a flag, or left out.",
    ),
    "no_score": Rule(
        "flagged",
        "questionnaires",
        "A questionnaire without any answer and without a total.",
        "The record stays with a flag: it says that the patient was seen.",
    ),
    # doses and weights
    "dose_text": Rule(
        "corrected",
        "doses and weights",
        "A dose written as text with more than a number: `32 mg = 0.5 mg/kg`, `30 --> 35 mg`.",
        "The dose in mg is read from it; after an arrow, the last dose.",
    ),
    "dose_per_kg": Rule(
        "corrected",
        "doses and weights",
        "A dose in mg/kg only.",
        "It is multiplied by the body weight of the row; without one it is set missing.",
    ),
    "dose_unreadable": Rule(
        "corrected", "doses and weights", "A dose that is not positive or cannot be read.", "The value is set missing."
    ),
    "dose_outside_protocol": Rule(
        "flagged",
        "doses and weights",
        "A dose outside the plausible range of the arm's protocol.",
        "Noted; the session stays as it is.",
    ),
    "weight_in_pounds": Rule(
        "corrected", "doses and weights", "A weight in pounds.", "It is converted (1 lb = 0.45359237 kg)."
    ),
    "weight_range": Rule("corrected", "doses and weights", "A weight as a range.", "The middle counts."),
    "weight_mislabelled": Rule(
        "corrected", "doses and weights", "A weight labelled `mg` or `g`.", "The number is read as kg."
    ),
    "weight_unreadable": Rule(
        "corrected", "doses and weights", "A weight that cannot be read.", "The value is set missing."
    ),
    "weight_implausible": Rule(
        "corrected", "doses and weights", "A weight outside `cleaning.weight_kg`.", "The value is set missing."
    ),
}

INTRODUCTION = """# Cleaning rules

Every raw row ends in one state: **kept**, **merged** into another row, or **quarantined** (left out). A kept row may have
been **corrected** (a value changed or set missing) or **flagged** (a doubt noted). The ledger has one entry for
everything that happened to a row, with one of the reasons below; `outcomes ledger` counts them by file. Where a reason
below would leave a record out and another record of the same row stays (a second questionnaire on the row), the row is
kept and the entry says corrected.

This page is rendered from `src/outcomes/intake/rules.py`; a test compares the two.
"""


def render_rules() -> str:
    """Return the page on cleaning rules as Markdown."""
    parts = [INTRODUCTION]
    for about in dict.fromkeys(rule.about for rule in RULES.values()):
        parts.append(f"\n## {about.capitalize()}\n\n| reason | meaning | effect | row is |\n|---|---|---|---|\n")
        parts += [
            f"| `{code}` | {rule.meaning} | {rule.effect} | {rule.state} |\n"
            for code, rule in RULES.items()
            if rule.about == about
        ]
    return "".join(parts)
