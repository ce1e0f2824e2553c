"""Instruments side by side, for the reader: percent change, change and response on two of them, ordered categories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.instruments import JointChange, JointResponse, OrderedOdds, PercentChange
from outcomes.records import list_records
from outcomes.release.course import find_place
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, Kind, fixed, interval, p_value, percent
from outcomes.release.report.content.blocks import Block, Bullets, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import (
    choose_places,
    enumerate_words,
    heading,
    index_rows,
    number,
    tell_count,
)
from outcomes.release.report.content.material import Material, is_randomised, shown

Row = dict[str, Any]
PAIRED = (
    "Of patients with a score on both: those who answer only one are not counted, so that the numbers differ from those of each instrument alone. "
    "Kappa is the agreement beyond that of chance, from none to one. The difference is of the same patients, second less first."
)
UNWEIGHTED = "The model takes no weights: the odds ratio is adjusted for the baseline score alone, and chance did not decide who got which arm."


def show_instruments(material: Material, folder: Path) -> Section:
    """Return the section on instruments side by side; empty where no score follows a baseline."""
    blocks: list[Block] = _tell_percent(material)
    blocks += present([_tabulate_percent(material)])
    joint = _tabulate_joint(material)
    if joint is not None:
        text = "Two scores of one patient can change together because both follow the same course, or because the questions overlap."
        blocks += [Paragraph(text), *present([joint])]
    blocks += pictures(material, folder, "instruments")
    blocks += present([_tabulate_response(material), _tabulate_odds(material)])
    return Section("instruments", "Instruments side by side", tuple(blocks))


def _order(material: Material, rows: pd.DataFrame) -> list[str]:
    """Return the instruments that rows are of, in the study's order."""
    found = set(rows["instrument"]) if len(rows) else set()
    return [name for name in material.study.instruments if name in found]


def _with_interval(row: Row, value: str, lower: str, upper: str, decimals: int | Kind = 0, factor: float = 1) -> str:
    """Return "estimate (lower to upper)"; the estimate alone where it has no interval."""
    if not row or pd.isna(row[value]):
        return shown(row, ABSENT)
    text = fixed(float(row[value]) * factor, decimals)
    if pd.isna(row[lower]) or pd.isna(row[upper]):
        return text
    return f"{text} ({interval(row[lower], row[upper], decimals, factor)})"


def _tell_percent(material: Material) -> list[Block]:
    """Say mean and median percent change of every answered instrument at the time point that the first page is about."""
    place, said = _find_place(material), []
    for name in _order(material, material.rows(PercentChange.name)) if place else ():
        if place is None or material.study.instrument(name).derived_from is not None:
            continue
        told = []
        for arm in material.arms:
            row = material.one(PercentChange.name, instrument=name, axis=place[0], timepoint=place[1], arm=arm)
            if row and pd.notna(row[PercentChange.mean]) and pd.notna(row[PercentChange.median]):
                mean, median = (fixed(row[one], 0) for one in (PercentChange.mean, PercentChange.median))
                told.append(f"{material.within(arm)} {mean} and {median}")
        said += [f"{material.instrument(name)}: {'; '.join(told)}"] if told else []
    if place is None or not said:
        return []
    text = f"Mean and median percent change from baseline at {material.timepoint(*place)}:"
    return [Paragraph(text), Bullets(tuple(said))]


def _tabulate_percent(material: Material) -> Grid | None:
    rows = material.rows(PercentChange.name)
    if rows.empty:
        return None
    arms = [arm for arm in material.arms if arm in set(rows[PercentChange.arm])]
    found = index_rows(rows, "instrument", "axis", "timepoint", "arm")
    body: list[tuple[Cell, ...]] = []
    for name in _order(material, rows):
        own = rows[rows[PercentChange.instrument] == name]
        body.append((Cell(material.instrument(name), head=True, span=1 + 3 * len(arms)),))
        for place in choose_places(material, own):
            line = [heading(f"\u2003{material.timepoint(*place)}")]
            for arm in arms:
                row = found.get((name, *place, arm), {})
                line.append(number(tell_count(row, PercentChange.n) if row else ABSENT))
                line += [
                    number(_with_interval(row, "mean", "lower", "upper")),
                    number(_with_interval(row, "median", "median_lower", "median_upper")),
                ]
            body.append(tuple(line))
    top = (heading(""), *(heading(material.arm(arm), 3) for arm in arms))
    heads = (
        heading("Time point"),
        *(heading(text) for _ in arms for text in ("n", f"Mean ({COVERED} CI)", f"Median ({COVERED} CI)")),
    )
    title = "Percent change of the total from baseline, of those with both scores."
    return Grid("percent-change", title, (top, heads), tuple(body), (_note_percent(material, _order(material, rows)),))


def _note_percent(material: Material, names: Sequence[str]) -> str:
    entries = [material.study.instrument(name) for name in names]
    texts = [
        "Each patient's own percent; the percent change of the mean total is in percent_change.csv.",
        "A baseline of zero has none, and is left out.",
    ]
    better = [entry.name for entry in entries if not entry.higher_is_worse]
    if better:
        texts.append(f"Negative: the total falls; of {enumerate_words(better)} a rise is better.")
    floor = [entry.name for entry in entries if entry.minimum > 0]
    if floor:
        texts.append(f"The smallest total of {enumerate_words(floor)} is above zero, so that none can lose all of it.")
    return " ".join(texts)


