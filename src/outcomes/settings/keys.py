"""What is wrong with a key of the study file, and what to write in place of one that its schema does not know."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Node = dict[str, Any]
SHORT = 100_000  # numbers from here on may be those of a record


def suggest_key(schema: Node, place: Sequence[str | int], key: str) -> str:
    """Return the nearest known key: of the same mapping, else one of that name elsewhere; '' when there is none.

    Parameters
    ----------
    schema : dict
        JSON schema of the study file.
    place : sequence of str or int
        Keys, and places in lists, that lead to the mapping that holds the unknown key.
    key : str
        The unknown key.
    """
    near = difflib.get_close_matches(key.casefold(), _list_keys(schema, place), n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    elsewhere = list(dict.fromkeys(where for name, where in _walk(schema, schema, "", ()) if name == key))[:3]
    return f"a key of that name belongs {' or '.join(elsewhere)}." if elsewhere else ""


def _list_keys(schema: Node, place: Sequence[str | int]) -> list[str]:
    """Return the keys known at a place of the study file."""
    nodes = [schema]
    for part in place:
        nodes = [inner for node in nodes for inner in _enter(schema, node, part)]
    return [name for node in nodes for name in node.get("properties", {})]


def _enter(schema: Node, node: Node, part: str | int) -> Iterator[Node]:
    """Yield what may stand under a key, or at a place of a list."""
    if isinstance(part, int):
        rules = [node.get("items")]
    else:
        rules = [node.get("properties", {}).get(part) or node.get("additionalProperties")]
    for rule in rules:
        yield from _resolve(schema, rule)


def _resolve(schema: Node, rule: Any) -> Iterator[Node]:
    if not isinstance(rule, dict):
        return
    for option in rule.get("anyOf", [rule]):
        yield schema["$defs"][option["$ref"].rsplit("/", 1)[1]] if "$ref" in option else option


def _walk(schema: Node, node: Node, where: str, above: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Yield every key below a node with the path of its mapping."""
    if id(node) in above:
        return
    for name, rule in node.get("properties", {}).items():
        yield name, f"under {where}" if where else "at the top level"
        for inner in _resolve(schema, rule):
            yield from _walk(schema, inner, f"{where}.{name}".lstrip("."), (*above, id(node)))
    for part, name in (("additionalProperties", "<name>"), ("items", "[]")):
        for inner in _resolve(schema, node.get(part)):
            yield from _walk(schema, inner, f"{where}.{name}", (*above, id(node)))


def say_failure(failure: Any, schema: Callable[..., Node]) -> str:
    """Return what is wrong with a key of the study file in a sentence; the schema is asked for where the key is unknown."""
    key = ".".join(str(part) for part in failure["loc"]) or "(top level)"
    message = failure["msg"].removeprefix("Value error, ")
    if failure["type"] == "extra_forbidden":
        *place, name = failure["loc"]
        near = suggest_key(schema(by_alias=True), place, str(name))
        return f"{key}: unknown key; {f'{near} See' if near else 'see'} config/schema.yaml for the keys allowed here."
    if failure["type"] == "missing":
        return f"{key}: required, and not given."
    return f"{key}: {message}{_say_found(failure.get('input'))}"


def _say_found(value: Any) -> str:
    """Return what stands there: short numbers as they are, of a text that it is one, as whatever was pasted may be somebody's."""
    if isinstance(value, str):
        return (
            " (found a text)"
            if not value.endswith("?")
            else " (found a question; `outcomes draft` leaves those that you answer)"
        )
    if isinstance(value, int | float):
        return f" (found {value!r})" if abs(value) < SHORT else " (found a long number)"
    return ""
