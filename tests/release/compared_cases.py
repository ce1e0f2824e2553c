"""Released tables of a made-up comparison of two arms, in the shapes that figures and report must bear."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

ANALYSES = (
    "unadjusted", "baseline_adjusted", "covariate_adjusted", "weighted_overlap", "weighted_att", "weighted_ate", "doubly_robust",
    "without_payer", "complete_cases", "bootstrap", "site_random", "missing_impute", "windows_wider", "a_way_nobody_thought_of",
)  # fmt: skip
RISKS = tuple(
    f"{method}_{population}"
    for population in ("started", "observed")
    for method in ("unadjusted", "weighted", "g_computation", "augmented")
)
PLACES = (("day", "day 28"), ("session", "6"))


def declare_comparison(treated: str, reference: str) -> dict[str, object]:
    """Return the comparison block of a study file."""
    estimand = {"treated": treated, "reference": reference, "instrument": "phq9", "axis": "day", "timepoint": "day 28"}
    subgroups = {"by": [{"column": "payer"}, {"column": "sex"}]}
    return {"estimand": estimand, "confounders": ["baseline", "payer", "failures"], "subgroups": subgroups}


def make_compared_tables(treated: str, reference: str, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison that figures are drawn from."""
    levels = [
        ("baseline", ""),
        *(("payer", level) for level in ("commercial", "самоплатящие пациенты без страховки", "静脉")),
    ]
    balance = pd.DataFrame(levels, columns=["variable", "level"]).assign(weights="overlap")
    balance = balance.assign(smd_before=rng.normal(0, 0.5, 4), smd_after=rng.normal(0, 0.02, 4))
    shares = ["treated_before", "reference_before", "treated_after", "reference_after"]
    balance = balance.assign(n_treated=40, n_reference=60, **dict.fromkeys(shares, 0.25))
    edges = np.linspace(0, 1, 11)
    bins = []
    for arm in (treated, reference):
        n = rng.integers(20, 90, 10)
        columns = {"bin_lower": edges[:-1], "bin_upper": edges[1:], "n": n, "cumulative": n.cumsum() / n.sum()}
        bins.append(pd.DataFrame({"arm": arm, **columns}))
    rows = [
        {"endpoint": "change", "analysis": analysis, "scale": "points", "axis": axis, "timepoint": timepoint, "estimate": rng.normal(-2, 0.5)}
        for (axis, timepoint), analysis in itertools.product(PLACES, ANALYSES)
    ]  # fmt: skip
    for endpoint, (axis, timepoint) in itertools.product(("response", "remission"), PLACES):
        place = {"endpoint": endpoint, "axis": axis, "timepoint": timepoint}
        rows += [
            place | {"analysis": name, "scale": "risk difference", "estimate": rng.normal(0, 0.1)} for name in RISKS
        ]
        rows.append(place | {"analysis": "gee_weighted", "scale": "log odds ratio", "estimate": rng.normal()})
        rows.append(place | {"analysis": "e_value_started", "scale": "e-value", "estimate": 1.5})
    grid = pd.DataFrame(rows)
    half = np.where(grid["scale"] == "risk difference", 0.08, 0.9)
    grid = grid.assign(lower=grid["estimate"] - half, upper=grid["estimate"] + half, n=939, effective_n=699.4, note="")
    return {
        "covariate_balance": balance,
        "score_overlap": pd.concat(bins, ignore_index=True),
        "sensitivity": grid.assign(converged=True),
        **make_missing_tables(treated, reference),
        "effects": make_effects(),
        "comparison_statement": pd.DataFrame({"subject": ["result"], "text": ["A result."]}),
    }


