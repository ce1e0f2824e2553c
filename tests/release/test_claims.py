"""Claims are answered by the declared rule, from released numbers alone, and a number that is not there answers nothing."""

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from outcomes.release.claims.answer import answer_claims
from outcomes.release.claims.known import list_claims, read_claims
from outcomes.release.claims.verdict import REFUTED, SUPPORTED, UNSAID, Evidence, find_region, judge
from outcomes.release.figures.plans.claims import plan_claims
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.claims import show_claims
from outcomes.settings import read_study
from outcomes.settings.claims import Claim

ROOT = Path(__file__).parents[2]
NAN = float("nan")


def claim(**changes):
    base = {"id": "x", "page": "p", "words": "w", "quantity": "induction"}
    return Claim.model_validate(base | changes)


def found(estimate, lower, upper, n=100.0):
    return Evidence(estimate, lower, upper, n, "of all")


@pytest.mark.parametrize(
    ("region", "bounds", "verdict"),
    [
        ((60, 70), (62, 68), SUPPORTED),
        ((60, 70), (55, 75), SUPPORTED),  # five points beyond either end
        ((60, 70), (54, 72), UNSAID),
        ((60, 70), (40, 59), REFUTED),
        ((60, 70), (71, 90), REFUTED),
        ((50, 50), (44, 56), SUPPORTED),  # one number: 45 to 55
        ((50, 50), (36, 44), REFUTED),
        ((None, None), (50.5, 100), SUPPORTED),  # a majority
        ((None, None), (30, 50), REFUTED),  # half is none
        ((None, None), (30, 70), UNSAID),
    ],
)
def test_the_rule(region, bounds, verdict):
    low, high = region
    assert judge(claim(low=low, high=high), [found(sum(bounds) / 2, *bounds)]).word == verdict


@pytest.mark.parametrize(
    ("bounds", "verdict"), [((-3, -1), SUPPORTED), ((-3, 0.5), UNSAID), ((0, 2), REFUTED), ((1, 2), REFUTED)]
)
def test_a_difference_is_answered_by_its_side(bounds, verdict):
    assert judge(claim(quantity="difference"), [found(0, *bounds)]).word == verdict


def test_two_denominators_have_to_agree():
    high, low = found(60, 55, 65), found(40, 36, 44)
    assert judge(claim(), [high, high]).word == SUPPORTED
    assert judge(claim(), [low, low]).word == REFUTED
    told = judge(claim(), [high, low])
    assert (told.word, told.why) == (UNSAID, "it depends on those not seen")
    above, below = found(80, 75, 85), found(45, 40, 50)
    told = judge(
        claim(low=60, high=70), [below, above]
    )  # of all treated and of those seen: what is claimed lies between
    assert (told.word, told.why) == (UNSAID, "it depends on those not seen")
    assert judge(claim(low=60, high=70), [below, below]).word == REFUTED


def test_few_patients_undefined_terms_and_nothing_are_unsaid():
    assert judge(claim(), [found(90, 80, 95, n=29)]).why == "fewer than 30 patients"
    assert judge(claim(unsaid="no definition"), [found(90, 80, 95)]).why == "no definition"
    assert judge(claim(), [], "too few to report").why == "too few to report"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"low": 3}, "both low and high"),
        ({"low": 9, "high": 3}, "low is above high"),
        ({"quantity": "none"}, "why nothing answers it"),
        ({"quantity": "held"}, "needs a time"),
        ({"quantity": "response", "time": "day 28"}, "needs an axis"),
    ],
)
def test_an_incomplete_claim_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        claim(**changes)


def test_the_known_claims_are_read_and_none_has_a_name_twice():
    names = [one.id for one in read_claims()]
    assert len(names) == len(set(names)) == 21
    assert find_region(next(one for one in read_claims() if one.id == "six-weeks")) == (45, 55)


@pytest.fixture(scope="module")
def study():
    return read_study(ROOT / "config" / "example.yaml")


def with_report(study, **changes):
    return study.model_copy(update={"report": study.report.model_copy(update=changes)})


