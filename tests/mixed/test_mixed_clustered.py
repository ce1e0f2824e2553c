"""The sandwich clustered by sites: as that by subject where each is its own, beside plain matrices, and its coverage."""

import numpy as np
import pandas as pd
import pytest

from outcomes import mixed


def draw(rng, sites=8, each=25, spread=2.0, effect=-2.0):
    """Patients of sites whose true differences vary; two visits, some missed; arms given unequally."""
    site = np.repeat(np.arange(sites), each)
    n = len(site)
    treated = rng.random(n) < rng.uniform(0.3, 0.7, sites)[site]
    skill = rng.normal(0, 2, n) + (effect + rng.normal(0, spread, sites)[site]) * treated
    rows = pd.DataFrame(
        {
            "person": np.tile(np.arange(n), 2),
            "visit": np.repeat(["1", "2"], n),
            "arm": np.tile(treated.astype(float), 2),
            "weight": np.tile(rng.uniform(0.3, 1, n), 2),
            "score": np.tile(skill, 2) + rng.normal(0, 2, 2 * n),
        }
    )
    return rows[rng.random(2 * n) < 0.9], dict(enumerate(site))


def fit_rows(rows, **changes):
    return mixed.fit(
        rows,
        "score ~ arm*visit",
        subject="person",
        visit="visit",
        weights="weight",
        vcov="cr2",
        df="satterthwaite",
        **changes,
    )


@pytest.mark.parametrize("kind", ["cr0", "cr2", "cr3"])
def test_a_cluster_of_one_subject_is_the_sandwich_by_subject(kind):
    rows, _ = draw(np.random.default_rng(1))
    fit = mixed.fit(
        rows, "score ~ arm*visit", subject="person", visit="visit", weights="weight", vcov=kind, df="satterthwaite"
    )
    own = mixed.cluster(fit, {person: person for person in rows["person"]}, kind)
    for name in ("estimate", "std_error", "df", "lower"):
        assert own.estimates[name] == pytest.approx(fit.estimates[name], rel=1e-7)


def test_it_is_bell_and_mccaffrey_s_by_plain_matrices():
    """Least squares of one visit: A = (I − H)^(-1/2) by the whole matrix, and df = 2 E(q)²/var(q) of the quadratic form."""
    rng = np.random.default_rng(2)
    rows, site = draw(rng, sites=6, each=9)
    rows = rows[rows["visit"] == "1"].assign(weight=1.0).sort_values("person")
    fit = mixed.fit(rows, "score ~ arm", subject="person", visit="visit", vcov="cr2", df="satterthwaite")
    found = mixed.cluster(fit, site)
    x, y = np.column_stack([np.ones(len(rows)), rows["arm"]]), rows["score"].to_numpy()
    inverse = np.linalg.inv(x.T @ x)
    left = np.eye(len(x)) - x @ inverse @ x.T
    member = np.array([site[person] for person in rows["person"]])
    variance, rays = np.zeros((2, 2)), []
    for one in range(6):
        own = member == one
        values, vectors = np.linalg.eigh(left[np.ix_(own, own)])
        adjust = vectors @ np.diag(np.where(values > 1e-10, values, np.inf) ** -0.5) @ vectors.T
        score = inverse @ x[own].T @ adjust @ (left @ y)[own]
        variance += np.outer(score, score)
        rays.append(left[own].T @ adjust @ x[own] @ inverse[:, 1])
    gram = np.array(rays) @ np.array(rays).T
    assert found.estimates["std_error"] == pytest.approx(np.sqrt(np.diag(variance)), rel=1e-9)
    assert found.estimates["df"][1] == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-9)


def test_refusals_in_words():
    rows, site = draw(np.random.default_rng(3))
    fit = fit_rows(rows)
    with pytest.raises(mixed.SettingError, match="25 of 199 subjects have no cluster"):
        mixed.cluster(fit, {person: name for person, name in site.items() if name})
    with pytest.raises(mixed.SettingError, match="one cluster"):
        mixed.cluster(fit, dict.fromkeys(site, "a"))


def test_with_eight_sites_the_interval_holds_the_mean_of_sites_that_differ():
    covered = {"person": 0, "site": 0}
    for seed in range(150):
        rows, site = draw(np.random.default_rng([7, seed]))
        fit = fit_rows(rows)
        for name, one in (("person", fit), ("site", mixed.cluster(fit, site))):
            arm = {column: values[1] for column, values in one.estimates.items()}
            assert arm["term"] == "arm"
            covered[name] += arm["lower"] <= -2 <= arm["upper"]
    assert covered["site"] >= 0.90 * 150  # 95 % less three Monte-Carlo errors of 1.8 %
    assert covered["person"] < 0.80 * 150  # who takes sites that differ for alike is too sure
