"""The graph of the steps, for whoever looks at all of them: the Snakefile, the command line's help, the docs and the tests."""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from outcomes import steps
from outcomes.errors import SettingsError
from outcomes.files import Places, is_address, match_files, sha256, write_private
from outcomes.provenance import PACKAGE, sources
from outcomes.settings import Study
from outcomes.settings.plan import place_of
from outcomes.settings.shards import list_shards
from outcomes.settings.words import leave_words
from outcomes.steps.step import Step

STEPS: dict[str, Step] = {name: importlib.import_module(f"outcomes.steps.{name}").STEP for name in steps.NAMES}

NOTES = Path(".snakemake")  # what Snakemake keeps of a folder
LARGEST_READ = 64 << 20  # bytes of a raw file that is read through whenever a run begins

FILES = {
    "compare": {"resample", "alternatives"},
    "tables": {"fit"},
    "report": {"figures"},
    "manifest": {"report"},
}  # what a step reads that is no table


def inputs(study: Study, folder: str) -> list[str]:
    """Return the raw files of a study, those of a pattern each; optional ones only when they are there; no database."""
    found: dict[str, None] = {}
    named = [(one.file, source.optional) for source in study.sources for one in source.files]
    for file, optional in named:
        if is_address(file):
            continue
        paths = match_files(Path(folder), file)
        absent = [] if optional else [Path(folder, file)]
        found |= dict.fromkeys(map(str, paths or absent))
    return list(found)


def note_inputs(study: Study, folder: str) -> str:
    """Return a file with a digest of the raw files, written anew where one changed, which reruns intake.

    Snakemake notes the names of what a rule reads, and those of raw files may be names of people. The file lies beside its notes, so that without
    them it is new, and intake runs again too. Raw files of more than 64 MB count by size and time of change.
    """
    digest = hashlib.sha256()
    for name in inputs(study, folder):
        path = Path(name)
        digest.update(os.path.relpath(path, folder).encode("utf-8", "surrogateescape") + b"\0")
        if path.is_file():
            written = path.stat()
            small = written.st_size <= LARGEST_READ
            digest.update((sha256(path) if small else f"{written.st_size} {written.st_mtime_ns}").encode())
    return _note(f"{study.study}.raw", digest.hexdigest())


def plans(study_file: Path | str) -> list[str]:
    """Return the locked plan of a study file, if there is one."""
    path = place_of(Path(study_file))
    return [str(path)] if path.is_file() else []


def parts(study: Study, places: Places) -> list[Path]:
    """Return the files of the comparison that jobs of their own make; none without a comparison."""
    if study.comparison is None:
        return []
    shards = list_shards(study)
    samples = [places.resampled(shard) for shard in shards if study.comparison.replicates]
    return [*samples, *(places.alternatives(shard) for shard in shards)]


def settings(study: Study, step: str) -> str:
    """Return the digest of what a step may read of a study file: a change elsewhere in it does not rerun the step."""
    return leave_words(study, STEPS[step].words).digest("study", *STEPS[step].sections)


def note_code(step: str) -> str:
    """Return a file with a digest of each module that decides what a step writes, written anew where one changed, which reruns the step.

    These are its own module and all that its process imports. One file of them costs Snakemake less than a hundred: it looks at each file that
    a job reads whenever it chooses among those that wait. The file lies beside its notes, so that without them all is made again.
    """
    paths = sources("outcomes.__main__", f"outcomes.steps.{step}")
    return _note(
        f"{step}.code", "".join(f"{_hash_once(path)}  {path.relative_to(PACKAGE).as_posix()}\n" for path in paths)
    )


_hash_once = cache(sha256)  # a module decides what many steps write


def _note(name: str, found: str) -> str:
    """Keep what was found, and the time at which it was found first; return where."""
    place = NOTES / name
    if not place.is_file() or place.read_text(encoding="utf-8") != found:
        write_private(found, place)
    return place.as_posix()


def choose_study_file(given: Mapping[str, Any], files: Sequence[Path]) -> str:
    """Return the study file that Snakemake was given: by ``--configfile``, by ``--config study_file=``, or the example.

    Raises
    ------
    SettingsError
        Two are given, or ``--config`` has a key that would not do anything.
    """
    unknown = sorted(set(given) - {"study_file", "data", "internal"})
    if unknown:
        raise SettingsError(
            f"--config {unknown[0]}=…: unknown key; --config takes 'study_file', 'data' and 'internal'. Give the study file with "
            "--configfile, and change what a study declares there."
        )
    chosen = [os.path.relpath(path) for path in files] + ([str(given["study_file"])] if "study_file" in given else [])
    if len(chosen) > 1:
        raise SettingsError(f"two study files are given ({', '.join(chosen)}); a run is of one.")
    return chosen[0] if chosen else "config/example.yaml"


def untracked(value: str) -> Callable[[Any, Any], str]:
    """Return a value as Snakemake takes one that no result depends on: another interpreter or path reruns nothing."""

    def give(wildcards: Any, input: Any) -> str:  # noqa: A002 (Snakemake tells such a value by this name)
        return value

    return give


def list_before() -> dict[str, set[str]]:
    """Return for each step all others that must have run before it."""
    writer = {table: name for name, step in STEPS.items() for table in step.writes}
    above: dict[str, set[str]] = {}
    for name, step in STEPS.items():
        direct = {writer[table] for table in step.reads} | FILES.get(name, set())
        above[name] = direct.union(*(above[other] for other in direct))
    return above


def draw_steps() -> str:
    """Return the graph of the steps as Mermaid: an arrow from each step to the next; one that a longer way says is left out."""
    above = list_before()
    lines = ["flowchart LR", "  raw[(raw export)] --> intake"]
    for name in STEPS:
        nearest = [one for one in STEPS if one in above[name] and not any(one in above[two] for two in above[name])]
        lines += [f"  {one} --> {name}" for one in nearest]
    return "\n".join(lines) + "\n"
