"""Sites as random, and negative controls: against a published meta-analysis, statsmodels, and what must be found or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.meta_analysis import combine_effects
from two_arms import generate_tables, make_comparison

from outcomes.analysis.comparison.compare import estimate_effects
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.sensitivity.control_rows import compare_controls
from outcomes.analysis.comparison.sensitivity.model_rows import vary_model
from outcomes.analysis.comparison.sensitivity.site_rows import (
    compare_within,
    vary_sites,
)
from outcomes.analysis.comparison.setting import build_setting
from outcomes.errors import ModelError
from outcomes.random_effects import estimate_heterogeneity, pool_differences
from outcomes.release.disclosure.failures import word_failures
from outcomes.settings.comparison import NegativeControl

# BCG vaccine against tuberculosis (Colditz et al. 1994): vaccinated ill, well; others ill, well
BCG = np.array(
    [[4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761], [180, 1361, 372, 1079],
     [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600], [186, 50448, 141, 27197],
     [5, 2493, 3, 2338], [27, 16886, 29, 17825]], dtype=float,
)  # fmt: skip
ILL, TOTAL = BCG[:, [0, 2]], np.column_stack([BCG[:, :2].sum(axis=1), BCG[:, 2:].sum(axis=1)])
LOG_RATIO = np.log(ILL[:, 0] / TOTAL[:, 0] / (ILL[:, 1] / TOTAL[:, 1]))
VARIANCE = (1 / ILL - 1 / TOTAL).sum(axis=1)


def make_sites(spread=0.0, seed=3):
    """The made-up study with eight sites whose true differences vary; the patients' site is a confounder."""
    tables = generate_tables(n=1200, seed=seed)
    generator = np.random.default_rng(seed)
    site = generator.choice([f"site {k}" for k in range(8)], 1200)
    extra = dict(zip(sorted(set(site)), generator.normal(0, spread, 8), strict=True))
    patients = tables["patients"].assign(site=pd.Categorical(site), age=np.arange(1200.0) % 50, always=1.0)
    endpoints = tables["endpoints"]
    treated = (endpoints["arm"] == "iv").to_numpy() & (endpoints["axis"] != "baseline").to_numpy()
    more = endpoints["patient"].map(pd.Series(site, patients["patient"]).map(extra)).to_numpy(dtype=float)
    endpoints = endpoints.assign(change=endpoints["change"] + np.where(treated, more, 0.0))
    comparison = make_comparison(confounders=["baseline", "payer", "failures", "site"])
    tables |= {"patients": patients, "endpoints": endpoints}
    return tables, build_setting(select_compared(tables, comparison), comparison)


def test_random_effects_are_the_published_ones():
    # metafor 4's example: tau2 0.3132, mean -0.7145, standard error 0.1798
    tau2 = estimate_heterogeneity(LOG_RATIO, VARIANCE)
    inverse = 1 / (VARIANCE + tau2)
    assert tau2 == pytest.approx(0.3132, abs=5e-5)
    assert pool_differences(LOG_RATIO, VARIANCE, "random").estimate == pytest.approx(-0.7145, abs=5e-5)
    assert inverse.sum() ** -0.5 == pytest.approx(0.1798, abs=5e-5)


def test_a_common_effect_agrees_with_statsmodels():
    ours, theirs = pool_differences(LOG_RATIO, VARIANCE, "fixed"), combine_effects(LOG_RATIO, VARIANCE)
    row = theirs.summary_frame().loc["fixed effect"]
    assert (ours.estimate, ours.lower, ours.upper) == pytest.approx((row["eff"], row["ci_low"], row["ci_upp"]))


def test_without_heterogeneity_the_interval_is_not_narrower_than_with_a_common_effect():
    values, variances = np.array([1.0, 1.01, 0.99, 1.0]), np.full(4, 0.25)
    random, fixed = (pool_differences(values, variances, way) for way in ("random", "fixed"))
    assert random.tau == 0
    assert random.upper - random.lower >= fixed.upper - fixed.lower


def test_a_site_s_difference_is_weighted_least_squares():
    generator = np.random.default_rng(1)
    data = pd.DataFrame(
        {"t": generator.random(60) < 0.5, "b": generator.normal(size=60), "w": generator.random(60) + 0.2}
    )
    data = data.assign(y=2.0 * data["t"] + data["b"] + generator.normal(size=60), t=data["t"].astype(int))
    theirs = smf.wls("y ~ t + b", data, weights=data["w"]).fit(cov_type="HC2")
    found = compare_within(*(data[name].to_numpy(dtype=float) for name in ("y", "t", "b", "w")))
    assert found == pytest.approx((theirs.params["t"], theirs.bse["t"] ** 2), rel=1e-9)


