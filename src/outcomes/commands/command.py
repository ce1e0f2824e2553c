"""What a subcommand of the command line is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Option = tuple[tuple[str, ...], dict[str, Any]]  # the flags of an option, and what argparse is told of it

DATA: Option = (("--data",), {"metavar": "FOLDER", "help": "folder of the raw exports, in place of the study file's"})
OUT: Option = (("--out",), {"metavar": "FILE", "help": "write to this file instead of the screen"})

_INTERNAL = "the exact report, for the clinic's own eyes, under data/{study}/internal/; nothing is released"
INTERNAL: Option = (("--internal",), {"action": "store_true", "help": _INTERNAL})


def number(flag: str, about: str, default: int) -> Option:
    """Return an option that takes a whole number."""
    return ((flag,), {"type": int, "default": default, "metavar": "N", "help": f"{about} (default: %(default)s)"})


@dataclass(frozen=True)
class Command:
    """One subcommand: what it calls, its line in the list of commands, and its options."""

    call: Callable[[Namespace], int | None]
    summary: str
    options: tuple[Option, ...] = ()
    takes_study: bool = True

    @property
    def description(self) -> str:
        """What ``--help`` says of it."""
        return (self.call.__doc__ or self.summary).strip()

    def run(self, options: Namespace) -> int:
        """Run it; return the exit code."""
        return int(self.call(options) or 0)
