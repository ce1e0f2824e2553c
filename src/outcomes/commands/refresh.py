"""What changed in the data folder since the last time."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.commands.command import DATA, Command
from outcomes.files import Places, read_table, write_private
from outcomes.personal import show_name
from outcomes.settings import read_study

if TYPE_CHECKING:
    from outcomes.intake.health.overview import Section
    from outcomes.intake.health.snapshot import Snapshot


def refresh(options: Namespace) -> int:
    """Say what changed in the data folder since the last refresh: files, rows, columns, and since the last run people and scores.

    Run it when a new export has come, before `outcomes run`. What it saw is kept in the study's private folder for the next time.
    """
    from outcomes.intake.export import name_files, read_export
    from outcomes.intake.health.overview import Section
    from outcomes.intake.health.page import write_text as write_sections
    from outcomes.intake.health.snapshot import compare_records, take_snapshot
    from outcomes.intake.quiet import reading_quietly

    study = read_study(options.study)
    folder, places = Path(options.data or study.data), Places(study.study)
    place = places.derived / "snapshot.json"
    with reading_quietly():
        seen = take_snapshot(folder)
    print(write_sections([_files(place, seen, name_files(study, folder))]))
    write_private(json.dumps(seen, indent=1, sort_keys=True) + "\n", place)
    with reading_quietly():
        export = read_export(study, folder)
    sections = []
    names = ("key", "sessions", "assessments")
    if all(places.table(name).is_file() for name in names):
        before = {name: read_table(places.table(name), name) for name in names}
        changes = tuple(compare_records(before, export.tables))
        sections.append(Section("Records since the last run", ("records", "change"), changes))
    stops = [one for one in export.findings if one.stops and one.check not in study.accept]
    found = tuple((one.check, one.text) for one in stops)
    sections.append(Section("What would stop a run", ("check", "what was found"), found, "" if found else "Nothing."))
    print(write_sections(sections))
    return 2 if stops else 0


def _files(place: Path, seen: Snapshot, named: frozenset[str]) -> Section:
    """Return what changed in the folder; what it holds where there is nothing to compare with."""
    from outcomes.intake.health.overview import Section
    from outcomes.intake.health.snapshot import compare_snapshots

    if not place.is_file():
        rows = tuple((show_name(name), str(one.get("rows", ""))) for name, one in seen.items())
        return Section("Files", ("file", "rows"), rows, "Kept for the next refresh.")
    before = json.loads(place.read_text(encoding="utf-8"))
    changes = tuple((show_name(name), change) for name, change in compare_snapshots(before, seen, named))
    return Section("Files since the last refresh", ("file", "change"), changes, "" if changes else "Nothing changed.")


COMMAND = Command(refresh, "what changed in the data folder since the last time", (DATA,))
