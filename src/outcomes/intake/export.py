"""From a raw export to clean tables and the ledger."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outcomes.contracts import empty_table
from outcomes.errors import InputError
from outcomes.files import is_address, match_files, sha256, show_address
from outcomes.intake.assessments import build_assessments
from outcomes.intake.batch import Batch, item_columns, wanted_columns
from outcomes.intake.batches import make_batches
from outcomes.intake.health import Evidence, Finding, examine
from outcomes.intake.identifiers import sort_identifiers, write_identifiers
from outcomes.intake.ledger import Ledger
from outcomes.intake.mapping import check_mapping, check_time_axis
from outcomes.intake.money import list_currency_columns
from outcomes.intake.origin import find_day_zero
from outcomes.intake.patients import build_patients
from outcomes.intake.readers import File, read_source
from outcomes.intake.readers.database import hash_rows
from outcomes.intake.readers.header import Wanted
from outcomes.intake.readers.tables import name_source
from outcomes.intake.records import build_adverse_events, build_events, build_vitals
from outcomes.intake.sessions import build_sessions
from outcomes.intake.times import refuse_unknown_zones
from outcomes.intake.values import write_points
from outcomes.intake.words import Array, RawTable
from outcomes.personal import number_inputs, show_name
from outcomes.settings import Join, Source, Study, Table, TableFile

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
Builder = Callable[[Sequence[Batch], Array, Study, Ledger], "pd.DataFrame"]
BUILDERS: dict[Table, Builder] = {
    "sessions": build_sessions,
    "assessments": build_assessments,
    "adverse_events": build_adverse_events,
    "vitals": build_vitals,
    "events": build_events,
}


@dataclass(frozen=True)
class Export:
    """A raw export after intake: clean tables by name, the ledger with its balance, and every input by its number.

    ``inputs`` has the name and the SHA-256 of each; names stay private, and a release has the numbers.
    """

    tables: dict[str, pd.DataFrame]
    ledger: pd.DataFrame
    balance: pd.DataFrame
    inputs: dict[str, dict[str, str]]
    findings: tuple[Finding, ...] = ()  # what does not hang together


def read_export(study: Study, folder: Path | str) -> Export:
    """Read every source of a study and clean it.

    Returns
    -------
    Export
        ``patients``, ``sessions``, ``assessments``, ``adverse_events``, ``vitals``, ``events`` and ``key`` as their
        contracts say, ``events`` and the like possibly empty.

    Raises
    ------
    InputError
        A file that cannot be read as the study file says.
    SettingsError
        A mapping that cannot give its table, or names an identifier.
    """
    folder = Path(folder)
    sources = _present_sources(study, folder)
    hashes = [hash_source(folder, source) for source in sources]
    raws = [_read_source(study, source, folder) for source in _progress(sources)]
    joined = _joined_alone(sources, raws)
    hashes += [hash_source(folder, join) for join in joined.values()]
    _refuse_changed(folder, [*sources, *joined.values()], hashes)
    names = [*(raw.name for raw in raws), *joined]
    known = {name: hashes[place] or hash_rows(raws[place]) for place, name in enumerate(names)}
    inputs = {
        number: {"name": name, "sha256": hashed}
        for number, (name, hashed) in zip(number_inputs(len(known)), known.items(), strict=True)
    }
    identifiers = sort_identifiers(study, sources, raws)
    number = {identifier: place for place, identifier in enumerate(identifiers, start=1)}
    ledger = Ledger(
        names,
        [*(raw.size for raw in raws), *(0 for _ in joined)],
        [*(raw.origin for raw in raws), *(None for _ in joined)],
        [*(label_columns(study, source) for source in sources), *({} for _ in joined)],
    )
    batches = [
        batch
        for file, (source, raw) in enumerate(zip(sources, raws, strict=True))
        for batch in make_batches(file, raw, source, study, number, ledger)
    ]
    refuse_unknown_zones(batches)
    tables = _build_tables(batches, len(identifiers), study, ledger)
    key = _key(identifiers)
    tables["key"] = key[key["patient"].isin(tables["patients"]["patient"])].reset_index(drop=True)
    entries, balance = ledger.close(_count_people(batches, len(names)))
    log.info(
        "read %d rows of %d files: %d kept (%d corrected, %d flagged), %d merged, %d quarantined",
        *(balance["raw"].sum(), len(balance)),
        *(balance[name].sum() for name in ("kept", "corrected", "flagged", "merged", "quarantined")),
    )
    named = name_files(study, folder)
    unused = frozenset(file for pattern in study.unused for file in _match(folder, pattern))
    evidence = Evidence(folder, sources, raws, batches, tables, entries, balance, named | unused)
    findings = examine(study, evidence)
    return Export(tables, entries, balance, inputs, findings)


def _count_people(batches: Sequence[Batch], tables: int) -> list[Array]:
    """Return the distinct patients of every table that a source was read as."""
    own: list[list[Array]] = [[np.zeros(0, dtype=np.int64)] for _ in range(tables)]
    for batch in batches:
        own[batch.file].append(batch.patient[batch.patient > 0])
    return [np.unique(np.concatenate(parts)) for parts in own]


def _joined_alone(sources: Sequence[Source], raws: Sequence[RawTable]) -> dict[str, Join]:
    """Return the tables that are joined to a source and are none themselves, by name: inputs without rows in the ledger."""
    joins = [source.join for source in sources if source.join is not None and not is_address(source.join.file)]
    named = {name_source(join.file, join): join for join in joins}
    return {name: join for name, join in named.items() if name not in {raw.name for raw in raws}}


def name_files(study: Study, folder: Path) -> frozenset[str]:
    """Return the files below the data folder that some source names."""
    files = [file for source in study.sources for file in source.files]
    paths = [path for file in files for path in find_files(folder, file)]
    below = {path.relative_to(folder).as_posix() for path in paths if path.is_relative_to(folder)}
    return frozenset(below | {file.file for file in files})


def _match(folder: Path, pattern: str) -> Iterator[str]:
    """Yield the files below a folder that a pattern of the study file names; none where it leads out of the folder."""
    if not Path(pattern).is_absolute() and ".." not in Path(pattern).parts and pattern:
        yield from (path.relative_to(folder).as_posix() for path in folder.glob(pattern))


def _present_sources(study: Study, folder: Path) -> list[Source]:
    """Return the sources whose file is there, after checking what can be checked without reading."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of raw exports. Correct 'data' in the study file, or give another.")
    check_time_axis(study)
    present = []
    for source in study.sources:
        check_mapping(study, source)
        if (named := folder / source.file).is_dir():
            raise InputError(
                f"{source.file}: a folder, not a file. Name a file, or all of a kind (`{named.name}/*.csv`)."
            )
        if named.exists() and not named.is_file():
            raise InputError(f"{source.file}: a pipe or a device, not a file. Save what it gives as one.")
        if source.join is not None and not find_files(folder, source.join):
            raise InputError(
                f"{source.join.file}: no such file in {folder}. Correct 'file' under the 'join' of {source.file}."
            )
        if find_files(folder, source):
            present.append(source)
        elif source.optional:
            log.info("%s: absent, and optional", source.file)
        else:
            raise InputError(f"{source.file}: no such file in {folder}. Correct 'file', or set 'optional: true'.")
    if not present:
        raise InputError(f"{folder}: none of the study's {len(study.sources)} files is there.")
    return present


