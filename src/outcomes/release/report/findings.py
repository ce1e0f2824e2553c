"""Flow, ledger, patients, and results as sections of tables and figures."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.report import grids, ideation
from outcomes.release.report.content import Block, Grid, Paragraph, Picture, Section
from outcomes.release.report.material import Material
from outcomes.release.report.models import show_models
from outcomes.release.report.page import read_picture
from outcomes.release.report.patients import tabulate_patients
from outcomes.release.report.published import tabulate_published
from outcomes.release.report.regression import show_regression


def show_flow(material: Material, folder: Path) -> Section:
    """Return the flow diagram and how the raw rows ended."""
    tables = [grids.tabulate_ledger(material), grids.tabulate_reasons(material)]
    return Section("flow", "Flow of records and patients", (*pictures(material, folder, "flow"), *present(tables)))


def show_patients(material: Material) -> Section:
    """Return the baseline table."""
    return Section("patients", "Patients before treatment", present([tabulate_patients(material)]))


def show_results(material: Material, folder: Path) -> Section:
    """Return scores, rates, distributions, models, and ideation item of every instrument, the primary one first."""
    parts = [_instrument(material, folder, name) for name in material.study.instruments]
    parts += [_models(material), _ideation(material), _missingness(material, folder), show_regression(material)]
    return Section("results", "Results", (), tuple(part for part in parts if not part.empty))


def show_published(material: Material) -> Section:
    """Return published cohorts beside the study's own result."""
    table = tabulate_published(material)
    if table is None:
        return Section("published", "Beside published cohorts")
    text = "Populations, windows, and denominators differ between studies; a difference in results need not be one in patients."
    if table.folded:
        text = "No published result in the list shares instrument, window, and denominator with this study."
    return Section("published", "Beside published cohorts", (Paragraph(text), table))


def present(tables: list[Grid | None]) -> tuple[Grid, ...]:
    """Return the tables that the study has."""
    return tuple(table for table in tables if table is not None and table.rows)


def pictures(material: Material, folder: Path, family: str, instrument: str | None = None) -> tuple[Picture, ...]:
    """Return the figures of a family (and instrument) that lie in the folder."""
    plans = [plan for plan in material.plans if plan.family == family and plan.instrument == instrument]
    files = [(folder / f"{plan.name}.svg", plan) for plan in plans]
    return tuple(read_picture(path, plan.name, plan.caption, plan.alt) for path, plan in files if path.is_file())


def _instrument(material: Material, folder: Path, instrument: str) -> Section:
    name = material.instrument(instrument)
    blocks: list[Block] = [
        *pictures(material, folder, "trajectory", instrument),
        *present([grids.tabulate_scores(material, instrument)]),
        *pictures(material, folder, "response", instrument),
        *present([grids.tabulate_rates(material, instrument)]),
    ]
    blocks += pictures(material, folder, "distribution", instrument)
    return Section(f"results-{instrument}", name, tuple(blocks))


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