def test_a_study_adds_replaces_and_does_without(study):
    own = claim(id="six-weeks", words="40% respond", quantity="onset", axis="day", time="42", low=40, high=40)
    more = claim(id="mine", route="esketamine")
    found_there = list_claims(with_report(study, claims=(own, more)))
    assert len(found_there) == 22
    assert next(one for one in found_there if one.id == "six-weeks").words == "40% respond"
    assert list_claims(with_report(study, claims=(more,), known_claims=False)) == (more,)


def make_tables():
    """Released tables of the IV arm: numbers, a bound, and a time at which questions cannot tell."""
    onset = {"instrument": "phq9", "endpoint": "response", "onset": "first", "axis": "day", "time": 42.0, "arm": "iv"}
    onset |= {"patients": 445, "proportion": 0.5, "lower": 0.47, "upper": 0.54}
    onset |= {"probability": 0.51, "probability_lower": 0.48, "probability_upper": 0.56}
    late = {"arm": "iv", "instrument": "phq9", "session": 6.0, "went_on": 75, "looked": 70, "responded": NAN}
    late |= {"proportion": NAN, "lower": NAN, "upper": NAN}
    looks = {
        "arm": "iv",
        "instrument": "phq9",
        "window": "72 hours",
        "answerable": False,
        "patients": 445,
        "scored": 205,
    }
    dose = {"arm": "iv", "session": "1", "patients": 400, "outside": 100}
    effect = {"axis": "day", "timepoint": "day 28", "variance": "cr2", "estimate": -1.9, "lower": -2.7, "upper": -1.0}
    effect |= {"n_treated": 435, "n_reference": 505}
    induction = {"arm": "iv", "milestone": "induction completed", "patients": 20, "proportion": 0.9}
    induction |= {"lower": 0.7, "upper": 0.99}
    rows = {
        "onset": onset,
        "late_response": late,
        "onset_looks": looks,
        "dose": dose,
        "effects": effect,
        "exposure": induction,
    }
    return {name: pd.DataFrame([row]) for name, row in rows.items()}


@pytest.mark.parametrize(
    ("name", "word", "why"),
    [
        ("six-weeks", SUPPORTED, ""),
        ("after-six", UNSAID, "too few to report"),
        ("within-72-hours", UNSAID, "look back 14 days"),
        ("dose", SUPPORTED, ""),  # 300 of 400
        ("nasal", SUPPORTED, ""),
        ("series", UNSAID, "fewer than 30 patients"),
        ("ideation", UNSAID, "not measured"),
        ("three-months", UNSAID, "not measured"),
        ("therapy", UNSAID, "causal"),
    ],
)
def test_answers_from_released_tables(study, name, word, why):
    answer = next(one for one in answer_claims(make_tables(), study) if one.claim.id == name and one.arm == "iv")
    assert answer.verdict.word == word
    assert why in answer.verdict.why


def test_the_difference_is_turned_with_the_arms(study):
    estimand = study.comparison.estimand.model_copy(update={"treated": "esketamine", "reference": "iv"})
    turned = study.model_copy(update={"comparison": study.comparison.model_copy(update={"estimand": estimand})})
    answer = next(one for one in answer_claims(make_tables(), turned) if one.claim.id == "nasal")
    assert (answer.evidence[0].lower, answer.evidence[0].upper) == (1.0, 2.7)
    assert answer.verdict.word == REFUTED


def test_claims_about_treatments_that_nobody_had_are_left_out(study):
    only = study.model_copy(update={"arms": tuple(arm for arm in study.arms if arm.id == "esketamine")})
    assert {one.claim.route for one in answer_claims({}, only)} == {"any"}
    assert show_claims(gather({}, with_report(only, known_claims=False), {}), Path()).empty


def test_section_and_figure_say_the_same(study):
    tables = {name: table for name, table in make_tables().items() if name != "effects"}
    section = show_claims(gather(tables, study, {}), Path())
    grid = section.blocks[-1]
    verdicts = [row[-1].text.split(":")[0] for row in grid.rows]
    assert verdicts == [one.verdict.word for one in answer_claims(tables, study)]
    plan = plan_claims(tables, study)[0]
    assert plan.data["verdict"].tolist() == [SUPPORTED, SUPPORTED, SUPPORTED, UNSAID]
    assert plan.data["low"].tolist() == [45, 45, 50, 50]
