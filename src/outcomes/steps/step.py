"""What a step is: tables and settings in, tables out, and nothing that it does not declare."""

from __future__ import annotations

import importlib
import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MethodType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from outcomes.claim import beside_no_run, claim_places, close_private, find_places
from outcomes.commands.command import Option
from outcomes.contracts import CONTRACTS
from outcomes.contracts.released.table import list_declared
from outcomes.errors import ContractError, DamageError
from outcomes.files import Places, read_table, write_table, write_text
from outcomes.settings import Study, read_study
from outcomes.settings.words import Words, leave_words

if TYPE_CHECKING:
    import pandas as pd

PRIVATE = 0o077  # files and folders for their owner alone

# Sections of the study file that several steps may read.
CLINICAL = ("instruments", "own_instruments", "endpoints")
COMPARED = ("comparison", *CLINICAL, "arms", "own_protocols", "series", "baseline", "timepoints", "seed", "privacy")
DERIVED = (*CLINICAL, "baseline", "timepoints", "population", "series", "visits", "arms")
# Tables that each part of the comparison starts from.
COURSES = ("patients", "series", "series_sessions", "events", "endpoints", "cohort")
FURTHER = ("variants", "pretreatment")


@dataclass(frozen=True)
class Work:
    """What a step is given."""

    tables: Mapping[str, pd.DataFrame]  # those that it declares to read, by name, read when they are asked for
    study: Study  # the sections that it declares
    whole: Study
    places: Places  # a release is staged in them
    options: Namespace


@dataclass(frozen=True)
class Step:
    """One step: a rule of the Snakefile, a subcommand, and a module of one name.

    ``reads`` and ``writes`` name tables: ``scores`` is private and has a contract, ``estimates/scores`` is an estimate before the
    disclosure gate, ``released/scores`` a released table, which :func:`outcomes.released.read_released` reads. What ``call``
    returns is written, by the last part of those names.
    """

    call: Callable[[Work], Mapping[str, pd.DataFrame | str]]
    summary: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    sections: tuple[str, ...]
    options: tuple[Option, ...] = ()
    words: tuple[
        Words, ...
    ] = ()  # of those sections, the words that no number depends on and that it may read all the same
    takes_study: bool = True

    @property
    def name(self) -> str:
        """The name of the step, its rule, its subcommand and its module."""
        return self.call.__name__

    @property
    def description(self) -> str:
        """What ``--help`` says of it."""
        return (self.call.__doc__ or self.summary).strip()

    def inputs(self, places: Places) -> list[str]:
        """Return the files of the tables that it reads."""
        return [places.find(name).as_posix() for name in self.reads]

    def outputs(self, places: Places) -> list[str]:
        """Return the files of the tables that it writes."""
        return [places.find(name).as_posix() for name in self.writes]

    def run(self, options: Namespace) -> int:
        """Read the study file, make the call, and write what it returns; return the exit code.

        What it writes is for nobody else on the machine to read; publishing a release opens that.

        Raises
        ------
        ContractError
            The call returned other tables than the step declares.
        """
        os.umask(PRIVATE)
        internal = getattr(options, "internal", False)
        whole = read_study(options.study)
        places = find_places(whole, Path(options.study)).staged(internal)
        whole = keep_inside(whole) if internal else whole
        with beside_no_run(whole.study):
            self._make(Work(Tables(places, self.reads), part_of(whole, self), whole, places, options))
        return 0

    def _make(self, work: Work) -> None:
        close_private(work.places)
        with _plain_text(self.reads):
            made = self.call(work)
        claim_places(work.places, Path(work.options.study))
        declared = {_bare(name): name for name in self.writes}
        if set(made) != set(declared):
            different = ", ".join(sorted(set(made) ^ set(declared)))
            raise ContractError(f"step '{self.name}' does not write the tables that it declares: {different}")
        for name, place in declared.items():
            table = made[name]
            if isinstance(table, str):
                write_text(table, work.places.find(place))
            else:
                write_table(table, work.places.find(place), place if place in CONTRACTS else None)


def keep_inside(study: Study) -> Study:
    """Return a study as its internal report is made: every count exact, and marked in the title, which each page repeats."""
    because = "this report is for the clinic's own eyes, and is not released"
    privacy = study.privacy.model_copy(update={"release": "exact", "because": because})
    report = study.report.model_copy(update={"title": f"INTERNAL, NOT FOR RELEASE: {study.report.title}"})
    return study.model_copy(update={"privacy": privacy, "report": report})


def released(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of released tables as a step declares them."""
    return tuple(f"released/{name}" for name in names)


def estimates(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of estimates as a step declares them."""
    return tuple(f"estimates/{name}" for name in names)


def estimated_by(step: str, *subjects: ModuleType) -> tuple[str, ...]:
    """Return the names of the tables that a step estimates, of those that modules of released tables declare."""
    return estimates(table.name for table in list_declared(*subjects) if table.written_by == step)


def _plain_text(reads: Iterable[str]) -> AbstractContextManager[None]:
    """Return within what an analysis keeps text as Python's own: it asks for single cells, each of which Arrow would convert anew."""
    if all(
        name.startswith("released/") for name in reads
    ):  # the raw export, which may be large, or nothing that pandas is loaded for
        return nullcontext()
    import pandas as pd

    return pd.option_context("mode.string_storage", "python")


def _bare(name: str) -> str:
    return name.rpartition("/")[2]


class Tables(Mapping[str, "pd.DataFrame"]):
    """The tables that a step declares to read; one is read, and its contract checked, when it is asked for."""

    def __init__(self, places: Places, reads: Iterable[str]) -> None:
        self._places = places
        self._names = {_bare(name): name for name in reads}

    def __getitem__(self, name: str) -> pd.DataFrame:
        place = self._names[name]
        try:
            return read_table(self._places.find(place), place if place in CONTRACTS else None)
        except DamageError as error:
            graph = importlib.import_module("outcomes.workflow")  # by name, as no result depends on it
            writer = next(step for step in graph.STEPS if place in graph.STEPS[step].writes)
            raise DamageError(f"{error} Step '{writer}' makes it: `outcomes {writer} STUDY` does so alone.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Part:
    """A study file of which one step sees only its declared sections, so that no undeclared one can change its result."""

    def __init__(self, study: Study, name: str, sections: tuple[str, ...]) -> None:
        self._study, self._name, self._sections = study, name, ("study", *sections)

    def __reduce__(self) -> tuple[type[Part], tuple[Study, str, tuple[str, ...]]]:
        return Part, (self._study, self._name, self._sections)

    def model_copy(self, update: Mapping[str, Any]) -> Part:
        """Return it with other sections, as a study is copied."""
        return Part(self._study.model_copy(update=update), self._name, self._sections)

    def __getattr__(self, name: str) -> Any:
        if name in Study.model_fields and name not in self._sections:
            raise AttributeError(f"step '{self._name}' reads section '{name}', which its `sections` do not declare")
        value = getattr(self._study, name)
        return MethodType(getattr(Study, name), self) if isinstance(value, MethodType) else value


def part_of(study: Study, step: Step) -> Study:
    """Return the study as one step may see it."""
    return cast(Study, Part(leave_words(study, step.words), step.name, step.sections))
