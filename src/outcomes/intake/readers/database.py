"""Databases: DuckDB and SQLite files, and PostgreSQL, where the tables of OMOP often are; one table is one ``part``.

A PostgreSQL is named by its address, ``file: postgresql://host/name``; the password belongs into libpq's own places
(``PGPASSWORD``, ``~/.pgpass``), never into a study file. SQLAlchemy is not used: three drivers with one call each need no layer.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.header import Wanted, choose_columns, find_columns, rename_header, report_columns
from outcomes.intake.words import RawTable, Words, text_array
from outcomes.settings import Source

SQLITE = b"SQLite format 3\x00"
ENDINGS = frozenset({".duckdb", ".sqlite", ".sqlite3", ".db"})
# The tables of OMOP that hold what a study needs; a whole vocabulary lies beside them.
OMOP = ("person", "measurement", "observation", "drug_exposure", "procedure_occurrence")
CONCEPTS = {"measurement": "measurement_concept_id", "observation": "observation_concept_id", "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id"}  # fmt: skip
BLOCK = 50_000


def recognise(file: File) -> float:
    """Tell whether the file is a database."""
    return 0.9 if file.ending in ENDINGS else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return a source for each table: of OMOP's, those that a study needs."""
    with _connect(file) as (connection, kind):
        tables = _tables(connection, kind)
    names = {name.casefold(): name for name in tables}
    chosen = [names[name] for name in OMOP if name in names] if {"person", "concept"} <= set(names) else tables
    return [Proposal(Source(file=file.name, format="database", part=table)) for table in chosen]


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the wanted columns of a table, its rows in the order of all its columns.

    A table of OMOP that names things by concept has the concept's own code and name beside it (``concept_code``,
    ``concept_name``).

    Raises
    ------
    InputError
        No such table, or a database that cannot be opened.
    """
    name = file.name if source.part is None else f"{file.name} [{source.part}]"
    with _connect(file) as (connection, kind):
        tables = {table.casefold(): table for table in _tables(connection, kind)}
        if source.part is None or source.part.casefold() not in tables:
            shown = ", ".join(sorted(tables.values())[:40]) or "none"
            raise InputError(f"{name}: no such table; the database has {shown}. Name one with 'part'.")
        table = tables[source.part.casefold()]
        query = _query(table, tables)
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT * FROM ({query}) AS t LIMIT 0")
            header = [column[0] for column in cursor.description]
        names = rename_header(header, source.rename, name)
        chosen = choose_columns(wanted, names)
        places = find_columns(chosen, names, name)
        report_columns(names, chosen, source.ignore, name)
        fields = ", ".join(
            f"CAST({_quoted(header[place])} AS {'TEXT' if kind != 'duckdb' else 'VARCHAR'})"
            for place in places.values()
        )
        order = ", ".join(str(number) for number in range(1, len(places) + 1))
        columns, size = _fetch(connection, f"SELECT {fields} FROM ({query}) AS t ORDER BY {order}", list(places))
    if not size:
        raise InputError(f"{name}: the table has no row.")
    return RawTable(name, size, columns)


def hash_rows(raw: RawTable) -> str:
    """Return a SHA-256 of what was read, where there is no file to take one of."""
    digest = hashlib.sha256()
    for name, words in sorted(raw.columns.items()):
        digest.update(name.encode())
        for value in words.values[words.codes]:
            digest.update(b"\x1f" + str(value).encode())
    return digest.hexdigest()


def _query(table: str, tables: dict[str, str]) -> str:
    """Return the query of a table, with its concepts spelt out where the database has them."""
    own = _quoted(table)
    column = CONCEPTS.get(table.casefold())
    if column is None or "concept" not in tables:
        return f"SELECT * FROM {own}"
    concept = _quoted(tables["concept"])
    return (
        f"SELECT m.*, c.concept_code, c.concept_name FROM {own} AS m LEFT JOIN "
        f"(SELECT concept_id AS looked_up, concept_code, concept_name FROM {concept}) AS c ON m.{column} = c.looked_up"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _connect(file: File) -> Iterator[tuple[Any, str]]:
    """Open a database for reading only."""
    import sqlite3

    import duckdb
    import psycopg

    if ":" in file.address.partition("://")[2].rpartition("@")[0] or "password=" in file.address:
        raise InputError(
            f"{file.name}: the address holds a password, which does not belong into a study file. Take it out, and set "
            "PGPASSWORD or write it into ~/.pgpass."
        )
    kind = "postgresql" if file.address else "sqlite" if file.start.startswith(SQLITE) else "duckdb"
    try:
        if kind == "postgresql":
            connection: Any = psycopg.connect(
                file.address, connect_timeout=10, options="-c default_transaction_read_only=on"
            )
        elif kind == "sqlite":
            connection = sqlite3.connect(f"file:{file.path}?mode=ro", uri=True)
        else:
            connection = duckdb.connect(str(file.path), read_only=True)
        with closing(connection):
            yield connection, kind
    except psycopg.OperationalError as error:
        raise InputError(
            f"{file.name}: the server does not answer, or does not let this user in ({str(error).strip().splitlines()[-1][:80]}). "
            "Check the address; the password belongs into PGPASSWORD or ~/.pgpass."
        ) from None
    except (psycopg.Error, sqlite3.Error, duckdb.Error, UnicodeError, OverflowError, MemoryError):
        raise InputError(
            f"{file.name}: the database cannot be read. Is it damaged, or opened by another program?"
        ) from None


def _tables(connection: Any, kind: str) -> list[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name",
        "duckdb": "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1",
        "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false)) ORDER BY 1",
    }[kind]
    with closing(connection.cursor()) as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]


def _fetch(connection: Any, query: str, names: Sequence[str]) -> tuple[dict[str, Words], int]:
    codes = [array("i") for _ in names]
    values: list[dict[str, int]] = [{} for _ in names]
    with closing(connection.cursor()) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(BLOCK):
            for row in rows:
                for cell, into, known in zip(row, codes, values, strict=True):
                    text = "" if cell is None else cell.strip()
                    into.append(known.setdefault(text, len(known)))
    pairs = zip(names, codes, values, strict=True)
    columns = {name: Words(np.array(into, dtype=np.int32), text_array(list(known))) for name, into, known in pairs}
    return columns, len(codes[0]) if codes else 0


READER = Reader(frozenset({"database"}), recognise, propose, read, ENDINGS)
