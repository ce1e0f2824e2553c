"""Settings that say how one table of a file is read, and in what shape its rows are."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen


class Stack(Frozen):
    """A wide file, one row a patient, as one row a visit or session."""

    columns: dict[str, str | dict[str, str]] = Field(
        min_length=1,
        description="new column → the file's columns that are put below one another: a pattern with `{}` in the place of what "
        "differs (`phq9_{}`), or a mapping of what differs → column",
    )
    label: str = Field("label", description="name of a new column that holds what differs (`baseline`, `week 6`, `3`)")


class Pivot(Frozen):
    """A long file, one answer or one score a row, as one row a questionnaire or session."""

    rows: tuple[str, ...] = Field(
        min_length=1, description="columns that say which questionnaire an answer belongs to: the patient, and when"
    )
    name: str = Field(description="column that says what a row holds: the question, the test, the code")
    value: str = Field(description="column of the answer or score")
    columns: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        description="new column → the spellings of `name` that go into it, compared without case; rows of other spellings "
        "are left out",
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _spellings(cls, value: Any) -> Any:
        return {k: as_list(v) for k, v in value.items()} if isinstance(value, dict) else value


class InText(Frozen):
    """A score that is written in a text."""

    column: str = Field(description="column of the text")
    after: tuple[str, ...] = Field(
        min_length=1,
        description="names behind which the score stands (`PHQ-9`), compared without case, blanks and hyphens",
    )

    @field_validator("after", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return as_list(value)


def as_list(value: Any) -> Any:
    """Return one setting as a list of one."""
    return (value,) if isinstance(value, str | int | float) and not isinstance(value, bool) else value


def _texts(value: Any) -> Any:
    """Return a mapping of column → one or several values as text, as a cell spells them."""
    if not isinstance(value, dict):
        return value
    several = {name: as_list(values) for name, values in value.items()}
    return {
        name: tuple("" if one is None else str(one) for one in values) if isinstance(values, tuple | list) else values
        for name, values in several.items()
    }


class TableFile(Frozen):
    """One table of a file, and how it is read."""

    file: str = Field(
        description="path below the study's data folder; `phq/*.csv` is all files of that name, read as one"
    )
    allow_outside: bool = Field(False, description="the file may lie outside the data folder")
    part: str | None = Field(
        None,
        description="which table of a file that holds several: a form of REDCap, an instrument of FHIR, a list of JSON or XML, a database table",
    )
    dictionary: str | None = Field(
        None, description="data dictionary of REDCap beside the file: codes of its choices are read as their labels"
    )
    header: tuple[int, ...] = Field(
        (1,), min_length=1, description="row of the column names; several (`[1, 2]`) are joined by ` - `"
    )
    beside: int | None = Field(
        None,
        ge=1,
        le=9,
        description="which of several tables that stand beside one another, parted by a column without a name: 1 is the one on the left",
    )
    above: tuple[str, ...] = Field(
        (),
        description="labels in the rows above the header, each with its value in the same cell or the next (`Treatment:`, `IV ketamine`): a new "
        "column of that name, the same in all rows of the sheet",
    )
    sideways: bool = Field(
        False,
        description="rows and columns are exchanged: the first column has the names, and each further one is a row (a column for each patient). A first "
        "cell without a name is `patient`; messages and the ledger count the file's columns as rows",
    )
    headings: dict[str, str] = Field(
        default_factory=dict,
        description="new column → how a row between the others says its value for the rows below: `Patient: {}` within a cell, `Patient ID` in the cell "
        "before it, `{}` alone as the first and only cell of its row; `*` is any text. A new heading ends what those listed after it said",
    )
    first_row: int | None = Field(None, ge=2, description="first row of data; by default the one below the header")
    rows: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="column → values: only such rows belong to this table (`''` is blank); other tables take the others",
    )
    leave_out: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="column → values of rows that are no records: previews, tests, sums; `*` stands for any text",
    )
    fill_down: tuple[str, ...] = Field(
        (),
        description="columns whose blank cells and ditto marks stand for the value above them (a patient written once for all visits)",
    )
    shift: int = Field(
        0,
        ge=-5,
        le=5,
        description="the cells of this form of REDCap stand so many columns to the left of their names (negative: right)",
    )
    format: Literal[
        "auto",
        "csv",
        "tsv",
        "excel",
        "redcap",
        "fhir",
        "odm",
        "json",
        "xml",
        "spss",
        "stata",
        "sas",
        "parquet",
        "database",
    ] = Field("auto", description="file format; auto goes by the ending")
    delimiter: str | None = Field(None, description="column separator of a text file; by default found and reported")
    encoding: str = Field("utf-8", description="text encoding: utf-8 (a byte-order mark is fine), cp1252, latin-1 …")
    decimal: Literal[".", ","] = Field(
        ".", description="decimal mark of the file's numbers; with a comma, 0,5 is a half"
    )
    sheet: str | None = Field(
        None,
        description="sheet of an Excel workbook; by default the only one; `*` is all that are not hidden, read as one",
    )
    leave_out_sheets: tuple[str, ...] = Field(
        (),
        description="with `sheet: '*'`: sheets that are no table of this kind (a page of instructions), and are not read",
    )
    name_column: str | None = Field(
        None,
        description="name of a new column that holds the name of the sheet (with `sheet: '*'`), else of the file without its ending: where each is "
        "named after its patient",
    )
    hidden_rows: Literal["leave_out", "read"] = Field(
        "leave_out", description="rows that a spreadsheet hides (by a filter, or by hand)"
    )

    @field_validator("header", mode="before")
    @classmethod
    def _one_row(cls, value: Any) -> Any:
        return as_list(value)

    @field_validator("rows", "leave_out", mode="before")
    @classmethod
    def _cells(cls, value: Any) -> Any:
        return _texts(value)

    @model_validator(mode="after")
    def _header_first(self) -> Self:
        if list(self.header) != sorted(set(self.header)) or self.header[0] < 1:
            raise ValueError(f"source {self.file}: 'header' lists rows from 1, in order")
        if (self.sideways or self.headings) and (self.above or self.beside):
            raise ValueError(
                f"source {self.file}: 'sideways' and 'headings' read a whole sheet; 'above' and 'beside' do not go with them"
            )
        if self.first_row is not None and self.first_row <= self.header[-1]:
            raise ValueError(f"source {self.file}: 'first_row' must be below the 'header'")
        return self


class Join(TableFile):
    """A table that has what another one lacks, and by which columns the rows of both belong together."""

    by: dict[str, str] = Field(
        min_length=1,
        description="column of the source → column of this table that holds the same (an encounter's number; the patient and the visit); a list where "
        "both have one name",
    )
    columns: dict[str, str] = Field(
        min_length=1,
        description="new column of the source → column of this table. One answer for each key: a key whose rows differ is refused",
    )

    @field_validator("by", "columns", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        several = (value,) if isinstance(value, str) else value
        return {name: name for name in several} if isinstance(several, tuple | list) else several
