"""What of durability leaves the building: no small step of a curve, and a figure and a section that say what is released."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from released_cases import make_study, make_tables

from outcomes.analysis.durability.curves import Grid, tabulate_curve
from outcomes.analysis.durability.held import HELD
from outcomes.release.disclosure.gate import withhold
from outcomes.release.disclosure.rules.durability import pick_weeks
from outcomes.release.figures import draw_all, save_figure
from outcomes.release.report.content.blocks import Grid as Table
from outcomes.release.report.content.blocks import Paragraph
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.durability import show_durability
from outcomes.settings.analysis import Privacy

K = 11
COUNTS = ["events", "treated", "censored"]
SETTINGS = {"instrument": "phq9", "relapse": {"score_from": 15}, "maintenance": "competing"}


def make_ends(arm, end, n, rng):
    """Seen ends of one arm, with further treatment that competes."""
    last = rng.integers(15, 112, n).astype(float)
    outcome = rng.choice(["none", "ended", "further_treatment"], n, p=[0.4, 0.45, 0.15])
    lower = np.where(outcome == "ended", np.maximum(14, last - rng.integers(1, 30, n)), last)
    upper = np.where(outcome == "none", np.inf, last)
    table = pd.DataFrame({"arm": arm, "end": end, "outcome": outcome, "lower": lower, "upper": upper, "last_day": last})
    return table


def make_estimates(seed, sizes):
    rng = np.random.default_rng(seed)
    curves, held, steps, effects = [], [], [], []
    for arm, n in sizes.items():
        chain = [n * 4, n * 3, n + int(rng.integers(0, 60)), n, n - int(rng.integers(0, 25))]
        names = ("treated", "without_further_treatment", "scored", "in_response", "followed")
        steps += [(arm, step, size) for step, size in zip(names, chain, strict=True)]
        for end in ("loss", "relapse"):
            ends = make_ends(arm, end, n, rng)
            curve = tabulate_curve(ends, Grid(tuple(range(3, 17)), 0, True), rng)
            curves.append(curve)
            read = curve[curve["week"].isin([4, 8, 12])].assign(n=n, seen=pd.NA, events=pd.NA)
            visit = read[(read["method"] == "turnbull") & (read["state"] == "held")].assign(method="at_visit")
            seen = np.minimum(n, rng.integers(0, n + 1, len(visit)))
            visit = visit.assign(seen=seen, events=rng.binomial(seen, 0.3))
            held.append(pd.concat([read, visit])[HELD])
            ended = int((ends["outcome"] == "ended").sum())
            effects.append({"end": end, "arm": arm, "n": n, "events": ended})
    effect = pd.DataFrame(effects).pivot(index="end", columns="arm")
    rows = [
        {
            "end": end, "treated": "iv", "reference": "esketamine", "method": "cox", "weights": "none", "hazard_ratio": 0.7,
            "lower": 0.5, "upper": 0.9, "p_value": 0.01, "effective_n": float(sum(sizes.values())), "proportional_p": 0.4,
            "converged": True, "note": "", "n_treated": effect.loc[end, ("n", "iv")],
            "n_reference": effect.loc[end, ("n", "esketamine")], "events_treated": effect.loc[end, ("events", "iv")],
            "events_reference": effect.loc[end, ("events", "esketamine")],
        }
        for end in ("loss", "relapse")
    ]  # fmt: skip
    whole = dict.fromkeys(("n", "seen", "events"), "Int64")
    return {
        "durability_cohort": pd.DataFrame(steps, columns=["arm", "step", "n"]),
        "durability_curve": pd.concat(curves, ignore_index=True),
        "durability_held": pd.concat(held, ignore_index=True).astype(whole),
        "durability_effect": pd.DataFrame(rows),
    }


def is_small(counts):
    return ((counts > 0) & (counts < K)).any()


@pytest.mark.parametrize("seed", range(8))
def test_no_step_of_a_released_curve_is_small(seed):
    rng = np.random.default_rng([seed, 1])
    tables = make_estimates(seed, {"esketamine": int(rng.integers(8, 60)), "iv": int(rng.integers(60, 250))})
    released = withhold(tables, Privacy(minimum_cell=K))
    private = tables["durability_curve"].query("state == 'held'").set_index(["method", "arm", "end", "week"])
    curve = released["durability_curve"].query("state == 'held'")
    for (method, arm, end), rows in curve.groupby(["method", "arm", "end"]):
        counted = rows.dropna(subset=["at_risk"])
        known = counted[["at_risk", *COUNTS]].astype(int)
        assert not is_small(known[COUNTS].diff().fillna(known[COUNTS]).to_numpy())
        assert not is_small(known["at_risk"].to_numpy())
        shared = private.loc[[(method, arm, end, week) for week in rows.dropna(subset=["share"])["week"]]]
        steps = shared[["events", "treated"]].diff().fillna(shared[["events", "treated"]])
        assert not is_small(steps.to_numpy())
        exact = set(counted["week"])
        rest = rows[~rows["week"].isin(exact) & rows["share"].notna() & (method == "kaplan_meier")]
        assert (rest["share"].astype(float) == rest["share"].astype(float).round(2)).all()
    held = released["durability_held"].query("method != 'at_visit'").dropna(subset=["share"])
    places = set(curve.dropna(subset=["share"])[["method", "arm", "end", "week"]].itertuples(index=False, name=None))
    assert set(held[["method", "arm", "end", "week"]].itertuples(index=False, name=None)) <= places


@pytest.mark.parametrize("seed", range(8))
def test_counts_beside_the_curves_stay_unknown_too(seed):
    rng = np.random.default_rng([seed, 2])
    tables = make_estimates(seed, {"esketamine": int(rng.integers(8, 60)), "iv": int(rng.integers(60, 250))})
    released = withhold(tables, Privacy(minimum_cell=K))
    visit = released["durability_held"].query("method == 'at_visit'").dropna(subset=["share"])
    for count in (visit["seen"], visit["events"], visit["seen"] - visit["events"], visit["n"] - visit["seen"]):
        assert not is_small(count.astype(int).to_numpy())
    cohort = released["durability_cohort"].pivot(index="arm", columns="step", values="n")
    for first, second in (
        ("treated", "without_further_treatment"),
        ("scored", "in_response"),
        ("in_response", "followed"),
    ):
        assert not is_small((cohort[first] - cohort[second]).dropna().astype(int).to_numpy())
    curve = released["durability_curve"].query("state == 'held' and method == 'kaplan_meier'").dropna(subset=["events"])
    for row in released["durability_effect"].to_dict("records"):
        for arm in ("treated", "reference"):
            own = curve[(curve["arm"] == row[arm]) & (curve["end"] == row["end"])]
            if pd.notna(row[f"events_{arm}"]) and len(own):
                assert not is_small(np.array([row[f"events_{arm}"] - own["events"].max()]))


def test_a_thin_arm_says_nothing():
    tables = make_estimates(5, {"esketamine": 9, "iv": 300})
    released = withhold(tables, Privacy(minimum_cell=K))
    for name in ("durability_curve", "durability_held"):
        own = released[name].query("arm == 'esketamine'")
        assert own["withheld"].all()
        assert own[["share", "lower", "upper"]].isna().all(axis=None)
    effect = released["durability_effect"]
    assert effect[["hazard_ratio", "note", "n_reference", "effective_n"]].isna().all(axis=None)


def test_public_data_pass_whole():
    tables = make_estimates(5, {"esketamine": 9, "iv": 300})
    released = withhold(tables, Privacy(minimum_cell=1, public=True))
    assert len(released["durability_curve"]) == len(tables["durability_curve"])
    assert not released["durability_curve"]["withheld"].any()


def test_declared_weeks_come_before_finer_steps():
    counts = pd.DataFrame({"at_risk": [90, 70, 50, 30], "events": [12, 20, 31, 45]}, index=[3, 4, 6, 8])
    counts = counts.assign(treated=0, censored=[0, 12, 24, 36])
    assert pick_weeks(counts, [4, 8], K) == [4, 6, 8]
    assert pick_weeks(counts, [3, 8], K) == [3, 6, 8]
    assert pick_weeks(counts, [4], 26) == [8]


def make_release(minimum_cell=K):
    study = make_study(durability=SETTINGS, privacy={"minimum_cell": minimum_cell})
    tables = make_tables(study) | withhold(make_estimates(3, {"esketamine": 250, "iv": 300}), study.privacy)
    return tables, study


def test_the_figure_is_the_released_rows(tmp_path):
    tables, study = make_release()
    figure = draw_all(tables, study)["durability_loss"]
    curve = tables["durability_curve"].query("end == 'loss' and state == 'held'")
    for axes, method in zip(figure.axes, ("kaplan_meier", "turnbull"), strict=True):
        for arm in ("esketamine", "iv"):
            rows = curve[(curve["arm"] == arm) & (curve["method"] == method)].dropna(subset=["share"])
            line = next(line for line in axes.lines if line.get_label() == arm)
            np.testing.assert_allclose(line.get_xdata(), [2, *rows["week"]])
            np.testing.assert_allclose(line.get_ydata(), [100, *(100 * rows["share"].astype(float))])
        # A step would say that nothing ended between two released weeks.
        assert {line.get_drawstyle() for line in axes.lines if line.get_label() in ("esketamine", "iv")} == {"default"}
    first, second = (save_figure(draw_all(tables, study)["durability_loss"], tmp_path / name, "f") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_figure_without_any_released_share_says_so():
    study = make_study(durability=SETTINGS)
    tables = make_tables(study) | withhold(make_estimates(3, {"esketamine": 9, "iv": 10}), study.privacy)
    figure = draw_all(tables, study)["durability_loss"]
    assert "All values withheld" in [text.get_text() for text in figure.axes[0].texts]


def test_the_section_tells_who_was_followed_and_what_is_held(tmp_path):
    tables, study = make_release()
    section = show_durability(gather(tables, study, {}), tmp_path)
    words = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    assert "days 1 to 14 after the last induction session" in words
    assert "a score less than 50 % better than baseline" in words
    assert "a score of 15 or more" in words
    assert "an outcome of its own" in words
    tables_shown = {block.id: block for block in section.blocks if isinstance(block, Table)}
    assert set(tables_shown) == {"durability-cohort", "durability-held", "durability-effect"}
    held = tables_shown["durability-held"]
    row = tables["durability_held"].dropna(subset=["share"]).query("method == 'at_visit'").iloc[0]
    printed = [cell.text for line in held.rows for cell in line]
    assert any(text == f"{100 * row['share']:.0f}, n {row['seen']}" for text in printed)
    assert any("(" in text for line in held.rows for text in [line[2].text])
    assert any("treated again first, week 8" in text for text in printed)


def test_a_study_without_the_section_has_none(tmp_path):
    study = make_study()
    assert show_durability(gather(make_tables(study), study, {}), tmp_path).empty
