"""The one sentence on which arm's response lasts longer, for the section, the first page, and the abstract."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.contracts.released.durability import DurabilityEffect
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import fixed, interval
from outcomes.release.report.content.material import Material


def find_primary(material: Material) -> dict[str, Any]:
    """Return the primary difference, of weeks in response; empty where none is released."""
    table = material.rows(DurabilityEffect.name)
    if table.empty:
        return {}
    own = table[table[DurabilityEffect.primary].fillna(False).astype(bool) & table[DurabilityEffect.difference].notna()]
    return {str(name): value for name, value in own.iloc[0].items()} if len(own) else {}


def tell_difference(material: Material) -> str:
    """Return the sentence on the primary difference; '' where there is none.

    It says that an arm's response lasts longer only where both weighted estimates exclude zero (``stated``).
    """
    row, own = find_primary(material), DurabilityEffect
    if not row or material.study.durability is None:
        return ""
    treated, reference = (material.within(str(row[side])) for side in (own.treated, own.reference))
    bounds = interval(row[own.lower], row[own.upper], 1)
    size = f"{fixed(abs(row[own.difference]), 1)} weeks ({COVERED} CI of the difference {bounds})"
    of = f"of {row[own.time]} after the induction"
    if pd.isna(row[own.p_value]) or not bool(row[own.stated]):
        return (
            f"Weeks in response, {of}: {treated} minus {reference} {fixed(row[own.difference], 1)} ({COVERED} CI {bounds}). Which arm's "
            "response lasts longer is not stated, as it would be only if both weighted estimates excluded zero."
        )
    longer, other = (treated, reference) if row[own.difference] > 0 else (reference, treated)
    return f"Responders to {longer} were in response {size} longer than responders to {other}, {of}."