def find_files(folder: Path, source: TableFile) -> list[Path]:
    """Return the files that a source names, in the order of their names; several where it is a pattern.

    Raises
    ------
    InputError
        A path or a link that leads out of the folder, of a source that does not say that it may.
    """
    if is_address(source.file):
        return [Path(source.file)]
    cure = "if it has to lie elsewhere, set 'allow_outside: true' for this source."
    outside = Path(source.file).is_absolute() or ".." in Path(source.file).parts
    if outside and not source.allow_outside:
        raise InputError(
            f"{source.file}: not a path below the data folder. Name the file from there, without '..'; {cure}"
        )
    found = match_files(folder, source.file)
    home = folder.resolve()
    if not source.allow_outside and not all(path.resolve().is_relative_to(home) for path in found):
        raise InputError(f"{source.file}: a link that leads out of the data folder. Put the file there; {cure}")
    return found


def hash_source(folder: Path, source: TableFile) -> str:
    """Return the SHA-256 of a source's file; of several, that of their own in order, so that no name of theirs is shown.

    Empty for the address of a database, which is no file.
    """
    if is_address(source.file):
        return ""
    hashes = [sha256(path) for path in find_files(folder, source)]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _refuse_changed(folder: Path, sources: Sequence[TableFile], hashes: Sequence[str]) -> None:
    """Refuse a file that something wrote to while it was read: its rows would be of no file that there is."""
    for source, known in zip(sources, hashes, strict=True):
        if not find_files(folder, source) or hash_source(folder, source) != known:
            raise InputError(f"{source.file}: changed while it was read. Let whatever writes it finish, and run again.")


