"""A raw export → a study file to check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from outcomes.errors import OutcomesError
from outcomes.intake.draft.apart import tell_apart
from outcomes.intake.draft.design import draft_design
from outcomes.intake.draft.examples import PAGE, find_examples
from outcomes.intake.draft.export import survey_export
from outcomes.intake.draft.follow_up import count_followed
from outcomes.intake.draft.lines import choose_formats
from outcomes.intake.draft.questions import ask_lost_scores
from outcomes.intake.draft.summary import describe_sheets, describe_trial
from outcomes.intake.draft.treatments import name_treatments
from outcomes.intake.draft.write import write_study
from outcomes.intake.export import read_export
from outcomes.intake.health.finding import Finding, end_sentence
from outcomes.intake.privacy import plain_name
from outcomes.intake.quiet import reading_quietly
from outcomes.settings import check_study

SECOND = frozenset({"undecided_duplicates", "twice_a_day"})  # checks of second questionnaires of a day


@dataclass(frozen=True)
class Draft:
    """A drafted study file, what was found per file, and what must be written before it runs."""

    text: str
    summary: str
    missing: tuple[str, ...]
    examples: tuple[str, ...] = ()  # sections of the page on exports that show such files

    def describe(self, out: Path) -> str:
        """Return what is printed: what was found per file, what is left to answer, and the next command."""
        lines = self.text.splitlines()
        checks = [(place, line.split("# CHECK:", 1)[1]) for place, line in enumerate(lines, 1) if "# CHECK:" in line]
        parts = [self.summary]
        if self.missing:
            parts += [f"{out} is written, and does not run yet. Left to answer:"]
            parts += [f"  {place}. {one}" for place, one in enumerate(self.missing, 1)]
            parts += ["Write each answer in the file and delete the list `to_do` there."]
        else:
            parts += [f"{out} is written."]
        if checks:
            parts += [f"{len(checks)} line(s) of it are marked CHECK; look at each:"]
            parts += [f"  line {place}:{text}" for place, text in checks]
        if self.examples:
            parts.append(f"What to write for such files, with an example of each: {PAGE} ({'; '.join(self.examples)})")
        return "\n".join(
            [*parts, "Then", f"  outcomes check {out}    # what was understood, in seconds", f"  outcomes run {out}"]
        )


def name_study(out: Path) -> str:
    """Return the name of a study: that of its file, with nothing but a–z, digits, - and _.

    >>> name_study(Path("config/My Clinic.yaml"))
    'my_clinic'
    """
    return plain_name(out.stem) or "mine"


def draft_study(
    folder: Path,
    name: str,
    first: str | None = None,
    zone: str | None = None,
    treatments: Mapping[str, str] | None = None,
) -> Draft:
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
    treatments
        What codes or spellings of treatments mean that nothing in the export tells: spelling → arm.

    Returns
    -------
    Draft
        The text holds names of columns and spellings of closed vocabularies, and no other value of the data. It is a
        study file that runs where nothing is missing; else its list ``to_do`` says what is left to answer.

    Raises
    ------
    InputError
        No such folder, or one without a file.
    SettingsError
        A treatment that no protocol is of.
    """
    survey = survey_export(folder)
    name_treatments(survey.found, treatments or {})
    survey.questions += ask_lost_scores(survey.found)
    if first is not None:
        survey.orders = {name: first if order == "unknown" else order for name, order in survey.orders.items()}
    formats = choose_formats(survey, zone)
    design = draft_design(survey)
    trial, trouble, design.followed = _try(
        write_study(survey, design, formats, name, folder.as_posix()), folder, tell_apart(survey)
    )
    causes = [one for one in trouble if one.startswith(("lost_digits", "near_identifiers"))]
    design.missing = [*causes, *design.missing] if formats.missing or design.missing else trouble
    text = write_study(survey, design, formats, name, folder.as_posix())
    missing = (*formats.missing, *design.missing)
    return Draft(text, describe_sheets(survey) + trial, missing, tuple(find_examples(survey, missing)))


def _try(text: str, folder: Path, apart: Mapping[str, str]) -> tuple[str, list[str], int | None]:
    """Return what a trial reading with the drafted file keeps, why a run would stop, and how many patients are followed.

    ``apart`` has, by file, what tells differing questionnaires of one day apart.
    """
    content = {key: value for key, value in yaml.safe_load(text).items() if key != "to_do"}
    try:
        with reading_quietly():
            study = check_study(content)
            export = read_export(study, folder)
    except OutcomesError as error:
        return "", [f"a trial reading of the export with this file stopped: {error}"], None
    undecided = {one.file for one in export.findings if one.check in SECOND and one.stops}
    helped: dict[str | None, str] = {file: apart[file] for file in undecided if file is not None and file in apart}
    stops = [
        f"{one.check}: {end_sentence(one.text)} {_cure(one, helped)}"
        for one in export.findings
        if one.stops and not (one.check == "merged_rows" and one.file in undecided)  # one cause, one question
    ]
    return describe_trial(export), stops, count_followed(export, study)


def _cure(one: Finding, helped: Mapping[str | None, str]) -> str:
    return helped.get(one.file if one.check in SECOND else None, f"{one.cure[:1].upper()}{one.cure[1:]}")
