"""Nothing is cut off, nothing touches, and the files are the same bytes each time."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from released_cases import CASES, LONG, make_case, make_study, make_tables

from outcomes.release.figures import draw_all, save_figure
from outcomes.release.figures.lettering import measure_mm, wrap
from outcomes.release.figures.style import house_style
from outcomes.release.figures.trajectory import build_scale

SLACK = 0.6  # pixels at 100 dpi: letters' boxes are rounded outwards


def words(figure):
    """Every visible text with its box in pixels."""
    with house_style():
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
        return [(text, text.get_window_extent(renderer)) for text in texts]


@pytest.mark.parametrize("case", CASES)
def test_no_text_leaves_the_figure_or_touches_another(case):
    tables, study = make_case(case)
    for name, figure in draw_all(tables, study).items():
        width, height = figure.bbox.width, figure.bbox.height
        boxes = words(figure)
        assert len(boxes) > 3
        for text, box in boxes:
            inside = box.x0 > -SLACK and box.y0 > -SLACK and box.x1 < width + SLACK and box.y1 < height + SLACK
            assert inside, f"{name}: {text.get_text()!r} leaves the figure"
        for (one, a), (two, b) in itertools.combinations(boxes, 2):
            across, along = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert across < SLACK or along < SLACK * 3, f"{name}: {one.get_text()!r} touches {two.get_text()!r}"


@pytest.mark.parametrize("case", ["six arms", "one arm", "withheld"])
def test_text_stays_in_its_box(case):
    tables, study = make_case(case)
    figure = draw_all(tables, study)["flow"]
    boxes = words(figure)
    frames = [patch.get_window_extent() for patch in figure.findobj(Rectangle) if patch is not figure.patch]
    assert len(frames) > 5
    for text, box in boxes:
        for frame in frames:
            starts_inside = frame.x0 < box.x0 < frame.x1 and frame.y0 < (box.y0 + box.y1) / 2 < frame.y1
            assert not starts_inside or box.x1 < frame.x1, text.get_text()
    for one, two in itertools.combinations(frames, 2):
        apart = one.x1 <= two.x0 or two.x1 <= one.x0 or one.y1 <= two.y0 or two.y1 <= one.y0
        assert apart, "two boxes of the flow overlap"


@pytest.mark.parametrize("case", CASES)
def test_figures_have_a_column_s_or_a_page_s_width_and_readable_text(case):
    tables, study = make_case(case)
    for figure in draw_all(tables, study).values():
        assert min(abs(figure.get_figwidth() * 25.4 - width) for width in (85, 89, 178)) < 0.1
        assert figure.get_figheight() * 25.4 < 297 or len(study.arms) > 4
        for text, _ in words(figure):
            assert 8 <= text.get_fontsize() <= 9
            assert text.get_fontname() == "DejaVu Sans"


def test_two_saves_are_the_same_bytes(tmp_path):
    tables, study = make_case("two arms")
    figures = draw_all(tables, study)
    for name in ("flow", "trajectory_phq9_session", "response_phq9_day"):
        first = save_figure(figures[name], tmp_path / "first", name)
        second = save_figure(draw_all(tables, study)[name], tmp_path / "second", name)
        assert {path.suffix for path in first} == {".svg", ".pdf", ".png", ".csv"}
        for one, two in zip(first, second, strict=True):
            assert one.read_bytes() == two.read_bytes(), one.name


def test_another_process_with_other_settings_writes_the_same_bytes(tmp_path):
    script = """
import sys, pathlib, matplotlib
matplotlib.rcParams.update({"font.size": 20, "font.family": "serif", "svg.fonttype": "none", "lines.linewidth": 9})
sys.path.insert(0, sys.argv[1])
from released_cases import make_case
from outcomes.release.figures import draw_all, save_figure
tables, study = make_case("one arm")
save_figure(draw_all(tables, study)["trajectory_phq9_day"], pathlib.Path(sys.argv[2]), "figure")
"""
    folder = str(__file__).rsplit("/", 1)[0]
    subprocess.run([sys.executable, "-c", script, folder, str(tmp_path / "other")], check=True)
    tables, study = make_case("one arm")
    for path in save_figure(draw_all(tables, study)["trajectory_phq9_day"], tmp_path / "here", "figure"):
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes(), path.name


def test_files_hold_no_date_and_need_no_font(tmp_path):
    tables, study = make_case("one arm")
    files = save_figure(draw_all(tables, study)["trajectory_phq9_day"], tmp_path, "figure")
    svg = next(path for path in files if path.suffix == ".svg").read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "font-family" not in svg
    assert not re.search(r"\d{4}-\d{2}-\d{2}T", svg)
    pdf = next(path for path in files if path.suffix == ".pdf").read_bytes()
    assert b"CreationDate" not in pdf
    assert b"/FontFile2" in pdf
    assert list(tmp_path.glob(".*")) == []


def test_a_name_the_typeface_cannot_write_gives_way_to_the_id():
    study = make_study({"iv": LONG[3]})
    texts = [t.get_text() for t in draw_all(make_tables(study), study)["trajectory_phq9_session"].texts]
    assert "iv" in texts
    assert not any(LONG[3] in text for text in texts)


def test_dollar_signs_are_text_not_mathematics():
    study = make_study({"iv": "IV at $400 to $800", "tau": "x_{1}^2"})
    figure = draw_all(make_tables(study), study)["trajectory_phq9_session"]
    assert "IV at $400 to $800" in [text.get_text() for text, _ in words(figure)]


@pytest.mark.parametrize("text", [*LONG, "a b c", "", "one two three four five six seven"])
@pytest.mark.parametrize("width", [12.0, 30.0, 80.0])
def test_wrapped_lines_fit_and_lose_no_letter(text, width):
    lines = wrap(text, width, 8)
    assert all(measure_mm(line, 8) <= width for line in lines)
    assert "".join(lines).replace("-", "").replace(" ", "") == text.replace("-", "").replace(" ", "")


@pytest.mark.parametrize(("low", "high"), [(0, 17.3), (0, 27), (0, 60), (0, 0.4), (0, 1000)])
def test_a_scale_covers_its_values_with_a_handful_of_round_ticks(low, high):
    scale = build_scale(low, high, "points")
    assert scale.limits[0] <= low
    assert scale.limits[1] >= high
    assert 3 <= len(scale.ticks) <= 8