def label_columns(study: Study, source: Source) -> dict[str, str]:
    """Return, for what an entry of the ledger calls a column, the column of the export it is read from."""
    labels: dict[str, str] = {}
    for mapping in study.tables_of(source).values():
        labels |= {name: column.column for name, column in mapping.columns.items() if column.column is not None}
        for name, columns in mapping.instruments.items():
            labels |= {f"{name}.item_{number}": item for number, item in enumerate(columns.items, start=1)}
            labels |= {f"{name}.total": columns.total} if columns.total else {}
    return labels


def read_files(folder: Path, source: Source, wanted: Wanted = None, numeric: frozenset[str] = frozenset()) -> RawTable:
    """Read the file of a source, or all files of its pattern below one another, which are told apart by their number only."""
    if source.join is None:
        return read_source(_open_files(folder, source), source, wanted, numeric)
    plain = Source.model_validate(source.join.model_dump(exclude={"by", "columns"}))
    asked = {*source.join.by.values(), *source.join.columns.values()}
    other = read_source(_open_files(folder, source.join), plain, asked)
    return read_source(_open_files(folder, source), source, wanted, other=other)


def _open_files(folder: Path, table: TableFile) -> list[File]:
    """Return the files of a table by the names that messages call them."""
    paths = find_files(folder, table)
    if is_address(table.file):
        return [File(paths[0], show_address(table.file), address=table.file)]
    one = len(paths) == 1 and paths[0] == folder / table.file
    return [
        File(path, show_name(table.file) if one else f"{show_name(table.file)} (file {n})", not one)
        for n, path in enumerate(paths, start=1)
    ]


def _read_source(study: Study, source: Source, folder: Path) -> RawTable:
    """Read a source as the study file wants it."""
    wanted = wanted_columns(study, source)
    sessions = study.tables_of(source).get("sessions")
    raw = read_files(
        folder, source, lambda names: wanted | list_currency_columns(sessions, names), item_columns(study, source)
    )
    log.info("%s: %d rows", raw.name, raw.size)
    if source.decimal == ",":
        raw = replace(raw, columns={column: write_points(words) for column, words in raw.columns.items()})
    owners = {mapping.columns["patient"].column or "" for mapping in study.tables_of(source).values()}
    columns = {name: write_identifiers(raw.columns[name], source, study.cleaning) for name in owners}
    return replace(raw, columns=raw.columns | columns)


def _progress(sources: Sequence[Source]) -> Iterable[Source]:
    """Return the sources with a progress bar where somebody looks at a terminal."""
    from tqdm import tqdm

    return tqdm(sources, desc="reading", unit="file", leave=False, disable=not sys.stderr.isatty())


def _build_tables(batches: Sequence[Batch], patients: int, study: Study, ledger: Ledger) -> dict[str, pd.DataFrame]:
    zero = find_day_zero(batches, patients, study)
    tables: dict[str, pd.DataFrame] = {}
    present = np.zeros(patients + 1, dtype=bool)
    for table, build in BUILDERS.items():
        mine = [_still_kept(batch, ledger) for batch in batches if batch.table == table]
        tables[table] = build(mine, zero, study, ledger) if mine else empty_table(table)
        present[tables[table]["patient"].to_numpy()] = True
    mine = [_still_kept(batch, ledger) for batch in batches if batch.table == "patients"]
    sessions = [_still_kept(batch, ledger, True) for batch in batches if batch.table == "sessions"]
    return {"patients": build_patients(mine, sessions, zero, present, study, ledger), **tables}


def _still_kept(batch: Batch, ledger: Ledger, always: bool = False) -> Batch:
    """Return the batch without rows that its file's leading table left out or merged."""
    if (batch.primary and not always) or batch.leading == "patients":
        return batch
    return batch.select(ledger.kept(batch.file)[batch.rows])


def _key(identifiers: list[str]) -> pd.DataFrame:
    import pandas as pd

    numbers = np.arange(1, len(identifiers) + 1, dtype=np.int32)
    return pd.DataFrame({"patient": numbers, "identifier": pd.Series(identifiers, dtype="str")})
