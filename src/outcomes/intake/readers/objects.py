"""Objects of a program, as JSON or XML nests them, as rows: what is nested becomes columns, and lists of dated entries rows of their own.

A nested value is a column named by its path (``patient.id``). A list of answers, each with what was asked and what was said
(``[{"question": 1, "value": 2}, …]``), is a column for each question (``answers.1``), and so is a list of numbers or of
``answers``; any other list of objects is numbered (``doses.1.mg``), and a list of other bare values is one cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from outcomes.intake.readers.resources import as_text

ASKED = ("question", "questionid", "question_id", "item", "number", "no", "nr", "q", "ref", "key", "linkid", "code", "instrument", "scale", "questionnaire", "measure", "type", "test",
    "id", "name", "text")  # fmt: skip
SAID = ("value", "answer", "score", "total", "response", "v", "a", "points", "selected", "result", "label")
WHEN = re.compile(r"date|time|day|_at\b|At\b")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}(?: .*)?")
ANSWERS = frozenset({"answers", "responses", "items"})  # of a questionnaire, in their order
FEWEST_ANSWERS = 5  # in such a list
FEWEST_KEYED = 10  # objects by their keys, which then are identifiers
DEEPEST = 12

Object = Mapping[str, Any]


def flatten(value: Object, path: str = "", depth: int = 0) -> dict[str, str]:
    """Return the values of an object by their path.

    >>> flatten({"id": 7, "who": {"code": "K1"}, "answers": [{"question": 1, "value": 2}, {"question": 2, "value": 0}]})
    {'id': '7', 'who.code': 'K1', 'answers.1': '2', 'answers.2': '0'}
    >>> flatten({"phq9": [3, 2, 1, 0, 1], "tags": ["new", "remote"]})
    {'phq9.1': '3', 'phq9.2': '2', 'phq9.3': '1', 'phq9.4': '0', 'phq9.5': '1', 'tags': 'new; remote'}
    """
    if depth > DEEPEST:
        raise RecursionError
    cells: dict[str, str] = {}
    for key, one in value.items():
        name = f"{path}{_spell(key)}"
        if isinstance(one, dict):
            cells |= flatten(one, f"{name}.", depth + 1)
        elif is_objects(one):
            pairs = _pair_answers(one)
            if pairs is not None:
                cells |= {f"{name}.{asked}": said for asked, said in pairs.items()}
            else:
                for number, part in enumerate(one, start=1):
                    cells |= flatten(part, f"{name}.{number}.", depth + 1)
        elif isinstance(one, list) and _are_answers(_spell(key), one):
            cells |= {f"{name}.{number}": as_text(answer) for number, answer in enumerate(one, start=1)}
        else:
            cells[name] = "; ".join(filter(None, map(as_text, one))) if isinstance(one, list) else as_text(one)
    return cells


def is_objects(value: Any) -> bool:
    """Tell whether a value is a list of objects."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def find_lists(value: Any, path: str = "", alone: bool = True) -> Iterator[tuple[str, Sequence[Object]]]:
    """Yield the lists of objects that an object holds, also within its objects, each with its path; a table is one too.

    A table is written as names of ``columns`` beside lists of ``rows`` or ``data`` (Dataset-JSON of CDISC). Objects that are told apart by
    their keys, which then are identifiers, have theirs as ``id``, where the file holds nothing else (``alone``).
    """
    if not isinstance(value, dict) or path.count(".") > DEEPEST:
        return
    table = _as_table(value)
    if table is not None or (alone and _are_keyed(value)):
        yield path.removesuffix("."), [{"id": key, **one} for key, one in value.items()] if table is None else table
        return
    only = alone and sum(isinstance(one, dict | list) for one in value.values()) == 1
    for key, one in value.items():
        if is_objects(one):
            yield f"{path}{_spell(key)}", one
        else:
            yield from find_lists(one, f"{path}{_spell(key)}.", only)


