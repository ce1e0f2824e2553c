"""Table 2 of the main report where no two arms are compared by a declared comparison: each arm's own outcomes, and safety."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.contracts.released.describe import Response, Scores
from outcomes.contracts.released.exposure import COMPLETED, Exposure
from outcomes.contracts.released.harms import Dissociation, HarmDifferences, Harms, PressureRise
from outcomes.contracts.released.instruments import PercentChange
from outcomes.release.course import find_place, find_trial_difference, read_course
from outcomes.release.definitions import COVERED, FIRST_SESSION
from outcomes.release.numbers import ABSENT, Kind, fixed, interval
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import heading, index_rows, number, quartiles, tell, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.safety import HEADS, WHOLE
from outcomes.release.report.sections.baseline_compared import list_arms

Row = Mapping[str, Any]
SEVERE = "Any severe adverse effect, n (%)"
UNRECORDED = "not recorded"
GRADED = " Severe: of patients whose events were all graded."


def tabulate_by_arm(material: Material) -> Grid | None:
    """Return mean change by time point, the rates at the headline, and safety, one column an arm; the differences of a trial beside them."""
    place, arms = find_place(material.tables, material.study), list_arms(material)
    if place is None or not arms:
        return None
    instrument, axis, timepoint = place
    apart = index_rows(find_trial_difference(material.tables, material.study, axis), "timepoint")
    changes = _changes(material, arms, instrument, axis, apart)
    rates = _rates(material, arms, (instrument, axis, timepoint), bool(apart))
    others, safety = (
        [(name, *cells[: len(arms)], *([Cell("")] if apart else []), cells[-1]) for name, *cells in rows]
        for rows in (list_percent_changes(material, arms, place), list_safety(material, arms))
    )
    blocks = {
        "Mean change, points": changes,
        "Mean change of other instruments, % of baseline": others,
        "Rates, % of those scored": rates,
        "Safety": safety,
    }
    if not any(blocks.values()):
        return None
    width = 2 + len(arms) + bool(apart)
    rows: list[tuple[Cell, ...]] = []
    for title, lines in blocks.items():
        if lines:
            rows += [(Cell(title, head=True, span=width),)]
            rows += lines
    heads = [heading("Outcome"), *(heading(material.arm(arm)) for arm in arms)]
    heads += [*([heading(f"Difference ({COVERED} CI)")] if apart else []), heading("n")]
    note = f"Mean changes are adjusted for the baseline score, with {COVERED} intervals."
    note += (
        " The difference is that of the mixed model." if apart else " Arms are not compared." if len(arms) > 1 else ""
    )
    note += " Percent changes are each patient's own, not adjusted." if others else ""
    asked = "; for safety, those asked, all sessions of all series" if safety else ""
    note += f" n: patients with a score{asked}.{note_safety(safety)}"
    return Grid("outcomes", "Outcomes.", (tuple(heads),), tuple(rows), (note,))


def _changes(
    material: Material, arms: Sequence[str], instrument: str, axis: str, apart: Mapping[tuple[str, ...], Row]
) -> list[tuple[Cell, ...]]:
    course = index_rows(read_course(material.tables, instrument, axis), "timepoint", "arm")
    name = material.instrument(instrument)
    scores = index_rows(material.rows(Scores.name, instrument=instrument, axis=axis), "timepoint", "arm")
    return [
        (
            heading(f"\u2003{name}, {material.timepoint(axis, when)}"),
            *(number(_estimate(course.get((when, arm), {}), "change")) for arm in arms),
            *([number(_estimate(apart.get((when,), {}), "estimate"))] if apart else []),
            number(" / ".join(tell_count(scores.get((when, arm), {}), Scores.n) for arm in arms)),
        )
        for when in dict.fromkeys(when for when, _ in course)
    ]


def list_percent_changes(
    material: Material, arms: Sequence[str], place: tuple[str, str, str], modelled: bool = True
) -> list[tuple[Cell, ...]]:
    """Return the percent change of every other answered instrument, of those without a model alone if so asked, and of how many it is."""
    (primary, axis, timepoint), models = place, material.rows("models")
    own = set(models["instrument"]) if len(models) and not modelled else set()
    found = []
    for instrument in material.study.instruments:
        if instrument in {primary, *own} or material.study.instrument(instrument).derived_from is not None:
            continue
        where = {"instrument": instrument, "axis": axis, "timepoint": timepoint}
        rows = [material.one(PercentChange.name, **where, arm=arm) for arm in arms]
        if any(row and pd.notna(row[PercentChange.mean]) for row in rows):
            title = heading(f"\u2003{material.instrument(instrument)}, {material.timepoint(axis, timepoint)}")
            n = " / ".join(tell_count(row, PercentChange.n) if row else ABSENT for row in rows)
            found.append((title, *(number(_estimate(row, PercentChange.mean, 0)) for row in rows), number(n)))
    return found


def _rates(material: Material, arms: Sequence[str], where: tuple[str, str, str], apart: bool) -> list[tuple[Cell, ...]]:
    found = []
    instrument, axis, timepoint = where
    place = {"instrument": instrument, "axis": axis, "timepoint": timepoint, "population": "observed"}
    for endpoint in ("response", "remission"):
        rows = [material.one("response", **place, endpoint=endpoint, arm=arm) for arm in arms]
        if any(_rate(row) != ABSENT for row in rows):
            title = heading(f"\u2003{endpoint.capitalize()}, {material.timepoint(axis, timepoint)}")
            n = number(" / ".join(tell_count(row, Response.n) for row in rows))
            found.append((title, *(number(_rate(row)) for row in rows), *([Cell("")] if apart else []), n))
    return found


def _counted(row: Row) -> bool:
    """Whether anyone was asked: a bound stands for someone."""
    return bool(pd.isna(row[Harms.patients]) or row[Harms.patients] > 0)


def _estimate(row: Row, value: str, decimals: int | Kind = "score") -> str:
    if not row or pd.isna(row[value]):
        return ABSENT
    return f"{fixed(row[value], decimals)} ({interval(row['lower'], row['upper'], decimals)})"


def _rate(row: Row) -> str:
    if not row:
        return ABSENT
    if pd.isna(
        row[Response.proportion]
    ):  # of too few patients a bound of a percentage would say less than that of their number
        bound = row.get(Response.events.bound)
        return f"n\u00a0{bound}" if isinstance(bound, str) and bound else tell(row, Response.proportion, factor=100)
    ends = f" ({interval(row[Response.lower], row[Response.upper], 0, 100)})" if pd.notna(row[Response.lower]) else ""
    return f"{fixed(100 * row[Response.proportion], 0)}{ends}"


def list_safety(material: Material, arms: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return blood pressure, dissociation, and completion of each arm, and patients with any and with a severe adverse effect."""
    found = _describe_safety(material, arms)
    for event, name in zip(HEADS, ("Any adverse effect, n (%)", SEVERE), strict=True):
        rows = [material.one(Harms.name, block=WHOLE, event=event, arm=arm) for arm in arms]
        if not all(rows) or not any(_counted(row) for row in rows):
            continue
        apart = material.one(HarmDifferences.name, block=WHOLE, event=event, contrast=" - ".join(arms[:2]))
        known = apart and pd.notna(apart[HarmDifferences.difference]) and pd.notna(apart[HarmDifferences.lower])
        text = ABSENT
        if known:
            ends = interval(apart[HarmDifferences.lower], apart[HarmDifferences.upper], factor=100)
            text = f"{fixed(100 * apart[HarmDifferences.difference], 'percent')} ({ends})"
        shares = [number(_share_of(row)) for row in rows]
        n = " / ".join(tell_count(row, Harms.patients) for row in rows)
        found.append((heading(f"\u2003{name}"), *shares, number(text), number(n)))
    return found