def _pairs(material: Material, rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(rows["instrument"].astype(str), rows["other"].astype(str), strict=True)))


def _find_place(material: Material) -> tuple[str, str] | None:
    """Return axis and time point that the first page is about."""
    place = find_place(material.tables, material.study)
    return None if place is None else place[1:]


def _tabulate_joint(material: Material) -> Grid | None:
    place = _find_place(material)
    if place is None:
        return None
    rows = material.rows(JointChange.name, axis=place[0], timepoint=place[1])
    rows = rows[rows[JointChange.relation] != "derived"] if len(rows) else rows
    if rows.empty:
        return None
    arms = [arm for arm in material.arms if arm in set(rows[JointChange.arm])]
    found = index_rows(rows, "instrument", "other", "arm")
    body = []
    for first, other in _pairs(material, rows):
        line = [heading(f"{material.instrument(first)} and {material.instrument(other)}")]
        for arm in arms:
            row = found.get((first, other, arm), {})
            line.append(number(tell_count(row, JointChange.n) if row else ABSENT))
            line.append(number(_with_interval(row, "correlation", "lower", "upper", 2)))
        body.append(tuple(line))
    top = (heading(""), *(heading(material.arm(arm), 2) for arm in arms))
    heads = (heading("Instruments"), *(heading(text) for _ in arms for text in ("n", f"Correlation ({COVERED} CI)")))
    title = f"Change on two instruments together at {material.timepoint(*place)}."
    note = "Pearson correlation of the improvements in points; positive where both improve together."
    return Grid("joint-change", title, (top, heads), tuple(body), (note,))


def _tabulate_response(material: Material) -> Grid | None:
    place = _find_place(material)
    if place is None:
        return None
    rows = material.rows(JointResponse.name, axis=place[0], timepoint=place[1])
    if rows.empty:
        return None
    found = index_rows(rows, "instrument", "other", "arm")
    body: list[tuple[Cell, ...]] = []
    counted = (JointResponse.n, JointResponse.same, JointResponse.first_only, JointResponse.second_only)
    shares = (JointResponse.both, JointResponse.neither)
    for first, other in _pairs(material, rows):
        body.append((Cell(f"{material.instrument(first)} and {material.instrument(other)}", head=True, span=9),))
        for arm in material.arms:
            row = found.get((first, other, arm), {})
            if not row:
                continue
            kappa = _with_interval(row, "kappa", "kappa_lower", "kappa_upper", 2)
            difference = _with_interval(row, "difference", "difference_lower", "difference_upper", 0, 100)
            body.append(
                (
                    heading(f"\u2003{material.arm(arm)}"),
                    *(number(tell_count(row, one)) for one in counted),
                    *(number(shown(row, percent(row[one], 0))) for one in shares),
                    number(kappa),
                    number(difference),
                )
            )
    names = ("n", "Same answer", "First only", "Second only", "Both, %", "Neither, %")
    heads = (
        heading("Arm"),
        *(heading(text) for text in names),
        heading(f"Kappa ({COVERED} CI)"),
        heading(f"Difference, pp ({COVERED} CI)"),
    )
    notes = [PAIRED, *_note_derived(material, rows)]
    title = f"Response on two instruments at {material.timepoint(*place)}, same patients."
    return Grid("joint-response", title, (heads,), tuple(body), (" ".join(notes),))


def _note_derived(material: Material, rows: pd.DataFrame) -> list[str]:
    derived = rows[rows[JointResponse.relation] == "derived"]
    return [
        f"{material.instrument(other)} is the {material.instrument(first)} without some of its items: the difference is what these make; the cut-off is in percent of its own baseline."
        for first, other in _pairs(material, derived)
    ]


def _tabulate_odds(material: Material) -> Grid | None:
    rows = material.rows(OrderedOdds.name)
    if rows.empty:
        return None
    body = []
    for name in _order(material, rows):
        for row in list_records(rows[rows[OrderedOdds.instrument] == name]):
            reason = row[OrderedOdds.note]
            told = (
                reason
                if isinstance(reason, str) and reason
                else _with_interval(row, "odds_ratio", "lower", "upper", "ratio")
            )
            known = pd.notna(row[OrderedOdds.odds_ratio])
            body.append(
                (
                    heading(f"{material.instrument(name)}, {material.timepoint(row['axis'], row['timepoint'])}"),
                    heading(material.contrast(str(row[OrderedOdds.contrast])).replace(" minus ", " to ")),
                    number(fixed(row[OrderedOdds.categories], 0)),
                    number(f"{tell_count(row, OrderedOdds.n)} / {tell_count(row, OrderedOdds.n_reference)}"),
                    number(told),
                    number(p_value(row[OrderedOdds.p_value]) if known else ABSENT),
                )
            )
    heads = tuple(
        heading(text)
        for text in ("Instrument", "Arms", "Categories", "n", f"Odds of a better category, ratio ({COVERED} CI)", "p")
    )
    notes = "Ratings by a clinician, or severity bands; proportional odds take one ratio for every cut between them. A ratio above one: the first arm's categories are better."
    notes = notes if is_randomised(material) else f"{notes} {UNWEIGHTED}"
    without = rows[rows[OrderedOdds.baseline].astype("boolean").eq(False).fillna(False)]
    if len(without):
        notes += f" Without a baseline: {enumerate_words([material.instrument(name) for name in _order(material, without)])}."
    return Grid("ordered-odds", "Ordered categories compared between arms.", (heads,), tuple(body), (notes,))
