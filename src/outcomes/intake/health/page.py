"""Sections as text for a terminal and as one HTML page."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from html import escape

from outcomes.intake.health.overview import Section

SHORT = 60  # characters of a cell that stands in a column
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}caption{text-align:left;font-weight:600;padding:.3rem 0}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #ccc}"
    ".stop{color:#8a1c00;font-weight:600}.wide{overflow-x:auto}"
)


def write_text(sections: Sequence[Section], width: int | None = None) -> str:
    """Return the sections as aligned text; a long last column is wrapped to the width of the terminal."""
    width = width or shutil.get_terminal_size((120, 40)).columns
    return "\n".join(line for section in sections for line in _section_text(section, width))


def _section_text(section: Section, width: int) -> list[str]:
    lines = [section.title, *([f"  {section.note}"] if section.note else [])]
    if not section.rows:
        return [*lines, ""]
    if max(len(cell) for row in section.rows for cell in row) > SHORT:
        return [*lines, *(line for row in section.rows for line in _block(row, width)), ""]
    cells = [section.heads, *section.rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(section.heads))]
    number = [all(row[place].replace(",", "").isdigit() for row in section.rows) for place in range(len(section.heads))]
    for row in cells:
        parts = [cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(row, widths, number, strict=True)]
        lines.append(f"  {'  '.join(parts).rstrip()}")
    return [*lines, ""]


def _block(row: tuple[str, ...], width: int) -> list[str]:
    """Return a row with a long cell: the short cells in front, the long ones below where they do not fit beside."""
    head = "  ".join(cell for cell in row if cell and len(cell) <= SHORT)
    rest = [cell for cell in row if len(cell) > SHORT]
    if len(rest) == 1 and len(head) + len(rest[0]) + 4 <= width:
        return [f"  {head}  {rest[0]}"]
    indent = " " * 6
    wrapped = [
        textwrap.wrap(cell, max(width - 6, 40), initial_indent=indent, subsequent_indent=indent) for cell in rest
    ]
    return [f"  {head}", *(line for lines in wrapped for line in lines)]


def write_page(sections: Sequence[Section], title: str) -> str:
    """Return the sections as one HTML page that needs no network."""
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>",
        "<p>Private: exact counts and names of files. Nothing of this page is released.</p>",
    ]
    for section in sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        if section.note:
            parts.append(f"<p>{escape(section.note)}</p>")
        if section.rows:
            heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in section.heads)
            rows = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in section.rows)
            parts.append(f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>')
    return "\n".join([*parts, "</main></body></html>", ""])


def _cell(text: str) -> str:
    return f'<td class="stop">{escape(text)}</td>' if text == "STOPS A RUN" else f"<td>{escape(text)}</td>"
