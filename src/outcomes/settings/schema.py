"""The reference of the study file, rendered from the settings classes so that the two cannot differ."""

from __future__ import annotations

from typing import Any

import yaml

from outcomes.settings.study import Study

_HEAD = """\
# Every key of a study file: type, default, range or allowed values, and what it means.
# Rendered from src/outcomes/settings/ by `outcomes schema --out config/schema.yaml`; edit the classes there, not this file.
# `<name>` stands for a name of your own, `[]` for the entries of a list.

"""


def describe_schema() -> str:
    """Return ``config/schema.yaml`` as text: one entry a key, nested as in a study file."""
    schema = Study.model_json_schema(by_alias=True)
    keys = _keys(schema, schema["$defs"])
    return _HEAD + yaml.safe_dump(keys, sort_keys=False, allow_unicode=True, width=118)


def _keys(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    required = node.get("required", [])
    return {name: _entry(rule, definitions, name in required) for name, rule in node["properties"].items()}


def _entry(rule: dict[str, Any], definitions: dict[str, Any], required: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"description": rule.get("description", "")}
    entry["type"] = _type(rule, definitions)
    if required:
        entry["required"] = True
    elif rule.get("default") not in (None, {}, []):
        entry["default"] = rule["default"]
    options = _options(rule)
    if any("enum" in option for option in options):
        entry["allowed"] = [value for option in options for value in option.get("enum", [])]
    for limit, word in {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "pattern": "pattern",
    }.items():
        values = [option[limit] for option in options if limit in option]
        if values:
            entry[word] = values[0]
    nested = _nested(rule, definitions)
    if nested:
        entry["keys"] = nested
    return entry


def _options(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [option for option in rule.get("anyOf", [rule]) if option.get("type") != "null"]


def _reference(rule: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any] | None:
    if "$ref" not in rule:
        return None
    target: dict[str, Any] = definitions[rule["$ref"].rsplit("/", 1)[1]]
    return target if "properties" in target else None


def _nested(rule: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    for option in _options(rule):
        target = _reference(option, definitions)
        if target is not None:
            return _keys(target, definitions)
        for place, name in (("additionalProperties", "<name>"), ("items", "[]")):
            inner = option.get(place)
            if isinstance(inner, dict):
                nested = _nested(inner, definitions)
                if nested:
                    return {name: nested}
    return {}


def _type(rule: dict[str, Any], definitions: dict[str, Any]) -> str:
    names = []
    for option in rule.get("anyOf", [rule]):
        if "$ref" in option:
            names.append("mapping")
        elif "enum" in option or "const" in option:
            names.append("text")
        else:
            names.append(_TYPES.get(option.get("type", ""), "any"))
    return " or ".join(dict.fromkeys(names))


_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
    "null": "null",
}
