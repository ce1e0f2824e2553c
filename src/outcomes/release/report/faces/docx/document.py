"""The report as a Word document: real headings, captions with numbers, and tables that an editor can take over.

No date, name, or machine is written, and the parts of the file carry one fixed time: the same report, the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph as WordParagraph

from outcomes.release.report.content.blocks import Answers, Bullets, Grid, Paragraph, Picture, Report, Terms
from outcomes.release.report.faces.column_widths import MARGIN_PT, PAGES
from outcomes.release.report.faces.docx.ooxml import (
    add_bookmark,
    add_field,
    add_link,
    add_rule,
    build_table,
    lay_out,
    set_styles,
)
from outcomes.release.report.faces.docx.pictures import Prints
from outcomes.release.report.faces.page_order import Heading, Item, arrange, find_contents, split_links
from outcomes.settings.style import Style

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP archive can carry
TALLEST_PT = 600.0
SMALL_PT = 124.0  # width of a picture beside an answer
WORDS_PT = 350.0  # height of all but the pictures on a first page


def write_docx(report: Report, style: Style, prints: Prints | None = None) -> bytes:
    """Return the report as a Word document (Office Open XML), with figures as they were printed.

    Raises
    ------
    InputError
        The SVG file of a figure is missing.
    """
    word = _begin(report, style)
    writer = _Writer(word, style, prints or Prints())
    for kind, text in report.heads:
        writer.add_text(text, "Subtitle" if kind == "subtitle" else "Details")
    runs = arrange(report, style)
    headings = [item.content for run in runs for item in run if isinstance(item.content, Heading)]
    contents = find_contents(runs[0])
    for index, run in enumerate(runs):
        if index or run[0].sideways:
            writer.turn(run[0].sideways)
        for place, item in enumerate(run):
            if not index and place == contents:
                _add_contents(writer, headings)
            writer.add(item)
    return _pack(word)


def write_tables(report: Report, style: Style) -> bytes:
    """Return the tables of the report alone, ready for a manuscript, as a Word document."""
    word = _begin(report, style)
    writer = _Writer(word, style, Prints())
    for run in arrange(report, style):
        tables = [item for item in run if isinstance(item.content, Grid)]
        if tables and tables[0].sideways != writer.sideways:
            writer.turn(tables[0].sideways)
        for item in tables:
            writer.add(item)
    return _pack(word)


class _Writer:
    """Adds the parts of a report to a Word document in order."""

    def __init__(self, word: Word, style: Style, prints: Prints) -> None:
        self.word, self.prints = word, prints
        self.page = PAGES[style.paper]
        self.sideways = False
        self.bookmarks = 0
        self._styles = {style.name: style.style_id for style in word.styles}

    def begin(self, style: str, text: str = "") -> WordParagraph:
        """Add a paragraph in a style; python-docx would look through all styles for each."""
        paragraph = self.word.add_paragraph(text)
        paragraph._p.style = self._styles[style]
        return paragraph

    def turn(self, sideways: bool) -> None:
        """Begin a page of the other orientation; the break is kept by the last paragraph, not by an empty one."""
        self.sideways = sideways
        section = self.word.add_section()
        section.different_first_page_header_footer = False
        size = (self.page.height_pt, self.page.width_pt) if sideways else (self.page.width_pt, self.page.height_pt)
        section.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Pt(size[0]), Pt(size[1])
        _keep_break_with_text(self.word)

    def add(self, item: Item) -> None:
        """Add a heading or a block."""
        match item.content:
            case Heading(text, level, name):
                self._add_heading(text, level, name)
            case Paragraph(text=text, lead=lead):
                self.add_text(text, "Body Text", lead)
            case Bullets(entries=entries, kept=kept):
                for entry in entries:
                    paragraph = self.add_text(entry, "List Bullet")
                    if kept:
                        paragraph.paragraph_format.keep_with_next = True
            case Answers() as answers:
                self._add_answers(answers)
            case Terms(entries=terms, boxed=True):
                for term, text in terms:
                    self.add_text(text, "Key Point", f"{term}\t")
            case Terms(entries=terms):
                for term, text in terms:
                    self.begin("Term", term)
                    self.add_text(text, "Definition")
            case Picture() as picture:
                self._add_picture(picture, item.label)
            case Grid() as grid:
                self._add_grid(grid, item)

    def _add_answers(self, answers: Answers) -> None:
        """Add a table of questions: the answer in words, and its picture or checks beside it, all of them on one page."""
        table = self.word.add_table(len(answers.entries), 3)
        lay_out(table, [share * self.page.room(self.sideways) for share in (0.17, 0.54, 0.29)])
        shapes = []
        for answer, row in zip(answers.entries, table.rows, strict=True):
            question, said, shown = row.cells
            for cell in row.cells:
                cell.paragraphs[0].style = self.word.styles["Answer"]
            question.paragraphs[0].add_run(answer.question).bold = True
            said.paragraphs[0].add_run(answer.verdict).bold = True
            if answer.text:
                said.add_paragraph(style="Answer").add_run(answer.text)
            if answer.picture is not None:
                shape = shown.paragraphs[0].add_run().add_picture(self.prints.show(answer.picture), Pt(SMALL_PT))
                shape._inline.docPr.set("descr", answer.picture.alt)
                shapes.append(shape)
            elif answer.checks:
                marked = [f"{'✓' if check.holds else '!'} {check.text}" for check in answer.checks]
                shown.paragraphs[0].add_run("\n".join(marked))
        room = Pt(self.page.height_pt - 2 * MARGIN_PT - WORDS_PT)
        scale = min(1.0, room / max(1, sum(shape.height for shape in shapes)))
        for shape in shapes:
            shape.width, shape.height = round(scale * shape.width), round(scale * shape.height)
        note = self.add_text(answers.note, "Note")
        if answers.fill_page:
            note.add_run().add_break(WD_BREAK.PAGE)

    def add_text(self, text: str, style: str, lead: str = "") -> WordParagraph:
        """Add a paragraph; DOIs in it are links."""
        paragraph = self.begin(style)
        if lead:
            paragraph.add_run(lead if lead.endswith("\t") else f"{lead} ").bold = True
        self._fill(paragraph, text)
        return paragraph

    def _fill(self, paragraph: WordParagraph, text: str) -> None:
        for piece, address in split_links(text):
            if address:
                add_link(paragraph, piece, address)
            else:
                paragraph.add_run(piece)

    def _add_heading(self, text: str, level: int, name: str) -> None:
        paragraph = self.begin(f"Heading {level}", text)
        self.bookmarks += 1
        add_bookmark(paragraph, name_bookmark(name), self.bookmarks)

    def _add_caption(self, label: str, text: str, style: str) -> None:
        """Add "Table 3. …" as text: numbers agree with the text without a field that asks to be updated."""
        paragraph = self.begin(style)
        paragraph.add_run(f"{label}. ").bold = True
        self._fill(paragraph, text)

    def _add_picture(self, picture: Picture, label: str) -> None:
        paragraph = self.begin("Figure")
        shape = paragraph.add_run().add_picture(self.prints.show(picture))
        width = min(picture.width_pt, self.page.room(self.sideways), TALLEST_PT * shape.width / shape.height)
        shape.width, shape.height = Pt(width), Pt(width * shape.height / shape.width)
        properties = shape._inline.docPr
        properties.set("name", label)
        properties.set("descr", picture.alt)
        self._add_caption(label, picture.caption, "Figure Caption")

    def _add_grid(self, grid: Grid, item: Item) -> None:
        assert item.fit is not None
        self._add_caption(item.label, grid.caption, "Caption")
        body = self.word.element.body
        body.insert(len(body) - 1, build_table(grid, item.fit))  # the last element describes the last section
        for note in grid.notes:
            self.add_text(note, "Note")


def name_bookmark(name: str) -> str:
    """Return a section's id as the name of a bookmark."""
    return f"_Toc_{name.replace('-', '_')}"[:40]


