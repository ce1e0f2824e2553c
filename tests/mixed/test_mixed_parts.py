"""Small parts: distributions against SciPy, formulas against formulaic, the import's weight."""

from __future__ import annotations

import doctest
import subprocess
import sys

import formulaic
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixed_trials import simulate_trial
from scipy import special

from outcomes import mixed
from outcomes.mixed.design.formula import parse_terms
from outcomes.mixed.inference.distributions import f_p_value, t_p_value, t_quantile

DF = st.floats(0.5, 1e6)


@given(t=st.floats(-40, 40))
def test_t_tail_where_it_has_a_closed_form(t):
    assert t_p_value(t, 1) == pytest.approx(1 - 2 / np.pi * np.arctan(abs(t)), rel=1e-9, abs=1e-8)
    assert t_p_value(t, 2) == pytest.approx(1 - abs(t) / np.sqrt(2 + t * t), rel=1e-9, abs=1e-8)
    assert t_p_value([t, -t], [2, 2]).tolist() == [t_p_value(t, 2)] * 2


@given(probability=st.floats(0.01, 0.9999), df=DF)
def test_t_quantile_inverts_the_tail(probability, df):
    assert t_p_value(t_quantile(probability, df), df) == pytest.approx(1 - probability, rel=1e-9)


@given(f=st.floats(0, 50), df2=DF)
def test_f_tail_where_it_has_a_closed_form(f, df2):
    assert f_p_value(f, 2, df2) == pytest.approx((1 + 2 * f / df2) ** (-df2 / 2), rel=1e-8, abs=1e-200)
    assert f_p_value(f, 1, df2) == pytest.approx(float(t_p_value(np.sqrt(f), df2)), rel=1e-8, abs=1e-8)


def test_infinite_df_are_the_normal_and_chi_squared():
    assert t_p_value(1.959963984540054, np.inf) == pytest.approx(0.05)
    assert t_quantile(0.95, np.inf) == pytest.approx(1.959963984540054)
    assert f_p_value(2.0, 3, np.inf) == pytest.approx(special.chdtrc(3, 6.0))
    assert np.isnan(t_p_value(1.0, np.nan))
    assert np.isnan(t_quantile(0.95, -1.0))


@pytest.mark.parametrize(
    "formula",
    [
        "baseline*visit + arm*visit + age",
        "0 + arm:visit",
        "1 + arm:visit",
        "visit + baseline:visit",
        "arm*site*baseline",
        "visit:arm + arm:site + site",
        "(arm + site)**2",
        "(arm + site)**2*baseline - arm:site",
        "arm/site",
        "(arm + site)/visit",
        "visit + arm:visit - 1",
        "0 + visit:arm:baseline + site:age",
        "sqrt(baseline**2 + 1) + log(age):arm",
        "`age` + exp(-age / 100)",
        "C(arm)*visit",
        "C(site) + poly(age, 2) + bs(baseline, df=4, degree=3) + cr(baseline, df=3, constraints='center')",
    ],
)
def test_columns_are_those_of_formulaic(formula):
    trial = simulate_trial(n=30)
    ours = mixed.moments(trial, f"change ~ {formula}", subject="person", visit="visit").design.names
    theirs = [
        name.replace("[T.", "[") for name in formulaic.model_matrix(formula, trial, context={"sqrt": np.sqrt}).columns
    ]
    assert list(ours) == theirs


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a*b", ((), ("a",), ("b",), ("a", "b"))),
        ("a - 1", (("a",),)),
        ("a + 0", (("a",),)),
        ("b:a + a + a", ((), ("a",), ("b", "a"))),
        ("a*b*c - a:b:c", ((), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"))),
    ],
)
def test_terms_by_hand(text, terms):
    assert parse_terms(text) == terms


def test_importing_the_engine_imports_no_heavy_library():
    code = "import sys, outcomes.mixed; print([m for m in ('formulaic', 'scipy', 'statsmodels') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_engine_imports_nothing_else_of_the_package():
    code = "import sys, outcomes.mixed; print(sorted(m for m in sys.modules if m.startswith('outcomes') and 'mixed' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['outcomes']"


def test_the_example_of_the_package_runs():
    assert doctest.testmod(mixed, raise_on_error=False) == doctest.TestResults(failed=0, attempted=5)
