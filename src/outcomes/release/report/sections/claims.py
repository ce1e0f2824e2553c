"""Claims that pages make, each answered under its own definition from the released numbers, with the verdict and why."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.claims.answer import Answer, answer_claims
from outcomes.release.claims.verdict import FEWEST, REFUTED, SUPPORTED, UNSAID, Evidence
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, count, fixed, interval
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures
from outcomes.release.report.content.grids import heading
from outcomes.release.report.content.material import Material

RULE = (
    "Not supported: the interval misses what is claimed; one number stands for five points to either side, a majority for more than half. Supported: the interval meets the claim and "
    f"reaches at most five points beyond. Otherwise, and where two denominators disagree, fewer than {FEWEST} patients answer, or a term has no definition, it cannot be said."
)


def show_claims(material: Material, folder: Path) -> Section:
    """Return the section on claims; empty where no claim is about a treatment of the study."""
    title = "Claims and what these data say"
    answers = answer_claims(material.tables, material.study)
    if not answers:
        return Section("claims", title)
    blocks: list[Block] = [Paragraph(tell_claims(answers))]
    if any(answer.evidence for answer in answers):
        blocks += [*pictures(material, folder, "claims"), _tabulate(material, answers)]
    return Section("claims", title, tuple(blocks))


def tell_claims(answers: list[Answer]) -> str:
    """Return how many answers are which."""
    found = [answer.verdict.word for answer in answers]
    counts = {word: found.count(word) for word in (SUPPORTED, REFUTED, UNSAID)}
    asked = len({answer.claim.id for answer in answers})
    return (
        f"{count(asked)} claims of pages for patients are set beside the treatments that they are about. Of {count(len(found))} answers "
        f"{count(counts[SUPPORTED])} support the claim, {count(counts[REFUTED])} do not, and in {count(counts[UNSAID])} it cannot be said. All but the "
        "difference between treatments are before and after, without a control."
    )


def _tabulate(material: Material, answers: list[Answer]) -> Grid:
    heads = ("Claim", "Treatment", f"Found, % or points ({COVERED} CI), of whom", "Verdict")
    body = tuple(
        (
            heading(f"{answer.claim.words} ({answer.claim.page})"),
            Cell(material.arm(answer.arm)),
            Cell("; ".join(_tell(one) for one in answer.evidence) or ABSENT),
            Cell(answer.verdict.word + (f": {answer.verdict.why}" if answer.verdict.why else "")),
        )
        for answer in answers
    )
    return Grid(
        "claim-answers",
        "Claims, and what these data say of them.",
        (tuple(heading(text) for text in heads),),
        body,
        (RULE,),
    )


def _tell(one: Evidence) -> str:
    points = one.of.startswith("points")
    decimals = 1 if points else 0
    return f"{fixed(one.estimate, decimals)} ({interval(one.lower, one.upper, decimals)}) {one.of}"
