"""Files that are named as an older copy of another one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.vocabulary import words_of

OLDER = frozenset({"old", "copy", "backup", "bak", "archive", "archived", "superseded", "kopie", "copie", "copia"})  # fmt: skip
SHARED = 0.5  # of its people that the other file has, too


def ask_about_copies(found: Sequence[Found]) -> list[str]:
    """Return what to ask of files that are named as old or as a copy, where another of the same tables has their people."""
    asked = []
    for one in found:
        own = set(one.sheet.fields[one.patient].values)
        others = [
            other
            for other in found
            if not _is_older(other)
            and other.tables.keys() == one.tables.keys()
            and len(own & set(other.sheet.fields[other.patient].values)) >= SHARED * len(own) > 0
        ]
        if _is_older(one) and others:
            asked.append(
                f"copies: {one.sheet.name} is named as an older copy of {others[0].sheet.name}, which has the same people; its rows that were corrected "
                "since would count beside the corrected ones. Take it out of `sources` (and list it under `unused`), unless it holds what the other has not"
            )
    return asked


def _is_older(one: Found) -> bool:
    """Tell whether the name of a file says that it is an older one or a copy."""
    return bool(OLDER & set(words_of(PurePosixPath(one.sheet.source.file).stem)))
