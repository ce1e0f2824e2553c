"""The structured abstract: every number from a released table or the study file, and no claim beyond the design."""

from __future__ import annotations

from outcomes.release.report.content.blocks import Paragraph, Section
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.limitations import list_limitations
from outcomes.release.report.sections.locked_plan import describe_adherence
from outcomes.release.report.wording import course_and_rates
from outcomes.release.report.wording.comparison_result import (
    WEIGHTS,
    say_arms,
    say_difference,
    say_no_difference,
    say_place,
    say_way,
    state_response,
)
from outcomes.release.report.wording.conclusion_of_abstract import conclude
from outcomes.release.report.wording.diagnosed_limitations import find_effect

DESIGNS = {
    "observational": "Observational cohort; patients, clinicians, and payers chose the arm.",
    "randomised": "Randomised trial; chance decided the arm.",
    "crossover": "Crossover; every patient was to have each arm.",
}


def write_abstract(material: Material) -> Section:
    """Return background, objective, methods, results, limitations, and conclusion, each with what the study has."""
    results = (
        course_and_rates.count_patients(material),
        course_and_rates.say_course(material),
        "" if course_and_rates.is_hidden(material) else course_and_rates.say_response(material),
        _compared(material),
    )
    parts = {
        "Background.": material.study.report.setting,
        "Objective.": _objective(material),
        "Methods.": _methods(material),
        "Results.": " ".join(filter(None, results)),
        "Limitations.": _limitations(material),
        "Conclusion.": conclude(material),
    }
    return Section("abstract", "Abstract", tuple(Paragraph(text, lead) for lead, text in parts.items() if text))


def _objective(material: Material) -> str:
    instrument = material.study.instrument(material.primary)
    name = f"{instrument.name} ({instrument.minimum:g} to {instrument.maximum:g} points)"
    arms = [material.within(arm.id) for arm in material.study.arms]
    if material.study.series.origin == "none":
        return f"To describe {instrument.measures} by the {name}."
    text = f"To describe the course of {instrument.measures} by the {name} under {enumerate_words(arms)}"
    if material.study.comparison is not None:
        text += f", and to estimate the difference in change at {_when(material)}, {say_arms(material)}"
    return text + "."


def _methods(material: Material) -> str:
    study = material.study
    sentences = [DESIGNS.get(str(study.report.design), "")] if study.series.origin != "none" else []
    if study.series.origin == "sessions" and study.series.use == "first":
        sentences.append("Only a patient's first series of sessions counts (new users).")
    limits = [f"{study.instrument(name).name} of at least {value:g}" for name, value in study.baseline.minimum.items()]
    sentences += [f"Entry threshold: {enumerate_words(limits)}."] if limits else []
    sentences.append(course_and_rates.describe_measures(material))
    if study.comparison is not None:
        listed = enumerate_words([name.replace("_", " ") for name in study.comparison.confounders])
        sentences.append(
            f"The arms were compared by a mixed model for repeated measures with {WEIGHTS[study.comparison.weights]} for {listed}."
        )
    else:
        sentences += [f"Primary model: {model.label}." for model in study.models.values() if model.primary]
    sentences.append(describe_adherence(material))
    return " ".join(sentence for sentence in sentences if sentence)


def _when(material: Material) -> str:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return material.timepoint(estimand.axis, estimand.timepoint)


def _compared(material: Material) -> str:
    effect = find_effect(material)
    if not effect:
        return say_no_difference(material)
    text = f"{say_way(material).capitalize()} difference in change in {say_place(material)}, {say_arms(material)}: {say_difference(material, effect)}."
    return f"{text} {state_response(material, caution=False)}".strip()


def _limitations(material: Material) -> str:
    text = "; ".join(limitation.brief for limitation in list_limitations(material) if limitation.brief)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
