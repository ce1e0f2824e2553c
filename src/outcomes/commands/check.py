"""What a study file makes of its export, in seconds, without running anything."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import DATA, Command
from outcomes.files import Places, write_private
from outcomes.settings import read_study


def check(options: Namespace) -> int:
    """Read the export as the study file says and show what was understood; nothing is run, and no table is written.

    Shows what does not hang together and what to do about it, what became of every row, how many records and patients are left by
    arm, and how far columns are filled; as text, and as a page in the study's private folder. Ends with 2 where a run would stop.
    """
    from outcomes.intake import read_export, refuse
    from outcomes.intake.health.headers import compare_headers, read_headers
    from outcomes.intake.health.overview import Section, build_overview
    from outcomes.intake.health.page import write_page
    from outcomes.intake.health.page import write_text as write_sections
    from outcomes.intake.quiet import reading_quietly

    study = read_study(options.study)
    with reading_quietly():
        export = read_export(study, Path(options.data or study.data))
    refuse((), study.accept)
    changed = tuple(
        compare_headers(
            Places(study.study).derived / "columns.json", read_headers(study, Path(options.data or study.data))
        )
    )
    sections = build_overview(export, study)
    if changed:
        sections.insert(1, Section("Columns since the last run", ("file", "change"), changed))
    place = Places(study.study).derived / "check.html"
    write_private(write_page(sections, f"Check of {study.study}"), place)
    print(write_sections(sections))
    stops = [one for one in export.findings if one.stops and one.check not in study.accept]
    end = (
        f"A run would stop at {len(stops)} finding(s)." if stops else f"A run would go on: outcomes run {options.study}"
    )
    print(f"{end}\nThe same as a page: {place}")
    return 2 if stops else 0


COMMAND = Command(check, "study file + export → what was understood, and whether it hangs together", (DATA,))
