"""The parts of a Word document that python-docx does not write: fields, links, styles, and tables built in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph

from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.faces.column_widths import PADDING_PT, Fit, split_figures, stays_whole
from outcomes.release.report.faces.page_order import split_links

FONT = "Times New Roman"
TWIPS = 20  # to the point
QUIET = RGBColor(0x50, 0x56, 0x5C)
# Name: style it is based on, size, bold, space before and after (points), kept with the next paragraph.
STYLES: dict[str, tuple[str | None, float, bool, float, float, bool]] = {
    "Title": ("Normal", 20, True, 0, 6, False),
    "Subtitle": ("Normal", 13, False, 0, 4, False),
    "Details": ("Normal", 9, False, 0, 2, False),
    "Contents Heading": ("Normal", 14, True, 14, 6, True),
    "TOC 1": ("Normal", 10.5, False, 0, 2, False),
    "TOC 2": ("Normal", 10.5, False, 0, 2, False),
    "Heading 1": ("Normal", 15, True, 18, 6, True),
    "Heading 2": ("Normal", 12.5, True, 14, 4, True),
    "Heading 3": ("Normal", 11, True, 12, 4, True),
    "Body Text": ("Normal", 10.5, False, 0, 6, False),
    "List Bullet": ("Normal", 10.5, False, 0, 3, False),
    "Term": ("Normal", 10.5, True, 6, 0, True),
    "Definition": ("Normal", 10.5, False, 0, 3, False),
    "Key Point": ("Normal", 9.5, False, 0, 2, True),
    "Answer": ("Normal", 9, False, 2, 2, False),
    "Figure": ("Normal", 10.5, False, 12, 0, True),
    "Figure Caption": ("Normal", 9.5, False, 4, 12, False),
    "Caption": ("Normal", 9.5, False, 14, 4, True),
    "Note": ("Normal", 8.5, False, 4, 6, False),
    "Header": ("Normal", 8.5, False, 0, 0, False),
    "Footer": ("Normal", 8.5, False, 0, 0, False),
}
INDENTS = {"TOC 2": 14.0, "Definition": 14.0, "Key Point": 62.0}
HANGING = {"Key Point"}  # the term stands before the indent
SHADED = {"Key Point": "F4F4F4"}
GREY = {"Subtitle", "Details", "Note", "Header", "Footer"}


def set_styles(word: Word) -> None:
    """Give the document its styles: one typeface, no colour, space before and after in place of empty lines."""
    normal = word.styles["Normal"]
    normal.font.size = Pt(10.5)
    there = {style.name for style in word.styles}
    for name, (base, size, bold, before, after, kept) in STYLES.items():
        style = word.styles[name] if name in there else word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word.styles[base] if base else None
        style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
        style.font.color.rgb = QUIET if name in GREY else RGBColor(0, 0, 0)
        layout = style.paragraph_format
        layout.space_before, layout.space_after, layout.keep_with_next = Pt(before), Pt(after), kept
        if name in INDENTS:
            layout.left_indent = Pt(INDENTS[name])
            layout.first_line_indent = Pt(-INDENTS[name]) if name in HANGING else None
        if name in SHADED:
            shade = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{SHADED[name]}"/>')
            style.element.get_or_add_pPr().insert_element_before(shade, "w:tabs", "w:spacing", "w:ind", "w:jc")
        _set_typeface(style.element.get_or_add_rPr())
        _clear_borders(style.element)
    word.styles["Footer"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _set_typeface(normal.element.get_or_add_rPr())


def _set_typeface(properties: Any) -> None:
    for fonts in properties.findall(qn("w:rFonts")):
        properties.remove(fonts)
    names = "".join(f' w:{script}="{FONT}"' for script in ("ascii", "hAnsi", "cs"))
    properties.insert(0, parse_xml(f"<w:rFonts {nsdecls('w')}{names}/>"))


def _clear_borders(style: Any) -> None:
    for borders in style.findall(f"{qn('w:pPr')}/{qn('w:pBdr')}"):
        borders.getparent().remove(borders)


def add_field(paragraph: Paragraph, instruction: str, shown: str | None, bold: bool = False) -> None:
    """Add a field with what it shows now; with ``None`` it stays open until :func:`add_rule` closes it."""
    _add_mark(paragraph, "begin", bold)
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {instruction} "
    paragraph.add_run()._r.append(text)
    _add_mark(paragraph, "separate", bold)
    if shown is not None:
        paragraph.add_run(shown).bold = bold or None
        _add_mark(paragraph, "end", bold)


def add_rule(paragraph: Paragraph) -> None:
    """Close an open field."""
    _add_mark(paragraph, "end", False)


def _add_mark(paragraph: Paragraph, kind: str, bold: bool) -> None:
    run = paragraph.add_run()
    run.bold = bold or None
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    run._r.append(mark)


def add_link(paragraph: Paragraph, text: str, address: str) -> None:
    """Add a link to an address, or to a bookmark of the document when it begins with ``#``."""
    link = OxmlElement("w:hyperlink")
    if address.startswith("#"):
        link.set(qn("w:anchor"), address[1:])
    else:
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    if not address.startswith("#"):
        run.font.color.rgb = RGBColor(0x0B, 0x5A, 0x94)
    link.append(run._r)
    paragraph._p.append(link)


