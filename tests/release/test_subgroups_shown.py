"""Subgroups as figure and as part of the report."""

import itertools
from pathlib import Path

import pytest
from matplotlib.text import Text
from subgroup_cases import ODD, PLAIN, make_rows, make_subgroup_tables

from outcomes.contracts.released.text import format_table, read_table
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.figures.canvas.style import house_style
from outcomes.release.figures.draw import draw_plan
from outcomes.release.figures.drawings.subgroups import build_ruler
from outcomes.release.figures.plans.subgroups import plan_subgroups
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.subgroups import show_subgroups
from outcomes.settings import check_study
from outcomes.settings.analysis import Privacy

LONG = "Kétamine intraveineuse racémique, dose ajustée selon la réponse clinique"
SLACK = 0.6


def make_study(binary="risk_difference", treated="IV ketamine"):
    return check_study(
        {
            "study": "shown",
            "data": "data/shown",
            "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
            "instruments": ["phq9"],
            "arms": [{"id": "esketamine", "label": "Esketamin-Nasenspray"}, {"id": "iv", "label": treated}],
            "report": {"title": "Shown", "design": "observational"},
            "comparison": {
                "estimand": {
                    "treated": "iv",
                    "reference": "esketamine",
                    "instrument": "phq9",
                    "timepoint": "day 28",
                    "summary": {"binary": binary},
                },
                "confounders": ["baseline"],
                "subgroups": {"by": [{"column": "payer"}, {"column": "sex"}]},
            },
        }
    )


def make_tables(variables, scale="risk difference"):
    released = release_tables(make_subgroup_tables(variables, scale), Privacy(minimum_cell=11))
    return {name: read_table(format_table(table), name) for name, table in released.items()}


@pytest.mark.parametrize("variables", [PLAIN, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize("scale", ["risk difference", "risk ratio"])
@pytest.mark.parametrize("treated", ["IV ketamine", LONG], ids=["short", "long"])
def test_no_text_leaves_the_forest_or_touches_another(variables, scale, treated):
    study = make_study(scale.replace(" ", "_"), treated)
    plans = plan_subgroups(make_tables(variables, scale), study)
    assert [plan.name for plan in plans] == ["subgroups_change", "subgroups_response"]
    for plan in plans:
        figure = draw_plan(plan, study)
        with house_style():
            figure.draw_without_rendering()
            renderer = figure.canvas.get_renderer()
            texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
            boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
        for text, box in boxes:
            inside = box.x0 > -SLACK and box.y0 > -SLACK and box.x1 < figure.bbox.width + SLACK
            assert inside, f"{text!r} leaves the figure"
            assert box.y1 < figure.bbox.height + SLACK
        for (one, a), (two, b) in itertools.combinations(boxes, 2):
            across, along = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert across < SLACK or along < SLACK * 3, f"{one!r} touches {two!r}"


def test_the_forest_draws_the_released_numbers():
    study = make_study()
    plan = plan_subgroups(make_tables(PLAIN), study)[0]
    lines = draw_plan(plan, study).axes[0].get_lines()
    drawn = [line.get_xdata() for line in lines if line.get_label() == "estimate"]
    expected = plan.data[["lower", "upper"]].to_numpy().tolist()
    assert [list(ends) for ends in drawn] == expected
    assert sum(line.get_label() == "shrunken" for line in lines) == 4  # everyone has none


def test_what_the_typeface_lacks_is_named_in_the_caption():
    plan = plan_subgroups(make_tables(ODD), make_study())[0]
    assert "“level 2” stands for 自费." in plan.caption
    assert plan.alt.startswith(
        "Forest plot of the difference in PHQ-9 change at day 28, IV ketamine minus Esketamin-Nasenspray"
    )
    assert "gesetzlich" in plan.alt


def test_an_interval_that_reaches_far_is_cut():
    rows = make_rows("change", "", "points", PLAIN)
    rows.loc[1, "upper"] = 500.0
    assert build_ruler(rows).limits[1] < 30


class TestReport:
    @staticmethod
    def show(tables, study=None):
        study = study or make_study()
        return show_subgroups(gather(tables, study, {}), Path("none"))

    def test_it_says_what_the_tables_say(self):
        section = self.show(make_tables(PLAIN))
        words = " ".join(block.text for block in section.blocks if block.kind == "paragraph")
        assert "exploratory" in words
        assert "Holm's method" in words
        assert "Tests of interaction with an adjusted p value below 0.05: Payer (change)" in words
        grids = {block.id: block for block in section.blocks if block.kind == "grid"}
        change = [[cell.text for cell in row] for row in grids["subgroups-change"].rows]
        assert change[1] == ["Payer (interaction p = .01, adjusted = .02)"]
        assert change[2][:3] == ["\u2003insured", "200", "250"]
        assert change[2][4] == "−1.75 (−2.75 to 0.25)"

    def test_withheld_and_not_estimated_are_told_apart(self):
        grid = next(
            block for block in self.show(make_tables(ODD)).blocks if getattr(block, "id", "") == "subgroups-change"
        )
        rows = {row[0].text.strip(): [cell.text for cell in row] for row in grid.rows}
        assert (rows["none"][1], rows["none"][4]) == ("<11", "not reported")
        assert rows["few"][4] == "not estimated"

    def test_a_study_without_subgroups_has_no_part(self):
        assert self.show({}).empty
        assert plan_subgroups({}, make_study()) == []


def test_a_figure_of_levels_most_of_which_are_not_estimated_is_not_drawn():
    tables, study = make_subgroup_tables(PLAIN), make_study()
    assert plan_subgroups(tables, study)
    levels = tables["subgroups"]["variable"] != "all"
    few = tables["subgroups"].assign(estimate=tables["subgroups"]["estimate"].mask(levels))
    assert plan_subgroups({**tables, "subgroups": few}, study) == []
