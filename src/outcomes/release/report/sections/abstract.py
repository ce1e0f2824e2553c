"""The structured abstract, at most 350 words: every number from a released table or the study file, no claim beyond the design."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.release.arms import list_compared, list_too_small, order_arms
from outcomes.release.course import find_place
from outcomes.release.figures.plans.comparison import WEIGHTED
from outcomes.release.numbers import fixed
from outcomes.release.report.content.blocks import Paragraph, Section
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.adverse_effects import MOST_EFFECTS, say_any_effect, say_effects
from outcomes.release.report.page_one.answers import (
    name_sides,
    say_analyses,
    say_importance,
    say_order,
    say_response,
)
from outcomes.release.report.page_one.changes import list_told, say_changes, say_latest, say_rates
from outcomes.release.report.page_one.evidence import Evidence
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.page_one.rules import UNCOMPARED, decide
from outcomes.release.report.page_one.sizes import say_size
from outcomes.release.report.sections.locked_plan import describe_adherence
from outcomes.release.report.wording.course_and_rates import count_analysed, count_compared, describe_measures

MOST_WORDS = 350
DESIGNS = {
    "observational": "Cohort study; patients, clinicians, and payers chose the treatment.",
    "randomised": "Randomized trial.",
    "crossover": "Crossover trial; every patient was to have each treatment.",
}
WEIGHTS = WEIGHTED | {"none": "adjustment"}


def write_abstract(material: Material) -> Section:
    """Return the abstract.

    Raises
    ------
    OutcomesError
        It has more than 350 words; the study file's setting or labels are too long.
    """
    evidence = gather_evidence(material)
    parts = {
        "Importance.": material.study.report.setting,
        "Objective.": _objective(material),
        "Design, Setting, and Participants.": _design(material),
        "Exposures.": _exposures(material),
        "Main Outcomes and Measures.": _measures(material, evidence),
        "Results.": _results(material, evidence),
        "Conclusions and Relevance.": _conclude(material, evidence),
    }
    words = sum(len(f"{lead} {text}".split()) for lead, text in parts.items() if text)
    if words > MOST_WORDS:
        raise OutcomesError(
            f"report: the abstract has {words} words, more than {MOST_WORDS}; shorten report.setting or the labels of the arms."
        )
    return Section("abstract", "Abstract", tuple(Paragraph(text, lead) for lead, text in parts.items() if text))


def _objective(material: Material) -> str:
    place, pair = find_place(material.tables, material.study), material.asked
    measures = material.study.instrument(place[0] if place else material.primary).measures
    if not pair:
        return f"To describe the course of {measures}."
    first, second = (material.within(arm) for arm in pair)
    return f"To compare the change in {measures} with {first} and with {second}."


def _design(material: Material) -> str:
    study = material.study
    sentences = [DESIGNS.get(str(study.report.design), "")] if study.series.origin != "none" else []
    if study.series.origin == "sessions" and study.series.use == "first":
        sentences.append("Each patient counted with the first treatment series.")
    limits = [f"{study.instrument(name).name} of at least {value:g}" for name, value in study.baseline.minimum.items()]
    sentences += [f"Patients entered with a baseline {enumerate_words(limits)}."] if limits else []
    return " ".join([*filter(None, sentences), describe_adherence(material)]).strip()


def _exposures(material: Material) -> str:
    small, compared = list_too_small(material.tables, material.study), list_compared(material.study)
    arms = [arm for arm in order_arms(material.study) if arm not in small]
    text = _name_arms(material, arms)
    if compared and len(arms) > len(compared):
        text += f"; compared: {_name_arms(material, compared)}"
    text += f"; too few patients to analyze: {_name_arms(material, small)}" if small else ""
    return f"{text[:1].upper()}{text[1:]}." if text and material.study.series.origin != "none" else ""


def _name_arms(material: Material, arms: Sequence[str]) -> str:
    return enumerate_words([material.within(arm) for arm in arms])


def _measures(material: Material, evidence: Evidence) -> str:
    place, comparison = find_place(material.tables, material.study), material.study.comparison
    if place is None:
        return describe_measures(material)
    instrument = material.study.instrument(place[0])
    text = f"Change in {instrument.name} (range, {instrument.minimum:g} to {instrument.maximum:g}) at {material.timepoint(*place[1:])}"
    if comparison is not None and evidence.contrasted:
        listed = enumerate_words([name.replace("_", " ") for name in comparison.adjusted])
        text += f", by a mixed model with {WEIGHTS[comparison.weights]} for {listed}"
    return f"{text}. {describe_measures(material)}"


def _results(material: Material, evidence: Evidence) -> str:
    texts = [_people(material, evidence)]
    place = find_place(material.tables, material.study)
    if place is not None and evidence.changes:
        opening = f"By {material.timepoint(*place[1:])}, "
        texts.append(say_changes(material, list_told(material, evidence), evidence.contrasted, opening, " (adjusted)"))
        texts += [] if evidence.declared else [say_rates(material, evidence)]
    elif place is not None:
        texts.append(say_latest(material, evidence))
    if evidence.difference is not None and not evidence.too_few:
        better, _ = name_sides(material, evidence)
        way = f"The difference in favor of {better}" if evidence.difference.excludes_zero else "The difference"
        texts.append(f"{way}{say_order(material, evidence)} was {say_size(evidence.difference, 'points')}.")
        texts.append(say_response(material, evidence))
    if evidence.analyses and not evidence.too_few:
        texts.append(f"{say_analyses(material, evidence)}.")
    harms = say_effects(evidence, MOST_EFFECTS)
    many = len(evidence.safety.differing) if evidence.safety else 0
    led = "Adverse effects that differed" + (" most" if many > MOST_EFFECTS else "")
    texts.append(f"{led}: {harms}." if harms else say_any_effect(material, evidence))
    if evidence.missing is not None and place is not None:
        shares = " v ".join(f"{fixed(100 * share, 0)}%" for share in evidence.missing)
        texts.append(f"The {material.timepoint(*place[1:])} score was missing in {shares}.")
    return " ".join(filter(None, texts))


def _people(material: Material, evidence: Evidence) -> str:
    """Return how many patients, their mean age, and the share of women where the baseline table has them."""
    total, analysed = count_compared(material), count_analysed(material)
    if not total:
        return ""
    age = material.one("baseline", variable="age", arm="all")
    declared = material.study.comparison is not None
    some = declared and analysed not in ("", total)
    verb = "were compared" if declared and not evidence.too_few else "had either treatment" if some else "were analyzed"
    text = f"A total of {total} patients {verb}"
    women = material.one("baseline", variable="sex", level="female", arm="all")
    told = [f"mean age {fixed(age['mean'])} years"] if age and pd.notna(age["mean"]) else []
    told += [f"{fixed(women['percent'], 0)}% female"] if women and pd.notna(women["percent"]) else []
    who = f"of all {analysed} analyzed, " if some else ""
    return f"{text} ({who}{', '.join(told)})." if told else f"{text}."


def _conclude(material: Material, evidence: Evidence) -> str:
    rule, (better, other) = decide("better", evidence).name, name_sides(material, evidence)
    measures = material.study.instrument(material.primary).measures
    if rule == "clear":
        verb = "improved scores more than" if evidence.randomised else "was associated with more improvement than"
        texts = [f"{better[:1].upper()}{better[1:]} {verb} {other}.", say_importance(evidence)]
    elif rule in UNCOMPARED:
        told = {"improved": f"Scores of {measures} improved", "unclear": f"No clear improvement in {measures} was seen"}
        told |= {"worsened": f"Scores of {measures} worsened"}
        place = find_place(material.tables, material.study)
        at = f" at {material.timepoint(*place[1:])}" if place and evidence.latest else ""
        change = told.get(decide("works", evidence).name, f"No change{at} was estimated")
        why = f"The treatments were not compared, because {evidence.left_out}." if evidence.left_out else ""
        texts = [why, f"{change}; without a comparison, what treatment did is not shown."]
    elif rule == "margin":
        texts = [f"{evidence.margin} was {evidence.margin_answers[0]} within the declared margin."]
    elif rule == "disagree":
        texts = ["Valid analyses of the difference disagree; no conclusion is drawn."]
    elif rule == "excluded":
        texts = [
            f"An important difference, of {fixed(evidence.important)} points, was excluded between {better} and {other}."
        ]
    else:
        texts = ["The data do not show which treatment is followed by more improvement."]
    if not evidence.randomised and rule not in UNCOMPARED:
        texts.append("Treatment was not randomized; unmeasured confounding may explain part of the difference.")
    return " ".join(filter(None, texts))
