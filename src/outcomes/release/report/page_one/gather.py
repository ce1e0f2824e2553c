"""The evidence of the first page, read off the released tables."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pandas as pd

from outcomes.contracts.released.comparison import Effects, Imputations, Risks, Sensitivity
from outcomes.contracts.released.describe import Missingness, Response, Scores
from outcomes.contracts.released.subgroups import Interactions, Subgroups
from outcomes.records import list_records
from outcomes.release.analyses import is_valid_analysis
from outcomes.release.arms import list_compared
from outcomes.release.course import find_place, find_trial_difference, is_compared, read_course
from outcomes.release.definitions import FEW, SMALL
from outcomes.release.important import find_important
from outcomes.release.report.content.material import Material, is_randomised
from outcomes.release.report.page_one.estimate import Estimate, read_estimate, read_number
from outcomes.release.report.page_one.evidence import Change, Evidence, Level, Rate, Subgroup
from outcomes.release.report.page_one.follow_up import gather_follow_up
from outcomes.release.report.page_one.safety import gather_safety
from outcomes.release.report.wording.margin import ASKED

EVERYONE = "all"


@lru_cache(maxsize=1)  # asked by six parts of one report
def gather_evidence(material: Material) -> Evidence:
    """Read the evidence off the released tables; what a table does not hold is absent from it."""
    plan, changes = material.provenance.get("plan"), _changes(material)
    common: dict[str, Any] = {
        "changes": changes,
        **({} if changes else _find_latest(material)),
        "lasting_asked": material.study.durability is not None,
        "modelled": len(material.rows("models")) > 0 or bool(material.study.comparison or material.left_out),
        "randomised": is_randomised(material),
        "left_out": material.left_out.reason if material.left_out else "",
        "locked": bool(plan),
        "safety": gather_safety(material),
        "follow_up": gather_follow_up(material),
        "missing": _missing(material),
        "rates": _rates(material),
    }
    comparison = material.study.comparison
    if comparison is None:
        return Evidence(**common, **_trial(material))
    estimand = comparison.estimand
    place = {Effects.axis: estimand.axis, Effects.timepoint: estimand.timepoint}
    effect = material.one("effects", **place, variance="cr2")
    difference = read_estimate(effect)
    worse = material.study.instrument(estimand.instrument).higher_is_worse
    scored = (read_number(effect, Effects.observed_treated), read_number(effect, Effects.observed_reference))
    analyses, margin = _analyses(material), estimand.margin
    asked: dict[str, Any] = (
        {}
        if margin is None or difference is None
        else {
            "margin": ASKED[margin.kind],
            "margin_answers": tuple(one.answer(margin, worse) for one in (difference, *analyses)),
        }
    )
    small = any(one is None or one < SMALL for one in scored)
    return Evidence(
        **common,
        declared=True,
        difference=difference,
        scored=None if scored[0] is None or scored[1] is None else (scored[0], scored[1]),
        favours_treated=difference is not None and (difference.value < 0) == worse,
        important=find_important(material.tables, material.study),
        analyses=analyses,
        subgroups=_subgroups(material),
        e_value=None if small else _single(material, "e_value"),
        tipping=None if small or difference is None else _tipping(material, (difference.value < 0) == worse, worse),
        **asked,
        **_response(material),
    )


def _changes(material: Material) -> tuple[Change, ...]:
    """Return the adjusted mean change of each arm at the place of the headline, with those before it on the same axis."""
    place = find_place(material.tables, material.study)
    if place is None:
        return ()
    instrument, axis, timepoint = place
    worse = material.study.instrument(instrument).higher_is_worse
    course, adjusted = read_course(material.tables, instrument, axis), _compared_means(material)
    found = []
    for arm in material.arms:
        own = course[course["arm"] == arm]
        here = list_records(own[own["timepoint"] == timepoint])
        estimate = read_estimate(here[0], "change") if here else None
        means = adjusted.get(arm) or {str(row["timepoint"]): float(row["change"]) for row in list_records(own)}
        value = means.get(timepoint)
        if value is None:
            continue
        earlier = dict(list(means.items())[: list(means).index(timepoint)])
        clear, told = estimate.excludes_zero if estimate else None, estimate if arm not in adjusted else None
        found.append(Change(arm, value, clear, (value < 0) == worse, earlier, told))
    return tuple(found)


def _find_latest(material: Material) -> dict[str, Any]:
    """Return the changes at the last time point of the axis that has any, where it is, and whether nobody, or enough, was scored at the place itself."""
    place = find_place(material.tables, material.study)
    if place is None:
        return {}
    instrument, axis, timepoint = place
    worse = material.study.instrument(instrument).higher_is_worse
    rows = material.rows("missingness", instrument=instrument, axis=axis, timepoint=timepoint)
    observed = rows.reindex(columns=[Missingness.observed])[Missingness.observed]
    found: dict[str, Any] = {"unscored": len(rows) > 0 and bool((observed == 0).all())}
    found["enough"] = len(rows) > 0 and bool((observed.fillna(0) >= FEW).all())
    course = read_course(material.tables, instrument, axis)
    if course.empty:
        return found
    last = str(course["timepoint"].iloc[-1])
    changes = []
    for row in list_records(course[course["timepoint"] == last]):
        told = read_estimate(row, "change")
        value = float(row["change"])
        changes.append(
            Change(str(row["arm"]), value, told.excludes_zero if told else None, (value < 0) == worse, {}, told)
        )
    return found | {"latest": tuple(changes), "latest_at": material.timepoint(axis, last)}


def _trial(material: Material) -> dict[str, Any]:
    """Return the difference of the two arms of a trial that declares no comparison; empty where there is none."""
    place, pair = find_place(material.tables, material.study), list_compared(material.study)
    if place is None:
        return {}
    instrument, axis, timepoint = place
    rows = find_trial_difference(material.tables, material.study, axis)
    here = list_records(rows[rows["timepoint"] == timepoint])
    if not here:
        return {}
    difference = read_estimate(here[0])
    scores = [material.one("scores", instrument=instrument, axis=axis, timepoint=timepoint, arm=arm) for arm in pair]
    scored = [read_number(row, Scores.n) for row in scores]
    worse = material.study.instrument(instrument).higher_is_worse
    return {
        "declared": True, "own_model": True, "difference": difference,
        "scored": None if scored[0] is None or scored[1] is None else (scored[0], scored[1]),
        "favours_treated": difference is not None and (difference.value < 0) == worse,
    }  # fmt: skip


def _compared_means(material: Material) -> dict[str, dict[str, float]]:
    """Return the adjusted mean changes of the compared arms by time point; of arms too small to compare, Table 2 has each arm's own."""
    comparison = material.study.comparison
    if comparison is None or not is_compared(material.tables, material.study):
        return {}
    rows = material.rows("effects", axis=comparison.estimand.axis, variance="cr2")
    sides = {comparison.estimand.treated: Effects.treated_mean, comparison.estimand.reference: Effects.reference_mean}
    return {
        arm: {str(row[Effects.timepoint]): float(row[name]) for row in list_records(rows) if pd.notna(row[name])}
        for arm, name in sides.items()
    }


