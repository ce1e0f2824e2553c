"""Joint tests where there are too few subjects for them: refused, or missing; never a negative F."""

import numpy as np
import pandas as pd
import pytest

from outcomes import mixed

ENOUGH = (
    1,
    3,
    4,
    7,
    8,
    9,
    11,
    15,
    19,
    20,
    23,
    25,
    26,
    29,
)  # of the first 40 trials, those seen at enough visits for the model


def trial(seed: int, n: int, visits: int = 6, dropout: float = 0.05) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(n), visits)
    visit = np.tile(np.arange(1, visits + 1), n)
    data = pd.DataFrame(
        {
            "subject": subject,
            "visit": visit,
            "arm": np.where(subject % 2 == 0, "a", "b"),
            "base": np.repeat(rng.normal(17, 5, n), visits),
        }
    )
    data["y"] = np.repeat(rng.normal(0, 3, n), visits) + rng.normal(0, 2, n * visits)
    return data[rng.random(len(data)) >= dropout * (data["visit"] - 1)].reset_index(drop=True)


def fit_small(seed: int, **options: str) -> mixed.Fit:
    data = trial(seed, 8, dropout=0.0)
    data["v"] = data["visit"].astype(str)
    formula = "y ~ base + base:v + arm*v"
    return mixed.fit(data, formula, subject="subject", visit="v", covariance="compound_symmetry", **options)


def test_a_singular_sandwich_refuses_a_joint_test_it_cannot_give():
    fit = fit_small(1, vcov="cr0", df="satterthwaite")
    rows = np.eye(len(fit.names))[1:13]
    with pytest.raises(mixed.MixedError, match=r"12 contrasts at once, but the variance of 8 subjects .* vcov='model'"):
        fit.contrast(rows)
    single = fit.contrast({"arm[b]": 1})
    assert np.isfinite(single["std_error"]).all()


def test_the_table_of_terms_says_missing_where_the_sandwich_is_singular():
    table = fit_small(1, vcov="cr0", df="satterthwaite").anova().set_index("term")
    assert np.isfinite(table.loc["arm", "statistic"])
    assert table["statistic"].dropna().ge(0).all()


def test_no_joint_f_is_negative():
    tested = 0
    for seed in ENOUGH:
        data = trial(seed, 14)
        data["v"] = data["visit"].astype(str)
        fit = mixed.fit(data, "y ~ base + arm*v", subject="subject", visit="v", covariance="unstructured")
        assert fit.converged
        known = fit.anova().dropna(subset=["statistic"])
        assert (known["statistic"] >= 0).all(), seed
        assert (known["df"] > 0).all(), seed
        assert known["p_value"].between(0, 1).all(), seed
        tested += len(known)
    assert tested > 40
