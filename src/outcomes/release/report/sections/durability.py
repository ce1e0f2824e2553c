"""How long the response lasts, for the reader: who is followed and seen, the share in response on any day, and the arms compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.columns import Column
from outcomes.contracts.released.durability import (
    DurabilityAttendance,
    DurabilityAtVisit,
    DurabilityCohort,
    DurabilityEffect,
    DurabilityFirst,
    DurabilityHeld,
    DurabilityTilt,
    DurabilityVisits,
)
from outcomes.records import list_records
from outcomes.release.arms import order_arms
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, count, fixed, interval, p_value
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import heading, index_rows, number, say
from outcomes.release.report.content.material import Material, is_randomised, shown
from outcomes.release.report.wording.durability import tell_difference
from outcomes.settings.durability import Durability, End

Row = Mapping[str, Any]
HOLDS = {"loss": "In response", "relapse": "Not in relapse"}
EVENTS = {"loss": "No bad score yet", "relapse": "No relapse seen yet", "further_treatment": "No further session yet"}
STEPS = {
    "treated": "Treated, with a baseline score",
    "without_further_treatment": "No further session by the landmark",
    "scored": "Score in the landmark's window",
    "in_response": "In response: followed",
    "followed": "With a later score",
}
METHODS = {"weighted": "Weighted for visits", "targeted": "Doubly robust", "likelihood": "Mixed model"}
FIRST = {"kaplan_meier": "Kaplan–Meier", "turnbull": "Turnbull"}
TILTED = {"none": "As estimated", "both": "Both arms", "treated": "{treated} only", "reference": "{reference} only"}
FURTHER = {
    "censor": "Follow-up ends at the next session of any kind; those who stay are weighed for those who were treated again after the same "
    "scores, so the share is that without further treatment.",
    "competing": "From the first further session on a patient no longer counts as in response.",
    "treatment_policy": "Further sessions change nothing: the share is that under the care that was given.",
}


def show_durability(material: Material, folder: Path) -> Section:
    """Return the section on durability; empty when the study declares none."""
    settings, title = material.study.durability, "How long the response lasts"
    if settings is None or material.rows(DurabilityCohort.name).empty:
        return Section("durability", title)
    blocks: list[Block] = [Paragraph(text) for text in _define(material, settings)]
    blocks += present([tabulate_cohort(material), tabulate_visits(material)])
    blocks += [Paragraph(text) for text in [tell_difference(material)] if text]
    blocks += pictures(material, folder, "durability", settings.instrument)
    blocks += present(
        [tabulate_held(material), tabulate_effect(material), tabulate_tilt(material), tabulate_first(material)]
    )
    return Section("durability", title, tuple(blocks))


def _define(material: Material, settings: Durability) -> list[str]:
    name, landmark = material.instrument(settings.instrument), settings.landmark
    ends = f"Not in response: {_say_end(material, settings, settings.loss)}."
    if settings.relapse is not None:
        ends += f" Relapse: {_say_end(material, settings, settings.relapse)}."
    return [
        f"Followed are patients whose last {name} score of days {landmark.from_day} to {landmark.to_day} after the last "
        f"induction session is a response. Asked is the share of them that would score in response on a given day after day "
        f"{landmark.to_day}, the landmark, seen that day or not. Leaving the response and coming back both count. {ends} "
        f"{FURTHER[settings.maintenance]}",
        "Arms are not seen equally often, and an arm that is seen more often shows its bad scores sooner. So each score is weighed by how "
        "often patients with the same last score are seen, and a second estimate adds a model of the response. Both take it that, given "
        "the scores so far, coming does not hang on how a patient is that day. Where arms are compared, a table shows what becomes of the "
        "difference if it does.",
    ]


def _say_end(material: Material, settings: Durability, end: End) -> str:
    entry = material.study.instrument(settings.instrument)
    if end.score_from is not None:
        return f"a score of {end.score_from:g} or {'more' if entry.higher_is_worse else 'less'}"
    percent = end.improvement_below if end.improvement_below is not None else entry.response_percent
    points = f"{entry.response_points or 0:g} points"
    return f"a score less than {points if percent is None else f'{percent:g}%'} better than baseline"


def _count(row: Row, column: Column) -> str:
    """Return a released count, or its bound."""
    if not row:
        return ABSENT
    return str(row.get(column.bound) or "") or shown(row, count(row[column]))


def _share(row: Row, column: Column) -> str:
    """Return "percent (interval)" of a released share, or its bound."""
    if not row:
        return ABSENT
    if row.get(column.bound):
        return f"{row[column.bound][0]}{fixed(100 * float(row[column.bound][1:]), 0)}"
    if pd.isna(row[column]):
        return shown(row, ABSENT)
    text = fixed(100 * row[column], 0)
    return text if pd.isna(row["lower"]) else f"{text} ({interval(row['lower'], row['upper'], 0, factor=100)})"


def _arms(material: Material, table: pd.DataFrame) -> list[str]:
    return order_arms(material.study, set(table["arm"]))


def tabulate_cohort(material: Material) -> Grid | None:
    """Return the steps from those treated to those followed."""
    table = material.rows(DurabilityCohort.name)
    cells, arms = index_rows(table, "step", "arm"), _arms(material, table)
    rows = [
        (heading(label), *(number(_count(cells[step, arm], DurabilityCohort.n)) for arm in arms))
        for step, label in STEPS.items()
        if all((step, arm) in cells for arm in arms)
    ]
    heads = (heading("Patients"), *(heading(material.arm(arm)) for arm in arms))
    return Grid("durability-cohort", "Who was followed after the induction.", (heads,), tuple(rows))


def tabulate_visits(material: Material) -> Grid | None:
    """Return how often each arm is seen, and who is not seen again."""
    table = material.rows(DurabilityVisits.name)
    if table.empty:
        return None
    arms, cells = _arms(material, table), index_rows(table, "arm")
    own, windows = DurabilityVisits, index_rows(material.rows(DurabilityAttendance.name), "window", "arm")
    rows = [
        (heading(label), *(number(_count(cells[(arm,)], column)) for arm in arms))
        for label, column in (
            ("In response at the landmark", own.n),
            ("With a later score", own.seen),
            ("Later scores", own.scores),
        )
    ]
    gaps = [number(shown(cells[(arm,)], fixed(cells[(arm,)][own.median_gap_days], 0))) for arm in arms]
    rows.append((heading("Days from one score to the next, median"), *gaps))
    for window in dict.fromkeys(window for window, _ in windows):
        for label, column in (
            ("no", DurabilityAttendance.none),
            ("one", DurabilityAttendance.one),
            ("more", DurabilityAttendance.several),
        ):
            parts = [_part(windows.get((window, arm), {}), column, DurabilityAttendance.n) for arm in arms]
            scores = {"no": "no score", "one": "one score", "more": "more scores"}[label]
            rows.append((heading(f"Weeks {window}: {scores}"), *(number(text) for text in parts)))
    for label, last, whole in (("a response", own.good_last, own.good), ("no response", own.bad_last, own.bad)):
        parts = [_part(cells[(arm,)], last, whole) for arm in arms]
        rows.append((heading(f"Not seen within two median gaps after {label}"), *(number(text) for text in parts)))
    heads = (heading("Followed"), *(heading(material.arm(arm)) for arm in arms))
    notes = (
        "Weeks: of patients who could be seen throughout. Not seen again: of scores after which that could be told.",
    )
    return Grid("durability-visits", "How often those followed were seen.", (heads,), tuple(rows), notes)


def _part(row: Row, part: Column, whole: Column) -> str:
    return f"{_count(row, part)}\u00a0/\u00a0{_count(row, whole)}" if row else ABSENT


def tabulate_held(material: Material) -> Grid | None:
    """Return the share in response at the declared weeks and the weeks in response, arms side by side."""
    table = material.rows(DurabilityHeld.name)
    if table.empty:
        return None
    arms, own = _arms(material, table), DurabilityHeld
    cells = index_rows(table, "end", "time", "arm")
    visits = index_rows(material.rows(DurabilityAtVisit.name).astype({"week": int}), "end", "week", "arm")
    rows: list[tuple[Cell, ...]] = []
    for end, time in dict.fromkeys((end, time) for end, time, _ in cells):
        found = [cells.get((end, time, arm), {}) for arm in arms]
        if time.startswith("week "):
            rows.append(
                (
                    heading(f"{HOLDS[end]}, {time}, %"),
                    Cell("weighted"),
                    *(number(_share(row, own.share)) for row in found),
                )
            )
            near = [visits.get((end, time.removeprefix("week "), arm), {}) for arm in arms]
            texts = [f"{_share(row, DurabilityAtVisit.share)}, n {_count(row, DurabilityAtVisit.seen)}" for row in near]
            rows.append(
                (heading(f"{HOLDS[end]}, {time}, %"), Cell("those seen then"), *(number(text) for text in texts))
            )
        else:
            rows.append(
                (
                    heading(f"Weeks {HOLDS[end][0].lower()}{HOLDS[end][1:]}, {time}"),
                    Cell("weighted"),
                    *(number(_weeks(row)) for row in found),
                )
            )
    heads = (heading("State"), heading("Estimate"), *(heading(material.arm(arm)) for arm in arms))
    notes = (
        f"With {COVERED} interval. Weighted: of all in response at the landmark, whether seen then or not. Those seen then: at the score "
        "nearest to the week, of n with one.",
        _published(material),
    )
    return Grid(
        "durability-held", "Response after the induction.", (heads,), tuple(rows), tuple(note for note in notes if note)
    )


def _weeks(row: Row) -> str:
    """Return weeks in response with the interval of the mean share in the same unit."""
    if not row or pd.isna(row["weeks"]) or not row["share"] > 0:
        return shown(row, ABSENT)
    factor = row["weeks"] / row["share"]
    return f"{fixed(row['weeks'], 1)} ({interval(row['lower'], row['upper'], 1, factor=factor)})"


def _published(material: Material) -> str:
    """Say what published cohorts held, with how they differ."""
    settings, table = material.study.durability, material.rows("published")
    if settings is None or table.empty:
        return ""
    own = table[(table["endpoint"] == "response held") & (table["instrument"] == settings.instrument)]
    parts = [
        f"{study} ({', '.join(own_rows['definition'].unique())}): "
        + ", ".join(f"{row['estimate']:g}% {row['window']}" for row in list_records(own_rows))
        for study, own_rows in own.groupby("study", sort=False)
    ]
    return f"Published, never lost until then at that cohort's visits: {'; '.join(parts)}." if parts else ""


def tabulate_effect(material: Material) -> Grid | None:
    """Return the differences: the primary time by every kind of weights, the declared weeks with the last kind."""
    table = material.rows(DurabilityEffect.name)
    if table.empty:
        return None
    own, kinds = DurabilityEffect, list(dict.fromkeys(table[DurabilityEffect.weights]))
    rows: list[tuple[Cell, ...]] = []
    for row in list_records(table):
        if row[own.weights] != kinds[-1] and (row[own.unit] == "share" or row[own.end] != "loss"):
            continue
        weeks = row[own.unit] != "share"
        state = HOLDS[str(row[own.end])].lower()
        what = f"weeks {state}, {row[own.time]}" if weeks else f"{state}, {row[own.time]}, percentage points"
        name = f"{what[:1].upper()}{what[1:]}"
        bounds = interval(row[own.lower], row[own.upper], 1 if weeks else 0, factor=1 if weeks else 100)
        text = (
            f"{fixed(row[own.difference] * (1 if weeks else 100), 1 if weeks else 0)} ({bounds})"
            if bounds != ABSENT
            else ABSENT
        )
        if text == ABSENT and row[own.note] and pd.notna(row[own.note]):
            text = f"not estimated: {row[own.note]}"
        weights = "none" if row[own.weights] == "none" else say(str(row[own.weights]))
        method = METHODS[str(row[own.method])]
        rows.append(
            (heading(name), Cell(method), Cell(weights), number(shown(row, text)), number(p_value(row[own.p_value])))
        )
    first = list_records(table)[0]
    sides = (material.arm(str(first[own.treated])), material.within(str(first[own.reference])))
    heads = ("Difference", "Estimate", "Weights for confounders", f"Value ({COVERED} interval)", "p")
    return Grid(
        "durability-effect",
        f"How long the response lasts: {' minus '.join(sides)}.",
        (tuple(heading(text) for text in heads),),
        tuple(rows),
        (_warn(material),),
    )


def _warn(material: Material) -> str:
    text = "Above zero: longer in response than in the other arm. A difference is put into words only where both weighted estimates of the "
    text += "weeks in response exclude zero. "
    if is_randomised(material):
        return text + "Responders are compared, so chance no longer balances the arms."
    return (
        text
        + "Responders are compared: weights balance what was measured before treatment, not what made them respond."
    )


def tabulate_tilt(material: Material) -> Grid | None:
    """Return the primary difference if the ill come more often than the well with the same scores so far."""
    table = material.rows(DurabilityTilt.name)
    if table.empty:
        return None
    own, rows = DurabilityTilt, []
    for row in list_records(table):
        names = {side: material.arm(str(row[side])) for side in ("treated", "reference")}
        arms = TILTED[str(row[own.arms])].format(**names)
        if row[own.case] == "tilted":
            times = "" if row[own.arms] == "none" else f" {fixed(row[own.times], 0)} times as often"
            bounds = interval(row[own.lower], row[own.upper], 1)
            text = f"{fixed(row[own.difference], 1)} ({bounds})" if bounds != ABSENT else ABSENT
            rows.append((heading(f"{arms}: the ill come{times}" if times else arms), number(shown(row, text))))
        else:
            known = pd.notna(row[own.times])
            text = f"at {fixed(row[own.times], 2)} times" if known else "not within a tenth to ten times"
            rows.append((heading(f"{arms}: the difference is zero"), number(shown(row, text))))
    first = list_records(table)[0]
    heads = (
        heading(
            f"How often the ill come beside the well with the same scores so far ({say(str(first[own.weights]))} weights)"
        ),
        heading(f"Weeks in response, difference ({COVERED} interval)"),
    )
    notes = ("Nothing in the data says how often the ill come: these rows show how much hangs on it.",)
    return Grid("durability-tilt", "If coming hangs on how a patient is that day.", (heads,), tuple(rows), notes)


def tabulate_first(material: Material) -> Grid | None:
    """Return the first bad score and the first further session within each arm."""
    table = material.rows(DurabilityFirst.name)
    if table.empty:
        return None
    arms, own = _arms(material, table), DurabilityFirst
    cells = index_rows(table.astype({"week": int}), "end", "method", "week", "arm")
    rows = []
    for end, method, week in dict.fromkeys(key[:3] for key in cells):
        found = [cells.get((end, method, week, arm), {}) for arm in arms]
        estimate = "day known" if end == "further_treatment" else FIRST[method]
        rows.append(
            (
                heading(f"{EVENTS[end]}, week {week}, %"),
                Cell(estimate),
                *(number(_share(row, own.share)) for row in found),
            )
        )
    heads = (heading("Within each arm"), heading("Estimate"), *(heading(material.arm(arm)) for arm in arms))
    return Grid(
        "durability-first",
        "First bad score and first further session, within each arm.",
        (heads,),
        tuple(rows),
        own.notes,
    )
