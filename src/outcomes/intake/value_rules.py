"""The cleaning rules of values: attributes, answers and totals, doses and weights."""

from __future__ import annotations

from outcomes.intake.rule import Rule

VALUE_RULES: dict[str, Rule] = {
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
    "age_from_birth": Rule(
        "corrected",
        "values",
        "An age that is not the one at the first session, by the date of birth (`birth_date`).",
        "The age in whole years at the first session is taken; the date is stored nowhere.",
        "43 on the day of the export; 41 at the first session",
    ),
    "unreadable_birth": Rule(
        "corrected",
        "values",
        "A date of birth that fits none of `dates.formats`.",
        "The age that the export states is taken, where there is one.",
        "`spring 1961`",
        "dates.formats",
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
