"""What of durability leaves the building: no small step of a curve, and a figure and a section that say what is released."""

from __future__ import annotations

import numpy as np
import pandas as pd
from released_cases import make_study, make_tables

from outcomes.analysis.durability.curves import Grid, tabulate_curve
from outcomes.analysis.durability.held import HELD
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.figures import draw_all, save_figure
from outcomes.release.report.content.blocks import Grid as Table
from outcomes.release.report.content.blocks import Paragraph
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.durability import show_durability

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


def make_release(minimum_cell=K):
    study = make_study(durability=SETTINGS, privacy={"minimum_cell": minimum_cell})
    tables = make_tables(study) | release_tables(make_estimates(3, {"esketamine": 250, "iv": 300}), study.privacy)
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
    first, second = (save_figure(draw_all(tables, study)["durability_loss"], tmp_path / name, "f") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_figure_without_any_released_share_says_so():
    study = make_study(durability=SETTINGS)
    tables = make_tables(study) | release_tables(make_estimates(3, {"esketamine": 9, "iv": 10}), study.privacy)
    figure = draw_all(tables, study)["durability_loss"]
    assert "Too few to report" in [text.get_text() for text in figure.axes[0].texts]


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
