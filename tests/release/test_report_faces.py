"""HTML, PDF, and Word say the same from one content model, with the same bytes each time, and read no text as markup."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from docx import Document
from released_cases import make_study, make_tables
from shown_cases import draw_shown, make_shown

from outcomes.errors import InputError, SettingsError
from outcomes.release.figures import draw_all
from outcomes.release.figures.formats import write_figure
from outcomes.release.report import compose, write_faces
from outcomes.release.report.content.blocks import (
    Answer,
    Answers,
    Bullets,
    Cell,
    Grid,
    Paragraph,
    Picture,
    Report,
    Section,
    Terms,
)
from outcomes.release.report.faces.column_widths import PAGES, fit_grid, measure_em
from outcomes.release.report.faces.docx.document import write_docx
from outcomes.release.report.faces.docx.ooxml import build_table
from outcomes.release.report.faces.html.page import write_page
from outcomes.release.report.faces.pdf import paper
from outcomes.release.report.faces.pdf.paper import BOXES, FROM_MACHINE, LAST_RESORT, write_pdf
from outcomes.settings.style import Style

MARKUP = r"#let *x* _y_ $z$ @ref <label> \ `code` = - + / ~ [a] {b} & \"c\" // /* %"
PRINTED = Style()
CASES = ("two arms", "seven arms", "withheld")


def write(tables, study, drawn, folder):
    for name, figure in drawn.items():
        write_figure(figure, folder, name, ["svg"])
    study = study.model_copy(update={"report": study.report.model_copy(update={"style": PRINTED})})
    report = compose(tables, study, folder, {"study": "made-up", "inputs": {"a.csv": "ab" * 32}, "seed": 7})
    return report, write_faces(report, study)


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return {case: write(*make_shown(case), draw_shown(case), tmp_path_factory.mktemp("figures")) for case in CASES}


def plain(text):
    """Text without what only decides where a line breaks."""
    return re.sub(r"[\s\u200b\u2003\u00a0]+", "", text)


def texts_of_docx(data):
    word = Document(io.BytesIO(data))
    return plain("".join(node.text or "" for node in word.element.body.iter() if node.tag.endswith("}t")))


def texts_of_pdf(data, folder, *pages):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on this machine: the PDF's text is not checked")
    (folder / "report.pdf").write_bytes(data)
    command = ["pdftotext", "-raw", *pages, str(folder / "report.pdf"), "-"]
    return plain(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def grids_of(sections):
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Grid))
        yield from grids_of(section.sections)


def captioned(word):
    """The tables of a Word document that have a caption; the answers of the first page have none."""
    return [table for table in word.tables if table._tbl.tblPr.find(".//{*}tblCaption") is not None]


NAMES = ("report", "supplement")


def simple(text, style=PRINTED):
    """A report whose every kind of text is the same."""
    heads = ((Cell("", head=True), Cell(text, head=True, span=2)), tuple(Cell(text, head=True) for _ in range(3)))
    rows = ((Cell(text, head=True, span=3),), (Cell(text, head=True), Cell(text), Cell("1.2", number=True)))
    grid = Grid("grid", text, heads, rows, (text,))
    section = Section("one", text, (Paragraph(text, text), grid))
    return Report(text, (("subtitle", text), ("details", text)), (section,))


@pytest.mark.parametrize("case", CASES)
def test_every_cell_of_every_table_is_in_html_and_word(faces, case):
    report, files = faces[case]
    pages = "".join(files[f"{name}.html"].decode() for name in NAMES)
    page = plain(html.unescape(re.sub(r"<[^>]+>", "", pages)))
    word = "".join(texts_of_docx(files[f"{name}.docx"]) for name in NAMES)
    cells = [cell.text for grid in grids_of(report.sections) for row in (*grid.heads, *grid.rows) for cell in row]
    assert len(cells) > 200
    for text in {plain(text) for text in cells}:
        assert text in page
        assert text in word


@pytest.mark.parametrize("case", ["two arms", "seven arms"])
def test_every_cell_is_in_the_pdf(faces, case, tmp_path):
    report, files = faces[case]
    text = "".join(texts_of_pdf(files[f"{name}.pdf"], tmp_path) for name in NAMES)
    numbers = {cell.text for grid in grids_of(report.sections) for row in grid.rows for cell in row if cell.number}
    assert len(numbers) > 200
    missing = [number for number in numbers if plain(number) not in text]
    assert missing == []


@pytest.mark.parametrize("case", CASES)
def test_every_printed_table_is_a_csv_with_the_same_cells(faces, case):
    report, files = faces[case]
    printed = {name: data.decode("utf-8-sig") for name, data in files.items() if name.startswith("printed/")}
    grids = list(grids_of(report.sections))
    assert len(printed) == len(grids) > 5
    for grid in grids:
        text = next(text for name, text in printed.items() if name.endswith(f"-{grid.id}.csv"))
        lines = list(csv.reader(io.StringIO(text)))
        assert lines[0][0].endswith(grid.caption)
        assert {len(line) for line in lines[1 : 2 + len(grid.rows)]} == {grid.columns}
        for row, line in zip(grid.rows, lines[2:], strict=False):
            assert [cell.text.strip() for cell in row] == [text for text in line if text or len(row) > 1]
        assert [line[0] for line in lines[2 + len(grid.rows) :]] == list(grid.notes)


@pytest.mark.parametrize("case", CASES)
def test_word_has_the_tables_and_figures_of_the_page(faces, case):
    _, files = faces[case]
    for name in NAMES:
        word, page = Document(io.BytesIO(files[f"{name}.docx"])), files[f"{name}.html"].decode()
        captions = [p.text for p in word.paragraphs if p.style.name == "Caption"]
        parts = [text for text in captions if re.search(r"Part [2-9] of \d\.$", text)]
        assert len(captioned(word)) == len(captions) == page.count("<table") + len(parts)
        assert len(word.inline_shapes) == page.count('<svg role="img"')
        labels = re.findall(r"<b>(e?(?:Table|Figure) \d+)\.</b>", page)
        captions += [p.text for p in word.paragraphs if p.style.name == "Figure Caption"]
        assert {text.split(".")[0] for text in captions} == set(labels)


@pytest.mark.parametrize("case", CASES)
def test_word_has_alternatives_repeated_heads_and_no_empty_paragraphs(faces, case):
    for name in NAMES:
        check_word(Document(io.BytesIO(faces[case][1][f"{name}.docx"])))


def check_word(word):
    for shape in word.inline_shapes:
        assert len(shape._inline.docPr.get("descr")) > 30
    for table in captioned(word):
        assert table._tbl.tr_lst[0].find(".//{*}tblHeader") is not None
        widths = [sum(int(cell.tcPr.width / 635) for cell in row.tc_lst) for row in table._tbl.tr_lst]
        assert len(set(widths)) == 1, "rows of a table are equally wide"
    for paragraph in word.paragraphs:
        held = paragraph._p.find(".//{*}sectPr") is not None or paragraph._p.find(".//{*}drawing") is not None
        assert paragraph.text.strip() or held, paragraph.style.name


def make_answers(number, drawn):
    """Return a first page of so many answers, the first with a tall picture."""
    drawn.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 340" width="100pt"></svg>')
    picture = Picture("f", "", "", "a picture that says something", 100.0, drawn)
    answers = [
        Answer("works", "Does it work?", "Yes.", "By 3 points.", (), picture if i == 0 else None) for i in range(number)
    ]
    terms = Terms((("Question", "Does it work?"), ("Findings", "It does."), ("Meaning", "Good.")), boxed=True)
    first = Section("brief", "Key points", (terms, Answers(tuple(answers), "CI: confidence interval.")))
    return Report("t", (), (first, Section("abstract", "Abstract", (Paragraph("What was done."),))))


@pytest.mark.parametrize(("number", "ends"), [(6, True), (5, False)])
def test_six_answers_end_the_first_page_in_every_face_and_fewer_do_not(tmp_path, number, ends):
    report = make_answers(number, tmp_path / "f.svg")
    word = Document(io.BytesIO(write_docx(report, PRINTED)))
    (table,) = word.tables
    assert all(row.find(".//{*}cantSplit") is not None for row in table._tbl.tr_lst)
    widths = [int(column.get(f"{{{column.nsmap['w']}}}w")) for column in table._tbl.tblGrid]
    assert widths[1] > 1.5 * max(widths[0], widths[2])
    assert sum(shape.height.pt for shape in word.inline_shapes) < 400
    (note,) = (one for one in word.paragraphs if one.style.name == "Note")
    assert (note._p.find(".//{*}br") is not None) is ends
    assert ('<p class="note last">' in write_page(report)) is ends
    pages = texts_of_pdf(write_pdf(report, PRINTED), tmp_path, "-f", "1", "-l", "1")
    assert "confidenceinterval" in pages
    assert ("Whatwasdone" in pages) is not ends


def make_figures(columns):
    """Return a table of so many columns of rates with their intervals, one of them short enough for a line."""
    heads = (tuple(Cell(text, head=True) for text in ["Time point", *["% (95% CI)"] * columns]),)
    rates = [("session 6", "39.6 (35.0 to 44.3)"), ("day 28", "6.6 (4.8 to 9.1)")]
    rows = tuple((Cell(name, head=True), *[Cell(rate, number=True)] * columns) for name, rate in rates)
    return Grid("figures", "Rates.", heads, rows)


def test_figures_of_a_narrow_column_all_break_before_their_bracket():
    wide, narrow = (fit_grid(make_figures(columns), PAGES["a4"])[0] for columns in (3, 8))
    assert wide[1].broken == frozenset()
    assert narrow[1].broken == frozenset(range(1, 9))
    for (grid, fit), lines in ((wide, 1), (narrow, 2)):
        table = build_table(grid, fit)
        assert {len(cell.findall(".//{*}t")) for row in table.tr_lst[1:] for cell in row.tc_lst[1:]} == {lines}


@pytest.mark.parametrize("kept", [True, False])
def test_what_follows_a_kept_list_is_not_alone_on_a_page(kept, tmp_path):
    lines = [
        Paragraph(f"Line {index}.") for index in range(44)
    ]  # fill a page so far that the list is the last to fit on it
    last = Section("last", "Reproducibility", (Paragraph("The end."),))
    first = Section("first", "Limitations", (*lines, Bullets(("One.", "Two."), kept=kept)))
    pages = [
        write_pdf(Report("t", (), (replace(first, blocks=first.blocks[skip:]), last)), PRINTED) for skip in range(8)
    ]
    texts = [texts_of_pdf(page, tmp_path, "-f", "2", "-l", "2") for page in pages]
    assert any("Two." not in text and plain("The end.") in text for text in texts) is not kept
    word = Document(io.BytesIO(write_docx(Report("t", (), (first, last)), PRINTED)))
    listed = [one for one in word.paragraphs if one.style.name == "List Bullet"]
    assert {bool(one.paragraph_format.keep_with_next) for one in listed} == {kept}


def test_a_heading_has_two_lines_where_there_is_room():
    heads = ((Cell("Month", head=True), Cell("Esketamine, came back / followed (%)", head=True)),)
    rows = ((Cell("1", head=True), Cell("5", number=True)),)
    _, fit = fit_grid(Grid("narrow", "Visits.", heads, rows), PAGES["a4"])[0]
    assert fit.widths_pt[1] > fit.size_pt * measure_em("back / followed (%)")


def test_no_table_is_wider_than_its_page(faces):
    for case in CASES:
        word = Document(io.BytesIO(faces[case][1]["report.docx"]))
        rooms, at = {}, 0
        for element in word.element.body:
            rooms[element] = at
            at += element.tag.endswith("}p") and element.find(".//{*}sectPr") is not None
        for table in captioned(word):
            section = word.sections[rooms[table._tbl]]
            room = section.page_width - section.left_margin - section.right_margin
            assert sum(column.width for column in table.columns) <= room + 12700


def test_seven_arms_turn_the_page_or_divide_the_table(faces):
    word = Document(io.BytesIO(faces["seven arms"][1]["supplement.docx"]))
    assert {section.orientation for section in word.sections} == {0, 1}


def test_the_same_report_gives_the_same_bytes(faces):
    report, first = faces["two arms"]
    second = write_faces(report, make_study(report={"title": "t", "style": PRINTED.model_dump()}))
    printed = {name for name in first if name.startswith("printed/")}
    faces_of_both = {f"{name}.{ending}" for name in NAMES for ending in ("html", "pdf", "docx")}
    assert set(first) == faces_of_both | {"tables.docx", "checklists.csv"} | printed
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first["report.docx"])) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not re.search(rb"20[0-9]{2}-\d\d-\d\d", archive.read("docProps/core.xml"))
    assert b"CreationDate" not in first["report.pdf"]


@pytest.mark.parametrize("case", CASES)
def test_the_pdf_claims_the_standard_for_accessible_documents(faces, case):
    pdf = faces[case][1]["report.pdf"]
    assert pdf.startswith(b"%PDF-1.7")
    assert b"pdfuaid:part" in pdf or b"pdfuaid" in pdf
    assert b"/MarkInfo" in pdf


def test_text_is_never_markup(tmp_path):
    for text in (MARKUP, "Kétamine ≤ 静脉 κ Я", "]]></w:t>", "a" * 90):
        report = simple(text)
        word = texts_of_docx(write_docx(report, PRINTED))
        assert word.count(plain(text)) >= 9
        assert texts_of_pdf(write_pdf(report, PRINTED), tmp_path).count(plain(text)) >= 9


def test_withheld_cells_say_so_in_words(faces, tmp_path):
    _, files = faces["withheld"]
    for text in (texts_of_docx(files["supplement.docx"]), texts_of_pdf(files["supplement.pdf"], tmp_path)):
        assert text.count("notreported") + text.count("Leftout,asmostofitsnumbersrestontoofewpatients") > 15


def test_the_tables_alone_are_those_of_the_report(faces):
    _, files = faces["two arms"]
    alone = Document(io.BytesIO(files["tables.docx"]))
    whole = [table for name in NAMES for table in captioned(Document(io.BytesIO(files[f"{name}.docx"])))]
    assert [t._tbl.xml for t in whole] == [t._tbl.xml for t in alone.tables]
    assert len(alone.inline_shapes) == 0


def test_pages_are_of_the_declared_size(tmp_path):
    report = simple("text")
    word = Document(io.BytesIO(write_docx(report, Style(paper="letter"))))
    assert (round(word.sections[0].page_width.inches, 2), round(word.sections[0].page_height.inches, 2)) == (8.5, 11.0)
    assert b"/MediaBox[0 0 612 792]" in write_pdf(report, Style(paper="letter")).replace(b" [", b"[")


@pytest.mark.parametrize(("width", "height"), [(241, 300), (480, 2000), (2000, 100)])
def test_a_figure_of_any_shape_is_shown_whole(tmp_path, width, height):
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not on this machine: the PDF's figure is not looked at")
    corners = "".join(
        f'<rect x="{x}" y="{y}" width="12" height="12" fill="#ff0000"/>'
        for x in (0, width - 12)
        for y in (0, height - 12)
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}pt">{corners}</svg>'
    )
    (tmp_path / "f.svg").write_text(drawing)
    picture = Picture("f", "", "caption", "alternative", width, tmp_path / "f.svg")
    (tmp_path / "f.pdf").write_bytes(write_pdf(Report("t", (), (Section("s", "S", (picture,)),)), Style()))
    command = ["pdftoppm", "-r", "72", str(tmp_path / "f.pdf"), str(tmp_path / "p")]
    subprocess.run(command, check=True)
    pixels = np.concatenate([read_ppm(file) for file in sorted(tmp_path.glob("p*.ppm"))])
    red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert red.any()
    shape = (rows[-1] - rows[0] + 1) / (columns[-1] - columns[0] + 1)
    assert shape == pytest.approx(height / width, rel=0.05)


def read_ppm(file):
    """The pixels of a picture as pdftoppm writes it."""
    kind, size, _, data = file.read_bytes().split(b"\n", 3)
    columns, rows = map(int, size.split())
    assert kind == b"P6"
    return np.frombuffer(data, dtype=np.uint8).reshape(rows, columns, 3)


def test_a_missing_figure_is_named(tmp_path):
    picture = Picture("f", "", "caption", "alternative", 240.0, tmp_path / "gone.svg")
    report = Report("t", (), (Section("s", "S", (picture,)),))
    for writer in (write_docx, write_pdf):
        with pytest.raises(InputError, match=r"gone\.svg: no such figure\. Run the step 'figures'"):
            writer(report, PRINTED)


@pytest.mark.parametrize(("families", "said"), [([], BOXES), ([LAST_RESORT], FROM_MACHINE)])
def test_letters_without_a_font_are_noted_unless_a_font_is_named(families, said, tmp_path, caplog, monkeypatch):
    report = simple("静脉")
    monkeypatch.setattr(paper, "_list_machine_families", lambda: families)
    write_pdf(report, Style())
    assert caplog.messages == [said]
    caplog.clear()
    shipped = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "LastResortHE-Regular.ttf"
    shutil.copy(shipped, tmp_path)
    write_pdf(report, Style(fonts=str(tmp_path)))
    assert caplog.text == ""


def test_a_folder_without_fonts_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"report\.style\.fonts: no font file"):
        write_pdf(simple("text"), Style(fonts=str(tmp_path)))


def test_the_words_of_the_study_file_reach_every_face(tmp_path):
    study = make_study({"iv": "Kétamine #1 *IV* <b>", "im": "Κεταμίνη $IM$ @x"})
    tables = make_tables(study)
    _, files = write(tables, study, draw_all(tables, study), tmp_path)
    word, page = texts_of_docx(files["supplement.docx"]), html.unescape(files["supplement.html"].decode())
    pdf = texts_of_pdf(files["supplement.pdf"], tmp_path)
    for label in ("Kétamine #1 *IV* <b>", "Κεταμίνη $IM$ @x"):
        assert plain(label) in word
        assert label in page
        assert plain(label) in pdf
