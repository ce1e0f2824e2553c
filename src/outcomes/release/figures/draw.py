"""From a plan to a drawing and its files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from outcomes.release.figures.canvas.lettering import BOX
from outcomes.release.figures.canvas.style import house_style
from outcomes.release.figures.captions import write_files
from outcomes.release.figures.drawings.analyses import draw_analyses
from outcomes.release.figures.drawings.answers import draw_answer
from outcomes.release.figures.drawings.balance import draw_balance
from outcomes.release.figures.drawings.claims import draw_claims
from outcomes.release.figures.drawings.cost import draw_cost
from outcomes.release.figures.drawings.course import draw_course
from outcomes.release.figures.drawings.courses import draw_courses
from outcomes.release.figures.drawings.distribution import draw_distribution
from outcomes.release.figures.drawings.dropout import draw_dropout
from outcomes.release.figures.drawings.durability import draw_durability
from outcomes.release.figures.drawings.exposure import draw_exposure
from outcomes.release.figures.drawings.flow import draw_flow
from outcomes.release.figures.drawings.forest import draw_forest
from outcomes.release.figures.drawings.harms import draw_harms
from outcomes.release.figures.drawings.instruments import draw_instruments
from outcomes.release.figures.drawings.missingness import draw_missingness
from outcomes.release.figures.drawings.onset import draw_onset
from outcomes.release.figures.drawings.overlap import draw_overlap
from outcomes.release.figures.drawings.power import draw_power
from outcomes.release.figures.drawings.sites import draw_sites
from outcomes.release.figures.drawings.subgroups import draw_subgroups
from outcomes.release.figures.drawings.tipping import draw_tipping
from outcomes.release.figures.drawings.trajectory import draw_trajectory
from outcomes.release.figures.formats import lay_out, print_sheet
from outcomes.release.figures.kept import Kept
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.figures.printing import load_fonts
from outcomes.release.numbers import choose_style, restyle_words, styled
from outcomes.release.spelling import spell
from outcomes.settings import Study

log = logging.getLogger(__name__)

FAMILIES: dict[str, Callable[[Figure, Plan, Study], None]] = {
    "answers": draw_answer,
    "course": draw_course,
    "analyses": draw_analyses,
    "flow": draw_flow,
    "trajectory": draw_trajectory,
    "distribution": draw_distribution,
    "missingness": draw_missingness,
    "overlap": draw_overlap,
    "balance": draw_balance,
    "forest": draw_forest,
    "tipping": draw_tipping,
    "dropout": draw_dropout,
    "subgroups": draw_subgroups,
    "sites": draw_sites,
    "durability": draw_durability,
    "harms": draw_harms,
    "exposure": draw_exposure,
    "instruments": draw_instruments,
    "onset": draw_onset,
    "courses": draw_courses,
    "cost": draw_cost,
    "power": draw_power,
    "claims": draw_claims,
}


class Drawing(Figure):
    """A figure that knows its plan: title, caption, text alternative, and the released rows that it shows."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        FigureCanvasAgg(self)
        self.plan = plan

    @property
    def data(self) -> pd.DataFrame:
        """The released rows behind the figure."""
        return self.plan.data


def draw_plan(plan: Plan, study: Study) -> Drawing:
    """Draw one figure."""
    with house_style(), styled(choose_style(study)):
        drawing = Drawing(plan)
        FAMILIES[plan.family](drawing, plan, study)
        for text in drawing.findobj(Text):
            text.set_text(spell(restyle_words(text.get_text()), study.report.language))
    if _has_boxes(drawing):
        log.warning("%s: a name has letters that DejaVu Sans lacks, drawn as boxes; tables print them", plan.name)
    return drawing


def _has_boxes(drawing: Drawing) -> bool:
    return any(BOX in text.get_text() for text in drawing.findobj(Text))


def write_plans(plans: Iterable[Plan], study: Study, folder: Path, kept: Kept | None) -> None:
    """Draw figures, write their files, and keep them; while one is printed, the next is drawn."""
    dpi = study.report.figures.dpi
    load_fonts()
    with ThreadPoolExecutor(max_workers=1) as printer:
        printed = []
        for plan in plans:
            drawing = draw_plan(plan, study)
            printed.append((plan, drawing, printer.submit(print_sheet, lay_out(drawing, plan.name), dpi)))
        for plan, drawing, files in printed:
            write_files(files.result(), folder, plan.name)
            if kept is not None and not _has_boxes(drawing):  # which is to be warned of in the next run too
                kept.keep(plan, files.result())
