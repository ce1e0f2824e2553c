"""All tables of cost in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.analysis.cost.charges import derive_charges, tabulate_charges
from outcomes.analysis.cost.contrast import contrast_costs
from outcomes.analysis.cost.per_case import tabulate_per_case
from outcomes.contracts.released.cost import Charges, ChargesPerCase, CostDifference, NetBenefit
from outcomes.settings import Study

TABLES = (Charges, ChargesPerCase, CostDifference, NetBenefit)


def describe_cost(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of cost, before release: of everyone with a session, by the arm of the first series.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``series``, ``series_sessions``, ``endpoints``, ``cohort``, and ``events``, as in their contracts.
    study : Study
        Its section ``cost``; the compared arms, if any; the primary instrument; and the seed.

    Returns
    -------
    dict of str to DataFrame
        By the released name, without rows where the study declares no cost or its sessions have no charge; each function of this
        room says what a row of its table is.
    """
    made = {table.name: pd.DataFrame(columns=list(table.fields)) for table in TABLES}
    if study.cost is None:
        return made
    charges = derive_charges(tables["series"], tables["series_sessions"], study.cost)
    if charges.empty:
        return made
    arms, seed = [arm.id for arm in study.arms], [study.seed, 19]
    made[Charges.name] = tabulate_charges(charges, tables["patients"], arms, study.cost, [*seed, 0])
    made[ChargesPerCase.name] = tabulate_per_case(
        charges,
        tables["endpoints"],
        arms,
        study.instruments[0],
        study.cost,
        [*seed, 1],
        study.timepoints.measured_share,
    )
    differences = contrast_costs(tables, charges, study, [*seed, 2])
    made[CostDifference.name], made[NetBenefit.name] = differences
    return made
