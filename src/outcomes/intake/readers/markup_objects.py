"""XML of a program of its own, as objects: attributes and elements are named values, and elements that come again are lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.parsers import expat

from outcomes.errors import InputError

LARGEST = 256 << 20  # bytes of a file, which is read whole
DEEPEST = 40
TEXT = "value"  # the name of what an element says, beside its attributes


def read_xml(path: Path, name: str) -> dict[str, Any]:
    """Return the content of the outermost element of a file.

    Raises
    ------
    InputError
        What is no XML, with its line; a document type; a file too large to be read at once, or nested too deep.
    """
    if path.stat().st_size > LARGEST:
        raise InputError(f"{name}: XML of more than {LARGEST >> 20} MB. Export the table as .csv.")
    handler = _Handler(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = handler.say, handler.refuse_doctype
    try:
        parser.Parse(path.read_bytes(), True)
    except (expat.ExpatError, LookupError, ValueError):
        line = parser.ErrorLineNumber
        raise InputError(f"{name}: no XML, or cut off, at line {line}. Export the file again.") from None
    content = _as_value(handler.root, _find_repeated(handler.root))
    return content if isinstance(content, dict) else {}


class _Element:
    def __init__(self, tag: str, said: dict[str, str], path: str) -> None:
        self.tag, self.said, self.path = tag, said, path
        self.text = ""
        self.parts: list[_Element] = []


class _Handler:
    """What expat calls at every start and end of an element."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = _Element("", {}, "")
        self.open = [self.root]

    def refuse_doctype(self, *_: object) -> None:
        raise InputError(
            f"{self.name}: declares a document type (DOCTYPE), which no export needs. Export the file again."
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) > DEEPEST:
            raise InputError(f"{self.name}: nested too deep for a table.")
        tag, above = tag.rpartition(" ")[2], self.open[-1]
        said = {name.rpartition(" ")[2]: value.strip() for name, value in attributes.items()}
        above.parts.append(_Element(tag, said, f"{above.path}/{tag}"))
        self.open.append(above.parts[-1])

    def end(self, _: str) -> None:
        self.open.pop()

    def say(self, text: str) -> None:
        self.open[-1].text += text


def _find_repeated(element: _Element) -> set[str]:
    """Return the paths of elements that come again within any one that holds them."""
    found: set[str] = set()
    known: set[str] = set()
    for part in element.parts:
        found |= {part.path} & known | _find_repeated(part)
        known.add(part.path)
    return found


def _as_value(element: _Element, repeated: set[str]) -> dict[str, Any] | str:
    """Return an element as an object; as text, where it says nothing else."""
    text = " ".join(element.text.split())
    value: dict[str, Any] = dict(element.said)
    for part in element.parts:
        inner = _as_value(part, repeated)
        if part.path in repeated:
            held = value.get(part.tag)
            if isinstance(held, list):
                held.append(inner)
            else:
                value[part.tag] = [inner]
        else:
            value[part.tag] = inner
    if value and text:
        value[TEXT] = text
    return value or text
