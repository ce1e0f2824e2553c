"""What one sheet was found to hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from outcomes.intake.dates import read_dates
from outcomes.intake.draft.dateforms import DateForms
from outcomes.intake.draft.questionnaire import Questionnaire
from outcomes.intake.draft.spellings import Spellings
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.words import Array, Words
from outcomes.settings import DateRules


@dataclass(frozen=True)
class Guess:
    """Which column of the export feeds one canonical column."""

    column: str
    spellings: Spellings | None = None
    unit: str | None = None
    check: str = ""  # why that is unsure
    missing: tuple[str, ...] = ()  # spellings of missing in this column


@dataclass
class Found:
    """What one sheet holds. ``tables`` has, for each canonical table, its canonical columns."""

    sheet: Sheet
    patient: str
    tables: dict[str, dict[str, Guess]] = field(default_factory=dict)
    instruments: dict[str, Questionnaire] = field(default_factory=dict)
    dates: dict[str, DateForms] = field(default_factory=dict)  # every date-like column
    notes: list[str] = field(default_factory=list)  # to check
    troubles: list[str] = field(default_factory=list)  # what the sheet would give, were it not for this
    constants: dict[str, str] = field(default_factory=dict)
    prefix: str = ""  # put before the patients' identifiers

    @property
    def used(self) -> set[str]:
        """The columns that some table takes."""
        of_tables = {guess.column for columns in self.tables.values() for guess in columns.values()}
        of_items = {name for one in self.instruments.values() for name in one.columns}
        return of_tables | of_items if self.tables else set()

    @property
    def dropped(self) -> list[str]:
        """The columns that no table takes, and that no new column is made of, in the sheet's order."""
        source = self.sheet.source
        made_of = {one.column for one in source.in_text.values()}
        made_of |= {column for answers in source.ticks.values() for column in answers.values()}
        return [name for name in self.sheet.fields if name not in self.used | made_of]

    @property
    def patients(self) -> Words:
        """Whose each row is."""
        return self.sheet.fields[self.patient].words

    @property
    def rows_per_patient(self) -> float:
        """Rows that name a patient, by the number of patients."""
        column = self.sheet.fields[self.patient]
        return column.filled / max(len(column.values), 1)

    def read_days(self, column: str) -> list[tuple[str, float]]:
        """Return whose each dated row is, and its day, with the time of day; of no row where days and months contradict each other."""
        people = self.patients
        days = zip(people.codes, self.days_of_rows(column), strict=True)
        return [(people.values[who], float(day)) for who, day in days if not np.isnan(day)]

    def days_of_rows(self, column: str) -> Array:
        """Return the day of each row, with the time of day; NaN where it has none, or days and months contradict each other."""
        forms, field = self.dates[column], self.sheet.fields[column]
        if forms.order == "both":
            return np.full(len(field.words.codes), np.nan)
        rules = DateRules(formats=forms.formats(forms.order or "day") or ("%Y-%m-%d",), zone="as written")
        return field.words.spread(read_dates(field.words.values, field.missing, rules).days)
