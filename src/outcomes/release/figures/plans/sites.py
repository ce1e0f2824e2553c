"""Which figure shows sites beside one another, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.sites import Sites
from outcomes.release.definitions import COVERED, OUTER_LEVEL
from outcomes.release.figures.plans.plan import Plan, read_rows
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.numbers import fixed
from outcomes.settings import Study

ALL, UNKNOWN = "all", "not recorded"
STANDARDISED, OVERALL = "standardised", "overall"


def standardise_sites(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single sites with ``standardised``: observed over expected share, times the share of all, which is ``overall``.

    All three are as released; missing where one is.
    """
    whole = rows[rows[Sites.site] == ALL]
    overall = float(whole[Sites.proportion].iloc[0]) if len(whole) else float("nan")
    own = rows[rows[Sites.site] != ALL]
    share = (own[Sites.proportion] / own[Sites.expected].where(own[Sites.expected] > 0) * overall).clip(upper=1.0)
    return own.assign(standardised=share, overall=overall)


def plan_sites(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the funnel of sites; none where fewer than two can be drawn."""
    rows = read_rows(tables, Sites.name)
    if rows.empty or study.comparison is None:
        return []
    rows = standardise_sites(rows)
    drawn = rows[(rows[Sites.site] != UNKNOWN) & rows[STANDARDISED].notna() & rows[Sites.observed].notna()]
    if len(drawn) < 2:
        return []
    estimand = study.comparison.estimand
    name, when = study.instrument(estimand.instrument).name, say_timepoint(estimand.axis, estimand.timepoint)
    beyond = drawn[drawn[Sites.beyond].fillna(0) > 0][Sites.site].tolist()
    outside = f"Outside them: {', '.join(map(str, beyond))}." if beyond else "None lies outside them."
    return [
        Plan(
            "sites",
            "sites",
            f"{name}: response by site, {when}",
            "Each mark is a site: observed over expected responses, times the share of all, by patients with a score. Line: share of all. "
            f"Curves: exact {COVERED} (dashed) and {fixed(100 * OUTER_LEVEL, 1)}% (dotted) limits, between which sites like all others lie by chance. "
            f"Limits that take each patient's own risk say which sites lie outside {COVERED} (filled squares); marks stand where rounded counts put them.",
            f"Marks of {len(drawn)} sites around {fixed(100 * drawn[OVERALL].iloc[0], 0)}%, within limits that narrow with size. {outside}",
            drawn,
            estimand.instrument,
        )
    ]
