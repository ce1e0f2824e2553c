"""Tests, margins, adjustments and sandwiches, against formulas written out and against published results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_trials import FORMULA, by_visit, dense_design, simulate_trial
from scipy import stats

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}


@pytest.fixture(scope="module")
def trial():
    return simulate_trial()


@pytest.fixture(scope="module")
def fit(trial):
    return mixed.fit(trial, FORMULA, **COLUMNS)


def potthoff_roy():
    """Distances of 11 girls and 16 boys at 8, 10, 12 and 14 years (Potthoff & Roy 1964, doi:10.1093/biomet/51.3-4.313)."""
    girls = """21 20 21.5 23|21 21.5 24 25.5|20.5 24 24.5 26|23.5 24.5 25 26.5|21.5 23 22.5 23.5|20 21 21 22.5|21.5 22.5 23 25
        |23 23 23.5 24|20 21 22 21.5|16.5 19 19 19.5|24.5 25 28 28"""
    boys = """26 25 29 31|21.5 22.5 23 26.5|23 22.5 24 27.5|25.5 27.5 26.5 27|20 23.5 22.5 26|24.5 25.5 27 28.5|22 22 24.5 26.5
        |24 21.5 24.5 25.5|23 20.5 31 26|27.5 28 31 31.5|23 23 23.5 25|21.5 23.5 24 28|17 24.5 26 29.5|22.5 25.5 25.5 26
        |23 24.5 26 30|22 21.5 23.5 25"""
    rows = []
    for sex, block in (("F", girls), ("M", boys)):
        for child, line in enumerate(block.split("|")):
            distances = zip((8, 10, 12, 14), line.split(), strict=True)
            rows += [(f"{sex}{child}", sex, age, float(distance)) for age, distance in distances]
    return pd.DataFrame(rows, columns=["child", "sex", "age", "distance"])


@pytest.mark.parametrize(
    ("covariance", "mean", "minus_twice"),
    [
        ("unstructured", "sex*C(age)", 416.509),
        ("unstructured", "sex*age", 419.477),
        ("compound_symmetry", "sex*age", 428.639),
        ("ar1", "sex*age", 440.681),
    ],
)
def test_potthoff_and_roy_by_maximum_likelihood(covariance, mean, minus_twice):
    """-2 log L of models 1, 2, 7 and 5 of Jennrich & Schluchter (1986, doi:10.2307/2530695)."""
    fit = mixed.fit(
        potthoff_roy(),
        f"distance ~ {mean}",
        subject="child",
        visit="age",
        covariance=covariance,
        method="ml",
        df="satterthwaite",
    )
    assert -2 * fit.loglik == pytest.approx(minus_twice, abs=6e-4)


def test_balanced_data_give_the_textbook_paired_t():
    """With one group and complete pairs the difference of two visits is the paired t with n - 1 df."""
    rng = np.random.default_rng(4)
    y = rng.multivariate_normal([1, 2], [[2, 1], [1, 3]], 12)
    data = pd.DataFrame({"person": np.repeat(np.arange(12), 2), "visit": list("ab") * 12, "y": y.ravel()})
    found = mixed.fit(data, "y ~ visit", **COLUMNS).contrast({"visit[b]": 1}).iloc[0]
    t = stats.ttest_rel(y[:, 1], y[:, 0])
    assert found[["statistic", "df", "p_value"]].tolist() == pytest.approx([t.statistic, 11, t.pvalue], rel=1e-9)
    interval = t.confidence_interval()
    assert found[["lower", "upper"]].tolist() == pytest.approx([interval.low, interval.high], rel=1e-9)


def test_hotellings_t_squared_is_the_joint_kenward_roger_f():
    """One group, complete data: the F of all visit differences is Hotelling's, with p and n - p df."""
    rng = np.random.default_rng(7)
    y = rng.multivariate_normal([1.0, 1.4, 1.1, 2.0], 0.5 + np.eye(4), 15)
    data = pd.DataFrame({"person": np.repeat(np.arange(15), 4), "visit": list("abcd") * 15, "y": y.ravel()})
    found = mixed.fit(data, "y ~ visit", **COLUMNS).anova().iloc[0]
    d = y[:, 1:] - y[:, :1]
    t_squared = 15 * d.mean(axis=0) @ np.linalg.solve(np.cov(d.T), d.mean(axis=0))
    assert found["num_df"] == 3
    assert found["df"] == pytest.approx(12, rel=1e-8)
    assert found["statistic"] == pytest.approx(t_squared * 12 / (14 * 3), rel=1e-8)


