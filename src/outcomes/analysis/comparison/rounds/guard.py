"""Which sums of a site may leave it: those over nobody, or over the minimum of patients of each arm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.rounds.design import Rows
from outcomes.analysis.comparison.weighting.propensity import invert_logit
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.errors import ModelError
from outcomes.settings.propensity import CONSTANT

LARGEST_SHARE = 0.33  # columns a patient (DataSHIELD's nfilter.glm)


def check_sums(rows: Rows, coefficients: Floats, minimum: int) -> None:
    """Refuse sums that are of few patients, or that rest on few.

    From sums of products the number of patients of every combination of bands and levels can be read, whatever the coefficients: where each is
    shared by the minimum of each arm, sums tell of no fewer. Those of numbers as they are tell how many patients have each value (least
    squares over the information matrices of some rounds), so that the plan has to say why they may; what is refused then keeps out the worst.

    Raises
    ------
    ModelError
        Every reason, without the numbers of patients.
    """
    reasons = list(_find_few(rows, minimum)) or list(_find_narrow(rows, coefficients, minimum))
    if reasons:
        raise ModelError(
            "the sums of this site would be of few patients, and stay here:\n  "
            + "\n  ".join(dict.fromkeys(reasons))
            + "\nThe site can still take part with its package; or the plan is amended: a coarser common model, or one without that confounder."
        )


def _find_few(rows: Rows, minimum: int) -> Iterator[str]:
    sides = {"treated": rows.treated, "reference": ~rows.treated}
    few = [arm for arm, side in sides.items() if side.sum() < minimum]
    if few:
        yield f"fewer than {minimum} patients of the {' and of the '.join(few)} arm have all that the common model needs"
        return
    for name, values in rows.numbers.items():
        if values.nunique() < minimum:
            yield f"{name} has fewer than {minimum} different values; the plan can declare it under bands"
    used = [name for name, column in zip(rows.columns, rows.design.T, strict=True) if column.any()]
    own = [name for name in used if not name.startswith("site ")]
    if len(own) > LARGEST_SHARE * len(rows.design):
        yield f"the common model has more than {LARGEST_SHARE:g} columns a patient"
    for inside in _combine(rows.groups):
        for side in sides.values():
            if 0 < (inside & side).sum() < minimum:
                yield f"fewer than {minimum} patients of an arm share a combination of {', '.join(map(str, rows.groups))}"
            for name in own:
                there = rows.design[:, rows.columns.index(name)] != 0
                if name != CONSTANT and 0 < (inside & side & there).sum() < minimum:
                    yield f"fewer than {minimum} patients of an arm have a value in column '{name}'"


def _combine(groups: pd.DataFrame) -> Iterator[Bools]:
    """Yield who has each combination of levels that someone has."""
    if groups.empty and not len(groups.columns):
        yield np.ones(len(groups), dtype=bool)
        return
    codes = groups.groupby(list(groups), sort=False).ngroup().to_numpy()
    for code in np.unique(codes):
        yield codes == code


def _find_narrow(rows: Rows, coefficients: Floats, minimum: int) -> Iterator[str]:
    """Yield whether coefficients give nearly all weight to few patients, as ones chosen to find somebody would."""
    e = invert_logit(rows.design @ coefficients)
    for weight in (e, 1 - e, e * (1 - e)):
        if min(compute_effective_n(weight[side]) for side in (rows.treated, ~rows.treated)) < minimum:
            yield f"with the coefficients of this round an arm's sums rest on fewer than {minimum} patients"
