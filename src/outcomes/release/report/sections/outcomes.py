"""Table 2 of the main report where two arms are compared: their outcomes with the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.contracts.released.comparison import Effects, Risks
from outcomes.contracts.released.models import Margins, ModelDifferences, Models
from outcomes.records import list_records
from outcomes.release.course import is_compared
from outcomes.release.definitions import COVERED, FAR
from outcomes.release.numbers import ABSENT, count, fixed, interval
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import heading, number, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.baseline_compared import list_arms
from outcomes.release.report.sections.outcomes_by_arm import (
    list_percent_changes,
    list_safety,
    note_safety,
    tabulate_by_arm,
)
from outcomes.release.report.wording.important_change import find_number_needed

Row = Mapping[str, Any]
EVERYONE = "everyone"


def tabulate_outcomes(material: Material) -> Grid | None:
    """Return the outcomes: of two arms with their difference, else of each arm."""
    if not is_compared(material.tables, material.study):
        return tabulate_by_arm(material)
    arms = list_arms(material)
    declared, others = _name_binary(material)
    blocks = {
        "Primary outcome": _primary(material),
        "Declared binary outcome": [*_binary(material, declared), *_needed(material)],
        "Secondary outcomes": [
            *_binary(material, others),
            *_other_times(material),
            *_other_instruments(material, arms),
        ],
        "Other instruments, mean change, % of baseline": _unmodelled(material, arms),
        "Safety, not adjusted": list_safety(material, arms),
    }
    rows: list[tuple[Cell, ...]] = []
    for title, lines in blocks.items():
        if lines:
            rows += [(Cell(title, head=True, span=5),), *lines]
    if not rows:
        return None
    heads = (
        heading("Outcome"),
        *(heading(material.arm(arm)) for arm in arms),
        heading(f"Difference ({COVERED} CI)"),
        heading("Scored, n"),
    )
    return Grid("outcomes", "Outcomes.", (heads,), tuple(rows), _explain(material, arms))


def _explain(material: Material, arms: Sequence[str]) -> tuple[str, ...]:
    """Return the notes on what stands in the table, and on nothing else."""
    comparison = material.study.comparison
    assert comparison is not None
    who = (
        "in patients eligible for either treatment (overlap weights)"
        if comparison.weights == "overlap"
        else "as declared"
    )
    notes = [
        f"Differences are adjusted {who}; {material.within(comparison.estimand.treated)} minus {material.within(comparison.estimand.reference)}."
    ]
    binary = [endpoint for endpoint in _name_binary(material) if _binary(material, endpoint)]
    if binary:
        notes.append(f"{' and '.join(binary).capitalize()}: missing scores {comparison.estimand.binary.imputed}.")
        if material.study.privacy.release == "rounded":
            notes.append(
                "Rates of the arms are of rounded numbers of patients, so that they need not lie as far apart as the difference says. "
                f"More than {FAR:g} points away from it they are not shown."
            )
    notes.append("Secondary outcomes are not corrected for multiplicity.")
    if _other_instruments(material, arms):
        notes.append("Other instruments: adjusted for the baseline score, not for confounders.")
    if _unmodelled(material, arms):
        notes.append("Percent changes are each patient's own, not adjusted; arms are not compared in them.")
    safety = list_safety(material, arms)
    if safety:
        notes.append(f"Safety: everyone with a session of the treatment, all series.{note_safety(safety)}")
    return (" ".join(notes),)


def _unmodelled(material: Material, arms: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return the percent change on each instrument without a model, by arm and without a difference."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    place = (estimand.instrument, str(estimand.axis), estimand.timepoint)
    rows = list_percent_changes(material, arms, place, modelled=False)
    return [(*cells[:-1], number(ABSENT), cells[-1]) for cells in rows]


def _pair(row: Row, treated: str, reference: str) -> str:
    """Return "269 / 422" of the two arms."""
    return f"{tell_count(row, treated)} / {tell_count(row, reference)}"


def _effect(name: str, row: Row) -> tuple[Cell, ...]:
    known = bool(pd.notna(row[Effects.estimate]) and pd.notna(row[Effects.lower]))
    return (
        heading(name),
        *(number(fixed(row[one])) for one in (Effects.treated_mean, Effects.reference_mean)),
        number(
            f"{fixed(row[Effects.estimate])} ({interval(row[Effects.lower], row[Effects.upper])})" if known else ABSENT
        ),
        number(_pair(row, Effects.observed_treated, Effects.observed_reference)),
    )


def _effects(material: Material) -> list[dict[str, Any]]:
    assert material.study.comparison is not None
    rows = material.rows("effects", axis=material.study.comparison.estimand.axis, variance="cr2")
    return list_records(rows)


def _name_change(material: Material, instrument: str, axis: str, timepoint: str) -> str:
    return f"\u2003{material.instrument(instrument)} change, {material.timepoint(axis, timepoint)}, points"


def _primary(material: Material) -> list[tuple[Cell, ...]]:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    name = _name_change(material, estimand.instrument, estimand.axis, estimand.timepoint)
    return [_effect(name, row) for row in _effects(material) if row[Effects.timepoint] == estimand.timepoint]


def _other_times(material: Material) -> list[tuple[Cell, ...]]:
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    return [
        _effect(_name_change(material, estimand.instrument, estimand.axis, str(row[Effects.timepoint])), row)
        for row in _effects(material)
        if row[Effects.timepoint] != estimand.timepoint and pd.notna(row[Effects.estimate])
    ]


def _name_binary(material: Material) -> tuple[str, str]:
    """Return the declared binary endpoint, and the other one."""
    assert material.study.comparison is not None
    declared = material.study.comparison.estimand.binary.endpoint
    return (declared, "remission" if declared == "response" else "response")


def _binary(material: Material, endpoint: str) -> list[tuple[Cell, ...]]:
    """Return the declared binary answer of everyone compared, missing scores imputed; the difference alone where arms' rates are not released."""
    assert material.study.comparison is not None
    estimand = material.study.comparison.estimand
    place = {"axis": estimand.axis, "timepoint": estimand.timepoint, "endpoint": endpoint}
    name = heading(f"\u2003{endpoint.capitalize()}, {material.timepoint(estimand.axis, estimand.timepoint)}, %")
    effect = material.one("effects", axis=estimand.axis, timepoint=estimand.timepoint, variance="cr2")
    scored = number(_pair(effect, Effects.observed_treated, Effects.observed_reference) if effect else ABSENT)
    method = "unadjusted" if material.study.comparison.weights == "none" else "weighted"
    row = material.one("risks", **place, population=EVERYONE, method=method)
    if row and pd.notna(row[Risks.difference]) and pd.notna(row[Risks.difference_lower]):
        told = [row[Risks.risk_treated], row[Risks.risk_reference]]
        far = 100 * abs(told[0] - told[1] - row[Risks.difference]) > FAR
        rates = [number(ABSENT if far or pd.isna(one) else fixed(100 * one, 0)) for one in told]
        ends = interval(row[Risks.difference_lower], row[Risks.difference_upper], factor=100)
        return [(name, *rates, number(f"{fixed(100 * row[Risks.difference], 'percent')} ({ends})"), scored)]
    row = material.one("imputations", **place, scale="risk difference", analysis=estimand.binary.missing)
    if not row or pd.isna(row["estimate"]) or pd.isna(row["lower"]):
        return []
    ends = interval(row["lower"], row["upper"], factor=100)
    return [
        (name, number(ABSENT), number(ABSENT), number(f"{fixed(100 * row['estimate'], 'percent')} ({ends})"), scored)
    ]