def _here(material: Material, table: str) -> pd.DataFrame:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return material.rows(table, axis=estimand.axis, timepoint=estimand.timepoint)


def _analyses(material: Material) -> tuple[Estimate, ...]:
    """Return the other valid analyses of the primary difference, each once."""
    assert material.study.comparison is not None
    rows = _here(material, "sensitivity")
    if rows.empty:
        return ()
    rows = rows[
        (rows[Sensitivity.endpoint] == "change")
        & (rows[Sensitivity.scale] == "points")
        & rows[Sensitivity.converged].astype(bool)
    ]
    main = material.study.comparison.weights
    valid = [is_valid_analysis(str(name), main) for name in rows[Sensitivity.analysis]]
    found = [read_estimate(row) for row in list_records(rows[valid])]
    return tuple(one for one in found if one is not None)


def _single(material: Material, analysis: str) -> float | None:
    rows = _here(material, "sensitivity")
    rows = (
        rows[(rows[Sensitivity.analysis] == analysis) & (rows[Sensitivity.endpoint] == "change")] if len(rows) else rows
    )
    return read_number({str(k): v for k, v in rows.iloc[0].items()}, Sensitivity.estimate) if len(rows) else None


def _tipping(material: Material, favours_treated: bool, worse: bool) -> float | None:
    """Return how much worse the missing scores of the arm that did better must be for the interval to include no difference."""
    value = _single(material, f"tipping_point_{'treated' if favours_treated else 'reference'}")
    return abs(value) if value and (value > 0) == worse else None


