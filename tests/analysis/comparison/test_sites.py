"""Sites beside one another: expected responses by hand and by statsmodels, their spread against metafor's, and who is put together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import chi2
from test_sites_and_controls import LOG_RATIO, VARIANCE, make_sites
from two_arms import make_comparison

from outcomes.analysis.comparison.sites.expected import Expected, expect_response
from outcomes.analysis.comparison.sites.spread import estimate_spread, find_between
from outcomes.analysis.comparison.sites.table import SITES, SPREAD, describe_spread, tabulate_sites
from outcomes.contracts.released.sites import Sites, SiteSpread

BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "sites"
COMPARISON = make_comparison(confounders=["baseline", "payer", "failures", "site"])


@pytest.fixture(scope="module")
def compared():
    return make_sites()[1].compared


def test_the_interval_between_sites_is_the_published_one():
    # metafor 4, confint(rma(yi, vi, data=dat.bcg)): tau² 0.1197 to 1.1115
    found = [find_between(LOG_RATIO, VARIANCE, float(chi2.ppf(p, len(VARIANCE) - 1))) for p in (0.975, 0.025)]
    assert found == pytest.approx([0.1197, 1.1115], abs=5e-5)


def test_spread_by_hand():
    """Two sites of variance 4, their events 6 above and below: effects ±1.5 of variance 1/4, so that REML gives 4.5 − 1/4."""
    found = estimate_spread(np.array([16.0, 4]), np.array([10.0, 10]), np.array([4.0, 4]))
    assert found.overdispersion == pytest.approx(18)
    assert found.sd**2 == pytest.approx(4.25)
    assert found.p_value == pytest.approx(chi2.sf(18, 1))
    for limit, p in ((found.lower, 0.975), (found.upper, 0.025)):  # 4.5 / (1/4 + variance) is the quantile
        assert limit**2 == pytest.approx(max(4.5 / chi2.ppf(p, 1) - 0.25, 0), rel=1e-9)


def test_expected_responses_are_those_of_a_regression_without_site(compared):
    people = compared.people.assign(y=compared.at("day", "day 28", "response"), t=compared.treated.astype(int))
    theirs = smf.logit("y ~ t + baseline + C(payer) + failures", people.dropna(subset="y")).fit(disp=0)
    found = expect_response(compared, COMPARISON, "site")
    assert found.risk[found.known] == pytest.approx(np.asarray(theirs.predict()), rel=1e-6)
    tables = tabulate_sites(compared, COMPARISON, 11)
    rows = tables["sites"].set_index("site")
    own = people[(people["site"] == "site 3")]
    assert rows.loc["site 3", ["patients", "observed", "responded"]].tolist() == [
        len(own),
        own["y"].notna().sum(),
        own["y"].sum(),
    ]
    assert rows.loc["site 3", "expected"] == pytest.approx(theirs.predict(own.dropna(subset="y")).mean(), rel=1e-6)
    assert found.risk[found.known].mean() == pytest.approx(rows.loc["all", "proportion"], rel=1e-9)
    assert np.isnan(rows.loc["all", "expected"])  # with its digits it would tell how many responded, and of how many
    assert list(rows.index) == [*(f"site {k}" for k in range(8)), "all"]
    for column in ("patients", "observed", "responded"):
        assert rows[column].iloc[:-1].sum() == rows.loc["all", column]
    assert set(tables["sites"].columns) == set(Sites.fields)
    assert set(tables["site_spread"].columns) == set(SiteSpread.fields)


def _expected(site, responded, risk=0.5):
    site, responded = np.array(site, dtype=object), np.array(responded, dtype=float)
    return Expected(site, responded, np.where(np.isnan(responded), np.nan, risk), "maximum_likelihood")


def test_outside_by_hand():
    """Of ten, 9 respond in a and 5 in b and c: a coin gives 9 or 10 with 11/1024, below 0.025, and 0 to 1 as rarely."""
    found = _expected(["a"] * 10 + ["b"] * 10 + ["c"] * 10, [1] * 9 + [0] + ([1] * 5 + [0] * 5) * 2)
    row = describe_spread(found, 5)
    assert (row["sites"], row["outside_95"], row["outside_999"]) == (3, 1, 0)
    assert row["chance_95"] == pytest.approx(3 * 22 / 1024)
    assert row["chance_999"] == 0  # none of ten is the rarest with 1/1024, which 0.0005 is below
    assert row["overdispersion"] == pytest.approx(16 / 2.5 / 2)


def test_sites_of_few_stand_together(compared):
    site = compared.people["site"].astype(object)
    place = np.arange(len(site))
    few = np.where(place < 4, "tiny a", np.where(place < 9, "tiny b", np.where(place < 40, None, site)))
    rows = tabulate_sites(replace(compared, people=compared.people.assign(site=few)), COMPARISON, 11)[
        "sites"
    ].set_index("site")
    assert rows.index[-3:].tolist() == ["not recorded", "other sites (2)", "all"]
    assert rows["patients"].iloc[-3:].tolist() == [31, 9, len(site)]
    assert rows["beyond"].iloc[-3:].isna().all()


def test_two_sites_and_one_answer_are_refused_in_words(compared):
    two = compared.people["site"].astype(str).map(lambda name: "a" if name < "site 4" else "b")
    table = tabulate_sites(replace(compared, people=compared.people.assign(site=two)), COMPARISON, 11)["site_spread"]
    assert "fewer than 3 sites" in table["note"].iloc[0]
    assert pd.isna(table["sd"].iloc[0])
    same = compared.scores.assign(response=compared.scores["response"] * 0)
    tables = tabulate_sites(replace(compared, scores=same), COMPARISON, 11)
    assert "same answer" in tables["site_spread"]["note"].iloc[0]
    assert tables["sites"]["expected"].isna().all()
    assert tables["sites"]["responded"].eq(0).all()


def test_separation_is_met_by_firth(compared):
    payer = compared.people["payer"] == "public"
    scores = compared.scores.assign(
        response=compared.scores["response"].where(~payer.to_numpy()[compared.scores["person"]], 0.0)
    )
    found = expect_response(replace(compared, scores=scores), COMPARISON, "site")
    assert found.model == "firth"
    assert np.nansum(found.risk) == pytest.approx(np.nansum(found.responded), rel=1e-6)


def test_without_a_site_there_is_no_table(compared):
    tables = tabulate_sites(compared, make_comparison(), 11)
    assert tables["sites"].empty
    assert list(tables["sites"].columns) == list(SITES)
    assert list(tables["site_spread"].columns) == list(SPREAD)


def test_the_spread_is_found_in_drawn_clinics(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from coverage_of_sites import draw_clinics

    found = [describe_spread(draw_clinics(800, 0.5, np.random.default_rng([4, k])), 11) for k in range(40)]
    inside = np.mean([row["lower"] <= 0.5 <= row["upper"] for row in found])
    assert inside >= 0.85  # of 40 that hold in 95 %, fewer with a probability of 0.3 %
    assert np.median([row["sd"] for row in found]) == pytest.approx(0.5, abs=0.12)
