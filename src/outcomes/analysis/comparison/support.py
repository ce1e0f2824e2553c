"""Whether the confounders leave something to compare: refused where they tell the arm, or say nothing at all."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.effects.primary import NO_VARIATION, UNCONNECTED, judge_timepoints
from outcomes.analysis.comparison.population.confounders import NO_VALUE
from outcomes.analysis.comparison.population.eligibility import FEWEST
from outcomes.analysis.comparison.population.estimand import FOR_WHOM
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.weighting.weights import TINY
from outcomes.errors import UnsupportedError

log = logging.getLogger(__name__)

SAID = {
    NO_VARIATION: "the scores at the declared time point do not differ beyond what arm and baseline tell",
    UNCONNECTED: "hardly anyone was seen both at the declared time point and at another",
}
FEW_SCORED = "an arm has fewer patients with a score at the declared time point than a comparison needs"
FEW_WEIGHTED = "an arm has fewer patients with a weight than a comparison needs"
NO_OVERLAP = "the declared confounders tell the arm of nearly all patients"
NO_COUNTERPART = "some of the patients for whom the comparison is declared have nobody like them in the other arm"


def check_support(setting: Setting, positivity: pd.DataFrame, fewest: int) -> None:
    """Refuse confounders without a value, and arms that do not overlap where the declared weights need them to.

    Strata that one arm lacks are named in the log where the weights leave their patients out (overlap; att, if the treated arm lacks
    it), as are confounders with one value in all patients, which adjust for nothing.

    Parameters
    ----------
    setting : Setting
    positivity : DataFrame
        The strata that one arm lacks, as :func:`tabulate_positivity` returns them.
    fewest : int
        Patients of a level from whom on it is named: the name of that of fewer may be a person's.

    Raises
    ------
    UnsupportedError
        Names the confounders or strata, without their numbers of patients.
    """
    comparison, people = setting.comparison, setting.compared.people
    values = {name: people[name].nunique() for name in comparison.confounders}
    empty = [name for name, n in values.items() if n == 0]
    if empty:
        raise UnsupportedError(
            f"comparison.confounders: {', '.join(empty)} has no value in any patient compared. Take it out, or see "
            "the column's mapping under sources.",
            NO_VALUE,
        )
    for name in (name for name, n in values.items() if n == 1 and people[name].notna().all()):
        log.warning("comparison.confounders: %s is the same in all patients compared, and adjusts for nothing", name)
    strata = [f"{stratum} had {arm}" for stratum, arm in name_strata(positivity, fewest)]
    _check_overlap(setting, strata)
    for stratum in strata:
        log.warning("comparison: no patient with %s; there nothing is compared directly", stratum)


def check_timepoint(setting: Setting) -> None:
    """Refuse a primary time point at which an arm has too few, or at which nothing varies.

    Raises
    ------
    UnsupportedError
    """
    estimand, weight = setting.comparison.estimand, setting.primary.weight
    seen = ~np.isnan(setting.compared.at(estimand.axis, estimand.timepoint, "change")) & (weight > TINY)
    arms = {estimand.treated: setting.compared.treated, estimand.reference: ~setting.compared.treated}
    few = [arm for arm, side in arms.items() if (seen & side).sum() < FEWEST]
    if few:
        raise UnsupportedError(
            f"comparison.estimand.timepoint: at {estimand.timepoint} fewer than {FEWEST} patients of arm {' and of arm '.join(few)} have a score, "
            "so the arms cannot be compared there. Declare another time point, or widen its window in timepoints.",
            FEW_SCORED,
        )
    reason = judge_timepoints(setting.compared, estimand.axis, weight)[estimand.timepoint]
    if reason:
        raise UnsupportedError(
            f"comparison.estimand.timepoint: at {estimand.timepoint} {reason}. Look at the scores there, declare another time point, or leave the "
            "comparison out.",
            SAID[reason],
        )


def name_strata(positivity: pd.DataFrame, fewest: int) -> list[tuple[str, str]]:
    """Return each stratum by its level, and the arm that it lacks; a level of fewer patients goes without its name, once a variable and arm."""
    rare = (positivity["n_treated"] + positivity["n_reference"]) < fewest
    names = positivity["level"].astype(object).mask(rare, "a level of few")
    rows = zip(positivity["variable"], names, positivity["lacks"], strict=True)
    return list(dict.fromkeys((f"{variable} = {name}", arm) for variable, name, arm in rows))


def _check_overlap(setting: Setting, strata: list[str]) -> None:
    weights, treated = setting.primary, setting.compared.treated
    if weights.supported and min((weights.present & side).sum() for side in (treated, ~treated)) < FEWEST:
        raise UnsupportedError(
            f"comparison.weights: fewer than {FEWEST} patients of an arm carry weight, too few to compare. Take confounders out, group their "
            "levels, or leave the comparison out.",
            FEW_WEIGHTED,
        )
    if weights.propensity is None or weights.propensity.converged:
        return
    why = f"no patient with {'; no patient with '.join(strata)}" if strata else "a combination of them decides it"
    inside = weights.weight > TINY
    if not weights.overlapping or min((inside & side).sum() for side in (treated, ~treated)) < FEWEST:
        raise UnsupportedError(
            f"comparison.confounders: they tell the arm of all patients, or of all but a few ({why}), so nothing can be compared. "
            "Take out what follows from the treatment, group levels, or choose other arms.",
            NO_OVERLAP,
        )
    if not weights.supported:
        raise UnsupportedError(
            f"comparison.weights: '{weights.kind}' weights stand for {FOR_WHOM[weights.kind]}, and the confounders tell the arm of "
            f"some of them for certain ({why}): they have no counterpart. Declare weights: overlap, leave those patients out "
            "by comparison.estimand.eligibility, or group the levels of the confounder.",
            NO_COUNTERPART,
        )
