"""Harms, for the reader: how they were looked for, adverse effects by arm, blood pressure, dissociation, stopping early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.contracts.released.harms import (
    ALL_SESSIONS,
    FIRST_SIX,
    UNASKED,
    Ascertainment,
    BloodPressure,
    Dissociation,
    HarmDetails,
    HarmDifferences,
    HarmRates,
    Harms,
    HarmSeverity,
    PressureRise,
    Stopping,
)
from outcomes.records import list_records
from outcomes.release.arms import order_arms, sort_by_arm
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, fixed, interval
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import present
from outcomes.release.report.content.grids import (
    enumerate_words,
    heading,
    index_rows,
    number,
    quartiles,
    say,
    tell_count,
)
from outcomes.release.report.content.material import Material

Row = dict[str, Any]
BLOCKS = {ALL_SESSIONS: "adverse-effects", FIRST_SIX: "adverse-effects-six"}
PRESSURES = ("systolic", "diastolic")
NOTHING = "No adverse event was recorded in these data; that is no evidence that there was none."
NOT_ASKED = "Side effects were not asked about; what was written down all the same tells no share of patients."


def show_harms(material: Material) -> Section:
    """Return the section on harms; a sentence where the data hold none."""
    title = "Harms"
    if material.rows(Harms.name).empty:
        return Section("harms", title)
    if not _holds(material.rows(Harms.name), Harms.patients):
        beside = [_tabulate_ascertainment(material), _tabulate_details(material)] if holds_unasked(material) else []
        return Section("harms", title, (Paragraph(NOT_ASKED if beside else NOTHING), *present(beside)))
    tables: list[Grid | None] = [
        _tabulate_ascertainment(material),
        *(_tabulate_effects(material, block) for block in BLOCKS),
        _tabulate_severity(material),
        _tabulate_details(material),
        _tabulate_pressure(material),
        _tabulate_dissociation(material),
        _tabulate_stopping(material),
    ]
    words = (
        "All sessions of all series count here. An event belongs to the last session on or before it, up "
        "to seven days after; only such days are time at risk, so that a pause is not. An event recorded may have another reason than treatment, and not recorded is not none."
    )
    blocks: list[Block] = [Paragraph(words), *name_small(material, Harms.name), *present(tables)]
    return Section("harms", title, tuple(blocks))


def _holds(rows: pd.DataFrame, column: str) -> bool:
    """Tell whether a table counts anyone."""
    return len(rows) > 0 and bool((rows[column].fillna(0) > 0).any())


def measured(rows: Mapping[tuple[str, ...], Row], key: str, arms: Sequence[str]) -> bool:
    """Tell whether what a row of a table says was measured in anyone of the arms."""
    return any(row is not None and row["patients"] != 0 for row in (rows.get((key, arm)) for arm in arms))


def note_unmeasured(names: Sequence[str]) -> list[str]:
    """Return the note on rows that a table lacks, for nobody was measured; empty where none is."""
    return [f"Not recorded: {enumerate_words(names)}."] if names else []


def holds_unasked(material: Material) -> bool:
    """Tell whether sessions that did not ask recorded an adverse event."""
    return not material.rows(Ascertainment.name, measure=UNASKED).empty


def list_present(material: Material, name: str) -> list[str]:
    """Return the arms of a table in the study's order, without those of too few patients to be told; all where every arm is."""
    rows = material.rows(name)
    return _choose_told(material, rows) if len(rows) else []


def _choose_told(material: Material, rows: pd.DataFrame) -> list[str]:
    told = rows.loc[rows["patients"].notna(), "arm"] if "patients" in rows else rows["arm"]
    return order_arms(material.study, set(told) or set(rows["arm"]))


def name_small(material: Material, name: str) -> list[Paragraph]:
    """Return that arms of a table are too small to be shown; empty where none is."""
    rows = material.rows(name)
    shown = list_present(material, name)
    gone = (
        [material.arm(arm) for arm in order_arms(material.study, set(rows["arm"])) if arm not in shown]
        if len(rows)
        else []
    )
    return [Paragraph(f"{enumerate_words(gone)}: too few patients to report.")] if gone else []


def _share(row: Row | None, part: str, whole: str) -> Cell:
    """Return "n of N (percent)", a bound where only that is released."""
    if row is None:
        return number(ABSENT)
    return number(f"{tell_count(row, part)} / {tell_count(row, whole)} ({tell_share(row)})")


def tell_share(row: Mapping[Any, Any], column: str = "proportion") -> str:
    """Return a share in percent, or its bound."""
    if pd.notna(row[column]):
        return f"{fixed(100 * row[column], 0)}%"
    bound = row.get(f"{column}_bound")
    return f"{bound[0]}{fixed(100 * float(bound[1:]), 0)}%" if isinstance(bound, str) and bound else ABSENT


