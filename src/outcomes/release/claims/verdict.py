"""What released numbers say of a claim: supported, not supported, or that it cannot be said, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from outcomes.settings.claims import Claim

SUPPORTED, REFUTED, UNSAID = "supported", "not supported", "cannot be said"
SLACK = 5.0  # percentage points: what one number claims, and how much further an interval may reach
FEWEST = 30  # patients below whom nothing is said


@dataclass(frozen=True)
class Evidence:
    """A released number that answers a claim, in percent or points.

    Attributes
    ----------
    estimate, lower, upper : float
    n : float
        Patients that it is of.
    of : str
        Of whom, in words.
    """

    estimate: float
    lower: float
    upper: float
    n: float
    of: str


@dataclass(frozen=True)
class Verdict:
    """A verdict, and why."""

    word: str
    why: str


def find_region(claim: Claim) -> tuple[float, float]:
    """Return what is claimed, as the ends of a region.

    Examples
    --------
    >>> claim = {"id": "x", "page": "p", "words": "w", "quantity": "induction"}
    >>> [find_region(Claim(**claim, low=low, high=high)) for low, high in ((60, 70), (50, 50), (None, None))]
    [(60.0, 70.0), (45.0, 55.0), (50.0, 100.0)]
    """
    if claim.low is None or claim.high is None:
        return (-inf, 0.0) if claim.quantity == "difference" else (50.0, 100.0)
    if claim.low == claim.high and claim.quantity != "difference":
        return claim.low - SLACK, claim.high + SLACK
    return claim.low, claim.high


def judge(claim: Claim, evidence: Sequence[Evidence], lacking: str = "") -> Verdict:
    """Return the verdict on a claim.

    Not supported: the interval misses what is claimed. Supported: it meets it, and reaches at most five points beyond. Else it
    is too wide to say. Where two denominators, or mean and median, answer, both have to give the same verdict, and miss what is claimed on the same side: of
    all treated and of those seen, it may lie between.

    Parameters
    ----------
    claim : Claim
    evidence : sequence of Evidence
        By denominator.
    lacking : str
        Why there is none.
    """
    if claim.unsaid:
        return Verdict(UNSAID, claim.unsaid)
    if not evidence:
        return Verdict(UNSAID, lacking or "no released number answers it")
    few = [one for one in evidence if one.n < FEWEST]
    if few:
        return Verdict(UNSAID, f"fewer than {FEWEST} patients")
    verdicts = [_judge_one(claim, one) for one in evidence]
    refuted = {verdict.why for verdict in verdicts if verdict.word == REFUTED}
    if len({verdict.word for verdict in verdicts}) > 1 or len(refuted) > 1:
        parted = claim.quantity == "percent_change"
        return Verdict(UNSAID, "mean and median differ" if parted else "it depends on those not seen")
    return verdicts[0]


def _judge_one(claim: Claim, one: Evidence) -> Verdict:
    low, high = find_region(claim)
    if one.upper < low or (one.upper <= low and claim.low is None and claim.quantity != "difference"):
        return Verdict(REFUTED, "below what is claimed")
    if one.lower > high or (one.lower >= high and claim.quantity == "difference"):
        return Verdict(REFUTED, "above what is claimed" if claim.quantity != "difference" else "the other way round")
    slack = 0.0 if claim.quantity == "difference" else SLACK
    if one.lower >= low - slack and one.upper <= high + slack:
        return Verdict(SUPPORTED, "")
    return Verdict(UNSAID, "the interval reaches too far beyond what is claimed")
