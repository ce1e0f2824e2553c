"""Parity with mmrm, lme4, nlme, lmerTest, pbkrtest and emmeans, from values kept beside the checkout."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes import mixed

HERE = Path(__file__).parents[3] / "shared" / "reference"
FORMULA = "chg ~ base*visit + arm*visit + age + sex"
COLUMNS = {"subject": "patient", "visit": "visit"}

pytestmark = pytest.mark.skipif(not HERE.exists(), reason="the reference values are not beside this checkout")


def values(name):
    return json.loads((HERE / name).read_text())


@pytest.fixture(scope="module")
def trial():
    data = pd.read_csv(HERE / "sim_500.csv").merge(pd.read_csv(HERE / "sim_500_mmrm_weights.csv"))
    return data.assign(visit=data["visit"].astype(str))


@pytest.fixture(scope="module")
def reference():
    return values("sim_500_mmrm.json")["fits"]


def term(name):
    """R's ``visit2:armiv`` as a set of parts named ours."""
    parts = [re.sub(r"^(visit|arm|sex|Sex)(.+)$", r"\1[\2]", part) for part in name.split(":")]
    return tuple(sorted("Intercept" if part == "(Intercept)" else part for part in parts))


def assert_agrees(fit, rows, *, rel=1e-6, df=1e-6):
    theirs = pd.DataFrame(rows).rename(columns={"Estimate": "estimate", "Std. Error": "std_error"})
    ours = fit.coefficients.set_index(
        pd.Index([tuple(sorted(t.split(":"))) for t in fit.coefficients["term"]], tupleize_cols=False)
    )
    ours = ours.loc[[term(name) for name in theirs["term"]]]
    error = theirs["std_error"].to_numpy()
    assert (np.abs(ours["estimate"].to_numpy() - theirs["estimate"].to_numpy()) <= rel * error).all()
    assert ours["std_error"].to_numpy() == pytest.approx(error, rel=rel)
    assert ours["df"].to_numpy() == pytest.approx(theirs["df"].to_numpy(), rel=df)


STRUCTURES = ["us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh"]


@pytest.mark.parametrize("key", STRUCTURES)
def test_structures(trial, reference, key):
    found = reference[key]
    for df, table in (("satterthwaite", "satterthwaite"), ("kenward_roger", "kenward_roger_linear")):
        fit = mixed.fit(trial, FORMULA, covariance=found["covariance"], df=df, **COLUMNS)
        assert fit.loglik == pytest.approx(found["loglik"], abs=1e-9)
        assert fit.covariance.to_numpy() == pytest.approx(np.array(found["sigma"]), rel=1e-6)
        assert_agrees(fit, found[table])


@pytest.mark.parametrize(
    ("vcov", "key"), [("cr0", "Empirical"), ("cr2", "Empirical-Bias-Reduced"), ("cr3", "Empirical-Jackknife")]
)
def test_sandwiches(trial, reference, vcov, key):
    assert_agrees(mixed.fit(trial, FORMULA, vcov=vcov, **COLUMNS), reference["us"][key])


def test_maximum_likelihood_and_weights(trial, reference):
    found = reference["us"]
    ml = mixed.fit(trial, FORMULA, method="ml", df="satterthwaite", **COLUMNS)
    weighted = mixed.fit(trial, FORMULA, weights="weight", df="satterthwaite", **COLUMNS)
    empirical = mixed.fit(trial, FORMULA, weights="weight", vcov="cr0", **COLUMNS)
    assert ml.loglik == pytest.approx(found["ml"]["loglik"], abs=1e-9)
    assert weighted.loglik == pytest.approx(found["weighted"]["loglik"], abs=1e-9)
    assert_agrees(ml, found["ml"]["satterthwaite"])
    assert_agrees(weighted, found["weighted"]["satterthwaite"])
    assert_agrees(empirical, found["weighted_empirical"])


def test_margins_and_differences(trial, reference):
    fit = mixed.fit(trial, FORMULA, **COLUMNS)
    theirs = pd.DataFrame(reference["us"]["margins_kr"]).astype({"visit": str})
    both = mixed.margins(fit, "arm", by="visit").merge(theirs, on=["arm", "visit"])
    assert len(both) == 12
    for ours, name in (
        ("estimate", "emmean"),
        ("std_error", "SE"),
        ("df_x", "df_y"),
        ("lower", "lower.CL"),
        ("upper", "upper.CL"),
    ):
        assert both[ours].to_numpy() == pytest.approx(both[name].to_numpy(), rel=1e-6)
    theirs = pd.DataFrame(reference["us"]["differences_kr"]).astype({"visit": str})
    both = mixed.differences(fit, "arm", by="visit").merge(theirs, on=["contrast", "visit"])
    assert len(both) == 6
    for ours, name in (("estimate_x", "estimate_y"), ("std_error", "SE"), ("df_x", "df_y"), ("p_value", "p.value")):
        assert both[ours].to_numpy() == pytest.approx(both[name].to_numpy(), rel=1e-6)


CASES = [
    ("sleepstudy_slope", "sleepstudy", "Reaction ~ Days", "1 + Days", "Days"),
    ("orthodont_int", "orthodont", "distance ~ age*Sex", "1", "age"),
    ("orthodont_slope", "orthodont", "distance ~ age*Sex", "1 + age", "age"),
]


@pytest.mark.parametrize("visit", [False, True])
@pytest.mark.parametrize(("name", "data", "formula", "random", "time"), CASES, ids=[case[0] for case in CASES])
def test_random_effects(name, data, formula, random, time, visit):
    """lmer's own optimiser leaves errors of 1e-7 in standard errors; df of lmerTest are numerical derivatives."""
    found, table = values(f"{name}.json"), pd.read_csv(HERE / f"{data}.csv")
    if "Sex" in table:
        table["Sex"] = pd.Categorical(table["Sex"], ["Male", "Female"])
    options = {"subject": "Subject", "visit": time if visit else None, "covariance": None, "random": random}
    for df, information in (("kenward_roger", "expected"), ("satterthwaite", "observed")):
        fit = mixed.fit(table, formula, df=df, information=information, **options)
        assert fit.loglik == pytest.approx(found["lmer"]["loglik"], abs=1e-8)
        assert fit.loglik >= found["lme"]["loglik"] - 1e-9
        assert_agrees(fit, found["lmer"][df], df=1e-4)
    first = found["lmer"]["VarCorr"][0]["vcov"]
    assert fit.random_covariance.to_numpy()[0, 0] == pytest.approx(first, rel=1e-5)
