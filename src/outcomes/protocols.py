"""Treatment protocols as data: the induction series, its limits, and the plausible dose.

The definitions are in ``protocols.yaml`` beside this module; a study may add its own under ``own_protocols``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from outcomes.beside import read_beside
from outcomes.errors import SettingsError
from outcomes.frozen import Frozen


class Induction(Frozen):
    """The induction series of a protocol and the limits within which a series meets it."""

    sessions: int = Field(ge=1, description="sessions of the series as planned")
    minimum_sessions: int = Field(ge=1, description="fewest sessions that meet the protocol")
    maximum_sessions: int = Field(ge=1, description="most sessions that count as induction; later ones are maintenance")
    minimum_days: int = Field(ge=0, description="fewest days from the first to the last induction session")
    maximum_days: int = Field(
        ge=0, description="most days from the first to the last induction session; later ones are maintenance"
    )

    sessions_a_day: int = Field(
        1, ge=1, description="most sessions of one day; above one, equal records of a day are sessions"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.minimum_sessions <= self.sessions <= self.maximum_sessions or self.minimum_days > self.maximum_days:
            raise ValueError("minimum ≤ sessions ≤ maximum and minimum_days ≤ maximum_days must hold")
        return self


class Dose(Frozen):
    """The plausible dose of one session; outside it is a warning, not a rejection."""

    unit: Literal["mg_per_kg", "mg"] = Field(description="mg per kg of body weight, or mg")
    usual: float = Field(gt=0, description="usual dose")
    minimum: float = Field(ge=0, description="smallest plausible dose")
    maximum: float = Field(gt=0, description="largest plausible dose")
    allowed: tuple[float, ...] = Field((), description="the only doses there are, where the product fixes them")


class Protocol(Frozen):
    """One way of giving a treatment."""

    name: str = Field(description="name printed in the report")
    in_text: str | None = Field(None, description="the name as it stands within a sentence, where it is shorter")
    drug: str | None = Field(None, description="substance; null for a treatment without one (rTMS, ECT)")
    route: str | None = Field(None, description="route; null for a treatment without a drug")
    induction: Induction = Field(description="the induction series")
    dose: Dose | None = Field(None, description="the plausible dose")
    unverified: tuple[str, ...] = Field((), description="fields whose value was not checked against a source")
    source: str = Field(description="where the rule is published")

    @property
    def several_a_day(self) -> bool:
        """Whether one day may hold several sessions."""
        return self.induction.sessions_a_day > 1


@cache
def read_protocols() -> dict[str, Protocol]:
    """Return the protocols that the package knows, by id."""
    content = read_beside(__file__)
    return {name: Protocol.model_validate(entry) for name, entry in content.items()}


def select_protocols(names: Iterable[str], own: Mapping[str, Any] | None = None) -> dict[str, Protocol]:
    """Return the named protocols, a study's own ones first.

    Raises
    ------
    SettingsError
        A name that neither the package nor the study defines.
    """
    known = {**read_protocols(), **(own or {})}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(f"unknown protocol {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    return {name: known[name] for name in names}
