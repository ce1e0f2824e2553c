"""What a figure shows is the released table, row for row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from released_cases import CASES, make_case, make_compared, make_study, make_tables, withhold
from shown_cases import draw_one, draw_shown

from outcomes.release.analyses import name_main
from outcomes.release.figures import draw_all
from outcomes.release.figures.drawings.overlap import compute_heights
from outcomes.release.figures.plans.main_results import LEVEL, plan_main_results
from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.numbers import count


def drawn(axes, label):
    """The line of an arm, by its label."""
    return next(line for line in axes.lines if line.get_label() == label)


@pytest.mark.parametrize("case", ["two arms", "seven arms", "months"])
def test_a_trajectory_is_the_means_of_its_rows(case):
    tables, _ = make_case(case)
    for figure in [f for name, f in draw_shown(case).items() if name.startswith("trajectory")]:
        scores = tables["scores"]
        rows = scores[
            (scores["instrument"] == figure.plan.instrument) & scores["axis"].isin(["baseline", figure.plan.axis])
        ]
        for arm, part in rows.groupby("arm"):
            line = drawn(figure.axes[0], arm)
            np.testing.assert_allclose(line.get_ydata(), part["mean"], equal_nan=True)
            np.testing.assert_allclose(line.get_xdata(), part["time"])


def test_bands_end_at_the_interval():
    tables, _ = make_case("two arms")
    axes = draw_shown("two arms")["trajectory_phq9_session"].axes[0]
    rows = tables["scores"].query("arm == 'iv' and axis in ('baseline', 'session')")
    band = next(part for part in axes.collections if part.get_label() == "band iv")
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(rows["lower"].min())
    assert heights.max() == pytest.approx(rows["upper"].max())


def test_the_distribution_is_cumulative_and_leaves_the_open_bin_out():
    tables, _ = make_case("two arms")
    axes = draw_shown("two arms")["distribution_phq9"].axes[0]
    rows = tables["change_distribution"].query("arm == 'iv' and axis == 'session' and timepoint == '6'")
    closed = rows[rows["bin_upper"].notna()]
    np.testing.assert_allclose(drawn(axes, "iv").get_xdata(), closed["bin_upper"])
    np.testing.assert_allclose(drawn(axes, "iv").get_ydata(), 100 * closed["cumulative"])


def test_missingness_is_the_missing_share():
    tables, _ = make_case("two arms")
    axes = draw_shown("two arms")["missingness_phq9"].axes[1]
    rows = tables["missingness"].query("arm == 'esketamine' and axis == 'day'")
    np.testing.assert_allclose(drawn(axes, "esketamine").get_ydata(), 100 * rows["missing_proportion"])


def test_instruments_that_lack_the_same_scores_share_one_figure():
    tables, study = make_case("two instruments")
    first, other = study.instruments[:2]
    rows = tables["missingness"].query("instrument == @first")
    twins = tables | {"missingness": pd.concat([rows, rows.assign(instrument=other)], ignore_index=True)}
    plans = [plan for plan in plan_figures(twins, study) if plan.family == "missingness"]
    assert [plan.instrument for plan in plans] == [first]
    assert plans[0].caption.endswith(f"The same holds for {study.instrument(other).name}.")
    apart = rows.assign(instrument=other, observed=rows["observed"] + 1)
    unlike = tables | {"missingness": pd.concat([rows, apart], ignore_index=True)}
    assert sum(plan.family == "missingness" for plan in plan_figures(unlike, study)) == 2


def test_scores_by_dose_are_those_of_the_table_and_the_reference_is_open():
    tables, _ = make_case("two arms")
    panels = draw_shown("two arms")["dose_response"].axes
    for axes, arm in zip(panels, ("iv", "esketamine"), strict=True):
        rows = tables["dose_response"].query("arm == @arm")
        np.testing.assert_allclose(drawn(axes, arm).get_xdata(), rows["dose"])
        np.testing.assert_allclose(drawn(axes, arm).get_ydata(), rows["estimate"])
        opened = next(line for line in axes.lines if line.get_markerfacecolor() == "white")
        assert list(opened.get_xdata()) == [rows["reference"].iloc[0]]
        ends = np.array([path.vertices[:, 1] for path in axes.collections[0].get_paths()])
        np.testing.assert_allclose(ends, rows[["lower", "upper"]], equal_nan=True)


def test_an_arm_whose_differences_by_dose_are_withheld_is_not_drawn():
    tables, study = make_case("two arms")
    rows = tables["dose_response"].drop(columns="withheld")
    hidden = withhold(rows, (rows["arm"] == "iv") & (rows["dose"] != rows["reference"]))
    figure = draw_one("dose_response", tables | {"dose_response": hidden}, study)
    assert len(figure.axes) == 1
    assert set(figure.data["arm"]) == {"esketamine"}


def test_bars_of_two_instruments_are_the_shares_of_their_rows():
    study = make_study(instruments=["phq9", "gad7"])
    tables = make_tables(study)
    figure = draw_one("joint_response", tables, study)
    rows = tables["joint_response"].set_index("arm").loc[[arm.id for arm in study.arms]]
    widths = {bars.get_label(): [] for bars in figure.axes[0].containers}
    for bars in figure.axes[0].containers:
        widths[bars.get_label()].append(bars.patches[0].get_width() / 100)
    np.testing.assert_allclose(widths["both"], rows["both"])
    np.testing.assert_allclose(widths["first only"], rows["first_only"] / rows["n"])
    np.testing.assert_allclose(widths["second only"], rows["second_only"] / rows["n"])
    np.testing.assert_allclose(widths["neither"], rows["neither"])


def test_an_instrument_scored_from_another_has_no_bar():
    study = make_study(instruments=["phq9", "gad7"])
    tables = make_tables(study)
    derived = tables["joint_response"].assign(relation="derived")
    assert "joint_response" not in draw_all(tables | {"joint_response": derived}, study)


def test_a_withheld_value_is_a_gap_and_never_zero():
    study = make_study()
    tables = make_tables(study)
    scores = tables["scores"]
    hidden = (scores["arm"] == "iv") & (scores["timepoint"] == "3")
    tables["scores"] = withhold(scores.drop(columns="withheld"), hidden)
    figure = draw_one("trajectory_phq9_session", tables, study)
    values = drawn(figure.axes[0], "iv").get_ydata()
    assert np.isnan(values[3])
    assert np.isfinite(np.delete(values, 3)).all()
    texts = [text.get_text() for text in figure.texts]
    assert texts.count("–") == 1
    assert "0" not in texts
    assert any("not reported, for a count below 11" in text for text in texts)


def test_numbers_below_the_axis_are_those_of_the_table():
    tables, _ = make_case("two arms")
    texts = [text.get_text() for text in draw_shown("two arms")["trajectory_phq9_session"].texts]
    expected = tables["scores"].query("axis in ('baseline', 'session')")["n"].astype(int).astype(str)
    assert set(expected) <= set(texts)


def test_flow_boxes_hold_the_counts_of_the_table():
    tables, study = make_case("two arms")
    flow = tables["flow"].copy()
    flow.loc[flow["label"] == "Rows kept", ["n", "withheld"]] = [np.nan, True]
    text = " ".join(t.get_text() for t in draw_one("flow", {**tables, "flow": flow}, study).texts).replace(
        "\u00a0", " "
    )
    for unit, n in flow[["unit", "n"]].dropna().itertuples(index=False):
        assert (f"{int(n):,} rows" if unit == "rows" else f"n = {int(n):,}") in text
    assert "rows not reported" in text


def test_every_plan_carries_rows_of_the_released_tables():
    tables, _ = make_case("two instruments")
    sources = {"trajectory": "scores", "response": "response", "distribution": "change_distribution"}
    sources |= {"missingness": "missingness", "flow": "flow"}
    for name, figure in draw_shown("two instruments").items():
        if figure.plan.family not in sources or name == "participants":  # put together from several tables
            continue
        source = tables[sources[figure.plan.family]].reset_index()
        found = figure.data.merge(source, how="left", on=[c for c in figure.data if c in source], indicator=True)
        assert len(figure.data) > 0
        assert (found["_merge"] == "both").all()


def test_a_study_without_an_axis_has_no_such_figure():
    _, study = make_case("months")
    names = set(draw_shown("months"))
    assert names == {
        "participants",
        "flow",
        "trajectory_phq9_visit",
        "distribution_phq9",
        "missingness_phq9",
        "adverse_effects",
        "answer_safe",
        "onset",
        "claims",
    }
    assert draw_all({}, study) == {}


@pytest.mark.parametrize("case", CASES)
def test_arms_are_told_apart_without_colour(case):
    _, study = make_case(case)
    axes = draw_shown(case)["missingness_phq9" if "phq9" in study.instruments else "missingness_madrs"].axes[0]
    looks = [(line.get_marker(), line.get_color()) for line in axes.lines]
    assert len(looks) == len(study.arms)
    for part in (0, 1):
        assert len({look[part] for look in looks}) == len(study.arms)


def test_other_analyses_are_not_drawn_without_the_primary_one():
    tables, study = make_compared()
    grid = tables["sensitivity"]
    primary = grid[grid["analysis"] == "unadjusted"].assign(analysis=name_main("change", study.comparison.weights))
    for shown in (True, False):
        row = primary if shown else primary.assign(estimate=np.nan, lower=np.nan, upper=np.nan)
        plans = plan_main_results(tables | {"sensitivity": pd.concat([grid, row])}, study)
        assert ("analyses" in {plan.name for plan in plans}) is shown


def test_each_analysis_says_of_how_many_patients_it_is():
    tables, study = make_compared()
    grid = tables["sensitivity"]
    primary = grid[grid["analysis"] == "unadjusted"].assign(analysis=name_main("change", study.comparison.weights))
    drawing = draw_one("analyses", tables | {"sensitivity": pd.concat([grid, primary.assign(n=345)])}, study)
    rows = drawing.plan.data[drawing.plan.data["kind"] != LEVEL]
    written = [text.get_text() for part in (drawing, *drawing.axes) for text in part.texts]
    assert rows["n"].notna().all()
    assert all(count(n) in written for n in rows["n"])


def test_an_arm_looks_the_same_whichever_others_are_present():
    tables, study = make_case("two arms")
    alone = {name: table[table["arm"] == "iv"] if "arm" in table else table for name, table in tables.items()}
    both = drawn(draw_shown("two arms")["trajectory_phq9_session"].axes[0], "iv")
    one = drawn(draw_one("trajectory_phq9_session", alone, study).axes[0], "iv")
    assert (both.get_color(), both.get_marker()) == (one.get_color(), one.get_marker())


def test_the_order_of_rows_changes_nothing_but_the_data_behind():
    tables, study = make_case("two arms")
    mixed = {name: table.sample(frac=1, random_state=1) for name, table in tables.items()}
    first, second = draw_shown("two arms"), draw_all(mixed, study)
    assert set(first) == set(second)
    for name in first:
        texts = [[t.get_text() for t in figure[name].texts] for figure in (first, second)]
        assert texts[0] == texts[1]


def test_a_csv_round_trip_draws_the_same(tmp_path):
    tables, study = make_case("two arms")
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    again = {path.stem: pd.read_csv(path) for path in tmp_path.glob("*.csv")}
    first, second = draw_shown("two arms"), draw_all(again, study)
    assert [[t.get_text() for t in f.texts] for f in first.values()] == [
        [t.get_text() for t in f.texts] for f in second.values()
    ]


def test_a_bin_of_the_propensity_score_is_a_share_of_the_whole_arm():
    """Of 60 patients, 15 are in the one bin whose number is released: a quarter of the arm, and no bar of 100%."""
    edges = [round(0.05 * step, 2) for step in range(21)]
    rows = pd.DataFrame({"arm": "iv", "bin_lower": edges[:-1], "bin_upper": edges[1:]})
    rows["n"] = [0.0] * 10 + [float("nan")] * 8 + [15.0, float("nan")]
    rows["cumulative"] = [0.0] * 10 + [float("nan"), 0.17, 0.25, 0.33, 0.42, 0.5, 0.58, 0.67, 0.92, 1.0]
    heights = compute_heights(rows)["height"]
    assert heights.dropna().tolist() == pytest.approx([0.0] * 10 + [25.0])
