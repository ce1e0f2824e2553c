"""The page on the synthetic clinic lists exactly the parameters and kinds of mess that the code has."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from outcomes.simulate import Mess
from outcomes.simulate.parameters import list_parameters

PAGE = Path(__file__).parents[2] / "docs" / "synthetic-clinic.md"


def show(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"({show(one)})" if isinstance(one, tuple) else show(one) for one in value)
    return str(value)


def read_section(title: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| part", "| kind"))]


def test_the_page_lists_every_parameter_with_its_value_and_source() -> None:
    expected = [
        f"| {part} | `{name}` | {show(value)} | {meaning} | {source} |"
        for part, name, value, meaning, source in list_parameters()
    ]
    assert read_section("Parameters") == expected


def test_the_page_lists_every_kind_of_mess_with_its_rates() -> None:
    expected = [
        f"| `{entry.name}` | {entry.default:g} | {entry.metadata['highest']:g} | {entry.metadata['meaning']} |"
        for entry in fields(Mess)
    ]
    assert read_section("Mess") == expected
