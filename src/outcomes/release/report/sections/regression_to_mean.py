"""Regression to the mean, for the reader: the change that no treatment would give, beside the one that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.arms import EVERYONE, order_arms
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import read_rows
from outcomes.release.figures.plans.timepoints import AXES, find_headline
from outcomes.release.numbers import ABSENT, count, fixed, interval
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.grids import heading, number
from outcomes.release.report.content.material import Material, shown
from outcomes.settings import Study

Row = dict[str, Any]


def show_regression(material: Material) -> Section:
    """Return the part on regression to the mean; empty when the study declares nothing to expect it from."""
    blocks: list[Block] = []
    for name in material.study.regression_to_mean:
        rows = _choose_rows(material.tables, material.study, "regression_to_mean", name)
        if len(rows):
            blocks += [Paragraph(text) for text in _introduce(material, name, rows)]
            pairs = _choose_rows(material.tables, material.study, "two_baselines", name)
            blocks += [tabulate_two_baselines(material, name, pairs)] if len(pairs) else []
    return Section("regression", "Regression to the mean", tuple(blocks))


def _introduce(material: Material, name: str, rows: pd.DataFrame) -> list[str]:
    declared, change = material.study.regression_to_mean[name], material.study.endpoints.reliable_change.get(name)
    measured = bool((rows["reliability_from"] == "two baselines").any())
    origin = (
        " The reliability is the slope of the first of two baselines of these patients on the second."
        if measured
        else ""
    )
    reliability = fixed(rows["reliability"].dropna().iloc[0], 2) if rows["reliability"].notna().any() else ABSENT
    sd = declared.sd or (change.sd if change else None)
    instrument = material.instrument(name)
    known = f"a standard deviation of {sd:g} points and a reliability of {reliability}"
    if declared.mean is None:
        found = (
            f"The mean of the population that patients come from follows from the entry threshold of {material.study.baseline.minimum[name]:g} "
            f"points and the mean baseline. It holds only the selection by that threshold. Patients who also came because they felt worse "
            "than usual regress by more; this number does not say by how much."
        )
    else:
        found = f"The mean of the population that patients come from is taken as {declared.mean:g} points."
    return [
        f"Who is chosen because a score is high has a lower one next time, treated or not. Expected is the mean change in {instrument} that "
        f"this alone would give, with {known}.{origin} Source: {declared.source}. {found}",
        "What remains is not the effect of a treatment: it holds the natural course of the illness, expectation, and all other care.",
    ]


def _choose_rows(tables: Mapping[str, pd.DataFrame], study: Study, table: str, instrument: str) -> pd.DataFrame:
    """Return the rows at the headline, the time points of the tables of rates, and that of the comparison, in their order."""
    rows = read_rows(tables, table)
    rows = rows[rows["instrument"] == instrument] if len(rows) else rows
    scores = read_rows(tables, "scores")
    if rows.empty or scores.empty:
        return rows
    headline = find_headline(scores[scores["instrument"] == study.instruments[0]], study)
    places = {headline} if headline else set()
    if study.comparison is not None:
        places.add((study.comparison.estimand.axis, study.comparison.estimand.timepoint))
    pairs = zip(rows["axis"], rows["timepoint"], strict=True)
    rows = rows[[(axis, timepoint) in places or timepoint in study.report.also for axis, timepoint in pairs]]
    axes, arms = [*AXES, "clean"], [EVERYONE, *order_arms(study)]
    order = rows.assign(axis=rows["axis"].map(axes.index), arm=rows["arm"].map(arms.index))
    return rows.loc[order.sort_values(["axis", "time", "timepoint", "arm"], kind="stable").index]


def tabulate_two_baselines(material: Material, name: str, rows: pd.DataFrame) -> Grid:
    """Return what happened between two baselines, and the change from the second and from the mean of both."""
    lines = []
    if len(material.arms) == 1:  # all are that arm
        rows = rows[rows["arm"] != "all"]
    for row in list_records(rows):
        cells = [
            count(row["n"]),
            fixed(row["first_mean"]),
            fixed(row["second_mean"]),
            _estimate(row, "between"),
            fixed(row["correlation"], 2),
            _estimate(row, "change"),
            _estimate(row, "change_from_mean"),
        ]
        lines.append((_place(material, row), Cell(material.arm(str(row["arm"]))), *_numbers(row, cells)))
    heads = (
        "Time point", "Arm", "n", "First baseline", "Second baseline", f"Second minus first ({COVERED} CI)", "Correlation",
        f"Change from the second ({COVERED} CI)", f"Change from their mean ({COVERED} CI)",
    )  # fmt: skip
    caption = f"{material.instrument(name)}: patients with a score before the baseline score, in points."
    note = "No session of the series lay between the two: a rise says that patients started when they felt worst, and such a baseline regresses."
    return Grid(f"two-baselines-{name}", caption, (tuple(map(heading, heads)),), tuple(lines), (note,))


def _place(material: Material, row: Row) -> Cell:
    return heading(material.timepoint(str(row["axis"]), str(row["timepoint"])))


def _numbers(row: Row, texts: list[str]) -> tuple[Cell, ...]:
    return tuple(number(shown(row, text) if pd.isna(row["n"]) else text) for text in texts)


def _estimate(row: Row, name: str) -> str:
    bounds = interval(row[f"{name}_lower"], row[f"{name}_upper"])
    return ABSENT if bounds == ABSENT else f"{fixed(row[name])} ({bounds})"
