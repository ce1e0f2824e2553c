"""A declared margin is answered from the interval of the primary difference, in words."""

import pytest
from released_cases import make_compared

from outcomes.release.report.content.material import gather
from outcomes.release.report.wording.margin import tell_margin
from outcomes.settings.estimand import Margin


def tell(kind, lower, upper, points=2.0):
    tables, study = make_compared()
    effects = tables["effects"].assign(lower=lower, upper=upper)
    estimand = study.comparison.estimand.model_copy(
        update={"margin": Margin(kind=kind, points=points, because="so much is not noticed")}
    )
    comparison = study.comparison.model_copy(update={"estimand": estimand})
    return tell_margin(gather({**tables, "effects": effects}, study.model_copy(update={"comparison": comparison}), {}))


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
