"""Published figures of a study's own, in a CSV file of the columns of the shipped ones."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from outcomes.errors import SettingsError
from outcomes.frozen import Frozen
from outcomes.instruments import read_instruments
from outcomes.protocols import read_protocols

COMPARED = ("response", "remission", "worsening")  # endpoints that an own rate can be set beside


class PublishedFigure(Frozen):
    """One published figure: a line of the file."""

    study: str = Field(min_length=1, description="short reference")
    design: str = Field(min_length=1, description="design and setting")
    n_treated: int | None = Field(None, ge=1, description="patients treated in the publication")
    n_analysed: int | None = Field(None, ge=1, description="patients analysed in the publication")
    route: Literal["iv", "im", "sublingual", "mixed", "esketamine"] = Field(
        description="route or drug; an arm is compared by its protocol's"
    )
    instrument: str | None = Field(None, description="instrument id, or mixed")
    series_rule: str | None = Field(
        None, description="which courses of treatment it counts; where it has one, only a `protocol` can compare"
    )
    protocol: str | None = Field(None, description="protocol id whose rule of series it has")
    window: str | None = Field(None, description="when it measures, in words")
    axis: Literal["clean", "day", "session"] | None = Field(
        None,
        description="where an own figure can mean the same: clean (days after the induction), or day (since the first session)",
    )
    from_day: int | None = Field(None, ge=0, description="first day of its window")
    to_day: int | None = Field(None, ge=0, description="last day of its window")
    population: Literal["observed", "started"] | None = Field(None, description="its denominator")
    definition: str = Field(min_length=1, description="how it defines the endpoint")
    endpoint: str = Field(
        min_length=1, description="response, remission, and worsening can be compared; others are listed"
    )
    estimate: float = Field(allow_inf_nan=False, description="published figure, in its unit")
    lower: float | None = Field(None, allow_inf_nan=False, description="lower limit of its 95% interval")
    upper: float | None = Field(None, allow_inf_nan=False, description="upper limit of its 95% interval")
    unit: str = Field(min_length=1, description="percent, points, percentage points, …")
    doi: str = Field(min_length=1, description="source")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        near = get_close_matches(self.endpoint, COMPARED, n=1, cutoff=0.85)
        problems = {
            "endpoint": near
            and self.endpoint not in COMPARED
            and f"'{self.endpoint}' is nearly '{near[0]}'; write that",
            "estimate": self.unit == "percent"
            and self.endpoint in COMPARED
            and not 0 <= self.estimate <= 100
            and "a share lies between 0 and 100 percent",
            "lower": (self.lower is None) != (self.upper is None) and "give both limits, or neither",
            "n_analysed": (self.n_treated or 0) < (self.n_analysed or 0)
            and self.n_treated
            and "more analysed than treated",
            "to_day": self.axis in ("clean", "day")
            and (self.from_day is None or self.to_day is None or self.from_day > self.to_day)
            and "an axis needs from_day and to_day, in order",
        }
        if self.lower is not None and self.upper is not None and not self.lower <= self.estimate <= self.upper:
            problems["lower"] = "the limits do not hold the estimate"
        for column, problem in problems.items():
            if problem:
                raise ValueError(f"column {column}: {problem}")
        return self

    @property
    def key(self) -> tuple[str | None, ...]:
        """Return what tells figures apart."""
        return self.study, self.instrument, self.series_rule, self.window, self.definition, self.endpoint


class PublishedFigures(Frozen):
    """Which published figures the study is set beside."""

    file: str | None = Field(
        None, description="CSV file of the study's own figures, beside the study file; the columns are those of `rows`"
    )
    shipped: bool = Field(
        True,
        description="the shipped figures as well, but for those of the same study, instrument, series rule, window, definition, and endpoint; false: the own alone",
    )
    rows: tuple[PublishedFigure, ...] = Field((), description="the lines of the file; read from it")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.shipped and not self.rows:
            raise ValueError("shipped: false leaves no published figure; name a 'file' of your own with at least one")
        return self

    def check_names(self, own_instruments: Collection[str], own_protocols: Collection[str]) -> None:
        """Refuse a figure of an instrument or protocol that nobody knows: it would never compare, without a word."""
        instruments, protocols = {*read_instruments(), *own_instruments, "mixed"}, {*read_protocols(), *own_protocols}
        for place, row in enumerate(self.rows, 2):
            if row.instrument is not None and row.instrument not in instruments:
                raise ValueError(f"published, row {place}, column instrument: no instrument '{row.instrument}'")
            if row.protocol is not None and row.protocol not in protocols:
                raise ValueError(f"published, row {place}, column protocol: no protocol '{row.protocol}'")


def fill_published(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the content of a study file with the lines of its file of published figures in their place.

    Raises
    ------
    SettingsError
        The file is missing or no text, a column is unknown or lacking, or lines that cannot be; each with its row, as a
        spreadsheet numbers it, and its column.
    """
    declared = content.get("published")
    if not isinstance(declared, Mapping) or not isinstance(declared.get("file"), str):
        return dict(content)
    if "rows" in declared:
        raise SettingsError("published: give 'file' or 'rows', not both.")
    path = folder / declared["file"]
    return {**content, "published": {**declared, "rows": [row.model_dump() for row in read_figures(path)]}}


def read_figures(path: Path) -> list[PublishedFigure]:
    """Return the published figures of a CSV file; an empty cell is a missing value."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    except FileNotFoundError:
        raise SettingsError(
            f"published.file: no such file {path}; a path is read from the folder of the study file."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            f"published.file: {path} cannot be read as CSV in UTF-8 ({type(error).__name__})."
        ) from None
    if not lines:
        raise SettingsError(f"published.file: {path} is empty; the first row names the columns.")
    head = [name.strip() for name in lines[0]]
    _check_head(head, path)
    figures: dict[tuple[str | None, ...], int] = {}
    found, problems = [], []
    for place, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            problems.append(f"row {place}: {len(cells)} cells, where the first row names {len(head)} columns")
            continue
        try:
            figure = PublishedFigure.model_validate(
                {name: cell.strip() for name, cell in zip(head, cells, strict=True) if cell.strip()}
            )
        except ValidationError as error:
            problems += [f"row {place}, {_say(failure)}" for failure in error.errors(include_url=False)]
            continue
        if figure.key in figures:
            problems.append(f"row {place}: the figure is that of row {figures[figure.key]}")
        figures.setdefault(figure.key, place)
        found.append(figure)
    if problems:
        raise SettingsError(f"{path} has {len(problems)} problem(s):\n  " + "\n  ".join(problems))
    return found


def _check_head(head: list[str], path: Path) -> None:
    known = list(PublishedFigure.model_fields)
    twice = sorted({name for name in head if head.count(name) > 1})
    unknown = [name for name in head if name not in known]
    lacking = [name for name, field in PublishedFigure.model_fields.items() if field.is_required() and name not in head]
    for names, what in ((twice, "stands twice"), (unknown, "is not known"), (lacking, "is lacking")):
        if names:
            raise SettingsError(f"{path}, row 1: column {', '.join(names)} {what}; the columns are {', '.join(known)}.")


def _say(failure: Any) -> str:
    message = str(failure["msg"]).removeprefix("Value error, ")
    column = f"column {failure['loc'][0]}: " if failure["loc"] else ""
    return f"{column}{'required, and empty' if failure['type'] == 'missing' else message}"
