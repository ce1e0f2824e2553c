"""When a response begins, for the reader: who was looked at when, onset by day and session, and late response."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.onset import LateResponse, Onset, OnsetLooks
from outcomes.release.arms import order_arms
from outcomes.release.definitions import COVERED, HALF, ONSET_AT
from outcomes.release.numbers import ABSENT, fixed, interval
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import heading, index_rows, number, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.harms import tell_share

Row = dict[str, Any]
UNDATED = "Scores here have no day after a first session, so that when a response began cannot be said."
AXES = {"day": "By day {}", "session": "After session {}"}


def show_onset(material: Material, folder: Path) -> Section:
    """Return the section on onset; a sentence where no day is counted from a first session, empty where nothing is asked."""
    title, rows = "When a response begins", material.rows(OnsetLooks.name)
    if material.rows(OnsetLooks.name).empty or not (rows[OnsetLooks.patients].fillna(0) > 0).any():
        undated = material.study.series.origin != "sessions"
        return Section("onset", title, (Paragraph(UNDATED),) if undated else ())
    instruments = list(dict.fromkeys(rows[OnsetLooks.instrument]))
    words = (
        "A response is seen only at a score, so that it began between two of them. The estimate uses just that (Turnbull), "
        "whether a patient was looked at by then or not; who stopped treatment early before a response was seen counts as having "
        "none. The more often one looks, and the more scores vary, the sooner a first response is seen; a confirmed one is borne out by the next score."
    )
    blocks: list[Block] = [Paragraph(words)]
    blocks += [Paragraph(text) for text in [_tell_half(material, instruments[0])] if text]
    blocks += present([_tabulate_looks(material, instruments)])
    blocks += pictures(material, folder, "onset", instruments[0])
    blocks += present([_tabulate_onset(material, instruments[0]), _tabulate_late(material, instruments[0])])
    return Section("onset", title, tuple(blocks))


def _arms(material: Material, rows: pd.DataFrame, column: str) -> list[str]:
    """Return the arms of which anybody is counted, in the study's order."""
    known = set(rows.loc[rows[column].notna() & (rows[column] > 0), "arm"])
    return order_arms(material.study, known)


def _tell_half(material: Material, instrument: str) -> str:
    """Say by which of the days asked half had begun to respond in each arm."""
    rows = material.rows(Onset.name, instrument=instrument, endpoint="response", onset="first", axis="day")
    said = []
    for arm in _arms(material, rows, Onset.patients) if len(rows) else ():
        asked = rows[rows[Onset.arm] == arm].sort_values(Onset.time)
        own = asked[asked[Onset.probability].notna()]
        over = own[own[Onset.probability] >= HALF]
        if own.empty or (over.empty and pd.isna(asked.iloc[-1][Onset.probability])):  # the later days are not told
            continue
        last = own.iloc[-1]
        if over.empty:
            text = f"{material.arm(arm)}: not by day {fixed(last[Onset.time], 0)} ({fixed(100 * last[Onset.probability], 0)}%)"
        else:
            before = own[own[Onset.time] < over.iloc[0][Onset.time]]
            end = fixed(over.iloc[0][Onset.time], 0)
            start = fixed(before.iloc[-1][Onset.time], 0) if len(before) else ""
            text = f"{material.arm(arm)}: {f'between day {start} and' if start else 'by'} day {end}"
        said.append(text)
    return (
        f"When half of the patients had begun to respond ({material.instrument(instrument)}): {'. '.join(said)}."
        if said
        else ""
    )


def _tabulate_looks(material: Material, instruments: list[str]) -> Grid | None:
    rows = material.rows(OnsetLooks.name)
    arms = _arms(material, rows, OnsetLooks.patients)
    found = index_rows(rows, "instrument", "window", "arm")
    answered = bool(rows[OnsetLooks.answerable].astype(bool).any())
    body = []
    for instrument, window in dict.fromkeys((one[0], one[1]) for one in found):
        cells = [found.get((instrument, window, arm), {}) for arm in arms]
        answers = [number(_say_answer(row)) for row in cells] if answered else []
        body.append(
            (
                heading(f"{material.instrument(instrument)}, {window}"),
                *(number(_scored(row)) for row in cells),
                *answers,
            )
        )
    names = [material.arm(arm) for arm in arms]
    heads = (
        heading("Within"),
        *(heading(f"{name}, with a score / patients (%)") for name in names),
        *(heading(f"{name}, response, of those with a score") for name in names if answered),
    )
    recalls = (f"{material.instrument(name)} {material.study.instrument(name).recall_days}" for name in instruments)
    note = f"Days that the questions look back: {', '.join(recalls)}. Who responds within a shorter time cannot be said{'' if answered else ', and is not shown'}."
    return Grid("onset-looks", "Scores soon after the first session.", (heads,), tuple(body), (note,)) if arms else None


