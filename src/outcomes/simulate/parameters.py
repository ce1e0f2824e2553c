"""Every number of the generative model, with its meaning and its source.

A parameter without a published source is marked ``assumed``. The table in ``docs/synthetic-clinic.md`` and the
``parameters`` section of ``truth.json`` are made from this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TypeVar

T = TypeVar("T")

ARMS = ("iv", "im", "esketamine")
PAYERS = ("commercial", "medicare", "medicaid", "self_pay")
INDICATIONS = (
    "treatment-resistant depression",
    "bipolar depression",
    "PTSD",
    "anxiety disorder",
    "OCD",
    "chronic pain",
)
SITE_COUNT = 8
ASSUMED = "assumed"
MCINNES = "McInnes 2022, 10.1016/j.jad.2021.12.097"
OLIVER = "Oliver 2022, 10.4088/JCP.21m14336"
MEISNER = "Meisner 2025, 10.4088/JCP.25m15789"
HIETAMIES = "Hietamies 2023, 10.1016/j.jad.2023.04.141"
LABEL = "esketamine label schedule"
PUBLIC_PRICES = "prices published by clinics"


def parameter(default: T, meaning: str, source: str = ASSUMED) -> T:
    """Declare a parameter: its value, what it means, where it comes from."""
    return field(default=default, metadata={"meaning": meaning, "source": source})


@dataclass(frozen=True)
class PatientParameters:
    """Who comes to the clinics."""

    age_mean: float = parameter(44.0, "age at the first session, years")
    age_sd: float = parameter(15.0, "its standard deviation, years")
    female_share: float = parameter(0.58, "share of women")
    payer_shares: tuple[float, ...] = parameter((0.46, 0.09, 0.14, 0.31), "payer below age 65, in the order of PAYERS")
    medicare_share_65: float = parameter(0.80, "Medicare from age 65")
    indication_shares: tuple[float, ...] = parameter(
        (0.68, 0.09, 0.10, 0.07, 0.02, 0.04), "indication, in the order of INDICATIONS"
    )
    failures_mean_extra: float = parameter(1.2, "failed antidepressants beyond the two that define resistance")
    failures_mean_other: float = parameter(1.6, "failed antidepressants in other indications")
    integration_share: float = parameter(0.30, "integration therapy alongside")
    antidepressant_share: float = parameter(0.62, "concomitant antidepressant")
    severity_mean: float = parameter(
        15.5, "latent depression before treatment, PHQ-9 points, among all who ask", MCINNES
    )
    severity_sd: float = parameter(4.9, "its standard deviation; baseline PHQ-9 is then about 17 (SD 5)", MCINNES)
    severity_medicaid: float = parameter(1.2, "added severity in Medicaid patients, points")
    severity_per_failure: float = parameter(0.35, "added severity per failed antidepressant beyond two, points")
    anxiety_mean: float = parameter(12.8, "latent anxiety before treatment, GAD-7 points")
    anxiety_per_severity: float = parameter(0.55, "GAD-7 points per PHQ-9 point")
    anxiety_sd: float = parameter(3.4, "residual standard deviation of latent anxiety")
    entry_threshold: int = parameter(10, "lowest PHQ-9 at screening that is accepted")
    site_severity_sd: float = parameter(0.6, "differences of severity between sites, points")
    site_benefit_sd: float = parameter(0.03, "differences of benefit between sites, fraction of severity")


@dataclass(frozen=True)
class ChoiceParameters:
    """How payer, severity, and history choose the arm: a multinomial logit with IV as reference."""

    esketamine_payer: tuple[float, ...] = parameter((0.30, 0.50, 0.95, -1.85), "esketamine, in the order of PAYERS")
    esketamine_per_failure: float = parameter(0.32, "esketamine, per failed antidepressant beyond two")
    esketamine_per_severity: float = parameter(-0.065, "esketamine, per point of baseline PHQ-9 above 17")
    esketamine_site_sd: float = parameter(0.35, "differences of preference for esketamine between sites")
    im_payer: tuple[float, ...] = parameter(
        (-0.1, -0.1, 0.2, -0.4), "IM at the sites that offer it, in the order of PAYERS"
    )
    im_sites: tuple[int, ...] = parameter((3, 6), "sites that offer IM")


@dataclass(frozen=True)
class CourseParameters:
    """How depression and anxiety move."""

    benefit_iv: float = parameter(0.60, "fraction of severity removed in the long run, mean", MCINNES)
    benefit_im: float = parameter(0.50, "the same for IM", "IM cohort 2022, BMC Psychiatry 22:634")
    benefit_esketamine: float = parameter(0.515, "the same for esketamine", MEISNER)
    benefit_sd: float = parameter(0.36, "standard deviation of the fraction between patients", MCINNES)
    benefit_correlation: float = parameter(0.80, "correlation of a patient's fractions under two arms")
    benefit_per_failure: float = parameter(-0.050, "change per failed antidepressant beyond two")
    benefit_medicaid: float = parameter(-0.05, "change in Medicaid patients")
    benefit_integration: float = parameter(0.04, "change with integration therapy")
    step_iv: float = parameter(0.36, "share of the remaining benefit gained in one session", OLIVER)
    step_im: float = parameter(0.34, "the same for IM")
    step_esketamine: float = parameter(0.27, "the same for esketamine", MEISNER)
    lasting_days: float = parameter(200.0, "median time constant with which benefit fades, days", MCINNES)
    lasting_log_sd: float = parameter(0.8, "standard deviation of its logarithm between patients")
    context_benefit: float = parameter(0.08, "fraction of severity lost without any drug effect")
    context_days: float = parameter(14.0, "its time constant, days")
    mood_sd: float = parameter(2.0, "fluctuation of latent depression, PHQ-9 points")
    mood_days: float = parameter(20.0, "its correlation time, days")
    mood_correlation: float = parameter(0.6, "correlation of the fluctuations of depression and anxiety")
    anxiety_mood_sd: float = parameter(1.7, "fluctuation of latent anxiety, GAD-7 points")
    anxiety_share: float = parameter(0.62, "benefit for anxiety as a share of that for depression", HIETAMIES)
    anxiety_share_sd: float = parameter(0.20, "its standard deviation between patients")
    recall_days: int = parameter(14, "recall window of PHQ-9 and GAD-7, days", "wording of the instruments")
    recall_share: float = parameter(0.5, "weight of the window's average in an answer; the rest is the day itself")


@dataclass(frozen=True)
class ScheduleParameters:
    """When sessions take place."""

    induction_sessions: tuple[int, ...] = parameter((6, 5, 8), "sessions of the induction, in the order of ARMS", LABEL)
    induction_gaps: tuple[tuple[int, ...], ...] = parameter(
        ((3, 3, 4, 3, 3), (3, 4, 3, 4), (3, 4, 3, 4, 3, 4, 3)),
        "days between induction sessions before jitter; IV six in 14 to 21 days, esketamine eight in 28",
        f"{MCINNES}; {LABEL}",
    )
    maintenance_gaps: tuple[tuple[int, ...], ...] = parameter(
        ((26, 28, 28, 30, 30), (24, 26, 28), (7, 7, 7, 7, 10, 14, 14, 14)),
        "days between maintenance sessions before jitter",
        LABEL,
    )
    jitter_days: tuple[int, ...] = parameter((-1, 0, 1, 2, 7), "deviation from the planned gap, days")
    jitter_shares: tuple[float, ...] = parameter((0.15, 0.52, 0.19, 0.12, 0.02), "how often each occurs")
    minutes: tuple[tuple[int, int], ...] = parameter(
        ((40, 60), (60, 90), (120, 135)), "length of a session, minutes, in the order of ARMS", LABEL
    )
    first_start: str = parameter("2023-01-09", "earliest first session")
    start_span_days: int = parameter(800, "days over which first sessions spread")


@dataclass(frozen=True)
class DropoutParameters:
    """Who stops, and when: log odds of not returning after a session."""

    base: float = parameter(-3.7, "during the induction")
    unimproved: float = parameter(1.3, "added when the last score fell by less than a fifth, from the third session")
    well: float = parameter(0.9, "added when the last score is below 5, from the fourth session")
    self_pay: float = parameter(0.3, "added for patients who pay themselves")
    no_maintenance: float = parameter(-0.7, "after the last induction session, in place of the base")
    maintenance: float = parameter(-2.2, "during maintenance, in place of the base")
    switch_share: float = parameter(0.12, "of those who stop unimproved: another series with the other drug")


@dataclass(frozen=True)
class QuestionnaireParameters:
    """When questionnaires are answered, and what is missing in them."""

    screening: float = parameter(0.55, "a screening score is on record")
    baseline: float = parameter(0.96, "a baseline questionnaire is on record")
    baseline_same_day: float = parameter(0.6, "the baseline questionnaire is answered on the day of the first session")
    session: float = parameter(0.86, "answered on the day of a session, mean over patients")
    session_log_odds_sd: float = parameter(0.8, "differences between patients, log odds")
    between: float = parameter(0.08, "one more between two sessions")
    check: float = parameter(0.60, "5 to 10 days after the induction")
    follow_up: float = parameter(0.60, "14 to 31 days after the induction", MCINNES)
    follow_up_stopped: float = parameter(0.25, "the same in patients who stopped early")
    later: float = parameter(0.35, "each of 8, 12, and 16 weeks after the induction")
    anxiety: float = parameter(0.93, "GAD-7 answered together with PHQ-9")
    row_with_missing_items: float = parameter(0.025, "one or two items left out")


@dataclass(frozen=True)
class SafetyParameters:
    """Weight, dose, vital signs, side effects."""

    weight_kg: tuple[float, float] = parameter((91.0, 77.0), "mean weight of men and women, kg")
    weight_sd: float = parameter(16.0, "its standard deviation, kg")
    dose_mg_per_kg: tuple[float, float] = parameter(
        (0.5, 0.75), "first IV and IM dose, mg/kg", "0.5 mg/kg is usual; IM assumed"
    )
    dose_sd: float = parameter(0.05, "its standard deviation, mg/kg")
    dose_step: float = parameter(0.025, "mean rise a session during induction, mg/kg")
    esketamine_raised: float = parameter(0.78, "56 mg raised to 84 mg after the first session", LABEL)
    systolic: tuple[float, float] = parameter((124.0, 11.0), "before the session, mean and standard deviation, mmHg")
    systolic_rise: tuple[float, ...] = parameter(
        (17.0, 18.0, 12.0), "mean rise to the peak, in the order of ARMS, mmHg"
    )
    cadss: tuple[float, ...] = parameter((18.0, 19.0, 12.0), "mean peak dissociation, in the order of ARMS, points")
    side_effects: tuple[tuple[str, float, float, float], ...] = parameter(
        (
            ("nausea", 0.050, 0.060, 0.045),
            ("vomiting", 0.010, 0.015, 0.012),
            ("dizziness", 0.035, 0.035, 0.060),
            ("sedation", 0.035, 0.035, 0.060),
            ("headache", 0.030, 0.030, 0.030),
            ("dissociation", 0.030, 0.035, 0.035),
            ("blurred vision", 0.012, 0.012, 0.010),
            ("anxiety", 0.012, 0.015, 0.012),
        ),
        "chance per session under IV, IM, and esketamine",
    )
    raised_pressure_mmhg: int = parameter(165, "systolic peak from which raised blood pressure is recorded")


@dataclass(frozen=True)
class CostParameters:
    """What a session is charged, US dollars."""

    iv_range: tuple[int, int] = parameter((400, 800), "an IV infusion, lowest and highest site", PUBLIC_PRICES)
    im_share: float = parameter(0.65, "an IM session as a share of the site's infusion")
    esketamine: int = parameter(930, "drug and monitoring of an esketamine session")
    integration: int = parameter(165, "integration therapy, per session: (4466 - 3475) / 6", PUBLIC_PRICES)


@dataclass(frozen=True)
class Parameters:
    """The generative model's numbers, by part."""

    patients: PatientParameters = PatientParameters()
    choice: ChoiceParameters = ChoiceParameters()
    course: CourseParameters = CourseParameters()
    schedule: ScheduleParameters = ScheduleParameters()
    dropout: DropoutParameters = DropoutParameters()
    questionnaires: QuestionnaireParameters = QuestionnaireParameters()
    safety: SafetyParameters = SafetyParameters()
    costs: CostParameters = CostParameters()


MODEL = Parameters()


def list_parameters(parameters: Parameters = MODEL) -> Iterator[tuple[str, str, object, str, str]]:
    """Yield part, name, value, meaning, and source of every parameter, in order."""
    for part in fields(parameters):
        values = getattr(parameters, part.name)
        for entry in fields(values):
            yield (
                part.name,
                entry.name,
                getattr(values, entry.name),
                entry.metadata["meaning"],
                entry.metadata["source"],
            )
