"""Which figures show subgroups, and what they say in words. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED, HALF
from outcomes.release.figures.plans.plan import Plan, read_rows
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.numbers import fixed
from outcomes.settings import Study

EVERYONE = "all"
UNITS = {"points": "points", "risk difference": "percentage points", "risk ratio": "as a ratio"}


def plan_subgroups(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return one figure per endpoint: the change, and response of all treated patients."""
    rows, tests = read_rows(tables, "subgroups"), read_rows(tables, "interactions")
    if rows.empty or study.comparison is None:
        return []
    keys = ["endpoint", "variable"]
    rows, tests = (table[table["population"] != "observed"] for table in (rows, tests))
    tests = tests.rename(columns={"converged": "tested"})
    columns = [*keys, "p_value", "p_adjusted", "multiplicity", "tested"]
    rows = rows.merge(tests[columns], on=keys, how="left", validate="m:1").sort_values("order", kind="stable")
    groups = rows.groupby("endpoint", sort=False)
    return [_plan_endpoint(own, study, str(endpoint)) for endpoint, own in groups if _is_worth_drawing(own)]


def _is_worth_drawing(rows: pd.DataFrame) -> bool:
    """Whether at least half of the levels are estimated."""
    return bool(rows.loc[rows["variable"] != EVERYONE, "estimate"].notna().mean() >= HALF)


def _plan_endpoint(rows: pd.DataFrame, study: Study, endpoint: str) -> Plan:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    treated, reference = study.in_text(estimand.treated), study.in_text(estimand.reference)
    instrument = study.instrument(estimand.instrument).name
    place = say_timepoint(estimand.axis, estimand.timepoint)
    what = f"{instrument} change" if endpoint == "change" else f"{instrument} {endpoint}"
    way = f"{treated} to {reference}" if rows["scale"].iloc[0] == "risk ratio" else f"{treated} minus {reference}"
    missing = "" if endpoint == "change" else f", of all treated patients, missing scores {estimand.binary.imputed}"
    caption = (
        f"{what} at {place}{missing}: {way}, within subgroups, with {COVERED} intervals. Weights are estimated within each level. "
        "Squares: the level by itself. Open diamonds: shrunken toward the other levels of the same variable, since the most extreme of "
        "several estimates is usually too extreme. The dotted line is the estimate in everyone. n: patients treated. "
        "Interaction p: test that all levels differ between the arms by the same; it, not whether one interval excludes zero, says "
        "whether levels differ."
    )
    caption += "".join(f" “{drawn}” stands for {word}." for drawn, word in name_drawn(rows)[1].items())
    return Plan(
        f"subgroups_{endpoint}",
        "subgroups",
        f"{what} at {place} by subgroup",
        caption,
        _describe(rows, f"Forest plot of the difference in {what} at {place}, {way}, within subgroups"),
        rows,
        estimand.instrument,
        estimand.axis,
        estimand.timepoint,
    )


def name_drawn(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows with labels and levels that the figures' typeface can write, and what each one put in their place stands for."""
    words = [str(word) for name in ("label", "level") for word in rows[name].drop_duplicates()]
    if all(word.isascii() for word in words):
        return rows, {}
    from outcomes.release.figures.canvas.lettering import printable

    changed: dict[str, str] = {}
    for kind in ("label", "level"):
        drawn = {}
        for index, word in enumerate(rows[kind].drop_duplicates().astype(str)):
            drawn[word] = printable(word, f"{'variable' if kind == 'label' else 'level'} {index}")
            if drawn[word] != word:
                changed[drawn[word]] = word
        rows = rows.assign(**{kind: rows[kind].astype(str).map(drawn)})
    return rows, changed


def _describe(rows: pd.DataFrame, opening: str) -> str:
    """Say the forest in words: the estimate in everyone, and the lowest and highest level of each variable."""
    scale = str(rows["scale"].iloc[0])
    factor = 100 if scale == "risk difference" else 1
    parts = []
    for variable, own in rows.groupby("variable", sort=False):
        known = own[own["estimate"].notna()].sort_values("estimate", kind="stable")
        ends = known.iloc[[0, -1]] if len(known) > 1 else known
        values = [
            f"{fixed(factor * row['estimate'])}" + ("" if variable == EVERYONE else f" in {row['level']}")
            for row in list_records(ends)
        ]
        name = "everyone" if variable == EVERYONE else str(own["label"].iloc[0])
        parts.append(f"{name}: {' to '.join(values) if values else 'not estimated'}")
    return f"{opening}, {UNITS[scale]}. " + "; ".join(parts) + "."
