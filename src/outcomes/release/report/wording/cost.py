"""What was charged, and what was had for it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from outcomes.contracts.released.cost import CHARGE, EVERYONE, RESPONSE, Charges, ChargesPerCase, CostDifference
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.numbers import fixed, interval, money
from outcomes.release.report.content.grids import enumerate_words, index_rows
from outcomes.release.report.content.material import Material
from outcomes.settings.cost import Cost

Row = dict[str, Any]
FILLED = {
    "own_mean": "A session without a charge takes the mean of the patient's others; patients without any charge are left out.",
    "leave_out": "Patients of whom a session has no charge are left out.",
}


def tell_charges(material: Material, cost: Cost) -> str:
    """Return what treated patients were charged on average to the last horizon, and per responder; empty where no mean was released."""
    horizon = f"day {cost.days[-1]}"
    rows = material.rows(Charges.name, variable=EVERYONE, horizon=horizon)
    rows = rows[rows[Charges.mean].notna()]
    cases = material.rows(ChargesPerCase.name, horizon=horizon, endpoint="response", population="observed")
    known = index_rows(cases[cases[ChargesPerCase.per_case].notna()] if len(cases) else cases, "arm")
    means = index_rows(rows, "arm")
    arms = order_arms(material.study, {arm for (arm,) in means})
    if not arms:
        return ""
    said = [f"{money(means[(arm,)][Charges.mean], cost.currency)} ({material.within(arm)})" for arm in arms]
    text = f"Charged per treated patient to {horizon}: {enumerate_words(said)}."
    each = [
        f"{money(known[(arm,)][ChargesPerCase.per_case], cost.currency)} ({material.within(arm)})"
        for arm in arms
        if (arm,) in known
    ]
    return f"{text} Per responder, among complete cases: {enumerate_words(each)}." if each else text


def tell_declared(cost: Cost) -> tuple[str, ...]:
    """Return perspective, horizon, money, and what is done about missing charges, as the study declares them."""
    days = enumerate_words([f"day {day} after the first session" for day in cost.days])
    return (
        f"Perspective: {cost.perspective.rstrip('.')}. Horizons: the induction, and {days}. Amounts are in {cost.currency} of {cost.price_year}, not discounted.",
        "Everyone with a session counts, in the arm of the first series. All sessions to the horizon are charged, of whatever arm. "
        f"{FILLED[cost.incomplete]}",
    )


def tell_difference(material: Material, cost: Cost) -> Iterator[str]:
    """Yield the weighted differences of each horizon, and the charge per further response or why there is none."""
    if material.left_out:
        yield f"Charges of the arms are not compared, because {material.left_out.reason}."
        return
    rows = material.rows(CostDifference.name)
    found = index_rows(rows[rows[CostDifference.estimate].notna()] if len(rows) else rows, "horizon", "measure")
    for horizon in dict.fromkeys(key[0] for key in found):
        charge, response = found.get((horizon, CHARGE)), found.get((horizon, RESPONSE))
        if charge is None:
            continue
        treated, reference = (material.within(arm) for arm in list_compared(material.study))
        text = f"To {horizon}, {treated} minus {reference}, adjusted: {_money(charge, cost)} a patient"
        if response is None:
            yield f"{text}. Too few responses to set it against."
            continue
        share = fixed(100 * response[CostDifference.estimate], 0)
        limits = ""
        if pd.notna(response[CostDifference.lower]):
            limits = f" ({interval(response[CostDifference.lower], response[CostDifference.upper], 0, 100)})"
        yield f"{text}; response {share} points{limits}. {say_ratio(charge, response, treated, cost)}"


def _money(row: Row, cost: Cost) -> str:
    text = money(row[CostDifference.estimate], cost.currency)
    lower, upper = row[CostDifference.lower], row[CostDifference.upper]
    return text if pd.isna(lower) else f"{text} ({interval(lower, upper, 0)})"


def say_ratio(charge: Row, response: Row, treated: str, cost: Cost) -> str:
    """Return the charge per further response, from the released numbers; in words, why there is none.

    Examples
    --------
    >>> cost = Cost(perspective="the clinic's charges", currency="USD", price_year=2024)
    >>> dear, clear = {"estimate": 900.0, "lower": 400.0, "upper": 1400.0}, {"estimate": 0.1, "lower": 0.02, "upper": 0.18}
    >>> say_ratio(dear, clear, "IV ketamine", cost)
    'That is $9,000 for each further response.'
    >>> say_ratio(dear | {"estimate": -100.0, "lower": -600.0}, clear, "IV ketamine", cost)
    'The interval of the difference in charge includes zero, so no charge per further response is given.'
    >>> say_ratio(dear, {"estimate": 0.03, "lower": -0.05, "upper": 0.11}, "IV ketamine", cost)
    'The interval of the difference in response includes zero, so no charge per further response is given.'
    >>> say_ratio(dear, {"estimate": 1.0, "lower": None, "upper": None}, "IV ketamine", cost)
    'The difference in response has no interval here, so no charge per further response is given.'
    """
    apart, lower, upper = (
        response[name] for name in (CostDifference.estimate, CostDifference.lower, CostDifference.upper)
    )
    if pd.isna(lower) or pd.isna(upper):
        return "The difference in response has no interval here, so no charge per further response is given."
    if lower <= 0 <= upper or apart == 0:
        return "The interval of the difference in response includes zero, so no charge per further response is given."
    more, least, most = (charge[name] for name in (CostDifference.estimate, CostDifference.lower, CostDifference.upper))
    if pd.isna(least) or pd.isna(most):
        return "The difference in charge has no interval here, so no charge per further response is given."
    if least <= 0 <= most:
        return "The interval of the difference in charge includes zero, so no charge per further response is given."
    if more * apart <= 0:
        words = "less is charged and more respond" if apart > 0 else "more is charged and fewer respond"
        return f"With {treated} {words}, so that a charge per further response has no meaning."
    ratio = money(round(more / apart, -1), cost.currency)
    return (
        f"That is {ratio} for each further response." if apart > 0 else f"That is {ratio} less for each response lost."
    )