def find_dated(value: Object, path: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the paths of the lists within an object whose entries have a time of their own."""
    for key, one in value.items() if depth <= DEEPEST else ():
        name = f"{path}{_spell(key)}"
        if is_objects(one):
            within = [inner for part in one for inner in find_dated(part, f"{name}.", depth + 1)]
            if within:
                yield from dict.fromkeys(within)
            elif 2 * sum(map(_has_time, one)) > len(one):
                yield name
        elif isinstance(one, dict):
            yield from find_dated(one, f"{name}.", depth + 1)


def unfold(value: Object, path: str, depth: int = 0) -> Iterator[dict[str, str]]:
    """Yield a row for each entry of the list at a path, with what stands beside it and above; of two columns alike the entry's has the list's name before it.

    >>> list(unfold({"id": "K1", "scores": [{"id": 1, "phq9": 18}, {"id": 2, "phq9": 9}]}, "scores"))
    [{'id': 'K1', 'scores.id': '1', 'phq9': '18'}, {'id': 'K1', 'scores.id': '2', 'phq9': '9'}]
    """
    if depth > DEEPEST:
        raise RecursionError
    key = next((one for one in value if path == _spell(one) or path.startswith(f"{_spell(one)}.")), None)
    if key is None:
        return
    rest, inner = path.removeprefix(_spell(key)).removeprefix("."), value[key]
    dated = {one.split(".")[0] for one in find_dated(value)}
    above = flatten({name: one for name, one in value.items() if name != key and _spell(name) not in dated})
    for part in inner if isinstance(inner, list) else [inner]:
        for row in (unfold(part, rest, depth + 1) if rest else [flatten(part)]) if isinstance(part, dict) else ():
            yield above | {name if name not in above else f"{_spell(key)}.{name}": cell for name, cell in row.items()}


def _spell(key: object) -> str:
    return " ".join(str(key).split())


def _are_answers(name: str, values: Sequence[Any]) -> bool:
    """Tell whether a list of bare values has a column for each: numbers, or the answers to several questions."""
    bare = [one for one in values if one is not None and not isinstance(one, dict | list)]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in bare)
    return len(values) >= FEWEST_ANSWERS and bool(bare) and (numbers or name.casefold() in ANSWERS)


def _as_table(value: Object) -> list[Object] | None:
    """Return the rows of a table that is written as names of columns and lists of cells; None where it is none."""
    columns = value.get("columns")
    rows = next((one for key in ("rows", "data") if isinstance(one := value.get(key), list)), None)
    if not isinstance(columns, list) or not rows or not all(isinstance(row, list) for row in rows):
        return None
    said = [one.get("name") if isinstance(one, dict) else one for one in columns]
    names = [name for name in said if isinstance(name, str)]
    fits = len(names) == len(said) and {len(row) for row in rows} == {len(names)}
    return [dict(zip(names, row, strict=True)) for row in rows] if fits and len(set(names)) == len(names) else None


def _are_keyed(value: Object) -> bool:
    parts = list(value.values())
    return (
        len(parts) >= FEWEST_KEYED
        and all(isinstance(one, dict) and one for one in parts)
        and bool(set.intersection(*map(set, parts)))
    )


def _has_time(part: Object) -> bool:
    return any(WHEN.search(name) or DAY.fullmatch(cell) for name, cell in flatten(part).items())


def _pair_answers(parts: Sequence[Object]) -> dict[str, str] | None:
    """Return what was said to what was asked in a list of answers; None where each question is not there once, an answer has no name, or one has a time."""
    flat = [flatten(part) for part in parts]
    if any(WHEN.search(key) for part in flat for key in part):
        return None  # each has a time of its own
    outer = [sorted(part, key=lambda key: -key.count(".")) for part in flat]  # of two names alike the outer counts
    named = [
        {key.rpartition(".")[2].casefold(): part[key] for key in keys} for part, keys in zip(flat, outer, strict=True)
    ]
    said = [next((part[one] for one in SAID if one in part), None) for part in named]
    answering = {one for one in SAID if any(one in part for part in named)}
    for one in (key for key in ASKED if key not in answering):
        asked = [part.get(one, "") for part in named]
        if all(asked) and len(set(asked)) == len(asked) and None not in said:
            return {question: answer or "" for question, answer in zip(asked, said, strict=True)}
    return None