def note_safety(rows: Sequence[tuple[Cell, ...]]) -> str:
    """Return of whom severe effects are, as a further sentence of a note; empty where no row tells of them."""
    return GRADED if any(row[0].text.strip() == SEVERE for row in rows) else ""


def _describe_safety(material: Material, arms: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return what has no difference between arms: rise of systolic pressure, dissociation at the first session, induction completed."""
    lines: tuple[tuple[str, str, dict[str, str], Callable[[Row], str]], ...] = (
        (f"Systolic rise, mean ({COVERED} CI), mm Hg", PressureRise.name, {"measure": "systolic"}, _mean_rise),
        (
            f"Peak CADSS, session {FIRST_SESSION}, median (quartiles)",
            Dissociation.name,
            {"session": FIRST_SESSION},
            quartiles,
        ),
        ("Induction completed, n (%)", Exposure.name, {"milestone": COMPLETED}, _completed),
    )
    if material.study.series.origin != "sessions":  # visits alone complete no induction
        lines = lines[:-1]
    found = []
    for title, table, key, write in lines:
        rows = [material.one(table, arm=arm, **key) for arm in arms]
        texts = [UNRECORDED if row and row["patients"] == 0 else write(row) if row else ABSENT for row in rows]
        if set(texts) - {ABSENT, UNRECORDED}:
            n = " / ".join(tell_count(row, "patients") for row in rows)
            found.append((heading(f"\u2003{title}"), *map(number, texts), number(ABSENT), number(n)))
    return found


def _mean_rise(row: Row) -> str:
    if pd.isna(row[PressureRise.mean]):
        return ABSENT
    known = pd.notna(row[PressureRise.lower]) and pd.notna(row[PressureRise.upper])
    ends = f" ({interval(row[PressureRise.lower], row[PressureRise.upper])})" if known else ""
    return f"{fixed(row[PressureRise.mean])}{ends}"


def _completed(row: Row) -> str:
    return _with_share(row, Exposure.reached, Exposure.proportion) if _counted(row) else ABSENT


def _share_of(row: Row) -> str:
    return _with_share(row, Harms.affected, Harms.proportion)


def _with_share(row: Row, number_of: str, share: str) -> str:
    """Return "25 (83)", "30 (>87)" where the share of all but a few is a bound, and "<11" alone of a few."""
    told, bound = tell_count(row, number_of), row.get(f"{share}_bound")
    if pd.notna(row[share]):
        return f"{told} ({fixed(100 * row[share], 0)})"
    known = told[:1].isdigit() and isinstance(bound, str) and bound
    return f"{told} ({bound[0]}{fixed(100 * float(bound[1:]), 0)})" if known else told
