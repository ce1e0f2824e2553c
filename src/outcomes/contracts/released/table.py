"""What a released table is: a class whose attributes are its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from outcomes.contracts.released.columns import Column, Fewest, Label
from outcomes.contracts.released.sums import Fold, Sum


class ReleasedTable:
    """A released table, declared once.

    The first line of the class's docstring is its title; its name in the files is the class's name in small letters. Columns
    stand in the order in which they are written, after those of the classes it builds on. An entry of ``notes`` is a
    sentence that belongs under the table wherever it is printed; ``sums`` says which counts add up over rows; ``folds`` which
    levels are put together where they are of few; ``needs`` names
    the counts below whose minimum a row shows no statistics, by default those that are part of no other; ``answers``, of a table of two answers of the
    same people, those people, who answer alike, who says yes to the first alone and to the second alone, and the shares with both, neither, and one answer.

    Examples
    --------
    >>> from outcomes.contracts.released.describe import Response
    >>> Response.name, str(Response.events), Response.events.meaning
    ('response', 'events', 'series with the endpoint')
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    row: ClassVar[str] = ""
    key: ClassVar[tuple[Column, ...]] = ()
    written_by: ClassVar[str] = ""
    section: ClassVar[str] = ""
    notes: ClassVar[tuple[str, ...]] = ()
    sums: ClassVar[tuple[Sum, ...]] = ()
    folds: ClassVar[Fold | None] = None
    needs: ClassVar[tuple[str, ...]] = ()
    answers: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[list[str]] = []
    fields: ClassVar[tuple[Column, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        names: dict[int, Column] = {}
        for attribute, value in list(vars(cls).items()):
            if isinstance(value, Column):
                own = value.named(attribute, names)
                names[id(value)] = own
                setattr(cls, attribute, own)
            elif isinstance(value, Fold):
                setattr(cls, attribute, value.with_names(names))
            elif isinstance(value, tuple):
                setattr(cls, attribute, tuple(_named(one, names) for one in value))
        found: dict[str, Column] = {}
        for part in reversed(cls.__mro__):
            found |= {name: getattr(cls, name) for name, value in vars(part).items() if isinstance(value, Column)}
        cls.fields = tuple(found.values())
        cls.columns = [one for one in cls.fields if not isinstance(one, Fewest)]
        if "name" not in vars(cls):
            cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.title = (cls.__doc__ or "").strip().splitlines()[0].removesuffix(".")


def _named(value: Any, names: dict[int, Column]) -> Any:
    return value.named(names) if isinstance(value, Sum) else names.get(id(value), value)


class Placed(ReleasedTable):
    """Rows by arm, instrument, and time point."""

    arm = Label("arm id; 'all': every patient once")
    instrument = Label("instrument id")
    axis = Label("time axis: enrolment, baseline, session, day, visit, or clean (after the induction, untreated)")
    timepoint = Label("name of the time point on its axis")
    key: ClassVar[tuple[Column, ...]] = (arm, instrument, axis, timepoint)


def list_declared(*subjects: ModuleType) -> Iterator[type[ReleasedTable]]:
    """Yield the tables that modules declare, in order; classes that others build on are none."""
    for subject in subjects:
        for table in vars(subject).values():
            own = isinstance(table, type) and table.__module__ == subject.__name__
            if own and issubclass(table, ReleasedTable) and table.row:
                yield table
