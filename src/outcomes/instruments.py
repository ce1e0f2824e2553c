"""Instruments as data: items, range, bands, cut-offs, recall, missing-item rule, codes, source.

The definitions are in ``instruments.yaml`` beside this module; a study may add its own under ``own_instruments``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Self

from pydantic import Field, model_validator

from outcomes.beside import read_beside
from outcomes.errors import SettingsError
from outcomes.frozen import Frozen


class Items(Frozen):
    """The items of an instrument; all share one answer range."""

    count: int = Field(ge=1, description="number of items")
    minimum: int = Field(description="smallest answer")
    maximum: int = Field(description="largest answer")


class Codes(Frozen):
    """LOINC codes of an instrument."""

    panel: str = Field(description="code of the panel")
    total: str = Field(description="code of the total")
    items: tuple[str, ...] = Field((), description="codes of the items, in order")


class DerivedFrom(Frozen):
    """An instrument scored from another one's items."""

    instrument: str = Field(description="the instrument that is answered")
    items: tuple[int, ...] = Field(description="its items that count, numbered from 1")


class ImportantChange(Frozen):
    """A published minimal important change: from how much on patients call themselves better. Of one patient, not of groups."""

    percent: float | None = Field(None, gt=0, description="percent change from baseline, where published")
    points: float | None = Field(None, gt=0, description="the same in points, where published")
    baseline: float | None = Field(None, description="mean total of the patients it was found among, before the change")
    among: str | None = Field(None, description="the patients it was found among, in words")
    source: str = Field(description="where it is published")


class Instrument(Frozen):
    """One questionnaire or rating scale, in points of its total."""

    name: str = Field(description="name printed in the report")
    measures: str = Field(description="what it measures")
    items: Items | None = Field(None, description="its items; null where only totals are handled")
    minimum: float = Field(0, description="smallest total")
    maximum: float = Field(description="largest total")
    multiplier: float = Field(1, description="the sum of the items times this is the total")
    higher_is_worse: bool = Field(True, description="false where a high total is good (WHO-5)")
    bands: dict[int, str] = Field(default_factory=dict, description="lowest total → severity band")
    caseness_minimum: float | None = Field(None, description="smallest total of a probable case")
    response_percent: float | None = Field(None, description="drop from baseline that is a response, in percent")
    response_points: float | None = Field(
        None, description="improvement that is a response, in points, where no percent is"
    )
    response_maximum: float | None = Field(
        None, description="largest rating that is a response, where the rating itself is of change (CGI-I)"
    )
    remission_maximum: float | None = Field(None, description="largest total in remission")
    cutoff_source: str | None = Field(None, description="DOI of the cut-offs, where another publication has them")
    ordinal: bool = Field(
        False, description="one rating in ordered categories, so that its points are no distances (CGI)"
    )
    recall_days: int = Field(description="days that the questions look back")
    prorate_missing: int = Field(0, description="most missing items that may be prorated, where the study asks for it")
    never_imputed: tuple[int, ...] = Field((), description="items that make a total missing when they are missing")
    named_items: dict[str, int] = Field(default_factory=dict, description="items with a name of their own, from 1")
    derived_from: DerivedFrom | None = Field(None, description="scored from another instrument's items")
    important_change: tuple[ImportantChange, ...] = Field((), description="published minimal important changes")
    loinc: Codes | None = Field(None, description="LOINC codes")
    answer_codes: dict[str, int] = Field(default_factory=dict, description="LOINC answer code → answer")
    wordings: dict[str, tuple[str | tuple[str, ...], ...]] = Field(
        default_factory=dict, description="language → how the answers are written, from the smallest on"
    )
    unverified: tuple[str, ...] = Field((), description="fields whose value was not checked against a source")
    source: str = Field(description="DOI (or PubMed Central number) of the publication that defines it")
    licence: str = Field(description="terms of use")

    @model_validator(mode="after")
    def _range_agrees(self) -> Self:
        if self.items is not None:
            largest = self.items.count * self.items.maximum * self.multiplier
            if largest != self.maximum:
                raise ValueError(f"{self.name}: the items sum to at most {largest:g}, but maximum is {self.maximum:g}")
        return self

    @model_validator(mode="after")
    def _remission_is_low(self) -> Self:
        if self.remission_maximum is not None and not self.higher_is_worse:
            raise ValueError(f"{self.name}: remission_maximum has no meaning where a high total is good")
        return self

    @model_validator(mode="after")
    def _one_rule_of_response(self) -> Self:
        rules = (self.response_percent, self.response_points, self.response_maximum)
        if sum(rule is not None for rule in rules) > 1:
            raise ValueError(f"{self.name}: give one of response_percent, response_points, and response_maximum")
        if self.response_maximum is not None and not self.higher_is_worse:
            raise ValueError(f"{self.name}: response_maximum has no meaning where a high rating is good")
        return self

    @property
    def important_points(self) -> tuple[float, ...]:
        """The published important changes in points; none where they were not checked against their source."""
        checked = () if "important_change" in self.unverified else self.important_change
        return tuple(change.points for change in checked if change.points is not None)

    @property
    def important_share(self) -> float | None:
        """The first published important change in percent of the baseline; none where it was not checked against its source."""
        checked = () if "important_change" in self.unverified else self.important_change
        return next((change.percent for change in checked if change.percent is not None), None)

    @property
    def worded(self) -> dict[str, int]:
        """Wording of an answer, in small letters and in any of the languages known → points.

        >>> read_instruments()["phq9"].worded["beinahe jeden tag"]
        3
        """
        first = 0 if self.items is None else self.items.minimum
        return {
            spelling.casefold(): first + place
            for answers in self.wordings.values()
            for place, spellings in enumerate(answers)
            for spelling in ((spellings,) if isinstance(spellings, str) else spellings)
        }

    @property
    def n_items(self) -> int:
        """Number of items; 0 where only totals are handled."""
        return 0 if self.items is None else self.items.count


@cache
def read_instruments() -> dict[str, Instrument]:
    """Return the instruments that the package knows, by id."""
    content = read_beside(__file__)
    return {name: Instrument.model_validate(entry) for name, entry in content.items()}


def select_instruments(names: Iterable[str], own: Mapping[str, Any] | None = None) -> dict[str, Instrument]:
    """Return the named instruments, a study's own ones first.

    Raises
    ------
    SettingsError
        A name that neither the package nor the study defines.

    Examples
    --------
    >>> select_instruments(["gad7"])["gad7"].maximum
    21.0
    >>> select_instruments(["phq"])
    Traceback (most recent call last):
        ...
    outcomes.errors.SettingsError: unknown instrument phq; known: bdi2, cadss, caps5, cgi_i, cgi_s, eq_vas, gad7, hamd17, madrs, pain_nrs, pcl5, phq8, phq9, qids_sr16, who5, wsas, ybocs.
    """
    known = {**read_instruments(), **(own or {})}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(f"unknown instrument {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    return {name: known[name] for name in names}
