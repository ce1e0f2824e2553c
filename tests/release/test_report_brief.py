"""The first page answers, weighs the difference, and says where results point in opposite directions; nothing is typed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from released_cases import make_case, make_compared, make_study
from running_text import running_text

from outcomes.instruments import read_instruments
from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.report import build_sections
from outcomes.release.report.content.blocks import Grid, Picture
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.outcomes import tabulate_outcomes
from outcomes.release.report.wording.important_change import say_important, say_number_needed, say_reliable
from outcomes.release.report.wording.opposite_directions import have_opposite_signs, note_contrary, note_contrary_rates


def build(tables, study):
    return build_sections(gather(tables, study, {}), Path("nowhere"))


def brief(tables, study):
    section = build(tables, study)[0]
    assert section.id == "brief"
    return " ".join(running_text([section]))


def make_risks(started, observed, endpoint="response"):
    """Response of two arms at the place of the comparison: differences and half-widths by population."""
    rows = []
    for population, (value, half) in {"started": started, "observed": observed}.items():
        row = {
            "axis": "day",
            "timepoint": "day 28",
            "endpoint": endpoint,
            "population": population,
            "method": "weighted",
        }
        bounds = {"difference": value, "difference_lower": value - half, "difference_upper": value + half}
        ratios = {"ratio": 1.0, "ratio_lower": 0.8, "ratio_upper": 1.2}
        rows.append(row | bounds | ratios | {"risk_treated": 0.3, "risk_reference": 0.3, "converged": True})
    return pd.DataFrame(rows).assign(withheld=False)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((-2.0, 0.4), "excludes one as large as 2.4"),
        ((-2.0, 0.4), "leaves open whether it is as large as 1.0 and 1.7 points"),
        ((-6.0, -1.2), "excludes one smaller than 1.0 points"),
        ((-9.0, -8.0), "excludes one smaller than 1.0, 1.7, 2.4"),
    ],
)
def test_the_interval_stands_beside_the_published_important_changes(bounds, said):
    tables, study = make_compared()
    effects = tables["effects"].assign(estimate=sum(bounds) / 2, lower=bounds[0], upper=bounds[1])
    text = say_important(gather({**tables, "effects": effects}, study, {}))
    assert said in text
    assert "10.1017/S0033291720003700" in text
    assert "10.1097/00005650-200412000-00006" in text
    assert text.index("changes within one patient") < text.index("interval of the difference")


def test_published_shares_count_of_the_baseline_of_those_compared():
    tables, study = make_compared()
    means = dict.fromkeys(("treated_before", "reference_before", "treated_after", "reference_after"), 17.0)
    place = {
        "weights": study.comparison.weights,
        "variable": "baseline",
        "level": "",
        "smd_before": 0.0,
        "smd_after": 0.0,
    }
    balance = pd.DataFrame([place | means | {"n_treated": 50, "n_reference": 50, "withheld": False}])
    effects = tables["effects"].assign(estimate=-2.0, lower=-3.0, upper=-1.0)
    text = say_important(gather({**tables, "effects": effects, "covariate_balance": balance}, study, {}))
    assert "3.6 (21% of the mean baseline here), 3.7, 3.9 (23% of the mean baseline here), and 5.0 points" in text


def test_an_instrument_without_a_published_change_claims_none():
    known = {name: entry.important_points for name, entry in read_instruments().items()}
    assert known["phq9"] == (1.7, 1.0, 2.4, 3.7, 5.0)
    assert known["madrs"] == ()
    tables, study = make_case("two instruments")
    assert say_important(gather(tables, study, {})) == ""


def test_a_reliable_change_comes_with_what_it_rests_on():
    tables, study = make_compared()
    declared = {"reliable_change": {"phq9": {"sd": 5.0, "reliability": 0.84, "source": "a cohort"}}}
    told = study.model_copy(update={"endpoints": make_study(endpoints=declared).endpoints})
    assert say_reliable(gather(tables, study, {})) == ""
    assert "from 5.5 points on (standard deviation 5, reliability 0.84; a cohort)" in say_reliable(
        gather(tables, told, {})
    )


def test_a_number_needed_to_treat_is_given_only_where_it_makes_sense():
    tables, study = make_compared()

    def said(started, observed, imputed=None):
        filled = tables["imputations"]
        rows = (filled["endpoint"] == "response") & (filled["analysis"] == "imputed_mar")
        rows &= filled["scale"] == "risk difference"
        own = filled.iloc[:0] if imputed is None else filled.copy()
        if imputed is not None:
            value, half = imputed
            own.loc[rows, ["estimate", "lower", "upper"]] = [value, value - half, value + half]
        given = {"risks": make_risks(started, observed), "imputations": own}
        material = gather({**tables, **given}, study, {})
        rows = [row for row in tabulate_outcomes(material).rows if row[0].text.strip().startswith("Number needed")]
        text = say_number_needed(material)
        assert bool(rows) == text.startswith(
            "With missing scores imputed"
        )  # Table 2 has it of the imputed response alone
        assert all(f"every {row[3].text.split(' (')[0]} under" in text for row in rows)
        return text

    # 1 / 0.15 = 6.7, rounded up to 7; 1 / 0.25 = 4; 1 / 0.05 = 20
    assert "for every 7 under IV ketamine than under Intranasal esketamine" in said((0.1, 0.3), (0.15, 0.1))
    assert "95% CI 4 to 20; 10.1136/bmj.317.7168.1309" in said((0.1, 0.3), (0.15, 0.1))
    assert "for every 7 under Intranasal esketamine than under IV ketamine" in said((-0.1, 0.3), (-0.15, 0.1))
    assert "of the observed difference in response includes zero" in said((0.15, 0.1), (0.1, 0.3))
    assert "depends on how missing scores are counted" in said((-0.15, 0.1), (0.15, 0.1))
    assert "of the imputed difference in response includes zero" in said((0.15, 0.1), (0.15, 0.1), (0.05, 0.1))
    assert said((0.1, 0.3), (0.1, 0.3), (0.15, 0.1)).startswith(
        "With missing scores imputed at random, one more responded for every 7"
    )
    assert say_number_needed(gather(*make_case("one arm"), {})) == ""


def test_opposite_directions_are_said_where_they_are_and_only_there():
    tables, study = make_compared()

    def notes(started, observed):
        return note_contrary(gather({**tables, "risks": make_risks(started, observed)}, study, {}))

    (text,) = notes((-0.068, 0.06), (0.044, 0.08))
    assert "Response: the difference of all treated patients (−6.8) and that of complete cases (+4.4)" in text
    missing = tables["missingness"]
    here = missing[(missing["timepoint"] == "day 28") & (missing["arm"] == "iv")].iloc[0]
    assert f"{100 * here['missing_proportion']:.1f}% of IV ketamine" in text
    assert notes((0.068, 0.06), (0.044, 0.08)) == []
    odds = {
        "endpoint": "response",
        "analysis": "gee_weighted",
        "scale": "log odds ratio",
        "axis": "day",
        "timepoint": "day 28",
    }
    grid = pd.DataFrame([odds | {"estimate": 0.21, "lower": -0.1, "upper": 0.6, "converged": True, "withheld": False}])
    tables["sensitivity"] = pd.concat([tables["sensitivity"], grid], ignore_index=True)
    assert "odds by estimating equations are those of the observed" in notes((-0.068, 0.06), (0.044, 0.08))[0]


def test_unadjusted_rates_that_point_in_opposite_directions_are_named():
    tables, study = make_case("two arms")
    material = gather(tables, study, {})
    places = [("session", "6"), ("day", "day 28")]
    assert note_contrary_rates(material, "phq9", places) == []
    changed = tables["differences"].copy()
    one = (changed["timepoint"] == "6") & (changed["endpoint"] == "response") & (changed["population"] == "started")
    changed.loc[one, "difference"] = -0.1
    (text,) = note_contrary_rates(gather({**tables, "differences": changed}, study, {}), "phq9", places)
    assert "response at session 6 (IV ketamine minus Intranasal esketamine)" in text
    assert note_contrary_rates(gather({**tables, "differences": changed}, study, {}), "phq9", places[1:]) == []


@pytest.mark.parametrize(
    ("one", "other", "opposite"), [(-1, 1, True), (1, 1, False), (0, 1, False), (float("nan"), 1, False)]
)
def test_only_known_results_can_point_in_opposite_directions(one, other, opposite):
    assert have_opposite_signs(one, other) is opposite


def test_a_forest_says_where_its_populations_disagree():
    tables, study = make_case("two arms")
    grid = tables["sensitivity"].copy()
    events = grid["scale"].isin(["risk difference", "log odds ratio"])
    grid.loc[events, "estimate"] = 0.1

    def captions(grid):
        return {p.name: p.caption for p in plan_figures({**tables, "sensitivity": grid}, study) if p.family == "forest"}

    assert not any("point in opposite directions" in text for text in captions(grid).values())
    grid.loc[grid["analysis"] == "weighted_started", "estimate"] = -0.1
    found = {name for name, text in captions(grid).items() if "point in opposite directions" in text}
    assert "sensitivity_response_day" in found
    assert "sensitivity_change_day" not in found


def walk(sections):
    for section in sections:
        yield section
        yield from walk(section.sections)


def blocks_of(sections):
    return [b.id for section in walk(sections) for b in section.blocks if isinstance(b, Grid | Picture)]
