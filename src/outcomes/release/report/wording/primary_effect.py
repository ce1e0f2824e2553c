"""The primary difference as it is released, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.release.definitions import SMALL
from outcomes.release.report.content.material import Material


def find_effect(material: Material) -> dict[str, Any]:
    """Return the primary effect of the declared comparison; empty where there is none or it is withheld."""
    comparison = material.study.comparison
    if comparison is None:
        return {}
    estimand = comparison.estimand
    row = material.one("effects", axis=estimand.axis, timepoint=estimand.timepoint, variance="cr2")
    return row if row and pd.notna(row["estimate"]) else {}


def has_few(effect: Mapping[str, Any]) -> bool:
    """Whether an arm has too few scores, or not a number of them that is shown, for a tipping point and an E-value."""
    return not all(effect[name] >= SMALL for name in ("observed_treated", "observed_reference"))


def excludes_zero(row: Mapping[str, Any]) -> bool:
    """Whether an interval leaves out no difference."""
    return bool(row["lower"] > 0 or row["upper"] < 0)
