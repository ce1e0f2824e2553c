"""Two arms compared, for the reader: the result in words, target trial, differences, balance, and every other way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.analyses import describe_analysis, name_main, rank_analysis
from outcomes.release.definitions import COVERED, TAILS
from outcomes.release.figures.plans.comparison import CONTROL, WEIGHTED
from outcomes.release.numbers import ABSENT, count, fixed, interval, p_value, percent
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures
from outcomes.release.report.content.grids import WHO, heading, number, say, tell
from outcomes.release.report.content.material import Material, shown
from outcomes.release.report.sections.missing_data import list_composite, show_missing_data
from outcomes.release.report.sections.subgroups import show_subgroups
from outcomes.release.report.wording.comparison_result import say_arms, say_left_out, state_result, warn_difference
from outcomes.release.report.wording.early_response import say_early
from outcomes.release.report.wording.important_change import say_important, say_number_needed, say_reliable
from outcomes.release.report.wording.margin import tell_margin
from outcomes.release.report.wording.opposite_directions import note_contrary

Row = dict[str, Any]
PENALISED = (
    "penalised likelihood, as a level of a confounder had only patients with, or only without, the outcome in an arm"
)
METHODS = {
    "unadjusted": "Unadjusted",
    "weighted": "Weighted",
    "g_computation": "G-computation",
    "augmented": "Doubly robust",
}


def show_comparison(material: Material, folder: Path) -> Section:
    """Return the section on the declared comparison with its figures; empty when the study has none."""
    said = material.rows("comparison_statement")
    missing = say_left_out(material)
    blocks: list[Block] = [Paragraph(missing)] if missing else []
    declared = material.study.comparison
    if declared is not None and len(said):
        weighed = (say_important(material), say_reliable(material), say_number_needed(material), say_early(material))
        words = [
            *state_result(material),
            *filter(None, (tell_margin(material), *weighed)),
            *(str(text) for text in said["text"].dropna()),
        ]
        parts: list[Block | None] = [
            tabulate_target_trial(material),
            tabulate_effects(material),
            tabulate_risks(material),
            *pictures(material, folder, "overlap"),
            tabulate_weights(material),
            *pictures(material, folder, "balance"),
            tabulate_balance(material),
            *pictures(material, folder, "forest", declared.estimand.instrument),
            tabulate_sensitivity(material),
        ]
        blocks = [*(Paragraph(text) for text in words), *(part for part in parts if part is not None)]
    kinds = (show_missing_data(material, folder), show_subgroups(material, folder)) if blocks and declared else ()
    return Section(
        "comparison", "Comparison of two arms", tuple(blocks), tuple(part for part in kinds if not part.empty)
    )


def tabulate_target_trial(material: Material) -> Grid | None:
    """Return the target trial beside its emulation."""
    heads = ("Component", "Trial that would answer the question", "What these data do instead")
    rows = [
        (heading(str(row["component"]).capitalize()), Cell(str(row["specification"])), Cell(str(row["emulation"])))
        for row in list_records(material.rows("target_trial"))
    ]
    return _grid("target-trial", "The declared estimand and its emulation.", heads, rows)


def tabulate_effects(material: Material) -> Grid | None:
    """Return the adjusted difference at every time point, by both variances."""
    effects = material.rows("effects")
    if material.study.comparison is None or effects.empty:
        return None
    estimand = material.study.comparison.estimand
    resampled = {_place(row): row for row in list_records(effects[effects["variance"] == "bootstrap"])}
    rows = []
    for row in list_records(effects[effects["variance"] == "cr2"]):
        other = resampled.get(_place(row), {})
        cells = [_mean(row, "treated"), _mean(row, "reference"), _estimate(row), p_value(row["p_value"])]
        cells.append(interval(other["lower"], other["upper"], "estimate") if other else ABSENT)
        rows.append((heading(material.timepoint(*_place(row))), *(number(shown(row, text)) for text in cells)))
    treated, reference = _arms(material)
    heads = ("Time point", treated, reference, f"Difference ({COVERED} interval)", "p", "Interval by bootstrap")
    note = (
        f"Adjusted mean change in points and scores observed. Difference and p: sandwich variance clustered by {material.study.comparison.cluster}, weights taken as "
        "known; bootstrap: weights estimated in each sample."
    )
    return _grid(
        "compared-change",
        f"Change in {material.instrument(estimand.instrument)}, {say_arms(material)}, in points.",
        heads,
        rows,
        note,
    )


def tabulate_risks(material: Material) -> Grid | None:
    """Return response and remission at the primary time point."""
    estimand = material.study.comparison.estimand if material.study.comparison else None
    table = material.rows("risks")
    if estimand is None or table.empty:
        return None
    rows, penalised = [], False
    for row in list_records(table[(table["axis"] == estimand.axis) & (table["timepoint"] == estimand.timepoint)]):
        risks = [tell(row, f"risk_{arm}", percent, 100) for arm in ("treated", "reference")]
        bounds = interval(row["difference_lower"], row["difference_upper"], factor=100)
        ratio = interval(row["ratio_lower"], row["ratio_upper"], "ratio")
        difference = (
            f"{percent(row['difference'])} ({bounds})" if bounds != ABSENT else tell(row, "difference", percent, 100)
        )
        cells = [
            *risks,
            difference,
            f"{fixed(row['ratio'], 'ratio')} ({ratio})" if ratio != ABSENT else tell(row, "ratio"),
        ]
        first = f"{say(str(row['endpoint'])).capitalize()}, {WHO[str(row['population'])]}"
        firth = row.get("outcome_model") == "firth"
        method = f"{METHODS[str(row['method'])]}{' (Firth)' if firth else ''}"
        rows.append((heading(first), Cell(method), *(number(shown(row, text)) for text in cells)))
        penalised |= firth
    treated, reference = _arms(material)
    heads = ("Endpoint", "Method", f"{treated} (%)", f"{reference} (%)", "Difference (pp)", "Ratio")
    composite = list_composite(material)
    known = f", and those with {' or '.join(composite)} before it" if composite else ""
    note = f"All compared: missing scores {estimand.binary.imputed}. Complete cases: those with a score{known}."
    if composite:
        note += " After such an event a patient counts as neither, whatever the score, so there can be more of these than scores."
    note += f" Intervals of {COVERED}: Newcombe's, from each arm's Wilson interval with the variance of stacked estimating equations."
    note += f" Firth: {PENALISED}." if penalised else ""
    notes = [note, warn_difference(material), *note_contrary(material)]
    place = material.timepoint(estimand.axis, estimand.timepoint)
    return _grid("compared-risks", f"Response and remission, {place}.", heads, rows, *notes)


def tabulate_balance(material: Material) -> Grid | None:
    """Return the confounders by arm before and after weighting."""
    kind = material.study.comparison.weights if material.study.comparison else ""
    rows = []
    for row in list_records(material.rows("covariate_balance", weights=kind)):
        level = f": {row['level']}" if pd.notna(row["level"]) and row["level"] else ""
        write = percent if level else fixed
        cells = [
            *(tell(row, f"{arm}_before", write, 100) for arm in ("treated", "reference")),
            fixed(row["smd_before"], "smd"),
            *(tell(row, f"{arm}_after", write, 100) for arm in ("treated", "reference")),
            fixed(row["smd_after"], "smd"),
        ]
        name = f"{say(str(row['variable'])).capitalize()}{level}"
        rows.append((heading(name), *(number(shown(row, text)) for text in cells)))
    treated, reference = _arms(material)
    heads = ("Confounder", treated, reference, "SMD", f"{treated}, weighted", f"{reference}, weighted", "SMD, weighted")
    note = "Means; percent for levels. SMD: difference in standard deviations of the patients before weighting."
    return _grid("compared-balance", "Confounders before and after weighting.", heads, rows, note)


def tabulate_weights(material: Material) -> Grid | None:
    """Return how the declared weights are spread, and what they cost."""
    kind = material.study.comparison.weights if material.study.comparison else ""
    rows = []
    for row in list_records(material.rows("weights", weights=kind)):
        spread = interval(row["p5"], row["p95"], 2)
        cells = [tell(row, "n"), tell(row, "effective_n"), fixed(row["sd"], 2), spread, tell(row, "truncated")]
        rows.append((heading(material.arm(str(row["arm"]))), *(number(shown(row, text)) for text in cells)))
    heads = ("Arm", "Patients", "Effective sample size", "SD of the weights", TAILS, "Cut, both arms")
    note = "Weights average one over both arms. Effective sample size: as many patients would tell as much unweighted (Kish)."
    return _grid("compared-weights", f"The weights ({say(WEIGHTED[kind])}).", heads, rows, note) if kind else None


def tabulate_sensitivity(material: Material) -> Grid | None:
    """Return the difference in change done in every other way, by time point, that of the comparison first."""
    table, comparison = material.rows("sensitivity"), material.study.comparison
    if comparison is None or table.empty:
        return None
    table = table[(table["endpoint"] == "change") & (table["scale"] == "points") | (table["endpoint"] == CONTROL)]
    chosen = name_main("change", comparison.weights)
    groups: dict[tuple[str, str], list[Row]] = {(comparison.estimand.axis, comparison.estimand.timepoint): []}
    for row in list_records(table):
        groups.setdefault(_place(row), []).append(row)
    rows: list[tuple[Cell, ...]] = []
    for place, own in groups.items():
        if own:
            title = material.timepoint(*place)
            rows.append((heading(f"{title[:1].upper()}{title[1:]}", 4),))
        for row in sorted(own, key=lambda one: rank_analysis(str(one["analysis"]))):
            name = str(row["analysis"])
            declared = " (declared)" if name == chosen and row["endpoint"] == "change" else ""
            result = _estimate(row) if row["converged"] else "did not converge"
            cells = (number(shown(row, text)) for text in (result, tell(row, "n"), tell(row, "effective_n")))
            rows.append((heading(f"\u2003{describe_analysis(name)[1]}{declared}"), *cells))
    heads = ("Analysis", f"Difference ({COVERED} interval)", "Patients", "Effective sample size")
    caption = f"The difference in change, {say_arms(material)}, in points, by every declared analysis."
    return _grid("compared-otherwise", caption, heads, rows)


def _grid(
    identity: str, caption: str, heads: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], *notes: str
) -> Grid | None:
    if not rows:
        return None
    return Grid(identity, caption, (tuple(heading(text) for text in heads),), tuple(rows), notes)


def _arms(material: Material) -> tuple[str, str]:
    comparison = material.study.comparison
    assert comparison is not None
    return material.arm(comparison.estimand.treated), material.arm(comparison.estimand.reference)


def _place(row: Row) -> tuple[str, str]:
    return str(row["axis"]), str(row["timepoint"])


def _mean(row: Row, arm: str) -> str:
    mean, observed = row[f"{arm}_mean"], row[f"observed_{arm}"]
    if pd.isna(mean):
        return ABSENT
    return fixed(mean) if pd.isna(observed) else f"{fixed(mean)} (n {count(observed)})"


def _estimate(row: Row) -> str:
    bounds = interval(row["lower"], row["upper"], "estimate")
    return f"{fixed(row['estimate'], 'estimate')} ({bounds})" if bounds != ABSENT else ABSENT
