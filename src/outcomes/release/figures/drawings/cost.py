"""Charges: means with their intervals by horizon, and the plane of the differences in response and in charge as a density."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patches import Polygon
from scipy.special import ndtri

from outcomes.contracts.released.cost import CHARGE, RESPONSE, Charges, CostDifference
from outcomes.records import list_records
from outcomes.release.figures.canvas.lines import build_ruler
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.scales import build_scale, write_counts
from outcomes.release.figures.canvas.style import GREY, INK, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.plans.cost import LEVELS
from outcomes.release.figures.plans.plan import Plan
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THOUSAND = 1000.0
APART = 0.12  # between the marks of two arms, of the distance between horizons
SHADES = (0.34, 0.2, 0.12)
WIDTH = 2 * float(ndtri(0.975))  # of a 95% interval, in standard deviations
TURN = np.linspace(0, 2 * np.pi, 121)


def draw_cost(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the means, and where both differences are released the plane beside."""
    rows = plan.data[plan.data[Charges.mean].notna() | plan.data[Charges.arm].notna()]
    rows = rows[rows[Charges.arm].notna()]
    currency = study.cost.currency if study.cost else ""
    panels = [_plan_means(rows, study, currency)]
    plane = (
        plan.data[plan.data[CostDifference.measure].notna()] if CostDifference.measure in plan.data else rows.iloc[:0]
    )
    if len(plane):
        found = {str(row[CostDifference.measure]): row for row in list_records(plane)}
        panels.append(_plan_plane(found[CHARGE], found[RESPONSE], currency))
        compose(figure, panels, [], PAGE_MM, 2)
    else:
        compose(figure, panels, [], choose_width(panels[0]), 1)


def _plan_means(rows: pd.DataFrame, study: Study, currency: str) -> Panel:
    arms = list(style_arms(study, rows[Charges.arm]).values())
    horizons = list(dict.fromkeys(rows[Charges.horizon]))
    rows = rows.assign(x=rows[Charges.horizon].map({name: float(place) for place, name in enumerate(horizons)}))
    names = {float(place): name[:1].upper() + name[1:] for place, name in enumerate(horizons)}
    rows = rows.assign(**{name: rows[name] / THOUSAND for name in (Charges.mean, Charges.lower, Charges.upper)})
    most = float(np.nanmax(rows[[Charges.mean, Charges.upper]]))
    y = build_scale(0, most, f"Mean charge (thousand {currency})")
    x = Scale((-0.6, len(horizons) - 0.4), names, "Charges up to")
    block = [
        row
        for arm in arms
        for row in (
            Row(arm.label, arm),
            Row(prefix="patients", cells=write_counts(rows[rows[Charges.arm] == arm.id], Charges.counted)),
        )
    ]
    return Panel("Mean charge per patient", partial(_draw_means, rows=rows, arms=arms), x, y, tuple(block))


def _draw_means(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle]) -> None:
    for place, arm in enumerate(arms):
        own = rows[(rows[Charges.arm] == arm.id) & rows[Charges.mean].notna()]
        x = own["x"] + APART * (place - (len(arms) - 1) / 2)
        axes.vlines(x, own[Charges.lower], own[Charges.upper], color=arm.color, linewidth=0.9)
        axes.plot(x, own[Charges.mean], arm.marker, color=arm.color, label=arm.id, clip_on=False, markersize=3.4)


def _plan_plane(charge: dict[Any, Any], response: dict[Any, Any], currency: str) -> Panel:
    x_middle, x_spread = 100 * _middle(response), 100 * _spread(response)
    y_middle, y_spread = _middle(charge) / THOUSAND, _spread(charge) / THOUSAND
    reach = _reach(LEVELS[-1])
    x = build_ruler(x_middle - reach * x_spread, x_middle + reach * x_spread, "Difference in response (points)")
    label = f"Difference (thousand {currency})"
    y = build_ruler(y_middle - reach * y_spread, y_middle + reach * y_spread, label)
    correlation = float(charge[CostDifference.correlation])
    draw = partial(
        _draw_plane,
        middle=(x_middle, y_middle),
        spread=(x_spread, y_spread),
        correlation=min(max(correlation, -0.99), 0.99),
    )
    return Panel("Difference in charge and in response", draw, x, y, ())


def _reach(level: float) -> float:
    """Return how many standard deviations from the middle so many of two normal numbers lie: chi-squared of two is exponential."""
    return float(np.sqrt(-2 * np.log(1 - level)))


def _middle(row: dict[Any, Any]) -> float:
    return float(row[CostDifference.estimate])


def _spread(row: dict[Any, Any]) -> float:
    return float(row[CostDifference.upper] - row[CostDifference.lower]) / WIDTH


def _draw_plane(axes: Axes, middle: tuple[float, float], spread: tuple[float, float], correlation: float) -> None:
    """Draw the ellipses that hold so many of the samples, were they normal."""
    axes.axhline(0, color=GREY, linewidth=0.7, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=0)
    first = np.cos(TURN)
    second = correlation * np.cos(TURN) + np.sqrt(1 - correlation**2) * np.sin(TURN)
    for level, shade in zip(reversed(LEVELS), reversed(SHADES), strict=True):
        reach = _reach(level)
        edge = np.column_stack([middle[0] + reach * spread[0] * first, middle[1] + reach * spread[1] * second])
        axes.add_patch(Polygon(edge, facecolor=INK, alpha=shade, linewidth=0, label=f"samples {level:g}"))
    axes.plot([middle[0]], [middle[1]], "o", color=INK, markersize=3.4, label="difference")
