"""Flow, ledger, patients, and results as sections of tables and figures."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.definitions import COVERED
from outcomes.release.report.content.blocks import Block, Bullets, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections import ideation, scores_and_rates
from outcomes.release.report.sections.baseline_table import tabulate_patients
from outcomes.release.report.sections.criteria_met import show_criteria
from outcomes.release.report.sections.models import show_models
from outcomes.release.report.sections.published_cohorts import list_published, tabulate_published
from outcomes.release.report.sections.regression_to_mean import show_regression
from outcomes.release.report.wording import course_and_rates
from outcomes.release.report.wording.denominators import say_not_cautious


def show_flow(material: Material, folder: Path) -> Section:
    """Return the flow diagram of rows and patients."""
    said = course_and_rates.describe_rows(material)
    words = (Paragraph(said),) if said else ()
    return Section("flow", "Flow of records and patients", (*words, *pictures(material, folder, "flow")))


def show_patients(material: Material) -> Section:
    """Return the baseline table, and who meets which criterion."""
    words, table = show_criteria(material)
    blocks: tuple[Block, ...] = (*present([tabulate_patients(material)]), Paragraph(words), *present([table]))
    return Section("patients", "Patients before treatment", blocks if material.rows("baseline").size else ())


def show_results(material: Material, folder: Path) -> Section:
    """Return scores, rates, distributions, models, and ideation item of every instrument, the primary one first."""
    parts = [_instrument(material, folder, name) for name in material.study.instruments]
    parts += [_models(material), _ideation(material), _missingness(material, folder), show_regression(material)]
    return Section("results", "Results", (), tuple(part for part in parts if not part.empty))


def show_published(material: Material) -> Section:
    """Return published cohorts beside the study's own result."""
    if list_published(material).empty:
        return Section("published", "Beside published cohorts")
    table = tabulate_published(material)
    text = "Populations, windows, and denominators differ between studies; a difference in results need not be one in patients."
    if table is None:
        text = "No published result in the list shares instrument, window, denominator, and rule of series with this study."
    return Section("published", "Beside published cohorts", (Paragraph(text), *present([table])))


def _instrument(material: Material, folder: Path, instrument: str) -> Section:
    name = material.instrument(instrument)
    blocks: list[Block] = [
        *(_say_results(material) if instrument == material.primary else ()),
        *pictures(material, folder, "trajectory", instrument),
        *present([scores_and_rates.tabulate_scores(material, instrument)]),
        *present([scores_and_rates.tabulate_rates(material, instrument)]),
    ]
    blocks += pictures(material, folder, "distribution", instrument)
    return Section(f"results-{instrument}", name, tuple(blocks))


def _say_results(material: Material) -> list[Block]:
    """Return the headline results of the primary instrument in sentences, with both denominators and intervals."""
    if material.headline is None:
        return []
    place = material.timepoint(*material.headline)
    parts = {
        f"Scores observed at baseline and at {place}, in points:": course_and_rates.list_course(material),
        f"Response and remission at {place}, with {COVERED} intervals:": course_and_rates.list_rates(material),
        f"Unadjusted difference in response at {place}:": (differences := course_and_rates.list_differences(material)),
    }
    blocks: list[Block] = [
        block for text, entries in parts.items() if entries for block in (Paragraph(text), Bullets(tuple(entries)))
    ]
    caution = say_not_cautious(material, material.primary, material.headline, material.arms) if differences else ""
    return [*blocks, Paragraph(caution)] if caution else blocks


def _models(material: Material) -> Section:
    return Section("results-models", "Models", tuple(show_models(material)))


def _ideation(material: Material) -> Section:
    blocks: list[Block] = []
    for instrument in material.study.instruments:
        blocks += ideation.tabulate_ideation(material, instrument)
    if blocks:
        text = (
            "The item is one answer in a questionnaire. Endorsement or its absence is reported as such; it is not a "
            "clinical assessment and no statement about risk follows from it."
        )
        blocks.insert(0, Paragraph(text))
    item = ideation.item_of(material, material.primary)
    return Section("results-ideation", f"{item} endorsement", tuple(blocks))


def _missingness(material: Material, folder: Path) -> Section:
    blocks = [p for name in material.study.instruments for p in pictures(material, folder, "missingness", name)]
    return Section("results-missing", "Missing scores", tuple(blocks))
