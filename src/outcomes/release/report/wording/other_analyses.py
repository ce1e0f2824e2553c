"""How far the other analyses of the primary difference reach: which of them, and apart from them what is no rival to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from outcomes.release.analyses import GROUPS, describe_analysis, is_valid_analysis, name_main
from outcomes.release.numbers import fixed, signed
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.diagnosed_limitations import list_other_differences

UNADJUSTED, WORST, DELTA = "unadjusted", "worst_case", "delta_"


def state_range(material: Material) -> str:
    """Return between which values the other analyses lie, by group, and apart the unadjusted one, the deltas, and the worst cases."""
    comparison = material.study.comparison
    if comparison is None:
        return ""
    main = name_main("change", comparison.weights)
    rows = [row for row in list_other_differences(material) if row["analysis"] != main]
    others = [row for row in rows if is_valid_analysis(str(row["analysis"]), comparison.weights)]
    parts = []
    if others:
        found = {describe_analysis(str(row["analysis"]))[0] for row in others}
        groups = [name.lower() for name in GROUPS if name in found]
        parts.append(
            f"In {len(others)} other valid analyses of the same difference ({enumerate_words(groups)}) it lies {_reach(others)} points."
            if len(others) > 1
            else f"In the one other valid analysis of the same difference ({groups[0]}) it is {fixed(others[0]['estimate'], 'estimate')} points."
        )
    told = [_say_unadjusted(rows), _say_deltas(rows), _say_worst(material)]
    told = [text for text in told if text]
    if told:
        parts += ["Not counted there:"] if parts else []
        parts += [f"{text[:1].upper()}{text[1:]}." for text in told]
    return " ".join(parts)


def _say_unadjusted(rows: Iterable[dict[str, Any]]) -> str:
    found = [row["estimate"] for row in rows if row["analysis"] == UNADJUSTED]
    return f"unadjusted it is {fixed(found[0], 'estimate')}" if found else ""


def _say_deltas(rows: Iterable[dict[str, Any]]) -> str:
    found = [row for row in rows if str(row["analysis"]).startswith(DELTA)]
    if not found:
        return ""
    where = f"it is {fixed(found[0]['estimate'], 'estimate')}" if len(found) == 1 else f"it lies {_reach(found)}"
    return f"with delta-adjusted imputation {where}"


def _say_worst(material: Material) -> str:
    """Return the worst cases, which have no interval to be read against: every missing score at one end of the scale."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    rows = material.rows("sensitivity", endpoint="change", axis=estimand.axis, timepoint=estimand.timepoint)
    rows = rows[rows["analysis"].str.startswith(WORST)] if len(rows) else rows
    found = rows.loc[rows["converged"].astype(bool), "estimate"].dropna() if len(rows) else pd.Series(dtype=float)
    if found.empty:
        return ""
    each = enumerate_words([fixed(value, "estimate") for value in sorted(found)])
    return f"with every missing score at the worst end of the scale in one arm, at the best in the other, it is {each}"


def state_worst_binary(material: Material) -> str:
    """Return between which differences in the declared binary endpoint the truth of this sample lies, whatever the missing answers were."""
    comparison = material.study.comparison
    if comparison is None:
        return ""
    binary = comparison.estimand.binary
    place = {"axis": comparison.estimand.axis, "timepoint": comparison.estimand.timepoint}
    rows = material.rows("sensitivity", endpoint=binary.endpoint, scale="risk difference", **place)
    rows = rows[rows["analysis"].str.startswith(WORST)] if len(rows) else rows
    found = list(rows["estimate"].dropna()) if len(rows) else []
    if len(found) < len(("treated", "reference")):
        return ""
    low, high = (signed(100 * value, "percent") for value in (min(found), max(found)))
    return (
        f"Worst cases of {binary.endpoint}: every patient without a score {binary.reached} in one arm and none in the other. The difference would be "
        f"{low} or {high} percentage points; whatever the missing scores were, it lies between these."
    )


def _reach(rows: Iterable[dict[str, Any]]) -> str:
    values = [row["estimate"] for row in rows]
    return f"between {fixed(min(values), 'estimate')} and {fixed(max(values), 'estimate')}"