def test_p_values_and_intervals_follow_from_estimate_and_df(fit):
    table = fit.coefficients
    assert table["statistic"].to_numpy() == pytest.approx((table["estimate"] / table["std_error"]).to_numpy())
    assert table["p_value"].to_numpy() == pytest.approx(2 * stats.t.sf(table["statistic"].abs(), table["df"]), rel=1e-9)
    half = stats.t.ppf(0.975, table["df"]) * table["std_error"]
    assert table["upper"].to_numpy() == pytest.approx((table["estimate"] + half).to_numpy(), rel=1e-9)
    assert np.sqrt(np.diag(fit.vcov)) == pytest.approx(table["std_error"].to_numpy(), rel=1e-10)


def test_contrasts_by_name_and_by_number_agree(fit):
    by_name = fit.contrast({"arm[iv]": 1, "arm[iv]:visit[4]": 1})
    for other in (
        {"arm[T.iv]": 1, "visit[T.4]:arm[T.iv]": 1},
        [float(n in ("arm[iv]", "arm[iv]:visit[4]")) for n in fit.names],
    ):
        pd.testing.assert_frame_equal(by_name, fit.contrast(other))
    last = mixed.differences(fit, "arm", by="visit").iloc[-1]
    assert by_name.iloc[0][["estimate", "std_error", "df"]].tolist() == pytest.approx(
        last[["estimate", "std_error", "df"]].tolist(), rel=1e-9
    )


@pytest.mark.parametrize("df", ["kenward_roger", "satterthwaite", "between_within", "residual", "normal"])
def test_a_joint_test_of_one_row_is_the_square_of_t(trial, df):
    fit = mixed.fit(trial, FORMULA, df=df, **COLUMNS)
    one = fit.contrast({"arm[iv]": 1}).iloc[0]
    joint = fit.contrast(np.array([[float(name == "arm[iv]") for name in fit.names]] * 2)).iloc[0]
    assert joint["num_df"] == 1
    assert joint["statistic"] == pytest.approx(one["statistic"] ** 2, rel=1e-9)
    assert joint["p_value"] == pytest.approx(one["p_value"], rel=1e-7)
    assert joint["df"] == pytest.approx(one["df"], rel=1e-9)


def test_joint_tests_do_not_depend_on_how_the_contrasts_are_written(fit):
    rows = np.zeros((2, len(fit.names)))
    rows[0, 4], rows[1, 5] = 1, 1
    turned = np.array([[2.0, 1.0], [1.0, -3.0]]) @ rows
    for given in (turned, np.vstack([rows, turned])):
        assert fit.contrast(given).iloc[0].tolist() == pytest.approx(fit.contrast(rows).iloc[0].tolist(), rel=1e-8)


def test_counted_df(trial):
    n, people, k = len(trial), trial["person"].nunique(), 13
    residual = mixed.fit(trial, FORMULA, df="residual", **COLUMNS).coefficients.set_index("term")["df"]
    counted = mixed.fit(trial, FORMULA, df="between_within", **COLUMNS).coefficients.set_index("term")["df"]
    assert (residual == n - k).all()
    assert counted["arm[iv]"] == counted["baseline"] == people - 1 - 3
    assert counted["visit[2]"] == counted["arm[iv]:visit[4]"] == n - people - 9
    assert np.isinf(mixed.fit(trial, FORMULA, df="normal", **COLUMNS).coefficients["df"]).all()


def test_information_is_a_choice_that_shows(trial):
    observed, expected = (mixed.fit(trial, FORMULA, information=i, **COLUMNS) for i in ("observed", "expected"))
    assert observed.loglik == pytest.approx(expected.loglik, rel=1e-12)
    gap = (observed.coefficients["df"] / expected.coefficients["df"] - 1).abs()
    assert 1e-6 < gap.max() < 0.3
    assert "expected information" in expected.summary()


