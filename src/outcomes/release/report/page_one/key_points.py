"""Key Points: question, findings, and meaning in at most a hundred words, by rule as the answers below them."""

from __future__ import annotations

from outcomes.errors import OutcomesError
from outcomes.release.course import find_place
from outcomes.release.definitions import ATTRITION
from outcomes.release.numbers import count, fixed
from outcomes.release.report.content.blocks import Terms
from outcomes.release.report.content.material import Material, is_randomised
from outcomes.release.report.page_one.adverse_effects import say_any_effect, say_effects
from outcomes.release.report.page_one.answers import name_sides, say_margin, say_order, say_response
from outcomes.release.report.page_one.changes import list_told, say_changes, say_latest
from outcomes.release.report.page_one.evidence import Evidence
from outcomes.release.report.page_one.rules import UNCOMPARED, decide
from outcomes.release.report.page_one.sizes import say_size
from outcomes.release.report.wording.course_and_rates import count_compared

MOST_WORDS = 100
DESIGNS = {"randomised": "randomized trial", "crossover": "crossover trial", "observational": "cohort study"}


def write_key_points(material: Material, evidence: Evidence) -> Terms:
    """Return question, findings, and meaning.

    Where long labels make them too long, without adverse effects, then without the response, or why nothing was compared, which the answers say.

    Raises
    ------
    OutcomesError
        They have more than a hundred words all the same.
    """
    for response, effects in ((True, 2), (True, 1), (True, 0), (False, 0)):
        terms = (
            ("Question", _question(material)),
            ("Findings", _findings(material, evidence, response, effects)),
            ("Meaning", _meaning(material, evidence, response)),
        )
        words = sum(len(text.split()) for _, text in terms)
        if words <= MOST_WORDS:
            return Terms(terms, boxed=True)
    raise OutcomesError(
        f"report: the Key Points have {words} words, more than {MOST_WORDS}; shorten the labels of the arms."
    )


def _question(material: Material) -> str:
    pair, place = material.asked, find_place(material.tables, material.study)
    measure = material.study.instrument(place[0] if place else material.primary).measures
    if not pair:
        return f"In routine care, does {measure} improve with treatment?"
    first, second = (material.within(arm) for arm in pair)
    where = "" if is_randomised(material) else "In routine care, "
    return f"{where}{'d' if where else 'D'}oes {measure} improve more with {first} or with {second}?"


def _findings(material: Material, evidence: Evidence, response: bool, effects: int) -> str:
    place = find_place(material.tables, material.study)
    design = DESIGNS.get(str(material.study.report.design), "study")
    total = count_compared(material)
    start = f"In this {design}" + (f" of {total} patients" if total else "")
    if place is None:
        return f"{start}, no outcome could be estimated."
    instrument, when = material.instrument(place[0]), material.timepoint(*place[1:])
    rule = decide("better", evidence).name
    better, other = name_sides(material, evidence)
    moved = "decreased" if material.study.instrument(place[0]).higher_is_worse else "increased"
    if evidence.difference is not None and rule not in UNCOMPARED:
        if rule == "clear":
            first = f"{start}, {instrument} scores at {when} {moved} by {say_size(evidence.difference, 'points')} more with {better} than {other}."
        else:
            first = f"{start}, the difference in {instrument} change at {when}{say_order(material, evidence)} was {say_size(evidence.difference, 'points')}."
        harms = say_effects(evidence, effects)
        harms = f"Adverse effects: {harms}." if harms else ""
        return " ".join(filter(None, (first, say_response(material, evidence) if response else "", harms)))
    harms = say_any_effect(material, evidence) if effects else ""
    told = list_told(material, evidence)[:3]
    if not told:
        latest = say_latest(material, evidence)
        return " ".join(filter(None, (f"{start}, no change at {when} could be estimated.", latest, harms)))
    return f"{say_changes(material, told, False, f'{start}, ', f' by {when}')} {harms}".strip()


def _meaning(material: Material, evidence: Evidence, why: bool) -> str:
    doubt = _doubt(material, evidence)
    rule = decide("better", evidence).name
    better, _ = name_sides(material, evidence)
    if rule == "clear" and evidence.difference is not None:
        verb = "improved scores more" if evidence.randomised else "was associated with more improvement"
        size = evidence.important
        extent = ""
        if size is not None:
            extent = (
                ", by less than the change patients usually notice"
                if evidence.difference.within(size)
                else ", by at least the change patients usually notice"
                if evidence.difference.beyond(size)
                else ""
            )
        return f"{better[:1].upper() + better[1:]} {verb}{extent}. {doubt}".strip()
    if rule in UNCOMPARED:
        left_out = (
            f"The treatments were not compared, because {evidence.left_out}. " if evidence.left_out and why else ""
        )
        seen = {"improved": "Patients improved; without", "worsened": "Scores worsened; without"}
        opening = seen.get(decide("works", evidence).name, "Without")
        missing = _say_missing(material, evidence) if evidence.changes else ""
        lost = f"; {missing}" if missing else ""
        return f"{left_out}{opening} a comparison, what treatment did is not shown{lost}."
    if rule == "uncertain":
        return f"Which treatment is followed by more improvement is too uncertain to say. {doubt}".strip()
    return f"{decide('better', evidence).verdict.format(important=fixed(evidence.important or 0), margin=say_margin(evidence))} {doubt}".strip()


def _doubt(material: Material, evidence: Evidence) -> str:
    missing = _say_missing(material, evidence)
    if evidence.randomised:
        return f"{missing[:1].upper()}{missing[1:]}." if missing else ""
    return f"Treatment was not randomized{f', and {missing}' if missing else ''}: an effect is not established."


def _say_missing(material: Material, evidence: Evidence) -> str:
    """Return "up to 39% had no day 28 score"; empty where no arm lacks more than a fifth of its scores, or that is not released."""
    place = find_place(material.tables, material.study)
    if not evidence.missing or place is None or max(evidence.missing) <= ATTRITION:
        return ""
    least = "up to " if len(evidence.missing) > 1 else ""
    return f"{least}{count(100 * max(evidence.missing))}% had no {material.timepoint(*place[1:])} score"
