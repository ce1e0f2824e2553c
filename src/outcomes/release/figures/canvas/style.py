"""The one style of every figure: sizes, colours, markers, lines, and how a file is written byte for byte the same.

The eight colours were chosen by search for three things, which ``tests/release/test_figures_colour.py`` computes: told
apart with each form of colour blindness (simulated after Machado et al. 2009, doi:10.1109/TVCG.2009.113), unequally dark,
the first ones most of all, so that they differ in grey, and at least 3:1 against white paper (WCAG 2.1, 1.4.11). Marker
and line differ as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import matplotlib.style

from outcomes.release.arms import order_arms
from outcomes.release.figures.canvas.lettering import name_arm_drawn
from outcomes.settings import Study

SMALL_MM = 60.0
COLUMN_MM = 85.0
PAGE_MM = 178.0
MM_PER_INCH = 25.4
TEXT_PT = 8.0
TITLE_PT = 9.0
LINE_MM = 3.6
INK = "#1a1a1a"
GREY = "#6b6b6b"
FAINT = "#d9d9d9"

PALETTE = ("#0563C5", "#D17F1B", "#0F3B2A", "#E0257F", "#37003B", "#863D17", "#1C9899", "#7964A9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)), (0, (8, 2)))

RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_PT,
    "text.parse_math": False,
    "text.color": INK,
    "text.hinting": "none",
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": TEXT_PT,
    "axes.titlesize": TEXT_PT,
    "xtick.labelsize": TEXT_PT,
    "ytick.labelsize": TEXT_PT,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "savefig.facecolor": "white",
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "outcomes",
    "path.simplify": False,
}


@dataclass(frozen=True)
class ArmStyle:
    """How one arm looks in every figure of a study, and its name, by itself and within a sentence."""

    id: str
    label: str
    within: str
    color: str
    marker: str
    line: Any


def house_style() -> AbstractContextManager[None]:
    """Return the context in which figures are drawn and saved; no setting of the machine's matplotlib reaches it."""
    return matplotlib.style.context(RC, after_reset=True)


def style_arms(study: Study, present: Iterable[str]) -> dict[str, ArmStyle]:
    """Return the style of each arm that is present, in the order of the report; an arm looks the same in all figures."""
    present = list(dict.fromkeys(present))
    declared = {arm.id: arm for arm in study.arms}
    order = [*declared, *(arm for arm in present if arm not in declared)]
    styles = {}
    for index, name in enumerate(order):
        arm = declared.get(name)
        styles[name] = ArmStyle(
            name,
            name_arm_drawn(arm.label if arm else name, name, index),
            name_arm_drawn(study.in_text(name), name, index),
            (arm.color if arm else None) or PALETTE[index % len(PALETTE)],
            MARKERS[index % len(MARKERS)],
            LINES[index % len(LINES)],
        )
    return {name: styles[name] for name in order_arms(study, present)}
