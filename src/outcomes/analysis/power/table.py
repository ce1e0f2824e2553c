"""Power by difference and by patients an arm, with its Monte Carlo error, and the closed form beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.power.design import Design
from outcomes.analysis.power.trials import Trials
from outcomes.normal import Z
from outcomes.settings.estimand import Margin

WORSE = 1.2  # the fitted covariance is an estimate: also with standard deviations so many times as large


def tabulate_power(
    trials: Mapping[int, Trials], design: Design, differences: Sequence[float], margin: Margin | None
) -> pd.DataFrame:
    """Return the share of trials that answer, by question, size, spread, and true difference.

    Parameters
    ----------
    trials : mapping of int to Trials
        By patients an arm.
    design : Design
        What they were drawn from.
    differences : sequence of float
        True differences, in points and without their sign; 0, the type I error, is added.
    margin : Margin or None
        Asks as well how often a true difference of nothing is shown to lie within it.

    Returns
    -------
    DataFrame
        One row per ``question`` (difference, non_inferiority, equivalence), ``per_arm``, ``spread`` (1 as fitted, 1.2 with larger standard
        deviations), and ``difference``, the key: ``power``, its ``monte_carlo_error`` √(p (1 − p) / R) (Morris 2019,
        10.1002/sim.8086), ``trials``, ``converged``, and ``closed_form``: the power of a difference at the time point alone, of those
        seen at it, by the normal distribution.
    """
    rows = [
        {"per_arm": n, "spread": spread, **row}
        for n, drawn in trials.items()
        for spread in (1.0, WORSE)
        for row in _answer(drawn, design, n, spread, differences, margin)
    ]
    table = pd.DataFrame(rows)
    order = ["question", "spread", "per_arm", "difference"]
    return table.sort_values(order, kind="stable", ignore_index=True)[[*order, *RESULT]]


RESULT = ["power", "monte_carlo_error", "trials", "converged", "closed_form"]


def _answer(
    drawn: Trials, design: Design, n: int, spread: float, differences: Sequence[float], margin: Margin | None
) -> Iterator[dict[str, Any]]:
    """Yield the answers of one size: a trial that did not converge has none, and counts as not showing anything."""
    estimate, half = spread * drawn.estimate, spread * drawn.half
    error = spread * compute_error(design, n)
    asked = {("difference", delta): np.abs(estimate + delta) > half for delta in sorted({0.0, *differences})}
    if margin is not None:
        within = estimate + half < margin.points
        within = within & (estimate - half > -margin.points) if margin.kind == "equivalence" else within
        asked[margin.kind, 0.0] = within
    for (question, delta), shown in asked.items():
        power = float(shown[drawn.converged].sum() / len(shown))
        reach = abs(delta) if question == "difference" else (margin.points if margin else 0.0)
        closed = compute_closed_form(question, reach, error)
        spent = float(np.sqrt(power * (1 - power) / len(shown)))
        yield {"question": question, "difference": delta, "power": power, "monte_carlo_error": spent,
               "trials": len(shown), "converged": int(drawn.converged.sum()), "closed_form": closed}  # fmt: skip


def compute_error(design: Design, per_arm: int) -> float:
    """Return the standard error of the difference at the target time point, of those seen at it, given the baseline."""
    told = [per_arm / cost * own[:, 0].mean() for own, cost in zip(design.seen, design.cost, strict=True)]
    return float(np.sqrt(design.covariance[0, 0] * sum(1 / n for n in told)))


def compute_closed_form(question: str, points: float, error: float) -> float:
    """Return the power of a two-sided test of no difference at 5%, or to show what lies within a margin by a 95% interval.

    Examples
    --------
    A standard deviation of 5 and a correlation of 0.5 with the baseline leave 5² (1 − 0.5²); 2 points and 99 patients an arm:

    >>> round(compute_closed_form("difference", 2, (25 * 0.75 * 2 / 99) ** 0.5), 3)
    0.901
    """
    if not error > 0:
        return np.nan
    normal = NormalDist()
    beyond = normal.cdf(points / error - Z)
    if question == "difference":
        return beyond + normal.cdf(-points / error - Z)
    return beyond if question == "non_inferiority" else max(2 * beyond - 1, 0.0)


def find_size(table: pd.DataFrame, question: str, difference: float, spread: float = 1.0, power: float = 0.9) -> float:
    """Return how many patients an arm answer with so much power, on a straight line of probits between the sizes tried.

    Returns
    -------
    float
        Missing where it lies outside of them.
    """
    rows = table[(table["question"] == question) & (table["spread"] == spread)]
    rows = rows[np.isclose(rows["difference"], difference)].sort_values("per_arm")
    most = rows["trials"].to_numpy(float)
    share = np.clip(rows["power"].to_numpy(float), 0.5 / most, 1 - 0.5 / most)
    place, root = [NormalDist().inv_cdf(one) for one in share], np.sqrt(rows["per_arm"].to_numpy(float))
    wanted = NormalDist().inv_cdf(power)
    if len(place) < 2 or not place[0] <= wanted <= max(place):
        return np.nan
    return float(np.ceil(np.interp(wanted, np.maximum.accumulate(place), root) ** 2))
