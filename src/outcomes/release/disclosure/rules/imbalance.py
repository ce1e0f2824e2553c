"""The rule of the disclosure gate for standardised differences before treatment."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.disclosure.blanking import blank
from outcomes.release.disclosure.cells import build_baseline
from outcomes.release.disclosure.suppression import suppress


def withhold_imbalance(table: pd.DataFrame, tables: Mapping[str, pd.DataFrame], minimum_cell: int) -> pd.DataFrame:
    """Withhold the difference of a characteristic of which either arm has a count withheld; needs the baseline table.

    What is left is a function of numbers that are released beside it, so that nothing can be worked out from it.
    """
    counts = suppress(build_baseline(tables["baseline"]), minimum_cell)
    hidden = {(key[0], key[2]) for key in counts if isinstance(key, tuple)}
    keys = zip(table["variable"], table["contrast"].astype(str), strict=True)
    return blank(table, [any((name, arm) in hidden for arm in pair.split(" - ")) for name, pair in keys], ["smd"])
