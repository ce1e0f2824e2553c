"""The result of the declared comparison in words, from the released effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import WITHHELD, fixed, interval, signed
from outcomes.release.report.diagnostics import find_effect, list_other_differences
from outcomes.release.report.material import Material

WEIGHTS = {
    "overlap": "overlap weights",
    "att": "weights for those treated",
    "ate": "weights for all",
    "none": "no weights",
}

AT_RANDOM, RISK = "imputed_mar", "risk difference"  # an analysis and a scale of the imputations
DENOMINATORS = {"started": "all who started, a missing score counting as none", "observed": "those observed"}


def state_result(material: Material) -> list[str]:
    """Return the primary difference, its other interval, and how far the other analyses of it reach."""
    if material.study.comparison is None or material.rows("effects").empty:
        return []
    texts = [_difference(material)]
    if find_effect(material):
        texts += [_variance(material), _range(material), state_response(material)]
    return [text for text in texts if text]


def say_difference(material: Material, effect: Mapping[str, Any]) -> str:
    """Return "−1.9 points (95 % CI −2.7 to −1.0)"."""
    return f"{fixed(effect['estimate'], 'estimate')} points ({COVERED} CI {interval(effect['lower'], effect['upper'], 'estimate')})"


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


def say_way(material: Material) -> str:
    """Return how the primary difference is adjusted, in a word."""
    assert material.study.comparison is not None
    return "adjusted" if material.study.comparison.weights == "none" else "weighted"


def order_arms(material: Material, effect: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the arm that changed more for the better, the other, and on which side of the baseline better is."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    worse = material.study.instrument(estimand.instrument).higher_is_worse
    arms = material.within(estimand.treated), material.within(estimand.reference)
    better, other = arms if (effect["estimate"] < 0) == worse else arms[::-1]
    return better, other, "below" if worse else "above"


def state_response(material: Material) -> str:
    """Return the difference in response at the place of the primary difference, by both denominators and with missing scores imputed."""
    parts = []
    for population, words in DENOMINATORS.items():
        row = find_response(material, population)
        if row:
            bounds = interval(row["difference_lower"], row["difference_upper"], factor=100)
            value = signed(100 * row["difference"], "percent")
            parts.append(f"{value} percentage points ({COVERED} CI {bounds}) of {words}")
    if not parts:
        return ""
    imputed = say_imputed_response(material)
    parts += [f"{imputed} of all, missing scores imputed at random"] if imputed else []
    return f"Difference in response at {_when(material)}, {_way(material)}: {'; '.join(parts)}."


def _when(material: Material) -> str:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return material.timepoint(estimand.axis, estimand.timepoint)


def say_imputed_response(material: Material) -> str:
    """Return "+0.4 percentage points (95 % CI −7.0 to 7.9)": the difference in response with missing scores imputed at random."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    place = {"endpoint": "response", "scale": RISK, "axis": estimand.axis, "timepoint": estimand.timepoint}
    row = material.one("imputations", **place, analysis=AT_RANDOM)
    if not row or pd.isna(row["estimate"]):
        return ""
    value, bounds = signed(100 * row["estimate"], "percent"), interval(row["lower"], row["upper"], factor=100)
    return f"{value} percentage points ({COVERED} CI {bounds})"


def _way(material: Material) -> str:
    assert material.study.comparison is not None
    return "unadjusted" if material.study.comparison.weights == "none" else "weighted"


def find_response(material: Material, population: str) -> dict[str, Any]:
    """Return the difference in response, weighted as declared, where the primary difference is; empty where there is none or it is withheld."""
    if material.study.comparison is None:
        return {}
    estimand = material.study.comparison.estimand
    place = {"axis": estimand.axis, "timepoint": estimand.timepoint}
    row = material.one("risks", **place, endpoint="response", population=population, method=_way(material))
    return row if row and pd.notna(row["difference"]) and pd.notna(row["difference_lower"]) else {}


def _difference(material: Material) -> str:
    effect = find_effect(material)
    result = say_difference(material, effect) if effect else WITHHELD
    assert material.study.comparison is not None
    worse = material.study.instrument(material.study.comparison.estimand.instrument).higher_is_worse
    reading = "a larger fall" if worse else "a smaller rise"
    return f"Change in {say_place(material)}, {say_arms(material)}: {result}; negative is {reading}."


def _variance(material: Material) -> str:
    comparison = material.study.comparison
    assert comparison is not None
    known = "" if comparison.weights == "none" else ", which takes the weights as known"
    text = f"The interval is from a sandwich clustered by patient{known}."
    estimand = comparison.estimand
    row = material.one("effects", axis=estimand.axis, timepoint=estimand.timepoint, variance="bootstrap")
    if row and pd.notna(row["lower"]):
        bounds = interval(row["lower"], row["upper"], "estimate")
        text += f" With patients resampled and the weights estimated in each sample it is {bounds}."
    return text


def _range(material: Material) -> str:
    rows = list_other_differences(material)
    if not rows:
        return ""
    found = [row["estimate"] for row in rows]
    return (
        f"Done in every other way declared (table of the other analyses), the difference lies between {fixed(min(found), 'estimate')} and "
        f"{fixed(max(found), 'estimate')} points."
    )
