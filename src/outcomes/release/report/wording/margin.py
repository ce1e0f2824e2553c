"""Whether the primary difference lies within the declared margin, in words."""

from __future__ import annotations

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import general, interval
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.diagnosed_limitations import find_effect


def tell_margin(material: Material) -> str:
    """Return the answer to a declared margin of non-inferiority or equivalence; empty where none is declared.

    It is read off the interval of the primary difference: within the margin it is shown, beyond it shown not to be, else open. A
    difference that is not significant shows nothing of this kind.
    """
    comparison = material.study.comparison
    if comparison is None or comparison.estimand.margin is None:
        return ""
    estimand, margin = comparison.estimand, comparison.estimand.margin
    assert margin is not None
    effect = find_effect(material)
    asked = "Non-inferiority" if margin.kind == "non_inferiority" else "Equivalence"
    declared = f"{asked} within {general(margin.points)} points was declared ({margin.because.rstrip('.')})"
    if not effect:
        return f"{declared}; without a primary difference it cannot be answered."
    lower, upper = float(effect["lower"]), float(effect["upper"])
    sign = 1 if material.study.instrument(estimand.instrument).higher_is_worse else -1
    low, high = sorted((sign * lower, sign * upper))  # positive: worse under the treated arm
    treated, reference = material.within(estimand.treated), material.within(estimand.reference)
    bounds = f"the {COVERED} interval ({interval(lower, upper, 'estimate')})"
    if margin.kind == "non_inferiority":
        if high < margin.points:
            verdict = f"shown: {bounds} leaves out that {treated} is {general(margin.points)} points or more worse than {reference}"
        elif low > margin.points:
            verdict = f"refuted: {bounds} lies beyond the margin, {treated} being worse"
        else:
            verdict = f"not shown: {bounds} reaches past the margin, so that neither answer is excluded"
    elif -margin.points < low and high < margin.points:
        verdict = f"shown: {bounds} lies within the margin to either side"
    elif low > margin.points or high < -margin.points:
        verdict = f"refuted: {bounds} lies beyond the margin"
    else:
        verdict = f"not shown: {bounds} reaches past the margin, so that neither answer is excluded"
    return f"{declared}. It is {verdict}."