def _response(material: Material) -> dict[str, Any]:
    """Return the declared binary answer: of everyone compared, missing scores imputed."""
    assert material.study.comparison is not None
    binary = material.study.comparison.estimand.binary
    rows = _here(material, "risks")
    if len(rows):
        rows = rows[(rows[Risks.endpoint] == binary.endpoint) & (rows[Risks.population] == "everyone")]
        kept = rows[rows[Risks.method] == ("unadjusted" if material.study.comparison.weights == "none" else "weighted")]
        rows = kept if len(kept) else rows
    if len(rows):
        row = {str(key): value for key, value in rows.iloc[0].items()}
        rates = (read_number(row, Risks.risk_treated), read_number(row, Risks.risk_reference))
        response = read_estimate(row, "difference", "difference_lower", "difference_upper")
        known = None if rates[0] is None or rates[1] is None else (rates[0], rates[1])
        return {"response": response, "response_rates": known if response else None}
    imputed = _here(material, "imputations")
    if imputed.empty:
        return {}
    chosen = imputed[
        (imputed[Imputations.endpoint] == binary.endpoint)
        & (imputed[Imputations.scale] == "risk difference")
        & (imputed[Imputations.analysis] == binary.missing)
    ]
    return {"response": read_estimate({str(k): v for k, v in chosen.iloc[0].items()})} if len(chosen) else {}


def _subgroups(material: Material) -> tuple[Subgroup, ...]:
    tests, rows = material.rows("interactions", endpoint="change"), material.rows("subgroups", endpoint="change")
    if rows.empty:
        return ()
    p_values = {
        str(row[Interactions.variable]): read_number(row, Interactions.p_adjusted) for row in list_records(tests)
    }
    found = []
    for variable, own in rows.groupby(Subgroups.variable, sort=False):
        if variable == EVERYONE:
            continue
        levels = [Level(tidy_level(str(row[Subgroups.level])), read_estimate(row)) for row in list_records(own)]
        found.append(Subgroup(str(own[Subgroups.label].iloc[0]), p_values.get(str(variable)), tuple(levels)))
    return tuple(found)


def tidy_level(level: str) -> str:
    """Return a level's name without what stands in brackets.

    Examples
    --------
    >>> tidy_level("2 or more (treatment-resistant)")
    '2 or more'
    """
    return re.sub(r" \([^)]*\)$", "", level)


def _missing(material: Material) -> tuple[float, ...] | None:
    """Return the shares without a score at the place of the first page, of the arms compared, else of all; none where one is not released."""
    place = find_place(material.tables, material.study)
    if place is None:
        return None
    rows = material.rows("missingness", instrument=place[0], axis=place[1], timepoint=place[2])
    shares = []
    for arm in material.asked or material.arms:
        own = rows[rows[Missingness.arm] == arm] if len(rows) else rows
        share = (
            read_number({str(k): v for k, v in own.iloc[0].items()}, Missingness.missing_proportion)
            if len(own)
            else None
        )
        if share is None:
            return None
        shares.append(share)
    return tuple(shares) or None


def _rates(material: Material) -> tuple[Rate, ...]:
    """Return the share in response of those scored at the place of the first page, by arm asked about, as far as released."""
    place = find_place(material.tables, material.study)
    if place is None:
        return ()
    where = {
        "instrument": place[0],
        "axis": place[1],
        "timepoint": place[2],
        "endpoint": "response",
        "population": "observed",
    }
    rows = [material.one(Response.name, **where, arm=arm) for arm in material.asked or material.arms]
    found = [(str(row[Response.arm]), read_estimate(row, Response.proportion)) for row in rows if row]
    return tuple(Rate(arm, share) for arm, share in found if share is not None)
