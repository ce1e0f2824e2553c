"""Numbers in each journal's style: signs, halves, limits of p, intervals, and every face alike."""

from __future__ import annotations

import doctest
import re

import pytest
from matplotlib.text import Text
from released_cases import make_case, make_models, make_study

from outcomes.release import numbers
from outcomes.release.figures.draw import draw_plan
from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.numbers import (
    choose_style,
    count,
    fixed,
    interval,
    p_value,
    percent,
    restyle_words,
    sample,
    signed,
    styled,
)
from outcomes.release.report import compose
from outcomes.release.report.content.blocks import Cell, Grid, Paragraph, Report, Section
from outcomes.release.report.content.journal_style import restyle
from outcomes.settings.style import Decimals, Style

US = "en-US"
PLAIN, AMA, LANCET = (Style(journal=name) for name in ("plain", "ama", "lancet"))


@pytest.mark.parametrize(
    ("p", "plain", "zero", "lancet"),
    [
        (0.0, "< .001", "< 0.001", "<0·0001"),
        (0.0004, "< .001", "< 0.001", "0·0004"),
        (0.00095, "< .001", "< 0.001", "0·0010"),
        (0.001, ".001", "0.001", "0·0010"),
        (0.0096, ".010", "0.010", "0·0096"),
        (0.0312, ".03", "0.03", "0·031"),
        (0.045, ".045", "0.045", "0·045"),
        (0.0496, ".050", "0.050", "0·050"),
        (0.05, ".05", "0.05", "0·050"),
        (0.0995, ".10", "0.10", "0·10"),
        (0.125, ".13", "0.13", "0·13"),
        (0.99, ".99", "0.99", "0·99"),
        (0.9996, "> .99", "> 0.99", ">0·99"),
        (1.0, "> .99", "> 0.99", ">0·99"),
    ],
)
def test_p_values_at_their_limits(p, plain, zero, lancet):
    printed = []
    for style in (PLAIN, AMA, Style(p_value="zero"), LANCET):
        with styled(style):
            printed.append(p_value(p))
    assert printed == [plain, plain, zero, lancet]
    with styled(Style(journal="lancet", p_value="short")):
        assert p_value(p) == lancet.replace("0·", "·", 1)


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0.25, 1, "0.3"),
        (-0.25, 1, "−0.3"),
        (0.15, 1, "0.2"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (100 * 0.145, 0, "15"),
        (31.25, 1, "31.3"),
        (-0.04, 1, "0.0"),
        (-0.05, 1, "−0.1"),
        (0.5, 0, "1"),
        (1234567.891, 1, "1,234,567.9"),
        (float("inf"), 1, "∞"),
        (float("-inf"), 1, "−∞"),
        (float("nan"), 1, "–"),
    ],
)
def test_halves_are_rounded_away_from_zero(value, decimals, printed):
    assert fixed(value, decimals) == printed


@pytest.mark.parametrize(
    ("style", "positive", "negative", "both"),
    [
        (PLAIN, "1.2 to 3.4", "−1.2 to 3.4", "−3.4 to −1.2"),
        (AMA, "1.2-3.4", "−1.2 to 3.4", "−3.4 to −1.2"),
        (LANCET, "1·2–3·4", "−1·2 to 3·4", "−3·4 to −1·2"),
    ],
)
def test_a_dash_stands_only_where_no_minus_is(style, positive, negative, both):
    with styled(style):
        assert interval(1.2, 3.4) == positive
        assert interval(-1.2, 3.4) == negative
        assert interval(-3.4, -1.2) == both
        assert interval(-0.00001, 0.3) == interval(0.0, 0.3)
        assert interval(None, 1) == "–"


def test_the_lancet_parts_thousands_from_five_digits_on():
    with styled(LANCET):
        assert [count(n) for n in (999, 1234, 12345, 1234567, -12345)] == [
            "999",
            "1234",
            "12\u202f345",
            "1\u202f234\u202f567",
            "−12\u202f345",
        ]
        assert fixed(12345.67, 1) == "12\u202f345·7"
        assert signed(0.04) == "0·0"
        assert signed(1.26) == "+1·3"
        assert sample("12") == "n=12"


