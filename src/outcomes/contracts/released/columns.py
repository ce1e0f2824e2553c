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
        facts = {key: name_columns(value, names) for key, value in vars(self).items()}
        own.__dict__.update(facts)
        return own

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class Label(Column):
    """What a row is about: an arm, a level, a time point."""

    dtype, kind = "str", "label"


class Text(Column):
    """A note or sentence, which must not count people."""

    dtype, kind = "str", "text"


class Fewest(Column):
    """A count that only the gate sees: the smallest number of people, not none, on which the row's statistics rest."""

    dtype, kind = "Int64", "private"

    def __init__(self, meaning: str = "smallest number of people, not none, on which the row rests") -> None:
        super().__init__(meaning)


class Flag(Column):
    """True or false."""

    dtype, kind = "boolean", "true or false"


class Setting(Column):
    """A number that the study file or the analysis sets, such as a week, a threshold, or how many draws were made."""

    kind = "setting"


class Public(Column):
    """A number from a publication, which is public already."""

    kind = "published number"


class People(Column):
    """A count of people, or of their series or scores.

    Attributes
    ----------
    part_of : str or None
        The count of the same row that these are a part of; None where these are the row's whole group.
    unless : tuple of str or None
        A column and its value in rows that count rows of a file instead.
    """

    dtype, kind, bounded = "Int64", "count of people", True

    def __init__(self, meaning: str, part_of: str | None = None, unless: tuple[str, str] | None = None) -> None:
        super().__init__(meaning)
        self.part_of, self.unless = part_of, unless


class Effective(Column):
    """An effective number of people under weights (Kish, 10.1002/bimj.19680100122)."""

    kind, bounded = "effective number", True

    def __init__(self, meaning: str = "effective number of patients under the weights") -> None:
        super().__init__(meaning)


class Share(Column):
    """A proportion of people.

    Attributes
    ----------
    count_ : str or None
        Column of the numerator; None where no column counts it.
    of : str, tuple of str, or None
        Column of the denominator, or the first of several that has a value; None: the people that the counts of several rows add up to (:class:`Sum`).
    rest : bool
        The share is of those who are not counted.
    scale : float
        1 for a proportion, 100 for a percentage.
    modelled : bool
        Not the quotient of the two counts but weighted, standardised, or read from a curve.
    interval : str
        How its interval is computed again from the released counts: wilson, exact (Clopper and Pearson), or
        poisson (exact, of a count per time).
    places : int
        Decimals with which it is released.
    """

    kind, bounded = "share", True

    def __init__(
        self,
        count: str | None,
        of: str | tuple[str, ...] | None,
        meaning: str = "share of the two counts",
        *,
        rest: bool = False,
        scale: float = 1,
        interval: str = "wilson",
        places: int = 2,
        modelled: bool = False,
    ) -> None:
        super().__init__(meaning, "percent" if scale == 100 and interval != "poisson" else "")
        self.count_, self.of, self.rest, self.scale = count, of, rest, scale
        self.interval, self.places, self.modelled = interval, places, modelled


class Modelled(Share):
    """A proportion that is not the quotient of two counts: weighted, standardised, or read from a curve."""

    kind = "modelled share"

    def __init__(self, meaning: str, of: str | tuple[str, ...] | None, count: str | None = None) -> None:
        super().__init__(count, of, meaning, modelled=True)


class MeanOrShare(Modelled):
    """The mean of a number where the row's level is empty, otherwise the share of the level."""

    kind = "mean or share"

    def __init__(self, meaning: str, count: str, level: str) -> None:
        super().__init__(meaning, None, count)
        self.level = level


class Cumulative(Modelled):
    """The share of a group in this row or those above it."""

    kind = "cumulative share"

    def __init__(self, meaning: str, count: str) -> None:
        super().__init__(meaning, None, count)


class Statistic(Column):
    """A number of a model or a test that says nothing of single patients.

    Attributes
    ----------
    finest : float
        The smallest step, a power of ten, in which an amount of money, or a mean of numbers of sessions, is released; 0: as the number of people
        allows.
    """

    kind = "statistic"

    def __init__(self, meaning: str = "", unit: str = "", *, finest: float = 0.0) -> None:
        super().__init__(meaning, unit)
        self.finest = finest


