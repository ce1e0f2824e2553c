"""Settings that say where the raw exports are and which column means what."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from outcomes.frozen import Frozen

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
    unit: Literal["kg", "lb", "mg", "auto"] = Field(
        "auto", description="unit of a weight or dose written without one; auto reads it from the text, else kg or mg"
    )
    split: str | None = Field(None, description="separator, where one cell lists several values (adverse events)")

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either 'column' (a name in the export) or 'constant' (one value), not both")
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


class Source(Frozen):
    """One file of a raw export."""

    file: str = Field(description="path below the study's data folder")
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
    format: Literal["auto", "csv", "tsv", "excel"] = Field("auto", description="file format; auto goes by the ending")
    delimiter: str | None = Field(None, description="column separator of a text file; by default found and reported")
    encoding: str = Field("utf-8", description="text encoding: utf-8 (a byte-order mark is fine), cp1252, latin-1 …")
    decimal: Literal[".", ","] = Field(
        ".", description="decimal mark of the file's numbers; with a comma, 0,5 is a half"
    )
    date_formats: tuple[str, ...] = Field(
        (), description="formats of this file's dates, where they are not those of `dates.formats`"
    )
    patient_prefix: str = Field(
        "", description="put before every patient's identifier of this file, where sites number their patients alike"
    )
    sheet: str | None = Field(None, description="sheet of an Excel workbook; by default the only one")
    ignore: tuple[str, ...] = Field(
        (), description="columns that are known and not used (identifiers, free text): dropped on reading"
    )
    optional: bool = Field(False, description="a missing file is noted instead of an error")


class DateRules(Frozen):
    """How dates are written; they are turned into study days while reading and never stored."""

    formats: tuple[str, ...] = Field(
        ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S"),
        description="accepted formats, tried in this order (strptime codes)",
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
