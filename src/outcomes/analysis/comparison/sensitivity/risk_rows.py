"""Rows of the sensitivity grid on response and remission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from outcomes.analysis.comparison.effects.odds import build_binary_frame, estimate_odds, say_separation
from outcomes.analysis.comparison.effects.risks import contrast_means
from outcomes.analysis.comparison.effects.standardisation import FIRTH, estimate_means
from outcomes.analysis.comparison.sensitivity.bounds import CASES, fill_worst
from outcomes.analysis.comparison.sensitivity.evalue import compute_evalue, compute_interval_evalue
from outcomes.analysis.comparison.setting import EVALUE, ODDS, RISK, Row, Setting
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.records import list_records


def repeat_risks(some: pd.DataFrame) -> Iterator[Row]:
    """Yield the risk differences of a time point, and the E-values of the weighted ratios."""
    for row in list_records(some):
        n = row["n_treated"] + row["n_reference"]
        size = {"n": n, "effective_n": row["effective_n"], "converged": row["converged"]}
        bounds = {"estimate": row["difference"], "lower": row["difference_lower"], "upper": row["difference_upper"]}
        name = f"{row['method']}_{row['population']}"
        note = "outcome models by Firth's penalised likelihood" if row["outcome_model"] == FIRTH else ""
        yield {"analysis": name, "scale": RISK} | bounds | size | {"note": note}
        if row["method"] == "weighted":
            yield question_risk(row)


def question_risk(row: Mapping[str, Any]) -> Row:
    """Return the E-value of a row of the risks: the confounding that would explain its ratio away."""
    note = "of the risk ratio; lower: of the interval's bound nearer to none"
    nearer = compute_interval_evalue(row["ratio_lower"], row["ratio_upper"])
    size = {"n": row["n_treated"] + row["n_reference"], "effective_n": row["effective_n"]}
    there = bool(row["converged"]) and bool(row["ratio"] > 0)
    evalue = {"estimate": compute_evalue(row["ratio"]), "lower": nearer, "converged": there, "note": note}
    return {"analysis": f"e_value_{row['population']}", "scale": EVALUE} | size | evalue


def bound_risks(setting: Setting, axis: str, timepoint: str, endpoint: str) -> Iterator[Row]:
    """Yield the worst cases for the missing, both ways."""
    compared, weights = setting.compared, setting.primary
    seen = compared.at(axis, timepoint, endpoint)
    size = {"n": int(weights.present.sum()), "effective_n": compute_effective_n(weights.weight[weights.present])}
    for case, note in CASES.items():
        filled = fill_worst(seen, compared.treated, case)
        means = estimate_means(filled, compared.treated, setting.confounders.design, weights, "weighted")
        found = contrast_means(*means)
        bounds = {
            "estimate": found["difference"],
            "lower": found["difference_lower"],
            "upper": found["difference_upper"],
        }
        yield (
            {
                "analysis": case,
                "scale": RISK,
                "converged": all(m.converged for m in means),
                "note": note.format(endpoint=endpoint),
            }
            | bounds
            | size
        )


def fit_odds(setting: Setting, axis: str, timepoint: str, endpoint: str) -> Row:
    """Return the log odds ratio of weighted estimating equations over all time points of the axis."""
    from outcomes import mixed

    frame = build_binary_frame(setting.compared, axis, endpoint, setting.primary.weight)
    people = frame.drop_duplicates("person")
    row: Row = {"analysis": "gee_weighted", "scale": ODDS, "n": len(people), "converged": False}
    row["effective_n"] = compute_effective_n(people["weight"].to_numpy())
    said = say_separation(setting.compared, axis, endpoint, setting.primary.weight, timepoint)
    if said:
        return row | {"note": f"no finite odds ratio, as {said}; the weighted difference of the shares needs none"}
    try:
        table, fit = estimate_odds(frame)
    except mixed.MixedError as error:
        return row | {"note": str(error)}
    found = table[table["timepoint"] == timepoint].iloc[0]
    values = {name: float(found[name]) for name in ("estimate", "lower", "upper")}
    note = "observed scores of all time points of the axis, exchangeable working correlation"
    return row | values | {"converged": fit.converged, "note": note}
