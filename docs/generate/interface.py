"""The library's functions and classes, rendered from their docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator

from outcomes.frozen import Frozen

OPENING = """\
# The library

Everything that the pipeline does can be called from Python. This page is rendered from the docstrings; the examples
below are run by the tests. Tables are pandas data frames, arrays are numpy arrays; nothing is changed in place.

"""
INTERFACE = {
    "The study file": ("outcomes.settings.study", "outcomes.instruments", "outcomes.protocols"),
    "Mixed models": ("outcomes.mixed",),
    "Scores, series, endpoints": (
        "outcomes.measures.scoring",
        "outcomes.measures.series",
        "outcomes.measures.endpoints",
    ),
    "Rates": ("outcomes.proportions", "outcomes.analysis.rates"),
    "Two arms compared": (
        "outcomes.analysis.comparison.weighting.propensity",
        "outcomes.analysis.comparison.weighting.weights",
        "outcomes.analysis.comparison.weighting.balance",
        "outcomes.analysis.comparison.effects.standardisation",
        "outcomes.analysis.comparison.sensitivity.evalue",
        "outcomes.analysis.comparison.sensitivity.bounds",
    ),
    "Disclosure": ("outcomes.release.disclosure.rounding", "outcomes.release.disclosure.gate"),
    "Figures and report": ("outcomes.release.figures", "outcomes.release.report"),
    "Files": ("outcomes.files", "outcomes.workflow", "outcomes.provenance"),
    "A synthetic network": ("outcomes.simulate",),
    "Errors": ("outcomes.errors",),
}


def describe_interface() -> str:
    """Return the page of functions and classes, by subject and module."""
    return OPENING + "\n".join(
        f"## {subject}\n\n" + "\n".join(_module(name) for name in modules) for subject, modules in INTERFACE.items()
    )


def list_public(name: str) -> Iterator[tuple[str, object]]:
    """Yield the public functions and classes of a module: those of ``__all__``, else those defined in it."""
    module = importlib.import_module(name)
    for each in getattr(module, "__all__", sorted(vars(module))):
        thing = getattr(module, each)
        if each.startswith("_") or not (inspect.isfunction(inspect.unwrap(thing)) or inspect.isclass(thing)):
            continue
        if hasattr(module, "__all__") or thing.__module__ == name:
            yield each, thing


def _module(name: str) -> str:
    entries = [_entry(name, each, thing) for each, thing in list_public(name)]
    summary = inspect.getdoc(importlib.import_module(name)) or ""
    return f"### {name}\n\n{summary.split(chr(10) * 2)[0]}\n\n" + "\n".join(entries)


def _entry(module: str, name: str, thing: object) -> str:
    text = [f"#### {name}", "", *_call(f"{module}.{name}", thing), render(inspect.getdoc(thing) or ""), ""]
    if inspect.isclass(thing) and not issubclass(thing, BaseException):
        text += [_member(each, member) for each, member in vars(thing).items() if _is_public(each, member)]
    return "\n".join(text) + "\n"


def _call(name: str, thing: object) -> list[str]:
    """Return how a function is called; settings are read from a study file and errors are raised, not called."""
    called = not inspect.isclass(thing) or not issubclass(thing, Frozen | BaseException)
    return ["```python", _signature(name, thing), "```", ""] if called else []


def _is_public(name: str, member: object) -> bool:
    plain = inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)
    return not name.startswith("_") and plain and bool(inspect.getdoc(member))


def _member(name: str, member: object) -> str:
    summary = (inspect.getdoc(member) or "").split("\n\n")[0].replace("\n", " ")
    return f"- `{name}`{'' if isinstance(member, property) else '()'}: {summary}"


def _signature(name: str, thing: object) -> str:
    parameters = inspect.signature(thing).parameters.values()  # type: ignore[arg-type]
    parts = [_parameter(each) for each in parameters]
    if parameters and any(each.kind is each.KEYWORD_ONLY for each in parameters):
        first = next(index for index, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY)
        if not any(each.kind is each.VAR_POSITIONAL for each in parameters):
            parts.insert(first, "*")
    inner = ", ".join(parts)
    return f"{name}({inner})" if len(inner) + len(name) < 90 else f"{name}(\n    " + ",\n    ".join(parts) + ",\n)"


def _parameter(parameter: inspect.Parameter) -> str:
    kind = "" if parameter.annotation is parameter.empty else inspect.formatannotation(parameter.annotation)
    kind = re.sub(r"\b(pandas|pd|numpy|np|collections\.abc|outcomes(\.\w+)+)\.", "", kind.strip("'"))
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{star}{parameter.name}{': ' if kind else ''}{kind}{default}"


def render(docstring: str) -> str:
    r"""Return a numpydoc docstring as Markdown: sections by name, parameters as a list, examples as code.

    Examples
    --------
    >>> print(render("Add.\n\nParameters\n----------\na : int\n    A number."))
    Add.
    <BLANKLINE>
    *Parameters*
    <BLANKLINE>
    - `a : int`: A number.
    """
    lead, *sections = re.split(r"\n*^(\w[\w ]*)\n-{3,}\n", docstring, flags=re.MULTILINE)
    parts = [_text(lead.strip())]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        listed = title in ("Parameters", "Returns", "Raises", "Attributes", "Yields")
        content = _list(body) if listed else f"```pycon\n{body}\n```" if title == "Examples" else _text(body)
        parts.append(f"*{title}*\n\n{content}")
    return "\n\n".join(part for part in parts if part)


def _list(body: str) -> str:
    entries: list[tuple[str, list[str]]] = []
    for line in body.strip("\n").splitlines():
        if line and not line[0].isspace():
            entries.append((line, []))
        elif entries:
            entries[-1][1].append(line.strip())
    return "\n".join(f"- `{head}`: {_text(' '.join(words).strip())}".rstrip(": ") for head, words in entries)


def _text(text: str) -> str:
    text = re.sub(r":(?:func|class|mod|meth|data):`~?([^`]+)`", r"`\1`", text)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return re.sub(r"(?<![\w/.(])(10\.\d{4,}/[^\s,;)\]]*[\w])", r"[\1](https://doi.org/\1)", text)
