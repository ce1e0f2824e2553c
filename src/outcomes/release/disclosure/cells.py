"""What a reader of a released table can add up: its counts and the sums among them, for each kind of table."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.release.disclosure.suppression import Cells

EVERYONE = "all"
PLACE = ["arm", "instrument", "axis", "timepoint"]
ANALYSED, SCORED = (
    "Series analysed",
    "Series with ",
)  # labels of the flow; stages with scores all follow the one analysed
WITH_SERIES, REPEATED = "Patients with a series", "not_first_series"
NEVER = float("inf")  # cost of a count that other rows show as well
LAST = 1e12  # cost of the sum of such counts: it goes before any of them, and so it does in every table
LATE = 1e9  # cost of an arm's number of scores
Record = dict[str, Any]


def build_flow(table: pd.DataFrame, ledger: pd.DataFrame | None = None, balance: pd.DataFrame | None = None) -> Cells:
    """Return the boxes of the flow by ``order``, the boxes of all arms being the first to go.

    In each chain a box equals what was left out below it plus the next box; where nothing is said of the rest, as between
    those analysed and those with a score, the rest is a cell too. Boxes of all are the sum of the arms' boxes, and
    patients and series of the same number are the same people. With the ledger (cells by file, state, and reason) and the
    balance (by file and state) beside it, rows add up over files as well.
    """
    cells = Cells()
    boxes = _records(table)
    for box in boxes:
        cells.add(box["order"], box["n"], _cost(box))
    for chain in dict.fromkeys((box["unit"], box["arm"]) for box in boxes):
        _tie_chain(cells, [box for box in boxes if (box["unit"], box["arm"]) == chain])
    _tie_repeated(cells, boxes)
    for box in boxes:
        if box["arm"] == EVERYONE:
            arms = [other for other in boxes if other["arm"] != EVERYONE and _step(other) == _step(box)]
            cells.tie(box["order"], [other["order"] for other in arms])
        for other in boxes:
            if box["unit"] == "patients" and other["unit"] == "series" and other["arm"] == EVERYONE:
                cells.tie(box["order"], [other["order"]])
    if ledger is not None and balance is not None:
        _tie_files(cells, [box for box in boxes if box["unit"] == "rows"], _records(ledger), _records(balance))
    return cells


def _tie_repeated(cells: Cells, boxes: Sequence[Record]) -> None:
    """Tie all series to the patients who have one and to the series after a patient's first."""
    series = [box for box in boxes if box["unit"] == "series" and box["arm"] == EVERYONE]
    patients = [box["order"] for box in boxes if box["label"] == WITH_SERIES]
    for whole in series[:1]:
        for people in patients:
            later = whole["n"] - cells.counts[people]
            same = [box["order"] for box in series if box["reason"] == REPEATED and box["n"] == later]
            if later > 0:
                rest = cells.add((whole["order"], "later"), later, 0)
                cells.tie(whole["order"], [people, rest])
                cells.tie(rest, same)


def _cost(box: Record) -> float:
    """Return what it costs to withhold a box: numbers of an arm that other tables show as well must stay if they can."""
    everyone = box["arm"] == EVERYONE
    if box["label"] == ANALYSED:
        return LAST if everyone else NEVER
    if str(box["label"]).startswith(SCORED) and not everyone:
        return LATE
    return box["n"] / 2 if everyone else float(box["n"])


def _tie_files(cells: Cells, boxes: Sequence[Record], ledger: Sequence[Record], balance: Sequence[Record]) -> None:
    """Tie the rows of each file to their states and reasons, and those of all files to the boxes of the flow."""
    entries = [cells.add((row["file"], row["state"], row["reason"]), row["rows"], row["rows"] / 2) for row in ledger]
    states = ("raw", "kept", "corrected", "flagged", "merged", "quarantined")
    for row in balance:
        for state in states:
            cells.add((row["file"], state), row[state], NEVER if state == "raw" else None)
            cells.tie((row["file"], state), [name for name in entries if name[:2] == (row["file"], state)])
        cells.tie((row["file"], "raw"), [(row["file"], state) for state in ("kept", "merged", "quarantined")])
    for box in boxes:
        stage = {"Rows in the export": "raw", "Rows kept": "kept"}.get(box["label"])
        files = [(row["file"], stage) for row in balance]
        same = [name for name in entries if box["reason"] and box["label"] == f"{name[1]}: {name[2]}"]
        cells.tie(box["order"], files if stage else same)


