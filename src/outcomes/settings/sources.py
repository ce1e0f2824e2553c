"""Settings that say where the raw exports are and which column means what."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from outcomes.frozen import Frozen
from outcomes.settings.table_files import InText, Join, Pivot, Stack, TableFile, as_list

TABLES = ("patients", "sessions", "assessments", "adverse_events", "vitals", "events")
Table = Literal["patients", "sessions", "assessments", "adverse_events", "vitals", "events"]


class Column(Frozen):
    """Where the values of one canonical column come from."""

    column: str | None = Field(None, description="name of the column in the export")
    constant: str | float | None = Field(None, description="one value for every row, instead of a column")
    values: dict[str, str | float | None] = Field(
        default_factory=dict,
        description="export spelling → canonical value, compared without case and outer blanks; null means missing. "
        "When given, any other spelling is quarantined or set missing with a ledger entry",
    )
    missing: tuple[str, ...] = Field(
        (), description="spellings of missing in this column only, such as -99 or UNK, beside `cleaning.missing_values`"
    )
    unit: Literal["kg", "lb", "mg", "mg/kg", "auto"] = Field(
        "auto",
        description="unit of a weight or dose written without one; auto reads it from the text, else kg or mg. With mg/kg "
        "a dose below 5 is one per kg of the weight in its row, and any other is in mg",
    )
    split: str | None = Field(None, description="separator, where one cell lists several values (adverse events)")

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("missing", mode="before")
    @classmethod
    def _as_texts(cls, value: Any) -> Any:
        several = as_list(value)
        return tuple(str(one) for one in several) if isinstance(several, tuple | list) else several

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either 'column' (a name in the export) or 'constant' (one value), not both")
        meant: dict[str, str | float | None] = {}
        for spelling, value in self.values.items():
            plain = spelling.strip().casefold()
            if meant.setdefault(plain, value) != value:
                raise ValueError(
                    f"'values' has '{plain}' twice, which means two things: case and outer blanks do not count"
                )
        return self


class InstrumentColumns(Frozen):
    """Which columns of an export hold one questionnaire."""

    items: tuple[str, ...] = Field(
        (), description="item columns in the instrument's order; empty when only totals exist"
    )
    total: str | None = Field(None, description="column of the stored total")
    answers: dict[str, int] = Field(
        default_factory=dict,
        description="export spelling of an answer → points, where items are not the instrument's own numbers (for example "
        "`several days: 1`); compared without case. When given, any other spelling is set missing with a ledger entry",
    )

    missing_item: Literal["missing", "from_total"] = Field(
        "missing",
        description="one item missing beside a stored total: missing, so that the total is; or what the total leaves for it, where that "
        "is an allowed answer (item 9 of the PHQ-9, and two missing items, stay missing)",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.items and self.total is None:
            raise ValueError("give 'items', 'total', or both")
        return self


class TableMap(Frozen):
    """How the rows of an export become rows of one canonical table."""

    columns: dict[str, Column] = Field(
        description="canonical column → export column. Every table needs `patient`; `date` (turned into a study day at "
        "once), `study_day` or `visit` place a row in time; other names are listed in the data dictionary"
    )
    instruments: dict[str, InstrumentColumns] = Field(
        default_factory=dict, description="assessments only: instrument id → its columns"
    )


def _known_zone(value: str | None) -> str | None:
    """Return a zone that the machine knows, or ``as written``."""
    if value is None or value == "as written":
        return value
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "no time zone that the machine knows; write one like 'America/New_York' or 'Europe/Berlin', or 'as written'"
        ) from None
    return value


Zone = Annotated[str | None, AfterValidator(_known_zone)]


class Source(TableFile):
    """One table of a raw export; a file that holds several is named once for each."""

    swapped_dates: Literal["refuse", "exchange"] = Field(
        "refuse",
        description="a column of which a spreadsheet has swapped days and months in half of the cells: refuse it, or exchange day and month "
        "of its true dates (all with a day up to 12, beside text with one above)",
    )
    combine: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="new column → columns that ask one thing, of which a row fills one at most (a question whose wording was changed)",
    )
    in_text: dict[str, InText] = Field(
        default_factory=dict,
        description="new column → the text that a score is read out of. A cell that names it without one clear number is entered in the ledger",
    )
    ticks: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="new column → answer → the column that is ticked where it was given (one column for each answer of a question)",
    )
    parts: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="column → new columns, one for each number that its cells hold (`128/76`, `pre 17 post 8`). A cell with more or fewer numbers leaves all of them missing, "
        "with an entry in the ledger",
    )
    each: dict[str, str] = Field(
        default_factory=dict,
        description="column → what stands between several values in one of its cells (`;`): a row for each of them (a group session with its patients)",
    )
    stack: Stack | None = Field(None, description="how a wide file becomes one row a visit; null: it is none")
    pivot: Pivot | None = Field(None, description="how a long file becomes one row a questionnaire; null: it is none")
    join: Join | None = Field(
        None,
        description="another table that has what this one lacks (who, when, what was given), and the columns that both share",
    )
    zone: Zone = Field(
        None,
        description="time zone of the clinic (`America/New_York`): stamps of this file that name their zone (`…Z`) are turned "
        "into its local time; `as written` takes the day that is written",
    )
    patient_strip: str = Field(
        "", description="text before every patient's identifier that is no part of it (`Patient/`)"
    )
    patient_digits: int | None = Field(
        None, ge=2, le=30, description="identifiers of digits that lost leading zeros are filled up to so many digits"
    )
    patient_case: Literal["lower", "upper"] | None = Field(
        None,
        description="write every patient's identifier of this file in small or in capital letters; null: as it stands",
    )
    layout: str | None = Field(None, description="name of a layout whose tables this file follows")
    tables: dict[Table, TableMap] = Field(
        default_factory=dict, description="canonical table → mapping, where no layout fits"
    )
    rename: dict[str, str] = Field(
        default_factory=dict, description="this file's column name → the layout's column name (a site's variant)"
    )
    constants: dict[str, str | float] = Field(
        default_factory=dict, description="canonical column → one value for the whole file (for example the site)"
    )
    date_formats: tuple[str, ...] = Field(
        (), description="formats of this file's dates, where they are not those of `dates.formats`"
    )
    patient_prefix: str = Field(
        "", description="put before every patient's identifier of this file, where sites number their patients alike"
    )
    ignore: tuple[str, ...] = Field(
        (), description="columns that are known and not used (identifiers, free text): dropped on reading"
    )
    optional: bool = Field(False, description="a missing file is noted instead of an error")

    @property
    def files(self) -> tuple[TableFile, ...]:
        """The tables that it is read from: its own, and the one that it is joined to."""
        return (self,) if self.join is None else (self, self.join)

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if any(len(set(columns)) < 2 for columns in self.combine.values()):
            raise ValueError(f"source {self.file}: 'combine' names two columns or more for each new one")
        if self.stack and self.pivot:
            raise ValueError(f"source {self.file}: give 'stack' (a wide file) or 'pivot' (a long one), not both")
        return self


class DateRules(Frozen):
    """How dates are written; they are turned into study days while reading and never stored."""

    formats: tuple[str, ...] = Field(
        ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S"),
        description="accepted formats, tried in this order (strptime codes; `epoch s` and `epoch ms` are seconds and "
        "milliseconds since 1970)",
    )
    zone: Zone = Field(None, description="time zone of the clinic, for sources that name none (see their `zone`)")
    study_days: Literal["own", "first_session"] = Field(
        "own",
        description="what `study_day` of a file counts from: own (some day 0 of the export, so that no other file may be dated), or first_session "
        "(day 0 is the day of the patient's first session, which other files date)",
    )
    excel_serials: bool = Field(
        True, description="accept Excel day numbers (1900 system) between first_year and last_year"
    )
    first_year: int = Field(2000, ge=1900, le=2100, description="a date before this year is quarantined")
    last_year: int = Field(2035, ge=1900, le=2100, description="a date after this year is quarantined")


class Cleaning(Frozen):
    """What happens to values and rows that cannot be right; every effect is in the ledger."""

    missing_values: tuple[str, ...] = Field(
        ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "-", "."), description="spellings of missing"
    )
    impossible_total: Literal["quarantine", "flag"] = Field(
        "quarantine",
        description="a stored total outside the instrument's range: leave the row out, or keep it with a flag "
        "(only to reproduce an analysis that kept it)",
    )
    non_integer_total: Literal["quarantine", "flag"] = Field(
        "flag",
        description="a stored total with decimals (prorated or imputed elsewhere): keep it with a flag, or leave it out",
    )
    conflicting_duplicates: Literal["last", "first", "worst", "quarantine"] = Field(
        "last",
        description="two different questionnaires or sessions of one patient on one day: which one stays. last and first go "
        "by the submission time where the export has one, else by content, never by row order",
    )
    weight_kg: tuple[float, float] = Field((30.0, 300.0), description="plausible body weight; others are set missing")
    age_years: tuple[float, float] = Field((12.0, 110.0), description="plausible age; others are set missing")


class Visit(Frozen):
    """A scheduled visit of a study that labels its time points instead of dating them."""

    label: str = Field(description="spelling in the export")
    name: str | None = Field(None, description="name in tables and figures; by default the label")
    time: float | None = Field(
        None, description="position on the time axis, in `time_unit`; null takes no part in models"
    )
    baseline: bool = Field(False, description="scores of this visit are the baseline")
    arm: str | None = Field(None, description="crossover studies: the arm whose period this visit belongs to")
    used: bool = Field(True, description="false: rows stay in the ledger as kept and take no part in any analysis")
    reason: str | None = Field(None, description="why a visit is not used; printed in the report")