class Mean(Statistic):
    """A mean of observed values."""

    kind = "mean"


class Spread(Statistic):
    """A standard deviation of observed values.

    Attributes
    ----------
    spans : tuple of Mean and People, or None
        The mean whose t interval comes of this spread and of so many people: its width tells how many.
    """

    kind = "standard deviation"

    def __init__(self, meaning: str = "", unit: str = "", *, spans: tuple[Mean, People] | None = None) -> None:
        super().__init__(meaning, unit)
        self.spans = spans


class Correlation(Statistic):
    """A correlation with Fisher's interval, whose width tells of how many people it is.

    Attributes
    ----------
    people : str
        Column that counts them.
    """

    def __init__(self, meaning: str, people: str) -> None:
        super().__init__(meaning)
        self.people = people


class Quantile(Statistic):
    """A median or another quantile of observed values."""

    kind = "quantile"


class Estimate(Statistic):
    """An estimate of a model: a difference, a coefficient, an adjusted mean.

    Attributes
    ----------
    scale : str or None
        Column that names the scale; on one of risks the estimate is a share or a ratio of shares.
    rests_on : tuple of pairs of str
        Columns of events and of those they are a part of, on which an estimate on a scale of risks rests.
    """

    kind = "estimate"

    def __init__(
        self,
        meaning: str,
        unit: str = "",
        scale: str | None = None,
        rests_on: tuple[tuple[str, str], ...] = (),
        *,
        finest: float = 0.0,
    ) -> None:
        super().__init__(meaning, unit, finest=finest)
        self.scale, self.rests_on = scale, rests_on


class Difference(Statistic):
    """A difference of two proportions of the same row.

    Attributes
    ----------
    first, second : str
        The two shares; without them each from its counts, ``(events, n)``.
    interval : str
        How its interval is computed again from released counts: newcombe or miettinen_nurminen.
    """

    kind, bounded = "difference of shares", True

    def __init__(
        self, meaning: str, first: str | tuple[str, str], second: str | tuple[str, str], interval: str = "newcombe"
    ) -> None:
        super().__init__(meaning)
        self.first, self.second, self.interval = first, second, interval


class RiskRatio(Difference):
    """A ratio of two proportions of the same row."""

    kind = "ratio of shares"


class Needed(Statistic):
    """The reciprocal of a difference of two proportions, of the released one where numbers are rounded: the number needed to treat.

    Attributes
    ----------
    of : str
        Column of the difference.
    """

    kind, bounded = "number needed", True

    def __init__(self, meaning: str, of: str) -> None:
        super().__init__(meaning)
        self.of = of


class Standardised(Difference):
    """A standardised difference of two proportions, or of two means where the row's level is empty."""

    kind = "standardised difference"


class Quotient(Statistic):
    """A mean of a group for each of those in it who have an endpoint: its sum over their number.

    Attributes
    ----------
    mean, of, count_ : str
        The mean, whom it is of, and those of them with the endpoint; from these it is computed again when they are released.
    """

    kind = "quotient"

    def __init__(self, meaning: str, mean: str, of: str, count: str, unit: str = "", *, finest: float = 0.0) -> None:
        super().__init__(meaning, unit, finest=finest)
        self.mean, self.of, self.count_ = mean, of, count


class Ratio(Statistic):
    """A ratio of hazards, odds, or means."""

    kind = "ratio"


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

    def __init__(self, of: Column, level: str = "95% interval") -> None:
        super().__init__(f"{self.side} limit of the {level}", of.unit)
        self.of = of


class Lower(Limit):
    """The lower limit of an interval."""

    side = "lower"


class Upper(Limit):
    """The upper limit of an interval."""

    side = "upper"


def name_columns(value: Any, names: dict[int, Column]) -> Any:
    """Replace columns that have no name yet, in whatever tuple they stand."""
    if isinstance(value, tuple):
        return tuple(name_columns(one, names) for one in value)
    return names.get(id(value), value)
