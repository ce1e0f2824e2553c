"""Which way bias is likely to go, as far as released tables can say, and what the declared design leaves out of the intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.analyses import describe_analysis
from outcomes.release.definitions import APART, COVERED
from outcomes.release.figures.plans.comparison import CONTROL
from outcomes.release.numbers import fixed, interval, percent
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material, is_randomised
from outcomes.release.report.wording.denominators import find_missing
from outcomes.release.report.wording.diagnosed_limitations import Limitation
from outcomes.release.report.wording.primary_effect import excludes_zero, find_effect, has_few

E_VALUE = "10.7326/M16-2607"


def list_biases(material: Material) -> list[Limitation]:
    """Return the likely direction and size of bias, and what the intervals and the measurement leave out; each only where it is so."""
    found = [_measured(material), _control(material), _e_value(material), _unequal(material), _unblinded(material)]
    found += [_clusters(material), _pace(material)]
    return [limitation for limitation in found if limitation is not None]


def _row(material: Material, analysis: str) -> dict[str, Any]:
    """Return a row of the other analyses at the primary place; empty where it has no estimate."""
    comparison = material.study.comparison
    if comparison is None:
        return {}
    estimand = comparison.estimand
    place = {"endpoint": "change", "axis": estimand.axis, "timepoint": estimand.timepoint}
    row = material.one("sensitivity", **place, analysis=analysis)
    return row if row and row["converged"] and pd.notna(row["estimate"]) else {}


def _measured(material: Material) -> Limitation | None:
    """Say how far adjustment moved the difference, and what confounders of the same kind that were not measured would do."""
    effect, crude = find_effect(material), _row(material, "unadjusted")
    if not effect or not crude or is_randomised(material) or effect["estimate"] == crude["estimate"]:
        return None
    size, before = abs(effect["estimate"]), abs(crude["estimate"])
    same = (effect["estimate"] > 0) == (crude["estimate"] > 0)
    way = "towards zero" if same and size < before else "away from zero" if same else "to the other side of zero"
    return Limitation(
        f"Direction of confounding: what was measured moved the difference from {fixed(crude['estimate'], 'estimate')} unadjusted to "
        f"{fixed(effect['estimate'], 'estimate')}, {way}. Unmeasured confounders that go with these would move it further the same way; others can "
        "move it either way."
    )


def _control(material: Material) -> Limitation | None:
    """Say what the negative controls found: a difference that no treatment can have made."""
    rows = material.rows("sensitivity", endpoint=CONTROL)
    rows = rows[rows["converged"].astype(bool)].dropna(subset=["estimate", "lower", "upper"]) if len(rows) else rows
    if rows.empty or is_randomised(material):
        return None
    records = list_records(rows)
    each = enumerate_words(
        [
            f"{describe_analysis(str(row['analysis']))[1].lower()} {fixed(row['estimate'], 'estimate')} "
            f"({interval(row['lower'], row['upper'], 'estimate')})"
            for row in records
        ]
    )
    apart = any(excludes_zero(row) for row in records)
    reading = (
        "an interval excludes zero, so confounding is left, in the direction of that difference if it bears on the outcome alike"
        if apart
        else f"no interval excludes zero, which does not rule out confounding within these {COVERED} intervals"
    )
    many = "s" if len(records) > 1 else ""
    return Limitation(f"Negative control{many} (what treatment cannot have changed): {each}; {reading}.")


def _e_value(material: Material) -> Limitation | None:
    row, effect = _row(material, "e_value"), find_effect(material)
    if not row or not effect or has_few(effect) or is_randomised(material):
        return None
    bound = f" ({fixed(row['lower'], 'ratio')} for the interval to reach zero)" if pd.notna(row["lower"]) else ""
    return Limitation(
        f"E-value ({E_VALUE}): {fixed(row['estimate'], 'ratio')}{bound}. An unmeasured factor would need a risk ratio of this size with the arm "
        "and with the outcome, beyond what was measured, to explain the primary difference away."
    )


def _unequal(material: Material) -> Limitation | None:
    """Say that the compared arms differ in missing scores where the primary difference is."""
    comparison = material.study.comparison
    if comparison is None:
        return None
    estimand = comparison.estimand
    place = (estimand.axis, estimand.timepoint)
    shares = find_missing(material, estimand.instrument, place, (estimand.treated, estimand.reference))
    if not shares or abs(shares[estimand.treated] - shares[estimand.reference]) <= APART:
        return None
    each = " and ".join(f"{percent(share)}% in {material.within(arm)}" for arm, share in shares.items())
    briefly = " v ".join(f"{fixed(100 * share, 0)}%" for share in shares.values())
    more = max(shares, key=lambda arm: shares[arm])
    return Limitation(
        f"Unequal missingness: at {material.timepoint(*place)}, the primary time point, {each} had no score. Rates of all treated patients are pushed "
        f"down by more in {material.within(more)}. If those who left it did worse than missing at random says, complete cases and "
        "imputation overestimate it; if they did better, the reverse.",
        f"missing scores at {material.timepoint(*place)} were unequal ({briefly}), which biases rates that count them as nonresponse",
    )


def _unblinded(material: Material) -> Limitation | None:
    """Say that questionnaires were answered by patients who knew what they had; chance can decide the arm and blind it too."""
    if material.study.series.origin != "sessions" or is_randomised(material):
        return None
    unlike = ", and more so in an arm that is expected to do more" if len(material.arms) > 1 else ""
    return Limitation(
        f"Patients knew what they were given and rated themselves (no blinding): this may inflate improvement{unlike}.",
        "patients knew their treatment and rated themselves, which may inflate improvement",
    )


def _clusters(material: Material) -> Limitation | None:
    """Say that patients of one clinic are taken as unrelated, where there is more than one clinic."""
    comparison = material.study.comparison
    if comparison is None or comparison.site is None:
        return None
    rows = material.rows("baseline", variable=comparison.site)
    if comparison.site not in comparison.confounders and (rows.empty or rows["level"].nunique() < 2):
        return None
    return Limitation(
        "Intervals take the patients of one clinic as unrelated given the confounders. They are clustered by patient and not by clinic, and can be too "
        "narrow if outcomes within a clinic are alike."
    )


def _pace(material: Material) -> Limitation | None:
    """Say that at the primary day one arm's planned induction is over and the other's is not, by their protocols."""
    comparison = material.study.comparison
    if comparison is None or comparison.estimand.axis != "day" or material.study.series.origin != "sessions":
        return None
    estimand = comparison.estimand
    window = next((w for w in material.study.timepoints.days if f"day {w.day}" == estimand.timepoint), None)
    arms = {arm.id: material.study.protocol(arm) for arm in material.study.arms}
    plans = [arms.get(name) for name in (estimand.treated, estimand.reference)]
    if window is None or plans[0] is None or plans[1] is None:
        return None
    longest = [plan.induction.maximum_days for plan in plans if plan is not None]
    if longest[0] == longest[1] or not min(longest) <= window.day < max(longest):
        return None
    names = (estimand.treated, estimand.reference)
    over, still = names if longest[0] < longest[1] else names[::-1]
    return Limitation(
        f"At {material.timepoint(estimand.axis, estimand.timepoint)} the induction of {material.within(over)} is over by its protocol (at most "
        f"{min(longest)} days). That of {material.within(still)} may go on (up to {max(longest)} days): the arms are compared at different stages of "
        "treatment."
    )
