"""The claims that are known, and a study's own."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from outcomes.settings import Study
from outcomes.settings.claims import Claim


@cache
def read_claims() -> tuple[Claim, ...]:
    """Return the claims of ``claims.csv`` beside this module; an empty cell is a missing value."""
    with Path(__file__).with_name("claims.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(Claim.model_validate({key: value for key, value in row.items() if value}) for row in rows)


def list_claims(study: Study) -> tuple[Claim, ...]:
    """Return the known claims, unless the study does without, and its own; one of its own with a known name takes its place."""
    own = {claim.id: claim for claim in study.report.claims}
    known = read_claims() if study.report.known_claims else ()
    return (*(own.pop(claim.id, claim) for claim in known), *own.values())