def _cr(trial, fit, kind):
    """The sandwich written out: whitening, leverage and adjustment subject by subject."""
    x, y = dense_design(trial, FORMULA)
    sigma = by_visit(fit.covariance)
    groups = trial.reset_index(drop=True).groupby("person", sort=False).indices.values()
    inverse = {g[0]: np.linalg.inv(sigma(trial.iloc[g])) for g in groups}
    bread = np.linalg.inv(sum(x[g].T @ inverse[g[0]] @ x[g] for g in groups))
    e = y - x @ bread @ sum(x[g].T @ inverse[g[0]] @ y[g] for g in groups)
    forms = []
    for g in groups:
        v = np.linalg.inv(inverse[g[0]])
        root = np.linalg.cholesky(v)
        h = np.linalg.solve(root, x[g]) @ bread @ np.linalg.solve(root, x[g]).T
        values, vectors = np.linalg.eigh(np.eye(len(g)) - h)
        adjust = vectors @ np.diag(values ** {"cr0": 0.0, "cr2": -0.5, "cr3": -1.0}[kind]) @ vectors.T
        form = np.zeros((x.shape[1], len(y)))
        form[:, g] = bread @ np.linalg.solve(root, x[g]).T @ adjust @ np.linalg.inv(root)
        forms.append(form)
    vcov = sum(np.outer(form @ e, form @ e) for form in forms)
    whole = np.zeros((len(y), len(y)))
    for g in groups:
        whole[np.ix_(g, g)] = np.linalg.inv(inverse[g[0]])
    spread = whole - x @ bread @ x.T
    df = []
    for j in range(x.shape[1]):
        rows = np.stack([form[j] for form in forms])
        inner = rows @ spread @ rows.T
        df.append(np.trace(inner) ** 2 / np.sum(inner**2))
    return vcov, np.array(df)


@pytest.mark.parametrize("kind", ["cr0", "cr2", "cr3"])
def test_sandwiches_equal_the_definition(trial, kind):
    fit = mixed.fit(trial, FORMULA, vcov=kind, covariance="toeplitz", **COLUMNS)
    vcov, df = _cr(trial, fit, kind)
    assert fit.vcov.to_numpy() == pytest.approx(vcov, rel=1e-7, abs=1e-12)
    assert fit.coefficients["df"].to_numpy() == pytest.approx(df, rel=1e-7)
    assert fit.df_method == "satterthwaite"
    assert any("not defined for a " + kind in note for note in fit.warnings)


def test_sandwiches_agree_between_the_two_paths(trial):
    options = {"covariance": None, "random": "1", "vcov": "cr2", "weights": "weight"}
    a = mixed.fit(trial, "change ~ arm*visit", **COLUMNS, **options).coefficients
    b = mixed.fit(trial, "change ~ arm*visit", subject="person", **options).coefficients
    for column in ("estimate", "std_error", "df"):
        assert a[column].to_numpy() == pytest.approx(b[column].to_numpy(), rel=1e-6)


def test_margins_are_averages_of_the_prediction(trial):
    fit = mixed.fit(trial, "change ~ arm*visit + site*arm + age", **COLUMNS)
    margins = mixed.margins(fit, "arm", by="visit")
    assert margins.columns.tolist()[:4] == ["arm", "visit", "estimate", "std_error"]
    beta = fit.coefficients.set_index("term")["estimate"]
    expected = (
        beta["Intercept"] + beta["arm[iv]"] + beta["visit[3]"] + beta["arm[iv]:visit[3]"] + beta["age"] * trial["age"].mean()
        + sum(beta[f"site[{s}]"] + beta[f"site[{s}]:arm[iv]"] for s in ("south", "west")) / 3
    )  # fmt: skip
    cell = margins[(margins["arm"] == "iv") & (margins["visit"] == "3")]
    assert cell["estimate"].item() == pytest.approx(expected, rel=1e-10)
    share = trial["site"].value_counts(normalize=True)
    proportional = mixed.margins(fit, "arm", by="visit", weights="proportional").loc[cell.index, "estimate"].item()
    lift = sum((share[s] - 1 / 3) * (beta[f"site[{s}]"] + beta[f"site[{s}]:arm[iv]"]) for s in ("south", "west"))
    assert proportional - expected == pytest.approx(lift, rel=1e-8)


