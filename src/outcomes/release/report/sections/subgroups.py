"""Subgroups, for the reader: what was declared, whether levels differ, raw and shrunken differences side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED, UNLIKELY
from outcomes.release.numbers import ABSENT, fixed, interval, p_value
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures
from outcomes.release.report.content.grids import WHO, heading, number, tell
from outcomes.release.report.content.material import Material, shown
from outcomes.release.report.wording.comparison_result import say_arms

Row = dict[str, Any]
EVERYONE = "all"
MULTIPLICITY = {
    "bonferroni": "Bonferroni's",
    "holm": "Holm's",
    "hochberg": "Hochberg's",
    "benjamini_hochberg": "Benjamini and Hochberg's",
}


def show_subgroups(material: Material, folder: Path) -> Section:
    """Return the part on subgroups; empty when the study declares none."""
    comparison = material.study.comparison
    rows = material.rows("subgroups")
    if comparison is None or comparison.subgroups is None or rows.empty:
        return Section("subgroups", "Subgroups")
    blocks: list[Block] = [Paragraph(text) for text in _introduce(material)]
    blocks += pictures(material, folder, "subgroups", comparison.estimand.instrument)
    blocks += [grid for grid in (tabulate_changes(material), tabulate_responses(material)) if grid is not None]
    return Section("subgroups", "Subgroups", tuple(blocks))


def _introduce(material: Material) -> list[str]:
    assert material.study.comparison is not None
    declared = material.study.comparison.subgroups
    assert declared is not None
    way = MULTIPLICITY.get(declared.multiplicity)
    adjusted = (
        f"Their p values are adjusted for the number of variables of one endpoint by {way} method."
        if way
        else "Their p values are not adjusted for their number, so some small ones are to be expected by chance."
    )
    return [
        "These results are exploratory. The subgroups are those that the study file declares; it does not prove that they were "
        "declared before any result was seen. The tests of interaction ask whether the difference between the arms differs between "
        f"subgroups. {adjusted} That an interval excludes zero in one level and not in another says little: the second may "
        "only have fewer patients.",
        _find_differing(material),
        "In each level the weights are estimated anew, among its own patients, so that its confounders are balanced within it. Shrinkage "
        "pulls imprecise estimates toward the average of their variable, since the most extreme of several is usually too extreme. "
        f"The prior of the standard deviation between levels is half-normal with scale {declared.spread:g} "
        f"standard deviations of the outcome. Levels with fewer than {declared.fewest} patients with a score in either arm are counted and "
        "not estimated.",
    ]


def _find_differing(material: Material) -> str:
    tests = material.rows("interactions")
    found = [f"{row['label']} ({_say_endpoint(row)})" for row in list_records(tests[tests["p_adjusted"] < UNLIKELY])]
    if tests["p_adjusted"].isna().all():
        return "No test of interaction can be shown."
    if not found:
        return f"No test of interaction has an adjusted p value below {UNLIKELY:g}."
    return f"Tests of interaction with an adjusted p value below {UNLIKELY:g}: {'; '.join(found)}."


def _say_endpoint(row: Any) -> str:
    return "change" if row["endpoint"] == "change" else f"{row['endpoint']}, {WHO[str(row['population'])]}"


def tabulate_changes(material: Material) -> Grid | None:
    """Return the difference in change within levels, raw and shrunken."""
    rows = _sort(material.rows("subgroups", endpoint="change"))
    if rows.empty:
        return None
    lines: list[tuple[Cell, ...]] = []
    for variable, own in _group(rows):
        lines += _head(material, variable, own[0], 6, ("change", ""))
        for row in own:
            sizes = [tell(row, name) for name in ("n_treated", "n_reference", "effective_n")]
            cells = [*sizes, _estimate(row, 2), _shrunken(row, 2)]
            lines.append((heading(_name(row)), *(number(_show(row, text)) for text in cells)))
    treated, reference = _arms(material)
    estimand = f"Difference ({COVERED} interval)"
    texts = ("Subgroup", treated, reference, "Effective sample size", estimand, f"Shrunken ({COVERED} interval)")
    caption = f"Difference in change within subgroups, {say_arms(material)}, in points, {_place(material)}."
    note = "Patients treated, by arm. Effective sample size: of those with a score, under weights of the level's own."
    return Grid("subgroups-change", caption, (tuple(map(heading, texts)),), tuple(lines), (note,))


def tabulate_responses(material: Material) -> Grid | None:
    """Return the difference in the declared binary endpoint within levels with both denominators, raw and shrunken."""
    assert material.study.comparison is not None
    endpoint = material.study.comparison.estimand.binary.endpoint
    table = _sort(material.rows("subgroups", endpoint=endpoint))
    if table.empty:
        return None
    observed: dict[tuple[str, str], Row] = {
        (variable, str(row["level"])): row
        for variable, own in _group(table[table["population"] == "observed"])
        for row in own
    }
    ratio = table["scale"].iloc[0] == "risk ratio"
    factor, decimals = (1.0, 2) if ratio else (100.0, 1)
    lines: list[tuple[Cell, ...]] = []
    for variable, own in _group(table[table["population"] == "everyone"]):
        lines += _head(material, variable, own[0], 5, (endpoint, "everyone"), (endpoint, "observed"))
        for row in own:
            pair: list[Row] = [row, observed.get((variable, str(row["level"])), {})]
            cells = [
                number(_show(one, text))
                for one in pair
                for text in (_estimate(one, decimals, factor), _shrunken(one, decimals, factor))
            ]
            lines.append((heading(_name(row)), *cells))
    words = say_arms(material, "to") if ratio else f"{say_arms(material)}, percentage points"
    top = (heading(""), heading("Of all treated patients", 2), heading("Of complete cases", 2))
    word = "Ratio" if ratio else "Difference"
    texts = ("Subgroup", *((f"{word} ({COVERED} interval)", f"Shrunken ({COVERED} interval)") * 2))
    caption = f"{endpoint.capitalize()} within subgroups, {words}, {_place(material)}."
    note = "Of all treated patients: missing scores imputed. Of complete cases: those with a score."
    return Grid("subgroups-response", caption, (top, tuple(map(heading, texts))), tuple(lines), (note,))


def _sort(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("order", kind="stable") if len(rows) else rows


def _group(rows: pd.DataFrame) -> list[tuple[str, list[Row]]]:
    return [(str(variable), list_records(own)) for variable, own in rows.groupby("variable", sort=False)]


def _head(material: Material, variable: str, row: Row, columns: int, *tests: tuple[str, str]) -> list[tuple[Cell, ...]]:
    """Return a variable's line with the tests of interaction; none for everyone."""
    if variable == EVERYONE:
        return []
    said = []
    for endpoint, population in tests:
        where = {"endpoint": endpoint, "variable": variable} | ({"population": population} if population else {})
        test = material.one("interactions", **where)
        text = p_value(test.get("p_value"), sign=True)
        if text != ABSENT and test.get("multiplicity") in MULTIPLICITY:
            text += f", adjusted {p_value(test['p_adjusted'], sign=True)}"
        said.append(
            (f"{WHO[population]}: " if population else "") + (f"p {text}" if text != ABSENT else shown(test, ABSENT))
        )
    return [(Cell(f"{row['label']} (interaction {'; '.join(said)})", head=True, span=columns),)]


def _name(row: Row) -> str:
    return "Everyone" if row["variable"] == EVERYONE else f"\u2003{row['level']}"


def _show(row: Row, text: str) -> str:
    if text == ABSENT and row and not row["converged"]:
        return "not estimated"
    return shown(row, text)


def _estimate(row: Row, decimals: int, factor: float = 1.0) -> str:
    bounds = interval(row.get("lower"), row.get("upper"), decimals, factor)
    return ABSENT if bounds == ABSENT else f"{fixed(row['estimate'] * factor, decimals)} ({bounds})"


def _shrunken(row: Row, decimals: int, factor: float = 1.0) -> str:
    bounds = interval(row.get("shrunken_lower"), row.get("shrunken_upper"), decimals, factor)
    return ABSENT if bounds == ABSENT else f"{fixed(row['shrunken'] * factor, decimals)} ({bounds})"


def _arms(material: Material) -> tuple[str, str]:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return material.arm(estimand.treated), material.arm(estimand.reference)


def _place(material: Material) -> str:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return f"{material.instrument(estimand.instrument)} at {material.timepoint(estimand.axis, estimand.timepoint)}"
