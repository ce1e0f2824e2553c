"""The figure of what is claimed beside what was found. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.claims.answer import Answer, answer_claims
from outcomes.release.claims.verdict import UNSAID, find_region
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm
from outcomes.release.numbers import fixed
from outcomes.settings import Study


def plan_claims(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of the claims in percent that a released number answers; none where there is no such claim."""
    drawn = [one for one in answer_claims(tables, study) if _is_drawn(one)]
    if not drawn:
        return []
    rows = [row for one in drawn for row in _list_rows(one)]
    return [
        Plan(
            "claims",
            "claims",
            "What pages claim, and what was found",
            f"Grey bars: what is claimed. Lines: what was found, with {COVERED} intervals; filled, the first denominator, open, the other. All are before and after, "
            "without a control. Claims without a number that answers them are in the table.",
            _say(drawn, study),
            pd.DataFrame(rows),
        )
    ]


def _is_drawn(answer: Answer) -> bool:
    return bool(answer.evidence) and not answer.claim.unsaid and answer.claim.quantity != "difference"


def _list_rows(answer: Answer) -> list[dict[str, object]]:
    low, high = find_region(answer.claim)
    shared = {
        "claim": answer.claim.words,
        "arm": answer.arm,
        "low": max(low, 0.0),
        "high": min(high, 100.0),
        "verdict": answer.verdict.word,
    }
    return [
        {**shared, "of": one.of, "place": place, "estimate": one.estimate, "lower": one.lower, "upper": one.upper}
        for place, one in enumerate(answer.evidence)
    ]


def _say(drawn: list[Answer], study: Study) -> str:
    parts = [
        f"{one.claim.words}, {name_arm(study, one.arm)}: {fixed(one.evidence[0].estimate, 0)}%, {one.verdict.word}"
        + (f" ({one.verdict.why})" if one.verdict.word == UNSAID else "")
        for one in drawn
    ]
    return f"Claimed ranges as bars, findings as intervals. {'; '.join(parts)}."
