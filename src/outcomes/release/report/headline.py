"""The headline results in sentences; every number comes from a released table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import WITHHELD, count, fixed, interval, percent, sample, signed
from outcomes.release.report.grids import index_rows
from outcomes.release.report.material import Material


def number_of(row: Mapping[Any, Any], column: str) -> str:
    """Return a count of a row, or that it is withheld."""
    value = row.get(column)
    return WITHHELD if value is None or pd.isna(value) else count(value)


def describe_patients(material: Material) -> str:
    """Return how many rows were kept and how many series and patients were analysed."""
    flow = material.rows("flow", arm="all")
    if flow.empty:
        return ""
    boxes = {str(row["label"]): row for row in flow.to_dict("records")}
    sentences = []
    if "Rows in the export" in boxes and "Rows kept" in boxes:
        raw, kept = boxes["Rows in the export"], boxes["Rows kept"]
        sentences.append(f"Of {number_of(raw, 'n')} rows in the export, {number_of(kept, 'n')} were kept.")
    if "Series analysed" in boxes:
        text = f"{number_of(boxes['Series analysed'], 'n')} series"
        if "Patients analysed" in boxes:
            text += f" of {number_of(boxes['Patients analysed'], 'n')} patients"
        arms = material.rows("flow", label="Series analysed")
        each = [
            f"{material.within(str(row['arm']))} {number_of(row, 'n')}"
            for row in arms.to_dict("records")
            if row["arm"] != "all"
        ]
        sentences.append(f"{text} were analysed" + (f": {', '.join(each)}." if len(each) > 1 else "."))
    return " ".join(sentences)


def describe_measures(material: Material) -> str:
    """Return the primary instrument with its endpoints in words."""
    instrument = material.study.instrument(material.primary)
    text = f"The primary instrument is the {instrument.name} ({instrument.measures}, "
    text += f"{instrument.minimum:g} to {instrument.maximum:g} points)."
    if material.study.series.origin == "none":
        return text
    if instrument.response_percent is not None:
        direction = "drop" if instrument.higher_is_worse else "rise"
        text += f" Response is a {direction} of at least {instrument.response_percent:g} % from baseline."
    elif instrument.response_points is not None:
        text += f" Response is a change for the better by at least {instrument.response_points:g} points."
    if instrument.remission_maximum is not None:
        text += f" Remission is a total of at most {instrument.remission_maximum:g}."
    if material.headline:
        text += f" The headline time point is {material.timepoint(*material.headline)}."
    return text


def list_course(material: Material) -> list[str]:
    """Return the scores of each arm at baseline and at the headline time point."""
    if material.headline is None:
        return []
    cells = index_rows(material.rows("scores", instrument=material.primary), "axis", "timepoint", "arm")
    baseline = next((key[:2] for key in cells if key[0] == "baseline"), None)
    entries = []
    for arm in material.arms:
        before = cells.get((*baseline, arm), {}) if baseline else {}
        after = cells.get((*material.headline, arm), {})
        start = f"{_mean(before)} at baseline, " if before else ""
        entries.append(f"{material.arm(arm)}: mean {start}{_mean(after)} at {material.timepoint(*material.headline)}.")
    return entries


def _mean(row: Mapping[Any, Any]) -> str:
    if not row or pd.isna(row["mean"]):
        return WITHHELD
    spread = f"SD {fixed(row['sd'])}, " if pd.notna(row["sd"]) else ""
    middle = f"median {fixed(row['median'])}, " if pd.notna(row["median"]) else ""
    return f"{fixed(row['mean'])} ({spread}{middle}{sample(number_of(row, 'n'))})"


def list_rates(material: Material) -> list[str]:
    """Return response and remission of each arm at the headline time point, with both denominators."""
    response = material.rows("response", instrument=material.primary)
    if material.headline is None or response.empty:
        return []
    cells = index_rows(response, "axis", "timepoint", "endpoint", "population", "arm")
    entries = []
    for arm in material.arms:
        parts = []
        for endpoint in ("response", "remission"):
            started = cells.get((*material.headline, endpoint, "started", arm))
            observed = cells.get((*material.headline, endpoint, "observed", arm))
            if started and observed:
                parts.append(
                    f"{endpoint} {_share(started)} of the {number_of(started, 'n')} who started, {_share(observed)} of the "
                    f"{number_of(observed, 'n')} observed"
                )
        if parts:
            entries.append(f"{material.arm(arm)}: {'; '.join(parts)}.")
    return entries


def _share(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["proportion"]):
        return WITHHELD
    return f"{percent(row['proportion'])} % ({interval(row['lower'], row['upper'], factor=100)})"


def list_differences(material: Material) -> list[str]:
    """Return the unadjusted differences in response, of all who started."""
    rows = material.rows("differences", instrument=material.primary, endpoint="response", population="started")
    if material.headline is None or rows.empty:
        return []
    rows = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
    parts = []
    for row in rows.to_dict("records"):
        name = material.contrast(str(row["contrast"]))
        if pd.isna(row["difference"]):
            parts.append(f"{name}: {WITHHELD}.")
        else:
            bounds = interval(row["lower"], row["upper"], factor=100)
            value = signed(100 * row["difference"], "percent")
            parts.append(f"{name}: {value} percentage points ({COVERED} CI {bounds}).")
    return parts


def describe_missing(material: Material) -> str:
    """Return the share of each arm without a score at the headline time point."""
    rows = material.rows("missingness", instrument=material.primary)
    if material.headline is None or rows.empty:
        return ""
    rows = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
    parts = [
        f"{material.within(str(row['arm']))} "
        + (WITHHELD if pd.isna(row["missing_proportion"]) else f"{percent(row['missing_proportion'])} %")
        for row in rows.to_dict("records")
    ]
    return f"No score at {material.timepoint(*material.headline)}: " + ", ".join(parts) + "." if parts else ""