def _tabulate_ascertainment(material: Material) -> Grid | None:
    rows, arms = material.rows(Ascertainment.name), list_present(material, Ascertainment.name)
    if rows.empty:
        return None
    found = index_rows(rows, "measure", "arm")
    body = tuple(
        (
            heading(measure[:1].upper() + measure[1:]),
            *(_share(found.get((measure, arm)), Ascertainment.answered, Ascertainment.sessions) for arm in arms),
        )
        for measure in dict.fromkeys(rows[Ascertainment.measure])
    )
    heads = (heading("Looked for"), *(heading(material.arm(arm)) for arm in arms))
    note = "Sessions with an answer or a measurement, of all sessions; severity: of the sessions with an event. A checklist finds many times what patients report unasked."
    note += (
        " Not asked: with an event all the same, of the sessions that did not ask; no share of patients counts these."
        if holds_unasked(material)
        else ""
    )
    return Grid("ascertainment", "How harms were looked for.", (heads,), body, (note,))


def _tabulate_effects(material: Material, block: str) -> Grid | None:
    rows = material.rows(Harms.name, block=block)
    if rows.empty:
        return None
    arms = list_present(material, Harms.name)
    found = index_rows(rows, "event", "arm")
    differences = material.rows(HarmDifferences.name, block=block)
    told = differences[differences[HarmDifferences.difference].notna()] if len(differences) else differences
    contrasts = list(dict.fromkeys(told["contrast"])) if len(told) else []
    between = index_rows(differences, "event", "contrast") if contrasts else {}
    followed = material.rows(HarmRates.name)
    rates = index_rows(followed, "event", "arm") if len(followed) and block == "all sessions" else {}
    shown = [
        event
        for event in dict.fromkeys(rows[Harms.event])
        if any(pd.notna(found[event, arm][Harms.proportion]) for arm in arms if (event, arm) in found)
    ]
    body = [
        (
            heading(event[:1].upper() + event[1:]),
            *(_share(found.get((event, arm)), Harms.affected, Harms.patients) for arm in arms),
            *(_difference(between.get((event, contrast))) for contrast in contrasts),
            *(_rate(rates.get((event, arm))) for arm in (arms if rates else [])),
        )
        for event in shown
    ]
    heads = (
        heading("Adverse effect"),
        *(heading(f"{material.arm(arm)}, n / N (%)") for arm in arms),
        *(heading(f"{material.contrast(contrast)}, points ({COVERED} CI)") for contrast in contrasts),
        *(heading(f"{material.arm(arm)}, per hundred patient-weeks") for arm in (arms if rates else [])),
    )
    few = [event for event in dict.fromkeys(rows[Harms.event]) if event not in shown]
    notes = ["Patients with the effect at least once, of those asked at least once; exact intervals are in the CSV."]
    notes += [f"Too few patients to report: {', '.join(few)}."] if few else []
    notes += _explain(material, differences)
    caption = (
        "Adverse effects."
        if block == "all sessions"
        else "Adverse effects at the first six sessions of those who had six."
    )
    return Grid(BLOCKS[block], caption, (heads,), tuple(body), tuple(notes))


def _explain(material: Material, differences: pd.DataFrame) -> list[str]:
    """Say of which arms no difference is told, and why."""
    rows = differences[differences[HarmDifferences.note].notna()] if len(differences) else differences
    pairs = dict.fromkeys(zip(rows["contrast"], rows[HarmDifferences.note], strict=True)) if len(rows) else {}
    return [f"{material.contrast(str(contrast))}: no difference, {note}." for contrast, note in pairs if str(note)]


def _difference(row: Row | None) -> Cell:
    if row is None or pd.isna(row[HarmDifferences.difference]):
        return number(ABSENT)
    ends = interval(row[HarmDifferences.lower], row[HarmDifferences.upper], 0, 100)
    return number(f"{fixed(100 * row[HarmDifferences.difference], 0)} ({ends})")


def _rate(row: Row | None) -> Cell:
    return number(ABSENT if row is None or pd.isna(row[HarmRates.rate]) else fixed(row[HarmRates.rate], 1))


def _tabulate_severity(material: Material) -> Grid | None:
    rows = material.rows(HarmSeverity.name)
    if rows.empty or (rows[HarmSeverity.graded] == 0).all():  # a bound stands for someone
        return None
    rows = sort_by_arm(rows[rows[HarmSeverity.event] == "any"], material.study)
    columns = (
        HarmSeverity.graded,
        HarmSeverity.ungraded,
        HarmSeverity.mild,
        HarmSeverity.moderate,
        HarmSeverity.severe,
    )
    body = tuple(
        (
            heading(material.arm(row["arm"])),
            *(number(tell_count(row, name)) for name in columns),
            number(tell_share(row)),
        )
        for row in list_records(rows)
    )
    heads = tuple(heading(text) for text in ("Arm", *(say(name).capitalize() for name in columns), "Severe, of graded"))
    return Grid("harm-severity", "Worst grade of a patient's adverse events.", (heads,), body)