def add_bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    """Put a bookmark around a paragraph's text."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    paragraph._p.insert(1, start)
    paragraph._p.append(end)


def lay_out(table: Table, widths_pt: Sequence[float]) -> None:
    """Give a table columns of these widths, a rule below each row, and rows that no page divides."""
    table.autofit = False
    rules = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="808080"/>' for side in ("top", "bottom", "insideH"))
    edges = f'<w:left w:w="0" w:type="dxa"/><w:right w:w="{_twips(2 * PADDING_PT)}" w:type="dxa"/>'
    for name, within, after in (
        ("tblBorders", rules, ("w:tblLayout", "w:tblLook")),
        ("tblCellMar", edges, ("w:tblLook",)),
    ):
        table._tbl.tblPr.insert_element_before(parse_xml(f"<w:{name} {nsdecls('w')}>{within}</w:{name}>"), *after)
    for column, width in zip(table.columns, widths_pt, strict=True):
        column.width = Pt(width)
        for cell in column.cells:
            cell.width = Pt(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def build_table(grid: Grid, fit: Fit) -> Any:
    """Return a Word table: header rows that repeat on each page, cells that span, figures to the right.

    Built as one piece of XML, because adding cell by cell takes time with the square of their number.
    """
    together = stays_whole(grid, fit)
    heads = [_row(grid, row, fit, index, kept=True) for index, row in enumerate(grid.heads)]
    last = len(grid.rows) - 1
    body = [
        _row(grid, row, fit, None, kept=bool(grid.notes) if index == last else together or row[0].span > 1 or index < 3)
        for index, row in enumerate(grid.rows)
    ]
    columns = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in fit.widths_pt)
    half = _twips(PADDING_PT / 2)
    return parse_xml(
        f"<w:tbl {nsdecls('w')}><w:tblPr>"
        f'<w:tblW w:w="{sum(map(_twips, fit.widths_pt))}" w:type="dxa"/>'
        '<w:tblBorders><w:top w:val="single" w:sz="8"/><w:bottom w:val="single" w:sz="8"/></w:tblBorders>'
        '<w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="{half}" w:type="dxa"/><w:right w:w="{half}" w:type="dxa"/></w:tblCellMar>'
        f'<w:tblLook w:firstRow="1" w:firstColumn="1"/><w:tblCaption w:val={quoteattr(grid.caption)}/>'
        f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{''.join(heads)}{''.join(body)}</w:tbl>"
    )


def _row(grid: Grid, row: Sequence[Cell], fit: Fit, head: int | None, kept: bool) -> str:
    marks = "<w:cantSplit/>" + ("<w:tblHeader/>" if head is not None else "")
    cells, at = [], 0
    for cell in row:
        width = sum(_twips(width) for width in fit.widths_pt[at : at + cell.span])
        align = _align(grid, cell, at) if head is not None else "right" if cell.number else "left"
        border = head is not None and (head == len(grid.heads) - 1 or (cell.span > 1 and bool(cell.text)))
        bold = head is not None or (cell.head and cell.span > 1)
        look = {"border": border, "bold": bold, "head": head is not None, "kept": kept}
        cells.append(_cell(cell, width, fit.size_pt, align, broken=at in fit.broken, **look))
        at += cell.span
    return f"<w:tr><w:trPr>{marks}</w:trPr>{''.join(cells)}</w:tr>"


def _align(grid: Grid, cell: Cell, column: int) -> str:
    if cell.span > 1:
        return "center"
    return "left" if column == 0 or grid.holds_words(column) else "right"


def _cell(
    cell: Cell, width: int, size: float, align: str, *, broken: bool, border: bool, bold: bool, head: bool, kept: bool
) -> str:
    span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
    rule = '<w:tcBorders><w:bottom w:val="single" w:sz="4"/></w:tcBorders>' if border else ""
    place = '<w:vAlign w:val="bottom"/>' if head else ""
    text = cell.text.lstrip("\u2003")
    indent = f'<w:ind w:left="{_twips(size * (len(cell.text) - len(text)))}"/>' if text != cell.text else ""
    before = 80 if bold and not head else 20
    keep = "<w:keepNext/>" if kept else ""
    look = ("<w:b/>" if bold else "") + ("<w:i/>" if cell.withheld else "") + f'<w:sz w:val="{round(2 * size)}"/>'
    lines = '</w:t><w:br/><w:t xml:space="preserve">'.join(_words(cell, text, broken))
    run = f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{lines}</w:t></w:r>' if text else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{rule}{place}</w:tcPr>'
        f'<w:p><w:pPr>{keep}<w:spacing w:before="{before}" w:after="20"/>{indent}<w:jc w:val="{align}"/>'
        f'<w:rPr><w:sz w:val="{round(2 * size)}"/></w:rPr></w:pPr>{run}</w:p></w:tc>'
    )


def _words(cell: Cell, text: str, broken: bool) -> list[str]:
    """Return the lines of a cell; of figures, a line breaks before a bracket only, and in a broken column always there."""
    plain = "".join(piece for piece, _ in split_links(text))
    if not cell.number:
        return [escape(plain)]
    parts = [escape(part.replace(" ", "\u00a0")) for part in split_figures(plain)]
    return parts if broken else [" ".join(parts)]


def _twips(points: float) -> int:
    return round(points * TWIPS)
