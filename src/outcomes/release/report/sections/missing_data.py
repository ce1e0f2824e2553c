"""Missing scores in the comparison, for the reader: what each assumption makes of the difference, and who left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.analyses import describe_analysis
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, Kind, count, fixed, interval, signed
from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures
from outcomes.release.report.content.grids import enumerate_words, heading, number
from outcomes.release.report.content.material import Material, shown
from outcomes.release.report.wording.comparison_result import RISK, say_arms, say_imputed_response

Row = dict[str, Any]
POINTS, RATIO = "points", "risk ratio"
FOLLOWING = {
    "jump_to_reference": "if after their last score they went over to the course of the reference arm at once",
    "copy_increments": "if they kept what they had gained and went on as the reference arm does",
    "copy_reference": "if they were like patients of the reference arm who had the same scores so far",
}


def show_missing_data(material: Material, folder: Path) -> Section:
    """Return the part on missing scores; empty where nothing was compared."""
    comparison = material.study.comparison
    blocks: list[Block] = []
    if comparison is not None and len(material.rows("dropout")):
        blocks += [Paragraph(text) for text in _explain(material) if text]
        blocks += [grid for grid in (tabulate_imputations(material), tabulate_imputed_risks(material)) if grid]
        blocks += pictures(material, folder, "tipping", comparison.estimand.instrument)
        blocks += pictures(material, folder, "dropout", comparison.estimand.instrument)
    return Section("missing-data", "Missing scores in the comparison", tuple(blocks))


def _explain(material: Material) -> list[str]:
    change = [_say_imputed(material), _say_jumps(material), _say_tipping(material), _say_stayers(material)]
    return [*change, _say_response(material)]


def _at(material: Material, name: str, table: str = "imputations") -> Row:
    """Return the row of an analysis at the primary time point; empty where it has no estimate."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    row = material.one(table, endpoint="change", axis=estimand.axis, timepoint=estimand.timepoint, analysis=name)
    return {} if not row or pd.isna(row["estimate"]) else row


def _say(row: Row) -> str:
    return f"{fixed(row['estimate'], 2)} points ({COVERED} CI {interval(row['lower'], row['upper'], 2)})"


def _say_imputed(material: Material) -> str:
    assert material.study.comparison is not None
    comparison = material.study.comparison
    place = material.timepoint(comparison.estimand.axis, comparison.estimand.timepoint)
    row = _at(material, "imputed_mar")
    if not row:
        return f"No difference by multiple imputation can be shown at {place}."
    return (
        f"Every missing score was replaced {count(row['draws'])} times by a draw given the patient's arm, baseline, confounders, and other "
        f"scores. The results were pooled by Rubin's rules. If scores are missing at random in that sense, the difference at "
        f"{place} is {_say(row)}. Of the information on it {fixed(100 * row['missing_information'], 0)}% is missing."
    )


def _say_jumps(material: Material) -> str:
    assert material.study.comparison is not None
    treated = material.within(material.study.comparison.estimand.treated)
    found = [(words, _at(material, name)) for name, words in FOLLOWING.items()]
    parts = [f"{_say(row)} {words}" for words, row in found if row]
    if not parts:
        return ""
    return f"Patients of {treated} who left may have lost what the treatment gave. " + " ".join(
        f"The difference is {part}." for part in parts
    )


def _say_tipping(material: Material) -> str:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    parts = []
    for side, arm in (("treated", estimand.treated), ("reference", estimand.reference)):
        row = _at(material, f"tipping_point_{side}", "sensitivity")
        if row:
            points = f"{fixed(abs(row['estimate']))} points {'higher' if row['estimate'] > 0 else 'lower'}"
            parts.append(f"{points} in {material.within(arm)} alone")
    if not parts:
        return ""
    return f"The interval would include zero if the scores after the last were {' or '.join(parts)} than expected."


def _say_stayers(material: Material) -> str:
    row = _at(material, "censoring_weighted", "sensitivity")
    if not row:
        return ""
    return (
        "Without imputation, patients seen can be weighted up for those like them who left. The difference is then "
        f"{_say(row)}, with an effective sample of {count(row['effective_n'])} patients."
    )


