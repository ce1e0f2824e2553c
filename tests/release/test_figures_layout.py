"""Nothing is cut off, nothing touches, and the files are the same bytes each time."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import pytest
from figure_checks import check_figure, words
from fontTools.subset import Subsetter
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from released_cases import CASES, LONG, make_case, make_study, make_tables
from shown_cases import draw_one, draw_shown

from outcomes.release.figures import draw_all, formats, printing, save_captions, save_figure, write_all
from outcomes.release.figures.canvas.lettering import measure_mm, wrap
from outcomes.release.figures.canvas.scales import build_scale
from outcomes.release.figures.draw import FAMILIES, draw_plan
from outcomes.release.figures.drawings import forest
from outcomes.release.figures.plans.study import plan_figures


@pytest.mark.parametrize("case", CASES)
def test_every_figure_is_fit_to_print(case):
    for name, figure in draw_shown(case).items():
        check_figure(name, figure)


@pytest.mark.parametrize("case", ["seven arms", "one arm", "withheld"])
def test_text_stays_in_its_box(case):
    figure = draw_shown(case)["flow"]
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
def test_figures_are_no_higher_than_a_page_and_write_at_8_or_9_points(case):
    _, study = make_case(case)
    for figure in draw_shown(case).values():
        assert figure.get_figheight() * 25.4 < 297 or len(study.arms) > 4
        assert {text.get_fontsize() for text, _ in words(figure)} <= {8, 9}


def test_the_pictures_of_the_first_page_name_arms_whole():
    """Two long names that begin alike were one and the same: the first line of each."""
    study = make_study({"iv": f"{LONG[0]} by vein", "esketamine": f"{LONG[0]} by nose"})
    tables = make_tables(study)
    drawn = [plan for plan in plan_figures(tables, study) if plan.name in ("answer_works", "answer_safe")]
    assert drawn
    for plan in drawn:
        text = " ".join(text.get_text() for text, _ in words(draw_plan(plan, study)))
        for name in ("by vein", "by nose"):
            assert name in " ".join(text.split()), plan.name


def test_every_family_of_figures_is_among_the_cases():
    drawn = {figure.plan.family for case in CASES for figure in draw_shown(case).values()}
    drawn.add("power")  # of a command, which has a table of its own
    assert drawn == set(FAMILIES), "a new family of figures needs its tables in released_cases.make_tables"


def test_the_picture_has_the_dots_that_were_asked_for(tmp_path):
    figure = draw_shown("one arm")["distribution_phq9"]
    sizes = {}
    for dpi in (300, 600):
        files = save_figure(figure, tmp_path / str(dpi), "figure", dpi)
        with Image.open(next(path for path in files if path.suffix == ".png")) as picture:
            assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.5)
            sizes[dpi] = picture.size[0]
    assert sizes == {300: round(85 / 25.4 * 300), 600: round(85 / 25.4 * 600)}


def test_files_carry_title_and_words(tmp_path):
    study = make_study({"iv": "Kétamine «IV»"})
    figures = draw_all(make_tables(study), study)
    figure = figures["trajectory_phq9_day"]
    files = {path.suffix: path for path in save_figure(figure, tmp_path, "figure")}
    with Image.open(files[".png"]) as picture:
        assert picture.text["Title"] == figure.plan.title
        assert picture.text["Description"] == figure.plan.alt
    svg = files[".svg"].read_text(encoding="utf-8")
    assert f"<title>{figure.plan.title}</title>" in svg
    assert "Kétamine «IV»" in svg
    pdf = files[".pdf"].read_bytes()
    assert b"/Title" in pdf
    assert b"/Alt" in pdf, "the PDF is tagged and has the text alternative"
    legends = save_captions(figures, tmp_path).read_text(encoding="utf-8")
    for name, each in figures.items():
        for text in (name, each.plan.title, each.plan.caption, each.plan.alt):
            assert text in legends


def test_two_saves_are_the_same_bytes(tmp_path):
    tables, study = make_case("two arms")
    for name in ("flow", "trajectory_phq9_session", "distribution_phq9"):
        first, second = (
            save_figure(draw_one(name, tables, study), tmp_path / place, name) for place in ("first", "second")
        )
        assert {path.suffix for path in first} == {".svg", ".pdf", ".png", ".csv"}
        for one, two in zip(first, second, strict=True):
            assert one.read_bytes() == two.read_bytes(), one.name


def test_another_process_with_other_settings_writes_the_same_bytes(tmp_path):
    script = """
