"""Raw questionnaire and adverse event rows: totals that disagree, items that cannot be, second answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Bools, Ints
from outcomes.simulate.layout import LAYOUTS
from outcomes.simulate.mess import Mess
from outcomes.simulate.questionnaires import GAD7_ITEMS, PHQ9_ITEMS
from outcomes.simulate.raw_patients import Moves
from outcomes.simulate.rows import (
    RawRows,
    choose,
    copy_rows,
    displace,
    join_rows,
    make_blanks,
    mark,
    replace_cells,
    start_rows,
    write_numbers,
)
from outcomes.simulate.streams import Streams

IMPOSSIBLE = ("-1", "4", "9")
HIGHEST = {"phq9": 27, "gad7": 21}
ITEMS = {"phq9": PHQ9_ITEMS, "gad7": GAD7_ITEMS}


def build_questionnaire_rows(
    patients: pd.DataFrame,
    questionnaires: pd.DataFrame,
    when: pd.DatetimeIndex,
    moves: Moves,
    mess: Mess,
    streams: Streams,
) -> RawRows:
    """Return one row per submission and entry, with its mess."""
    patient = questionnaires["patient"].to_numpy()
    site, away = moves.find_site(patients["site"].to_numpy(), patient, questionnaires["study_day"].to_numpy())
    cells: dict[str, Any] = {"patient_code": patients["code"].to_numpy()[patient].tolist()}
    for instrument, names in ITEMS.items():
        cells.update({name: write_numbers(questionnaires[name].to_numpy()) for name in names})
        total = questionnaires[names].sum(axis=1, skipna=False).to_numpy()
        cells[f"{instrument}_total"] = write_numbers(total)
    rows = mark(start_rows("questionnaires", cells, site, when, mess, streams), "two_sites", away)
    rows = spoil_answers(rows, questionnaires, mess, streams)
    placed = displace("questionnaires", rows, mess, streams)
    copies = duplicate_answers(placed, questionnaires, mess, streams)
    return join_rows([placed, *copies, make_blanks("questionnaires", rows, mess, streams)])


def find_complete(questionnaires: pd.DataFrame, instrument: str) -> Bools:
    """Return which submissions answer every item of an instrument."""
    complete: Bools = questionnaires[ITEMS[instrument]].notna().all(axis=1).to_numpy()
    return complete


def spoil_answers(rows: RawRows, questionnaires: pd.DataFrame, mess: Mess, streams: Streams) -> RawRows:
    """Return the rows with wrong totals, impossible items, and impossible totals, never two of them in one row."""
    rng = streams.of("mess/questionnaires/answers")
    count = len(rows.cells)
    uniform = rng.random(count)
    anxious = find_complete(questionnaires, "gad7") & (rng.random(count) < 1 / 3)
    instrument = np.where(anxious, "gad7", "phq9")
    answered = anxious | find_complete(questionnaires, "phq9")
    wrong = answered & choose(uniform, 0.0, mess.wrong_totals)
    impossible = answered & choose(uniform, 0.25, mess.impossible_items)
    excessive = find_complete(questionnaires, "phq9") & choose(uniform, 0.5, mess.impossible_totals)
    step = rng.integers(1, 4, count)
    place, value = rng.random(count), rng.choice(IMPOSSIBLE, count)
    high = [str(number) for number in rng.integers(28, 46, count)]
    concerned = np.where(wrong | impossible, instrument, np.where(excessive, "phq9", ""))
    rows = RawRows(rows.cells, rows.meta.assign(instrument=concerned), rows.marks)
    for name, names in ITEMS.items():
        here = wrong & (instrument == name)
        rows = replace_cells(rows, f"{name}_total", here, shift_totals(rows, name, here, step))
        for number, item in enumerate(names):
            hit = impossible & (instrument == name) & (np.floor(place * len(names)) == number)
            rows = replace_cells(rows, item, hit, value.tolist())
    rows = replace_cells(rows, "phq9_total", excessive, high)
    for kind, chosen in (("wrong_totals", wrong), ("impossible_items", impossible), ("impossible_totals", excessive)):
        rows = mark(rows, kind, chosen)
    return rows


def shift_totals(rows: RawRows, instrument: str, chosen: Bools, step: Ints) -> list[str | None]:
    """Return totals that are off by ``step``, still within the instrument's range, where chosen."""
    shifted: list[str | None] = []
    for old, hit, by in zip(rows.cells[f"{instrument}_total"], chosen, step.tolist(), strict=True):
        total = int(old) if hit else 0
        shifted.append(str(total + by if total + by <= HIGHEST[instrument] else total - by) if hit else old)
    return shifted


