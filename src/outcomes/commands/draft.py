"""Draft a study file from a raw export."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import Command
from outcomes.errors import SettingsError
from outcomes.files import write_text


def draft(options: Namespace) -> int:
    """Draft a study file from a raw export, to be read through before the first run.

    Every file that intake can read is read. Names and content say which table a file feeds, what its columns mean, which items
    are whose, how dates are written, and which spelling of a treatment means which arm. What is unsure is marked `CHECK:`; what
    is missing is listed. The draft holds names of columns and spellings of closed vocabularies, and no other value of the data.
    """
    from outcomes.intake.draft import draft_study, name_study

    out = Path(options.out)
    if out.exists() and not options.force:
        raise SettingsError(
            f"{out}: there is such a file already. Name another with --out, or replace it with --force."
        )
    given = dict(one.rpartition("=")[::2] for one in options.treatment or ())
    drafted = draft_study(Path(options.folder), name_study(out), options.first, options.zone, given)
    write_text(drafted.text, out)
    print(drafted.describe(out))
    return 2 if drafted.missing else 0


_OUT = {"default": "config/mine.yaml", "metavar": "FILE", "help": "study file to write (default: %(default)s)"}
_ZONE = {"metavar": "ZONE", "help": "the clinic's time zone (America/New_York), or 'as written', for stamps in UTC"}
_TREATMENT = {
    "action": "append",
    "metavar": "CODE=ARM",
    "help": "what a code or spelling of a treatment means, such as 1=iv; once for each",
}
_FIRST = {"choices": ("day", "month"), "help": "what stands first in dates that fit both, such as 03/04/2024"}

COMMAND = Command(
    draft,
    "raw export → a study file to check",
    (
        (("folder",), {"metavar": "FOLDER", "help": "folder of the raw export"}),
        (("--out",), _OUT),
        (("--first",), _FIRST),
        (("--zone",), _ZONE),
        (("--treatment",), _TREATMENT),
        (("--force",), {"action": "store_true", "help": "replace the file where there is one"}),
    ),
    takes_study=False,
)
