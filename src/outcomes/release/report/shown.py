"""The figures and tables of a part of the report that the study has."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.report.content import Grid, Picture
from outcomes.release.report.material import Material
from outcomes.release.report.page import read_picture


def pictures(material: Material, folder: Path, family: str, instrument: str | None = None) -> tuple[Picture, ...]:
    """Return the figures of a family (and instrument) that lie in the folder."""
    plans = [plan for plan in material.plans if plan.family == family and plan.instrument == instrument]
    files = [(folder / f"{plan.name}.svg", plan) for plan in plans]
    return tuple(read_picture(path, plan.name, plan.caption, plan.alt) for path, plan in files if path.is_file())


def present(tables: list[Grid | None]) -> tuple[Grid, ...]:
    """Return the tables that the study has."""
    return tuple(table for table in tables if table is not None and table.rows)
