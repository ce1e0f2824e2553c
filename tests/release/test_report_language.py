"""Phrases that an editor returned, and that must not come back into what a reader sees."""

from __future__ import annotations

import re

import pytest
from released_cases import CASES, make_compared
from running_text import running_text
from shown_cases import SHOWN, build_shown, plan_shown

from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.report import compose

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
    "all started",
    "patients who started",
    "one in twenty",
    "withheld",
)


@pytest.mark.parametrize("case", SHOWN)
def test_no_phrase_that_was_returned_is_printed(case):
    texts = [
        *running_text(build_shown(case)),
        *(text for plan in plan_shown(case) for text in (plan.title, plan.caption, plan.alt)),
    ]
    found = [(phrase, text) for text in texts for phrase in RETURNED if phrase in text.lower()]
    assert found == []


@pytest.mark.parametrize("case", SHOWN)
def test_no_text_is_printed_with_its_braces(case):
    texts = [
        *running_text(build_shown(case)),
        *(text for plan in plan_shown(case) for text in (plan.title, plan.caption, plan.alt)),
    ]
    assert [text for text in texts if re.search(r"[{}]", text)] == []


LONGEST = 30  # words of a sentence outside methods


def sentences(text):
    """Sentences of a text; a decimal point or a DOI ends none."""
    return [part for part in re.split(r"(?<=[.?!])\s+(?=[A-Z(“\d−])", text) if part.strip()]


def list_main(case):
    """The main report's text outside methods: sections, captions, notes."""
    main = [section for section in build_shown(case) if not section.supplement and section.id != "methods-brief"]
    plans = [
        plan.caption
        for plan in plan_shown(case)
        if plan.family in ("flow", "course", "analyses", "harms", "durability")
    ]
    return [*running_text(main), *plans]


@pytest.mark.parametrize(
    "case", [*(case for case in CASES if case != "seven arms"), "compared"]
)  # its labels are sentences
def test_no_sentence_outside_methods_is_longer_than_thirty_words(case):
    found = [one for text in list_main(case) for one in sentences(text) if len(one.split()) > LONGEST]
    assert found == []


METHODS = ("methods", "methods-brief")


@pytest.mark.parametrize("case", ["two arms", "compared"])
def test_no_sentence_of_the_supplement_outside_methods_is_longer_than_thirty_words(case):
    further = [section for section in build_shown(case) if section.supplement and section.id not in METHODS]
    texts = [*running_text(further), *(plan.caption for plan in plan_shown(case))]
    assert len(texts) > 50
    assert [one for text in texts for one in sentences(text) if len(one.split()) > LONGEST] == []


def test_a_long_sentence_is_found():
    assert [len(one.split()) > LONGEST for one in sentences("word " * 31 + "end. Short one.")] == [True, False]


@pytest.mark.parametrize(
    ("language", "written", "not_written"),
    [("en-US", "randomized", "randomised"), ("en-GB", "randomised", "randomized")],
)
def test_one_spelling_through_report_and_captions(language, written, not_written, tmp_path):
    tables, study = make_compared()
    study = study.model_copy(update={"report": study.report.model_copy(update={"language": language})})
    report = compose(tables, study, tmp_path, {})
    text = " ".join([*running_text(report.sections), *(plan.caption for plan in plan_figures(tables, study))])
    assert written in text.lower()
    assert not_written not in text.lower()
    stems = {
        "en-US": ("favour", "analysed", "standardis", "colour", "neighbour", "penalis", "mislabell"),
        "en-GB": ("favors", "analyzed", "standardiz", " color", "neighbor", "penaliz"),
    }
    assert [stem for stem in stems[language] if stem in text.lower()] == []
    assert report.language == language