def _tabulate_details(material: Material) -> Grid | None:
    rows = material.rows(HarmDetails.name)
    if rows.empty:
        return None
    found, arms = (
        index_rows(rows.assign(both=rows["detail"] + ": " + rows["value"]), "both", "arm"),
        list_present(material, HarmDetails.name),
    )
    body = tuple(
        (heading(both[:1].upper() + both[1:]), *(_share(found.get((both, arm)), HarmDetails.affected, HarmDetails.patients) for arm in arms))
        for both in dict.fromkeys(rows["detail"] + ": " + rows["value"])
    )  # fmt: skip
    heads = (heading("Recorded"), *(heading(material.arm(arm)) for arm in arms))
    note = "Patients with at least one such event, of those asked or with an event. What is not recorded of an event has no row."
    return Grid(
        "harm-details", "Seriousness, relation, action, and outcome of adverse events.", (heads,), body, (note,)
    )


def _tabulate_pressure(material: Material) -> Grid | None:
    rows, arms = material.rows(BloodPressure.name), list_present(material, BloodPressure.name)
    if not _holds(rows, BloodPressure.patients):
        return None
    found = index_rows(rows, "threshold", "arm")
    body = [
        (
            heading(f"{threshold[:1].upper()}{threshold[1:]} mm Hg"),
            *(_share(found.get((threshold, arm)), BloodPressure.affected, BloodPressure.patients) for arm in arms),
        )
        for threshold in dict.fromkeys(rows[BloodPressure.threshold])
        if measured(found, threshold, arms)
    ]
    rises = index_rows(material.rows(PressureRise.name), "measure", "arm")
    for measure in PRESSURES:
        if measured(rises, measure, arms):
            cells = [_mean(rises.get((measure, arm))) for arm in arms]
            body.append((heading(f"{measure.capitalize()} rise, mean ({COVERED} CI), mm Hg"), *cells))
    without = [f"{measure} pressure" for measure in PRESSURES if not measured(rises, measure, arms)]
    heads = (heading("Blood pressure"), *(heading(material.arm(arm)) for arm in arms))
    return Grid(
        "blood-pressure",
        "Blood pressure around sessions.",
        (heads,),
        tuple(body),
        ("Patients ever, of those measured.", *note_unmeasured(without)),
    )


def _mean(row: Row | None) -> Cell:
    if row is None or pd.isna(row[PressureRise.mean]):
        return number(ABSENT)
    return number(f"{fixed(row[PressureRise.mean])} ({interval(row[PressureRise.lower], row[PressureRise.upper])})")


def _tabulate_dissociation(material: Material) -> Grid | None:
    rows = material.rows(Dissociation.name)
    if not _holds(rows, Dissociation.patients):
        return None
    return tabulate_sessions(
        material, rows, "dissociation", "Peak dissociation score (CADSS) by session, median (quartiles).", quartiles,
        "A score is found by asking; the adverse effect of the same name is what was written down.",
    )  # fmt: skip


def tabulate_sessions(
    material: Material, rows: pd.DataFrame, identity: str, caption: str, write: Any, note: str
) -> Grid | None:
    """Return a table of arms by session number."""
    told = _choose_told(material, rows)
    arms = [arm for arm in told if (rows.loc[rows["arm"] == arm, "patients"] != 0).any()]
    rows = rows[rows["arm"].isin(arms)]
    found = index_rows(rows, "session", "arm")
    sessions: Sequence[str] = list(dict.fromkeys(rows["session"].astype(str)))
    body = tuple(
        (
            heading(session),
            *(number(tell_count(found.get((session, arm), {}), "patients")) for arm in arms),
            *(number(write(found[session, arm]) if (session, arm) in found else ABSENT) for arm in arms),
        )
        for session in sessions
    )
    names = [material.arm(arm) for arm in arms]
    heads = (heading("Session"), *(heading(f"{name}, n") for name in names), *(heading(name) for name in names))
    without = note_unmeasured([material.arm(arm) for arm in told if arm not in arms])
    return Grid(identity, caption, (heads,), body, (note, *without))


def _tabulate_stopping(material: Material) -> Grid | None:
    rows, arms = material.rows(Stopping.name), list_present(material, Stopping.name)
    if rows.empty:
        return None
    found = index_rows(rows, "reason", "arm")
    reasons = list(dict.fromkeys(rows[Stopping.reason]))
    unknown = reasons == ["any", "not recorded"]
    body = tuple(
        (
            heading("Stopped early" if reason == "any" else f"\u2003{reason}"),
            *(_share(found.get((reason, arm)), Stopping.affected, Stopping.patients) for arm in arms),
        )
        for reason in (reasons[:1] if unknown else reasons)
    )
    heads = (heading("Induction"), *(heading(material.arm(arm)) for arm in arms))
    note = "Before the number of sessions of the arm's protocol." + (" Why is not recorded." if unknown else "")
    return Grid("stopping", "Induction stopped early.", (heads,), body, (note,))
