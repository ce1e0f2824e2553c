"""Rows of the sensitivity grid on sites: their effects fixed or random, and differences within sites put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.primary import ARMS, build_frame, estimate_differences
from outcomes.analysis.comparison.population.confounders import code_declared
from outcomes.analysis.comparison.setting import POINTS, Row, Setting
from outcomes.analysis.comparison.weighting.weights import TINY, compute_effective_n
from outcomes.random_effects import Way, pool_differences

FEWEST_SITES = 3
FEWEST_SCORES = 10  # scores at the time point that a site needs in each arm to be compared within


def vary_sites(setting: Setting, axis: str, timepoint: str) -> Iterator[Row]:
    """Yield the difference at a time point with sites fixed, random, and compared within; nothing where sites are no confounder.

    Only patients with a score at the time point take part. ``site_fixed`` and ``site_random`` adjust for all confounders without
    weights and differ in nothing but the site; ``site_clustered`` is the primary estimate with the patients of a site taken to be alike;
    ``site_pooled_…`` are the weighted differences of each site, put together.
    """
    site = setting.comparison.site
    if site is None or site not in setting.comparison.confounders:
        return
    change = setting.compared.at(axis, timepoint, "change")
    seen = ~np.isnan(change)
    sites = np.array(setting.name_sites(), dtype=object)
    if len(set(sites[seen])) < FEWEST_SITES:
        note = f"fewer than {FEWEST_SITES} sites with a score"
        for name in ("site_fixed", "site_random", "site_clustered", "site_pooled_fixed", "site_pooled_random"):
            yield {"analysis": name, "scale": POINTS, "n": int(seen.sum()), "converged": False, "note": note}
        return
    others = [name for name in setting.comparison.confounders if name != site]
    design = code_declared(setting.compared.people, setting.comparison, others).design
    frame = pd.DataFrame(design[seen], columns=[f"x{place + 1}" for place in range(design.shape[1])])
    frame = frame.assign(
        change=change[seen], site=sites[seen], arm=np.array(ARMS)[setting.compared.treated[seen].astype(int)]
    )
    yield {"scale": POINTS} | _fit_fixed(frame, site)
    yield {"scale": POINTS} | _fit_random(frame)
    yield {"scale": POINTS} | _cluster(setting, axis, timepoint, sites)
    for row in _pool_sites(setting, change, seen, sites):
        yield {"scale": POINTS} | row


def _fit_fixed(frame: pd.DataFrame, site: str) -> Row:
    from statsmodels.regression.linear_model import OLS

    columns = [name for name in frame if str(name).startswith("x")]
    dummies = pd.get_dummies(frame["site"], drop_first=True, dtype=float).to_numpy()
    exog = np.column_stack([np.ones(len(frame)), frame["arm"] == ARMS[1], frame[columns], dummies]).astype(float)
    fit = OLS(frame["change"].to_numpy(), exog).fit()
    lower, upper = fit.conf_int()[1]
    note = f"not weighted: scores at the time point, adjusted for all confounders, a constant for each {site}"
    return _write("site_fixed", fit.params[1], lower, upper, len(frame), note)


def _fit_random(frame: pd.DataFrame) -> Row:
    from outcomes import mixed

    columns = [str(name) for name in frame if str(name).startswith("x")]
    data = frame.assign(arm=pd.Categorical(frame["arm"], list(ARMS)))
    fixed = " + ".join(["arm", *columns])
    try:
        fit = mixed.fit(data, f"change ~ {fixed}", subject="site", random="1", covariance=None)
    except mixed.MixedError as error:
        return {"analysis": "site_random", "n": len(frame), "converged": False, "note": str(error)}
    row = fit.coefficients[fit.coefficients["term"] == "arm[treated]"].iloc[0]
    note = "; ".join(
        [
            "not weighted: scores at the time point, adjusted for all confounders, sites drawn from a normal distribution",
            *fit.warnings,
        ]
    )
    found = _write("site_random", row["estimate"], row["lower"], row["upper"], len(frame), note)
    return found | {"converged": fit.converged}


def _cluster(setting: Setting, axis: str, timepoint: str, sites: np.ndarray) -> Row:
    """Return the primary estimate with the CR2 sandwich clustered by site and Bell and McCaffrey's degrees of freedom."""
    from outcomes import mixed

    frame = build_frame(setting.compared, axis, setting.primary.weight)
    people = frame.drop_duplicates("person")
    row: Row = {"analysis": "site_clustered", "n": len(people), "converged": False}
    row["effective_n"] = compute_effective_n(people["weight"].to_numpy())
    specification = replace(setting.specify(axis), cluster=dict(enumerate(sites)))
    try:
        table, fit = estimate_differences(frame, specification)
    except mixed.MixedError as error:
        return row | {"note": str(error)}
    found = table.set_index("timepoint").reindex([timepoint]).iloc[0]
    way = f"sandwich clustered by site (CR2), {found['df']:.1f} degrees of freedom; never narrower than by patient"
    note = f"the primary estimate; {way}"
    values = {name: float(found[name]) for name in ("estimate", "lower", "upper")}
    return row | values | {"converged": fit.converged, "note": "; ".join([note, *fit.warnings])}


