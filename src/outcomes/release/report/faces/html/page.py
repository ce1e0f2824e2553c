"""The report as one HTML file: template, style, and markup that makes no outside request."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from outcomes.release.report.content.blocks import Grid, Report
from outcomes.release.report.content.numbering import number_blocks

HERE = Path(__file__)
DOI = re.compile(r"\b10\.\d{4,9}/[^\s;,<>\"]*[^\s;,<>\".)]")


def write_page(report: Report, other: str = "") -> str:
    """Return the page: title block (class and text of each line), table of contents, and the sections that say something."""
    filled = [section for section in report.sections if not section.empty]
    style, script = (HERE.with_suffix(ending).read_text(encoding="utf-8") for ending in (".css", ".js"))
    page: str = _template().render(
        title=report.title,
        heads=report.heads,
        language=report.language,
        other=other,
        sections=filled,
        style=Markup(style),
        script=Markup(script),
        hashes={"style": _allow(style), "script": _allow(script)},
    )
    return page


def _allow(text: str) -> Markup:
    """Return the source expression that lets a content security policy take this text and no other."""
    return Markup("'sha256-{}'").format(b64encode(sha256(text.encode()).digest()).decode())


def can_sort(grid: Grid) -> bool:
    """Whether the rows may change places: there are several, and none is the level of a heading that is a row like it."""
    grouped = False
    for row in grid.rows:
        grouped |= row[0].span > 1
        if row[0].text.startswith("\u2003") and not grouped:
            return False
    return len(grid.rows) > 2


def link_dois(text: str) -> Markup:
    """Return escaped text in which each DOI is a link (the only ones that leave the page).

    Examples
    --------
    >>> link_dois("see 10.1000/xyz <b>")
    Markup('see <a href="https://doi.org/10.1000/xyz">10.1000/xyz</a> &lt;b&gt;')
    """
    parts: list[Markup] = []
    end = 0
    for match in DOI.finditer(text):
        doi = escape(match[0])
        parts += [escape(text[end : match.start()]), Markup('<a href="https://doi.org/{0}">{0}</a>').format(doi)]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["link"] = link_dois
    environment.filters["unbreak"] = lambda text: text.replace(
        " to ", "\u00a0to\u00a0"
    )  # an interval stays on one line
    environment.globals |= {"number_blocks": number_blocks, "can_sort": can_sort}
    environment.filters["markup"] = Markup
    return environment


def _template() -> Template:
    return _environment().from_string(HERE.with_suffix(".html").read_text(encoding="utf-8"))
