"""What a reader should hold against the results, as the design and the diagnostics give it."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from outcomes.records import list_records
from outcomes.release.arms import sort_by_arm
from outcomes.release.course import find_place
from outcomes.release.definitions import ATTRITION, SMALL
from outcomes.release.numbers import fixed, percent
from outcomes.release.report.content.blocks import Bullets, Section
from outcomes.release.report.content.grids import enumerate_words, tell_count
from outcomes.release.report.content.material import Material, is_randomised
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.wording.comparison_result import say_left_out
from outcomes.release.report.wording.data_warnings import name_unconverged, say_withheld, unconverged, withheld_rows
from outcomes.release.report.wording.diagnosed_limitations import Limitation, list_diagnosed
from outcomes.release.report.wording.directions_of_bias import list_biases

MOST_ENTRIES, MOST_WORDS = 8, 200


def show_limitations(material: Material) -> Section:
    """Return the limitations that the design and the diagnostics give rise to."""
    entries = tuple(limitation.text for limitation in list_limitations(material))
    return Section("limitations", "Limitations in full", (Bullets(entries),) if entries else ())


def show_limitations_briefly(material: Material) -> Section:
    """Return the chief limitations in the main report: at most eight, in at most two hundred words."""
    entries: list[str] = []
    for limitation in list_limitations(material):
        text = f"{limitation.brief[:1].upper()}{limitation.brief[1:]}." if limitation.brief else ""
        words = sum(len(entry.split()) for entry in [*entries, text])
        if text and len(entries) < MOST_ENTRIES and words <= MOST_WORDS:
            entries.append(text)
    return Section("limitations-brief", "Limitations", (Bullets(tuple(entries), kept=True),) if entries else ())


def show_details(material: Material) -> Section:
    """Return what the limitations leave to the supplement, and where numbers are withheld."""
    entries = [limitation.detail for limitation in list_limitations(material) if limitation.detail]
    withheld = say_withheld(material.tables)
    entries += [withheld] if withheld else []
    return Section("details", "Limitations in detail", (Bullets(tuple(entries)),) if entries else ())


@lru_cache(maxsize=1)
def list_limitations(material: Material) -> tuple[Limitation, ...]:
    """Return every limitation: of the design, of the data, of the comparison, of the models, and of the release."""
    design = [_uncontrolled(material), _confounding(material), _carry_over(material)]
    data = [
        _few(material),
        _overestimated(material),
        _attrition(material),
        _conditional(material),
        _recall(material),
        _baseline(material),
    ]
    release = [_left_out(material), _suppression(material), _convergence(material)]
    found = [*design, *data, *list_biases(material), *list_diagnosed(material), *release]
    return tuple(limitation for limitation in found if limitation is not None)


def _uncontrolled(material: Material) -> Limitation | None:
    if is_randomised(material) or material.study.series.origin == "none":
        return None
    return Limitation(
        "Change within an arm has no control: regression to the mean, the natural course of the illness, expectation, and "
        "other care all belong to it.",
        "there was no untreated group, so natural recovery, expectation, and other care are part of every change",
    )


def _carry_over(material: Material) -> Limitation | None:
    if material.study.report.design != "crossover":
        return None
    return Limitation(
        "Patients had more than one arm in turn: what one left behind can show in the next (carry-over), and the baseline is "
        "that of the first.",
        "carry-over from one arm to the next cannot be ruled out",
    )


def _confounding(material: Material) -> Limitation | None:
    if is_randomised(material) or len(material.arms) < 2 or material.study.series.origin == "none":
        return None
    if material.study.series.origin == "sessions":
        comparison = material.study.comparison
        alone = comparison is not None and set(comparison.confounders) <= {"baseline"}
        known = ": no characteristic of patients but the baseline score was adjusted for" if alone else ""
        return Limitation(
            "Patients and clinicians chose the arm, and what an insurer pays for can decide it: severity, treatment "
            "history, and payer can differ between arms (confounding by indication). Tables of rates and of models whose differences "
            "are not adjusted for it say so; adjustment removes only what was measured"
            f"{known}.",
            f"treatment was not randomized, so unmeasured differences between the groups may explain part of a difference{known}",
        )
    return Limitation(
        "How patients came into their arm is not declared in the study file; differences between arms are unadjusted.",
        "the study file does not declare how patients came into their arm",
    )


def _attrition(material: Material) -> Limitation | None:
    rows = material.rows("missingness", instrument=material.primary)
    if material.headline is None or rows.empty:
        return None
    rows = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
    rows = rows[rows["observed"] != 0]  # an arm that was not measured there has not lost anyone
    high = sort_by_arm(rows[rows["missing_proportion"] > ATTRITION], material.study)
    if high.empty:
        return None
    each = ", ".join(
        f"{percent(row['missing_proportion'])}% in {material.within(str(row['arm']))}" for row in list_records(high)
    )
    name, place = material.instrument(material.primary), find_place(material.tables, material.study)
    elsewhere = place is not None and place[1:] != material.headline  # the report's own time point is another
    briefly = enumerate_words(
        [
            f"{fixed(100 * row['missing_proportion'], 0)}% with {material.within(str(row['arm']))}"
            for row in list_records(high)
        ]
    )
    return Limitation(
        f"Attrition: at {material.timepoint(*material.headline)}, {each} had no {material.instrument(material.primary)} score. "
        "Means and observed rates describe those who remained; both non-responders and responders may have left.",
        "" if elsewhere else f"the {name} at {material.timepoint(*material.headline)} was missing in {briefly}",
    )


def _few(material: Material) -> Limitation | None:
    """Return that few patients of an arm are scored at the report's time point; none where each arm has 75."""
    place = find_place(material.tables, material.study)
    if place is None:
        return None
    rows = material.rows("missingness", instrument=place[0], axis=place[1], timepoint=place[2])
    arms = material.asked or material.arms
    few = rows[(rows["observed"].isna() | (rows["observed"] < SMALL)) & rows["arm"].isin(arms)]
    if few.empty:
        return None
    told = {str(row["arm"]): tell_count(row, "observed") for row in list_records(few) if pd.notna(row["observed"])}
    each = enumerate_words([f"{told[arm]} with {material.within(arm)}" for arm in arms if arm in told])
    where = f"{material.timepoint(*place[1:])}{f' ({each})' if each else ''}"
    text = f"few patients had a score at {where}. Intervals are wide, and rare adverse effects may be missed"
    return Limitation(f"{text[:1].upper()}{text[1:]}.", text)


