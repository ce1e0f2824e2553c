"""The conclusion of the abstract: what the numbers allow to be said under the declared design, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.report.attention import unconverged
from outcomes.release.report.diagnostics import excludes_zero, find_effect
from outcomes.release.report.grids import enumerate_words, index_rows
from outcomes.release.report.material import Material, is_randomised
from outcomes.release.report.statement import find_response, say_arms, say_place

RANDOMISED = {
    "randomised": "Chance decided the arm, so the difference estimates what being assigned to it did, as far as the missing "
    "scores allow.",
    "crossover": "Every patient was to have each arm, so the difference estimates what the arm did, as far as carry-over "
    "from the arm before and the missing scores allow.",
}
CHOSEN = (
    "It is adjusted for what was measured; it is what the treatment did only if nothing else that bears on the outcome bore "
    "on the choice, which these data cannot show."
)
UNDECLARED = "How patients came into their arm is not declared, so differences between arms are not interpreted."


def conclude(material: Material) -> str:
    """Return the conclusion; a design that is not declared gives the most restrained one."""
    if material.study.series.origin == "none":
        return "Each person is seen once: the numbers describe, and say nothing about change."
    sentences = [_course(material), _difference(material), _unusable(material)]
    return " ".join(sentence for sentence in sentences if sentence)


def _course(material: Material) -> str:
    """Say in which arms the mean is better at the headline time point than at baseline."""
    if material.headline is None:
        return ""
    cells = index_rows(material.rows("scores", instrument=material.primary), "axis", "timepoint", "arm")
    baseline = next((key[:2] for key in cells if key[0] == "baseline"), None)
    sides: dict[str, list[str]] = {"lower": [], "not lower": []}
    for arm in material.arms:
        before = cells.get((*baseline, arm), {}).get("mean") if baseline else None
        after = cells.get((*material.headline, arm), {}).get("mean")
        if before is not None and after is not None and pd.notna(before) and pd.notna(after):
            sides["lower" if after < before else "not lower"].append(material.within(arm))
    words = " and ".join(f"{side} under {enumerate_words(arms)}" for side, arms in sides.items() if arms)
    if not words:
        return "What could be seen of the course is withheld."
    text = (
        f"Mean {material.instrument(material.primary)} scores of those observed at {material.timepoint(*material.headline)} "
        f"were {words} than at baseline."
    )
    if is_randomised(material):
        return text
    return f"{text} That describes what was observed, and does not say what treatment did."


def _difference(material: Material) -> str:
    """Read the primary difference as far as the design allows."""
    design = str(material.study.report.design)
    effect = find_effect(material)
    if not effect:
        if len(material.arms) < 2:
            return ""
        if is_randomised(material):
            return f"No comparison of arms is declared; {RANDOMISED[design][:1].lower()}{RANDOMISED[design][1:]}"
        if design == "observational":
            return "Differences between arms are unadjusted unless they come from a model that says otherwise."
        return UNDECLARED
    if design not in (*RANDOMISED, "observational"):
        return f"{_direction(material, effect)} {UNDECLARED}"
    sentences = [_direction(material, effect), RANDOMISED.get(design, CHOSEN), _contrary(material, effect)]
    return " ".join(sentence for sentence in sentences if sentence)


def _direction(material: Material, effect: Mapping[str, Any]) -> str:
    """Say which arm fell further, or that the interval holds either; by the numbers alone."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    treated, reference = material.within(estimand.treated), material.within(estimand.reference)
    if not excludes_zero(effect):
        return f"The interval of the difference in {say_place(material)}, {say_arms(material)}, includes zero: neither arm stands out."
    more, less = (treated, reference) if effect["estimate"] < 0 else (reference, treated)
    return f"{say_place(material)} lay further below baseline under {more} than under {less}, by an interval that excludes zero."


def _contrary(material: Material, effect: Mapping[str, Any]) -> str:
    """Say that response of all who started favours the other arm, where both intervals exclude zero."""
    comparison = material.study.comparison
    assert comparison is not None
    row = find_response(material, "started")
    if not row or not excludes_zero(effect) or row["difference_lower"] <= 0 <= row["difference_upper"]:
        return ""
    worse = material.study.instrument(comparison.estimand.instrument).higher_is_worse
    better = (effect["estimate"] < 0) == worse
    if better == (row["difference"] > 0):
        return ""
    less = "less" if row["difference"] < 0 else "more"
    arms = [material.within(arm) for arm in (comparison.estimand.treated, comparison.estimand.reference)]
    return (
        f"Response of all who started, a missing score counting as none, was {less} frequent under {arms[0]} than under "
        f"{arms[1]}: which arm looks better depends on how missing scores are taken."
    )


def _unusable(material: Material) -> str:
    names = unconverged(material.tables)
    return f"Nothing is concluded from the models that did not converge ({', '.join(names)})." if names else ""
