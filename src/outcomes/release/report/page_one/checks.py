"""What makes the answers of the first page surer, and what less sure: the list beside "How sure is it?"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outcomes.release.definitions import ATTRITION
from outcomes.release.numbers import fixed, printed
from outcomes.release.report.content.blocks import Check
from outcomes.release.report.page_one.evidence import Change, Evidence

UNEQUAL = 0.10  # shares without a score further apart than this are marked


def list_checks(evidence: Evidence, words: Mapping[str, str]) -> tuple[Check, ...]:
    """Return the five checks of a difference, or those of a change that is compared with nothing."""
    if evidence.difference is None or evidence.too_few:
        return _check_change(evidence, words)
    sign = evidence.difference.value > 0
    agree = sum((one.value > 0) == sign for one in evidence.analyses)
    checks = [
        Check(
            evidence.difference.excludes_zero,
            f"Interval {'excludes' if evidence.difference.excludes_zero else 'includes'} zero",
        )
    ]
    if evidence.analyses and (evidence.flat or printed(evidence.difference.value)):
        every = len(evidence.analyses)
        told = f"{agree} of {every} other valid analyses agree in direction"
        told = f"{every} other valid analyses agree on no difference" if evidence.flat else told
        checks.append(Check(evidence.flat or agree == every, told))
    if evidence.missing is not None:
        shares = " v ".join(f"{fixed(100 * share, 0)}%" for share in evidence.missing)
        checks.append(
            Check(abs(evidence.missing[0] - evidence.missing[1]) <= UNEQUAL, f"No {words['place']} score: {shares}")
        )
    e_value = "" if evidence.e_value is None else f": E-value {fixed(evidence.e_value)}"
    checks.append(Check(evidence.randomised, "Randomized" if evidence.randomised else f"Not randomized{e_value}"))
    checks.append(Check(evidence.locked, f"Analysis plan {'' if evidence.locked else 'not '}locked"))
    return tuple(checks)


def _check_change(evidence: Evidence, words: Mapping[str, str]) -> tuple[Check, ...]:
    """Return the checks of a change that is compared with nothing."""
    known = [change for change in evidence.changes if change.clear is not None]
    clear = bool(known) and all(change.clear for change in known)
    checks = [Check(clear, _say_zero(known, clear))] if known else []
    if evidence.missing is not None and evidence.changes:
        shares = " v ".join(f"{fixed(100 * share, 0)}%" for share in evidence.missing)
        checks.append(Check(max(evidence.missing) <= ATTRITION, f"No {words['place']} score: {shares}"))
    if not evidence.randomised:
        checks.append(Check(evidence.untreated, f"{'An' if evidence.untreated else 'No'} untreated group"))
    checks.append(Check(evidence.locked, f"Analysis plan {'' if evidence.locked else 'not '}locked"))
    return tuple(checks)


def _say_zero(known: Sequence[Change], clear: bool) -> str:
    if len(known) == 1:
        return f"Interval {'excludes' if clear else 'includes'} zero"
    some = "Not all intervals exclude" if any(change.clear for change in known) else "Intervals include"
    return f"{'Intervals exclude' if clear else some} zero"
