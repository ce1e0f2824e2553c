"""The released numbers that answer a claim, for one arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from outcomes.contracts.released.comparison import Effects
from outcomes.contracts.released.describe import IdeationChange, Response
from outcomes.contracts.released.durability import DurabilityAtVisit, DurabilityCurve
from outcomes.contracts.released.exposure import COMPLETED, Dose, Exposure
from outcomes.contracts.released.harms import HarmSeverity
from outcomes.contracts.released.instruments import PercentChange
from outcomes.contracts.released.onset import LateResponse, Onset, OnsetLooks
from outcomes.proportions import compute_clopper_pearson
from outcomes.records import list_records
from outcomes.release.claims.verdict import Evidence
from outcomes.release.left_out import find_reason
from outcomes.settings import Study
from outcomes.settings.claims import Claim

Tables = Mapping[str, pd.DataFrame]
Found = tuple[list[Evidence], str]
ROUTES = {
    "iv": ("ketamine", "intravenous"),
    "im": ("ketamine", "intramuscular"),
    "esketamine": ("esketamine", "intranasal"),
}
FEW, NOT_THERE = "too few to report", "not measured at that time here"


def list_arms(claim: Claim, study: Study) -> list[str]:
    """Return the arms that a claim is about: those of its drug and route by their protocol; of any route, all."""
    if claim.route == "any":
        return [arm.id for arm in study.arms]
    protocols = {arm.id: study.protocol(arm) for arm in study.arms}
    wanted = ROUTES[claim.route]
    return [name for name, found in protocols.items() if found and (found.drug, found.route) == wanted]


def find_evidence(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    """Return the numbers of an arm that answer a claim, by denominator; else why there is none."""
    if claim.quantity == "none":
        return [], claim.unsaid or ""
    return FINDERS[claim.quantity](claim, arm, tables, study)


def _rows(tables: Tables, name: str, **where: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a released table with these values; numbers are compared as such."""
    table = tables.get(name)
    for row in list_records(table) if table is not None else ():
        if all(_same(row.get(key), value) for key, value in where.items()):
            yield row


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return bool(pd.notna(found)) and float(found) == wanted
    return str(found) == str(wanted)


def _take(
    row: Mapping[str, Any], value: str, n: str, of: str, low: str = "lower", high: str = "upper"
) -> list[Evidence]:
    """Return a share of a row in percent; nothing where only a bound is released."""
    numbers = [row[value], row[low], row[high], row[n]]
    if any(pd.isna(number) for number in numbers):
        return []
    return [Evidence(100 * float(numbers[0]), 100 * float(numbers[1]), 100 * float(numbers[2]), float(numbers[3]), of)]


def _tell(rows: list[dict[str, Any]], evidence: list[Evidence], wanted: int = 1) -> Found:
    if not rows:
        return [], NOT_THERE
    return (evidence, "") if len(evidence) >= wanted else ([], FEW)