import sys, pathlib, matplotlib
matplotlib.rcParams.update({"font.size": 20, "font.family": "serif", "svg.fonttype": "none", "lines.linewidth": 9})
sys.path.insert(0, sys.argv[1])
from released_cases import make_case
from shown_cases import draw_one
from outcomes.release.figures import save_figure
save_figure(draw_one("trajectory_phq9_day", *make_case("one arm")), pathlib.Path(sys.argv[2]), "figure")
"""
    folder = str(__file__).rsplit("/", 1)[0]
    subprocess.run([sys.executable, "-c", script, folder, str(tmp_path / "other")], check=True)
    for path in save_figure(draw_one("trajectory_phq9_day", *make_case("one arm")), tmp_path / "here", "figure"):
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes(), path.name


def test_a_figure_is_laid_out_once_for_all_formats_and_fonts_are_read_once_for_all_figures(tmp_path, monkeypatch):
    tables, study = make_case("one arm")
    laid_out, read = [], []
    lay_out, fonts = Figure.draw, printing.typst.Fonts
    monkeypatch.setattr(Figure, "draw", lambda self, renderer: (laid_out.append(self), lay_out(self, renderer))[1])
    monkeypatch.setattr(printing.typst, "Fonts", lambda **options: (read.append(options), fonts(**options))[1])
    monkeypatch.setattr(Subsetter, "subset", lambda *_: pytest.fail("fontTools cuts a whole font for each figure"))
    printing.load_fonts.cache_clear()
    figures = plan_figures(tables, study)
    write_all(tables, study, tmp_path)
    assert len(laid_out) == len(figures) == len(list(tmp_path.glob("*.pdf"))) == len(list(tmp_path.glob("*.png")))
    assert len(read) == 1


def test_files_hold_no_date_and_text_is_text(tmp_path):
    files = save_figure(draw_one("trajectory_phq9_day", *make_case("one arm")), tmp_path, "figure")
    svg = next(path for path in files if path.suffix == ".svg").read_text(encoding="utf-8")
    assert "<text" in svg
    assert set(re.findall(r"font-family: ([^;\"]+)", svg)) == {formats.FAMILY}
    assert not re.search(r"\d{4}-\d{2}-\d{2}T", svg)
    pdf = next(path for path in files if path.suffix == ".pdf").read_bytes()
    assert b"CreationDate" not in pdf
    assert b"/FontFile2" in pdf
    assert list(tmp_path.glob(".*")) == []


def test_a_name_the_typeface_cannot_write_gives_way_to_the_id():
    study = make_study({"iv": LONG[3]})
    texts = [t.get_text() for t in draw_one("trajectory_phq9_session", make_tables(study), study).texts]
    assert "iv" in texts
    assert not any(LONG[3] in text or "□" in text for text in texts)


def test_the_caption_says_what_a_replaced_name_stands_for(caplog):
    study = make_study({"iv": LONG[3], "tau": "TAU", "im": "Cafe\u0301  de\nnuit"})
    figures = draw_all(make_tables(study), study)
    for figure in figures.values():
        assert f"“iv” stands for {LONG[3]}." in figure.plan.caption
        assert "TAU” stands" not in figure.plan.caption
    assert [record.getMessage() for record in caplog.records if "letters that DejaVu Sans lacks" in record.message]
    assert "Café de nuit" in [text.get_text() for text in figures["trajectory_phq9_day"].texts]


def test_a_name_drawn_as_boxes_is_warned_of(caplog):
    tables, study = make_case("named visits")
    tables["scores"] = tables["scores"].replace("end of maintenance", "维持期末")
    draw_all(tables, study)
    assert [record.message for record in caplog.records] == [
        "trajectory_madrs_visit: a name has letters that DejaVu Sans lacks, drawn as boxes; tables print them"
    ]


def test_dollar_signs_are_text_not_mathematics():
    study = make_study({"iv": "IV at $400 to $800", "tau": "x_{1}^2"})
    figure = draw_one("trajectory_phq9_session", make_tables(study), study)
    assert "IV at $400 to $800" in [text.get_text() for text, _ in words(figure)]


@pytest.mark.parametrize("text", [*LONG, "a b c", "", "one two three four five six seven"])
@pytest.mark.parametrize("width", [12.0, 30.0, 80.0])
def test_wrapped_lines_fit_and_lose_no_letter(text, width):
    lines = wrap(text, width, 8)
    assert all(measure_mm(line, 8) <= width for line in lines)
    assert "".join(lines).replace("-", "").replace(" ", "") == text.replace("-", "").replace(" ", "")


def test_a_word_that_fits_is_not_broken_though_a_hyphen_behind_it_would_not_fit():
    width = measure_mm("Dissociation", 8)
    assert wrap("Dissociation", width + 0.01, 8) == ["Dissociation"]
    assert len(wrap("Dissociation", width - 0.5, 8)) == 2


def test_a_word_breaks_at_its_own_hyphen_first():
    assert wrap("Esketamin-Nasenspray", 18.0, 8) == ["Esketamin-", "Nasenspray"]
    assert wrap("Esketamin-Nasenspray", 80.0, 8) == ["Esketamin-Nasenspray"]


@pytest.mark.parametrize(("low", "high"), [(0, 17.3), (0, 27), (0, 60), (0, 0.4), (0, 1000)])
def test_a_scale_covers_its_values_with_a_handful_of_round_ticks(low, high):
    scale = build_scale(low, high, "points")
    assert scale.limits[0] <= low
    assert scale.limits[1] >= high
    assert 3 <= len(scale.ticks) <= 8


def test_notes_stay_on_the_figure_where_the_label_of_an_axis_needs_several_lines(monkeypatch):
    tables, study = make_case("two arms")
    monkeypatch.setitem(forest.LABELS, "risk difference", "Difference (percentage points) " * 4)
    plan = next(plan for plan in plan_figures(tables, study) if plan.name == "sensitivity_response_day")
    check_figure(plan.name, draw_plan(plan, study))
