"""The page is one well-formed file that asks nothing of the network and can be used with a keyboard."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from released_cases import CASES, make_case, make_study, make_tables
from shown_cases import draw_shown, make_shown

from outcomes.release.figures import draw_all
from outcomes.release.figures.formats import write_figure
from outcomes.release.report import render
from outcomes.release.report.content.exhibits import read_picture

VOID = {"meta", "link", "br", "hr", "img", "input", "use", "path"}
PROVENANCE = {"study": "made-up", "inputs": {"a.csv": "ab" * 32}, "settings": "cd" * 32, "code": "ef" * 32, "seed": 7}


class Page(HTMLParser):
    """Collects what the tests ask about, and fails on tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.headings = [], [], [], []
        self.text = []
        self.feed(text)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    found = {}
    for case in CASES:
        folder = tmp_path_factory.mktemp("figures")
        for name, figure in draw_shown(case).items():
            write_figure(figure, folder, name, ["svg"])
        found[case] = render(*make_shown(case), folder, PROVENANCE)
    return found


@pytest.mark.parametrize("case", CASES)
def test_tags_match_and_identifiers_are_unique(pages, case):
    page = Page(pages[case])
    assert len(page.ids) == len(set(page.ids))
    targets = [a["href"] for a in page.all("a") if a["href"].startswith("#")]
    targets += [a[key] for _, a in page.tags for key in ("xlink:href",) if a.get(key, "").startswith("#")]
    targets += [f"#{a['aria-labelledby']}" for _, a in page.tags if "aria-labelledby" in a]
    targets += re.findall(r"url\((#[^)]+)\)", pages[case])
    assert len(targets) > 20
    assert {target[1:] for target in targets} <= set(page.ids)


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_asked_of_the_network(pages, case):
    page = Page(pages[case])
    for tag, attributes in page.tags:
        assert not {"src", "srcset", "action", "data", "poster"} & set(attributes), tag
        for key in ("href", "xlink:href"):
            target = attributes.get(key, "#")
            assert target.startswith("#") or (tag == "a" and target.startswith("https://doi.org/10.")), target
    assert page.all("link") == []
    assert "@import" not in pages[case]
    assert not re.search(r"url\((?!#)", pages[case])
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", pages[case], flags=re.DOTALL)
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert "script-src 'unsafe-inline'" not in policy


@pytest.mark.parametrize("case", CASES)
def test_headings_are_in_order_and_tables_have_scopes(pages, case):
    page = Page(pages[case])
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert all(attributes.get("scope") in ("col", "row", "colgroup", "rowgroup") for attributes in page.all("th"))
    assert next(a for tag, a in page.tags if tag == "html")["lang"] == "en-US"
    assert len(page.all("table")) > 3


@pytest.mark.parametrize("case", CASES)
def test_rows_of_a_table_are_equally_long(pages, case):
    for table in re.findall(r"<table.*?</table>", pages[case], flags=re.DOTALL):
        lengths = set()
        for row in re.findall(r"<tr>.*?</tr>", table, flags=re.DOTALL):
            cells = re.findall(r"<t[hd]\b([^>]*)>", row)
            lengths.add(sum(int((re.search(r'colspan="(\d+)"', cell) or [0, 1])[1]) for cell in cells))
        assert len(lengths) == 1, table[:300]


def test_tables_can_be_sorted_unless_a_row_is_the_level_of_another(pages):
    tables = re.findall(
        r'<figure class="table[^>]*id="([^"]+)".*?<table( class="sortable")?', pages["two arms"], flags=re.DOTALL
    )
    can = {name for name, sortable in tables if sortable}
    assert {"scores-phq9", "response-phq9"} <= can
    assert "baseline" not in can


def test_every_figure_has_a_caption_and_words_in_its_place(pages):
    page = Page(pages["two arms"])
    drawings = [attributes for attributes in page.all("svg") if attributes.get("role") == "img"]
    drawn = draw_shown("two arms")
    shown = {name for name in drawn if f"figure-{name}-caption" in page.ids}
    assert {drawn[name].plan.family for name in set(drawn) - shown} <= {
        "answers",
        "exposure",
    }  # of one table alone, without its section
    assert len(drawings) == len(shown) + sum(figure.plan.family == "answers" for figure in drawn.values())
    assert all(len(attributes["aria-label"]) > 60 for attributes in drawings)
    assert "<?xml" not in pages["two arms"]
    assert "<style type" not in pages["two arms"]


def test_a_figure_within_the_page_has_no_group_that_does_nothing(tmp_path):
    """Of 14,978 elements of the example's supplement 5,700 were groups with a name of their own and nothing else."""
    path = tmp_path / "drawn.svg"
    path.write_text(
        '<?xml version="1.0"?><svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" width="90pt" height="9pt">'
        '<g id="axes_1"><g id="line_1"/><g><text x="1">4</text></g><g id="used"><path d="M 0 0"/></g>'
        '<g clip-path="url(#box)"><g id="line_2"><path d="M 1 1"/></g></g><use xlink:href="#used"/></g></svg>'
    )
    drawn = str(read_picture(path, "made", "Drawn.", "a drawing").svg)
    assert drawn.split(">", 1)[1] == (
        '<text x="1">4</text><g id="made-used"><path d="M 0 0"/></g>'
        '<g clip-path="url(#made-box)"><path d="M 1 1"/></g><use xlink:href="#made-used"/></svg>'
    )


def test_boxes_that_scroll_can_be_reached_with_the_keyboard(pages):
    # The script takes boxes that need not scroll out of the order of the Tab key.
    boxes = [a for a in Page(pages["two arms"]).all("div") if "scroll" in a.get("class", "")]
    assert len(boxes) > 8
    assert all(a["tabindex"] == "0" and a["role"] == "region" and a["aria-labelledby"] for a in boxes)


def test_text_of_the_study_file_is_never_markup(tmp_path):
    evil = '<script>alert("x")</script>&"'
    study = make_study({"iv": evil}, report={"title": evil, "setting": evil, "subtitle": evil, "citation": evil})
    tables = make_tables(study)
    for name, figure in draw_all(tables, study).items():
        write_figure(figure, tmp_path, name, ["svg"])
    text = render(tables, study, tmp_path, {"inputs": {evil: evil}, evil: evil})
    Page(text)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_the_same_material_gives_the_same_bytes(tmp_path):
    tables, study = make_case("two arms")
    assert render(tables, study, tmp_path, PROVENANCE) == render(tables, study, tmp_path, PROVENANCE)


def test_a_study_without_any_table_still_has_its_definitions(tmp_path):
    text = render({}, make_study(), tmp_path, {})
    assert "Definitions and methods" in text
    assert "<table" not in text.split('<section id="checklists"')[0]
    Page(text)


def test_the_report_needs_no_plotting_library():
    script = "import sys, outcomes.release.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_levels_are_set_in_and_tables_of_words_may_shrink(pages):
    """A heading that wraps stays below its own first line, which spaces before it would not do."""
    text = pages["two arms"]
    assert '<th scope="row" class="under">' in text
    assert not re.search(r"<th[^>]*>\u2003", text)
    words = re.findall(r'<figure class="table words[^"]*" id="([^"]*)"', text)
    assert any("strobe" in name for name in words), words
    assert not any(name.startswith(("scores", "baseline")) for name in words)
