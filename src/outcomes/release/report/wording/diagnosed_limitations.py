"""Limitations that the diagnostics of the comparison and of the models give rise to, each from a released table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.analyses import describe_analysis, is_valid_analysis
from outcomes.release.arms import sort_by_arm
from outcomes.release.course import is_compared
from outcomes.release.definitions import APART, BALANCED, COVERED, EFFECTIVE
from outcomes.release.figures.plans.missing import EVERY_TIME
from outcomes.release.numbers import count, fixed, interval, percent
from outcomes.release.report.content.grids import enumerate_words, say, say_variable
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.model_terms import say_balanced, say_covariance
from outcomes.release.report.wording.primary_effect import excludes_zero, find_effect, has_few


@dataclass(frozen=True)
class Limitation:
    """What a reader should hold against the results: in full, in the few words of the abstract, and in detail for the supplement."""

    text: str
    brief: str = ""
    detail: str = ""


def list_diagnosed(material: Material) -> list[Limitation]:
    """Return the limitations that weights, positivity, missing scores, and convergence give rise to; briefly, of arms that are compared alone."""
    compared = [
        _positivity(material),
        _imbalance(material),
        _effective(material),
        _unweighted(material),
        _tipping(material),
        _jump(material),
        _leaving(material),
        _disagreement(material),
    ]
    if not is_compared(material.tables, material.study):
        compared = [replace(one, brief="") for one in compared if one is not None]
    found = [*compared, _unfitted(material), _fallback(material), _dropped(material)]
    return [limitation for limitation in found if limitation is not None]


def _positivity(material: Material) -> Limitation | None:
    rows = material.rows("positivity").dropna(subset=["variable"]) if len(material.rows("positivity")) else None
    if rows is None or rows.empty:
        return None
    strata = ", ".join(
        f"{say_variable(material, str(row['variable']))} {row['level']} (no {material.within(str(row['lacks']))})"
        for row in list_records(rows)
    )
    return Limitation(
        f"Positivity: in some strata one of the two arms was never given: {strata}. There the comparison rests on what holds "
        "in the others.",
        "in some groups of patients one arm was never given, so nothing is compared there directly",
    )


def _weighted(material: Material, table: str) -> pd.DataFrame:
    """Return the rows of the declared weights."""
    comparison = material.study.comparison
    rows = material.rows(table)
    return rows[rows["weights"] == comparison.weights] if comparison and len(rows) else rows.iloc[:0]


def _imbalance(material: Material) -> Limitation | None:
    rows = _weighted(material, "covariate_balance")
    rows = rows[rows["smd_after"].abs() > BALANCED] if len(rows) else rows
    if rows.empty:
        return None
    names = [
        say_variable(material, str(row["variable"]))
        + (f" {row['level']}" if pd.notna(row["level"]) and row["level"] else "")
        + f" {fixed(row['smd_after'], 'smd')}"
        for row in list_records(rows)
    ]
    varied = list(dict.fromkeys(say_balanced(str(name), partial(say_variable, material)) for name in rows["variable"]))
    return Limitation(
        f"Balance: after weighting the arms still differ by more than {BALANCED:g} standard deviations in {', '.join(names)}.",
        f"after weighting, the arms still differ in {enumerate_words(varied)}",
    )


def _effective(material: Material) -> Limitation | None:
    rows = _weighted(material, "weights")
    rows = rows[rows["effective_n"] < EFFECTIVE * rows["n"]] if len(rows) else rows
    if rows.empty:
        return None
    parts = ", ".join(
        f"{material.within(str(row['arm']))} {count(row['effective_n'])} of {count(row['n'])}"
        for row in list_records(rows)
    )
    return Limitation(
        f"Weights: they leave an effective sample of fewer than {100 * EFFECTIVE:g}% of the patients ({parts}). The "
        "arms differ in what decided the choice, so the result rests on fewer patients than were compared.",
        f"the groups overlap in part: the weighted comparison rests on effective samples below those compared ({parts})",
    )


def _unweighted(material: Material) -> Limitation | None:
    rows = _weighted(material, "weights")
    parts = []
    for row in list_records(rows):
        arm = material.within(str(row["arm"]))
        if pd.notna(row["truncated"]) and row["truncated"] > 0:
            parts.append(f"{count(row['truncated'])} weights of {arm} were truncated, which leaves some imbalance in")
        if pd.notna(row["without_weight"]) and row["without_weight"] > 0:
            parts.append(f"{count(row['without_weight'])} patients of {arm} have no weight and are left out")
    return Limitation(f"Weights: {'; '.join(parts)}.") if parts else None


def _tipping(material: Material) -> Limitation | None:
    """Say how much worse missing scores must be to change the answer, in the arm where it takes least."""
    effect, comparison = find_effect(material), material.study.comparison
    if not effect or comparison is None or not excludes_zero(effect) or has_few(effect):
        return None
    estimand = comparison.estimand
    rows = material.rows("sensitivity", endpoint="change", axis=estimand.axis, timepoint=estimand.timepoint)
    if rows.empty:
        return None
    points = {
        arm: rows.loc[rows["analysis"] == f"tipping_point_{side}", "estimate"].dropna()
        for side, arm in (("treated", estimand.treated), ("reference", estimand.reference))
    }
    known = {arm: float(values.iloc[0]) for arm, values in points.items() if len(values)}
    if not known:
        return None
    arm = min(known, key=lambda name: abs(known[name]))
    words = f"{fixed(abs(known[arm]))} points {'higher' if known[arm] > 0 else 'lower'}"
    return Limitation(
        f"Missing scores: were those of {material.within(arm)} on average {words} than the model expects, the "
        f"{COVERED} interval of the primary difference would include zero.",
        f"if missing scores with {material.within(arm)} were {words} than expected, the interval would include zero",
    )


def _jump(material: Material) -> Limitation | None:
    """Say what the difference would be if those who left the treated arm had lost what the treatment gave."""
    effect, comparison = find_effect(material), material.study.comparison
    if not effect or comparison is None:
        return None
    estimand = comparison.estimand
    place = {"axis": estimand.axis, "timepoint": estimand.timepoint}
    row = material.one("imputations", analysis="jump_to_reference", endpoint="change", **place)
    if not row or pd.isna(row["estimate"]) or pd.isna(row["lower"]):
        return None
    bounds = interval(row["lower"], row["upper"], "estimate")
    return Limitation(
        f"Missing scores: suppose that those of {material.within(estimand.treated)} who left went over to the course of "
        f"{material.within(estimand.reference)} at once (jump to reference). The difference would be {fixed(row['estimate'], 'estimate')} points "
        f"({COVERED} CI {bounds}) in place of {fixed(effect['estimate'], 'estimate')}."
    )


def _leaving(material: Material) -> Limitation | None:
    """Say where the share that left differs by the severity of the last score."""
    comparison = material.study.comparison
    rows = material.rows("dropout")
    if comparison is None or rows.empty:
        return None
    rows = rows[(rows["axis"] == comparison.estimand.axis) & (rows["timepoint"] == EVERY_TIME)]
    rows = rows.dropna(subset=["dropped_proportion"]).sort_values("band_lower", kind="stable")
    rows = sort_by_arm(rows, material.study)
    parts = []
    for arm, own in rows.groupby("arm", sort=False):
        low, high = own.iloc[0], own.iloc[-1]
        if abs(high["dropped_proportion"] - low["dropped_proportion"]) > APART:
            shares = [
                f"{percent(one['dropped_proportion'], 0)}% after one that was {one['band']}" for one in (low, high)
            ]
            parts.append(f"{material.within(str(arm))}: {' and '.join(shares)}")
    if not parts:
        return None
    return Limitation(
        f"Who left depends on the last score. These shares of patients still there had no score at the next time points. "
        f"{' '.join(f'{part[:1].upper()}{part[1:]}.' for part in parts)} Missing at "
        "random allows that; what else made patients leave is not seen."
    )


def _disagreement(material: Material) -> Limitation | None:
    """Name the analyses that give another answer than the primary one."""
    effect = find_effect(material)
    if not effect:
        return None
    rows = list_other_differences(material)
    primary = excludes_zero(effect)
    other = [row for row in rows if (row["estimate"] > 0) != (effect["estimate"] > 0) or excludes_zero(row) != primary]
    if not other:
        return None
    each = " ".join(
        f"{describe_analysis(str(row['analysis']))[1]}: {fixed(row['estimate'], 'estimate')} ({interval(row['lower'], row['upper'], 'estimate')})."
        for row in other
    )
    return Limitation(
        f"Not every analysis of the same difference gives the same answer as the primary one. {each}",
        _say_valid(material, other, effect),
    )


def _say_valid(material: Material, other: list[dict[str, Any]], effect: Mapping[str, Any]) -> str:
    """Return in what valid analyses differ from the primary one, as page 1 judges them; empty where only others do."""
    assert material.study.comparison is not None
    weights = material.study.comparison.weights
    valid = [row for row in other if is_valid_analysis(str(row["analysis"]), weights)]
    if any((row["estimate"] > 0) != (effect["estimate"] > 0) for row in valid):
        if not any(excludes_zero(row) for row in (effect, *valid)):
            return "valid analyses of the primary difference point either way, none beyond chance"
        return "valid analyses of the primary difference disagree in direction"
    return "valid analyses of the primary difference are not all beyond chance" if valid else ""


def list_other_differences(material: Material) -> list[dict[str, Any]]:
    """Return the other analyses of the primary difference that converged."""
    comparison = material.study.comparison
    rows = material.rows("sensitivity", endpoint="change", scale="points")
    if comparison is None or rows.empty:
        return []
    estimand = comparison.estimand
    here = (rows["axis"] == estimand.axis) & (rows["timepoint"] == estimand.timepoint)
    rows = rows[here & rows["converged"].astype(bool)].dropna(subset=["estimate", "lower", "upper"])
    return list_records(rows)


_WAYS = {"g_computation": "G-computation", "augmented": "doubly robust estimation"}


def _unfitted(material: Material) -> Limitation | None:
    """Name what could not be estimated in the comparison, and where."""
    places: dict[str, list[str]] = {}
    fits = failed = 0
    for table, names in {
        "effects": (),
        "risks": ("endpoint", "method"),
        "sensitivity": ("endpoint", "analysis"),
    }.items():
        rows = material.rows(table)
        fits += len(rows)
        rows = rows[~rows["converged"].astype(bool)] if len(rows) else rows
        failed += len(rows)
        for row in list_records(rows):
            what = " by ".join(_WAYS.get(str(row[name]), say(str(row[name]))) for name in names) or "adjusted change"
            places.setdefault(what, []).append(material.timepoint(str(row["axis"]), str(row["timepoint"])))
    if not places:
        return None
    each = " ".join(
        f"{what[:1].upper()}{what[1:]}: {enumerate_words(list(dict.fromkeys(where)))}."
        for what, where in places.items()
    )
    why = "the fit did not converge, or no one or everyone in an arm had the outcome"
    stands = "The primary difference is not among them." if find_effect(material) else ""
    return Limitation(
        f"Of {count(fits)} estimates of the comparison, {count(failed)} could not be computed: {why}. The limitations in detail list them. "
        f"{stands}".strip(),
        detail=f"Not estimated, because {why}. {each}",
    )


def _fallback(material: Material) -> Limitation | None:
    rows = material.rows("models")
    parts = []
    for row in list_records(rows) if len(rows) else ():
        tried = [name.strip() for name in str(row.get("tried", "")).split(",") if name.strip()]
        if len(tried) > 1 and pd.notna(row.get("tried")):
            parts.append(
                f"{row['label']}: {say_covariance(str(row['covariance']))} in place of {say_covariance(tried[0])}"
            )
    if not parts:
        return None
    return Limitation(f"Declared covariances that did not converge, and what stood in: {'; '.join(parts)}.")


def _dropped(material: Material) -> Limitation | None:
    rows = material.rows("models")
    if rows.empty or "dropped_rows" not in rows:
        return None
    rows = rows[rows["dropped_rows"] > 0]
    if rows.empty:
        return None
    whole = rows["dropped_rows"] + pd.to_numeric(rows["n_observations"])  # missing where it was fitted to none
    shares = [f" ({percent(share)}%)" if pd.notna(share) else "" for share in rows["dropped_rows"] / whole]
    each = "; ".join(
        f"{row['label']} {count(row['dropped_rows'])} scores{share}"
        for row, share in zip(list_records(rows), shares, strict=True)
    )
    return Limitation(f"Scores left out of a model because a covariate is missing: {each}.")
