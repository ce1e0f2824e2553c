"""Sites of a made-up study, as they are released."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.contracts.released.sites import Sites, SiteSpread


def make_site_tables(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables of sites: nine of several sizes, and all."""
    observed = rng.integers(12, 400, 9)
    responded = (observed * rng.uniform(0.2, 0.8, 9)).astype(int)
    names = [f"site-{place}" for place in range(1, 10)]
    rows = pd.DataFrame({"site": names, "observed": observed, "responded": responded})
    rows.loc[9] = ["all", observed.sum(), responded.sum()]
    rows = rows.assign(
        patients=(rows["observed"] / 0.7).astype(int), expected=rows["responded"].iloc[9] / rows["observed"].iloc[9]
    )
    rows = rows.assign(
        answered_proportion=rows["observed"] / rows["patients"], proportion=rows["responded"] / rows["observed"]
    )
    rows = rows.assign(beyond=[0.0, 95.0, 99.9, *([0.0] * 6), np.nan])
    spread = {
        "axis": "day", "timepoint": "day 28", "sites": 9, "observed": 900, "responded": 400, "model": "firth", "overdispersion": 2.5,
        "p_value": 0.01, "sd": 0.4, "lower": 0.1, "upper": 1.1, "outside_95": 2, "chance_95": 0.45, "outside_999": 1, "chance_999": 0.01,
    }  # fmt: skip
    return {Sites.name: rows[Sites.columns], SiteSpread.name: pd.DataFrame([{**spread, "note": ""}])}
