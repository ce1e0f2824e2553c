"""The headline results in sentences; every number comes from a released table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import WITHHELD, count, fixed, interval, percent, sample, signed
from outcomes.release.report.content.grids import POPULATIONS, enumerate_words, index_rows
from outcomes.release.report.content.material import Material


def number_of(row: Mapping[Any, Any], column: str) -> str:
    """Return a count of a row, or that it is withheld."""
    value = row.get(column)
    return WITHHELD if value is None or pd.isna(value) else count(value)


def describe_rows(material: Material) -> str:
    """Return how many rows of the export were kept."""
    boxes = _boxes(material)
    if "Rows in the export" not in boxes or "Rows kept" not in boxes:
        return ""
    raw, kept = boxes["Rows in the export"], boxes["Rows kept"]
    return f"Of {number_of(raw, 'n')} rows in the export, {number_of(kept, 'n')} were kept."


def count_compared(material: Material) -> str:
    """Return how many patients the arms have that are compared, else how many were analysed; empty where that is not released."""
    rows, analysed = material.rows("eligibility", step="Compared"), _read_analysed(material)
    if len(rows) and rows["n"].notna().all():
        total = rows["n"].sum()  # of rounded counts: not more than were analysed
        return count(total if analysed is None else min(total, analysed))
    return "" if analysed is None else count(analysed)


def count_analysed(material: Material) -> str:
    """Return how many patients were analysed, compared or not; empty where that is not released."""
    analysed = _read_analysed(material)
    return "" if analysed is None else count(analysed)


def _read_analysed(material: Material) -> float | None:
    box = _boxes(material).get("Patients analysed", {})
    return float(box["n"]) if box and pd.notna(box["n"]) else None


def _boxes(material: Material) -> dict[str, dict[Any, Any]]:
    """Return the steps of the flow of all arms together, by label."""
    return {str(row["label"]): row for row in list_records(material.rows("flow", arm="all"))}


def describe_measures(material: Material) -> str:
    """Return response and remission of the primary instrument in words; empty where it has neither or nobody is followed."""
    instrument, ends = material.study.instrument(material.primary), []
    if material.study.series.origin == "none":
        return ""
    if instrument.response_percent is not None:
        direction = "drop" if instrument.higher_is_worse else "rise"
        ends.append(f"Response is a {direction} of at least {instrument.response_percent:g}% from baseline")
    elif instrument.response_points is not None:
        ends.append(f"Response is a change for the better by at least {instrument.response_points:g} points")
    if instrument.remission_maximum is not None:
        word = "remission" if ends else "Remission is"
        ends.append(f"{word} a total of at most {instrument.remission_maximum:g}")
    return f"{', '.join(ends)}." if ends else ""


def say_response(material: Material) -> str:
    """Return the response of each arm at the headline time point by both denominators, in one sentence."""
    response = material.rows("response", instrument=material.primary, endpoint="response")
    if material.headline is None or response.empty:
        return ""
    cells = index_rows(response, "axis", "timepoint", "population", "arm")
    parts = []
    for arm in material.arms:
        started, observed = (cells.get((*material.headline, name, arm)) for name in ("started", "observed"))
        if started and observed:
            both = " and ".join(dict.fromkeys(_percent(row) for row in (started, observed)))
            parts.append(f"{both} under {material.within(arm)}")
    if not parts:
        return ""
    return f"Response at {material.timepoint(*material.headline)}, of all treated patients and of complete cases: {'; '.join(parts)}."


def _percent(row: Mapping[Any, Any]) -> str:
    return WITHHELD if pd.isna(row["proportion"]) else f"{percent(row['proportion'])}%"


def _scores(material: Material) -> tuple[dict[tuple[str, ...], dict[str, Any]], tuple[str, str]]:
    """Return the scores of the primary instrument by place and arm, and the place of the baseline."""
    cells = index_rows(material.rows("scores", instrument=material.primary), "axis", "timepoint", "arm")
    return cells, next(((key[0], key[1]) for key in cells if key[0] == "baseline"), ("", ""))


def list_course(material: Material) -> list[str]:
    """Return the scores of each arm at baseline and at the headline time point."""
    if material.headline is None:
        return []
    cells, baseline = _scores(material)
    entries = []
    for arm in material.arms:
        before = cells.get((*baseline, arm), {})
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
    """Return response and remission of each arm at the headline time point, with both denominators; an arm of too few says so."""
    response = material.rows("response", instrument=material.primary)
    if material.headline is None or response.empty:
        return []
    cells = index_rows(response, "axis", "timepoint", "endpoint", "population", "arm")
    entries = []
    for arm in material.arms:
        asked, parts = False, []
        for endpoint in ("response", "remission"):
            both = [
                cells.get((*material.headline, endpoint, population, arm)) for population in ("started", "observed")
            ]
            asked = asked or all(both)
            told = [
                f"{_share(row)} of {words} {number_of(row, 'n')} {whom}"
                for row, words, whom in zip(both, ("all", "the"), ("treated", "scored"), strict=True)
                if row and pd.notna(row["proportion"])
            ]
            parts += [f"{endpoint} in {enumerate_words(told)}"] if told else []
        if asked:
            entries.append(" ".join(f"{material.arm(arm)}: {part}." for part in parts or ["too few to report"]))
    return entries


def _share(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["proportion"]):
        return WITHHELD
    return f"{percent(row['proportion'])}% ({interval(row['lower'], row['upper'], factor=100)})"


def list_differences(material: Material) -> list[str]:
    """Return the unadjusted differences in response that are released: never that of all treated patients alone, which missing scores bias."""
    rows = material.rows("differences", instrument=material.primary, endpoint="response")
    if material.headline is None or rows.empty:
        return []
    rows = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
    parts = []
    for contrast, own in rows.groupby("contrast", sort=False):
        cells = index_rows(own, "population")
        told = {name: row for (name,), row in cells.items() if pd.notna(row["difference"])}
        if "observed" in told:
            each = [f"{_points_apart(told[name])} {words}" for name, words in POPULATIONS.items() if name in told]
            parts.append(f"{material.contrast(str(contrast))}: {'; '.join(each)}.")
    return parts


def _points_apart(row: Mapping[Any, Any]) -> str:
    bounds = interval(row["lower"], row["upper"], factor=100)
    return f"{signed(100 * row['difference'], 'percent')} percentage points ({COVERED} CI {bounds})"
