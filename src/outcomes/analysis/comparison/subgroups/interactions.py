"""Whether the effect differs between levels: joint tests, and what their number costs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.precision import drop_dust

log = logging.getLogger(__name__)

NO_FIT = "the mixed model of all levels did not converge"
ADJUSTMENTS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "benjamini_hochberg": "fdr_bh",
}
ESTIMATES = ["estimate", "std_error", "df", "lower", "upper"]


@dataclass(frozen=True)
class Estimates:
    """Effects within levels and the test that they are all the same.

    Attributes
    ----------
    table : DataFrame
        One row per level in the given order: ``estimate``, ``std_error``, ``df``, ``lower``, ``upper``.
    test : mapping of str to float
        ``num_df``, ``den_df``, ``statistic``, ``p_value``; empty with fewer than two levels.
    converged : bool
    note : str
    """

    table: pd.DataFrame
    test: dict[str, float]
    converged: bool = True
    note: str = ""


def estimate_changes(frame: pd.DataFrame, timepoint: str, specification: Specification) -> Estimates:
    """Fit one weighted mixed model of all levels, and take the difference within each at a time point.

    The primary model with the level, and its product with the arm, by time point. Levels share the covariance and the slope of the
    baseline; the variance is the sandwich of the primary analysis. The test is the joint F of the arm by level products at the time
    point, with Satterthwaite's denominator.

    Parameters
    ----------
    frame : DataFrame
        As :func:`build_frame` makes it, with ``level``: categories in order, without empty ones.
    timepoint : str
        Observed in every arm of every level.
    specification : Specification
    """
    from outcomes import mixed

    levels, points = list(frame["level"].cat.categories), list(frame["timepoint"].cat.categories)
    crossed = " * ".join(["arm", *(["level"] if len(levels) > 1 else []), *(["timepoint"] if len(points) > 1 else [])])
    varies = specification.baseline and np.ptp(frame["baseline"]) > 0
    slope = ["baseline * timepoint" if len(points) > 1 else "baseline"] if varies else []
    try:
        fit = mixed.fit(
            frame,
            f"change ~ {' + '.join([crossed, *slope])}",
            subject="person",
            visit="timepoint",
            weights="weight" if np.ptp(frame["weight"]) > 0 else None,
            covariance=specification.covariance,
            fallback=specification.fallback,
            df="kenward_roger" if specification.vcov == "model" else "satterthwaite",
            vcov=specification.vcov,
        )
    except mixed.MixedError as error:
        log.warning("subgroups: %s", error)
        return estimate_nothing(len(levels))
    if not fit.converged:
        return estimate_nothing(len(levels))
    rows = [_contrast(level, timepoint, levels, points) for level in levels]
    table = pd.concat([fit.contrast(row) for row in rows], ignore_index=True)[ESTIMATES]
    apart = [{name: value for name, value in row.items() if "level[" in name} for row in rows[1:]]
    return Estimates(table, _test(fit, apart), True, "; ".join(fit.warnings))


def _contrast(level: str, timepoint: str, levels: Sequence[str], points: Sequence[str]) -> dict[str, float]:
    """Return the coefficients that add up to the effect in a level at a time point; first levels have none of their own."""
    names = ["arm[treated]"]
    if level != levels[0]:
        names.append(f"arm[treated]:level[{level}]")
    if timepoint != points[0]:
        names += [f"{name}:timepoint[{timepoint}]" for name in names]
    return dict.fromkeys(names, 1.0)


def _test(fit: Any, apart: list[dict[str, float]]) -> dict[str, float]:
    from outcomes import mixed

    if not apart:
        return {}
    if len(apart) == 1:
        row = fit.contrast(apart[0]).iloc[0]
        square = float(row["statistic"]) ** 2
        return {"num_df": 1.0, "den_df": row["df"], "statistic": square, "p_value": float(row["p_value"])}
    try:
        row = fit.contrast(apart).iloc[0]
    except mixed.MixedError:  # a sandwich of fewer patients than it takes to test all levels at once
        return {}
    return {"num_df": row["num_df"], "den_df": row["df"], "statistic": row["statistic"], "p_value": row["p_value"]}


def compare_effects(estimates: Floats, errors: Floats) -> dict[str, float]:
    """Test that independent effects are the same: Cochran's Q, chi-squared with one degree of freedom less than effects.

    Cochran 1954, 10.2307/3001666. Levels have no patient in common and weights of their own, so their estimates are independent.
    Without a variance in some there is no test.
    """
    from scipy.special import chdtrc

    if len(estimates) < 2 or not (drop_dust(np.square(errors), np.abs(estimates).max()) > 0).all():
        return {}
    w = 1 / np.square(errors)
    q = float(w @ np.square(estimates - w @ estimates / w.sum()))
    df = float(len(estimates) - 1)
    return {"num_df": df, "den_df": np.nan, "statistic": q, "p_value": float(chdtrc(df, q))}


def adjust_p_values(p_values: Sequence[float], multiplicity: str) -> Floats:
    """Return p values adjusted for their number; a missing one is not counted and stays missing."""
    values = np.asarray(p_values, dtype=float)
    known = ~np.isnan(values)
    if multiplicity == "none" or not known.any():
        return values
    from statsmodels.stats.multitest import multipletests

    adjusted = values.copy()
    adjusted[known] = multipletests(values[known], method=ADJUSTMENTS[multiplicity])[1]
    return adjusted


def estimate_nothing(rows: int) -> Estimates:
    """Return no effect in so many levels."""
    return Estimates(pd.DataFrame(np.nan, index=range(rows), columns=ESTIMATES), {}, False, NO_FIT)
