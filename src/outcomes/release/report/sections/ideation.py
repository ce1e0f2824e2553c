"""Endorsement of an instrument's ideation item: who moved between any and none, and the full table of answers."""

from __future__ import annotations

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import (
    PLACE,
    choose_places,
    heading,
    index_rows,
    number,
    rate,
    say,
    tell_count,
)
from outcomes.release.report.content.material import Material


def tabulate_ideation(material: Material, instrument: str) -> list[Grid]:
    """Return item endorsement at baseline against the headline time point, and who moved between any and none."""
    grids = []
    change = material.rows("ideation_change", instrument=instrument)
    if len(change):
        grids.append(_moves(material, change, instrument))
    pairs = material.rows("ideation", instrument=instrument)
    if len(pairs) and "answer" in pairs:
        grids.append(_pairs(material, pairs, instrument))
    return grids


def item_of(material: Material, instrument: str) -> str:
    """Return what the ideation item is called: the item and its number, never a risk."""
    number_of = material.study.instrument(instrument).named_items.get("ideation")
    return (
        f"{material.instrument(instrument)} item-{number_of}"
        if number_of
        else f"{material.instrument(instrument)} item"
    )


def _moves(material: Material, change: pd.DataFrame, instrument: str) -> Grid:
    cells = index_rows(change, *PLACE, "transition", "arm")
    words = {"any_to_none": "any at baseline, none later", "none_to_any": "none at baseline, any later"}
    arms = material.arms
    heads = (heading(""), *(heading(material.arm(arm), 2) for arm in arms))
    second = (
        heading("Transition, time point"),
        *(heading(text) for _ in arms for text in ("n / N", f"% ({COVERED} CI)")),
    )
    rows: list[tuple[Cell, ...]] = []
    for transition in change["transition"].drop_duplicates():
        title = words.get(str(transition), say(str(transition))).capitalize()
        rows.append((Cell(title, head=True, span=1 + 2 * len(arms)),))
        for place in choose_places(material, change):
            line = [heading(f"\u2003{material.timepoint(*place)}")]
            for arm in arms:
                line += rate(cells.get((*place, str(transition), arm), {}))
            rows.append(tuple(line))
    item = item_of(material, instrument)
    return Grid(
        f"ideation-change-{instrument}",
        f"{item} endorsement: from any to none, and from none to any.",
        (heads, second),
        tuple(rows),
        ("N: patients with that answer at baseline and an answer at the time point. Wilson intervals.",),
    )


def _pairs(material: Material, pairs: pd.DataFrame, instrument: str) -> Grid:
    place = choose_places(material, pairs)[0]
    here = pairs[(pairs["axis"] == place[0]) & (pairs["timepoint"] == place[1])]
    here = here.assign(**{name: here[name].astype(int).astype(str) for name in ("baseline_answer", "answer")})
    cells = index_rows(here, "arm", "baseline_answer", "answer")
    answers = sorted(here["answer"].unique())
    when = material.timepoint(*place)
    rows: list[tuple[Cell, ...]] = []
    for arm in [arm for arm in material.arms if (here["arm"] == arm).any()]:
        rows.append((Cell(material.arm(arm), head=True, span=1 + len(answers)),))
        for before in answers:
            line = [cells.get((arm, before, after), {}) for after in answers]
            rows.append((heading(f"\u2003{before} at baseline"), *(number(tell_count(r, "n")) for r in line)))
    item = item_of(material, instrument)
    return Grid(
        f"ideation-{instrument}",
        f"{item} endorsement at baseline (rows) and at {when} (columns), number of patients.",
        ((heading("Answer"), *(heading(f"{answer} at {when}") for answer in answers)),),
        tuple(rows),
    )