def _scored(row: Row) -> str:
    if not row:
        return ABSENT
    return f"{tell_count(row, OnsetLooks.scored)} / {tell_count(row, OnsetLooks.patients)} ({tell_share(row)})"


def _say_answer(row: Row) -> str:
    if not row or not bool(row[OnsetLooks.answerable]):
        return "cannot be said"
    return f"{tell_count(row, OnsetLooks.responded)} ({tell_share(row, OnsetLooks.responded_proportion)})"


def _tabulate_onset(material: Material, instrument: str) -> Grid | None:
    rows = material.rows(Onset.name, instrument=instrument)
    if rows.empty:
        return None
    arms = _arms(material, rows, Onset.patients)
    found = index_rows(rows.assign(time=rows[Onset.time].astype(int)), "endpoint", "onset", "axis", "time", "arm")
    places = dict.fromkeys(key[:4] for key in found if key[3] in ONSET_AT[key[2]])
    body = [
        (
            heading(f"{endpoint[:1].upper()}{endpoint[1:]}, {kind}"),
            heading(AXES[axis].format(time)),
            *(_estimate(found.get((endpoint, kind, axis, time, arm), {})) for arm in arms),
        )
        for endpoint, kind, axis, time in places
    ]
    heads = (heading("Onset"), heading("Time"), *(heading(f"{material.arm(arm)} ({COVERED} CI)") for arm in arms))
    title = f"Share of patients in whom it had begun, seen or not (%): {material.instrument(instrument)}."
    return Grid("onset-shares", title, (heads,), tuple(body)) if arms else None


def _estimate(row: Row) -> Cell:
    if not row:
        return number(ABSENT)
    if pd.isna(row[Onset.probability]):
        return number(tell_share(row, Onset.probability).removesuffix("%"))
    text = fixed(100 * row[Onset.probability], 0)
    if pd.isna(row[Onset.probability_lower]) or pd.isna(row[Onset.probability_upper]):
        return number(text)
    return number(f"{text} ({interval(row[Onset.probability_lower], row[Onset.probability_upper], 0, factor=100)})")


def _tabulate_late(material: Material, instrument: str) -> Grid | None:
    rows = material.rows(LateResponse.name, instrument=instrument)
    if rows.empty:
        return None
    arms = _arms(material, rows, LateResponse.went_on)
    found = index_rows(rows.assign(session=rows[LateResponse.session].astype(int)), "session", "arm")
    body = []
    for session in sorted({int(key[0]) for key in found}):
        cells = [found.get((str(session), arm), {}) for arm in arms]
        told = [(number(tell_count(row, LateResponse.went_on) if row else ABSENT), number(_late(row))) for row in cells]
        body.append((heading(str(session)), *(cell for pair in told for cell in pair)))
    names = [material.arm(arm) for arm in arms]
    pairs = [
        (heading(f"{name}, went on, No."), heading(f"{name}, responded later, % ({COVERED} CI)")) for name in names
    ]
    heads = (heading("No response after session"), *(cell for pair in pairs for cell in pair))
    note = "Of those who went on; without a later score a patient counts as not responding. Who goes on is chosen, and later responses may have come without further sessions."
    title = f"Later response: {material.instrument(instrument)}."
    return Grid("late-response", title, (heads,), tuple(body), (note,)) if arms else None


def _late(row: Row) -> str:
    if not row or pd.isna(row[LateResponse.proportion]):
        return tell_share(row).removesuffix("%") if row else ABSENT
    text = fixed(100 * row[LateResponse.proportion], 0)
    return f"{text} ({interval(row[LateResponse.lower], row[LateResponse.upper], 0, factor=100)})"
