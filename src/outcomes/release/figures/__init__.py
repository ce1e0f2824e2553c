"""Figures of a study, drawn from released tables only, and saved so that a rerun gives the same bytes.

Which figures there are is decided in :mod:`outcomes.release.figures.plans.plan`; each family has a module of its own; how all
look is in :mod:`outcomes.release.figures.canvas.style`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.release.figures.captions import write_captions, write_files
from outcomes.release.left_out import keep_made
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from outcomes.release.figures.kept import Kept
    from outcomes.release.figures.plans.plan import Plan

log = logging.getLogger(__name__)


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

    study = keep_made(tables, study)
    return {plan.name: draw_plan(plan, study) for plan in _plan(tables, study)}


def write_all(tables: Mapping[str, pd.DataFrame], study: Study, folder: Path, kept: Kept | None = None) -> None:
    """Write every figure of :func:`draw_all` as :func:`save_figure` does, and ``captions.md``; a kept one is not drawn again."""
    study = keep_made(tables, study)
    plans = _plan(tables, study)
    found = {} if kept is None else {plan.name: files for plan in plans if (files := kept.find(plan)) is not None}
    missing = [plan for plan in plans if plan.name not in found]
    log.info("draws %d of %d figures; the others are as in the last run", len(missing), len(plans))
    for name, files in found.items():
        write_files(files, folder, name)
    if missing:
        from outcomes.release.figures.draw import write_plans

        write_plans(missing, study, folder, kept)
    if kept is not None:
        kept.forget_others(plans)
    write_captions(plans, folder)


def _plan(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    from outcomes.release.figures.plans.study import find_replaced_names, plan_figures

    for drawn, _ in find_replaced_names(study).values():
        log.warning("figures name an arm '%s': its label has letters that DejaVu Sans lacks; captions give it", drawn)
    return list(plan_figures(tables, study))


def save_figure(figure: Figure, folder: Path, name: str, dpi: int = 300) -> list[Path]:
    """Write a figure as SVG, PDF, and PNG, and the rows behind it as CSV; return the files.

    Title and text alternative are in each file's metadata. ``dpi`` is that of the PNG; SVG and PDF are drawn as lines.

    The files hold no date, and their fonts and identifiers do not depend on the machine: the same figure, the same bytes.
    """
    from outcomes.release.figures.formats import write_figure

    return write_figure(figure, folder, name, dpi=dpi)


def save_captions(figures: Mapping[str, Figure], folder: Path) -> Path:
    """Write title, legend and text alternative of every figure as ``captions.md``; return the file."""
    from outcomes.release.figures.draw import Drawing

    return write_captions([figure.plan for figure in figures.values() if isinstance(figure, Drawing)], folder)
