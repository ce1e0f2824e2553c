"""Limitations say which way bias is likely to go, from the tables, and only where it is so; nothing unadjusted is headed adjusted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from released_cases import make_case, make_compared, make_models, make_study
from test_report_brief import make_risks
from test_report_claims import PLACE, everything

from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.comparison import tabulate_risks
from outcomes.release.report.sections.models import tabulate_adjusted, warn_confounded
from outcomes.release.report.sections.scores_and_rates import note_secondary
from outcomes.release.report.wording.diagnosed_limitations import list_diagnosed
from outcomes.release.report.wording.directions_of_bias import list_biases
from outcomes.release.report.wording.early_response import say_early
from outcomes.release.report.wording.other_analyses import state_worst_binary
from outcomes.settings.clinical import Arm
from outcomes.settings.comparison import EarlySignals


def biases(tables, study):
    return " ".join(limitation.text for limitation in list_biases(gather(tables, study, {})))


def with_rows(tables, **rows):
    """The compared tables with further rows of the sensitivity grid: analysis -> (endpoint, estimate, lower, upper)."""
    row = {**PLACE, "scale": "points", "n": 900, "effective_n": 700.0, "converged": True, "note": "", "withheld": False}
    more = [
        row | {"analysis": name, "endpoint": end, "estimate": value, "lower": low, "upper": high}
        for name, (end, value, low, high) in rows.items()
    ]
    return {**tables, "sensitivity": pd.concat([tables["sensitivity"], pd.DataFrame(more)], ignore_index=True)}


@pytest.mark.parametrize(
    ("crude", "said"), [(-2.72, "towards zero"), (-1.21, "away from zero"), (0.51, "to the other side of zero")]
)
def test_the_shift_by_adjustment_says_where_it_went(crude, said):
    tables, study = make_compared()
    grid = tables["sensitivity"].copy()
    grid.loc[grid["analysis"] == "unadjusted", "estimate"] = crude
    assert f"to −1.96, {said}" in biases({**tables, "sensitivity": grid}, study)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((-0.98, 0.24), "no interval excludes zero"),
        ((-0.98, -0.24), "an interval excludes zero, so confounding is left"),
    ],
)
def test_a_negative_control_is_read_by_its_interval(bounds, said):
    tables, study = make_compared()
    text = biases(with_rows(tables, control_slope=("negative_control", -0.61, *bounds)), study)
    assert "change before treatment −0.61" in text
    assert said in text


def test_the_e_value_stands_in_the_limitations():
    tables, study = make_compared()
    text = biases(with_rows(tables, e_value=("change", 2.02, 1.63, float("nan"))), study)
    assert "2.02 (1.63 for the interval to reach zero)" in text
    assert "10.7326/M16-2607" in text
    assert "E-value" not in biases(tables, study)


@pytest.mark.parametrize("side", ["observed_treated", "observed_reference"])
@pytest.mark.parametrize(("scored", "said"), [(75, True), (70, False), (np.nan, False)])
def test_neither_a_tipping_point_nor_an_e_value_is_of_fewer_than_75_scores_in_an_arm(side, scored, said):
    tables, study = make_compared()
    tables = with_rows(
        tables, tipping_point_treated=("change", 2.47, np.nan, np.nan), e_value=("change", 2.02, 1.63, np.nan)
    )
    tables["effects"] = tables["effects"].assign(**{side: float(scored)})
    material = gather(tables, study, {})
    text = " ".join(one.text for one in (*list_diagnosed(material), *list_biases(material)))
    assert ("would include zero" in text, "E-value" in text) == (said, said)


@pytest.mark.parametrize(("shares", "said"), [((0.39, 0.2), True), ((0.25, 0.2), False)])
def test_unequal_missingness_at_the_primary_time_point_is_named(shares, said):
    tables, study = make_compared()
    missing = tables["missingness"].copy()
    for arm, share in zip(("iv", "esketamine"), shares, strict=True):
        missing.loc[(missing["timepoint"] == "day 28") & (missing["arm"] == arm), "missing_proportion"] = share
    text = biases({**tables, "missingness": missing}, study)
    assert ("39.0% in IV ketamine and 20.0% in Intranasal esketamine had no score" in text) == said


def test_clinics_are_named_only_where_there_are_several():
    tables, study = make_compared()
    assert "patients of one clinic" not in biases(tables, study)
    sites = tables["baseline"].iloc[:2].assign(variable="site", level=["a", "b"])
    several = {**tables, "baseline": pd.concat([tables["baseline"], sites], ignore_index=True)}
    assert "clustered by patient and not by clinic" in biases(several, study)


def test_a_randomised_study_has_no_confounding_by_indication():
    tables, study = make_compared()
    drawn = study.model_copy(update={"report": study.report.model_copy(update={"design": "randomised"})})
    text = biases(with_rows(tables, e_value=("change", 2.02, 1.63, None)), drawn)
    assert "confounding" not in text
    assert "Patients knew" not in text
    assert "Patients knew" in biases(tables, study)


def test_inductions_of_different_length_are_named_by_the_protocols():
    arms = [
        {"id": "esketamine", "label": "Intranasal esketamine", "protocol": "esketamine"},
        {"id": "iv", "label": "IV ketamine", "protocol": "iv"},
    ]
    tables, study = make_compared()
    told = study.model_copy(update={"arms": tuple(Arm(**arm) for arm in arms)})
    assert "may go on (up to 35 days)" in biases(tables, told)
    assert "may go on" not in biases(tables, study)


def test_a_model_without_confounders_is_not_headed_adjusted():
    tables, study = make_compared()
    models = make_models()
    material = gather(tables | models, study, {})
    grid = tabulate_adjusted(material, "primary")
    assert "not adjusted for confounding by indication" in grid.caption
    assert "adjusted means" not in grid.caption
    assert "lacks payer and age" in grid.notes[0]
    formula = models["models"].assign(formula="change ~ baseline + arm*timepoint + payer")
    adjusted = gather(tables | models | {"models": formula}, study, {})
    assert warn_confounded(adjusted, "primary") == ""
    assert "adjusted means and differences" in tabulate_adjusted(adjusted, "primary").caption
    drawn = study.model_copy(update={"report": study.report.model_copy(update={"design": "randomised"})})
    assert warn_confounded(gather(tables | models, drawn, {}), "primary") == ""


def test_composite_strategies_and_the_kind_of_interval_stand_below_the_risks():
    tables, study = make_compared()
    tables["risks"] = make_risks((-0.068, 0.06), (0.044, 0.08)).assign(outcome_model=None)
    plain = " ".join(tabulate_risks(gather(tables, study, {})).notes)
    assert "Complete cases: those with a score." in plain
    assert "Newcombe's, from each arm's Wilson interval with the variance of stacked estimating equations" in plain
    assert "All compared: missing scores imputed at random." in plain
    estimand = study.comparison.estimand.model_dump() | {
        "events": {"switching": {"change": "hypothetical", "binary": "composite"}}
    }
    comparison = study.comparison.model_copy(
        update={"estimand": type(study.comparison.estimand).model_validate(estimand)}
    )
    told = study.model_copy(update={"comparison": comparison})
    noted = " ".join(tabulate_risks(gather(tables, told, {})).notes)
    assert "Complete cases: those with a score, and those with switching before it." in noted


def test_only_one_analysis_is_called_primary():
    tables, _ = make_case("two arms")
    model = {
        "primary": {
            "label": "m",
            "instrument": "phq9",
            "axis": "session",
            "formula": "change ~ arm*timepoint",
            "covariance": "unstructured",
            "primary": True,
        }
    }
    alone = everything(tables, make_study(models=model))
    beside = everything(
        tables, make_study(models=model, comparison=make_compared()[1].comparison.model_dump(exclude_unset=True))
    )
    assert "Primary. " in alone
    assert "Primary. " not in beside
    assert "Main descriptive model. " in beside


def test_who_lacks_a_baseline_or_began_below_the_cutoff_is_noted():
    tables, study = make_case("two instruments")
    material = gather(tables, study, {})
    assert "Patients without a GAD-7 score at baseline" in note_secondary(material, "gad7")
    assert "No entry threshold of the GAD-7" in note_secondary(material, "gad7")
    strict = study.model_copy(update={"baseline": make_study(baseline={"minimum": {"phq9": 10}}).baseline})
    missing = tables["missingness"].copy()
    sizes = missing.groupby(["arm", "instrument"])["started"].max()
    scores = tables["scores"].copy()
    scores["n"] = [sizes[arm, name] for arm, name in zip(scores["arm"], scores["instrument"], strict=True)]
    assert note_secondary(gather({**tables, "scores": scores}, strict, {}), "phq9") == ""


def test_worst_cases_and_early_signals_stand_in_the_body():
    tables, study = make_compared()
    rows = with_rows(
        tables, worst_case_treated=("response", -0.261, -0.3, -0.2), worst_case_reference=("response", 0.343, 0.3, 0.4)
    )
    rows["sensitivity"].loc[rows["sensitivity"]["endpoint"] == "response", "scale"] = "risk difference"
    assert "would be −26.1 or +34.3 percentage points" in state_worst_binary(gather(rows, study, {}))
    assert state_worst_binary(gather(tables, study, {})) == ""
    estimand = study.comparison.estimand
    declared = estimand.model_copy(update={"binary": estimand.binary.model_copy(update={"endpoint": "remission"})})
    other = study.model_copy(update={"comparison": study.comparison.model_copy(update={"estimand": declared})})
    assert state_worst_binary(gather(rows, other, {})) == ""
    rows["sensitivity"].loc[rows["sensitivity"]["endpoint"] == "response", "endpoint"] = "remission"
    assert "of remission: every patient without a score was in remission" in state_worst_binary(gather(rows, other, {}))
    signals = EarlySignals(signals=("session 3",), target="session 6")
    told = study.model_copy(update={"comparison": study.comparison.model_copy(update={"early_signals": signals})})
    row = {"arm": "all", "axis": "session", "signal": "session 3", "target_axis": "session", "target": "session 6"}
    row |= {
        "population": "observed",
        "measure": "npv",
        "events": 260,
        "n": 368,
        "proportion": 0.7065,
        "lower": 0.658,
        "upper": 0.751,
    }
    early = pd.DataFrame([row]).assign(withheld=False)
    text = say_early(gather({**tables, "early_signals": early}, told, {}))
    assert "Of 368 patients of both arms without response at session 3" in text
    assert "(95% CI 65.8 to 75.1) had none there either" in text
    assert say_early(gather(tables, told, {})) == ""


def test_the_chief_limitations_judge_valid_analyses_as_page_one_does():
    tables, study = make_compared()
    effect = tables["effects"].assign(estimate=-0.5, lower=-3.0, upper=2.0)
    main = {"estimate": -0.5, "lower": -3.0, "upper": 2.0}
    apart = {"estimate": 0.5, "lower": -2.0, "upper": 3.0}
    disagree = "valid analyses of the primary difference disagree in direction"
    chance = "valid analyses of the primary difference point either way, none beyond chance"
    for turned, lower, said in (
        ("unadjusted", -2.0, ""),
        ("doubly_robust", -2.0, chance),
        ("doubly_robust", 0.1, disagree),
    ):
        apart["lower"] = lower
        grid = tables["sensitivity"].assign(**main)
        grid.loc[grid["analysis"] == turned, list(apart)] = list(apart.values())
        given = {**tables, "effects": effect, "sensitivity": grid}
        found = [one for one in list_diagnosed(gather(given, study, {})) if one.text.startswith("Not every analysis")]
        assert [one.brief for one in found] == [said]