def _pool_sites(setting: Setting, change: Floats, seen: Bools, sites: np.ndarray) -> Iterator[Row]:
    """Yield the sites' weighted differences, adjusted for baseline, pooled with a common effect and with random ones.

    No note of these rows counts sites of few scores: beside the rounded patients of all sites of few it would tell how many these are.
    """
    weight = setting.primary.weight
    used = seen & (weight > TINY)
    treated, baseline = setting.compared.treated, setting.compared.people["baseline"].to_numpy(dtype=float)
    names = [
        name for name in sorted(set(sites[used])) if _count_least(used & (sites == name), treated) >= FEWEST_SCORES
    ]
    inside = used & np.isin(sites, names)
    left = "; sites with few scores in an arm left out" if len(names) < len(set(sites[used])) else ""
    size = {
        "n": int(inside.sum()),
        "effective_n": compute_effective_n(weight[inside]),
        "converged": len(names) >= FEWEST_SITES,
    }
    if len(names) < FEWEST_SITES:
        note = f"fewer than {FEWEST_SITES} sites with {FEWEST_SCORES} scores in each arm"
        yield from ({"analysis": f"site_pooled_{way}", "note": note} | size for way in ("fixed", "random"))
        return
    found = np.array(
        [
            compare_within(change[rows], treated[rows], baseline[rows], weight[rows])
            for rows in (inside & (sites == name) for name in names)
        ]
    )
    ways: tuple[Way, ...] = ("fixed", "random")
    for way in ways:
        pooled = pool_differences(found[:, 0], found[:, 1], way)
        how = (
            "one common difference"
            if way == "fixed"
            else f"differences vary by site with SD {pooled.tau:.2f} (REML), interval by Hartung and Knapp"
        )
        note = f"weighted differences within {len(names)} sites, scores at the time point; {how}{left}"
        values = {"estimate": pooled.estimate, "lower": pooled.lower, "upper": pooled.upper}
        yield {"analysis": f"site_pooled_{way}", "note": note} | values | size


def _count_least(rows: Bools, treated: Bools) -> int:
    return int(min((rows & treated).sum(), (rows & ~treated).sum()))


def compare_within(change: Floats, treated: Bools, baseline: Floats, weight: Floats) -> tuple[float, float]:
    """Return the weighted difference of one site, adjusted for baseline, and its variance (HC2)."""
    design = np.column_stack([treated, np.ones(len(change)), baseline - baseline.mean()]).astype(float)
    root = np.sqrt(weight)
    scaled = design * root[:, None]
    inverse = np.linalg.pinv(scaled.T @ scaled)
    coefficients = inverse @ scaled.T @ (change * root)
    residual = (change - design @ coefficients) * root
    leverage = np.einsum("ij,jk,ik->i", scaled, inverse, scaled)
    scores = scaled * (residual / np.sqrt(1 - np.minimum(leverage, 0.999)))[:, None]
    return float(coefficients[0]), float((inverse @ scores.T @ scores @ inverse)[0, 0])


def _write(analysis: str, estimate: float, lower: float, upper: float, n: int, note: str) -> Row:
    values = {"estimate": float(estimate), "lower": float(lower), "upper": float(upper)}
    return {"analysis": analysis, "n": n, "effective_n": float(n), "converged": True, "note": note} | values
