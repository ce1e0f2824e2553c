"""The section on charges: one sentence where there are none, no ratio where the difference may be none, no denominator without its words."""

from pathlib import Path

import pytest
from released_cases import make_case

from outcomes.release.report.content.blocks import Grid, Paragraph
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.cost import UNCHARGED, UNDECLARED, show_cost
from outcomes.release.report.wording.cost import say_ratio
from outcomes.settings import read_study

ROOT = Path(__file__).parents[2]
NOWHERE = Path("nowhere")


NAN = float("nan")


def said(section):
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize("name", ["reframed", "ds005917", "nhanes"])
def test_a_study_without_charges_says_so_in_one_sentence(name):
    study = read_study(ROOT / "config" / f"{name}.yaml")
    section = show_cost(gather({}, study, {}), NOWHERE)
    assert said(section) == UNDECLARED
    assert len(section.blocks) == 1


def test_declared_and_never_charged_is_another_sentence():
    _, study = make_case("two arms")
    assert said(show_cost(gather({}, study, {}), NOWHERE)) == UNCHARGED


def test_the_section_says_perspective_money_and_both_denominators():
    tables, study = make_case("two arms")
    section = show_cost(gather(tables, study, {}), NOWHERE)
    text = said(section)
    for part in ("Perspective: charges of the clinic", "USD of 2024, not discounted", "is not what was paid"):
        assert part in text
    assert "includes zero, so no charge per further response is given" in text
    grids = {block.id: block for block in section.blocks if isinstance(block, Grid)}
    names = " ".join(row[0].text for row in grids["cost-cases"].rows)
    assert "of all treated patients" in names
    assert "of complete cases" in names


def test_few_everywhere_leaves_no_amount():
    tables, study = make_case("withheld")
    section = show_cost(gather(tables, study, {}), NOWHERE)
    cells = [cell.text for block in section.blocks if isinstance(block, Grid) for row in block.rows for cell in row[1:]]
    assert not any("$" in cell for cell in cells)


@pytest.mark.parametrize(
    ("charge", "response", "words"),
    [
        ((900.0, 400.0, 1400.0), (0.1, 0.02, 0.18), "That is $9,000 for each further response."),
        ((-900.0, -1400.0, -400.0), (0.1, 0.02, 0.18), "less is charged and more respond"),
        ((900.0, 400.0, 1400.0), (-0.1, -0.18, -0.02), "more is charged and fewer respond"),
        ((-900.0, -1400.0, -400.0), (-0.1, -0.18, -0.02), "That is $9,000 less for each response lost."),
        (
            (900.0, 400.0, 1400.0),
            (0.1, 0.0, 0.2),
            "in response includes zero, so no charge per further response is given",
        ),
        (
            (900.0, 400.0, 1400.0),
            (0.1, NAN, NAN),
            "in response has no interval here, so no charge per further response is given",
        ),
        (
            (900.0, -100.0, 1900.0),
            (0.1, 0.02, 0.18),
            "in charge includes zero, so no charge per further response is given",
        ),
        (
            (900.0, NAN, NAN),
            (0.1, 0.02, 0.18),
            "in charge has no interval here, so no charge per further response is given",
        ),
    ],
)
def test_a_ratio_is_given_only_where_it_has_a_meaning(charge, response, words):
    _, study = make_case("two arms")
    names = ("estimate", "lower", "upper")
    charged, responded = (dict(zip(names, one, strict=True)) for one in (charge, response))
    assert words in say_ratio(charged, responded, "IV ketamine", study.cost)
