"""What holds for every figure, whatever the arms are called: nothing cut off, nothing touching, legible, named, in words."""

from __future__ import annotations

import itertools
import re

from matplotlib.text import Text

from outcomes.release.figures.canvas.style import house_style

SLACK = 0.6  # pixels at 100 dpi: letters' boxes are rounded outwards


def words(figure):
    """Every visible text with its box in pixels."""
    with house_style():
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
        return [(text, text.get_window_extent(renderer)) for text in texts]


def check_figure(name, figure):
    """Fail, naming the figure and the text, where a figure is not fit to print."""
    texts = words(figure)
    assert len(texts) > 3, name
    check_places(name, figure, texts)
    check_type(name, figure, texts)
    check_axes(name, figure, texts)
    check_telling(name, figure, texts)


def check_places(name, figure, texts):
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in texts:
        inside = box.x0 > -SLACK and box.y0 > -SLACK and box.x1 < width + SLACK and box.y1 < height + SLACK
        assert inside, f"{name}: {text.get_text()!r} leaves the figure"
    for (one, a), (two, b) in itertools.combinations(texts, 2):
        across, along = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across < SLACK or along < SLACK * 3, f"{name}: {one.get_text()!r} touches {two.get_text()!r}"


def check_type(name, figure, texts):
    width = figure.get_figwidth() * 25.4
    assert min(abs(width - allowed) for allowed in (60, 85, 178)) < 1e-6, f"{name} is {width:.1f} mm wide"
    for text, _ in texts:
        assert 7.5 <= text.get_fontsize() <= 9, f"{name}: {text.get_text()!r} has {text.get_fontsize()} pt"
        assert text.get_fontname() == "DejaVu Sans", name


def check_axes(name, figure, texts):
    for axes in figure.axes:
        box = axes.get_window_extent()
        upright = [t for t, b in texts if t.get_rotation() == 90 and b.y0 < box.y1 and b.y1 > box.y0]
        beside = [t for t, b in texts if b.x1 <= box.x0 + SLACK and box.y0 < (b.y0 + b.y1) / 2 < box.y1]
        named = [t for t in beside if re.search(r"[^\W\d]", t.get_text())]
        below = figure.plan.family == "answers"  # one line below says what both axes are
        assert upright or named or below, f"{name}: the vertical axis has neither a label nor named rows"


def check_telling(name, figure, texts):
    plan = figure.plan
    for text in (plan.title, plan.caption, plan.alt):
        assert text, name
        assert "nan" not in re.split(r"\W", text), f"{name}: {text}"
    assert len(plan.alt) > 60, f"{name}: {plan.alt}"
    assert plan.alt.endswith("."), f"{name}: {plan.alt}"
    assert re.search(r"[.”]$", plan.caption), f"{name}: {plan.caption}"
    shown = [text.get_text() for text, _ in texts]
    assert plan.family == "answers" or plan.title not in shown, f"{name}: the title is on the figure and in its caption"
    assert len(figure.data), f"{name} has no data"