def _say_response(material: Material) -> str:
    """Say what imputation makes of response, beside both denominators."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    imputed = say_imputed_response(material)
    if not imputed:
        return ""
    place = {
        "endpoint": estimand.binary.endpoint,
        "scale": RISK,
        "axis": estimand.axis,
        "timepoint": estimand.timepoint,
    }
    rows = material.rows("imputations", **place)
    others = rows.loc[rows["analysis"] != estimand.binary.missing, "estimate"].dropna()
    between = [signed(100 * value, "percent") for value in (others.min(), others.max())] if len(others) else []
    reach = (
        f" Under the other assumptions of the table it lies between {between[0]} and {between[1]}." if between else ""
    )
    composite = list_composite(material)
    kept = (
        f" Patients count as not responded after {enumerate_words(composite)}, whatever the score." if composite else ""
    )
    return (
        "Response and remission of a missing score follow from the imputed score by the study's definition, in every imputed data set. "
        f"The difference in {estimand.binary.endpoint} is {imputed}.{reach}{kept}"
    )


def list_composite(material: Material) -> list[str]:
    """Return the events after which a patient counts as neither responded nor remitted, whatever the score."""
    comparison = material.study.comparison
    events = comparison.estimand.events.items() if comparison is not None else ()
    return [name.replace("_", " ") for name, one in events if one.binary == "composite"]


def tabulate_imputations(material: Material) -> Grid | None:
    """Return the difference in change under every assumption at the primary time point and at the last of the other axes."""
    difference = f"Difference ({COVERED} interval)"
    heads = ("Scores after the last", "Time point", difference, "Missing information (%)", "df", "Monte-Carlo error")
    rows = []
    for axis, timepoint, record in _list_rows(material, "change", POINTS):
        cells = [_estimate(record), fixed(100 * record["missing_information"], 0), fixed(record["df"], 0)]
        cells.append(fixed(record["monte_carlo_error"], 3))
        first = heading(describe_analysis(str(record["analysis"]))[1])
        place = heading(material.timepoint(axis, timepoint))
        rows.append((first, place, *(number(shown(record, text)) for text in cells)))
    notes = (
        "Delta: points added to the scores after a patient's last one; accruing: once more at every further time point. Gaps before a later "
        "score are at random in every row. Rubin's rules with Barnard and Rubin's degrees of freedom. Monte-Carlo error: how far another set "
        "of draws would move the estimate.",
    )
    caption = f"The difference in change by multiple imputation, {say_arms(material)}, in points."
    return Grid("imputations", caption, (tuple(map(heading, heads)),), tuple(rows), notes) if rows else None


def tabulate_imputed_risks(material: Material) -> Grid | None:
    """Return the differences and ratios of response and remission under every assumption at the same places."""
    rows = []
    for endpoint in ("response", "remission"):
        ratios = {(axis, record["analysis"]): record for axis, _, record in _list_rows(material, endpoint, RATIO)}
        for axis, timepoint, record in _list_rows(material, endpoint, RISK):
            ratio = ratios[axis, record["analysis"]]
            bounds = interval(ratio["lower"], ratio["upper"], "ratio")
            difference = _estimate(
                {**record, **{name: 100 * record[name] for name in ("estimate", "lower", "upper")}}, "percent"
            )
            cells = [
                (record, difference),
                (ratio, f"{fixed(ratio['estimate'], 'ratio')} ({bounds})" if bounds != ABSENT else ABSENT),
                (record, fixed(100 * record["missing_information"], 0)),
                (record, fixed(100 * record["monte_carlo_error"], 2)),
            ]
            label = describe_analysis(str(record["analysis"]))[1]
            first = f"{endpoint.capitalize()}: {label[:1].lower()}{label[1:]}"
            place = heading(material.timepoint(axis, timepoint))
            rows.append((heading(first), place, *(number(shown(row, text)) for row, text in cells)))
    heads = (
        "Endpoint and scores after the last",
        "Time point",
        f"Difference (pp, {COVERED} interval)",
        "Ratio",
        "Missing information (%)",
    )
    notes = (
        "Weighted as declared. An imputed score counts as the nearest total of the instrument, and is judged by the study's definition. Differences pooled "
        "as they are, ratios as logarithms, by Rubin's rules. Missing information and Monte-Carlo error (pp): of the difference.",
    )
    caption = f"Response and remission by multiple imputation, {say_arms(material)}."
    head = (tuple(map(heading, (*heads, "Monte-Carlo error"))),)
    return Grid("imputed-risks", caption, head, tuple(rows), notes) if rows else None


def _list_rows(material: Material, endpoint: str, scale: str) -> Iterator[tuple[str, str, Row]]:
    """Yield axis, time point, and row at the primary time point and at the last of the other axes."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    table = material.rows("imputations", endpoint=endpoint, scale=scale)
    if table.empty:  # of a study without imputed data sets
        return
    last = {str(axis): str(own["timepoint"].iloc[-1]) for axis, own in table.groupby("axis", sort=False)}
    for axis, timepoint in (last | {estimand.axis: estimand.timepoint}).items():
        for row in list_records(table[(table["axis"] == axis) & (table["timepoint"] == timepoint)]):
            yield axis, timepoint, row


def _estimate(row: Row, decimals: int | Kind = 2) -> str:
    if not row["converged"]:
        return "did not converge"
    bounds = interval(row["lower"], row["upper"], decimals)
    return f"{fixed(row['estimate'], decimals)} ({bounds})" if bounds != ABSENT else ABSENT
