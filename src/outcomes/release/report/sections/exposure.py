"""Exposure, for the reader: sessions and completion, dose by session, and sessions after the induction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.exposure import FEWEST_DOSED, Dose, DoseResponse, Exposure, Maintenance, SessionTime
from outcomes.records import list_records
from outcomes.release.arms import order_arms
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.exposure import CAVEAT
from outcomes.release.numbers import ABSENT, fixed, general, interval, p_value, signed
from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import heading, index_rows, number, quartiles, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.harms import list_present, measured, name_small, tabulate_sessions, tell_share

Row = dict[str, Any]
MINUTES = "minutes a session"


def show_exposure(material: Material, folder: Path) -> Section:
    """Return the section on exposure; empty where there are no sessions."""
    title, rows = "Exposure", material.rows(Exposure.name)
    if rows.empty or not (rows[Exposure.patients].fillna(0) > 0).any() or _has_no_sessions(material):
        return Section("exposure", title)
    words = (
        "Everyone with a session, all series. Dose and number of sessions follow how a patient does, so that neither says what more of "
        "them would do."
    )
    blocks: list[Block] = [
        Paragraph(words),
        *name_small(material, Exposure.name),
        *present(
            [
                _tabulate_exposure(material),
                _tabulate_dose(material),
            ]
        ),
        *pictures(material, folder, "exposure", material.primary),
        *present([_tabulate_dose_response(material), _tabulate_maintenance(material)]),
    ]
    return Section("exposure", title, tuple(blocks))


def _has_no_sessions(material: Material) -> bool:
    """Whether the study records visits alone: then nobody has a number of sessions."""
    rows = material.rows(Exposure.name)
    return material.study.series.origin != "sessions" and bool(rows[Exposure.sessions_median].isna().all())


def _tabulate_exposure(material: Material) -> Grid | None:
    rows, arms = material.rows(Exposure.name), list_present(material, Exposure.name)
    found = index_rows(rows, "milestone", "arm")
    milestones = list(dict.fromkeys(rows[Exposure.milestone]))
    body = [
        (
            heading("Sessions, median (quartiles)"),
            *(number(_sessions(found[milestones[0], arm])) for arm in arms),
        )
    ]
    body += [
        (heading(milestone[:1].upper() + milestone[1:]), *(number(_reached(found[milestone, arm])) for arm in arms))
        for milestone in milestones
        if any(found[milestone, arm][Exposure.patients] != 0 for arm in arms)  # a bound stands for someone
    ]
    timed = material.rows(SessionTime.name)
    times = index_rows(timed, "measure", "arm") if len(timed) else {}
    known = [measure for measure in dict.fromkeys(measure for measure, _ in times) if measured(times, measure, arms)]
    for measure in known:
        cells = (number(quartiles(times[measure, arm])) for arm in arms)
        body.append((heading(f"{measure[:1].upper()}{measure[1:]}, median (quartiles)"), *cells))
    heads = (heading("Exposure"), *(heading(material.arm(arm)) for arm in arms))
    notes = ("An infusion's length and the monitoring after a spray are not comparable.",) if MINUTES in known else ()
    return Grid("exposure", "Sessions and completion of the induction.", (heads,), tuple(body), notes)


def _sessions(row: Row) -> str:
    if pd.isna(row[Exposure.sessions_median]):
        return ABSENT
    return f"{fixed(row[Exposure.sessions_median], 0)} ({interval(row[Exposure.sessions_q1], row[Exposure.sessions_q3], 0)})"


def _reached(row: Row) -> str:
    return f"{tell_count(row, Exposure.reached)} / {tell_count(row, Exposure.patients)} ({tell_share(row)})"


def _tabulate_dose(material: Material) -> Grid | None:
    rows = material.rows(Dose.name)
    if rows.empty or not (rows[Dose.patients].fillna(0) > 0).any():
        return None
    return tabulate_sessions(
        material, rows, "dose", "Dose by session, median (quartiles).", _dose,
        "In mg/kg where the dose goes by body weight, by the weight of the day or the last one before.",
    )  # fmt: skip


def _dose(row: Row) -> str:
    by_weight = (Dose.mg_per_kg_median, Dose.mg_per_kg_q1, Dose.mg_per_kg_q3)
    for unit, decimals, (median, low, high) in (
        ("mg/kg", 2, by_weight),
        ("mg", 0, (Dose.mg_median, Dose.mg_q1, Dose.mg_q3)),
    ):
        if pd.notna(row[median]):
            return f"{fixed(row[median], decimals)} {unit} ({interval(row[low], row[high], decimals)})"
    return ABSENT


def _tabulate_dose_response(material: Material) -> Grid | None:
    """Return how scores differ by the dose of the sessions before; None where no arm's dose varies enough."""
    rows = material.rows(DoseResponse.name)
    if rows.empty:
        return None
    body = tuple(
        (
            heading(
                f"{material.arm(row[DoseResponse.arm])}, {general(row[DoseResponse.dose])} {row[DoseResponse.unit]}"
            ),
            number(tell_count(row, DoseResponse.patients)),
            number(_difference(row)),
            number(p_value(row[DoseResponse.p_value])),
        )
        for row in list_records(rows)
    )
    heads = ("Mean dose of the sessions before", "Patients", f"Difference in score ({COVERED} CI)", "p")
    note = (
        f"{CAVEAT} Natural spline in a mixed model with "
        f"baseline and session; p: of no association. Arms of fewer than {FEWEST_DOSED} patients, or whose dose varies by less than a tenth, are left out."
    )
    name = material.instrument(material.primary)
    return Grid("dose-response", f"{name} after sessions, by dose.", (tuple(map(heading, heads)),), body, (note,))


def _difference(row: Row) -> str:
    if row[DoseResponse.dose] == row[DoseResponse.reference]:
        return "reference"
    if pd.isna(row[DoseResponse.estimate]):
        return ABSENT
    return f"{signed(row[DoseResponse.estimate])} ({interval(row[DoseResponse.lower], row[DoseResponse.upper])})"


def _tabulate_maintenance(material: Material) -> Grid | None:
    rows = material.rows(Maintenance.name)
    if rows.empty:
        return None
    rows = rows[rows[Maintenance.patients].notna() & (rows[Maintenance.patients] > 0)]
    if rows.empty:
        return None
    arms = order_arms(material.study, set(rows[Maintenance.arm]))
    found = index_rows(rows.assign(month=rows[Maintenance.month].astype(int)), "month", "arm")
    body = tuple(
        (
            heading(str(month)),
            *(number(_returned(found.get((str(month), arm)))) for arm in arms),
            *(number(_monthly(found.get((str(month), arm)))) for arm in arms),
        )
        for month in sorted({int(value) for value in rows[Maintenance.month]})
    )
    names = [material.arm(arm) for arm in arms]
    heads = (
        heading("Month"),
        *(heading(f"{name}, came back / followed (%)") for name in names),
        *(heading(f"{name}, sessions per patient ({COVERED} CI)") for name in names),
    )
    note = "Months of four weeks after the induction of the first series, among patients with any record at the month's end or later."
    return Grid("maintenance", "Sessions after the induction.", (heads,), body, (note,))


def _returned(row: Row | None) -> str:
    if row is None:
        return ABSENT
    return f"{tell_count(row, Maintenance.returned)} / {tell_count(row, Maintenance.patients)} ({tell_share(row)})"


def _monthly(row: Row | None) -> str:
    if row is None or pd.isna(row[Maintenance.rate]):
        return ABSENT
    return f"{fixed(row[Maintenance.rate])} ({interval(row[Maintenance.rate_lower], row[Maintenance.rate_upper])})"
