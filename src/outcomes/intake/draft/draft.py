"""A raw export → a study file to check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from outcomes.errors import InputError, OutcomesError
from outcomes.intake.draft.design import draft_design
from outcomes.intake.draft.export import survey_export
from outcomes.intake.draft.lines import choose_formats
from outcomes.intake.draft.summary import describe_sheets, describe_trial
from outcomes.intake.draft.survey import quiet
from outcomes.intake.draft.write import write_study
from outcomes.intake.export import read_export
from outcomes.intake.privacy import plain_name
from outcomes.settings import check_study


@dataclass(frozen=True)
class Draft:
    """A drafted study file, what was found per file, and what must be written before it runs."""

    text: str
    summary: str
    missing: tuple[str, ...]

    def describe(self, out: Path) -> str:
        """Return what is printed: what was found per file, what is missing, and the next command."""
        checks = sum("# CHECK:" in line for line in self.text.splitlines())
        lines = [self.summary]
        if self.missing:
            lines += [f"{out} is written, and does not run yet. What could not be found:"]
            lines += [f"  - {one}" for one in self.missing]
            lines += ["Write this in the file and delete its list `to_do`; then"]
        else:
            lines += [f"{out} is written, with {checks} line(s) marked CHECK. Read it through; then"]
        return "\n".join([*lines, f"  outcomes run {out}"])


def name_study(out: Path) -> str:
    """Return the name of a study: that of its file, with nothing but a–z, digits, - and _.

    >>> name_study(Path("config/My Clinic.yaml"))
    'my_clinic'
    """
    return plain_name(out.stem) or "mine"


def draft_study(folder: Path, name: str, first: str | None = None, zone: str | None = None) -> Draft:
    """Draft a study file from every file of a raw export that intake can read.

    Parameters
    ----------
    folder
        The raw export.
    name
        Short name of the study.
    first
        ``day`` or ``month``: which stands first in dates that do not tell; None: they are asked for.
    zone
        Time zone of the clinic, or ``as written``; None: asked for where stamps in UTC stand beside plain dates.

    Returns
    -------
    Draft
        The text holds names of columns and spellings of closed vocabularies, and no other value of the data. It is a
        study file that runs where nothing is missing.

    Raises
    ------
    InputError
        No such folder, or no file in it that feeds a table.
    """
    survey = survey_export(folder)
    if not survey.found:
        reasons = "\n".join(f"  {idle.name}: {idle.reason}" for idle in survey.idle)
        raise InputError(f"{folder}: no file that a study could be drafted from.\n{reasons}")
    if first is not None:
        survey.orders = {name: first if order == "unknown" else order for name, order in survey.orders.items()}
    formats = choose_formats(survey, zone)
    design = draft_design(survey)
    text = write_study(survey, design, formats, name, folder.as_posix())
    trial = ""
    if not formats.missing and not design.missing:
        trial, trouble = _try(text, folder)
        design.missing += trouble
        text = write_study(survey, design, formats, name, folder.as_posix()) if trouble else text
    return Draft(text, describe_sheets(survey) + trial, (*formats.missing, *design.missing))


def _try(text: str, folder: Path) -> tuple[str, list[str]]:
    """Return what a trial reading with the drafted file keeps, or why intake refuses."""
    try:
        with quiet():
            export = read_export(check_study(yaml.safe_load(text)), folder)
    except OutcomesError as error:
        return "", [f"a trial reading of the export with this file stopped: {error}"]
    return describe_trial(export), []
