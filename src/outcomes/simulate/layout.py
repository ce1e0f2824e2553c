"""How each site writes its files: format, column names, and values."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.simulate.questionnaires import GAD7_ITEMS, PHQ9_ITEMS

EXCEL = "excel"  # a cell that holds a date
ISO = "iso"
MDY = "m/d/y"
SERIAL = "serial"
MIXED = (MDY, ISO, SERIAL)

PATIENTS = [
    "patient_code",
    "site",
    "age",
    "sex",
    "payer",
    "failed_antidepressants",
    "indication",
    "integration_therapy",
    "concomitant_antidepressant",
    "date_of_birth",
    "zip_code",
]
VISITS = [
    "patient_code",
    "visit_date",
    "treatment",
    "dose",
    "weight",
    "duration_min",
    "sbp_before",
    "dbp_before",
    "sbp_peak",
    "dbp_peak",
    "sbp_after",
    "dbp_after",
    "heart_rate",
    "spo2",
    "cadss_peak",
    "side_effects",
    "charge_usd",
    "clinician",
    "note",
]
PHQ9_COLUMNS = ["patient_code", "completed_at", *PHQ9_ITEMS, "phq9_total"]
GAD7_COLUMNS = ["patient_code", "completed_at", *GAD7_ITEMS, "gad7_total"]
QUESTIONNAIRES = [*PHQ9_COLUMNS, *GAD7_COLUMNS[2:]]
EVENTS = ["patient_code", "event_date", "event", "severity", "resolved"]

TITLES = {
    "age": "Age", "charge_usd": "Charge (USD)", "cadss_peak": "CADSS Peak", "clinician": "Clinician",
    "completed_at": "Completed At", "concomitant_antidepressant": "Concomitant Antidepressant",
    "date_of_birth": "Date of Birth", "dbp_after": "Diastolic After", "dbp_before": "Diastolic Before",
    "dbp_peak": "Diastolic Peak", "dose": "Dose", "duration_min": "Duration (min)", "event": "Event",
    "event_date": "Event Date", "failed_antidepressants": "Failed Antidepressants", "gad7_total": "GAD-7 Total",
    "heart_rate": "Heart Rate", "indication": "Indication", "integration_therapy": "Integration Therapy",
    "note": "Note", "patient_code": "Patient Code", "payer": "Payer", "phq9_total": "PHQ-9 Total",
    "resolved": "Resolved", "sbp_after": "Systolic After", "sbp_before": "Systolic Before",
    "sbp_peak": "Systolic Peak", "severity": "Severity", "sex": "Sex", "side_effects": "Side Effects",
    "site": "Site", "spo2": "SpO2", "treatment": "Treatment", "visit_date": "Visit Date", "weight": "Weight",
    "zip_code": "ZIP Code",
    **{name: f"PHQ-9 Q{number}" for number, name in enumerate(PHQ9_ITEMS, 1)},
    **{name: f"GAD-7 Q{number}" for number, name in enumerate(GAD7_ITEMS, 1)},
}  # fmt: skip
OLDER = {
    "patient_code": "Pt Code", "visit_date": "Date of Service", "treatment": "Medication", "dose": "Dose Given",
    "weight": "Wt", "duration_min": "Length (min)", "sbp_before": "BP Sys Pre", "dbp_before": "BP Dia Pre",
    "sbp_peak": "BP Sys Max", "dbp_peak": "BP Dia Max", "sbp_after": "BP Sys Post", "dbp_after": "BP Dia Post",
    "heart_rate": "Pulse", "spo2": "O2 Sat", "cadss_peak": "Dissociation Score", "charge_usd": "Fee",
    "clinician": "Provider", "note": "Comments",
}  # fmt: skip
SHORT = {
    "patient_code": "Code", "site": "Clinic", "age": "Age", "sex": "Gender", "payer": "Insurance",
    "failed_antidepressants": "Antidepressant Failures", "indication": "Diagnosis", "integration_therapy": "Therapy",
    "concomitant_antidepressant": "On Antidepressant", "date_of_birth": "DOB", "zip_code": "Zip",
    "visit_date": "Date", "treatment": "Drug / Route", "dose": "Dose", "weight": "Weight", "duration_min": "Minutes",
    "sbp_before": "SBP0", "dbp_before": "DBP0", "sbp_peak": "SBP1", "dbp_peak": "DBP1", "sbp_after": "SBP2",
    "dbp_after": "DBP2", "heart_rate": "HR", "spo2": "SpO2", "cadss_peak": "CADSS", "side_effects": "Side effects",
    "charge_usd": "Price", "clinician": "Seen by", "note": "Comment", "completed_at": "Date", "phq9_total": "PHQ9",
    "gad7_total": "GAD7",
    **{name: f"P{number}" for number, name in enumerate(PHQ9_ITEMS, 1)},
    **{name: f"G{number}" for number, name in enumerate(GAD7_ITEMS, 1)},
}  # fmt: skip
QUESTIONS = {
    "phq9_1": "little_interest_or_pleasure_in_doing_things",
    "phq9_2": "feeling_down_depressed_or_hopeless",
    "phq9_3": "trouble_falling_or_staying_asleep_or_sleeping_too_much",
    "phq9_4": "feeling_tired_or_having_little_energy",
    "phq9_5": "poor_appetite_or_overeating",
    "phq9_6": "feeling_bad_about_yourself_or_that_you_are_a_failure_or_have_let_yourself_or_your_family_down",
    "phq9_7": "trouble_concentrating_on_things_such_as_reading_the_newspaper_or_watching_television",
    "phq9_8": "moving_or_speaking_so_slowly_that_other_people_could_have_noticed_or_the_opposite_being_so_fidgety_"
    "or_restless_that_you_have_been_moving_around_a_lot_more_than_usual",
    "phq9_9": "thoughts_that_you_would_be_better_off_dead_or_of_hurting_yourself_in_some_way",
    "phq9_total": "phq9_total_score",
    "gad7_1": "feeling_nervous_anxious_or_on_edge",
    "gad7_2": "not_being_able_to_stop_or_control_worrying",
    "gad7_3": "worrying_too_much_about_different_things",
    "gad7_4": "trouble_relaxing",
    "gad7_5": "being_so_restless_that_it_is_hard_to_sit_still",
    "gad7_6": "becoming_easily_annoyed_or_irritable",
    "gad7_7": "feeling_afraid_as_if_something_awful_might_happen",
    "gad7_total": "gad7_total_score",
}
CAPITALS = {name: name.upper() for name in (*PATIENTS, *VISITS, *QUESTIONNAIRES, *EVENTS)}


@dataclass(frozen=True)
class SiteLayout:
    """How one site writes its files."""

    suffix: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    dates: tuple[str, ...] = (MDY,)
    names: tuple[tuple[str, str], ...] = ()  # plain name to the site's name; others stay plain
    question_names: tuple[tuple[str, str], ...] = ()  # the same for the questionnaires alone
    quote_all: bool = False
    line_end: str = "\n"
    events_file: bool = False
    split_instruments: bool = False
    yes_no: tuple[str, str] = ("yes", "no")
    sexes: tuple[str, str] = ("female", "male")
    payers: tuple[str, ...] = ("commercial", "medicare", "medicaid", "self_pay")

    @property
    def workbook(self) -> bool:
        """Whether the site hands over one Excel workbook."""
        return self.suffix == "xlsx"


TITLE_PAYERS = ("Commercial", "Medicare", "Medicaid", "Self-pay")
LAYOUTS: dict[int, SiteLayout] = {
    1: SiteLayout(events_file=True),
    2: SiteLayout(
        encoding="utf-8-sig", dates=(ISO,), names=tuple(TITLES.items()), split_instruments=True,
        yes_no=("TRUE", "FALSE"), sexes=("F", "M"), payers=TITLE_PAYERS,
    ),
    3: SiteLayout(
        delimiter=";", encoding="cp1252", names=tuple(CAPITALS.items()), events_file=True, yes_no=("Y", "N"),
        sexes=("F", "M"),
    ),
    4: SiteLayout(
        suffix="xlsx", dates=(EXCEL,), names=tuple(TITLES.items()), events_file=True, yes_no=("TRUE", "FALSE"),
        sexes=("F", "M"), payers=TITLE_PAYERS,
    ),
    5: SiteLayout(suffix="tsv", delimiter="\t", dates=(ISO,), question_names=tuple(QUESTIONS.items())),
    6: SiteLayout(dates=MIXED, events_file=True),
    7: SiteLayout(
        encoding="latin-1", names=tuple(SHORT.items()), yes_no=("Yes", "No"), sexes=("Female", "Male"),
        payers=TITLE_PAYERS,
    ),
    8: SiteLayout(dates=(SERIAL,), quote_all=True, line_end="\r\n", yes_no=("1", "0")),
}  # fmt: skip

SPELLINGS: dict[str, tuple[str, ...]] = {
    "iv": ("IV", "IV ketamine", "Ketamine IV", "ketamine (IV)", "IV Ketamine Infusion", "Intravenous ketamine"),
    "im": ("IM", "IM ketamine", "Ketamine IM", "ketamine (IM)", "IM Ketamine Injection", "Intramuscular ketamine"),
    "esketamine": (
        "Spravato", "SPRAVATO", "Esketamine IN", "Spravato (esketamine)", "Intranasal esketamine",
        "esketamine nasal spray",
    ),
}  # fmt: skip
