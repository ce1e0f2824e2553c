"""Two identifiers of one person in two files, and a third that has both: it is joined, so that every file names people alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from outcomes.intake.draft.candidates import names_people
from outcomes.intake.draft.given import given_patient
from outcomes.intake.draft.joins import join_sheet, make_join
from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.vocabulary import NEAR, match_name, read_vocabulary, squeeze, words_of

FEWEST = 5  # people in both, for two columns to be of the same people
MOSTLY, HARDLY = 0.6, 0.2  # share of a file's people that a column of the link knows, and that the other one does not
NUMBERED = frozenset({"id", "mrn", "no", "nr", "num", "number", "code", "key", "user", "record", "chart", "account"})


@dataclass(frozen=True)
class Link:
    """A sheet with two identifiers of each person: ``kept`` is what people are called in the end."""

    sheet: Sheet
    kept: str
    other: str


@dataclass(frozen=True, eq=False)
class Naming:
    """A sheet with the columns by which it may name people, the likeliest first."""

    sheet: Sheet
    columns: list[str]
    _shares: dict[tuple[str, int, str], float] = field(default_factory=dict, init=False, repr=False)

    def find(self, mine: str, theirs: str, link: Sheet) -> str | None:
        """Return the column by which the sheet names people as one column of a link does, and not as the other one."""
        if any(squeeze(name) == squeeze(theirs) for name in self.sheet.fields):
            return None
        alike = [name for name in self.sheet.fields if squeeze(name) == squeeze(mine)]
        for name in [*alike, *self.columns]:
            if self._share(name, link, mine) >= MOSTLY and (name in alike or self._share(name, link, theirs) < HARDLY):
                return name
        return None

    def _share(self, name: str, link: Sheet, column: str) -> float:
        """Return the share of a column's values that a column of a link has; 0 where these are too few to tell."""
        key = (name, id(link), column)
        if key not in self._shares:
            own, of = self.sheet.fields[name].values, link.fields[column].values
            both = len(set(own) & set(of))
            self._shares[key] = both / len(own) if both >= FEWEST else 0.0
        return self._shares[key]


def link_identifiers(sheets: Sequence[Sheet], folder: Path) -> list[Sheet]:
    """Return the sheets, those joined to a link whose people it calls otherwise than the other files do."""
    namings = [Naming(sheet, _naming_columns(sheet)) for sheet in sheets]
    link = next((link for sheet in sheets for link in _find_links(sheet, namings)), None)
    if link is None:
        return list(sheets)
    return [
        replace(one.sheet, owner=link.kept) if one.sheet is link.sheet else _translate(one, link, folder)
        for one in namings
    ]


def _naming_columns(sheet: Sheet) -> list[str]:
    named = [given] if (given := given_patient(sheet)) else patient_columns(sheet)
    return named or [name for name, column in sheet.fields.items() if names_people(column)]


def _find_links(sheet: Sheet, namings: Sequence[Naming]) -> Iterator[Link]:
    """Yield the pairs of columns of a sheet that files name people by, some by one and some by the other."""
    if sheet.source.join or sheet.source.format == "fhir":
        return
    columns = [name for name, column in sheet.fields.items() if _names_people(name, column)]
    others = [one for one in namings if one.sheet is not sheet and not one.sheet.source.join]
    pairs = [(kept, other) for kept in columns for other in columns if kept != other]
    ranked = []
    for kept, other in pairs:
        users = [sum(one.find(*way, sheet) is not None for one in others) for way in ((kept, other), (other, kept))]
        if all(users) and _tells(sheet.fields[other], sheet.fields[kept]):
            ranked.append(
                (users[0] - users[1], match_name(kept, read_vocabulary()["patient"]), Link(sheet, kept, other))
            )
    if ranked:
        yield max(ranked, key=lambda one: one[:2])[2]


def _names_people(name: str, column: Field) -> bool:
    """Tell whether a column of a link may hold identifiers: by its name, or by many different values."""
    named = match_name(name, read_vocabulary()["patient"])[0] >= NEAR or set(words_of(name)) & NUMBERED
    return bool(named and len(column.values) >= FEWEST) or names_people(column)


def _tells(other: Field, kept: Field) -> bool:
    """Tell whether one identifier says the other: each of its values stands beside one, and hardly any two beside the same."""
    both = ~other.words.spread(other.missing) & ~kept.words.spread(kept.missing)
    pairs = np.unique(np.column_stack([other.words.codes[both], kept.words.codes[both]]), axis=0)
    others, people = (len(np.unique(pairs[:, side])) for side in (0, 1))
    return len(pairs) == others >= FEWEST and people >= 0.5 * others


def _translate(naming: Naming, link: Link, folder: Path) -> Sheet:
    """Return a sheet with the identifier that the other files have, put beside its own by the link; as it is where it has no other."""
    sheet, own = naming.sheet, naming.find(link.other, link.kept, link.sheet)
    if own is None:
        return sheet
    join = make_join(sheet, link.sheet, {own: link.other}, [link.kept])
    lost = len(set(sheet.fields[own].values) - set(link.sheet.fields[link.other].values))
    rest = f"; {lost} of {len(sheet.fields[own].values)} are not in it, and their rows are left out" if lost else ""
    note = f"{own!r} is another identifier than that of other files: {link.sheet.name} says whose each is, {link.kept!r} (join){rest}"
    again = join_sheet(sheet, join, note, folder)
    return again if again is sheet else replace(again, owner=next(iter(join.columns)), twin="")
