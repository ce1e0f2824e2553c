"""All tables of courses in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats, Ints
from outcomes.analysis.courses.coefficients import Scored, choose_scores, fit_coefficients
from outcomes.analysis.courses.mixture import Groups
from outcomes.analysis.courses.number import Candidate, try_numbers
from outcomes.analysis.selection import EVERYONE
from outcomes.contracts.released.courses import CourseGroups, CourseNumber, Courses
from outcomes.quantiles import QUARTILES, find_quantile
from outcomes.records import list_records
from outcomes.settings import Study

TABLES = (CourseNumber, CourseGroups, Courses)
STREAM = 23  # of the seed


def describe_courses(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of courses, before release: of those analysed who have at least three scores of the primary instrument.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``endpoints`` and ``cohort``, as in their contracts.
    study : Study
        The primary instrument, the smallest group that is shown, and the seed.

    Returns
    -------
    dict of str to DataFrame
        By the released name: ``course_number`` has a row per number of groups tried, ``course_groups`` one per group, ``courses`` one per group and
        time point; of one group, its rows are those of all. Without rows where fewer than 60 patients have three scores, or
        where their courses differ no more than single scores scatter.
    """
    made = {table.name: pd.DataFrame(columns=list(table.fields)) for table in TABLES}
    instrument, fewest = study.instruments[0], study.privacy.minimum_cell
    scored = choose_scores(tables["endpoints"], tables["cohort"], instrument, fewest)
    coefficients = None if scored is None else fit_coefficients(scored)
    if scored is None or coefficients is None:
        return made
    tried = try_numbers(coefficients.values, fewest, [study.seed, STREAM])
    made[CourseNumber.name] = _tabulate_numbers(tried, len(scored.scores))
    groups = next(one.groups for one in tried if one.chosen)
    order = [] if groups is None or groups.probability.shape[1] == 1 else order_groups(scored, groups)
    members = {EVERYONE: np.ones(len(scored.scores), dtype=bool)}
    if groups is not None:
        members |= {str(place): groups.members == group for place, group in enumerate(order, 1)}
    certainty = [np.nan, *(groups.certainty[order] if groups is not None else ())]
    made[CourseGroups.name] = _tabulate_groups(members, certainty)
    made[Courses.name] = _tabulate_courses(scored, members, instrument)
    return made


def order_groups(scored: Scored, groups: Groups) -> list[int]:
    """Return the groups from the lowest expected score at the last time point that each was seen at.

    Scores are weighed by the probability of membership, so that the order hangs on no single patient.
    """
    last = scored.scores[:, -1]
    seen = np.isfinite(last)
    weight = groups.probability[seen]
    ends = last[seen] @ weight / np.maximum(weight.sum(axis=0), 1e-12)
    return [int(group) for group in np.argsort(ends, kind="stable")]


def _tabulate_numbers(tried: Sequence[Candidate], patients: int) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    for one in tried:
        row: dict[str, Any] = {"groups": one.count, "shape": one.shape, "patients": patients, "bic": one.bic}
        sure: Ints | Floats = one.groups.certainty if one.groups is not None else np.ones(1)
        row |= {
            "stability": one.stability,
            "certainty": float(np.nanmin(sure)),
            "entropy": one.groups.entropy if one.groups is not None else 1.0,
            "chosen": one.chosen,
            "note": one.note,
            "fewest": int(min((size for size in one.groups.sizes if size), default=0))
            if one.groups is not None
            else patients,
        }
        records.append(row)
    return pd.DataFrame(records, columns=list(CourseNumber.fields))


def _tabulate_groups(members: Mapping[str, np.ndarray], certainty: Sequence[float]) -> pd.DataFrame:
    sizes = [int(own.sum()) for own in members.values()]
    table = pd.DataFrame({"group": list(members), "patients": sizes, "probability": certainty})
    table["proportion"] = table["patients"] / sizes[0]
    return table[list(CourseGroups.fields)]


def _tabulate_courses(scored: Scored, members: Mapping[str, np.ndarray], instrument: str) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    for group, own in members.items():
        for place, point in enumerate(list_records(scored.points)):
            scores = scored.scores[own, place]
            known = scores[np.isfinite(scores)]
            row = {"group": group, "instrument": instrument, **point, "patients": int(own.sum()), "n": len(known)}
            row["mean"] = known.mean() if len(known) else np.nan
            row["sd"] = known.std(ddof=1) if len(known) > 1 else np.nan
            row |= {name: find_quantile(known, QUARTILES[name]) for name in ("q1", "q3")}
            records.append({str(name): value for name, value in row.items()})
    return pd.DataFrame(records, columns=list(Courses.fields))
