"""The result of the declared comparison in words, from the released effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import fixed, interval, signed
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.denominators import say_not_cautious
from outcomes.release.report.wording.other_analyses import state_range, state_worst_binary
from outcomes.release.report.wording.primary_effect import find_effect

RISK = "risk difference"  # a scale of the imputations
DENOMINATORS = {"observed": "complete cases"}


def state_result(material: Material) -> list[str]:
    """Return the primary difference, its other interval, and how far the other analyses of it reach."""
    if material.study.comparison is None or material.rows("effects").empty:
        return []
    texts = [_difference(material)]
    if find_effect(material):
        texts += [_variance(material), state_range(material), state_response(material), state_worst_binary(material)]
    return [text for text in texts if text]


def say_difference(material: Material, effect: Mapping[str, Any]) -> str:
    """Return "−1.9 points (95% CI −2.7 to −1.0)"."""
    return f"{fixed(effect['estimate'], 'estimate')} points ({COVERED} CI {interval(effect['lower'], effect['upper'], 'estimate')})"


def say_no_difference(material: Material) -> str:
    """Return why a declared comparison has no primary difference to show; empty where it has one or none is declared."""
    if material.study.comparison is None or find_effect(material):
        return ""
    estimand = material.study.comparison.estimand
    row = material.one("effects", axis=estimand.axis, timepoint=estimand.timepoint, variance="cr2")
    if row.get("withheld"):
        why = f"cannot be shown: it would reveal a count below {material.study.privacy.minimum_cell}"
    else:
        why = "could not be estimated: see the limitations"
    return f"The primary difference ({_when(material)}) {why}."


def say_left_out(material: Material) -> str:
    """Return that a declared comparison was not made, and why; empty where it was, or none is declared."""
    if material.left_out is None:
        return ""
    arms = " and ".join(map(material.within, material.left_out.pair))
    return f"The declared comparison of {arms} was not made, because {material.left_out.reason}."


def say_arms(material: Material, between: str = "minus") -> str:
    """Return the two arms that are compared, the reference last, as they stand within a sentence."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return f"{material.within(estimand.treated)} {between} {material.within(estimand.reference)}"


def say_place(material: Material) -> str:
    """Return instrument and time point of the primary difference."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return f"{material.instrument(estimand.instrument)} at {material.timepoint(estimand.axis, estimand.timepoint)}"


def state_response(material: Material, caution: bool = True) -> str:
    """Return the difference in the declared binary endpoint at the place of the primary difference: imputed, of complete cases, of all treated patients, and a caution."""
    assert material.study.comparison is not None
    binary = material.study.comparison.estimand.binary
    imputed = say_imputed_response(material)
    parts = [f"{imputed} of all, missing scores {binary.imputed}"] if imputed else []
    for population, words in DENOMINATORS.items():
        row = find_response(material, population)
        if row:
            bounds = interval(row["difference_lower"], row["difference_upper"], factor=100)
            value = signed(100 * row["difference"], "percent")
            told = f"{value} percentage points ({COVERED} CI {bounds})"
            parts.append(f"Of {words}: {told}" if parts else f"{told} of {words}")
    if not parts:
        return ""
    warning = warn_difference(material) if caution and find_response(material, "started") else ""
    said = f"Difference in {binary.endpoint} at {_when(material)}, {_way(material)}: {parts[0]}. {' '.join(f'{part}.' for part in parts[1:])}"
    return f"{said.strip()} {warning}".strip()


def warn_difference(material: Material) -> str:
    """Return that a difference of all treated patients is not cautious, with the compared arms' shares without a score."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    place = (estimand.axis, estimand.timepoint)
    return say_not_cautious(material, estimand.instrument, place, (estimand.treated, estimand.reference))


def _when(material: Material) -> str:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return material.timepoint(estimand.axis, estimand.timepoint)


def find_imputed_response(material: Material) -> dict[str, Any]:
    """Return the declared difference in response or remission, of everyone with missing scores imputed; empty where there is none.

    It is the one of page 1, ``risks``; ``imputations`` may round the same draws the other way.
    """
    if material.study.comparison is None:
        return {}
    declared = find_response(material, "everyone")
    if declared:
        ends = {"lower": declared["difference_lower"], "upper": declared["difference_upper"]}
        return {"estimate": declared["difference"]} | ends
    estimand = material.study.comparison.estimand
    place = {
        "endpoint": estimand.binary.endpoint,
        "scale": RISK,
        "axis": estimand.axis,
        "timepoint": estimand.timepoint,
    }
    row = material.one("imputations", **place, analysis=estimand.binary.missing)
    return row if row and pd.notna(row["estimate"]) and pd.notna(row["lower"]) else {}


def say_imputed_response(material: Material) -> str:
    """Return "+0.4 percentage points (95% CI −7.0 to 7.9)": the declared difference in response or remission, missing scores imputed."""
    row = find_imputed_response(material)
    if not row:
        return ""
    value, bounds = signed(100 * row["estimate"], "percent"), interval(row["lower"], row["upper"], factor=100)
    return f"{value} percentage points ({COVERED} CI {bounds})"


def _way(material: Material) -> str:
    assert material.study.comparison is not None
    return "unadjusted" if material.study.comparison.weights == "none" else "weighted"


def find_response(material: Material, population: str) -> dict[str, Any]:
    """Return the difference in the declared binary endpoint, weighted as declared, where the primary difference is; empty where there is none or it is withheld."""
    if material.study.comparison is None:
        return {}
    estimand = material.study.comparison.estimand
    place = {"axis": estimand.axis, "timepoint": estimand.timepoint}
    row = material.one(
        "risks", **place, endpoint=estimand.binary.endpoint, population=population, method=_way(material)
    )
    return row if row and pd.notna(row["difference"]) and pd.notna(row["difference_lower"]) else {}


def _difference(material: Material) -> str:
    effect = find_effect(material)
    if not effect:
        return say_no_difference(material)
    result = say_difference(material, effect)
    assert material.study.comparison is not None
    worse = material.study.instrument(material.study.comparison.estimand.instrument).higher_is_worse
    reading = "a larger fall or a smaller rise" if worse else "a smaller rise or a larger fall"
    treated = material.within(material.study.comparison.estimand.treated)
    return f"Change in {say_place(material)}, {say_arms(material)}: {result}. Negative is {reading} under {treated}."


def _variance(material: Material) -> str:
    comparison = material.study.comparison
    assert comparison is not None
    known = "" if comparison.weights == "none" else ", which takes the weights as known"
    floor = ", never narrower than by patient" if comparison.cluster == "site" else ""
    text = f"The interval is from a sandwich clustered by {comparison.cluster}{floor}{known}."
    estimand = comparison.estimand
    row = material.one("effects", axis=estimand.axis, timepoint=estimand.timepoint, variance="bootstrap")
    if row and pd.notna(row["lower"]):
        bounds = interval(row["lower"], row["upper"], "estimate")
        apart = ", patients of a site taken as independent" if comparison.cluster == "site" else ""
        text += f" With patients resampled and the weights estimated in each sample it is {bounds}{apart}."
    return text