def make_missing_tables(treated: str, reference: str) -> dict[str, pd.DataFrame]:
    """Return the tables on missing scores."""
    rng = np.random.default_rng(3)
    pairs = pd.DataFrame(
        itertools.product((0.0, 2.5, 5.0, 10.0), repeat=2), columns=["delta_treated", "delta_reference"]
    )
    estimate = -3.0 + 0.5 * pairs["delta_treated"] - 0.2 * pairs["delta_reference"]
    place = {"axis": "day", "timepoint": "day 28"}
    tipping = pairs.assign(**place, estimate=estimate, lower=estimate - 1, upper=estimate + 1)
    rows = [
        {"axis": axis, "timepoint": timepoint, "arm": arm, "band": band, "band_lower": lower, "n": int(rng.integers(20, 2000))}
        for axis in ("day", "session")
        for timepoint in (f"{axis} 1", "all")
        for arm in (treated, reference)
        for lower, band in enumerate(("minimal", "mild", "moderate", "moderately severe", "severe"))
    ]  # fmt: skip
    dropout = pd.DataFrame(rows).assign(dropped_proportion=rng.random(len(rows)))
    dropout["stayed"] = (dropout["n"] * (1 - dropout["dropped_proportion"])).round().astype(int)
    names = ("imputed_mar", "jump_to_reference", "copy_reference", "copy_increments", "delta_treated_2")
    ends = (("change", "points"), *itertools.product(("response", "remission"), ("risk difference", "risk ratio")))
    key = ("endpoint", "scale", "axis", "timepoint", "analysis")
    imputed = pd.DataFrame([(*end, *at, name) for end in ends for at in PLACES for name in names], columns=key)
    estimate = imputed["scale"].map({"points": -1.5, "risk difference": 0.012, "risk ratio": 1.03})
    imputed = imputed.assign(
        draws=100, estimate=estimate, std_error=0.4, df=431.2, lower=-2.3, upper=-0.7, p_value=0.0004
    )
    facts = {"within": 0.12, "between": 0.04, "missing_information": 0.231, "monte_carlo_error": 0.02, "n": 973}
    return {
        "tipping": pd.concat([tipping.assign(method=name) for name in ("closed_form", "imputed")], ignore_index=True),
        "dropout": dropout,
        "imputations": imputed.assign(**facts, effective_n=723.2, converged=True, note=""),
    }


def make_effects() -> pd.DataFrame:
    """Return the adjusted differences in change, by both variances."""
    rows = []
    for (axis, timepoint), variance in itertools.product(PLACES, ("cr2", "bootstrap")):
        means = {"treated_mean": -8.77, "reference_mean": -6.81, "estimate": -1.96, "std_error": 0.41, "df": 588.2}
        means |= {"treated_lower": -9.35, "treated_upper": -8.19, "reference_lower": -7.33, "reference_upper": -6.29}
        bounds = {"lower": -2.78, "upper": -1.14, "p_value": 0.0021, "effective_n": 699.4}
        counts = {"n_treated": 433, "n_reference": 506, "observed_treated": 269, "observed_reference": 422}
        rows.append({"axis": axis, "timepoint": timepoint, "variance": variance, **means, **bounds, **counts})
    return pd.DataFrame(rows).assign(covariance="unstructured", converged=True, note="")


def make_regression(arms: list[str]) -> pd.DataFrame:
    """Return observed change beside what regression to the mean would give."""
    rows = []
    for (axis, timepoint), (index, arm) in itertools.product(PLACES, enumerate(["all", *arms])):
        place = {"arm": arm, "instrument": "phq9", "axis": axis, "timepoint": timepoint, "time": 28.0}
        base = {"n": 210 + index, "baseline_mean": 17.63, "baseline_sd": 4.35, "population_mean": 16.41}
        seen = {"observed": -7.51 - index, "observed_lower": -8.02 - index, "observed_upper": -7.03 - index}
        rest = {"expected": -0.26, "share": 0.034, "remainder": -7.25, "remainder_lower": -7.8, "remainder_upper": -6.7}
        rows.append(
            {
                **place,
                **base,
                **seen,
                **rest,
                "reliability_needed": 0.31,
                "reliability": 0.84,
                "reliability_from": "declared",
            }
        )
    return pd.DataFrame(rows)