def _needed(material: Material) -> list[tuple[Cell, ...]]:
    """Return the number needed to treat for the endpoint above it; nothing where its interval would hold "no difference"."""
    needed = find_number_needed(material)
    if isinstance(needed, str) or not needed.imputed or not _binary(material, _name_binary(material)[0]):
        return []
    name = heading(f"\u2003Number needed to treat, one more with {material.within(needed.more)}")
    text = f"{count(needed.value)} ({' to '.join(map(count, needed.ends))})"
    return [(name, number(ABSENT), number(ABSENT), number(text), number(ABSENT))]


def _other_instruments(material: Material, arms: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return the change on each other instrument at the last time point of its first model."""
    assert material.study.comparison is not None
    found = []
    for instrument in material.study.instruments:
        if (
            instrument == material.study.comparison.estimand.instrument
            or material.study.instrument(instrument).derived_from is not None
        ):
            continue
        models = material.rows("models", instrument=instrument)
        models = models[models[Models.formula].str.startswith("change")] if len(models) else models
        if models.empty:
            continue
        model, axis = str(models[Models.model].iloc[0]), str(models[Models.axis].iloc[0])
        contrasts = material.rows("model_differences", model=model)
        own = [
            row for row in list_records(contrasts) if set(str(row[ModelDifferences.contrast]).split(" - ")) == set(arms)
        ]
        if not own or pd.isna(own[-1]["estimate"]) or pd.isna(own[-1]["lower"]):
            continue
        last, timepoint = own[-1], str(own[-1][ModelDifferences.timepoint])
        sign = 1 if str(last[ModelDifferences.contrast]).startswith(f"{arms[0]} - ") else -1
        ends = sorted((sign * last["lower"], sign * last["upper"]))
        means = [material.one("margins", model=model, arm=arm, timepoint=timepoint) for arm in arms]
        scores = [
            material.one("scores", instrument=instrument, axis=axis, timepoint=timepoint, arm=arm) for arm in arms
        ]
        found.append(
            (
                heading(_name_change(material, instrument, axis, timepoint)),
                *(number(fixed(mean[Margins.estimate]) if mean else ABSENT) for mean in means),
                number(f"{fixed(sign * last['estimate'])} ({interval(*ends)})"),
                number(" / ".join(tell_count(score, "n") for score in scores)),
            )
        )
    return found
