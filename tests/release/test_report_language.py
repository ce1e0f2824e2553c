"""Phrases that an editor returned, and that must not come back into what a reader sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from released_cases import CASES, make_case, make_compared, make_models
from running_text import running_text

from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.report import build_sections
from outcomes.release.report.content.material import gather

RETURNED = (
    "kinds of patients",
    "no score was there",
    "none was there",
    "is not cautious",
    "could not be had",
    "which arm looks better",
    "chosen, not assigned",
    "each weighs by the chance",
    "cannot show",
    "weighted and modelled",
    "points added to imputed",
    "what if",
    "drawn towards",
    "bears on the scores",
    "flatter it",
    "deserves a look",
    "doubt noted",
    "all who started",
    "those observed",
    "withheld",
)


@pytest.mark.parametrize("case", [*CASES, "compared"])
def test_no_phrase_that_was_returned_is_printed(case):
    tables, study = make_compared() if case == "compared" else make_case(case)
    tables = tables | make_models() if case == "two arms" else tables
    sections = build_sections(gather(tables, study, {}), Path("nowhere"))
    texts = [
        *running_text(sections),
        *(text for plan in plan_figures(tables, study) for text in (plan.title, plan.caption, plan.alt)),
    ]
    found = [(phrase, text) for text in texts for phrase in RETURNED if phrase in text.lower()]
    assert found == []
