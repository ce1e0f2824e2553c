"""The figures and tables of a part of the report that the study has."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup

from outcomes.release.report.content.blocks import Grid, Picture
from outcomes.release.report.content.material import Material


def pictures(material: Material, folder: Path, family: str, instrument: str | None = None) -> tuple[Picture, ...]:
    """Return the figures of a family (and instrument) that lie in the folder."""
    plans = [plan for plan in material.plans if plan.family == family and plan.instrument == instrument]
    files = [(folder / f"{plan.name}.svg", plan) for plan in plans]
    return tuple(
        read_picture(path, plan.name, f"{plan.title}. {plan.caption}", plan.alt)
        for path, plan in files
        if path.is_file()
    )


def present(tables: list[Grid | None]) -> tuple[Grid, ...]:
    """Return the tables that the study has."""
    return tuple(table for table in tables if table is not None and table.rows)


def read_picture(path: Path, name: str, caption: str, alt: str) -> Picture:
    """Return a figure's SVG for use inside a page: identifiers of its own, no declaration, no style that leaks, no idle groups."""
    text = path.read_text(encoding="utf-8")
    width = re.search(r'<svg[^>]*\bwidth="([\d.]+)pt"', text)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = _ungroup(text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{name}-\2"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    opening = Markup('<svg role="img" aria-label="{}"').format(alt)
    drawing, width_pt = opening + Markup(text[len("<svg") :]), float(width[1]) if width else 241.0
    return Picture(f"figure-{name}", drawing, caption, alt, width_pt, path)


def _ungroup(text: str) -> str:
    """Return an SVG without the groups that do nothing: they are two of five elements, which a browser lays out one by one."""
    kept: list[str] = []
    idle: list[bool] = []  # of each group that is open
    for part in re.split(r"(<g\b[^>]*>|</g>)", text):
        if part == "</g>":
            if not idle.pop():
                kept.append(part)
        elif part.startswith("<g"):
            named = re.fullmatch(r'<g(?:\s+id="([^"]*)")?\s*(/?)>', part)
            nothing = named is not None and f'"#{named[1]}"' not in text and f"url(#{named[1]})" not in text
            if not part.endswith("/>"):
                idle.append(nothing)
            if not nothing:
                kept.append(part)
        else:
            kept.append(part)
    return "".join(kept)
