"""Every claim with what answers it and its verdict, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.release.claims.evidence import find_evidence, list_arms
from outcomes.release.claims.known import list_claims
from outcomes.release.claims.verdict import Evidence, Verdict, judge
from outcomes.settings import Study
from outcomes.settings.claims import Claim


@dataclass(frozen=True)
class Answer:
    """A claim about an arm, the released numbers that it is judged by, and the verdict."""

    claim: Claim
    arm: str
    evidence: tuple[Evidence, ...]
    verdict: Verdict


def answer_claims(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Answer]:
    """Return the answers from the released tables, of each claim and arm that it is about, in the order of the claims.

    Everything is read off numbers that are released already; a claim says nothing that they do not.
    """
    answers = []
    for claim in list_claims(study):
        for arm in list_arms(claim, study):
            evidence, lacking = find_evidence(claim, arm, tables, study)
            answers.append(Answer(claim, arm, tuple(evidence), judge(claim, evidence, lacking)))
    return answers
