"""The first page: Key Points, then six questions with verdicts by rule, numbers, and small pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from outcomes.release.arms import list_too_small
from outcomes.release.definitions import COVERED
from outcomes.release.disclosure.words import note_rounding
from outcomes.release.report.content.blocks import Answers, Block, Section
from outcomes.release.report.content.exhibits import pictures
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.answers import answer_questions
from outcomes.release.report.page_one.evidence import Evidence
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.page_one.key_points import write_key_points
from outcomes.release.report.page_one.rules import LASTING_TOLD, decide


def show_first_page(material: Material, folder: Path) -> Section:
    """Return the Key Points and the answers, each with its picture where one is drawn."""
    evidence = gather_evidence(material)
    drawn = {picture.id.removeprefix("figure-answer_"): picture for picture in pictures(material, folder, "answers")}
    if decide("long", evidence).name not in LASTING_TOLD:
        drawn.pop("long", None)  # no picture of what is too few to be told, nor of one arm alone
    answers = tuple(replace(answer, picture=drawn.get(answer.row)) for answer in answer_questions(material, evidence))
    blocks: tuple[Block, ...] = (write_key_points(material, evidence), Answers(answers, write_note(material, evidence)))
    return Section("brief", "Key points", blocks)


def write_note(material: Material, evidence: Evidence) -> str:
    """Return what the intervals, the adjustment, and the numbers of people on the page are, and what is not adjusted."""
    comparison, rounded = material.study.comparison, note_rounding(material.study.privacy)
    small = enumerate_words([material.within(arm) for arm in list_too_small(material.tables, material.study)])
    rounded = f"{rounded} Too few patients to analyze: {small}.".strip() if small else rounded
    if comparison is None or not evidence.contrasted:
        return f"CI: confidence interval, {COVERED}. {rounded}".strip()
    names = enumerate_words([name.replace("_", " ") for name in comparison.adjusted])
    adjusted = f" Differences are adjusted for {names}."
    if comparison.weights == "none":
        adjusted = " The difference in change is adjusted for the baseline score alone."
    alike = (
        " The interval of the difference in change takes patients of a site to be alike."
        if comparison.cluster == "site"
        else ""
    )
    e_value = "E-value: risk ratio that an unmeasured factor would need with treatment and with outcome. "
    told = evidence.follow_up if decide("long", evidence).name in LASTING_TOLD else None
    lasting = "shares of responders, unlike weeks in response," if told and told.adjusted else "durability"
    raw = [*(["adverse effects"] if evidence.safety else []), *([lasting] if told else [])]
    text = enumerate_words(raw)
    unadjusted = (
        f"{text[:1].upper()}{text[1:]} {'is' if raw == ['durability'] else 'are'} not adjusted. " if raw else ""
    )
    binary = comparison.estimand.binary
    imputed = f" {binary.endpoint.capitalize()}: missing scores {binary.imputed}." if evidence.response else ""
    return (
        f"CI: confidence interval.{adjusted}{alike}{imputed} {'' if evidence.e_value is None else e_value}{unadjusted}{rounded}"
    ).strip()
