"""Charges of patients for each of them who responded, or was in remission."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.cost.charges import find_responders, name_horizons
from outcomes.analysis.cost.resampling import bound_quotient
from outcomes.analysis.selection import POPULATIONS
from outcomes.contracts.released.cost import ChargesPerCase
from outcomes.settings.cost import Cost


def tabulate_per_case(
    charges: pd.DataFrame,
    endpoints: pd.DataFrame,
    arms: Sequence[str],
    instrument: str,
    cost: Cost,
    seed: Sequence[int],
    measured_share: float = 0.0,
) -> pd.DataFrame:
    """Return charges of patients ÷ those of them seen in response, or in remission, at the horizon.

    Parameters
    ----------
    charges : DataFrame
        Result of :func:`outcomes.analysis.cost.charges.derive_charges`.
    endpoints : DataFrame
        Table ``endpoints``.
    arms : sequence of str
    instrument : str
        Instrument id.
    cost : Cost
    seed : sequence of int
        Of the bootstrap.
    measured_share : float
        Share of an arm's patients with a score, below which the endpoint was not measured there, as in the table ``response``.

    Returns
    -------
    DataFrame
        One row per horizon, ``endpoint``, ``population``, and arm, the key: ``patients`` with a charge that can be said, all who started
        (no score counts as without the endpoint) or those observed; ``cases`` with it, and their share; the ``mean`` charge of the
        patients, ``per_case`` with its bootstrap interval, and the share of samples ``without`` any case, for which it is
        infinite. No number per case where there is none. An endpoint without a cut-off has no row, nor has
        an arm in which it was not measured: nobody asked is not nobody with it.
    """
    records: list[dict[str, Any]] = []
    for horizon, endpoint in product(name_horizons(cost), ("response", "remission")):
        shown = find_responders(endpoints, instrument, horizon)[endpoint]
        if shown.isna().all():
            continue
        for population, arm in product(POPULATIONS, arms):
            own = charges[(charges["horizon"] == horizon) & (charges["arm"] == arm) & charges["charge"].notna()]
            known = own["patient"].map(shown)
            if known.notna().sum() < measured_share * len(known):
                continue
            if population == "observed":
                own, known = own[known.notna()], known[known.notna()]
            case = known.fillna(False).to_numpy(dtype=float)
            generator = np.random.default_rng([*seed, *f"{horizon}/{endpoint}/{population}/{arm}".encode()])
            row = _divide(own["charge"].to_numpy(dtype=float), case, cost.replicates, generator)
            records.append({"arm": arm, "horizon": horizon, "endpoint": endpoint, "population": population} | row)
    table = pd.DataFrame(records, columns=list(ChargesPerCase.fields))
    return table.assign(case_share=table["cases"] / table["patients"].where(table["patients"] > 0))


def _divide(amount: Floats, case: Floats, replicates: int, generator: np.random.Generator) -> dict[str, Any]:
    """Return the numbers of a row."""
    value, lower, upper, without = bound_quotient(amount, case, replicates, generator)
    sides = [int(count) for count in (case.sum(), len(case) - case.sum()) if count]
    return {
        "patients": len(case),
        "cases": int(case.sum()),
        "mean": amount.mean() if len(amount) else np.nan,
        "per_case": value,
        "lower": lower,
        "upper": upper,
        "without": without,
        "fewest": min(sides, default=0),
    }
