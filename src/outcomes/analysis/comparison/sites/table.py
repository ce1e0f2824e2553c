"""The tables of sites: one row for each, and how far apart they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.sites.expected import ONE_SIDED, UNKNOWN, Expected, expect_response
from outcomes.analysis.comparison.sites.spread import estimate_spread
from outcomes.contracts.released.sites import Sites, SiteSpread
from outcomes.funnel import cumulate_events, find_chance_outside, limit_count
from outcomes.settings.analysis import count_pooled
from outcomes.settings.comparison import Comparison

SITES, SPREAD = Sites.columns, SiteSpread.columns
FEWEST_SITES = 3
LEVELS = {"95": 0.95, "999": 0.999}
ALL = "all"
Row = dict[str, Any]


def tabulate_sites(compared: Compared, comparison: Comparison, minimum: int) -> dict[str, pd.DataFrame]:
    """Return the tables of sites.

    Parameters
    ----------
    compared : Compared
    comparison : Comparison
    minimum : int
        Sites of fewer patients whose response is known are put together.

    Returns
    -------
    dict of str to DataFrame
        ``sites``: one row per site by code, those of few together, those whose site is not known, and all: patients compared,
        whose response is known, who responded; and the share expected by :func:`expect_response`. ``site_spread``: one row: :func:`estimate_spread` over the sites that stand alone, how many of them lie outside
        the exact limits, and how many are expected to by chance; without numbers, and with the reason, where there are fewer than three. Both
        are empty where no confounder names the site.
    """
    site = comparison.site
    if site is None or site not in comparison.confounders:
        return {Sites.name: pd.DataFrame(columns=SITES), SiteSpread.name: pd.DataFrame(columns=SPREAD)}
    found = expect_response(compared, comparison, site)
    labels, alone = _pool(found, minimum)
    limits = [_limit(found, labels == name) for name in alone] if found.model else []
    names = [*alone, *(one for one in dict.fromkeys(sorted(labels)) if one not in alone)]
    rows = [_describe(found, labels == name, name) for name in names]
    rows.append(_describe(found, np.ones(len(labels), dtype=bool), ALL))
    for row, own in zip(rows, limits, strict=False):
        row["beyond"] = max([0.0, *(100 * LEVELS[level] for level in LEVELS if own[f"outside_{level}"])])
    spread = _spread(found, labels, alone, limits)
    place = {"axis": comparison.estimand.axis, "timepoint": comparison.estimand.timepoint}
    tables = pd.DataFrame(rows).reindex(columns=[*SITES, "fewest"]), pd.DataFrame([place | spread])
    return {Sites.name: tables[0], SiteSpread.name: tables[1].reindex(columns=[*SPREAD, "fewest"])}


def _pool(found: Expected, minimum: int) -> tuple[np.ndarray, list[str]]:
    """Return each patient's row, and the rows that are a site of its own."""
    sizes = pd.Series(found.known).groupby(found.site).sum()
    sites = [str(name) for name in sorted(sizes.index) if name != UNKNOWN]
    alone = [name for name in sites if sizes[name] >= minimum]
    few = len(sites) - len(alone)
    own = np.isin(found.site, [*alone, UNKNOWN])
    return np.where(own, found.site, f"other sites ({count_pooled(few, minimum)})").astype(str), alone


def _describe(found: Expected, rows: Bools, name: str) -> Row:
    known = rows & found.known
    n, events = int(known.sum()), int(np.nansum(found.responded[rows]))
    row: Row = {"site": name, "patients": int(rows.sum()), "observed": n, "responded": events}
    row["answered_proportion"] = n / rows.sum()
    if n:
        row |= {"proportion": events / n}
    if n and name != ALL:  # of all it is the observed share, exactly
        row |= {"expected": float(found.risk[known].mean())}
    return row | {"fewest": _find_fewest(events, n)}


def _find_fewest(events: int, n: int) -> int:
    return min([one for one in (n, events, n - events) if one > 0], default=0)


def _limit(found: Expected, rows: Bools) -> dict[str, float]:
    """Return whether a site's events lie outside the exact limits, and the probability that they do by chance."""
    known = rows & found.known
    cumulative, events = cumulate_events(found.risk[known]), float(found.responded[known].sum())
    made: dict[str, float] = {}
    for name, level in LEVELS.items():
        lower, upper = limit_count(cumulative, level)
        made[f"outside_{name}"] = float(not lower <= events <= upper)
        made[f"chance_{name}"] = find_chance_outside(cumulative, lower, upper)
    return made


def describe_spread(found: Expected, minimum: int) -> Row:
    """Return how far apart sites are beyond chance, and how many lie outside the limits, as in ``site_spread``."""
    labels, alone = _pool(found, minimum)
    return _spread(found, labels, alone, [_limit(found, labels == name) for name in alone] if found.model else [])


def _spread(found: Expected, labels: np.ndarray, alone: list[str], limits: list[dict[str, float]]) -> Row:
    known = np.isin(labels, alone) & found.known
    n, events = int(known.sum()), int(np.nansum(found.responded[known]))
    row: Row = {"sites": len(alone), "observed": n, "responded": events, "model": found.model}
    row["fewest"] = _find_fewest(events, n)
    if len(alone) < FEWEST_SITES or not found.model:
        few = f"fewer than {FEWEST_SITES} sites have enough patients with a score"
        return row | {"note": few if len(alone) < FEWEST_SITES else ONE_SIDED}
    sums = pd.DataFrame({"site": labels, "o": found.responded, "e": found.risk, "v": found.risk * (1 - found.risk)})
    own = sums[known].groupby("site")[["o", "e", "v"]].sum().to_numpy()
    spread = estimate_spread(own[:, 0], own[:, 1], own[:, 2])
    counts = {name: sum(one[name] for one in limits) for name in limits[0]}
    return row | vars(spread) | counts | {"note": ""}
