"""Confounders that tell the arm: who is left out by the weights, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from two_arms import generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.comparison.effects.primary import tabulate_effects
from outcomes.analysis.comparison.effects.risks import tabulate_risks
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.setting import build_setting
from outcomes.analysis.comparison.support import NO_OVERLAP, check_support
from outcomes.analysis.comparison.weighting.balance import tabulate_positivity
from outcomes.errors import ModelError

TABLES, STUDY = generate_tables(), make_study()
ARM = TABLES["cohort"].drop_duplicates("patient").set_index("patient")["arm"].astype(str)
CONFOUNDERS = ("baseline", "payer", "failures", "clinic")


def add_clinic(arm=None, n=30):
    """Give every patient a clinic; n patients of an arm are in one of their own."""
    patients = TABLES["patients"].copy()
    clinic = np.where(np.arange(len(patients)) % 3 == 0, "north", "south").astype(object)
    alone = np.flatnonzero(patients["patient"].map(ARM).eq(arm))[:n]
    clinic[alone] = "mountain"
    return TABLES | {"patients": patients.assign(clinic=clinic)}


def prepare(tables, **changes):
    comparison = make_comparison(**({"confounders": CONFOUNDERS, "site": None} | changes))
    return build_setting(select_compared(tables, comparison), comparison)


def check(setting):
    arms = setting.comparison.estimand.treated, setting.comparison.estimand.reference
    check_support(setting, tabulate_positivity(setting.confounders, setting.compared.treated, arms), 11)


@pytest.mark.parametrize("arm", ["iv", "esketamine"])
def test_overlap_weights_leave_a_stratum_of_one_arm_out(arm, caplog):
    tables = add_clinic(arm)
    whole = prepare(tables)
    rule = {"eligibility": [{"column": "clinic", "values": ["north", "south"]}]}
    part = prepare(tables, estimand=rule)
    assert not whole.primary.propensity.converged
    check(whole)
    assert f"no patient with clinic = mountain had {'esketamine' if arm == 'iv' else 'iv'}" in caplog.text
    one, other = (
        tabulate_effects(setting.compared, setting.primary.weight, setting.specify("day")) for setting in (whole, part)
    )
    numbers = ["estimate", "std_error", "lower", "upper"]
    np.testing.assert_allclose(one[numbers].astype(float), other[numbers].astype(float), rtol=1e-5)
    risks = []
    for setting in (whole, part):
        table = tabulate_risks(setting.compared, setting.confounders, setting.primary, ["day"])
        risks.append(table[table["method"] == "weighted"].reset_index(drop=True))
    assert risks[0]["converged"].all()
    names = ["risk_treated", "risk_reference", "difference_lower", "difference_upper"]
    np.testing.assert_allclose(risks[0][names].astype(float), risks[1][names].astype(float), rtol=1e-5, atol=1e-7)


def test_a_level_of_few_patients_is_not_named(caplog):
    check(prepare(add_clinic("iv", n=10)))
    assert "no patient with clinic = a level of few had esketamine" in caplog.text
    assert "mountain" not in caplog.text


@pytest.mark.parametrize(("kind", "arm"), [("att", "iv"), ("ate", "iv"), ("ate", "esketamine")])
def test_weights_that_need_a_counterpart_are_refused(kind, arm):
    with pytest.raises(ModelError) as caught:
        check(prepare(add_clinic(arm), weights=kind))
    lacks = "esketamine" if arm == "iv" else "iv"
    assert f"no patient with clinic = mountain had {lacks}" in str(caught.value)
    assert "Declare weights: overlap" in str(caught.value)
    assert not re.search(r"\d", str(caught.value)), "no number of patients"


def test_weights_of_the_treated_need_none_for_the_reference_arm():
    setting = prepare(add_clinic("esketamine"), weights="att")
    check(setting)
    assert setting.primary.supported
    alone = (setting.compared.people["clinic"] == "mountain").to_numpy()
    assert (setting.primary.weight[alone] == 0).all()


def test_a_confounder_that_is_the_arm_leaves_the_comparison_out(caplog):
    patients = TABLES["patients"]
    tables = TABLES | {
        "patients": patients.assign(clinic=patients["patient"].map(ARM).eq("iv").map({True: "a", False: "b"}))
    }
    found = compare_arms(tables, make_comparison(confounders=CONFOUNDERS, site=None), STUDY)
    assert re.search("they tell the arm of all patients.*no patient with clinic = a had esketamine", caplog.text)
    assert found["comparison_statement"].values.tolist() == [["left out", NO_OVERLAP]]
    assert not any(len(table) for name, table in found.items() if name != "comparison_statement")


def test_a_number_that_tells_the_arm_is_refused():
    patients = TABLES["patients"]
    dose = patients["patient"].map(ARM).eq("iv") * 40.0 + np.arange(len(patients)) % 7
    with pytest.raises(ModelError, match="a combination of them decides it"):
        check(prepare(TABLES | {"patients": patients.assign(clinic=dose)}))


def test_a_confounder_without_values_is_refused_and_one_without_variation_is_said(caplog):
    patients = TABLES["patients"]
    nothing = TABLES | {"patients": patients.assign(clinic=pd.Series(pd.NA, patients.index, dtype="string"))}
    with pytest.raises(ModelError, match=r"comparison.confounders: clinic has no value in any patient compared"):
        check(prepare(nothing))
    check(prepare(TABLES | {"patients": patients.assign(clinic="only")}))
    assert "clinic is the same in all patients compared" in caplog.text


def test_rows_of_other_weights_say_why_they_have_no_number():
    comparison = make_comparison(confounders=CONFOUNDERS, site=None, imputation={"draws": 0})
    result = compare_arms(add_clinic("iv"), comparison, STUDY)
    grid = result["sensitivity"]
    grid = grid[(grid["axis"] == "day") & (grid["endpoint"] == "change")].set_index("analysis")
    for name in ("weighted_att", "weighted_ate"):
        assert not grid.loc[name, "converged"]
        assert np.isnan(grid.loc[name, "estimate"])
        assert "no counterpart" in grid.loc[name, "note"]
    assert grid.loc[["weighted_overlap", "score_estimated", "without_payer"], "converged"].all()


def test_an_axis_on_which_the_arms_meet_nowhere_is_not_compared():
    """Sessions that one arm alone has, as 30 of rTMS beside six infusions, give no rows that could not be estimated."""
    alone = (TABLES["endpoints"]["axis"] == "session") & TABLES["endpoints"]["patient"].map(ARM).eq("iv")
    rest = TABLES | {"endpoints": TABLES["endpoints"][~alone].reset_index(drop=True)}
    found = compare_arms(rest, make_comparison(early_signals=None), STUDY)
    for name in ("effects", "risks", "sensitivity", "imputations"):
        assert set(found[name]["axis"]) == {"day"}, name
