"""Reading a study file's YAML: a key that stands twice, or a file that unfolds without end, is an error and no surprise."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.resolver import Resolver

from outcomes.errors import SettingsError
from outcomes.personal import show_name

LONGEST = 4_000_000  # bytes; a study of hundreds of files has some hundred thousand
DEEPEST = 50  # levels; the deepest key of a study file is at eight
MOST = (
    1_000_000  # values, those behind references counted each time; a study of hundreds of files has some ten thousand
)
NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
OTHER_BASE = re.compile(r"[-+]?0[\d_xb].*|.*:.*")  # YAML reads 014 as 12, 0x10 as 16, and 1:30 as 90


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """YAML without keys that stand twice, numbers that are read as others, and nesting that nobody writes.

    Its words are told apart by libyaml, which takes a fifth of the time; they are put together here, where depth is counted.
    """

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > DEEPEST:
            event: Any = self.peek_event()
            raise yaml.MarkedYAMLError(problem=f"nested more than {DEEPEST} levels deep", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if isinstance(node, yaml.ScalarNode) and node.tag in NUMBERS and OTHER_BASE.fullmatch(node.value):
            raise yaml.MarkedYAMLError(
                problem=f"{node.value[:20]} would be read as another number; put it in quotes if it is a code or a time",
                problem_mark=node.start_mark,
            )
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.MarkedYAMLError(
                    problem=f"the key '{show_name(key.value)}' stands here and in line {seen[key.value]}; one would be lost. Keep one",
                    problem_mark=key.start_mark,
                )
            seen[str(key.value)] = line
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises
    ------
    SettingsError
        The file is not UTF-8 text, not YAML, has a key twice or a number that would be read as another, or is long, nested, or
        repeated beyond what a study file can be; with the line where there is one.
    """
    if path.stat().st_size > LONGEST:
        raise SettingsError(f"{path}: longer than {LONGEST // 1_000_000} MB, which no study file is.")
    try:
        loader = _Loader(path.read_text(encoding="utf-8-sig"))
        node = loader.get_single_node()
        if node is None:
            return None
        if _count(node, {}, set()) > MOST:
            raise SettingsError(f"{path}: more than {MOST:,} values; a reference (`*name`) repeats too much.")
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise SettingsError(f"{path}{place}: not valid YAML ({problem}).") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not valid YAML (not UTF-8 text).") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise SettingsError(f"{path}: not valid YAML (a value that cannot be: {error}).") from None


def _count(node: yaml.Node, known: dict[int, int], within: set[int]) -> int:
    """Return how many values a node unfolds to; without end where it contains itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in within:
        return MOST + 1
    if id(node) not in known:
        inner = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]
        known[id(node)] = 1 + sum(_count(part, known, within | {id(node)}) for part in inner)
    return known[id(node)]
