"""The estimates of the sites put together in two stages, and their counts added up as far as rounded ones can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.contracts.released.comparison import CovariateBalance, Effects, Imputations
from outcomes.network.choose import declared, find_primary
from outcomes.network.counts import tabulate_counts
from outcomes.network.one_stage import pool_one_stage
from outcomes.network.package import find_error, has_estimate
from outcomes.network.received import Received
from outcomes.random_effects import Pool, pool_differences
from outcomes.records import list_records
from outcomes.settings import Study
from outcomes.settings.network import NetworkPlan

Record = dict[str, Any]
CHANGE, ONE_STAGE = "change", "one stage"
NUMBERS = (
    *("estimate", "std_error", "lower", "upper", "p_value", "tau", "i2", "q", "q_p_value"),
    *("predicted_lower", "predicted_upper"),
)


def pool_network(packages: Sequence[Received], plan: NetworkPlan, study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of the network report.

    Parameters
    ----------
    packages : sequence of Received
        All accepted.
    plan : NetworkPlan
    study : Study
        The planned one.

    Returns
    -------
    dict of str to DataFrame
        ``sites``, a row a site of the plan; ``pooled``, a row an outcome, time point, and way of pooling; ``leave_one_out``, a row a
        site left out of the primary difference; ``counts``, a row a count, with the two numbers between which the sum over the sites lies.
    """
    estimates = tabulate_estimates(packages, study)
    primary = select_primary(estimates, study)
    return {
        "sites": tabulate_sites(packages, plan, study),
        "estimates": estimates,
        "pooled": add_one_stage(tabulate_pooled(estimates, plan), packages, plan, study),
        "leave_one_out": tabulate_leave_one_out(primary, plan),
        "counts": tabulate_counts(packages),
    }


def tabulate_estimates(packages: Sequence[Received], study: Study) -> pd.DataFrame:
    """Return a row a site, outcome, and time point with an estimate that can be pooled; risk ratios as logarithms."""
    rows: list[Record] = []
    for package in packages:
        effects = list_records(package.tables[Effects.name])
        rows += [_estimate(package, row, CHANGE, "points") for row in effects if has_estimate(row)]
        for row in list_records(package.tables[Imputations.name]):
            ratio = row[Imputations.scale] == "risk ratio"
            if row[Imputations.std_error] > 0 and (row[Imputations.estimate] > 0 or not ratio):
                told = row | {"estimate": float(np.log(row[Imputations.estimate]))} if ratio else row
                scale = "log risk ratio" if ratio else str(row[Imputations.scale])
                rows.append(_estimate(package, told, str(row[Imputations.endpoint]), scale))
    columns = ["outcome", "scale", "axis", "timepoint", "site", "estimate", "std_error"]
    return pd.DataFrame(rows, columns=columns)


def _estimate(package: Received, row: Mapping[Any, Any], outcome: str, scale: str) -> Record:
    kept = {name: row[name] for name in ("axis", "timepoint", "estimate", "std_error")}
    if outcome == CHANGE:
        kept["std_error"] = find_error(row)
    return {"outcome": outcome, "scale": scale, "site": package.site} | kept


