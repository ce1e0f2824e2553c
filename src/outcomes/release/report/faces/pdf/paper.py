"""The report as a PDF: the content goes as data to a template, so no text of it is ever read as markup.

Fonts are those that typst and matplotlib bring along; the machine's stand in for letters that these lack, which is said. No date
is written: the same report, the same bytes. The file claims PDF/UA-1 (ISO 14289-1), which typst checks as far as a machine can: structure, language, title, and
a text alternative for every figure.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typst

from outcomes.errors import InputError, SettingsError
from outcomes.release.figures.printing import find_shipped_fonts
from outcomes.release.report.content.blocks import (
    Answer,
    Answers,
    Bullets,
    Cell,
    Grid,
    Paragraph,
    Picture,
    Report,
    Terms,
)
from outcomes.release.report.faces.column_widths import MARGIN_PT, PAGES, Fit, Page, split_figures, stays_whole
from outcomes.release.report.faces.page_order import Heading, Item, arrange, find_contents, split_links, split_words
from outcomes.settings.style import Style

LOG = logging.getLogger(__name__)
HERE = Path(__file__)
FAMILIES = ("Libertinus Serif", "DejaVu Sans", "STIXGeneral")
LAST_RESORT = "Last Resort High-Efficiency"  # a box for each letter, named for its script; comes with matplotlib
LACKING = "could not be displayed"  # what typst says of a letter that no font has
FROM_MACHINE = "the PDF's fonts lack some letters, for which this machine's stand in; name a folder in report.style.fonts, and it is the same on any."
BOXES = "the PDF's fonts lack some letters, which are boxes there; name a folder in report.style.fonts."
CAPTION_PT = 80.0  # room for the caption below a figure
Run = list[str]


def write_pdf(report: Report, style: Style) -> bytes:
    """Return the report as a tagged PDF that claims PDF/UA-1.

    Raises
    ------
    SettingsError
        The folder of ``report.style.fonts`` holds no font.
    InputError
        The SVG file of a figure is missing.
    """
    folders = [str(find_shipped_fonts()), *([style.fonts] if style.fonts else [])]
    families = [*FAMILIES, *_own_families(style.fonts)]
    content = _content(report, style)
    tried: list[tuple[Callable[[], list[str]], bool, str]] = [
        (list, False, ""),
        (_list_machine_families, True, FROM_MACHINE),
        (lambda: [LAST_RESORT], False, BOXES),
    ]
    for further, machine, warning in tried:
        try:
            written = _compile(content | {"fonts": [*families, *further()]}, folders, machine)
        except typst.TypstError as error:
            if LACKING not in error.message or warning == BOXES:
                raise
            continue
        if warning:
            LOG.warning(warning)
        return written
    raise AssertionError("the last font has a box for every letter")


def _list_machine_families() -> list[str]:
    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    return [family for family in sorted(fonts.families()) if family != LAST_RESORT]


def _compile(content: dict[str, Any], folders: list[str], machine: bool) -> bytes:
    compiler = typst.Compiler(
        HERE.with_suffix(".typ").read_bytes(),
        font_paths=typst.Fonts(include_system_fonts=machine, font_paths=folders),
        ignore_system_fonts=not machine,
        sys_inputs={"report": json.dumps(content, ensure_ascii=False)},
    )
    written = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    assert isinstance(written, bytes)
    return written


def _own_families(folder: str | None) -> list[str]:
    if folder is None:
        return []
    families = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]).families()
    if not families:
        raise SettingsError(f"report.style.fonts: no font file (.ttf, .otf, .ttc) in {folder}.")
    return sorted(families)


def _content(report: Report, style: Style) -> dict[str, Any]:
    arranged = arrange(report, style)
    runs = [_run(run, style) for run in arranged]
    heads = [{"kind": kind, "text": _text(text)} for kind, text in report.heads]
    paper = {"a4": "a4", "letter": "us-letter"}[style.paper]
    return {
        "title": report.title,
        "heads": heads,
        "paper": paper,
        "region": report.language[-2:],
        "runs": runs,
        "contents": find_contents(arranged[0]),
    }


def _run(run: Sequence[Item], style: Style) -> dict[str, Any]:
    sideways = run[0].sideways
    page = PAGES[style.paper]
    items = _pair([_item(item, page) for item in run])
    return {"sideways": sideways, "room": page.room(sideways), "items": items}


def _item(item: Item, page: Page) -> dict[str, Any]:
    match item.content:
        case Heading(text, level, listed=listed, fresh=fresh):
            return {"kind": "heading", "text": text, "level": level, "listed": listed, "fresh": fresh}
        case Paragraph(text=text, lead=lead):
            return {"kind": "paragraph", "lead": lead, "text": _text(text)}
        case Bullets(entries=entries, kept=kept):
            return {"kind": "bullets", "entries": [_text(entry) for entry in entries], "kept": kept}
        case Answers(entries=answers, note=note) as block:
            told = {"entries": [_answer(answer) for answer in answers], "note": _text(note)}
            return {"kind": "answers", "fresh_after": block.fill_page, **told}
        case Terms(entries=terms, boxed=boxed):
            return {"kind": "terms", "entries": [[term, _text(text)] for term, text in terms], "boxed": boxed}
        case Picture() as picture:
            return _picture(picture, item.label, page)
        case Grid() as grid:
            assert item.fit is not None
            return _grid(grid, item.label, item.fit)


def _answer(answer: Answer) -> dict[str, Any]:
    drawn = answer.picture
    return {
        "question": answer.question,
        "verdict": answer.verdict,
        "text": _text(answer.text),
        "checks": [[check.holds, check.text] for check in answer.checks],
        "svg": drawn.file.read_text(encoding="utf-8") if drawn else "",
        "alt": drawn.alt if drawn else "",
    }


def _picture(picture: Picture, label: str, page: Page) -> dict[str, Any]:
    if not picture.file.is_file():
        raise InputError(f"{picture.file}: no such figure. Run the step 'figures' first, or `make`, which runs all.")
    svg = picture.file.read_text(encoding="utf-8")
    words = {"label": label, "caption": _text(picture.caption), "alt": picture.alt}
    width, height = _measure(svg)
    tallest = page.height_pt - 2 * MARGIN_PT - CAPTION_PT  # typst would crop what is taller
    return {"kind": "picture", "svg": svg, "width": min(width, width * tallest / height), **words}


def _measure(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing in points, from the box that it is drawn in."""
    box = re.search(r'<svg[^>]*\bviewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    assert box is not None
    return float(box[1]), float(box[2])


def _pair(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items with two narrow figures in a row side by side."""
    paired: list[dict[str, Any]] = []
    for item in items:
        before = paired[-1] if paired else {}
        if _is_narrow(item) and _is_narrow(before):
            paired[-1] = {"kind": "pair", "pictures": [before, item]}
        else:
            paired.append(item)
    return paired


def _is_narrow(item: dict[str, Any]) -> bool:
    return item.get("kind") == "picture" and item["width"] < 300


def _grid(grid: Grid, label: str, fit: Fit) -> dict[str, Any]:
    rows: list[list[dict[str, Any]]] = [
        [_cell(cell, column in fit.broken) for column, cell in _columns(row)] for row in grid.rows
    ]
    return {
        "kind": "grid",
        "label": label,
        "caption": _text(grid.caption),
        "heads": [[_head(grid, cell, column) for column, cell in _columns(row)] for row in grid.heads],
        "rows": rows,
        "notes": [_text(note) for note in grid.notes],
        "widths": fit.widths_pt,
        "size": fit.size_pt,
        "together": stays_whole(grid, fit),
    }


def _columns(row: Sequence[Cell]) -> list[tuple[int, Cell]]:
    """Return the cells of a row with the column in which each begins."""
    starts = [sum(cell.span for cell in row[:index]) for index in range(len(row))]
    return list(zip(starts, row, strict=True))


def _head(grid: Grid, cell: Cell, column: int) -> dict[str, Any]:
    align = "center" if cell.span > 1 else "left" if column == 0 or grid.holds_words(column) else "right"
    return {"text": _text(cell.text), "span": cell.span, "align": align}


def _cell(cell: Cell, broken: bool) -> dict[str, Any]:
    parts = [part.replace(" ", "\u00a0") for part in split_figures(cell.text)] if cell.number else [cell.text]
    return {
        "text": _text(("\n" if broken else " ").join(parts)),
        "span": cell.span,
        "align": "right" if cell.number else "left",
        "group": cell.head and cell.span > 1,
        "withheld": cell.withheld,
    }


def _text(text: str) -> list[Run]:
    """Return a text as runs of words and address."""
    return [[words if address else split_words(words), address] for words, address in split_links(text)]
