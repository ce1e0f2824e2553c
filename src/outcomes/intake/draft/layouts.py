"""Files that hold the same thing, gathered: one mapping for all of them, with each file's own column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import yaml

from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.privacy import plain_name
from outcomes.personal import show_name


@dataclass
class Layout:
    """One mapping: its leading sheet, and for every other sheet its column names → the leader's (where they differ)."""

    name: str
    leader: Found
    renames: dict[str, dict[str, str]] = field(default_factory=dict)  # sheet → rename; the leader has an empty one

    @property
    def shared(self) -> bool:
        """Whether several sheets follow it."""
        return len(self.renames) > 1


def gather_layouts(found: Sequence[Found]) -> list[Layout]:
    """Return the mappings of all sheets; sheets that feed the same columns of the same tables share one.

    The leader is the sheet whose column names most of the others have.
    """
    alike: list[tuple[object, list[Found]]] = []
    for one in found:
        signature = _signature(one)
        known = next((members for other, members in alike if other == signature), None)
        if known is None:
            alike.append((signature, [one]))
        else:
            known.append(one)
    layouts = [layout for _, members in alike for layout in _share(members)]
    names: set[str] = set()
    for layout in layouts:
        layout.name = _free_name(layout, names)
    order = {one.sheet.name: place for place, one in enumerate(found)}
    return sorted(layouts, key=lambda layout: order[layout.leader.sheet.name])


def _share(members: list[Found]) -> list[Layout]:
    """Return the layouts of sheets that feed the same columns: one, but for sheets that a rename cannot serve."""
    names = [tuple(_slots(one)) for one in members]
    leader = members[max(range(len(members)), key=lambda place: (names.count(names[place]), -place))]
    layout = Layout("", leader, {leader.sheet.name: {}})
    rest = []
    for one in members:
        rename = _rename(one, leader)
        if rename is None:
            rest.append(one)
        elif one is not leader:
            layout.renames[one.sheet.name] = rename
            layout.leader = _joined(layout.leader, one)
    return [layout, *(_share(rest) if rest else [])]


def _signature(one: Found) -> object:
    """Return what two sheets must have in common to follow one mapping: everything but the names of columns."""
    tables = {
        table: {
            name: (guess.unit, guess.missing, guess.spellings.split if guess.spellings else None)
            for name, guess in guesses.items()
        }
        for table, guesses in one.tables.items()
    }
    return (
        tables,
        one.sheet.name if one.sheet.source.join else "",
        {name: (len(q.items), q.total is None, q.answers, q.from_total) for name, q in one.instruments.items()},
    )


def _slots(one: Found) -> list[tuple[tuple[str, ...], str]]:
    """Return every place of the mapping with the column that fills it."""
    slots = [((table, name), guess.column) for table, guesses in one.tables.items() for name, guess in guesses.items()]
    for name, questionnaire in one.instruments.items():
        slots += [((name, str(number)), column) for number, column in enumerate(questionnaire.items)]
        slots += [((name, "total"), questionnaire.total)] if questionnaire.total else []
    return sorted(slots)


def _rename(one: Found, leader: Found) -> dict[str, str] | None:
    """Return a sheet's column names → the leader's; None where a rename would not give each column one name."""
    pairs = {(own, theirs) for (_, own), (_, theirs) in zip(_slots(one), _slots(leader), strict=True)}
    rename = dict(pairs)
    if len(rename) < len(pairs) or len({theirs for _, theirs in pairs}) < len(pairs):
        return None
    kept = {name for name in one.sheet.fields if name not in rename}
    if kept & set(rename.values()):
        return None
    return {own: rename[own] for own in one.sheet.fields if own in rename and rename[own] != own}


def _joined(leader: Found, other: Found) -> Found:
    """Return the leading sheet with the spellings and doubts of another one added."""
    tables = {
        table: {name: _joined_guess(guess, other.tables[table][name]) for name, guess in guesses.items()}
        for table, guesses in leader.tables.items()
    }
    instruments = {
        name: replace(one, check=one.check or other.instruments[name].check) for name, one in leader.instruments.items()
    }
    return replace(leader, tables=tables, instruments=instruments)


def _joined_guess(guess: Guess, other: Guess) -> Guess:
    spellings = guess.spellings
    if spellings is not None and other.spellings is not None:
        spellings = spellings.joined(other.spellings)
    return replace(guess, spellings=spellings, check=guess.check or other.check)


def _free_name(layout: Layout, names: set[str]) -> str:
    """Return a name for a layout: its leading sheet's or file's, numbered where it is taken."""
    source = layout.leader.sheet.source
    stem = (
        "layout"
        if show_name(source.sheet or source.file) != (source.sheet or source.file)
        else plain_name(source.sheet or source.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]) or "layout"
    )
    stem = stem if isinstance(yaml.safe_load(stem), str) else f"layout_{stem}"  # 2024.csv, no.csv
    name, number = stem, 2
    while name in names:
        name, number = f"{stem}_{number}", number + 1
    names.add(name)
    return name
