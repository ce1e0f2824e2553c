"""All figures of a study, in the order of the report. Draws nothing: the report reads captions from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from outcomes.release.figures.plans.answers import plan_answers
from outcomes.release.figures.plans.claims import plan_claims
from outcomes.release.figures.plans.comparison import plan_comparison
from outcomes.release.figures.plans.cost import plan_cost
from outcomes.release.figures.plans.courses import plan_courses
from outcomes.release.figures.plans.descriptive import (
    plan_distribution,
    plan_flow,
    plan_missingness,
    plan_trajectories,
)
from outcomes.release.figures.plans.durability import plan_durability
from outcomes.release.figures.plans.exposure import plan_exposure
from outcomes.release.figures.plans.harms import plan_harms
from outcomes.release.figures.plans.instruments import plan_instruments
from outcomes.release.figures.plans.main_results import plan_main_results
from outcomes.release.figures.plans.missing import plan_missing
from outcomes.release.figures.plans.onset import plan_onset
from outcomes.release.figures.plans.participants import plan_participants
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.figures.plans.sites import plan_sites
from outcomes.release.figures.plans.subgroups import plan_subgroups
from outcomes.release.numbers import choose_style, restyle_words, styled
from outcomes.release.spelling import spell
from outcomes.settings import Study


def plan_figures(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figures that the released tables of a study give rise to, in the order of the report."""
    with styled(choose_style(study)):
        plans = plan_answers(tables, study)
        plans += plan_participants(tables, study)
        plans += plan_main_results(tables, study)
        plans += plan_flow(tables, study)
        for instrument in study.instruments:
            plans += plan_trajectories(tables, study, instrument)
            if study.instrument(instrument).derived_from is None:
                plans += plan_distribution(tables, study, instrument)
                plans += plan_missingness(tables, study, instrument)
        plans += plan_instruments(tables, study)
        plans += plan_comparison(tables, study)
        plans += plan_missing(tables, study)
        plans += plan_subgroups(tables, study)
        plans += plan_sites(tables, study)
        plans += plan_harms(tables, study)
        plans += plan_exposure(tables, study)
        plans += plan_onset(tables, study)
        plans += plan_courses(tables, study)
        plans += plan_cost(tables, study)
        plans += plan_durability(tables, study)
        plans += plan_claims(tables, study)
        plans = [_explain_names(plan, find_replaced_names(study)) for plan in plans]
        return [_restyle(plan, study) for plan in plans]


def _restyle(plan: Plan, study: Study) -> Plan:
    """Return a plan with its words in the journal's style and the report's spelling."""
    title, caption, alt = (
        spell(restyle_words(text), study.report.language) for text in (plan.title, plan.caption, plan.alt)
    )
    return replace(plan, title=title, caption=caption, alt=alt)


def find_replaced_names(study: Study) -> dict[str, tuple[str, str]]:
    """Return arm → (name in figures, its label) for each arm whose label the figures' typeface cannot write."""
    if all(arm.label.isascii() for arm in study.arms):
        return {}
    from outcomes.release.figures.canvas.lettering import name_arm_drawn, one_line

    drawn = {arm.id: (name_arm_drawn(arm.label, arm.id, i), one_line(arm.label)) for i, arm in enumerate(study.arms)}
    return {arm: names for arm, names in drawn.items() if names[0] != names[1]}


def _explain_names(plan: Plan, replaced: Mapping[str, tuple[str, str]]) -> Plan:
    present = set(plan.data["arm"]) if "arm" in plan.data else set(replaced)
    notes = [f" “{drawn}” stands for {label}." for arm, (drawn, label) in replaced.items() if arm in present]
    title = plan.title
    for drawn, label in replaced.values():
        title = title.replace(label, drawn)
    return replace(plan, title=title, caption=plan.caption + "".join(notes))