def test_margins_at_chosen_values(trial):
    fit = mixed.fit(trial, "change ~ arm*visit + age*arm", **COLUMNS)
    at = mixed.margins(fit, ["arm", "age"], at={"age": [30, 60], "visit": "2"})
    slope = at.pivot_table(index="arm", columns="age", values="estimate").pipe(lambda t: (t[60] - t[30]) / 30)
    beta = fit.coefficients.set_index("term")["estimate"]
    assert slope["esk"] == pytest.approx(beta["age"])
    assert slope["iv"] == pytest.approx(beta["age"] + beta["age:arm[iv]"])


def test_margins_of_a_transformed_covariate_hold_it_at_the_mean_of_the_variable(trial):
    fit = mixed.fit(trial, "change ~ arm*visit + log(age)", **COLUMNS)
    beta = fit.coefficients.set_index("term")["estimate"]
    first = mixed.margins(fit, "arm", by="visit").iloc[0]["estimate"]
    assert first == pytest.approx(beta["Intercept"] + beta["log(age)"] * np.log(trial["age"].mean()))


def test_differences_take_the_earlier_level_away(trial):
    fit = mixed.fit(trial, "change ~ site*visit", **COLUMNS)
    table = mixed.differences(fit, "site", by="visit")
    assert table["contrast"].tolist()[:3] == ["south - north", "west - north", "west - south"]
    assert table.columns.tolist()[:3] == ["contrast", "visit", "estimate"]
    one = fit.coefficients.set_index("term").loc["site[south]"]
    assert table.iloc[0][["estimate", "std_error", "df"]].tolist() == pytest.approx(
        one[["estimate", "std_error", "df"]].tolist()
    )


def test_adjustments(trial):
    fit = mixed.fit(trial, "change ~ site*visit", **COLUMNS)
    plain = mixed.differences(fit, "site", by="visit")
    p = plain["p_value"].to_numpy().reshape(4, 3)
    holm = mixed.differences(fit, "site", by="visit", adjust="holm")["p_value"].to_numpy().reshape(4, 3)
    for raw, adjusted in zip(p, holm, strict=True):
        ranked = np.sort(raw) * [3, 2, 1]
        assert np.sort(adjusted) == pytest.approx(np.minimum(np.maximum.accumulate(ranked), 1))
    sidak = mixed.differences(fit, "site", by="visit", adjust="sidak")
    assert sidak["p_value"].to_numpy() == pytest.approx(1 - (1 - p.ravel()) ** 3)
    tukey = mixed.differences(fit, "site", by="visit", adjust="tukey")
    q = stats.studentized_range.sf(np.abs(plain["statistic"]) * np.sqrt(2), 3, plain["df"])
    assert tukey["p_value"].to_numpy() == pytest.approx(q, rel=1e-6)
    for table in (sidak, tukey):
        excludes_zero = (table["lower"] > 0) | (table["upper"] < 0)
        assert (excludes_zero == (table["p_value"] < 0.05)).all()
        assert (table["upper"] > plain["upper"]).all()


def test_type_three_tests_do_not_depend_on_the_reference(trial):
    formula = "change ~ arm*visit + site*baseline"
    plain = mixed.fit(trial, formula, **COLUMNS).anova()
    turned = {
        name: pd.Categorical(trial[name], sorted(trial[name].unique())[::-1]) for name in ("arm", "site", "visit")
    }
    other = mixed.fit(trial.assign(**turned), formula, **COLUMNS).anova()
    assert plain["statistic"].to_numpy() == pytest.approx(other["statistic"].to_numpy(), rel=1e-7)
    assert plain["num_df"].tolist() == [1, 3, 2, 1, 3, 2]
    assert plain["term"].tolist() == ["arm", "visit", "site", "baseline", "arm:visit", "site:baseline"]


def test_level_sets_the_width_of_intervals(trial):
    wide, narrow = (mixed.fit(trial, FORMULA, level=level, **COLUMNS).coefficients for level in (0.99, 0.8))
    ratio = (wide["upper"] - wide["estimate"]) / (narrow["upper"] - narrow["estimate"])
    assert ratio.to_numpy() == pytest.approx(stats.t.ppf(0.995, wide["df"]) / stats.t.ppf(0.9, wide["df"]), rel=1e-9)
