"""Raw visit rows: doses, weights, and arms the way people type them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Bools, Floats
from outcomes.simulate.layout import LAYOUTS, SPELLINGS
from outcomes.simulate.mess import Mess
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
    write_number,
    write_numbers,
)
from outcomes.simulate.streams import Streams

POUNDS_PER_KG = 2.20462
NUMBERS = [
    "duration_min", "sbp_before", "dbp_before", "sbp_peak", "dbp_peak", "sbp_after", "dbp_after", "heart_rate", "spo2",
    "cadss_peak", "charge_usd",
]  # fmt: skip
PLAIN_NOTES = (
    "Tolerated well.", "Slept little the night before.", "Music chosen beforehand.", "Discharged with an escort.",
    "Mild nausea, settled with rest.", "Asked about travel next week.", "Arrived late, session shortened.",
    "Eye mask declined.", "Plans to see the therapist this week.",
)  # fmt: skip
SPECIAL_NOTES = (
    "Room kept at 21 °C.", "Session began ½ h late.", "Naïve to ketamine, course explained.",
    "Cuffs differed by ±5 mmHg.",
)  # fmt: skip
NOTE_SHARE, SPECIAL_SHARE = 0.08, 0.35
AMENDED_NOTE = "Corrected entry."


def build_visit_rows(
    patients: pd.DataFrame,
    sessions: pd.DataFrame,
    events: pd.DataFrame,
    when: pd.DatetimeIndex,
    moves: Moves,
    mess: Mess,
    streams: Streams,
) -> RawRows:
    """Return one row per visit and entry, with its mess."""
    patient = sessions["patient"].to_numpy()
    site, away = moves.find_site(patients["site"].to_numpy(), patient, sessions["study_day"].to_numpy())
    cells = {
        "patient_code": patients["code"].to_numpy()[patient].tolist(),
        "treatment": sessions["arm"].tolist(),
        "dose": write_numbers(sessions["dose_mg"].to_numpy()),
        "weight": write_numbers(np.round(sessions["weight_kg"].to_numpy())),
        **{name: write_numbers(sessions[name].to_numpy()) for name in NUMBERS},
        "side_effects": list_side_effects(sessions, events),
        "clinician": [f"Clinician {number}" for number in sessions["clinician"]],
        "note": [None] * len(sessions),
    }
    rows = mark(start_rows("visits", cells, site, when, mess, streams), "two_sites", away)
    for spoil in (spell_arms, write_notes):
        rows = spoil(rows, mess, streams)
    rows = spoil_doses(rows, sessions, mess, streams)
    rows = spoil_weights(rows, sessions["weight_kg"].to_numpy(), mess, streams)
    rows = assign_generation(rows, mess)
    placed = displace("visits", rows, mess, streams)
    return join_rows([placed, *duplicate_visits(placed, mess, streams), make_blanks("visits", rows, mess, streams)])


def list_side_effects(sessions: pd.DataFrame, events: pd.DataFrame) -> list[str]:
    """Return the side effects of each session in one text."""
    texts = events.groupby(["patient", "study_day"])["event"].agg("; ".join)
    keys = pd.MultiIndex.from_frame(sessions[["patient", "study_day"]])
    return texts.reindex(keys).fillna("none").tolist()


def assign_generation(rows: RawRows, mess: Mess) -> RawRows:
    """Return the rows with the early ones of the workbook site under older column names, bare serial dates included."""
    when = rows.meta["when"]
    cut = when.min() + mess.column_generations * (when.max() - when.min())
    workbook = rows.meta["site"].map(lambda site: LAYOUTS[site].workbook).to_numpy(dtype=bool)
    older = workbook & (when < cut).to_numpy()
    style = rows.meta["style"].where(~(older & (rows.meta["style"] == "excel")), "serial")
    return mark(
        RawRows(rows.cells, rows.meta.assign(older=older, style=style), rows.marks), "column_generations", older
    )


def spell_arms(rows: RawRows, mess: Mess, streams: Streams) -> RawRows:
    """Return the rows with arms spelt in many ways."""
    rng = streams.of("mess/visits/arm")
    uniform, pick = rng.random(len(rows.cells)), rng.integers(0, 6, len(rows.cells))
    chosen = choose(uniform, 0.0, mess.arm_spellings)
    spelt = [SPELLINGS[arm][place] for arm, place in zip(rows.cells["treatment"], pick, strict=True)]
    return mark(replace_cells(rows, "treatment", chosen, spelt), "arm_spellings", chosen)


def write_notes(rows: RawRows, mess: Mess, streams: Streams) -> RawRows:
    """Return the rows with a note in some; special characters are damaged in some of those."""
    rng = streams.of("mess/visits/note")
    count = len(rows.cells)
    noted, special, damage = rng.random((3, count))
    plain, other = rng.integers(0, len(PLAIN_NOTES), count), rng.integers(0, len(SPECIAL_NOTES), count)
    has_note, has_special = noted < NOTE_SHARE, special < SPECIAL_SHARE
    damaged = has_note & has_special & choose(damage, 0.0, mess.damaged_characters)
    texts = [SPECIAL_NOTES[b] if odd else PLAIN_NOTES[a] for odd, a, b in zip(has_special, plain, other, strict=True)]
    texts = [damage_text(text) if hit else text for text, hit in zip(texts, damaged, strict=True)]
    return mark(replace_cells(rows, "note", has_note, texts), "damaged_characters", damaged)


def damage_text(text: str) -> str:
    """Return UTF-8 text as it looks when decoded as Latin-1."""
    return text.encode("utf-8").decode("latin-1")


def spoil_doses(rows: RawRows, sessions: pd.DataFrame, mess: Mess, streams: Streams) -> RawRows:
    """Return the rows with doses as text, and ketamine doses that were raised within the session."""
    rng = streams.of("mess/visits/dose")
    uniform, form = rng.random((2, len(rows.cells)))
    earlier = rng.integers(4, 11, len(rows.cells))
    spray = (sessions["arm"] == "esketamine").to_numpy()
    text = choose(uniform, 0.0, mess.dose_text)
    change = choose(uniform, 0.95, mess.dose_changes) & ~spray
    dose, weight = sessions["dose_mg"].tolist(), sessions["weight_kg"].tolist()
    full = (form < 0.5) & ~spray & sessions["weight_kg"].notna().to_numpy()
    labelled = [write_dose(mg, kg if whole else None) for mg, kg, whole in zip(dose, weight, full, strict=True)]
    raised = [f"{mg - step:.0f} --> {mg:.0f} mg" for mg, step in zip(dose, earlier, strict=True)]
    rows = mark(replace_cells(rows, "dose", text, labelled), "dose_text", text)
    return mark(replace_cells(rows, "dose", change, raised), "dose_changes", change)


def write_dose(dose_mg: float, weight_kg: float | None) -> str:
    """Return a dose in words, by weight where a weight is given."""
    text = f"{dose_mg:.0f} mg"
    return text if weight_kg is None else f"{text} = {write_number(dose_mg / weight_kg)} mg/kg"


def spoil_weights(rows: RawRows, weight_kg: Floats, mess: Mess, streams: Streams) -> RawRows:
    """Return the rows with weights in pounds, as ranges, mislabelled, or impossible."""
    rng = streams.of("mess/visits/weight")
    uniform, form = rng.random((2, len(rows.cells)))
    known: Bools = ~np.isnan(weight_kg)
    weight = np.where(known, weight_kg, 80.0)
    floor = 5 * np.floor(weight / 5)
    ways: list[tuple[str, float, list[str]]] = [
        ("weights_in_pounds", 0.0, [f"{kg * POUNDS_PER_KG:.0f} lb" for kg in weight]),
        ("weight_ranges", 0.4, [f"{low:.0f}-{low + 5:.0f}" for low in floor]),
        ("mislabelled_weights", 0.7, [f"{kg:.0f} mg" for kg in weight]),
        (
            "impossible_weights",
            0.8,
            ["0" if low else f"{10 * kg:.0f}" for low, kg in zip(form < 0.4, weight, strict=True)],
        ),
    ]
    for kind, start, texts in ways:
        chosen = known & choose(uniform, start, getattr(mess, kind))
        rows = mark(replace_cells(rows, "weight", chosen, texts), kind, chosen)
    return rows


def duplicate_visits(rows: RawRows, mess: Mess, streams: Streams) -> list[RawRows]:
    """Return second rows of some visits: the same, or amended."""
    uniform = streams.of("mess/visits/duplicate").random(len(rows.cells))
    same = copy_rows(rows, "duplicate_visits_exact", choose(uniform, 0.0, mess.duplicate_visits_exact))
    amended = copy_rows(rows, "duplicate_visits_amended", choose(uniform, 0.5, mess.duplicate_visits_amended))
    everyone = np.ones(len(amended.cells), dtype=bool)
    for column, step in (("duration_min", 5), ("sbp_peak", 3)):
        values = [None if old is None else str(int(old) + step) for old in amended.cells[column]]
        amended = replace_cells(amended, column, everyone, values)
    amended = replace_cells(amended, "note", everyone, [AMENDED_NOTE] * len(everyone))
    undamaged = amended.marks.assign(damaged_characters=False)
    later = amended.meta.assign(when=amended.meta["when"] + pd.Timedelta(minutes=10))
    return [same, RawRows(amended.cells, later, undamaged)]
