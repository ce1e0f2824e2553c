"""Results of one question that point in opposite directions, and which patients each of them has."""

from __future__ import annotations

import pandas as pd

from outcomes.records import list_records
from outcomes.release.numbers import percent, signed
from outcomes.release.report.content.material import Material

ODDS = "log odds ratio"
WHY = "The first count a missing score as no event; the second leave out who has none."


def note_contrary(material: Material) -> list[str]:
    """Return a sentence for each endpoint whose difference among all treated patients and among complete cases have opposite signs."""
    comparison = material.study.comparison
    table = material.rows("risks")
    if comparison is None or table.empty:
        return []
    estimand = comparison.estimand
    table = table[(table["axis"] == estimand.axis) & (table["timepoint"] == estimand.timepoint)]
    method = "unadjusted" if comparison.weights == "none" else "weighted"
    notes = []
    for endpoint, own in table[table["method"] == method].groupby("endpoint", sort=False):
        known = {str(row["population"]): row["difference"] for row in list_records(own)}
        started, observed = known.get("started"), known.get("observed")
        if started is None or observed is None or not have_opposite_signs(started, observed):
            continue
        first, second = (signed(100 * value, "percent") for value in (started, observed))
        notes.append(
            f"{str(endpoint).capitalize()}: the difference of all treated patients ({first}) and that of complete cases ({second}) point in opposite "
            f"directions. {_say_missing(material)}{_say_odds(material, str(endpoint), started)}"
        )
    return notes


def note_contrary_rates(material: Material, instrument: str, places: list[tuple[str, str]]) -> list[str]:
    """Return a sentence that names the unadjusted differences whose two denominators have opposite signs."""
    table = material.rows("differences", instrument=instrument)
    found: list[str] = []
    keys = ["endpoint", "axis", "timepoint", "contrast"]
    for key, own in table.groupby(keys, sort=False) if len(table) else ():
        endpoint, axis, timepoint, contrast = (str(part) for part in key)
        values = own.set_index("population")["difference"]
        both = {"started", "observed"} <= set(values.index)
        if both and (axis, timepoint) in places and have_opposite_signs(values["started"], values["observed"]):
            found.append(f"{endpoint} at {material.timepoint(axis, timepoint)} ({material.contrast(contrast)})")
    if not found:
        return []
    return [
        f"Differences of all treated patients and of complete cases point in opposite directions for {'; '.join(found)}. {WHY}"
    ]


def have_opposite_signs(one: float, other: float) -> bool:
    """Whether two known differences, as printed, point in opposite directions."""
    return bool(pd.notna(one) and pd.notna(other) and one * other < 0)


def _say_missing(material: Material) -> str:
    """Say how many of each arm have no score, which is what the two populations differ in."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    place = {"instrument": estimand.instrument, "axis": estimand.axis, "timepoint": estimand.timepoint}
    shares = []
    for arm in (estimand.treated, estimand.reference):
        value = material.one("missingness", arm=arm, **place).get("missing_proportion")
        if value is None or pd.isna(value):
            return WHY
        shares.append(f"{percent(value)}% of {material.within(arm)}")
    when = material.timepoint(estimand.axis, estimand.timepoint)
    return f"{WHY} At {when} the score was missing in {' and '.join(shares)}."


def _say_odds(material: Material, endpoint: str, started: float) -> str:
    """Say that the estimating equations, which use complete cases, side with these; empty where they do not."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    rows = material.rows("sensitivity", endpoint=endpoint, scale=ODDS, axis=estimand.axis, timepoint=estimand.timepoint)
    if rows.empty or not any(have_opposite_signs(started, value) for value in rows["estimate"]):
        return ""
    return " The odds by estimating equations are those of the observed as well."