def select_primary(estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the sites' estimates of the primary difference."""
    estimand = declared(study).estimand
    place = (estimates["outcome"] == CHANGE) & (estimates["axis"] == estimand.axis)
    return estimates[place & (estimates["timepoint"] == estimand.timepoint)].reset_index(drop=True)


def tabulate_pooled(estimates: pd.DataFrame, plan: NetworkPlan) -> pd.DataFrame:
    """Return each outcome and time point pooled over its sites with random effects, which lead, and with a common effect.

    Where fewer sites have an estimate than the plan asks for, the row has their number and no more.
    """
    rows = []
    for key, own in estimates.groupby(["outcome", "scale", "axis", "timepoint"], sort=False):
        names = dict(zip(("outcome", "scale", "axis", "timepoint"), key, strict=True))
        rows.append(names | {"way": "random"} | _pool(own, plan))
        rows.append(names | {"way": "fixed"} | _pool(own, plan, "fixed"))
    return pd.DataFrame(rows)


def add_one_stage(pooled: pd.DataFrame, packages: Sequence[Received], plan: NetworkPlan, study: Study) -> pd.DataFrame:
    """Return the pooled differences with one row more, the primary difference of one model over all sites, where the plan asks for it."""
    if plan.one_stage is None:
        return pooled
    estimand = declared(study).estimand
    found = pool_one_stage({package.site: package.sums for package in packages}, plan, study)
    row = {
        "outcome": CHANGE,
        "scale": "points",
        "axis": estimand.axis,
        "timepoint": estimand.timepoint,
        "way": ONE_STAGE,
    }
    return pd.concat([pooled, pd.DataFrame([row | found])], ignore_index=True)


def _pool(own: pd.DataFrame, plan: NetworkPlan, way: Any = "random") -> Record:
    if len(own) < max(plan.fewest_sites, 2):
        return {"sites": len(own)} | dict.fromkeys(NUMBERS, float("nan"))
    pool: Pool = pool_differences(own["estimate"].to_numpy(), own["std_error"].to_numpy() ** 2, way)
    return {"sites": pool.sites} | {name: float(getattr(pool, name)) for name in NUMBERS}


def tabulate_leave_one_out(primary: pd.DataFrame, plan: NetworkPlan) -> pd.DataFrame:
    """Return the primary difference without each of its sites; without numbers where too few are left."""
    rows = [{"without": site} | _pool(primary[primary["site"] != site], plan) for site in primary["site"]]
    return pd.DataFrame(rows, columns=["without", "sites", *NUMBERS])


def tabulate_sites(packages: Sequence[Received], plan: NetworkPlan, study: Study) -> pd.DataFrame:
    """Return a row a site of the plan: whether it takes part, its patients, and how alike its arms are."""
    by_site = {package.site: package for package in packages}
    estimates = select_primary(tabulate_estimates(packages, study), study)
    weights = _weigh(estimates, plan)
    return pd.DataFrame([_describe(name, by_site.get(name), study, weights) for name in plan.sites])


def _weigh(primary: pd.DataFrame, plan: NetworkPlan) -> dict[str, float]:
    """Return the share of each site in the pooled primary difference."""
    if len(primary) < max(plan.fewest_sites, 2):
        return {}
    variances = primary["std_error"].to_numpy() ** 2
    tau = pool_differences(primary["estimate"].to_numpy(), variances, "random").tau
    inverse = 1 / (variances + tau**2)
    return dict(zip(primary["site"], inverse / inverse.sum(), strict=True))


def _describe(name: str, package: Received | None, study: Study, weights: Mapping[str, float]) -> Record:
    sizes = (
        Effects.n_treated,
        Effects.n_reference,
        Effects.observed_treated,
        Effects.observed_reference,
        Effects.effective_n,
    )
    if package is None:
        return {"site": name, "part": "absent"} | {str(size): "" for size in sizes}
    row = find_primary(package.tables, study)
    known = has_estimate(row)
    balance = package.tables[CovariateBalance.name]
    return (
        {"site": name, "part": "difference and counts" if known else "counts only"}
        | {str(size): _tell(row, size) for size in sizes}
        | {
            "estimate": row[Effects.estimate] if known else np.nan,
            "std_error": row[Effects.std_error] if known else np.nan,
        }
        | {"lower": row[Effects.lower] if known else np.nan, "upper": row[Effects.upper] if known else np.nan}
        | {"weight": weights.get(name, np.nan), "covariance": row[Effects.covariance]}
        | {"largest_smd_before": balance[CovariateBalance.smd_before].abs().max()}
        | {"largest_smd_after": balance[CovariateBalance.smd_after].abs().max()}
        | {"withheld": "; ".join(map(str, package.manifest["withheld"]))}
    )


def _tell(row: pd.Series, column: Any) -> str:
    bound = row[column.bound]
    return str(bound) if bound else "" if pd.isna(row[column]) else f"{row[column]:g}"
