"""Whether the primary difference lies within the declared margin, in words."""

from __future__ import annotations

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import general, interval
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.estimate import Estimate, read_estimate
from outcomes.release.report.wording.primary_effect import find_effect
from outcomes.settings.estimand import Margin

ASKED = {"non_inferiority": "Non-inferiority", "equivalence": "Equivalence"}


def tell_margin(material: Material) -> str:
    """Return the answer to a declared margin of non-inferiority or equivalence; empty where none is declared.

    It is read off the interval of the primary difference: within the margin it is shown, beyond it shown not to be, else open. A
    difference that is not significant shows nothing of this kind.
    """
    comparison = material.study.comparison
    if comparison is None or comparison.estimand.margin is None:
        return ""
    margin = comparison.estimand.margin
    declared = (
        f"{ASKED[margin.kind]} within {general(margin.points)} points was declared ({margin.because.rstrip('.')})"
    )
    difference = read_estimate(find_effect(material))
    if difference is None:
        return f"{declared}; without a primary difference it cannot be answered."
    worse = material.study.instrument(comparison.estimand.instrument).higher_is_worse
    answer = difference.answer(margin, worse)
    bounds = f"the {COVERED} interval ({interval(difference.lower, difference.upper, 'estimate')})"
    return f"{declared}. It is {answer}: {bounds} {say_reach(material, margin, difference, worse)}."


def say_reach(material: Material, margin: Margin, difference: Estimate, worse: bool) -> str:
    """Return what the interval of a difference leaves out of a margin, to stand behind "the interval"."""
    answer, comparison = difference.answer(margin, worse), material.study.comparison
    assert comparison is not None
    treated, reference = (material.within(arm) for arm in (comparison.estimand.treated, comparison.estimand.reference))
    if answer == "not shown":
        return "reaches past the margin, so that neither answer is excluded"
    if margin.kind == "equivalence":
        return "lies within the margin to either side" if answer == "shown" else "lies beyond the margin"
    if answer == "shown":
        return f"leaves out that {treated} is {general(margin.points)} points or more worse than {reference}"
    return f"lies beyond the margin, {treated} being worse"