def _find_response(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    place = {"arm": arm, "instrument": claim.instrument or study.instruments[0], "endpoint": "response"}
    rows = list(_rows(tables, Response.name, **place, axis=claim.axis, timepoint=claim.time))
    words = {"started": "of all treated", "observed": "of those with a score"}
    evidence = [one for row in rows for one in _take(row, "proportion", "n", words[str(row["population"])])]
    return _tell(rows, evidence, 2)


def _find_onset(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    place = {
        "arm": arm,
        "instrument": claim.instrument or study.instruments[0],
        "endpoint": "response",
        "onset": "first",
    }
    rows = list(_rows(tables, Onset.name, **place, axis=claim.axis, time=float(str(claim.time))))
    bounds = (str(Onset.probability_lower), str(Onset.probability_upper))
    evidence = [
        one
        for row in rows
        for one in (
            *_take(row, Onset.probability, Onset.patients, "of all treated, seen or not", *bounds),
            *_take(row, Onset.proportion, Onset.patients, "seen, of all treated"),
        )
    ]
    return _tell(rows, evidence, 2)


def _find_looks(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    instrument = claim.instrument or study.instruments[0]
    rows = list(_rows(tables, OnsetLooks.name, arm=arm, instrument=instrument, window=claim.time))
    if rows and not bool(rows[0][OnsetLooks.answerable]):
        days = study.instrument(instrument).recall_days
        return [], f"the questions look back {days} days, and so beyond the first session"
    evidence = []
    for row in rows:
        responded, scored, patients = (
            row[name] for name in (OnsetLooks.responded, OnsetLooks.scored, OnsetLooks.patients)
        )
        for n, of in ((scored, "of those with a score"), (patients, "of all treated")):
            evidence += _count(responded, n, of)
    return _tell(rows, evidence, 2)


def _count(events: Any, n: Any, of: str) -> list[Evidence]:
    """Return a share of two released counts with its exact interval; nothing where one is a bound."""
    if pd.isna(events) or pd.isna(n) or not n > 0:
        return []
    lower, upper = (100 * float(bound) for bound in compute_clopper_pearson(float(events), float(n)))
    return [Evidence(100 * float(events) / float(n), lower, upper, float(n), of)]


def _find_late(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    instrument = claim.instrument or study.instruments[0]
    rows = list(_rows(tables, LateResponse.name, arm=arm, instrument=instrument, session=float(str(claim.time))))
    evidence = []
    for row in rows:
        evidence += _take(row, LateResponse.proportion, LateResponse.went_on, "of those who went on")
        evidence += _count(row[LateResponse.responded], row[LateResponse.looked], "of those with a later score")
    return _tell(rows, evidence, 2)


def _find_ideation(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    place = {"arm": arm, "instrument": claim.instrument or study.instruments[0], "transition": "any_to_none"}
    rows = list(_rows(tables, IdeationChange.name, **place, axis=claim.axis or "session", timepoint=claim.time))
    evidence = [
        one for row in rows for one in _take(row, "proportion", "n", "of those with any at baseline and an answer")
    ]
    return _tell(rows, evidence)


def _find_percent_change(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    """Return the improvement in percent of the baseline, its mean and its median."""
    instrument = claim.instrument or study.instruments[0]
    if instrument not in study.instruments:
        return [], NOT_THERE
    sign = -1.0 if study.instrument(instrument).higher_is_worse else 1.0
    place = {"arm": arm, "instrument": instrument, "axis": claim.axis, "timepoint": claim.time}
    rows = list(_rows(tables, PercentChange.name, **place))
    measures = (
        (PercentChange.mean, PercentChange.lower, PercentChange.upper, "mean"),
        (PercentChange.median, PercentChange.median_lower, PercentChange.median_upper, "median"),
    )
    evidence = []
    for row in rows:
        for value, low, high, word in measures:
            if all(pd.notna(row[one]) for one in (value, low, high, PercentChange.n)):
                near, far = sorted((sign * float(row[low]), sign * float(row[high])))
                of = f"{word} of those with both scores"
                evidence.append(Evidence(sign * float(row[value]), near, far, float(row[PercentChange.n]), of))
    return _tell(rows, evidence, 2)


def _find_held(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    place = {"arm": arm, "end": "loss", "week": float(str(claim.time))}
    rows = list(_rows(tables, DurabilityCurve.name, **place))
    evidence = [one for row in rows for one in _take(row, "share", DurabilityCurve.n, "of responders, seen or not")]
    for row in _rows(tables, DurabilityAtVisit.name, **place):
        evidence += _take(row, "share", DurabilityAtVisit.seen, "of responders with a score near the week")
    return _tell(rows, evidence, 2)


def _find_difference(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    """Return the primary difference, turned so that negative is better under the arm claimed to be better."""
    if study.comparison is None:
        return [], "the declared comparison was not made" if find_reason(tables) else "no comparison is declared"
    estimand = study.comparison.estimand
    others = {
        other
        for route in ROUTES
        if route != claim.route
        for other in list_arms(claim.model_copy(update={"route": route}), study)
    }
    pair = (estimand.treated, estimand.reference)
    if arm not in pair or not others.intersection(pair):
        return [], "these two treatments are not compared"
    rows = list(_rows(tables, Effects.name, axis=estimand.axis, timepoint=estimand.timepoint, variance="cr2"))
    sign = (1 if arm == estimand.treated else -1) * (1 if study.instrument(estimand.instrument).higher_is_worse else -1)
    chosen = "" if study.report.design == "randomised" else ", of treatments that were chosen"
    words = f"points, {'unadjusted' if study.comparison.weights == 'none' else 'weighted'} difference{chosen}"
    evidence = []
    for row in rows:
        low, high = sorted((sign * row[Effects.lower], sign * row[Effects.upper]))
        sizes = [row[Effects.n_treated], row[Effects.n_reference]]
        if all(pd.notna(one) for one in (low, high, row[Effects.estimate], *sizes)):
            evidence.append(Evidence(sign * row[Effects.estimate], low, high, float(min(sizes)), words))
    return _tell(rows, evidence)


def _find_dose(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    rows = list(_rows(tables, Dose.name, arm=arm, session="1"))
    evidence = []
    for row in rows:
        outside, n = row[Dose.outside], row[Dose.patients]
        evidence += [] if pd.isna(outside) or pd.isna(n) else _count(n - outside, n, "of first sessions with a dose")
    return _tell(rows, evidence)


def _find_induction(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    rows = list(_rows(tables, Exposure.name, arm=arm, milestone=COMPLETED))
    return _tell(rows, [one for row in rows for one in _take(row, "proportion", Exposure.patients, "of all treated")])


def _find_mild(claim: Claim, arm: str, tables: Tables, study: Study) -> Found:
    rows = list(_rows(tables, HarmSeverity.name, arm=arm, event="any"))
    words = "worst grade mild, of those with a graded event"
    return _tell(rows, [one for row in rows for one in _count(row[HarmSeverity.mild], row[HarmSeverity.graded], words)])


FINDERS: dict[str, Callable[[Claim, str, Tables, Study], Found]] = {
    "response": _find_response,
    "onset": _find_onset,
    "looks": _find_looks,
    "late_response": _find_late,
    "ideation": _find_ideation,
    "percent_change": _find_percent_change,
    "held": _find_held,
    "difference": _find_difference,
    "dose": _find_dose,
    "induction": _find_induction,
    "mild": _find_mild,
}
