"""What of durability leaves the building, and what the figure, the section, and its sentence say of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from durable_cases import make_durability_tables
from released_cases import make_study, make_tables

from outcomes.contracts.released import durability as declared
from outcomes.contracts.released.table import list_declared
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.figures import draw_all, save_figure
from outcomes.release.figures.plans.durability import plan_durability
from outcomes.release.report.content.blocks import Grid, Paragraph
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.durability import show_durability
from outcomes.release.report.wording.durability import tell_difference

SETTINGS = {"instrument": "phq9", "relapse": {"score_from": 15}, "maintenance": "competing"}


def make_release(sizes, change=lambda tables: tables, **privacy):
    study = make_study(durability=SETTINGS, privacy={"minimum_cell": 11, **privacy})
    made = change(make_durability_tables(list(sizes), np.random.default_rng(3), sizes))
    return make_tables(study) | release_tables(made, study.privacy), study


def test_the_cases_are_all_tables_with_their_declared_columns():
    made = make_durability_tables(["esketamine", "iv"], np.random.default_rng(1))
    tables = {table.name: table for table in list_declared(declared)}
    assert set(made) == set(tables)
    for name, frame in made.items():
        assert set(frame) - {"weeks"} == set(tables[name].fields) - {"weeks"}


def test_an_arm_of_few_says_nothing():
    tables, _ = make_release({"esketamine": 300, "iv": 9})
    for name, columns in (
        ("durability_curve", ["share", "lower", "upper"]),
        ("durability_held", ["share", "lower", "upper", "weeks"]),
        ("durability_first", ["share", "lower", "upper"]),
    ):
        own = tables[name].query("arm == 'iv'")
        assert own[columns].isna().all(axis=None)
        assert own["withheld"].all()
    assert tables["durability_effect"][["difference", "p_value", "lower"]].isna().all(axis=None)
    assert tables["durability_tilt"][["difference", "lower"]].isna().all(axis=None)


def test_a_share_that_a_few_patients_set_is_not_shown():
    def few(tables):
        curve = tables["durability_curve"]
        tables["durability_curve"] = curve.assign(fewest=curve["fewest"].where(curve["arm"] != "iv", 3))
        return tables

    tables, _ = make_release({"esketamine": 300, "iv": 200}, few)
    assert tables["durability_curve"].query("arm == 'iv'")["share"].isna().all()
    assert tables["durability_curve"].query("arm == 'esketamine'")["share"].notna().all()
    assert "fewest" not in tables["durability_curve"]


def test_the_figure_is_the_released_rows(tmp_path):
    tables, study = make_release({"esketamine": 250, "iv": 300})
    figure = draw_all(tables, study)["durability_loss"]
    axes = figure.axes[0]
    for arm in ("esketamine", "iv"):
        curve = tables["durability_curve"].query("end == 'loss' and arm == @arm")
        seen = tables["durability_at_visit"].query("end == 'loss' and arm == @arm").dropna(subset=["share"])
        lines = {line.get_label(): line for line in axes.lines}
        np.testing.assert_allclose(lines[arm].get_xdata(), curve["week"])
        np.testing.assert_allclose(lines[arm].get_ydata(), 100 * curve["share"])
        np.testing.assert_allclose(lines[f"seen {arm}"].get_ydata(), 100 * seen["share"])
    first, second = (save_figure(draw_all(tables, study)["durability_loss"], tmp_path / name, "f") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_figure_without_any_released_share_is_not_drawn():
    tables, study = make_release({"esketamine": 9, "iv": 10})
    assert not [name for name in draw_all(tables, study) if name.startswith(("durability", "answer_long"))]


def show(tables, study, folder):
    section = show_durability(gather(tables, study, {}), folder)
    words = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    return words, {block.id: block for block in section.blocks if isinstance(block, Grid)}


def test_the_section_tells_who_was_followed_seen_and_in_response(tmp_path):
    tables, study = make_release({"esketamine": 250, "iv": 300})
    words, grids = show(tables, study, tmp_path)
    for text in (
        "days 1 to 14 after the last induction session",
        "seen that day or not",
        "a score less than 50% better than baseline",
        "a score of 15 or more",
        "no longer counts as in response",
    ):
        assert text in words
    names = ("cohort", "visits", "held", "effect", "tilt", "first")
    assert set(grids) == {f"durability-{name}" for name in names}
    assert any("not comparable between arms" in note for note in grids["durability-first"].notes)
    printed = [cell.text for line in grids["durability-held"].rows for cell in line]
    row = tables["durability_held"].query("end == 'loss' and time == 'week 4' and arm == 'iv'").iloc[0]
    assert any(text.startswith(f"{100 * row['share']:.0f} (") for text in printed)
    assert "7.0 (6.0 to 8.0)" in printed


def test_hazards_and_curves_side_by_side_are_not_printed(tmp_path):
    tables, study = make_release({"esketamine": 250, "iv": 300})
    words, grids = show(tables, study, tmp_path)
    text = words + " ".join(cell.text for grid in grids.values() for line in (*grid.heads, *grid.rows) for cell in line)
    for word in ("hazard", "Cox", "Weibull", "proportional", "sooner in an arm"):
        assert word not in text
    first = grids["durability-first"]
    assert not any(cell.text == "p" for line in first.heads for cell in line)


@pytest.mark.parametrize(("difference", "words"), [(0.9, "IV ketamine"), (-0.9, "esketamine")])
def test_a_difference_is_put_into_words_only_where_both_estimates_exclude_zero(difference, words):
    def state(tables):
        effect = tables["durability_effect"]
        low, high = sorted((0.2 * np.sign(difference), 1.6 * np.sign(difference)))
        tables["durability_effect"] = effect.assign(
            stated=effect["primary"],
            difference=effect["difference"].where(~effect["primary"], difference),
            lower=effect["lower"].where(~effect["primary"], low),
            upper=effect["upper"].where(~effect["primary"], high),
        )
        return tables

    tables, study = make_release({"esketamine": 250, "iv": 300}, state)
    sentence = tell_difference(gather(tables, study, {}))
    assert "longer than responders to" in sentence
    assert words in sentence.split("longer than")[0]
    tables, study = make_release({"esketamine": 250, "iv": 300})
    sentence = tell_difference(gather(tables, study, {}))
    assert "is not stated" in sentence
    assert "longer than" not in sentence


def test_a_study_without_the_section_has_none(tmp_path):
    study = make_study()
    assert show_durability(gather(make_tables(study), study, {}), tmp_path).empty
    assert tell_difference(gather(make_tables(study), study, {})) == ""


def test_with_exact_numbers_every_row_is_there():
    tables, _ = make_release({"esketamine": 9, "iv": 300}, release="exact", because="made up")
    assert not pd.concat([tables[name]["withheld"] for name in tables if name.startswith("durability")]).any()
    assert tables["durability_curve"]["share"].notna().all()


def test_no_curve_goes_on_where_too_few_are_seen_to_be_told():
    def thin(tables):
        curve = tables["durability_curve"]
        late = (curve["arm"] == "iv") & (curve["week"] > 9)
        return tables | {"durability_curve": curve.assign(seen=curve["seen"].clip(lower=40).where(~late, 3))}

    tables, study = make_release({"esketamine": 300, "iv": 200}, thin)
    assert tables["durability_curve"].query("arm == 'iv' and week == 12")["share"].notna().all()
    plan = next(one for one in plan_durability(tables, study) if one.name == "durability_loss")
    drawn = plan.data[plan.data["source"] == "curve"]
    assert drawn.groupby("arm")["week"].max().to_dict() == {"esketamine": 16, "iv": 9}
    assert "Markers: those with a score" in plan.caption
    hidden = tables | {"durability_at_visit": tables["durability_at_visit"].assign(share=float("nan"))}
    plan = next(one for one in plan_durability(hidden, study) if one.name == "durability_loss")
    assert "Markers" not in plan.caption
