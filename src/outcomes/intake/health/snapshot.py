"""What the data folder held, to be compared with what it holds the next time: files, rows, columns, people, scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import InputError
from outcomes.files import sha256
from outcomes.intake.health.folder import list_files
from outcomes.intake.readers import File, Unread, propose_sources, read_source
from outcomes.intake.readers.header import is_name
from outcomes.personal import find_kind

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 200_000_000  # bytes of a file whose columns and rows are looked at; of a larger one only the hash
Snapshot = dict[str, dict[str, Any]]


def take_snapshot(folder: Path) -> Snapshot:
    """Return, for every file of a folder, its hash, and for tables their columns and rows."""
    found: Snapshot = {}
    for name in list_files(folder):
        path = folder / name
        entry: dict[str, Any] = {"sha256": sha256(path)}
        if path.stat().st_size <= LARGEST:
            entry |= _tables(File(path, name))
        found[name] = entry
    return found


def _tables(file: File) -> dict[str, Any]:
    columns: list[str] = []
    rows = 0
    for proposal in propose_sources(file):
        if isinstance(proposal, Unread):
            continue
        try:
            raw = read_source([file], proposal.source)
        except InputError:
            continue
        columns += [name for name in raw.columns if name not in columns]
        rows += raw.size
    return {"columns": columns, "rows": rows} if columns else {}


def compare_snapshots(before: Snapshot, after: Snapshot, named: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what changed: the file and a sentence. ``named``: the files that a source names."""
    for name in sorted(set(before) | set(after)):
        if name not in before:
            yield name, "new" + ("" if name in named else "; no source names it, so that it is not read")
        elif name not in after:
            yield name, "gone" + ("; a source names it" if name in named else "")
        elif before[name]["sha256"] != after[name]["sha256"]:
            yield name, "; ".join(_describe(before[name], after[name]))


def _describe(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if "rows" in before and "rows" in after:
        yield f"{before['rows']:,} → {after['rows']:,} rows"
        if after["rows"] < before["rows"]:
            yield "fewer than before: is the export complete?"
        yield from describe_columns(before["columns"], after["columns"])
    else:
        yield "changed"


def describe_columns(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Yield which columns are gone and which are new."""
    lost = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    if lost:
        yield f"{len(lost)} column(s) gone: {_shown(lost)}"
    if new:
        yield f"{len(new)} new column(s): {_shown(new)}"


def _shown(names: list[str]) -> str:
    shown = [repr(name) if is_name(name) and find_kind(name) is None else "(a name not shown)" for name in names]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


def compare_records(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, str]]:
    """Yield what changed in people, sessions and questionnaires between two readings; tables by name, each with its ``key``."""
    people = [set(tables["key"]["identifier"].astype(str)) for tables in (before, after)]
    yield (
        "people",
        f"{len(people[0]):,} → {len(people[1]):,}; {len(people[1] - people[0]):,} new, {len(people[0] - people[1]):,} gone",
    )
    for name, columns in (
        ("sessions", ["study_day", "treatment"]),
        ("assessments", ["study_day", "visit", "instrument"]),
    ):
        old, new = (_records(tables, name, columns) for tables in (before, after))
        gone, added = old.index.difference(new.index), new.index.difference(old.index)
        text = f"{len(old):,} → {len(new):,}; {len(added):,} new, {len(gone):,} gone"
        if name == "assessments":
            both = old.index.intersection(new.index)
            changed = int((old.loc[both].fillna(-1) != new.loc[both].fillna(-1)).sum())
            text += f", {changed:,} whose answers are now others"
        yield name, text


def _records(tables: Mapping[str, pd.DataFrame], name: str, columns: list[str]) -> pd.Series:
    """Return the content of every record by person and what tells the person's records apart."""
    import pandas as pd

    who = tables["key"].set_index("patient")["identifier"].astype(str)
    table = tables[name]
    held = [column for column in columns if column in table]
    keys = pd.DataFrame(
        {"who": table["patient"].map(who), **{column: table[column].astype("str").fillna("") for column in held}}
    )
    answers = table[[column for column in table if column == "recorded_total" or str(column).startswith("item_")]]
    content = answers.astype("float64").sum(axis=1) if len(answers.columns) else pd.Series(0.0, table.index)
    return content.groupby([keys[column] for column in keys]).sum()