def _step(box: Record) -> tuple[str, ...]:
    return (str(box["unit"]), str(box["label"]), str(box["reason"]))


def _tie_chain(cells: Cells, chain: Sequence[Record]) -> None:
    """Tie each stage to the one before it, to what was left out between them, and to the rest that has no box."""
    before: Record | None = None
    for box in chain:
        if box["reason"]:
            continue
        if before is not None:
            between = [other for other in chain if before["order"] < other["order"] < box["order"] and other["reason"]]
            lost = [other["order"] for other in between]
            rest = before["n"] - box["n"] - sum(cells.counts[name] for name in lost)
            unnamed = [cells.add((box["order"], "rest"), rest, 0)] if rest > 0 else []
            cells.tie(before["order"], [*lost, *unnamed, box["order"]])
        if not str(box["label"]).startswith(SCORED):
            before = box


def build_baseline(table: pd.DataFrame) -> Cells:
    """Return the counts of the baseline table by (variable, level, arm).

    Level ``None`` stands for patients without a value; a variable's levels and these add up to the arm's patients. A
    numeric variable's only level is ''. Counts of all patients are the sums over arms and the first to go. A score and its
    band are missing in the same patients.
    """
    cells = Cells()
    totals = {row["arm"]: row["n"] for row in _records(table[table["variable"] == "patients"])}
    names: dict[tuple[str, str | None, str], None] = {}
    for row in _records(table):
        variable, arm, n = row["variable"], row["arm"], row["n"]
        people = LAST if arm == EVERYONE else NEVER
        names[variable, row["level"], arm] = None
        cells.add((variable, row["level"], arm), n, people if variable == "patients" else 0 if arm == EVERYONE else n)
        if not pd.isna(row["missing"]):
            names[variable, None, arm] = None
            cells.add((variable, None, arm), row["missing"], 0 if arm == EVERYONE else totals[arm])
    for variable, level, arm in names:
        if arm == EVERYONE:
            same = [name for name in names if name[:2] == (variable, level) and name[2] != EVERYONE]
            cells.tie((variable, level, arm), same)
        if level is None:
            cells.tie((variable, None, arm), [(variable.removesuffix("_band"), None, arm)])
            parts = [name for name in names if name[0] == variable and name[2] == arm]
            cells.tie(("patients", "", arm), parts)
    return cells


def build_scores(table: pd.DataFrame) -> Cells:
    """Return the numbers of scores by (arm, instrument, axis, time point); 'all' is the sum of the arms."""
    cells = Cells()
    keys = [tuple(row) for row in table[PLACE].itertuples(index=False)]
    for key, n in zip(keys, table["n"], strict=True):
        cells.add(key, n, 0 if key[0] == EVERYONE else None)
    for key in keys:
        if key[0] == EVERYONE:
            cells.tie(key, [other for other in keys if other[1:] == key[1:] and other != key])
    return cells


def build_missingness(table: pd.DataFrame) -> Cells:
    """Return, by (row, name), those who started, reached the time point, and were observed, and the differences."""
    cells = Cells()
    for at, row in zip(table.index, _records(table), strict=True):
        started, reached, observed = row["started"], row["reached"], row["observed"]
        cells.add((at, "started"), started, NEVER)
        cells.add((at, "reached"), reached, 0)
        cells.add((at, "observed"), observed)
        cells.add((at, "not reached"), started - reached, 0)
        cells.add((at, "unanswered"), reached - observed, 0)
        cells.add((at, "missing"), started - observed, 1)
        cells.tie((at, "started"), [(at, "reached"), (at, "not reached")])
        cells.tie((at, "started"), [(at, "observed"), (at, "missing")])
        cells.tie((at, "reached"), [(at, "observed"), (at, "unanswered")])
        cells.tie((at, "missing"), [(at, "not reached"), (at, "unanswered")])
    return cells


