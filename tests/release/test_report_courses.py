"""The section on groups of course: how many in words, one group as an answer, and one sentence where nothing can be grouped."""

from pathlib import Path

import pytest
from released_cases import make_case

from outcomes.release.figures.plans.courses import plan_courses
from outcomes.release.report.content.blocks import Grid, Paragraph
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.courses import UNDESCRIBED, show_courses

NOWHERE = Path("nowhere")


def said(section):
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def choose(tables, groups, shape="normal"):
    numbers = tables["course_number"]
    chosen = (numbers["groups"] == groups) & (numbers["shape"] == shape)
    courses, sizes = (tables[name] for name in ("courses", "course_groups"))
    if groups == 1:
        courses, sizes = courses[courses["group"] == "all"], sizes[sizes["group"] == "all"]
    return tables | {"course_number": numbers.assign(chosen=chosen), "courses": courses, "course_groups": sizes}


def test_several_groups_are_told_with_their_stability_and_as_a_description():
    tables, study = make_case("two arms")
    section = show_courses(gather(tables, study, {}), NOWHERE)
    for part in ("described best by 3 groups", "adjusted Rand index of 0.85", "no kind of depression"):
        assert part in said(section)
    grids = {block.id: block for block in section.blocks if isinstance(block, Grid)}
    assert len(grids["courses-groups"].heads[0]) == 5
    verdicts = [row[-1].text for row in grids["courses-numbers"].rows]
    assert verdicts == [*["not the smallest BIC"] * 3, "described", "a group is of few patients"]


@pytest.mark.parametrize(
    ("shape", "tail"), [("normal", "one group. "), ("skewed", "one group whose courses are skewed")]
)
def test_one_group_is_an_answer_without_a_figure(shape, tail):
    tables, study = make_case("two arms")
    tables = choose(tables, 1, shape)
    assert tail in said(show_courses(gather(tables, study, {}), NOWHERE))
    assert plan_courses(tables, study) == []


def test_what_cannot_be_grouped_is_one_sentence():
    tables, study = make_case("two arms")
    nothing = tables | {name: tables[name].iloc[:0] for name in ("course_number", "course_groups", "courses")}
    section = show_courses(gather(nothing, study, {}), NOWHERE)
    assert [block.text for block in section.blocks] == [UNDESCRIBED]
    assert show_courses(gather({}, study, {}), NOWHERE).blocks == ()


def test_few_everywhere_shows_no_score():
    tables, study = make_case("withheld")
    section = show_courses(gather(tables, study, {}), NOWHERE)
    grid = next(block for block in section.blocks if isinstance(block, Grid) and block.id == "courses-groups")
    assert all(cell.text.startswith(("–", "not reported", "few")) for row in grid.rows[1:] for cell in row[1:])
