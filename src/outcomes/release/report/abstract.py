"""The structured abstract: every number from a released table or the study file, and no claim beyond the design."""

from __future__ import annotations

from outcomes.release.definitions import COVERED
from outcomes.release.report import headline
from outcomes.release.report.conclusion import conclude
from outcomes.release.report.content import Block, Bullets, Paragraph, Section
from outcomes.release.report.diagnostics import find_effect
from outcomes.release.report.grids import enumerate_words
from outcomes.release.report.limitations import list_limitations
from outcomes.release.report.material import Material
from outcomes.release.report.methods import BASELINE_RULES, say_covariance
from outcomes.release.report.plan import describe_adherence
from outcomes.release.report.statement import WEIGHTS, say_arms, say_difference, say_place, state_response

DESIGNS = {
    "observational": "Observational cohort; patients, clinicians, and payers chose the arm.",
    "randomised": "Randomised trial; chance decided the arm.",
    "crossover": "Crossover; every patient was to have each arm.",
}


def write_abstract(material: Material) -> Section:
    """Return background, objective, methods, results, limitations, and conclusion, each with what the study has."""
    parts: list[tuple[str, str, list[str]]] = [
        ("Background.", material.study.report.setting, []),
        ("Objective.", _objective(material), []),
        ("Methods.", _methods(material), []),
        ("Results: patients.", headline.describe_patients(material), []),
        (
            "Results: course.",
            _at(material, "Scores observed at baseline and at {}, in points:"),
            headline.list_course(material),
        ),
        (
            "Results: response and remission.",
            _at(material, f"At {{}}, with {COVERED} intervals:"),
            headline.list_rates(material),
        ),
        (
            "Results: between arms.",
            _at(material, "Unadjusted difference in response at {}, of all who started:"),
            headline.list_differences(material),
        ),
        ("Results: comparison.", _compared(material), []),
        ("Results: missing scores.", headline.describe_missing(material), []),
        ("Limitations.", _limitations(material), []),
        ("Conclusion.", conclude(material), []),
    ]
    blocks: list[Block] = []
    for lead, text, entries in parts:
        if text and (entries or not text.endswith(":")):
            blocks.append(Paragraph(text, lead))
            blocks += [Bullets(tuple(entries))] if entries else []
    return Section("abstract", "Abstract", tuple(blocks))


def _at(material: Material, text: str) -> str:
    return text.format(material.timepoint(*material.headline)) if material.headline else ""


def _objective(material: Material) -> str:
    instrument = material.study.instrument(material.primary)
    arms = [material.within(arm.id) for arm in material.study.arms]
    if material.study.series.origin == "none":
        return f"To describe {instrument.measures} by the {instrument.name}."
    text = f"To describe the course of {instrument.measures} by the {instrument.name} under {enumerate_words(arms)}"
    if material.study.comparison is not None:
        text += f", and to estimate the difference in change in {say_place(material)}, {say_arms(material)}"
    return text + "."


def _methods(material: Material) -> str:
    study = material.study
    sentences = [DESIGNS.get(str(study.report.design), "")] if study.series.origin != "none" else []
    if study.series.origin == "sessions":
        if study.series.use == "first":
            sentences.append("Only a patient's first series of sessions counts (new users).")
        sentences.append(
            f"Baseline: {BASELINE_RULES[study.baseline.rule]} and at most {study.baseline.within_days} days before it."
        )
    for name, value in study.baseline.minimum.items():
        sentences.append(f"Entry threshold: {study.instrument(name).name} at least {value:g}.")
    sentences.append(headline.describe_measures(material))
    if study.comparison is not None:
        listed = ", ".join(name.replace("_", " ") for name in study.comparison.confounders)
        sentences.append(
            f"The comparison used {WEIGHTS[study.comparison.weights]} for {listed}, and a mixed model for repeated measures "
            f"with {say_covariance(study.comparison.covariance)} covariance."
        )
    else:
        sentences += [f"Primary model: {model.label}." for model in study.models.values() if model.primary]
    sentences.append(describe_adherence(material))
    return " ".join(sentence for sentence in sentences if sentence)


def _compared(material: Material) -> str:
    effect = find_effect(material)
    if not effect:
        return ""
    assert material.study.comparison is not None
    kind = "Adjusted" if material.study.comparison.weights == "none" else "Weighted"
    text = f"{kind} difference in change in {say_place(material)}, {say_arms(material)}: {say_difference(material, effect)}."
    return f"{text} {state_response(material)}".strip()


def _limitations(material: Material) -> str:
    text = "; ".join(limitation.brief for limitation in list_limitations(material) if limitation.brief)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
