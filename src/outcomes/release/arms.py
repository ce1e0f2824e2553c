"""The order of arms in text, tables, and figures: the treated arm of the comparison, its reference, then the others as declared."""

from __future__ import annotations

from collections.abc import Iterable

from outcomes.settings import Study

TRIALS = ("randomised", "crossover")
EVERYONE = "all"  # rows of all arms together


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
