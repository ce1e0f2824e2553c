"""A declared margin is answered from the interval of the primary difference, in words."""

import pytest
from released_cases import make_compared

from outcomes.release.report.content.material import gather
from outcomes.release.report.page_one.answers import answer_questions
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.sections.abstract import write_abstract
from outcomes.release.report.wording.margin import tell_margin
from outcomes.settings.estimand import Margin


def gather_margin(kind, lower, upper, points=2.0):
    tables, study = make_compared()
    effects = tables["effects"].assign(lower=lower, upper=upper)
    estimand = study.comparison.estimand.model_copy(
        update={"margin": Margin(kind=kind, points=points, because="so much is not noticed")}
    )
    comparison = study.comparison.model_copy(update={"estimand": estimand})
    return gather({**tables, "effects": effects}, study.model_copy(update={"comparison": comparison}), {})


def tell(kind, lower, upper):
    return tell_margin(gather_margin(kind, lower, upper))


@pytest.mark.parametrize(
    ("kind", "bounds", "said"),
    [
        ("non_inferiority", (-3.0, 1.9), "It is shown: the 95% interval (−3.00 to 1.90) leaves out"),
        ("non_inferiority", (-1.0, 2.0), "It is not shown"),
        ("non_inferiority", (2.1, 4.0), "It is refuted"),
        ("non_inferiority", (-9.0, -3.0), "It is shown"),  # better than that is no reason against it
        ("equivalence", (-1.9, 1.9), "It is shown"),
        ("equivalence", (-2.1, 1.0), "It is not shown"),
        ("equivalence", (-1.0, 2.1), "It is not shown"),
        ("equivalence", (-5.0, -2.1), "It is refuted"),
        ("equivalence", (2.1, 5.0), "It is refuted"),
    ],
)
def test_the_interval_answers(kind, bounds, said):
    text = tell(kind, *bounds)
    assert said in text
    assert "so much is not noticed" in text


def test_without_a_margin_nothing_is_said():
    tables, study = make_compared()
    assert tell_margin(gather(tables, study, {})) == ""


def test_a_high_score_may_be_good(monkeypatch):
    _, study = make_compared()
    instrument = study.instrument(study.comparison.estimand.instrument)
    good = instrument.model_copy(update={"higher_is_worse": False, "remission_maximum": None})
    monkeypatch.setattr(type(study), "instrument", lambda self, name: good)
    assert "It is shown" in tell("non_inferiority", -1.9, 3.0)
    assert "It is refuted" in tell("non_inferiority", -4.0, -2.1)


@pytest.mark.parametrize(
    ("kind", "bounds", "verdict"),
    [
        ("non_inferiority", (-3.0, 1.9), "Non-inferiority shown."),
        ("non_inferiority", (-1.0, 2.0), "Non-inferiority not shown."),
        ("equivalence", (2.1, 5.0), "Equivalence refuted."),
    ],
)
def test_page_one_and_the_abstract_answer_what_was_declared(kind, bounds, verdict):
    """They spoke of superiority alone: "no conclusion" where the supplement said that non-inferiority was shown."""
    material = gather_margin(kind, *bounds)
    answers = {answer.row: answer for answer in answer_questions(material, gather_evidence(material))}
    assert answers["better"].verdict == verdict
    assert "Declared margin: 2 points. The interval " in answers["better"].text
    assert answers["sure"].verdict in (
        "Valid analyses answer this differently.",
        "The same answer in all analyses, but not proof.",
    )
    abstract = " ".join(
        text for block in write_abstract(material).blocks for text in getattr(block, "texts", [str(block)])
    )
    assert verdict.replace(" ", " was ", 1).rstrip(".") + " within the declared margin." in abstract
