"""What a contract consists of."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """One column: type (a pandas dtype name), meaning with unit, range, allowed values, and whether it may be missing."""

    dtype: str
    meaning: str
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    nullable: bool = False
    required: bool = True


@dataclass(frozen=True)
class Contract:
    """One table: what a row is, the key that is unique, its columns, and how further columns may be named."""

    row: str
    key: tuple[str, ...]
    fields: dict[str, Field]
    further: dict[str, Field] = field(default_factory=dict)  # regular expression of the name → rule
    open: bool = False  # columns beyond these are allowed (a study's own attributes)
