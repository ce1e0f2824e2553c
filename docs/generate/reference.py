"""The pages of reference: study file, private tables, instruments and protocols, commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from outcomes.__main__ import list_subcommands, load
from outcomes.dictionary import describe_tables
from outcomes.instruments import Instrument, read_instruments
from outcomes.protocols import Protocol, read_protocols
from outcomes.settings.schema import describe_schema

_STUDY_FILE = """\
# The study file, key by key

A study is one YAML file; `config/example.yaml` is one with a comment on every key. This page is rendered from the
settings classes. In a key, `<name>` stands for a name of your own and `[]` for the entries of a list. A key that is not
listed here is an error that names the nearest one. `null` leaves an optional key at its default.

"""
_INSTRUMENTS = """\
# Instruments and protocols

Rendered from `src/outcomes/instruments.yaml` and `protocols.yaml`. A study adds its own under `own_instruments` and
`own_protocols` ([how](adding-an-instrument.md)). A value marked † was not checked against a source; the report never
prints it as a cited fact.

"""
_COMMANDS = """\
# Commands

`make` sets up and runs everything. Each step is a command of its own as well, named as its rule in the `Snakefile`; in
the locked environment it is `.venv/bin/outcomes <command>`. Where a command takes a study file, the shipped example is
the default.

"""


def describe_study_file() -> str:
    """Return the reference of the study file: one section for each key of the file, one row for each key below it."""
    keys = yaml.safe_load(describe_schema())
    return _STUDY_FILE + "\n".join(_section(name, entry) for name, entry in keys.items())


def _section(name: str, entry: dict[str, Any]) -> str:
    lines = [f"## {name}", "", f"{_sentence(entry['description'])} {_kind(entry)}.", ""]
    rows = list(_flatten(entry.get("keys", {}), ""))
    if rows:
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{key}` | {_type(each)} | {_default(each)} | {_cell(each['description'])} |" for key, each in rows
        ]
    return "\n".join(lines) + "\n"


def _flatten(keys: dict[str, Any], above: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key below a key, with dots between the levels; a level without a description is no row of its own."""
    for name, entry in keys.items():
        if name in ("<name>", "[]"):
            yield from _flatten(entry, f"{above}{name}." if name == "<name>" else f"{above.removesuffix('.')}[].")
            continue
        yield f"{above}{name}", entry
        yield from _flatten(entry.get("keys", {}), f"{above}{name}.")


def _kind(entry: dict[str, Any]) -> str:
    default = {"required": "; required", "–": ""}.get(_default(entry), f"; default: {_default(entry)}")
    return f"*{_type(entry).capitalize()}{default}*"


def _type(entry: dict[str, Any]) -> str:
    limits = [f"{word} {entry[word]}" for word in ("at least", "above", "at most") if word in entry]
    allowed = entry.get("allowed")
    kind = ", ".join(f"`{value}`" for value in allowed) if allowed else entry["type"]
    return ", ".join([kind, *limits])


def _default(entry: dict[str, Any]) -> str:
    if entry.get("required"):
        return "required"
    default = entry.get("default")
    return "–" if default is None else f"`{_cell(yaml.safe_dump(default, default_flow_style=True).split(chr(10))[0])}`"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def describe_data() -> str:
    """Return the data dictionary, with a heading of its own."""
    return describe_tables().replace("# Data\n", "# Data dictionary\n", 1)


def describe_instruments() -> str:
    """Return the instruments and protocols as two tables."""
    head = "| id | name | measures | items | total | bands | response | remission | recall (days) | source |\n"
    instruments = [_instrument(name, entry) for name, entry in read_instruments().items()]
    protocols = [_protocol(name, entry) for name, entry in read_protocols().items()]
    second = "| id | name | sessions | days | usual dose (plausible) | source |\n"
    return (
        f"{_INSTRUMENTS}## Instruments\n\n{head}{'|---' * 10}|\n"
        + "\n".join(instruments)
        + f"\n\n## Protocols\n\nSessions: as planned (fewest–most that meet the protocol). Days: from the first to the "
        f"last induction session.\n\n{second}{'|---' * 6}|\n" + "\n".join(protocols) + "\n"
    )


def _instrument(name: str, entry: Instrument) -> str:
    def doubt(field: str) -> str:
        return " †" if field in entry.unverified else ""

    items = f"{entry.items.count}, each {entry.items.minimum}–{entry.items.maximum}" if entry.items else "totals only"
    bands = ", ".join(f"{low}: {band}" for low, band in entry.bands.items()) or "–"
    response = f"≥ {entry.response_percent:g}%{doubt('response_percent')}" if entry.response_percent else "–"
    if entry.response_points:
        response = f"≥ {entry.response_points:g} points{doubt('response_points')}"
    if entry.response_maximum is not None:
        response = f"rated ≤ {entry.response_maximum:g}{doubt('response_maximum')}"
    remission = "–" if entry.remission_maximum is None else f"≤ {entry.remission_maximum:g}{doubt('remission_maximum')}"
    cells = (
        f"`{name}`",
        entry.name,
        entry.measures,
        items,
        f"{entry.minimum:g}–{entry.maximum:g}",
        bands + doubt("bands"),
        response,
        remission,
        f"{entry.recall_days}{doubt('recall_days')}",
        _source(entry.source) + (f"; cut-offs: {_source(entry.cutoff_source)}" if entry.cutoff_source else ""),
    )
    return "| " + " | ".join(cells) + " |"


def _protocol(name: str, entry: Protocol) -> str:
    plan = entry.induction
    dose = "–"
    if entry.dose:
        unit = entry.dose.unit.replace("_per_", "/")
        dose = f"{entry.dose.usual:g} {unit} ({entry.dose.minimum:g}–{entry.dose.maximum:g})"
        dose += " †" if "dose" in entry.unverified else ""
    sessions = f"{plan.sessions} ({plan.minimum_sessions}–{plan.maximum_sessions})"
    days = f"{plan.minimum_days}–{plan.maximum_days}"
    return f"| `{name}` | {entry.name} | {sessions} | {days} | {dose} | {_source(entry.source)} |"


def _source(source: str) -> str:
    return f"[{source}](https://doi.org/{source})" if source.startswith("10.") else source


def describe_commands() -> str:
    """Return every command with what it does and its options."""
    return _COMMANDS + "\n".join(_command(name) for name in list_subcommands(()))


def _command(name: str) -> str:
    step = load(name)
    lines = [f"## {name}", "", step.description, ""]
    shown = [("STUDY", "study file")] if step.takes_study else []
    shown += [
        (" ".join(filter(None, (names[0], str(more.get("metavar") or "")))), str(more.get("help", "")))
        for names, more in step.options
    ]
    rows = [f"| `{option}` | {_cell(text % {'default': _option_default(step, option)})} |" for option, text in shown]
    return "\n".join(lines + (["| argument | meaning |", "|---|---|", *rows, ""] if rows else []))


def _option_default(step: Any, option: str) -> Any:
    return next((more.get("default") for names, more in step.options if names[0] == option.split(" ")[0]), "")
