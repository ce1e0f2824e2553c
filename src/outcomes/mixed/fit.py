"""Fit a mixed model to a table or to moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outcomes.mixed.assembly import Assembly, Columns, assemble_from_moments, assemble_from_table
from outcomes.mixed.data.table import read_data
from outcomes.mixed.design.by_subject import design_by_visit, spread_wide
from outcomes.mixed.design.declared import DeclaredDesign, declare_levels, design_as_declared
from outcomes.mixed.design.prepare import prepare
from outcomes.mixed.errors import SettingError
from outcomes.mixed.likelihood.optimise import maximise
from outcomes.mixed.patterns.moments import Moments, sum_moments
from outcomes.mixed.result.fitted import Attempt
from outcomes.mixed.result.from_optimum import make_fit
from outcomes.mixed.result.result import Fit
from outcomes.mixed.settings import LADDER, Settings, read_settings


def moments(
    data: Any,
    formula: str,
    *,
    subject: str,
    visit: str,
    weights: str | None = None,
    group: str | None = None,
    design: DeclaredDesign | None = None,
) -> Moments:
    """Sum a table into what the likelihood needs of it.

    Parameters
    ----------
    data, formula, subject, visit, weights, group
        As in :func:`fit`.
    design : DeclaredDesign, optional
        Levels, visits, roles and centres of all sites, for a site that lacks an arm or a visit; by default the rows tell them.

    Returns
    -------
    Moments
        Additive: ``moments(a) + moments(b)`` is the moments of the rows of a and b together, whose subjects must differ.

    Examples
    --------
    >>> from outcomes import mixed
    >>> def site(first):
    ...     return {"person": [first, first, first + 1, first + 1, first + 2, first + 2], "visit": ["1", "2"] * 3,
    ...             "score": [9.0, 7.5, 8.0, 7.0, 10.0, 6.5 + first]}
    >>> both = (
    ...     mixed.moments(site(0), "score ~ visit", subject="person", visit="visit")
    ...     + mixed.moments(site(3), "score ~ visit", subject="person", visit="visit")
    ... )
    >>> both
    Moments('score ~ visit': 6 subjects, 12 observations, 2 visits, 1 patterns)
    >>> mixed.fit(both).coefficients["estimate"].round(3).tolist()
    [9.0, -1.5]
    """
    table = read_data(data) if design is None else declare_levels(read_data(data), design, visit)
    prepared = prepare(table, formula, subject=subject, visit=visit, weights=weights, group=group)
    built = design_by_visit(prepared) if design is None else design_as_declared(prepared, design, visit)
    return sum_moments(prepared, built, spread_wide(prepared, built), names=(subject, visit, group))


def fit(
    data: Any,
    formula: str | None = None,
    *,
    subject: str | None = None,
    visit: str | None = None,
    covariance: str | None = "unstructured",
    random: str | None = None,
    weights: str | None = None,
    group: str | None = None,
    method: str = "reml",
    df: str = "kenward_roger",
    information: str = "observed",
    vcov: str = "model",
    level: float = 0.95,
    fallback: bool | Sequence[str] = False,
) -> Fit:
    """Fit a linear mixed model for repeated measures.

    Parameters
    ----------
    data : table or Moments
        One row per subject and visit: a pandas or polars DataFrame, an Arrow table, or a mapping of column names to arrays; or
        moments (then formula and columns are theirs). Categories keep their order, text is sorted.
    formula : str
        ``"change ~ baseline*visit + arm*visit"``, read as formulaic reads it: text, categories and ``C(x)`` are factors whose first
        level is the reference; numbers, a numeric visit too, are straight lines.
    subject, visit, weights, group : str
        Columns: visits are ordered as categories, by size, or in natural order of their text; a subject's covariance is divided
        by its positive weight; each level of the group has a covariance of its own.
    covariance, random : str or None
        Covariance by visit (``STRUCTURES``) or None, and random effects per subject, as ``"1"`` or ``"1 + day"``.
    method, information : {"reml", "ml"}, {"observed", "expected"}
        The likelihood, and which information of the covariance parameters weighs the df and the adjustment.
    df : {"kenward_roger", "satterthwaite", "between_within", "residual", "normal"}
        With ML or a sandwich, for which Kenward and Roger's correction is not defined, Satterthwaite's, with a warning in the fit.
    vcov : {"model", "cr0", "cr2", "cr3"}
        Model-based, or the sandwich clustered by subject: plain, bias-reduced, jackknife.
    level, fallback : float, bool or sequence of str
        Coverage of intervals; structures to try when the first does not converge, True for the declared ladder (see ``tried``).

    Returns
    -------
    Fit
        Check ``converged``: the tables of a failed fit are missing throughout.

    Raises
    ------
    MixedError
        For data, designs or arguments that cannot make a model.

    Examples
    --------
    >>> trial = {"person": [1, 1, 2, 2, 3, 3], "visit": ["1", "2"] * 3, "score": [9.0, 7.5, 8.0, 7.0, 10.0, 6.5]}
    >>> fit(trial, "score ~ visit", subject="person", visit="visit").coefficients["estimate"].round(3).tolist()
    [9.0, -2.0]
    """
    settings = read_settings(
        covariance=covariance, random=random, method=method, df=df, information=information, vcov=vcov, level=level
    )
    return _climb(_assemble(data, formula, subject, (visit, weights, group), settings), settings, fallback)


def _assemble(
    data: Any,
    formula: str | None,
    subject: str | None,
    others: tuple[str | None, str | None, str | None],
    settings: Settings,
) -> Assembly:
    if isinstance(data, Moments):
        _refuse_columns(formula, subject, *others)
        return assemble_from_moments(data, settings)
    if formula is None or subject is None:
        raise SettingError("a fit to a table needs formula= and subject=")
    return assemble_from_table(read_data(data), formula, Columns(subject, *others), settings)


def _refuse_columns(*given: str | None) -> None:
    if any(one is not None for one in given):
        raise SettingError(
            "a fit to moments takes formula, subject, visit, weights and group from the moments: leave them out"
        )


def _ladder(settings: Settings, fallback: bool | Sequence[str]) -> tuple[str, ...]:
    """Give the structures to try after the first."""
    if fallback is False or settings.covariance is None:
        return ()
    if fallback is not True:
        return tuple(fallback)
    after = LADDER.index(settings.covariance) + 1 if settings.covariance in LADDER else 0
    return LADDER[after:]


def _climb(assembly: Assembly, settings: Settings, fallback: bool | Sequence[str]) -> Fit:
    """Fit the structure asked for, and each of the ladder until one converges."""
    tried: tuple[Attempt, ...] = ()
    rungs = (settings.covariance, *_ladder(settings, fallback))
    for rung in rungs:
        now = settings.with_covariance(rung)
        try:
            model = assembly.assemble(rung)
        except SettingError as error:
            if rung == rungs[-1]:
                raise
            tried = (*tried, Attempt(now.structure, False, str(error)))
            continue
        optimum = maximise(model.likelihood, model.start)
        result = make_fit(model, optimum, assembly.described, assembly.subjects, assembly.effects, now, tried)
        tried = result.tried
        if result.converged:
            break
    return result