def _begin(report: Report, style: Style) -> Word:
    word = Document()
    set_styles(word)
    page, section = PAGES[style.paper], word.sections[0]
    section.page_width, section.page_height = Pt(page.width_pt), Pt(page.height_pt)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Pt(MARGIN_PT)
    section.header_distance = section.footer_distance = Pt(MARGIN_PT / 2)
    section.header.paragraphs[0].text = report.title
    section.different_first_page_header_footer = True
    for footer in (section.footer.paragraphs[0], section.first_page_footer.paragraphs[0]):
        footer.style = word.styles["Footer"]
        footer.add_run("Page ")
        add_field(footer, "PAGE", "1")
        footer.add_run(" of ")
        add_field(footer, "NUMPAGES", "1")
    _describe(word, report)
    word.add_paragraph(report.title, "Title")
    return word


def _describe(word: Word, report: Report) -> None:
    """Leave the title and the language as the only properties of the document."""
    properties = word.core_properties
    for element in list(properties._element):
        properties._element.remove(element)
    properties.title, properties.language = report.title, report.language
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), report.language)
    for key, relation in list(word.part.package.rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            del word.part.package.rels[key]


def _add_contents(writer: _Writer, headings: Sequence[Heading]) -> None:
    """Add a table of contents: links that work at once, and a field that Word fills with page numbers on request (F9)."""
    writer.begin("Contents Heading", "Contents")
    entries = [heading for heading in headings if heading.level <= 2 and heading.listed]
    for index, heading in enumerate(entries):
        paragraph = writer.begin(f"TOC {heading.level}")
        if index == 0:
            add_field(paragraph, r'TOC \o "1-2" \h \z \u', None)
        add_link(paragraph, heading.text, f"#{name_bookmark(heading.id)}")
        if index == len(entries) - 1:
            add_rule(paragraph)


def _keep_break_with_text(word: Word) -> None:
    """Move a section break from the empty paragraph that holds it to the paragraph before, where there is one."""
    body = word.element.body
    broken = [element for element in body if element.tag.endswith("}p") and element.find(".//{*}sectPr") is not None][
        -1
    ]
    before = broken.getprevious()
    if before is not None and before.tag.endswith("}p") and before.find(".//{*}sectPr") is None:
        before.get_or_add_pPr().append(broken.find(".//{*}sectPr"))
        body.remove(broken)


def _pack(word: Word) -> bytes:
    """Return the document's bytes with one fixed time on every part."""
    saved, packed = io.BytesIO(), io.BytesIO()
    word.save(saved)
    with (
        zipfile.ZipFile(saved) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        for name, content in _parts(source):
            target.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED, 6)
    return packed.getvalue()


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        yield name, archive.read(name)
