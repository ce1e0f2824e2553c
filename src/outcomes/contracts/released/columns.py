"""What a column of a released table holds. Its kind decides what the disclosure gate does with it, and how it prints.

A column is the text of its own name, so ``frame[Response.events]`` works, and it knows what it means. Write one as an
attribute of a :class:`~outcomes.contracts.released.table.ReleasedTable`; the attribute's name becomes the text. Where a column refers to
one of the same table that stands below it, it says its name.
"""

from __future__ import annotations

from typing import Any, Self

BOUND = "_bound"


class Column(str):
    """A column: the text of its name, with its meaning and unit.

    Attributes
    ----------
    meaning : str
        What a value says, for the dictionary.
    unit : str
        '' where a value has none.
    dtype : str
        The pandas type as which a released file is read.
    bounded : bool
        Whether a released cell may hold a bound, such as ``<11``, instead of a number.
    """

    meaning: str
    unit: str
    dtype = "float64"
    kind = ""
    bounded = False

    @property
    def bound(self) -> str:
        """Name of the column beside this one that holds its bounds as text; '' where the number itself is there."""
        return f"{self}{BOUND}"

    def __new__(cls, *_: Any, **__: Any) -> Self:  # noqa: D102 - the name comes with the class
        return super().__new__(cls, "")

    def __init__(self, meaning: str = "", unit: str = "") -> None:
        self.meaning, self.unit = meaning, unit

    def named(self, name: str, names: dict[int, Column]) -> Self:
        """Return the column under its name; columns that it refers to are replaced by those already named."""
        own = str.__new__(type(self), name)
        facts = {key: names.get(id(value), value) for key, value in vars(self).items()}
        own.__dict__.update(facts)
        return own

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class Label(Column):
    """What a row is about: an arm, a level, a time point."""

    dtype, kind = "str", "label"


class Text(Column):
    """A note or sentence. Numbers of people in it are written by :func:`outcomes.contracts.released.words.people`."""

    dtype, kind = "str", "text"


class Flag(Column):
    """True or false."""

    dtype, kind = "boolean", "true or false"


class Setting(Column):
    """A number that the study file or the analysis sets, such as a week, a threshold, or how many draws were made."""

    kind = "setting"


class Public(Column):
    """A number from a publication, which is public already."""

    kind = "published number"


class Rows(Column):
    """A count of rows of a file, which are not people."""

    dtype, kind = "Int64", "count of rows"


class People(Column):
    """A count of people, or of their series or scores.

    Attributes
    ----------
    part_of : str or None
        The count of the same row that these are a part of; None where these are the row's whole group.
    """

    dtype, kind, bounded = "Int64", "count of people", True

    def __init__(self, meaning: str, part_of: str | None = None) -> None:
        super().__init__(meaning)
        self.part_of = part_of


class Effective(Column):
    """An effective number of people under weights (Kish, 10.1002/bimj.19680100122)."""

    kind, bounded = "effective number", True

    def __init__(self, meaning: str = "effective number of patients under the weights") -> None:
        super().__init__(meaning)


class Share(Column):
    """A proportion of counts: of people in the same row.

    Attributes
    ----------
    count, of : str
        Numerator and denominator; the share is of those who are not counted where ``rest`` is true.
    scale : float
        1 for a proportion, 100 for a percentage.
    """

    kind, bounded = "share", True

    def __init__(self, count: str, of: str, *, rest: bool = False, scale: float = 1, meaning: str = "") -> None:
        super().__init__(meaning or "share of the two counts", "percent" if scale == 100 else "")
        self.count_, self.of, self.rest, self.scale = count, of, rest, scale


class Modelled(Column):
    """A proportion that is not the quotient of two counts: weighted, standardised, or read from a curve.

    Attributes
    ----------
    count, of : str
        How many have the outcome (None where no column says so), and of how many.
    """

    kind, bounded = "modelled share", True

    def __init__(self, meaning: str, of: str, count: str | None = None) -> None:
        super().__init__(meaning)
        self.count_, self.of = count, of


class Statistic(Column):
    """A number of a model or a test that says nothing of single patients."""

    kind = "statistic"


class Mean(Statistic):
    """A mean of observed values."""

    kind = "mean"


class Spread(Statistic):
    """A standard deviation of observed values."""

    kind = "standard deviation"


class Quantile(Statistic):
    """A median or another quantile of observed values."""

    kind = "quantile"


class Estimate(Statistic):
    """An estimate of a model: a difference, a coefficient, an adjusted mean."""

    kind = "estimate"


class Difference(Statistic):
    """A difference of two proportions."""

    kind, bounded = "difference of shares", True


class Ratio(Statistic):
    """A ratio of two risks or hazards, or the reciprocal of a difference of risks."""

    kind, bounded = "ratio", True


class Error(Statistic):
    """A standard error, or a variance."""

    kind = "standard error"


class Freedom(Statistic):
    """Degrees of freedom, from which a number of patients could be worked out."""

    kind = "degrees of freedom"


class Likelihood(Statistic):
    """A log-likelihood or a criterion made from it; two of them together tell the number of patients."""

    kind = "likelihood"


class PValue(Statistic):
    """A p value."""

    kind = "p value"

    def __init__(self, meaning: str = "p value") -> None:
        super().__init__(meaning)


class Limit(Column):
    """A limit of an interval.

    Attributes
    ----------
    of : Column
        What the interval is of; its kind is the limit's.
    """

    kind, bounded = "limit", True
    side = ""

    def __init__(self, of: Column, level: str = "95 % interval") -> None:
        super().__init__(f"{self.side} limit of the {level}", of.unit)
        self.of = of


class Lower(Limit):
    """The lower limit of an interval."""

    side = "lower"


class Upper(Limit):
    """The upper limit of an interval."""

    side = "upper"
