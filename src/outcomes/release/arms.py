"""The order of arms in text, tables, and figures: the treated arm of the comparison, its reference, then the others as declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from outcomes.contracts.released.describe import Scores
from outcomes.contracts.released.quality import Flow
from outcomes.settings import Study

TRIALS = ("randomised", "crossover")
EVERYONE = "all"  # rows of all arms together
SERIES = "Series"  # the flow's label of all that an arm was given


def list_compared(study: Study) -> list[str]:
    """Return the treated and the reference arm: of the declared comparison, else the two arms of a trial; none otherwise."""
    if study.comparison is not None:
        return [study.comparison.estimand.treated, study.comparison.estimand.reference]
    drawn = study.report.design in TRIALS and len(study.arms) == 2
    return [arm.id for arm in reversed(study.arms)] if drawn else []


def order_arms(study: Study, present: Iterable[str] | None = None) -> list[str]:
    """Return the arms that are present (all declared ones without a list), those that no study file declares last; never all of them together."""
    declared = [arm.id for arm in study.arms]
    shown = declared if present is None else list(dict.fromkeys(present))
    first = [*list_compared(study), *declared]
    order = [*dict.fromkeys(first), *(arm for arm in shown if arm not in first)]
    return [arm for arm in order if arm in shown and arm != EVERYONE]


def sort_by_arm(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return rows in the order of their arms, those of one arm as they stand; rows of all arms together first."""
    places = {arm: place for place, arm in enumerate([EVERYONE, *order_arms(study, rows["arm"])])}
    return rows.sort_values("arm", key=lambda arms: arms.map(places), kind="stable")


def list_too_small(tables: Mapping[str, pd.DataFrame], study: Study) -> list[str]:
    """Return the declared arms that were given and of whom no table but the flow tells anything: too few patients to be analysed."""
    scores, flow = tables.get(Scores.name), tables.get(Flow.name)
    if scores is None or scores.empty or flow is None or flow.empty:
        return []
    given = flow[(flow[Flow.label] == SERIES) & (flow[Flow.n].isna() | (flow[Flow.n] > 0))]
    return [arm for arm in order_arms(study) if arm in set(given[Flow.arm]) - set(scores[Scores.arm])]