def _overestimated(material: Material) -> Limitation | None:
    """Return that a difference beyond chance is too large on average where few are scored (10.1177/1745691614551642)."""
    evidence = gather_evidence(material)
    if (
        not evidence.contrasted
        or not evidence.small
        or evidence.difference is None
        or not evidence.difference.excludes_zero
    ):
        return None
    text = "a difference that is beyond chance in so few patients is on average larger than the true one"
    return Limitation(f"{text[:1].upper()}{text[1:]} (10.1177/1745691614551642).", text)


def _conditional(material: Material) -> Limitation | None:
    if material.headline is None or material.headline[0] != "session":
        return None
    reached = "A rate of complete cases at a later session is conditional on reaching it."
    if len(material.arms) < 2:
        return Limitation(reached)
    return Limitation(
        "Counting time in sessions and in days can rank arms differently when they are treated at different pace; both axes "
        f"are shown. {reached}"
    )


def _recall(material: Material) -> Limitation | None:
    rows = material.rows("recall", instrument=material.primary)
    if rows.empty or not (rows["proportion"] > 0).any():
        return None
    return Limitation(
        "Some scores ask about days before treatment (see Recall), which blurs early change; the clean window, where the study "
        "has one, does not."
    )


def _baseline(material: Material) -> Limitation | None:
    if material.study.baseline.rule != "worst" or material.study.series.origin != "sessions":
        return None
    return Limitation(
        "The baseline is the worst score of its window, which builds a drop into every result.",
        "the baseline is the worst of several scores, which builds a drop into every result",
    )


def _left_out(material: Material) -> Limitation | None:
    text = say_left_out(material)
    return Limitation(text, f"{text[:1].lower()}{text[1:-1]}") if text else None


def _suppression(material: Material) -> Limitation | None:
    if not withheld_rows(material.tables):
        return None
    return Limitation(
        f"Small cells are not reported (below {material.study.privacy.minimum_cell}), so some time points of small arms are not "
        "shown."
    )


def _convergence(material: Material) -> Limitation | None:
    names = unconverged(material.tables)
    if not names:
        return None
    labels, margins = "; ".join(name_unconverged(material.tables)), material.rows("margins")
    if margins.empty or not margins.loc[margins["estimate"].notna(), "model"].isin(names).any():
        return Limitation(
            f"Models that could not be fitted to these data, so that no number is of them: {labels}.",
            f"models that could not be fitted and are left out: {labels}",
        )
    return Limitation(
        f"These models did not converge and their numbers must not be used: {labels}.",
        f"these models did not converge, and their numbers must not be used: {labels}",
    )
