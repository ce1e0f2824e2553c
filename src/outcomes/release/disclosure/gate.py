"""The one door: every table passes here before it leaves the building.

A table is made safe by itself, from what its declaration says of each column (:mod:`outcomes.contracts.released`): counts of people
below the minimum cell become a bound, the others are rounded to five, shares are computed from the rounded counts, statistics lose the
digits that would tell a count, and a group below the minimum shows nothing. ``docs/disclosure.md`` says why, and what was tried.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import Column, Fewest, People
from outcomes.contracts.released.describe import Missingness
from outcomes.contracts.released.exposure import Attendance
from outcomes.contracts.released.table import ReleasedTable
from outcomes.release.disclosure.coarsen import fold_levels
from outcomes.release.disclosure.contrasts import contrast_shares
from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.counts import round_counts
from outcomes.release.disclosure.failures import word_failures
from outcomes.release.disclosure.pairs import pair_again
from outcomes.release.disclosure.quotients import divide_means, invert_differences
from outcomes.release.disclosure.rounding import Rounding
from outcomes.release.disclosure.shares import Value, round_shares
from outcomes.release.disclosure.statistics import find_bare, round_statistics
from outcomes.settings.analysis import Privacy


def release_tables(tables: Mapping[str, pd.DataFrame], privacy: Privacy) -> dict[str, pd.DataFrame]:
    """Return the tables as they may be released.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by their released name.
    privacy : Privacy
        ``release`` and ``minimum_cell``.

    Returns
    -------
    dict of str to DataFrame
        The declared columns in their order; beside every one that may hold a bound, a column of the bounds as text
        (``frame[Response.events.bound]``), which is empty where the number itself is there.

    Raises
    ------
    ValueError
        A table or a column that is not declared.
    """
    unknown = sorted(set(tables) - set(RELEASED))
    if unknown:
        raise ValueError(
            f"no declaration of {', '.join(unknown)} in outcomes.contracts.released: it cannot be released."
        )
    rounding = Rounding(privacy.minimum_cell, _find_few_arms(tables, privacy.minimum_cell))
    return {name: _release(table, RELEASED[name], privacy, rounding) for name, table in tables.items()}


def _find_few_arms(tables: Mapping[str, pd.DataFrame], minimum: int) -> frozenset[str]:
    """Return the arms that so few patients were treated in, or, without sessions, analysed in, that everything of them is hidden."""
    for table, column in ((Attendance, Attendance.patients), (Missingness, Missingness.started)):
        frame = tables.get(table.name)
        if frame is not None and len(frame):
            people = frame.groupby(frame["arm"].astype(str))[column].max()
            return frozenset(map(str, people.index[(people > 0) & (people < minimum)]))
    return frozenset()


def _release(frame: pd.DataFrame, table: type[ReleasedTable], privacy: Privacy, rounding: Rounding) -> pd.DataFrame:
    unknown = [str(name) for name in frame.columns if name not in table.fields]
    if unknown:
        raise ValueError(
            f"table {table.name}: {', '.join(unknown)} not declared; what these hold decides how they are released."
        )
    frame = word_failures(frame.reset_index(drop=True))
    shown = [column for column in table.fields if column in frame and not isinstance(column, Fewest)]
    if privacy.release == "exact":
        return _assemble(frame, shown, {}, {}, {}).assign(withheld=False)
    frame = fold_levels(frame, table, rounding)
    counts = round_counts(frame, table, rounding)
    values, shares = round_shares(frame, table, counts, rounding)
    values |= contrast_shares(frame, table, shares, counts, rounding)
    bare = find_bare(frame, table, counts, rounding)
    means = round_statistics(frame, table, counts, bare, {*values} - {*shares})
    means |= pair_again(frame, table, counts, means, rounding)
    means |= divide_means(frame, table, means, counts) | invert_differences(frame, table, means)
    made = _assemble(frame, shown, counts, values, means, rounding)
    declared = [one for one in table.fields if isinstance(one, People) and one.part_of is None]
    bounded = [column.bound for column in shown if column.bounded]
    nobody = [counts[name].printed == 0 for name in table.needs or declared if name in counts]
    hidden = bare & ~np.any(nobody, axis=0) if nobody else bare
    return made.assign(withheld=(made[bounded] != "").any(axis=1) | hidden)


def _assemble(
    frame: pd.DataFrame,
    shown: list[Column],
    counts: Mapping[str, Count],
    values: Mapping[str, list[Value]],
    means: Mapping[str, pd.Series],
    rounding: Rounding | None = None,
) -> pd.DataFrame:
    """Return the released columns, each that may hold a bound with its bounds beside it."""
    columns: dict[str, pd.Series] = {}
    for column in shown:
        bounds = pd.Series("", frame.index, dtype="str")
        if column in counts and rounding is not None:
            whole = pd.Series(counts[column].printed, frame.index).astype(
                "Int64" if isinstance(column, People) else float
            )
            columns[column] = whole
            bounds = bounds.mask(pd.Series(counts[column].small, frame.index), rounding.bound)
        elif column in values:
            numbers = pd.Series([number for number, _ in values[column]], frame.index, dtype=float)
            columns[column] = numbers.fillna(means[column]) if column in means else numbers
            bounds = pd.Series([bound for _, bound in values[column]], frame.index, dtype="str")
        else:
            columns[column] = means.get(column, frame[column])
        if column.bounded:
            columns[column.bound] = bounds
    return pd.DataFrame(columns, index=frame.index)
