"""What a reader should hold against the results, as the design and the diagnostics give it."""

from __future__ import annotations

from outcomes.release.report.attention import unconverged, withheld_rows
from outcomes.release.report.content import Bullets, Section
from outcomes.release.report.material import Material, is_randomised
from outcomes.release.report.numbers import percent

ATTRITION = 0.2  # a missing share above this is named as a limitation


def show_limitations(material: Material) -> Section:
    """Return the limitations that the design and the diagnostics give rise to."""
    entries = [
        _uncontrolled(material),
        _confounding(material),
        _attrition(material),
        _conditional(material),
        _recall(material),
        _baseline(material),
        _suppression(material),
        _convergence(material),
    ]
    return Section("limitations", "Limitations", (Bullets(tuple(entry for entry in entries if entry)),))


def _uncontrolled(material: Material) -> str:
    if is_randomised(material) or material.study.series.origin == "none":
        return ""
    return (
        "Change within an arm has no control: regression to the mean, the natural course of the illness, expectation, and "
        "other care all belong to it."
    )


def _confounding(material: Material) -> str:
    if is_randomised(material) or len(material.arms) < 2:
        return ""
    if material.study.series.origin == "sessions":
        return (
            "Patients and clinicians chose the arm, and what an insurer pays for can decide it: severity, treatment "
            "history, and payer can differ between arms (confounding by indication). Unadjusted differences say so where they "
            "are printed; an adjusted model removes only what was measured."
        )
    return (
        "How patients came into their arm is not declared in the study file; differences between arms are unadjusted."
    )


def _attrition(material: Material) -> str:
    rows = material.rows("missingness", instrument=material.primary)
    if material.headline is None or rows.empty:
        return ""
    rows = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
    high = rows[rows["missing_proportion"] > ATTRITION]
    if high.empty:
        return ""
    each = ", ".join(
        f"{percent(row['missing_proportion'])} % in {material.arm(str(row['arm']))}" for row in high.to_dict("records")
    )
    return (
        f"Attrition: at {material.timepoint(*material.headline)}, {each} had no {material.instrument(material.primary)} score. "
        "Means and observed rates describe those who remained; both non-responders and responders may have left."
    )


def _conditional(material: Material) -> str:
    if material.headline is None or material.headline[0] != "session":
        return ""
    return (
        "Counting time in sessions and in days can rank arms differently when they are treated at different pace; both axes "
        "are shown. A rate of those observed at a later session is conditional on reaching it."
    )


def _recall(material: Material) -> str:
    rows = material.rows("recall", instrument=material.primary)
    if rows.empty or not (rows["proportion"] > 0).any():
        return ""
    return (
        "Some scores ask about days before treatment (see Recall), which blurs early change; the clean window, where the study "
        "has one, does not."
    )


def _baseline(material: Material) -> str:
    if material.study.baseline.rule != "worst" or material.study.series.origin != "sessions":
        return ""
    return "The baseline is the worst score of its window, which builds a drop into every result."


def _suppression(material: Material) -> str:
    if not withheld_rows(material.tables):
        return ""
    return f"Small cells are withheld (below {material.study.privacy.minimum_cell}), so some time points of small arms are not shown."


def _convergence(material: Material) -> str:
    names = unconverged(material.tables)
    return f"These models did not converge and their numbers must not be used: {', '.join(names)}." if names else ""
