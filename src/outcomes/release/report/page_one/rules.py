"""Which verdict each of the six questions gets: rules as data, the first one that holds in its row is the answer.

A rule looks at numbers alone (:class:`~outcomes.release.report.page_one.evidence.Evidence`); its verdict names what
:mod:`outcomes.release.report.page_one.answers` fills in. No two verdicts of :data:`NEVER_TOGETHER` can stand on one page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from outcomes.release.definitions import FEW
from outcomes.release.report.page_one.evidence import Evidence

ROWS = ("works", "better", "whom", "sure", "safe", "long")
UNCOMPARED = ("left_out", "not_asked", "few", "not_estimated")  # of the second row: no difference is told

LASTING_TOLD = ("described", "longer", "one_estimate", "uncertain")  # of the last row: shares in response are told


@dataclass(frozen=True)
class Rule:
    """One verdict and when it is given."""

    row: str
    name: str
    holds: Callable[[Evidence], bool]
    verdict: str


def _randomised_answer(evidence: Evidence) -> bool:
    return evidence.contrasted and evidence.randomised and not evidence.disagree and _clear(evidence)


def _clear(evidence: Evidence) -> bool:
    return evidence.difference is not None and evidence.difference.excludes_zero


def _several(evidence: Evidence) -> bool:
    return evidence.safety is not None and any(len(one.shares) > 1 for one in evidence.safety.effects)


def _long(evidence: Evidence) -> bool:
    arms = evidence.follow_up.arms if evidence.follow_up else ()
    return len(arms) > 1 and min(arm.seen for arm in arms) >= FEW


RULES = (
    Rule(
        "works",
        "unscored",
        lambda e: not e.changes and e.unscored,
        "Not measured at {place}: no {instrument} was scored there.",
    ),
    Rule(
        "works",
        "unmodelled",
        lambda e: not e.changes and not e.modelled,
        "Not asked: the study declares no model of the scores.",
    ),
    Rule("works", "unfitted", lambda e: not e.changes and e.enough, "The mean change{at} could not be estimated."),
    Rule("works", "not_measured", lambda e: not e.changes, "Too few scores{at} to say."),
    Rule("works", "randomised", _randomised_answer, "{winner} improved scores more than {other}."),
    Rule(
        "works",
        "worsened",
        lambda e: any(change.worsened for change in e.changes),
        "Scores worsened with {worsened}; the cause is not shown.",
    ),
    Rule(
        "works",
        "unclear",
        lambda e: any(change.clear is False or not change.better for change in e.changes),
        "No clear improvement with {unclear}.",
    ),
    Rule(
        "works",
        "no_interval",
        lambda e: any(change.clear is None for change in e.changes),
        "Mean scores improved; the cause is not shown.",
    ),
    Rule("works", "improved", lambda e: not e.untreated, "Patients improved; the cause is not shown."),
    Rule("works", "against_none", lambda e: True, "Patients improved."),
    Rule("better", "left_out", lambda e: bool(e.left_out), "Not compared, because {reason}."),
    Rule("better", "not_asked", lambda e: not e.declared, "Not compared: the study declares no comparison."),
    Rule(
        "better",
        "not_estimated",
        lambda e: e.difference is None,
        "Not compared: the difference could not be estimated.",
    ),
    Rule("better", "few", lambda e: e.too_few, "Not compared: too few patients were scored."),
    Rule("better", "margin", lambda e: bool(e.margin), "{margin}."),
    Rule("better", "disagree", lambda e: e.disagree, "Valid analyses disagree: no conclusion."),
    Rule("better", "clear", _clear, "Scores {moved} more with {better}."),
    Rule(
        "better",
        "excluded",
        lambda e: e.important is not None and e.difference is not None and e.difference.within(e.important),
        "No important difference: one of {important} points is excluded.",
    ),
    Rule("better", "uncertain", lambda e: True, "Too uncertain to say."),
    Rule("whom", "not_asked", lambda e: not e.subgroups, "Not asked of these data."),
    Rule(
        "whom",
        "few",
        lambda e: all(level.difference is None for group in e.subgroups for level in group.levels),
        "Too few patients to say.",
    ),
    Rule(
        "whom",
        "depends",
        lambda e: any(group.differs for group in e.subgroups),
        "The difference may depend on {differing}.",
    ),
    Rule("whom", "alike", lambda e: True, "No evidence that it differs between the groups examined."),
    Rule(
        "sure",
        "beyond_chance",
        lambda e: not e.contrasted and bool(e.changes) and all(change.clear for change in e.changes),
        "The change is beyond chance; nothing shows what it would have been untreated.",
    ),
    Rule(
        "sure",
        "partly_beyond_chance",
        lambda e: not e.contrasted and any(change.clear for change in e.changes),
        "Only the change with {beyond} is beyond chance.",
    ),
    Rule("sure", "within_chance", lambda e: not e.contrasted and bool(e.changes), "No change beyond chance is shown."),
    Rule("sure", "no_contrast", lambda e: not e.contrasted, "Not asked: no change{at} was estimated."),
    Rule("sure", "margin_varies", lambda e: len(set(e.margin_answers)) > 1, "Valid analyses answer this differently."),
    Rule("sure", "margin_same", lambda e: len(e.margin_answers) > 1, "The same answer in all analyses{proof}."),
    Rule("sure", "none_differs", lambda e: e.flat and bool(e.analyses), "All analyses estimate no difference{proof}."),
    Rule("sure", "mixed", lambda e: e.split and not e.any_excludes, "No analysis shows a difference either way."),
    Rule("sure", "disagree", lambda e: e.disagree, "Valid analyses disagree: no conclusion."),
    Rule("sure", "consistent", lambda e: e.unanimous and bool(e.analyses), "Consistent across analyses{proof}."),
    Rule("sure", "alone", lambda e: not e.analyses, "One analysis only{proof}."),
    Rule(
        "sure",
        "same_direction",
        lambda e: e.any_excludes,
        "Same direction in all analyses, not always beyond chance.",
    ),
    Rule("sure", "by_chance", lambda e: True, "Same direction in all analyses, none beyond chance."),
    Rule("safe", "no_data", lambda e: e.safety is None, "No data: adverse effects were not in the export."),
    Rule("safe", "few_asked", lambda e: bool(e.safety and not e.safety.asked), "Too few patients to say{collected}."),
    Rule("safe", "differ", lambda e: bool(e.safety and e.safety.differing), "Different profiles{collected}."),
    Rule(
        "safe",
        "more",
        lambda e: bool(e.safety and e.safety.heads_differ),
        "Adverse effects were more frequent with {burdened}{collected}.",
    ),
    Rule(
        "safe",
        "none_seen",
        lambda e: bool(e.safety and e.safety.none_in),
        "None in {none_in} ({covered} upper limit {limit}%){collected}.",
    ),
    Rule(
        "safe",
        "few",
        lambda e: bool(e.safety and e.safety.asked > 1 and not _several(e)),
        "Too few adverse effects to compare{collected}.",
    ),
    Rule(
        "safe",
        "affected",
        lambda e: bool(e.safety and e.safety.affected),
        "{affected}% had an adverse effect{collected}.",
    ),
    Rule(
        "safe",
        "described",
        lambda e: not _several(e),
        "Adverse effects occurred; nothing to compare them with{collected}.",
    ),
    Rule(
        "safe",
        "uncompared",
        lambda e: bool(e.safety and e.safety.uncompared),
        "Adverse effects of the arms are not compared: {uncompared}{collected}.",
    ),
    Rule("safe", "alike", lambda e: True, "No clear difference in adverse effects{collected}."),
    Rule(
        "long", "not_asked", lambda e: not e.lasting_asked, "Not asked: the study declares no analysis of durability."
    ),
    Rule("long", "not_measured", lambda e: e.follow_up is None, "Not measured."),
    Rule(
        "long",
        "described",
        lambda e: bool(e.follow_up and e.follow_up.alone and e.follow_up.arms and e.follow_up.arms[0].seen >= FEW),
        "{kept}% of responders were in response at week {week}.",
    ),
    Rule("long", "few", lambda e: not _long(e), "Too few followed to say."),
    Rule(
        "long",
        "longer",
        lambda e: bool(e.follow_up and len(e.follow_up.differs) > 1 and all(e.follow_up.differs)),
        "Response lasted longer with {lasting}.",
    ),
    Rule(
        "long",
        "one_estimate",
        lambda e: bool(e.follow_up and e.follow_up.weeks and e.follow_up.weeks.excludes_zero),
        "Not stated which lasts longer: only one of two estimates that have to agree tells.",
    ),
    Rule("long", "uncertain", lambda e: True, "Too uncertain to say which lasts longer."),
)

NEVER_TOGETHER = (
    ("works:randomised", "better:disagree"),
    ("works:randomised", "better:uncertain"),
    ("works:randomised", "better:few"),
    ("works:randomised", "sure:disagree"),
    ("better:clear", "sure:disagree"),
    ("better:clear", "sure:no_contrast"),
    ("better:clear", "sure:margin_varies"),
    ("better:margin", "sure:disagree"),
    ("better:margin", "sure:consistent"),
    ("better:few", "sure:margin_same"),
    ("works:unclear", "sure:beyond_chance"),
    ("works:worsened", "sure:within_chance"),
    ("works:improved", "sure:within_chance"),
    ("works:not_measured", "sure:beyond_chance"),
    ("works:unscored", "sure:beyond_chance"),
    ("works:unfitted", "sure:beyond_chance"),
    ("better:clear", "sure:beyond_chance"),
    ("better:clear", "sure:within_chance"),
    ("better:disagree", "sure:consistent"),
    ("better:disagree", "sure:same_direction"),
    ("better:disagree", "sure:by_chance"),
    ("better:clear", "sure:by_chance"),
    ("better:clear", "sure:mixed"),
    ("better:disagree", "sure:mixed"),
    ("better:excluded", "sure:disagree"),
    ("better:excluded", "sure:consistent"),
    ("better:uncertain", "sure:consistent"),
    ("better:uncertain", "sure:disagree"),
    ("better:not_asked", "sure:consistent"),
    ("better:left_out", "sure:consistent"),
    ("better:few", "sure:consistent"),
)


def decide(row: str, evidence: Evidence) -> Rule:
    """Return the rule whose verdict a row gets."""
    return next(rule for rule in RULES if rule.row == row and rule.holds(evidence))
