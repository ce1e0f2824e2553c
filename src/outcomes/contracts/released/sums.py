"""How the rows of a released table hang together: counts that add up, and levels that are put together where few have them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from outcomes.contracts.released.columns import Column, name_columns


@dataclass(frozen=True)
class Sum:
    """Counts of several rows that add up.

    Attributes
    ----------
    columns : tuple of str
        Columns of counts that each add up.
    by : tuple of str
        Columns whose values the rows share.
    total : tuple of pairs
        Column and value that mark the row with the total; without any, the total stands in no row, but the parts are still one
        group of people. Where the pairs name a column of ``by``, the total is looked up by the others.
    among : pairs of str and tuple of str
        Column and values of the rows that are parts, any of them or, with ``every``, all of them; by default all rows but the total.
    shared : tuple of str
        Where no row has the total: those of ``by`` whose values say that several sums are of the same people.
    kept : bool
        Other tables show the total as well, so that nothing is gained by rounding it more coarsely here; a part is instead.
    into : str or None
        A column that is the sum of the columns in the same row.
    rest : str or None
        A column of the same rows, alike in all of them, that belongs to the parts once.
    """

    columns: tuple[str, ...]
    by: tuple[str, ...]
    total: tuple[tuple[str, str], ...] = ()
    among: tuple[tuple[str, tuple[str, ...]], ...] = ()
    every: bool = False
    rest: str | None = None
    shared: tuple[str, ...] = ()
    kept: bool = False
    into: str | None = None

    def named(self, names: dict[int, Column]) -> Sum:
        """Return the sum with its columns under their names."""
        return Sum(*(name_columns(getattr(self, part.name), names) for part in fields(self)))


@dataclass(frozen=True)
class Fold:
    """Levels that are put together where few people have them.

    Attributes
    ----------
    level : str
        Column of the levels.
    within : tuple of str
        Columns whose values say of what they are levels.
    people : tuple of str
        Columns that count the people of a level, in the rows of all arms together.
    total : pair of str or None
        Column and value of the rows that count all arms already.
    once : tuple of str
        Counts that are not of the level, which the levels have in common.
    named : str
        Ending of the values of ``within`` whose levels are defined by the study and are kept.
    """

    level: str
    within: tuple[str, ...]
    people: tuple[str, ...]
    total: tuple[str, str] | None = None
    once: tuple[str, ...] = ()
    named: str = "_band"

    def with_names(self, names: dict[int, Column]) -> Fold:
        """Return the fold with its columns under their names."""
        return Fold(*(name_columns(getattr(self, part.name), names) for part in fields(self)))
