"""Moments add up, come back from a file, and refuse what would be wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_trials import FORMULA, simulate_trial

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}
ALL = ["estimate", "std_error", "df", "statistic", "p_value", "lower", "upper"]


@pytest.fixture(scope="module")
def trial():
    return simulate_trial(n=150)


@pytest.fixture(scope="module")
def halves(trial):
    first = trial["person"] < "p0070"
    return trial[first], trial[~first]


def assert_same(a, b, rel=1e-8):
    assert a.loglik == pytest.approx(b.loglik, rel=1e-11)
    assert a.coefficients[ALL].to_numpy() == pytest.approx(b.coefficients[ALL].to_numpy(), rel=rel, abs=1e-10)
    assert (a.n_subjects, a.n_observations, a.dropped) == (b.n_subjects, b.n_observations, b.dropped)


@pytest.mark.parametrize(
    ("formula", "columns"),
    [
        (FORMULA, {}),
        ("change ~ baseline*age*visit + pain*arm + day", {}),
        ("change ~ 0 + visit:arm + baseline:visit + log(age**2)", {"weights": "weight"}),
        (FORMULA, {"group": "arm"}),
    ],
)
def test_the_sum_of_halves_is_the_whole(trial, halves, formula, columns):
    whole = mixed.fit(trial, formula, covariance="heterogeneous_toeplitz", **COLUMNS, **columns)
    a, b = (mixed.moments(half, formula, **COLUMNS, **columns) for half in halves)
    for pooled in (a + b, b + a):
        fit = mixed.fit(pooled, covariance="heterogeneous_toeplitz")
        assert fit.loglik == pytest.approx(whole.loglik, rel=1e-11)
        assert fit.coefficients[ALL].to_numpy() == pytest.approx(
            whole.coefficients[ALL].to_numpy(), rel=1e-7, abs=1e-10
        )


def test_the_sum_agrees_to_ten_digits(trial, halves):
    whole = mixed.fit(trial, FORMULA, **COLUMNS)
    pooled = mixed.fit(mixed.moments(halves[0], FORMULA, **COLUMNS) + mixed.moments(halves[1], FORMULA, **COLUMNS))
    error = whole.coefficients["std_error"]
    assert ((pooled.coefficients["estimate"] - whole.coefficients["estimate"]).abs() / error).max() < 1e-10
    assert (pooled.coefficients["std_error"] / error - 1).abs().max() < 1e-10


def test_sites_far_apart_lose_no_digits(trial, halves):
    moved = halves[1].assign(age=halves[1]["age"] + 100, change=halves[1]["change"] + 100)
    whole = mixed.fit(pd.concat([halves[0], moved]), FORMULA, **COLUMNS)
    pooled = mixed.moments(halves[0], FORMULA, **COLUMNS) + mixed.moments(moved, FORMULA, **COLUMNS)
    assert_same(mixed.fit(pooled), whole, rel=1e-6)


def test_moments_fit_as_their_table_does(trial):
    moments = mixed.moments(trial, FORMULA, **COLUMNS)
    a, b = mixed.fit(moments), mixed.fit(trial, FORMULA, **COLUMNS)
    assert_same(a, b, rel=1e-12)
    for table in (mixed.margins, mixed.differences):
        pd.testing.assert_frame_equal(table(a, "arm", by="visit"), table(b, "arm", by="visit"))
    assert repr(moments) == f"Moments({FORMULA!r}: 150 subjects, {len(trial)} observations, 4 visits, 8 patterns)"


@pytest.mark.parametrize("formula", [FORMULA, "change ~ C(site)*visit + pain*arm + baseline"])
def test_a_file_gives_the_same_fit(trial, tmp_path, formula):
    moments = mixed.moments(trial.assign(extra=1), formula, **COLUMNS, weights="weight")
    moments.save(tmp_path / "moments.npz", fewest=1)
    back = mixed.load_moments(tmp_path / "moments.npz")
    assert_same(mixed.fit(back), mixed.fit(moments), rel=1e-12)
    assert_same(mixed.fit(back + moments), mixed.fit(moments + moments), rel=1e-10)
    margins = [mixed.margins(mixed.fit(one), "visit") for one in (back, moments)]
    pd.testing.assert_frame_equal(*margins)
    assert (tmp_path / "moments.npz").stat().st_size < 60_000


def test_integer_visits_come_back_as_integers(trial, tmp_path):
    moments = mixed.moments(trial.assign(visit=trial["visit"].astype(int)), "change ~ C(visit)", **COLUMNS)
    moments.save(tmp_path / "m.npz", fewest=1)
    assert mixed.load_moments(tmp_path / "m.npz").visits == (1, 2, 3, 4)


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "a.npz").write_text("not moments")
    np.savez(tmp_path / "b.npz", header=np.array('{"version": 99}'), patterns=1, pattern_group=1, counts=1, gram=1)
    np.savez(tmp_path / "c.npz", x=1)
    for name, match in (
        ("a", "not a file of moments"),
        ("b", "version 99; this program reads version 2"),
        ("c", "not a file"),
    ):
        with pytest.raises(mixed.MomentsError, match=match):
            mixed.load_moments(tmp_path / f"{name}.npz")


@pytest.mark.parametrize(
    ("change", "formula", "match"),
    [
        ({}, "change ~ visit*arm", "the formulas differ"),
        ({"arm": "esk"}, None, "single level"),
        ({"arm": ["esk", "im"]}, None, "the levels differ"),
        ({"visit": "drop"}, None, "the visits differ"),
        ({"baseline": "vary"}, None, "vary within a subject differ"),
    ],
    ids=str,
)
def test_different_designs_do_not_add(halves, change, formula, match):
    other = halves[1].copy()
    rng = np.random.default_rng(1)
    if change.get("arm") == "esk":
        other["arm"] = "esk"
    elif "arm" in change:
        other["arm"] = other["arm"].map({"esk": "esk", "iv": "im"})
    elif "visit" in change:
        other = other[other["visit"] != "4"]
    elif "baseline" in change:
        other["baseline"] += rng.normal(size=len(other))
    first = mixed.moments(halves[0], FORMULA, **COLUMNS)
    with pytest.raises(mixed.MixedError, match=match):
        first + mixed.moments(other, formula or FORMULA, **COLUMNS)


def test_a_factor_scaled_by_its_own_data_does_not_add(halves):
    a, b = (mixed.moments(half, "change ~ visit + bs(age, df=4)", **COLUMNS) for half in halves)
    with pytest.raises(mixed.MomentsError, match=r"'bs\(age, df=4\)' was computed from each data set's own rows"):
        a + b


def test_adding_something_else_is_a_type_error(trial):
    with pytest.raises(TypeError):
        mixed.moments(trial, FORMULA, **COLUMNS) + 1


def test_rare_patterns_are_named(trial):
    lonely = trial[(trial["person"] != "p0000") | trial["visit"].isin(["1", "3"])]
    lonely = lonely[
        ~(
            lonely["visit"].eq("2")
            & lonely["person"].ne("p0000")
            & lonely["person"].isin([p for p, own in lonely.groupby("person") if set(own["visit"]) == {"1", "3"}])
        )
    ]
    moments = mixed.moments(lonely, FORMULA, **COLUMNS)
    sizes = lonely.groupby("person")["visit"].agg(", ".join).value_counts()
    rare = moments.rare_patterns(threshold=10).set_index("visits")["subjects"]
    assert rare.to_dict() == sizes[sizes < 10].to_dict()
    assert moments.rare_patterns(threshold=1).empty


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"vcov": "cr2"}, "a cr2 sandwich needs the rows of the subjects"),
        ({"covariance": None, "random": "1"}, "random effects need the table"),
        ({"formula": FORMULA}, "takes formula, subject, visit, weights and group from the moments"),
    ],
    ids=str,
)
def test_what_moments_cannot_do(trial, options, match):
    moments = mixed.moments(trial, FORMULA, **COLUMNS)
    with pytest.raises(mixed.MixedError, match=match):
        mixed.fit(moments, **options)


def test_residuals_need_rows(trial):
    with pytest.raises(mixed.MomentsError, match="fit to the table, not to moments"):
        mixed.fit(mixed.moments(trial, FORMULA, **COLUMNS)).residuals()
