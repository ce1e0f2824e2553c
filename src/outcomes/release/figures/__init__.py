"""Figures of a study, drawn from released tables only, and saved so that a rerun gives the same bytes.

Which figures there are is decided in :mod:`outcomes.release.figures.plan`; each family has a module of its own; how all
look is in :mod:`outcomes.release.figures.style`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def draw_all(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, Figure]:
    """Return every figure that a study's released tables give rise to, by the name of its file.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Released tables by name, as read from ``results/{study}/tables``; withheld rows have ``withheld`` true and no
        numbers.
    study : Study
        Settings; arms give labels and colours.

    Returns
    -------
    dict of str to Figure
        Each is a :class:`outcomes.release.figures.draw.Drawing`, which carries the released rows behind it.
    """
    from outcomes.release.figures.draw import draw_plan
    from outcomes.release.figures.plan import plan_figures

    return {plan.name: draw_plan(plan, study) for plan in plan_figures(tables, study)}


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as SVG, PDF, and PNG (300 dpi), and the rows behind it as CSV; return the files.

    The files hold no date, and their fonts and identifiers do not depend on the machine: the same figure, the same bytes.
    """
    from outcomes.release.figures.draw import write_figure

    return write_figure(figure, folder, name)