def build_dropout(table: pd.DataFrame, sizes: Mapping[str, int]) -> Cells:
    """Return, by (row, name), the patients of a band who were there, stayed, and left, and their sums over the bands.

    Those who stayed for one time point are those who are there at the next; at the first, all of the arm are (``sizes``).
    Rows of all time points are the sums over them. How many stayed for the first and for the last time point other tables show.
    """
    cells = Cells()
    for at, row in zip(table.index, _records(table), strict=True):
        left = row["n"] - row["stayed"]
        for name, count in (("n", row["n"]), ("stayed", row["stayed"]), ("left", left)):
            cells.add((at, name), count, 0 if name == "left" else None)
        cells.tie((at, "n"), [(at, "stayed"), (at, "left")])
    for (axis, arm), rows in table.groupby(["axis", "arm"], sort=False):
        _tie_time_points(cells, rows, (str(axis), str(arm)), sizes.get(str(arm), 0))
        for _, band in rows.groupby("band", sort=False):
            pooled = band["timepoint"] == EVERYONE
            for at in band.index[pooled]:
                for name in ("n", "stayed", "left"):
                    cells.tie((at, name), [(other, name) for other in band.index[~pooled]])
    return cells


def _tie_time_points(cells: Cells, rows: pd.DataFrame, place: tuple[str, str], size: int) -> None:
    """Tie the bands of each time point to those there before it, those who left, and those who stayed."""
    points = [name for name in rows["timepoint"].unique() if name != EVERYONE]
    there: Hashable = cells.add((*place, "started"), size, NEVER)
    for number, point in enumerate(points):
        own = rows.index[rows["timepoint"] == point]
        counts = {name: sum(cells.counts[at, name] for at in own) for name in ("stayed", "left")}
        known = number in (0, len(points) - 1)
        stayed = cells.add((*place, point, "stayed"), counts["stayed"], LAST if known else 0)
        left = cells.add((*place, point, "left"), counts["left"], 0)
        for total, name in ((there, "n"), (stayed, "stayed"), (left, "left")):
            cells.tie(total, [(at, name) for at in own])
        cells.tie(there, [stayed, left])
        there = stayed


def build_ideation(table: pd.DataFrame) -> Cells:
    """Return the pairs of answers, and the any-or-none counts that are sums of them.

    A pair is named by place, baseline answer, and answer; the counts by place, transition, and 'n', 'events' or 'others'.
    """
    cells = Cells()
    for place, rows in table.groupby(PLACE, sort=False):
        pairs = {(row["baseline_answer"], row["answer"]): row["n"] for row in _records(rows)}
        for pair, n in pairs.items():
            cells.add((*place, *pair), n)
        for transition, before in (("any_to_none", True), ("none_to_any", False)):
            own = [pair for pair in pairs if (pair[0] > 0) == before]
            events = [pair for pair in own if (pair[1] > 0) != before]
            _add_sum(cells, (*place, transition, "events"), [(*place, *pair) for pair in events])
            _add_sum(cells, (*place, transition, "others"), [(*place, *pair) for pair in own if pair not in events])
            _add_sum(cells, (*place, transition, "n"), [(*place, transition, part) for part in ("events", "others")])
        _add_sum(cells, (*place, "answered"), [(*place, t, "n") for t in ("any_to_none", "none_to_any")])
    return cells


def _add_sum(cells: Cells, name: Hashable, parts: Sequence[Hashable]) -> None:
    cells.add(name, sum(cells.counts[part] for part in parts))
    cells.tie(name, parts)


def _records(table: pd.DataFrame) -> list[Record]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
