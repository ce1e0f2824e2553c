"""Add moments: move the second's sums to the first's centres, then add pattern by pattern."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.visit_loadings import Design, Source, expand
from outcomes.mixed.errors import MomentsError
from outcomes.mixed.patterns.pattern_sums import PatternSums

Sums = TypeVar("Sums", bound=PatternSums)


def pool(a: Sums, b: Sums) -> Sums:
    """Give the moments of both data sets together.

    Raises
    ------
    MomentsError
        When formula, factors, visits or groups differ, or a factor was scaled by its own data set.
    """
    _refuse_different(a, b)
    shifted = _recentre(b, a.design)
    place = {_key(a, p): p for p in range(len(a.counts))}
    extra = [p for p in range(len(b.counts)) if _key(b, p) not in place]
    place |= {_key(b, p): len(a.counts) + i for i, p in enumerate(extra)}
    counts = np.r_[a.counts, np.zeros(len(extra))]
    gram = np.concatenate([a.gram, np.zeros((len(extra), *a.gram.shape[1:]))])
    into = [place[_key(b, p)] for p in range(len(b.counts))]
    counts[into] += b.counts
    gram[into] += shifted
    patterns, group = np.concatenate([a.patterns, b.patterns[extra]]), np.r_[a.pattern_group, b.pattern_group[extra]]
    order = np.lexsort((*patterns.T, group))  # the same whichever comes first
    return replace(
        a,
        patterns=patterns[order],
        pattern_group=group[order],
        counts=counts[order],
        gram=gram[order],
        log_weight=a.log_weight + b.log_weight,
        totals={name: a.totals[name] + b.totals[name] for name in a.totals if name in b.totals},
        dropped={k: a.dropped.get(k, 0) + b.dropped.get(k, 0) for k in dict.fromkeys([*a.dropped, *b.dropped])},
    )


def _key(moments: PatternSums, pattern: int) -> tuple[Any, ...]:
    return (int(moments.pattern_group[pattern]), moments.patterns[pattern].tobytes())


def _refuse_different(a: PatternSums, b: PatternSums) -> None:
    pairs: dict[str, tuple[Any, Any]] = {
        "formulas": (a.design.formula.text.replace(" ", ""), b.design.formula.text.replace(" ", "")),
        "subject columns": (a.subject, b.subject),
        "visit columns": (a.visit, b.visit),
        "visits": (a.visits, b.visits),
        "group columns": (a.group, b.group),
        "groups": (a.groups, b.groups),
        "levels": (_levels(a), _levels(b)),
        "columns": (a.design.names, b.design.names),
        "factors that vary within a subject": (sorted(a.design.varying), sorted(b.design.varying)),
        "factors of the visit": (_by_visit(a), _by_visit(b)),
    }
    for what, (left, right) in pairs.items():
        if left != right:
            raise MomentsError(f"moments of different designs cannot be added: the {what} differ ({left} and {right})")
    for name, factor in a.design.factors.items():
        if factor.stateful:
            raise MomentsError(
                f"moments cannot be added: {name!r} was computed from each data set's own rows; compute it beforehand"
            )


def _levels(moments: PatternSums) -> dict[str, tuple[Any, ...]]:
    return {name: factor.levels for name, factor in moments.design.factors.items() if factor.is_categorical}


def _by_visit(moments: PatternSums) -> dict[str, Any]:
    return {name: np.asarray(found).tolist() for name, found in moments.design.by_visit.items()}


def _recentre(moments: PatternSums, target: Design) -> Floats:
    """Give the Gram matrices about the centres of another design."""
    design, n_visits = moments.design, len(moments.visits)
    shift = {name: design.centres[name] - target.centres[name] for name in design.centres}
    if design.response_centre == target.response_centre and not any(gap.any() for gap in shift.values()):
        return moments.gram
    q = len(design.subject_sources)
    steady = {source: i for i, source in enumerate(design.subject_sources)}
    moving = {source: i for i, source in enumerate(design.varying_sources, start=1)}
    size = q + (1 + len(moving)) * n_visits
    turn = np.zeros((size, size))
    for source, i in steady.items():
        for part, weight in _expand(source, shift).items():
            turn[i, steady[part]] += weight
    for t in range(n_visits):
        turn[q + t, q + t] = 1.0
        turn[q + t, steady[frozenset()]] += design.response_centre - target.response_centre
        for source, i in moving.items():
            row = q + i * n_visits + t
            for part, weight in _expand(source, shift).items():
                turn[row, steady[part] if part in steady else q + moving[part] * n_visits + t] += weight
    seen = np.concatenate(
        [np.ones((len(moments.patterns), q)), np.tile(moments.patterns, (1, 1 + len(moving)))], axis=1
    )
    return np.asarray((turn @ moments.gram @ turn.T) * seen[:, :, None] * seen[:, None, :])


def _expand(source: Source, shift: dict[str, Floats]) -> dict[Source, float]:
    return expand(list(source), shift)