def test_sites_find_the_truth_and_their_spread():
    for spread in (0.0, 3.0):
        _, setting = make_sites(spread)
        rows = {row["analysis"]: row for row in vary_sites(setting, "day", "day 28")}
        assert list(rows) == ["site_fixed", "site_random", "site_clustered", "site_pooled_fixed", "site_pooled_random"]
        assert all(row["converged"] for row in rows.values())
        assert rows["site_pooled_random"]["lower"] < -2 < rows["site_pooled_random"]["upper"]
        wide, narrow = (
            rows[f"site_pooled_{way}"]["upper"] - rows[f"site_pooled_{way}"]["lower"] for way in ("random", "fixed")
        )
        assert wide > (1.5 if spread else 1.0) * narrow


def cluster_by_site(setting):
    return replace(setting, comparison=setting.comparison.model_copy(update={"cluster": "site", "replicates": 0}))


def test_the_primary_difference_clustered_by_site_is_the_row_of_the_grid_to_the_digit():
    _, setting = make_sites(2.0)
    row = next(row for row in vary_sites(setting, "day", "day 28") if row["analysis"] == "site_clustered")
    by_patient, by_site = (
        estimate_effects([one], 1).query("timepoint == 'day 28' and variance == 'cr2'").iloc[0]
        for one in (
            replace(setting, comparison=setting.comparison.model_copy(update={"replicates": 0})),
            cluster_by_site(setting),
        )
    )
    assert {name: by_site[name] for name in ("estimate", "lower", "upper")} == {
        name: row[name] for name in ("estimate", "lower", "upper")
    }
    assert by_site["df"] < 8 < by_patient["df"]
    assert by_site["estimate"] == by_patient["estimate"]
    assert by_site["std_error"] > by_patient["std_error"]
    assert f"{by_site['df']:.1f} degrees of freedom" in row["note"]


def test_sites_that_are_alike_by_chance_do_not_make_the_difference_surer():
    """These eight sites gave an interval six tenths as wide as that of the patients."""
    _, setting = make_sites(seed=11)
    row = next(row for row in vary_sites(setting, "day", "day 28") if row["analysis"] == "site_clustered")
    plain = replace(setting, comparison=setting.comparison.model_copy(update={"replicates": 0}))
    by_patient = estimate_effects([plain], 1).query("timepoint == 'day 28' and variance == 'cr2'").iloc[0]
    assert [row[name] for name in ("lower", "upper")] == by_patient[["lower", "upper"]].tolist()
    assert "never narrower than by patient" in row["note"]


def test_a_variance_clustered_by_site_is_refused_of_three_sites():
    tables, _ = make_sites()
    names = tables["patients"]["site"].astype(str).map(lambda name: f"site {int(name[-1]) % 3}")
    tables["patients"] = tables["patients"].assign(site=pd.Categorical(names))
    comparison = make_comparison(confounders=["baseline", "payer", "failures", "site"])
    setting = build_setting(select_compared(tables, comparison), comparison)
    with pytest.raises(ModelError, match=r"fewer than 4 sites with a score.*comparison\.cluster: patient"):
        estimate_effects([cluster_by_site(setting)], 1)


def test_a_variance_clustered_by_site_needs_the_confounder_that_names_the_site():
    with pytest.raises(ValueError, match="cluster: site needs the confounder that names the site"):
        make_comparison(confounders=["baseline", "payer"], cluster="site")


def test_fixed_sites_agree_with_the_regression_by_formula():
    _, setting = make_sites()
    people = setting.compared.people.assign(change=setting.compared.at("day", "day 28", "change"))
    theirs = smf.ols(
        "change ~ treated + baseline + C(payer) + failures + C(site)", people.astype({"treated": int})
    ).fit()
    row = next(iter(vary_sites(setting, "day", "day 28")))
    assert row["estimate"] == pytest.approx(theirs.params["treated"], rel=1e-8)
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(theirs.conf_int().loc["treated"]), rel=1e-8)


def test_small_sites_are_left_out_and_two_sites_are_refused():
    tables, _ = make_sites()
    site = tables["patients"]["site"].astype(object).where(tables["patients"]["patient"] > 8, "tiny")
    comparison = make_comparison(confounders=["baseline", "site"], left_out=[])
    tables["patients"] = tables["patients"].assign(site=site)
    rows = {
        row["analysis"]: row
        for row in vary_sites(build_setting(select_compared(tables, comparison), comparison), "day", "day 28")
    }
    assert rows["site_pooled_fixed"]["note"].endswith(
        "; sites with few scores in an arm left out"
    )  # how many tells of how many people
    assert not any(character.isdigit() for character in rows["site_clustered"]["note"].split("(CR2)")[0])
    tables["patients"] = tables["patients"].assign(site=np.where(tables["patients"]["patient"] % 2, "a", "b"))
    rows = list(vary_sites(build_setting(select_compared(tables, comparison), comparison), "day", "day 28"))
    assert not any(row["converged"] for row in rows)
    assert word_failures(pd.DataFrame(rows))["note"].eq("fewer than 3 sites with a score").all()


