"""The words of a study file that decide how a report reads and looks, and no number in it.

A step that does not declare them sees a study without them, so that another name for an arm fits no model again. Where such a
step writes an arm's name, it writes ``{id}``; :func:`name_arms` puts the names in when the table is released.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from outcomes.settings.analysis import Figures
from outcomes.settings.study import Study
from outcomes.settings.style import Style

if TYPE_CHECKING:
    import pandas as pd

Words = Literal[
    "names", "cover", "look"
]  # of the arms; title, subtitle, setting, citation; style, language, resolution


def leave_words(study: Study, keep: Iterable[Words] = ()) -> Study:
    """Return a study without its words, but for the kinds that are kept."""
    kept = set(keep)
    report = study.report
    if "cover" not in kept:
        report = report.model_copy(update={"title": "", "subtitle": None, "setting": "", "citation": None})
    if "look" not in kept:
        report = report.model_copy(update={"style": Style(), "figures": Figures(), "language": "en-US"})
    bare = [arm.model_copy(update={"label": f"{{{arm.id}}}", "in_text": None, "color": None}) for arm in study.arms]
    return study.model_copy(update={"report": report, "arms": study.arms if "names" in kept else tuple(bare)})


def name_arms(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return a table with the name of an arm, as it stands within a sentence, wherever a step without names wrote ``{id}``."""
    names = {f"{{{arm.id}}}": study.in_text(arm.id) for arm in study.arms}
    named = {}
    for column in table.select_dtypes(["object", "str"]):
        cells = table[column]
        for place, name in names.items():
            cells = cells.map(
                lambda cell, old=place, new=name: cell.replace(old, new) if isinstance(cell, str) else cell
            )
        named[str(column)] = cells
    return table.assign(**named)
