"""The six answers of the first page: each a question, a verdict by rule, and the numbers behind it in at most fifty words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from outcomes.release.arms import list_compared
from outcomes.release.course import find_place
from outcomes.release.definitions import COVERED, SMALL
from outcomes.release.numbers import count, fixed, interval, p_value
from outcomes.release.report.content.blocks import Answer, Check
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.evidence import Estimate, Evidence
from outcomes.release.report.page_one.rules import decide

QUESTIONS = {
    "works": "Does it work?",
    "better": "{first} or {second}?",
    "whom": "For whom?",
    "sure": "How sure is it?",
    "safe": "How safe is it?",
    "long": "How long does it last?",
}
UNCONTROLLED = "There was no untreated group: natural recovery, expectation, and other care are part of this change."
MOST_EFFECTS = 3
UNEQUAL = 0.10  # shares without a score further apart than this are marked


def answer_questions(material: Material, evidence: Evidence) -> tuple[Answer, ...]:
    """Return the answers; without a comparison the questions that it would answer are one line."""
    words = _name(material, evidence)
    asked = [row for row in QUESTIONS if evidence.declared or row not in ("better", "whom", "sure")]
    if evidence.declared and (evidence.small or evidence.own_model):
        asked = [row for row in asked if row != "whom"]
    answers = []
    for row in asked:
        verdict = decide(row, evidence).verdict.format(**words)
        text = " ".join(filter(None, _SENTENCES[row](material, evidence, words)))
        checks = _check(material, evidence, words) if row == "sure" else ()
        answers.append(Answer(row, QUESTIONS[row].format(**words), verdict, text, checks))
    if not evidence.declared:
        answers.append(Answer("not_asked", "Not asked of these data", "Comparison, subgroups.", "", ()))
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
    pair, place = list_compared(material.study), find_place(material.tables, material.study)
    better, other = name_sides(material, evidence)
    worse = material.study.instrument(place[0] if place else material.primary).higher_is_worse
    follow_up, safety = evidence.follow_up, evidence.safety
    return {
        "first": material.arm(pair[0]) if pair else "",
        "second": material.within(pair[1]) if pair else "",
        "burdened": _find_burdened(material, evidence),
        "better": better[:1].upper() + better[1:] if evidence.randomised else better,
        "other": other,
        "moved": "decreased" if worse else "increased",
        "unclear": enumerate_words(
            [material.within(c.arm) for c in evidence.changes if c.clear is False or not c.better]
        ),
        "important": fixed(evidence.important),
        "differing": enumerate_words([_lower(group.label) for group in evidence.subgroups if group.differs]),
        "proof": "" if evidence.randomised else ", but not proof",
        "collected": f"; no data on {enumerate_words(safety.not_collected)}" if safety and safety.not_collected else "",
        "covered": COVERED,
        "none_in": count(safety.none_in) if safety and safety.none_in else "",
        "limit": fixed(100 * (1 - 0.05 ** (1 / safety.none_in)), "percent") if safety and safety.none_in else "",
        "lasting": material.within(follow_up.favours) if follow_up and follow_up.favours else "",
        "instrument": material.instrument(place[0]) if place else "",
        "place": material.timepoint(*place[1:]) if place else "",
    }


def _find_burdened(material: Material, evidence: Evidence) -> str:
    """Return the arm with more patients with any adverse effect, where the interval of the difference excludes none."""
    heads, pair = evidence.safety.heads_differ if evidence.safety else (), list_compared(material.study)
    if not heads or len(pair) != len(heads[0].shares):
        return ""
    return material.within(pair[0] if heads[0].shares[0] > heads[0].shares[1] else pair[1])


def _lower(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def say_size(estimate: Estimate, unit: str, factor: float = 1) -> str:
    """Return "1.9 points (95 % CI 1.0 to 2.7)": the size of a difference without its sign, or with it where the interval includes zero.

    A limit that would print as zero gets another decimal.
    """
    value, ends = estimate.value * factor, (estimate.lower * factor, estimate.upper * factor)
    if estimate.excludes_zero and value < 0:
        value, ends = -value, (-ends[1], -ends[0])
    decimals = 1
    while decimals < 3 and any(end and not round(abs(end), decimals) for end in ends):
        decimals += 1
    return f"{fixed(value, 1)} {unit} ({COVERED} CI {interval(*ends, decimals)})"


def _works(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    if not evidence.changes:
        return []
    compared = list_compared(material.study)
    shown = [change for change in evidence.changes if not compared or change.arm in compared]
    shown.sort(key=lambda change: compared.index(change.arm) if compared else 0)
    parts = [f"{fixed(abs(change.value))} points with {material.within(change.arm)}" for change in shown]
    verb = words["moved"] if shown and all(change.better for change in shown) else "changed"
    texts = [f"Mean {words['instrument']} {verb} by {enumerate_words(parts)} by {words['place']} (adjusted)."]
    earlier = [list(change.earlier.items()) for change in shown]
    if earlier and all(earlier) and find_place(material.tables, material.study):
        name = earlier[0][-1][0]
        values = enumerate_words([fixed(abs(dict(one).get(name, float("nan")))) for one in earlier])
        place = find_place(material.tables, material.study)
        assert place is not None
        texts.append(f"By {material.timepoint(place[1], name)} it was {values}.")
    return [*texts, "" if evidence.randomised or evidence.untreated else UNCONTROLLED]


def _better(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    difference = evidence.difference
    if difference is None or evidence.too_few:
        return []
    return [f"Difference {say_size(difference, 'points')}.", say_importance(evidence), say_response(material, evidence)]


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
    if evidence.response is None:
        return ""
    difference = f"difference {say_size(evidence.response, 'percentage points', 100)}"
    if evidence.response_rates is None:
        return f"Response: {difference}."
    rates = " v ".join(f"{fixed(100 * rate, 0)}%" for rate in evidence.response_rates)
    return f"Response: {rates}, {difference}."


def _whom(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    texts = []
    for group in evidence.subgroups:
        if group.differs:
            levels = [f"{level.name}: {_signed(level.difference)}" for level in group.levels if level.difference]
            texts.append(
                f"{group.label}, {'; '.join(levels)}; P for interaction {p_value(group.p, sign=True)}, exploratory."
            )
    others = [_lower(group.label) for group in evidence.subgroups if not group.differs]
    if others:
        texts.append(f"{'No such evidence for' if texts else 'Examined:'} {enumerate_words(others)}.")
    return texts


def _signed(estimate: Estimate | None) -> str:
    return "" if estimate is None else f"{fixed(estimate.value)} ({interval(estimate.lower, estimate.upper)})"


def _sure(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    texts: list[str] = []
    if evidence.difference is None or evidence.too_few:
        return texts
    if evidence.analyses:
        values = sorted(one.value for one in evidence.analyses)
        texts.append(
            f"{count(len(values))} other valid analyses give {fixed(values[0])} to {fixed(values[-1])} points."
        )
    if evidence.tipping is not None:
        texts.append(
            f"Missing scores would have to be {fixed(evidence.tipping)} points worse than expected to make the interval include no difference."
        )
    if not evidence.randomised:
        texts.append("Unmeasured differences between the groups remain possible.")
    return texts


def _check(material: Material, evidence: Evidence, words: Mapping[str, str]) -> tuple[Check, ...]:
    """Return the five checks of how sure the answer is."""
    if evidence.difference is None or evidence.too_few:
        return ()
    sign = evidence.difference.value > 0
    agree = sum((one.value > 0) == sign for one in evidence.analyses)
    checks = [
        Check(
            evidence.difference.excludes_zero,
            f"Interval {'excludes' if evidence.difference.excludes_zero else 'includes'} no difference",
        )
    ]
    if evidence.analyses:
        checks.append(
            Check(agree == len(evidence.analyses), f"{agree} of {len(evidence.analyses)} valid analyses agree")
        )
    if evidence.missing is not None:
        shares = " v ".join(f"{fixed(100 * share, 0)}%" for share in evidence.missing)
        checks.append(
            Check(abs(evidence.missing[0] - evidence.missing[1]) <= UNEQUAL, f"No {words['place']} score: {shares}")
        )
    e_value = "" if evidence.e_value is None else f": E-value {fixed(evidence.e_value)}"
    checks.append(Check(evidence.randomised, "Randomized" if evidence.randomised else f"Not randomized{e_value}"))
    checks.append(Check(evidence.locked, f"Analysis plan {'' if evidence.locked else 'not '}locked"))
    return tuple(checks)


def _safe(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    """Return how many had any event, the events that differ (else the most frequent), and how many had a severe one."""
    safety = evidence.safety
    if safety is None:
        return []
    effects = (*safety.heads_differ, *safety.differing) or safety.effects[:MOST_EFFECTS]
    if not effects:
        return [""]
    said = [f"{one.name} {' v '.join(f'{fixed(100 * share, 0)}%' for share in one.shares)}" for one in effects]
    compared = list_compared(material.study)
    arms = [material.within(arm) for arm in compared] if len(compared) == len(effects[0].shares) else []
    text = "; ".join(said)
    return [f"With {' v '.join(arms)}: {text}." if arms else f"{text[:1].upper()}{text[1:]}."]


def say_effects(evidence: Evidence, most: int) -> str:
    """Return the adverse effects that differ between the compared arms, most unequal first: "dizziness 17% v 35%"; empty without one."""
    found = evidence.safety.differing if evidence.safety else ()
    chosen = sorted(found, key=lambda one: -abs(one.shares[0] - one.shares[-1]))[:most]
    return "; ".join(f"{one.name} {' v '.join(f'{fixed(100 * share, 0)}%' for share in one.shares)}" for one in chosen)


def _long(material: Material, evidence: Evidence, words: Mapping[str, str]) -> list[str]:
    follow_up = evidence.follow_up
    if follow_up is None or not follow_up.arms:
        return []
    each = [
        f"{fixed(100 * arm.share, 0)}% with {material.within(arm.arm)} ({count(arm.seen)} seen later)"
        for arm in follow_up.arms
        if not list_compared(material.study) or arm.arm in list_compared(material.study)
    ]
    return (
        [f"Of responders, seen then or not, {enumerate_words(each)} were in response at week {count(follow_up.week)}."]
        if each
        else []
    )


_SENTENCES: Mapping[str, Callable[[Material, Evidence, Mapping[str, str]], list[str]]] = {
    "works": _works,
    "better": _better,
    "whom": _whom,
    "sure": _sure,
    "safe": _safe,
    "long": _long,
}