def test_the_release_says_why_three_sites_have_no_clustered_variance_and_small_ones_no_pooled_difference():
    tables, _ = make_sites()
    place = tables["patients"]["patient"].to_numpy()
    site = np.where(place > 40, "a", np.where(place > 8, "b", "c"))
    comparison = make_comparison(confounders=["baseline", "site"], left_out=[])
    setting = build_setting(
        select_compared(tables | {"patients": tables["patients"].assign(site=site)}, comparison), comparison
    )
    rows = word_failures(pd.DataFrame(vary_sites(setting, "day", "day 28"))).set_index("analysis")
    assert rows.loc["site_clustered", "note"].startswith("fewer than 4 sites with a score")
    assert rows.loc["site_pooled_random", "note"] == "fewer than 3 sites with 10 scores in each arm"
    assert rows.loc["site_fixed", "converged"]


class TestControls:
    TABLES, SETTING = make_sites()

    def compare(self, pretreatment=None, patients=None, **declared):
        comparison = make_comparison(confounders=["baseline", "payer", "failures", "site"])
        comparison = comparison.model_copy(update={"negative_control": NegativeControl(**declared)})
        setting = build_setting(self.SETTING.compared, comparison)
        given = {"pretreatment": pretreatment, "patients": patients}
        tables = self.TABLES | {name: table for name, table in given.items() if table is not None}
        return {row["analysis"]: row for row in compare_controls(tables, setting)}

    def pretreatment(self, confounded):
        people = self.SETTING.compared.people
        generator = np.random.default_rng(2)
        last = people["baseline"].to_numpy()
        slope = generator.normal(0, 2, len(people)) + np.where(people["treated"], confounded, 0.0)
        columns = {"patient": people["patient"], "series": 1, "instrument": "phq9"}
        return pd.DataFrame({**columns, "first_score": last - slope, "last_score": last})

    def test_a_slope_before_treatment_is_found_where_there_is_one(self):
        clean = self.compare(self.pretreatment(0.0))["control_slope"]
        assert clean["lower"] < 0 < clean["upper"]
        dirty = self.compare(self.pretreatment(-1.5))["control_slope"]
        assert dirty["upper"] < 0
        assert dirty["lower"] < -1.5 < dirty["upper"]

    def test_a_column_is_compared_in_standard_deviations(self):
        row = self.compare(columns=["age"])["control_age"]
        assert row["scale"] == "standard deviations"
        assert row["lower"] < 0 < row["upper"]

    def test_another_instrument_s_change(self):
        row = self.compare(instruments=["phq9"])["control_change_phq9"]
        assert row["upper"] < 0  # no control at all: the treatment does bear on it

    @pytest.mark.parametrize(
        ("declared", "message"),
        [
            ({"columns": ["income"]}, "income not among the patients' columns"),
            ({"columns": ["patient"]}, "patient not among the patients' columns"),
        ],
    )
    def test_what_is_not_there_is_refused(self, declared, message):
        with pytest.raises(ModelError, match=message):
            self.compare(**declared)

    @pytest.mark.parametrize("value", [True, 3.0, None])
    def test_a_control_that_is_the_same_in_all_has_no_number(self, value):
        patients = self.TABLES["patients"].assign(always=value)
        row = self.compare(patients=patients, columns=["always"])["control_always"]
        assert not row["converged"]
        assert row["note"] == "the same in all patients compared, or not recorded"

    def test_a_control_without_a_score_has_no_number(self):
        row = self.compare(instruments=["gad7"])["control_change_gad7"]
        assert not row["converged"]
        assert "fewer than 10 patients in an arm" in row["note"]

    def test_a_confounder_is_no_control(self):
        with pytest.raises(ValueError, match="are confounders"):
            make_comparison(negative_control={"columns": ["payer"]})


@pytest.mark.parametrize(("times", "there"), [(1.0, False), (2.5, True)])
def test_arms_that_scatter_unlike_each_other_are_fitted_with_a_covariance_each(times, there):
    tables = generate_tables(n=500, seed=4)
    endpoints, comparison = tables["endpoints"], make_comparison()
    treated = (endpoints["arm"] == "iv").to_numpy() & (endpoints["axis"] != "baseline").to_numpy()
    middle = endpoints.loc[treated, "change"].mean()
    wide = endpoints["change"].where(~treated, middle + times * (endpoints["change"] - middle))
    setting = build_setting(
        select_compared(tables | {"endpoints": endpoints.assign(change=wide)}, comparison), comparison
    )
    rows = {row["analysis"]: row for row in vary_model(setting, "day", "day 28")}
    assert ("arm_covariances" in rows) == there
    if there:
        own, shared = rows["arm_covariances"], rows["weighted_overlap"]
        assert own["converged"]
        assert own["n"] == shared["n"]
        assert "residual SD is 2." in own["note"]
        assert own["estimate"] == pytest.approx(shared["estimate"], abs=shared["upper"] - shared["lower"])
        assert own["estimate"] != shared["estimate"]
