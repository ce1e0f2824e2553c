"""Answers → totals, bands, the ideation item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.steps.step import CLINICAL, Step, Work

if TYPE_CHECKING:
    import pandas as pd


def score(work: Work) -> dict[str, pd.DataFrame]:
    """Turn item answers into totals, severity bands, and the ideation item."""
    from outcomes.measures.scoring import derive_scores

    instruments = {name: work.study.instrument(name) for name in work.study.instruments}
    return {"scores": derive_scores(work.tables["assessments"], instruments, work.study.scoring)}


STEP = Step(
    score,
    "answers → totals, bands, the ideation item",
    reads=("assessments",),
    writes=("scores",),
    sections=(*CLINICAL, "scoring"),
)
