"""The conclusion of the abstract: what the numbers allow to be said under the declared design, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.report.content.grids import enumerate_words, index_rows
from outcomes.release.report.content.material import Material, is_randomised
from outcomes.release.report.wording.comparison_result import (
    find_imputed_response,
    find_response,
    say_arms,
    say_direction,
    say_no_difference,
    say_place,
)
from outcomes.release.report.wording.data_warnings import unconverged
from outcomes.release.report.wording.diagnosed_limitations import excludes_zero, find_effect

RANDOMISED = {
    "randomised": "Chance decided the arm, so the difference estimates what being assigned to it did, as far as the missing "
    "scores allow.",
    "crossover": "Every patient was to have each arm, so the difference estimates what the arm did, as far as carry-over "
    "from the arm before and the missing scores allow.",
}
CHOSEN = "It is adjusted for what was measured; whether it is what the treatment did, these data cannot show."
UNDECLARED = "How patients came into their arm is not declared, so differences between arms are not interpreted."


def conclude(material: Material) -> str:
    """Return the conclusion; a design that is not declared gives the most restrained one."""
    if material.study.series.origin == "none":
        return "Each person is seen once: the numbers describe, and say nothing about change."
    sentences = [_course(material), _difference(material), _unusable(material)]
    return " ".join(sentence for sentence in sentences if sentence)


def say_caveat(material: Material) -> str:
    """Return what a difference between the arms means under the declared design."""
    if len(material.arms) < 2 or material.study.series.origin == "none":
        return ""
    if is_randomised(material):
        return RANDOMISED[str(material.study.report.design)]
    if material.study.report.design == "observational":
        return "Arms were chosen, not assigned: whether a difference between them is what the treatment did, these data cannot show."
    return UNDECLARED


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
    if len(sides["lower"]) == len(material.arms) > 1:
        words = "lower in every arm"
    if not words:
        return "What could be seen of the course is withheld."
    text = (
        f"Mean {material.instrument(material.primary)} scores of those observed at {material.timepoint(*material.headline)} "
        f"were {words} than those of all with a score at baseline, not a comparison within the same patients"
    )
    return f"{text}." if is_randomised(material) else f"{text}; that does not say what treatment did."


def _difference(material: Material) -> str:
    """Read the primary difference as far as the design allows."""
    design = str(material.study.report.design)
    effect = find_effect(material)
    if not effect:
        if len(material.arms) < 2:
            return ""
        if material.study.comparison is not None:
            return say_no_difference(material)
        if is_randomised(material):
            return f"No comparison of arms is declared; {RANDOMISED[design][:1].lower()}{RANDOMISED[design][1:]}"
        if design == "observational":
            return "Differences between arms are unadjusted unless they come from a model that says otherwise."
        return UNDECLARED
    if design not in (*RANDOMISED, "observational"):
        return f"{_direction(material, effect)} {UNDECLARED}"
    sentences = [_direction(material, effect), RANDOMISED.get(design, CHOSEN), say_contrary(material)]
    return " ".join(sentence for sentence in sentences if sentence)


def _direction(material: Material, effect: Mapping[str, Any]) -> str:
    """Say which arm fell further, or that the interval holds either; by the numbers alone."""
    if not excludes_zero(effect):
        return f"The interval of the difference in {say_place(material)}, {say_arms(material)}, includes zero: neither arm stands out."
    return f"{say_place(material)} {say_direction(material, effect)}."


def say_contrary(material: Material) -> str:
    """Say that response of all who started favours the other arm, where both intervals exclude zero."""
    comparison, effect = material.study.comparison, find_effect(material)
    if comparison is None or not effect:
        return ""
    row = find_response(material, "started")
    if not row or not excludes_zero(effect) or row["difference_lower"] <= 0 <= row["difference_upper"]:
        return ""
    worse = material.study.instrument(comparison.estimand.instrument).higher_is_worse
    better = (effect["estimate"] < 0) == worse
    if better == (row["difference"] > 0):
        return ""
    arms = [material.within(arm) for arm in (comparison.estimand.treated, comparison.estimand.reference)]
    others = {
        "of those observed": find_response(material, "observed").get("difference"),
        "with missing scores imputed": find_imputed_response(material).get("estimate"),
    }
    ways: dict[str, list[str]] = {}
    for words, value in others.items():
        if value is not None:
            ways.setdefault(_frequent(value), []).append(words)
    beside = "".join(f", {way} frequent {' and '.join(each)}" for way, each in ways.items())
    return (
        f"With a missing score as no response, response was {_frequent(row['difference'])} frequent under {arms[0]} than under "
        f"{arms[1]}{beside}: which arm looks better depends on how missing scores are taken."
    )


def _frequent(difference: float) -> str:
    return "less" if difference < 0 else "more"


def _unusable(material: Material) -> str:
    names = unconverged(material.tables)
    return f"Nothing is concluded from the models that did not converge ({', '.join(names)})." if names else ""
