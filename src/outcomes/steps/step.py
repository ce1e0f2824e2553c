"""What a subcommand is, and how a step opens its study."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from outcomes.files import Places
from outcomes.settings import Study, read_study
from outcomes.workflow import part_of

Option = tuple[tuple[str, ...], dict[str, Any]]  # the flags of an option, and what argparse is told of it


@dataclass(frozen=True)
class Step:
    """One subcommand."""

    call: Callable[[Namespace], int | None]
    summary: str
    options: tuple[Option, ...] = ()
    takes_study: bool = True

    @property
    def description(self) -> str:
        """What ``--help`` says of the step."""
        return (self.call.__doc__ or self.summary).strip()


def open_study(options: Namespace, step: str) -> tuple[Study, Places]:
    """Return the study as the named step may see it, and its folders."""
    study = read_study(options.study)
    return part_of(study, step), Places(study.study)
