"""The cases of released tables as report and as figures, made once in a process for all tests that only look at them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
from released_cases import CASES, make_case, make_compared, make_models

from outcomes.release.figures import draw_all
from outcomes.release.figures.draw import Drawing, draw_plan
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.report import build_sections
from outcomes.release.report.content.blocks import Section
from outcomes.release.report.content.material import Material, gather
from outcomes.settings import Study

SHOWN = (*CASES, "compared")


def make_shown(case: str) -> tuple[dict[str, pd.DataFrame], Study]:
    """Return tables and study of a case, with a model where two arms are compared; they are the caller's to change."""
    if case == "compared":
        return make_compared()
    tables, study = make_case(case)
    return (tables | make_models() if case == "two arms" else tables), study


@cache
def gather_shown(case: str) -> Material:
    """Return the material of a case's report."""
    return gather(*make_shown(case), {})


@cache
def build_shown(case: str) -> list[Section]:
    """Return the sections of a case's report, without figures."""
    return build_sections(gather_shown(case), Path("nowhere"))


def plan_shown(case: str) -> list[Plan]:
    """Return the figures of a case before they are drawn."""
    return gather_shown(case).plans


@cache
def draw_shown(case: str) -> dict[str, Drawing]:
    """Return the figures of a case; a model has none."""
    return draw_all(*make_case(case))


def draw_one(name: str, tables: dict[str, pd.DataFrame], study: Study) -> Drawing:
    """Return one figure of other tables, without drawing the rest."""
    return draw_plan(next(plan for plan in plan_figures(tables, study) if plan.name == name), study)
