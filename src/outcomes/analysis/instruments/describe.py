"""All tables of instruments side by side in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.analysis.instruments.ordinal import tabulate_ordered_odds
from outcomes.analysis.instruments.pairs import tabulate_joint_change, tabulate_joint_response
from outcomes.analysis.instruments.percent import tabulate_percent_change
from outcomes.contracts.released.instruments import JointChange, JointResponse, OrderedOdds, PercentChange
from outcomes.settings import Study


def describe_instruments(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of instruments side by side, before release.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``endpoints`` and ``cohort``, as in their contracts.
    study : Study
        Arms, instruments, cut-offs, and the declared time point.

    Returns
    -------
    dict of str to DataFrame
        By the released name; each function of this room says what a row of its table is.
    """
    endpoints, cohort = tables["endpoints"], tables["cohort"]
    arms = [arm.id for arm in study.arms]
    instruments = {name: study.instrument(name) for name in study.instruments}
    given = (endpoints, cohort, arms)
    return {
        PercentChange.name: tabulate_percent_change(*given, instruments),
        JointChange.name: tabulate_joint_change(*given, instruments),
        JointResponse.name: tabulate_joint_response(*given, instruments, study.endpoints),
        OrderedOdds.name: tabulate_ordered_odds(endpoints, cohort, study),
    }
