"""Figures printed for Word: each once, kept for the next run, and printed again where one of them or what is kept changed."""

import pytest
from PIL import Image

from outcomes.errors import InputError
from outcomes.release.report.content.blocks import Picture, Report, Section
from outcomes.release.report.faces.docx import pictures
from outcomes.release.report.faces.docx.pictures import Prints

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="{}" height="10"/></svg>'


@pytest.fixture
def drawn(tmp_path):
    """Two figures, and a report of both."""
    shown = []
    for name, width in (("a", 5), ("b", 10)):
        file = tmp_path / f"{name}.svg"
        file.write_text(SVG.format(width))
        shown.append(Picture(name, "", "A caption.", "words", 100.0, file))
    return shown, Report("t", (), (Section("s", "One", (shown[0],), (Section("below", "Two", (shown[1],)),)),))


@pytest.fixture
def printed(monkeypatch):
    """The titles of the figures that were printed."""
    titles, print_svg = [], pictures.print_svg
    monkeypatch.setattr(
        pictures,
        "print_svg",
        lambda svg, title, *rest, **options: titles.append(title) or print_svg(svg, title, *rest, **options),
    )
    return titles


def make(folder, report, shown):
    prints = Prints(folder)
    prints.make(report)
    return [prints.show(picture).read() for picture in shown]


def test_only_what_changed_is_printed_again_with_the_same_bytes(drawn, printed, tmp_path):
    shown, report = drawn
    first = make(tmp_path / "kept", report, shown)
    assert sorted(printed) == ["a", "b"]
    assert all(one.startswith(b"\x89PNG") for one in first)
    assert make(tmp_path / "kept", report, shown) == first
    assert len(printed) == 2
    shown[0].file.write_text(SVG.format(15))
    changed = make(tmp_path / "kept", report, shown)
    assert printed[2:] == ["a"]
    assert changed[0] != first[0]
    assert changed[1] == first[1]
    assert len(list((tmp_path / "kept").iterdir())) == 2  # what no figure has any more is gone


def test_what_is_kept_and_was_changed_is_printed_again(drawn, printed, tmp_path):
    shown, report = drawn
    first = make(tmp_path / "kept", report, shown)
    for path in (tmp_path / "kept").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert make(tmp_path / "kept", report, shown) == first
    assert len(printed) == 4


def test_without_a_folder_each_is_printed_once_and_nothing_is_kept(drawn, printed, tmp_path):
    shown, report = drawn
    assert len(make(None, report, [*shown, *shown])) == 4
    assert len(printed) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg"]


def test_a_figure_that_was_not_drawn_is_named(drawn):
    shown, report = drawn
    shown[1].file.unlink()
    with pytest.raises(InputError, match=r"b\.svg: no such figure"):
        Prints().make(report)


def test_the_paper_of_a_figure_is_white(drawn, tmp_path):
    """A palette averages its colours, so that paper among many shades of gray came out as a gray box."""
    shown, _ = drawn
    grays = "".join(f'<rect x="{i / 5}" width="0.2" height="5" fill="rgb({i},{i},{i})"/>' for i in range(100, 256))
    shown[0].file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="10">{grays}</svg>')
    with Image.open(Prints(tmp_path).show(shown[0])) as image:
        assert image.convert("RGB").getpixel((0, image.height - 1)) == (255, 255, 255)