def test_decimals_are_those_declared_of_each_kind():
    with styled(Style(decimals=Decimals(score=2, percent=0))):
        assert fixed(1.239) == "1.24"
        assert percent(0.314) == "31"
        assert interval(0.1, 0.25, factor=100) == "10 to 25"
        assert interval(1, 2) == "1.00 to 2.00"
        assert fixed(1.239, 1) == "1.2"


def test_a_style_ends_with_its_block():
    with pytest.raises(ZeroDivisionError), styled(LANCET):
        1 / 0  # noqa: B018
    assert fixed(1.2) == "1.2"


def test_words_around_numbers_follow_the_journal():
    text = "Difference −1.9 points (95% CI 1.0 to 2.7; p = .03), 40% of 10"
    grid = Grid("t", text, ((Cell("p", head=True), Cell("Mean (95% CI)", head=True)),), ((Cell(text), Cell("p")),))
    report = Report(text, (("details", text),), (Section("p", text, (Paragraph(text), grid)),))
    assert restyle(report, PLAIN, US) == report
    ama = restyle(report, AMA, US)
    said = "Difference −1.9 points (95% CI, 1.0 to 2.7; P = .03), 40% of 10"
    assert (ama.title, ama.heads[0], ama.sections[0].id) == (said, ("details", said), "p")
    assert [cell.text for cell in ama.sections[0].blocks[1].heads[0]] == ["P value", "Mean (95% CI)"]
    assert [cell.text for cell in ama.sections[0].blocks[1].rows[0]] == [said, "p"]
    with styled(LANCET):
        text = f"(95% CI {interval(1, 2)}; p {p_value(0.0312, sign=True)}; p {p_value(0.00001, sign=True)})"
    section = Section("p", "", (Paragraph(text),))
    assert (
        restyle(Report("", (), (section,)), LANCET, US).sections[0].blocks[0].text
        == "(95% CI 1·0–2·0; p=0·031; p<0·0001)"
    )


def test_a_whole_report_in_the_style_of_the_lancet_has_no_decimal_point(tmp_path):
    tables, study = make_case("two arms")
    study = study.model_copy(update={"report": study.report.model_copy(update={"style": LANCET})})
    report = compose(tables | make_models(), study, tmp_path, {})
    grids = [block for section in report.sections for part in (section, *section.sections) for block in part.blocks]
    cells = [cell.text for grid in grids if isinstance(grid, Grid) for row in grid.rows for cell in row if cell.number]
    assert sum("·" in text for text in cells) > 100
    assert [text for text in cells if "." in text] == []


def test_figures_and_their_captions_have_the_numbers_of_the_journal():
    tables, study = make_case("two arms")
    study = study.model_copy(update={"report": study.report.model_copy(update={"style": LANCET})})
    plans = plan_figures(tables, study)
    said = [text for plan in plans for text in (plan.title, plan.caption, plan.alt)]
    drawn = [plan for plan in plans if plan.family in ("forest", "subgroups", "tipping", "trajectory")]
    shown = [text.get_text() for plan in drawn for text in draw_plan(plan, study).findobj(Text)]
    for texts in (said, shown):
        assert sum("·" in text for text in texts) > 10
        assert [text for text in texts if re.search(r"\d\.\d|\d %", text)] == []


def test_examples_in_the_docstrings_hold():
    assert doctest.testmod(numbers).failed == 0


def test_percentages_of_rounded_numbers_of_people_have_no_decimal():
    study = make_study()
    exact = study.model_copy(update={"privacy": study.privacy.model_copy(update={"release": "exact"})})
    rounded = study.model_copy(update={"privacy": study.privacy.model_copy(update={"release": "rounded"})})
    for one, printed in ((exact, "48.6"), (rounded, "49")):
        with styled(choose_style(one)):
            assert fixed(48.6, "percent") == printed
    wanted = rounded.report.style.model_copy(update={"decimals": Decimals(percent=2)})
    report = rounded.report.model_copy(update={"style": wanted})
    assert choose_style(rounded.model_copy(update={"report": report})).decimals.percent == 2


@pytest.mark.parametrize("journal", ["plain", "ama", "lancet"])
def test_no_style_sets_a_percent_sign_apart(journal):
    with styled(Style(journal=journal)):
        assert "40%" in restyle_words("response in 40 % of them")
