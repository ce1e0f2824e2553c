"""The six answers of the first page: each a question, a verdict by rule, and the numbers behind it in at most fifty words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from outcomes.release.arms import list_compared
from outcomes.release.course import find_place
from outcomes.release.definitions import COVERED, FAR, FEW, SMALL
from outcomes.release.numbers import count, fixed, general, interval, p_value, printed
from outcomes.release.report.content.blocks import Answer
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.adverse_effects import say_safety
from outcomes.release.report.page_one.changes import list_told, say_changes, say_earlier, say_latest, say_rates
from outcomes.release.report.page_one.checks import list_checks
from outcomes.release.report.page_one.estimate import Estimate
from outcomes.release.report.page_one.evidence import Change, Evidence, Level
from outcomes.release.report.page_one.rules import decide
from outcomes.release.report.page_one.safety import limit_of_none
from outcomes.release.report.page_one.sizes import say_size, size_of
from outcomes.release.report.wording.margin import say_reach

QUESTIONS = {
    "works": "Does it work?",
    "better": "{first} or {second}?",
    "whom": "For whom?",
    "sure": "How sure is it?",
    "safe": "How safe is it?",
    "long": "How long does it last?",
}
ROUNDED = 1.5  # percentage points that two rates and their difference may be apart, each printed whole
UNCONTROLLED = "There was no untreated group: natural recovery, expectation, and other care are part of this change."


def answer_questions(material: Material, evidence: Evidence) -> tuple[Answer, ...]:
    """Return the answers; without a comparison the questions that it would answer are one line."""
    words = _name(material, evidence)
    put = ("better", "whom") if evidence.declared else ("better",) if evidence.left_out else ()
    asked = [row for row in QUESTIONS if row in put or row not in ("better", "whom")]
    if evidence.declared and (evidence.small or evidence.own_model):
        asked = [row for row in asked if row != "whom"]
    answers = []
    for row in asked:
        verdict = decide(row, evidence).verdict.format(**words)
        text = " ".join(filter(None, _SENTENCES[row](material, evidence, words)))
        checks = list_checks(evidence, words) if row == "sure" else ()
        answers.append(Answer(row, QUESTIONS[row].format(**words), verdict, text, checks))
    if not evidence.declared:
        verdict = "Subgroups." if evidence.left_out else "Comparison, subgroups."
        answers.append(Answer("not_asked", "Not asked of these data", verdict, "", ()))
    elif "whom" not in asked and evidence.subgroups:
        verdict = f"Subgroups: fewer than {count(SMALL)} patients scored in an arm."
        answers.append(Answer("not_asked", "Not asked of these data", verdict, "", ()))
    return tuple(answers)


def name_sides(material: Material, evidence: Evidence) -> tuple[str, str]:
    """Return the arm that did better and the other, as they stand within a sentence."""
    pair = list_compared(material.study)
    if not pair or not evidence.declared:
        return "", ""
    sides = [material.within(arm) for arm in pair]
    return (sides[0], sides[1]) if evidence.favours_treated else (sides[1], sides[0])


def _name(material: Material, evidence: Evidence) -> Mapping[str, str]:
    """Return what verdicts and questions are filled with."""
    pair, place = material.asked, find_place(material.tables, material.study)
    better, other = name_sides(material, evidence)
    worse = material.study.instrument(place[0] if place else material.primary).higher_is_worse
    follow_up, safety = evidence.follow_up, evidence.safety
    return {
        "first": material.arm(pair[0]) if pair else "",
        "second": material.within(pair[1]) if pair else "",
        "reason": evidence.left_out,
        "burdened": _find_burdened(material, evidence),
        "better": better,
        "winner": better[:1].upper() + better[1:],
        "other": other,
        "moved": "decreased" if worse else "increased",
        "unclear": _list_arms(material, [one for one in evidence.changes if one.clear is False or not one.better]),
        "worsened": _list_arms(material, [one for one in evidence.changes if one.worsened]),
        "beyond": _list_arms(material, [one for one in evidence.changes if one.clear]),
        "important": fixed(evidence.important),
        "margin": say_margin(evidence),
        "differing": enumerate_words([_lower(group.label) for group in evidence.subgroups if group.differs]),
        "proof": "" if evidence.randomised else ", but not proof",
        "collected": f"; no data on {enumerate_words(safety.not_collected)}" if safety and safety.not_collected else "",
        "covered": COVERED,
        "uncompared": safety.uncompared if safety else "",
        "none_in": count(safety.none_in) if safety and safety.none_in else "",
        "limit": fixed(100 * limit_of_none(safety.none_in), "percent") if safety and safety.none_in else "",
        "kept": fixed(100 * follow_up.arms[0].share, 0) if follow_up and follow_up.arms else "",
        "week": count(follow_up.week) if follow_up else "",
        "lasting": material.within(follow_up.favours) if follow_up and follow_up.favours else "",
        "instrument": material.instrument(place[0]) if place else "",
        "place": material.timepoint(*place[1:]) if place else "",
        "at": f" at {material.timepoint(*place[1:])}" if place else "",
        "affected": fixed(100 * safety.affected, 0) if safety and safety.affected else "",
    }


def _list_arms(material: Material, changes: Sequence[Change]) -> str:
    return enumerate_words([material.within(change.arm) for change in changes])


def _find_burdened(material: Material, evidence: Evidence) -> str:
    """Return the arm with more patients with any adverse effect, where the interval of the difference excludes none."""
    safety = evidence.safety
    heads, pair = (safety.heads_differ, safety.arms) if safety else ((), ())
    if not heads or len(pair) != len(heads[0].shares):
        return ""
    return material.within(pair[0] if heads[0].shares[0] > heads[0].shares[1] else pair[1])


def _lower(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _works(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    if not evidence.changes:
        return [say_latest(material, evidence), UNCONTROLLED] if evidence.latest else []
    told = list_told(material, evidence)
    if not told:
        return [UNCONTROLLED]
    contrasted = bool(material.asked) and evidence.contrasted
    texts = [say_changes(material, told, contrasted, closing=f" by {words['place']} (adjusted)")]
    place = find_place(material.tables, material.study)
    rates = say_rates(material, evidence) if len(material.arms) == 1 and not evidence.declared else ""
    if rates:
        texts.append(rates)
    elif place and told and all(change.earlier for change in told):
        times = list(told[0].earlier)
        name = times[len(times) // 2]  # half way
        texts.append(f"By {material.timepoint(place[1], name)} it was {say_earlier(told, name)}.")
    return [*texts, "" if evidence.randomised or evidence.untreated else UNCONTROLLED]


def _better(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    difference = evidence.difference
    if difference is None or evidence.too_few:
        return []
    size = f"Difference{say_order(material, evidence)} {say_size(difference, 'points')}."
    return [size, _say_reach(material, difference), say_importance(evidence), say_response(material, evidence)]


def say_margin(evidence: Evidence) -> str:
    """Return "Non-inferiority not shown"; empty without a declared margin."""
    return f"{evidence.margin} {evidence.margin_answers[0]}" if evidence.margin else ""


def _say_reach(material: Material, difference: Estimate) -> str:
    comparison = material.study.comparison
    if comparison is None or comparison.estimand.margin is None:
        return ""
    margin, worse = (
        comparison.estimand.margin,
        material.study.instrument(comparison.estimand.instrument).higher_is_worse,
    )
    return f"Declared margin: {general(margin.points)} points. The interval {say_reach(material, margin, difference, worse)}."


def say_order(material: Material, evidence: Evidence) -> str:
    """Return " (IV ketamine minus esketamine)" where a difference is told with its sign; empty where its words name the arm that it favours."""
    if evidence.difference is None or evidence.difference.excludes_zero:
        return ""
    return f" ({' minus '.join(material.within(arm) for arm in list_compared(material.study))})"


def say_importance(evidence: Evidence) -> str:
    """Return where the interval of the difference lies beside the change that patients usually notice; empty without one."""
    difference, size = evidence.difference, evidence.important
    if difference is None or size is None or not difference.excludes_zero:
        return ""
    where = "is below" if difference.within(size) else "is above" if difference.beyond(size) else "includes"
    return (
        f"The whole interval {where} the change that patients with this baseline usually notice ({fixed(size)} points)."
        if where != "includes"
        else (
            f"The interval includes the change that patients with this baseline usually notice ({fixed(size)} points)."
        )
    )


def say_response(material: Material, evidence: Evidence) -> str:
    """Return the declared binary answer: rates of both arms and their difference."""
    if evidence.response is None or material.study.comparison is None:
        return ""
    name = material.study.comparison.estimand.binary.endpoint.capitalize()
    difference = f"difference {say_size(evidence.response, 'percentage points', 100)}"
    if evidence.response_rates is None:
        return f"{name}: {difference}."
    apart = 100 * abs(evidence.response_rates[0] - evidence.response_rates[1] - evidence.response.value)
    if apart > FAR:
        return f"{name}: {difference}."
    rates = " v ".join(f"{fixed(100 * rate, 0)}%" for rate in evidence.response_rates)
    return f"{name}: {'about ' if apart > ROUNDED else ''}{rates}, {difference}."


def _whom(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    texts = []
    for group in evidence.subgroups:
        if group.differs:
            levels = [_level(material, level, words) for level in group.levels if level.difference]
            texts.append(
                f"{group.label}, {'; '.join(levels)}; P for interaction {p_value(group.p, sign=True)}, exploratory."
            )
    others = [_lower(group.label) for group in evidence.subgroups if not group.differs]
    if others:
        texts.append(f"{'No such evidence for' if texts else 'Examined:'} {enumerate_words(others)}.")
    return texts


def _level(material: Material, level: Level, words: Mapping[str, str]) -> str:
    """Return which arm did better in a level, and by how much; that neither clearly did where the interval includes no difference."""
    estimate = level.difference
    assert estimate is not None
    if not estimate.excludes_zero:
        return f"{level.name}: neither clearly better"
    treated, reference = (material.within(arm) for arm in list_compared(material.study))
    better = treated if (estimate.value < 0) == (words["moved"] == "decreased") else reference
    value, ends = size_of(estimate)
    return f"{level.name}: {better} better by {value} points ({ends})"


def _sure(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    texts: list[str] = []
    if evidence.difference is None or evidence.too_few:
        lost = evidence.missing is not None and max(evidence.missing) > 0 and bool(evidence.changes)
        return [f"Patients without a {words['place']} score may have fared otherwise."] if lost else []
    texts += [f"{say_analyses(material, evidence)}."] if evidence.analyses else []
    if evidence.tipping is not None:
        texts.append(
            f"Missing scores with {name_sides(material, evidence)[0]} would have to be {fixed(evidence.tipping)} points worse than expected to make "
            "the interval include zero."
        )
    if not evidence.randomised:
        texts.append("Unmeasured differences between the groups remain possible.")
    return texts


def say_analyses(material: Material, evidence: Evidence) -> str:
    """Return how far the other valid analyses reach: sizes where all favour the same arm, else the differences with their signs."""
    values = sorted(one.value for one in evidence.analyses)
    many = "One other valid analysis" if len(values) == 1 else f"The {count(len(values))} other valid analyses"
    if evidence.flat or evidence.split or evidence.difference is None:
        if evidence.flat:
            return f"{many} give{'s' if len(values) == 1 else ''} no difference either"
        return f"{many} give{'s' if len(values) == 1 else ''} {fixed(values[0])} to {fixed(values[-1])} points"
    least, most = sorted(abs(value) for value in (values[0], values[-1]))
    low, high = (f"{fixed(least)} to " if printed(least) else "up to "), f"{fixed(most)} points"
    size = high if fixed(least) == fixed(most) else low + high
    if not evidence.difference.excludes_zero:
        return f"{many} point{'s' if len(values) == 1 else ''} the same way, by {size}"
    return f"{many} favor{'s' if len(values) == 1 else ''} {name_sides(material, evidence)[0]} too, by {size}"


def _long(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    follow_up = evidence.follow_up
    if follow_up is None:
        return []
    if decide("long", evidence).name == "few":
        return [f"Fewer than {FEW} responders{' of an arm' if len(material.arms) > 1 else ''} were seen later."]
    each = [
        f"{fixed(100 * arm.share, 0)}% with {material.within(arm.arm)} ({count(arm.seen)} seen later)"
        for arm in follow_up.arms
        if not list_compared(material.study) or arm.arm in list_compared(material.study)
    ]
    if not each:
        return []
    told = f"Of responders, seen then or not, {enumerate_words(each)} were in response at week {count(follow_up.week)}."
    weeks, pair = follow_up.weeks, [material.within(arm) for arm in list_compared(material.study)]
    if weeks is None or not pair:
        return [told]
    ends = interval(weeks.lower, weeks.upper)
    return [
        told,
        f"Weeks in response{f', of {follow_up.time}' if follow_up.time else ''}, {' minus '.join(pair)}: {fixed(weeks.value)} ({COVERED} CI {ends}).",
    ]


_SENTENCES: Mapping[str, Callable[[Material, Evidence, Mapping[str, str]], list[str]]] = {
    "works": _works,
    "better": _better,
    "whom": _whom,
    "sure": _sure,
    "safe": lambda material, evidence, words: say_safety(material, evidence),
    "long": _long,
}
