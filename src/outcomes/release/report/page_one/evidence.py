"""What the six questions of the first page are answered from: numbers; words are chosen from them elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outcomes.release.definitions import FEW, SMALL, UNLIKELY
from outcomes.release.numbers import printed
from outcomes.release.report.page_one.estimate import Estimate
from outcomes.release.report.page_one.follow_up import FollowUp
from outcomes.release.report.page_one.safety import Safety


@dataclass(frozen=True)
class Change:
    """How far one arm's mean score moved from baseline; ``better`` by the direction of the instrument.

    ``clear`` says whether the interval leaves out no change; none where no interval within the arm is released. ``interval`` is that of
    the change within the arm, where this is the number that is told.
    """

    arm: str
    value: float
    clear: bool | None
    better: bool
    earlier: Mapping[str, float] = field(default_factory=dict)
    interval: Estimate | None = None

    @property
    def worsened(self) -> bool:
        """Whether scores moved the wrong way by more than their scatter explains."""
        return bool(self.clear) and not self.better


@dataclass(frozen=True)
class Rate:
    """The share in response of one arm's patients with a score."""

    arm: str
    share: Estimate


@dataclass(frozen=True)
class Level:
    """One level of a subgroup: its difference, or none where too few were scored."""

    name: str
    difference: Estimate | None


@dataclass(frozen=True)
class Subgroup:
    """One declared variable: P for interaction, corrected as declared, and its levels in order."""

    label: str
    p: float | None
    levels: tuple[Level, ...]

    @property
    def differs(self) -> bool:
        """Whether the levels differ by more than chance."""
        return self.p is not None and self.p < UNLIKELY


@dataclass(frozen=True)
class Evidence:
    """Everything that a rule of the first page may look at.

    ``important`` is the change that patients with this baseline usually notice, in points. ``scored`` holds the scores of the
    treated and of the reference arm at the declared time point (none where too few to be released). ``missing`` are the shares without that
    score, of the compared arms, else of every arm. ``rates``: share in response of those scored, by arm, where arms are not compared.
    ``left_out``: why a declared comparison was not made, as it follows "because"; '' where it was, or none is declared. ``own_model``: the difference is that of a trial's own mixed model, without a declared comparison.
    ``margin``: what a declared margin asks, as it begins a sentence ('' without one); ``margin_answers``: of the difference and of each of ``analyses``.
    ``latest`` are the changes at the last time point of the axis that has any, in place of ``changes`` where there are none; ``unscored``:
    nobody has a score at the place of the first page; ``enough``: in every arm as many have one as an answer needs. ``lasting_asked``: the study declares how it is told how long a response lasts; ``modelled``: a model of the scores, or a comparison.
    """

    changes: tuple[Change, ...] = ()
    latest: tuple[Change, ...] = ()
    latest_at: str = ""
    unscored: bool = False
    enough: bool = False
    lasting_asked: bool = True
    modelled: bool = True
    untreated: bool = False
    randomised: bool = False
    declared: bool = False
    left_out: str = ""
    difference: Estimate | None = None
    scored: tuple[float, float] | None = None
    own_model: bool = False
    favours_treated: bool = False
    important: float | None = None
    response: Estimate | None = None
    response_rates: tuple[float, float] | None = None
    analyses: tuple[Estimate, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    missing: tuple[float, ...] | None = None
    rates: tuple[Rate, ...] = ()
    e_value: float | None = None
    tipping: float | None = None
    margin: str = ""
    margin_answers: tuple[str, ...] = ()
    locked: bool = False
    safety: Safety | None = None
    follow_up: FollowUp | None = None

    @property
    def too_few(self) -> bool:
        """Whether an arm has fewer scores than a comparison needs."""
        return self.scored is None or min(self.scored) < FEW

    @property
    def small(self) -> bool:
        """Whether an arm has fewer scores than subgroups and bounds on confounding need."""
        return self.scored is None or min(self.scored) < SMALL

    @property
    def contrasted(self) -> bool:
        """Whether a difference between two arms is told."""
        return self.declared and self.difference is not None and not self.too_few

    @property
    def flat(self) -> bool:
        """Whether every valid analysis gives no difference, as it is printed."""
        return bool(self._all) and not any(printed(one.value) for one in self._all)

    @property
    def split(self) -> bool:
        """Whether valid analyses have no direction in common, as they are printed: some point either way, or the primary one nowhere."""
        sides = {printed(one.value) > 0 for one in self._all if printed(one.value)}
        nowhere = self.difference is not None and not printed(self.difference.value)
        return len(sides) > 1 or (nowhere and bool(sides))

    @property
    def disagree(self) -> bool:
        """Whether valid analyses have no direction in common though some interval excludes zero; else chance explains their signs."""
        return self.split and self.any_excludes

    @property
    def any_excludes(self) -> bool:
        """Whether some valid analysis leaves out no difference."""
        return any(one.excludes_zero for one in self._all)

    @property
    def unanimous(self) -> bool:
        """Whether every valid analysis leaves out no difference, on one side."""
        return not self.disagree and all(one.excludes_zero for one in self._all)

    @property
    def _all(self) -> tuple[Estimate, ...]:
        return (*((self.difference,) if self.difference else ()), *self.analyses)
