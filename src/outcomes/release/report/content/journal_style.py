"""What a journal does to words around numbers: signs closed up, "P" and "p" as it writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from outcomes.release.numbers import restyle_words, styled
from outcomes.release.report.content.blocks import Grid, Report
from outcomes.release.spelling import Language, spell
from outcomes.settings.style import Style

NAMES = {"id", "svg", "language"}  # fields that are not read by anyone
HEADS = {"plain": "p", "ama": "P value", "lancet": "p value"}


def restyle(report: Report, style: Style, language: Language) -> Report:
    """Return the report with the words around its numbers as the journal has them, in the spelling of the language."""
    with styled(style):
        restyled: Report = _map(report, lambda text: spell(restyle_words(text), language), HEADS[style.journal])
    return replace(restyled, language=language)


def _map(value: Any, change: Callable[[str], str], p_head: str) -> Any:
    """Return a part of a report with every text in it changed, and columns of p values headed as the journal has it."""
    if isinstance(value, Grid):
        heads = tuple(tuple(replace(c, text=p_head) if c.text == "p" else c for c in row) for row in value.heads)
        value = replace(value, heads=heads)
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_map(entry, change, p_head) for entry in value)
    if is_dataclass(value) and not isinstance(value, type):
        texts = {
            field.name: _map(getattr(value, field.name), change, p_head)
            for field in fields(value)
            if field.name not in NAMES
        }
        return replace(value, **texts)
    return value
