"""What a cleaning rule is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A reason code: what it means and what happens to the row (its state where nothing else decides)."""

    state: str
    about: str
    meaning: str
    effect: str
    example: str
    setting: str = ""  # the key of the study file that changes it