def duplicate_answers(rows: RawRows, questionnaires: pd.DataFrame, mess: Mess, streams: Streams) -> list[RawRows]:
    """Return second rows of some submissions without other mess: the same, or with other answers."""
    rng = streams.of("mess/questionnaires/duplicate")
    count = len(rows.cells)
    uniform, places = rng.random(count), {name: rng.integers(0, len(items), count) for name, items in ITEMS.items()}
    sound = streams.of("mess/questionnaires/answers").random(count) >= 0.75  # the stretch without spoilt answers
    same = choose(uniform, 0.0, min(4 * mess.duplicate_questionnaires_exact, 0.5)) & sound
    other = choose(uniform, 0.5, min(4 * mess.duplicate_questionnaires_conflicting, 0.5)) & sound
    other &= find_complete(questionnaires, "phq9")
    conflicting = copy_rows(rows, "duplicate_questionnaires_conflicting", other)
    for name in ITEMS:
        conflicting = answer_otherwise(conflicting, name, places[name][other])
    later = conflicting.meta.assign(when=conflicting.meta["when"] + pd.Timedelta(minutes=15))
    return [
        copy_rows(rows, "duplicate_questionnaires_exact", same),
        RawRows(conflicting.cells, later, conflicting.marks),
    ]


def answer_otherwise(rows: RawRows, instrument: str, place: Ints) -> RawRows:
    """Return the rows with one item a point away and the total to match, where the instrument is complete."""
    names, total = ITEMS[instrument], f"{instrument}_total"
    answers = [list(record) for record in zip(*(rows.cells[name] for name in names), strict=True)]
    totals = rows.cells[total].tolist()
    for row, number in enumerate(place.tolist()):
        if totals[row] is not None:
            step = 1 if int(answers[row][number]) < 3 else -1
            answers[row][number] = str(int(answers[row][number]) + step)
            totals[row] = str(int(totals[row]) + step)
    cells = rows.cells.copy()
    cells[names] = pd.DataFrame(answers, columns=names, index=cells.index, dtype=object)
    cells[total] = pd.Series(totals, index=cells.index, dtype=object)
    return RawRows(cells, rows.meta, rows.marks)


def build_event_rows(
    patients: pd.DataFrame, events: pd.DataFrame, when: pd.DatetimeIndex, moves: Moves, mess: Mess, streams: Streams
) -> RawRows:
    """Return one row per adverse event at the sites that keep such a file."""
    patient = events["patient"].to_numpy()
    site, away = moves.find_site(patients["site"].to_numpy(), patient, events["study_day"].to_numpy())
    layouts = [LAYOUTS[one] for one in site.tolist()]
    cells = {
        "patient_code": patients["code"].to_numpy()[patient].tolist(),
        "event": events["event"].tolist(),
        "severity": events["severity"].tolist(),
        "resolved": [layout.yes_no[not yes] for layout, yes in zip(layouts, events["resolved"], strict=True)],
    }
    rows = mark(start_rows("adverse-events", cells, site, when, mess, streams), "two_sites", away)
    placed = displace("adverse-events", rows, mess, streams)
    every = join_rows([placed, make_blanks("adverse-events", rows, mess, streams)])
    return every.take(every.meta["site"].map(lambda one: LAYOUTS[one].events_file).to_numpy(dtype=bool))
