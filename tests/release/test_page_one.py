"""The first page: each verdict by its rule, verdicts that never stand together, and numbers that follow the tables."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from released_cases import CASES, make_case, make_compared, make_models
from running_text import running_text
from shown_cases import gather_shown

from outcomes.release.report import build_sections
from outcomes.release.report.content.blocks import Answers, Terms
from outcomes.release.report.content.material import gather
from outcomes.release.report.page_one.adverse_effects import say_effects, say_safety
from outcomes.release.report.page_one.answers import answer_questions, say_analyses, say_response
from outcomes.release.report.page_one.changes import say_changes
from outcomes.release.report.page_one.checks import list_checks
from outcomes.release.report.page_one.evidence import Change, Estimate, Evidence, Level, Subgroup
from outcomes.release.report.page_one.first_page import write_note
from outcomes.release.report.page_one.follow_up import FollowUp, Seen
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.page_one.key_points import MOST_WORDS, write_key_points
from outcomes.release.report.page_one.rules import NEVER_TOGETHER, ROWS, RULES, decide
from outcomes.release.report.page_one.safety import Effect, Safety
from outcomes.release.report.sections.abstract import write_abstract
from outcomes.release.report.sections.methods_in_brief import describe_methods_briefly
from outcomes.release.report.sections.outcomes import tabulate_outcomes
from outcomes.settings.estimand import Margin

CLEAR, OTHER, OPEN, TIGHT = (
    Estimate(-2, -3, -1),
    Estimate(-1.5, -2.5, -0.5),
    Estimate(-1, -5, 3),
    Estimate(-0.2, -1, 0.6),
)
MARGIN = Margin(kind="non_inferiority", points=0.8, because="so much is not noticed")
BETTER, FLAT = Change("iv", -8.0, True, True), Change("esk", -0.5, False, True)
WORSE = Change("esk", 0.6, True, False, {"3": 0.4}, Estimate(0.6, 0.2, 1.0))
NONE = Estimate(-0.02, -1.3, 1.3)
FULL = Evidence(
    changes=(BETTER, replace(BETTER, arm="esk", value=-6.0)),
    declared=True,
    difference=CLEAR,
    scored=(100, 120),
    favours_treated=True,
    important=3.7,
    analyses=(OTHER, CLEAR),
    subgroups=(Subgroup("Sex", 0.4, (Level("female", CLEAR), Level("male", OTHER))),),
    safety=Safety((Effect("nausea", (0.1, 0.1), False),)),
    follow_up=FollowUp(12, (Seen("iv", 60, 0.7), Seen("esk", 70, 0.6)), (True, False)),
)
SEEN = FULL.follow_up
CASES_OF_RULES = {
    "works:unscored": replace(FULL, changes=(), unscored=True),
    "works:unmodelled": replace(FULL, changes=(), modelled=False),
    "works:unfitted": replace(FULL, changes=(), enough=True),
    "works:not_measured": replace(FULL, changes=()),
    "works:randomised": replace(FULL, randomised=True),
    "works:worsened": replace(FULL, changes=(BETTER, WORSE)),
    "works:unclear": replace(FULL, changes=(BETTER, FLAT)),
    "works:no_interval": replace(FULL, changes=(replace(BETTER, clear=None),)),
    "works:improved": FULL,
    "works:against_none": replace(FULL, untreated=True),
    "better:left_out": replace(FULL, declared=False, difference=None, left_out="an arm has fewer patients"),
    "better:not_asked": replace(FULL, declared=False, difference=None),
    "better:not_estimated": replace(FULL, difference=None),
    "better:few": replace(FULL, scored=(19, 120)),
    "better:margin": replace(FULL, margin="Non-inferiority", margin_answers=("shown", "shown", "not shown")),
    "better:disagree": replace(FULL, analyses=(Estimate(0.5, -1, 2),)),
    "better:clear": FULL,
    "better:excluded": replace(FULL, difference=TIGHT),
    "better:uncertain": replace(FULL, difference=OPEN, analyses=(OPEN,)),
    "whom:not_asked": replace(FULL, subgroups=()),
    "whom:few": replace(FULL, subgroups=(Subgroup("Sex", None, (Level("female", None),)),)),
    "whom:depends": replace(FULL, subgroups=(replace(FULL.subgroups[0], p=0.01),)),
    "whom:alike": FULL,
    "sure:beyond_chance": replace(FULL, difference=None),
    "sure:partly_beyond_chance": replace(FULL, difference=None, changes=(BETTER, FLAT)),
    "sure:within_chance": replace(FULL, difference=None, changes=(FLAT,)),
    "sure:no_contrast": replace(FULL, difference=None, changes=()),
    "sure:margin_varies": replace(FULL, margin="Non-inferiority", margin_answers=("shown", "shown", "not shown")),
    "sure:margin_same": replace(FULL, margin="Equivalence", margin_answers=("shown", "shown", "shown")),
    "sure:none_differs": replace(FULL, difference=NONE, analyses=(NONE, Estimate(0.01, -1.2, 1.2))),
    "sure:mixed": replace(FULL, difference=OPEN, analyses=(Estimate(0.5, -1, 2),)),
    "sure:disagree": replace(FULL, analyses=(Estimate(0.5, -1, 2),)),
    "sure:consistent": FULL,
    "sure:alone": replace(FULL, analyses=()),
    "sure:same_direction": replace(FULL, analyses=(Estimate(-0.5, -1.5, 0.5),)),
    "sure:by_chance": replace(FULL, difference=OPEN, analyses=(Estimate(-0.5, -1.5, 0.5),)),
    "safe:no_data": replace(FULL, safety=None),
    "safe:few_asked": replace(FULL, safety=Safety(asked=0)),
    "safe:affected": replace(FULL, safety=Safety((Effect("any adverse effect", (0.8,), False),))),
    "safe:differ": replace(FULL, safety=Safety((Effect("nausea", (0.3, 0.1), True),))),
    "safe:none_seen": replace(FULL, safety=Safety(none_in=300)),
    "safe:more": replace(FULL, safety=Safety((Effect("any adverse effect", (0.8, 0.5), True),), asked=2)),
    "safe:few": replace(FULL, safety=Safety(asked=2)),
    "safe:described": replace(FULL, safety=Safety((Effect("nausea", (0.1,), False),))),
    "safe:uncompared": replace(FULL, safety=Safety((Effect("nausea", (1.0, 0.0), False),), uncompared="not asked")),
    "safe:alike": FULL,
    "long:not_asked": replace(FULL, follow_up=None, lasting_asked=False),
    "long:not_measured": replace(FULL, follow_up=None),
    "long:described": replace(FULL, follow_up=FollowUp(12, (Seen("iv", 20, 0.7),), alone=True)),
    "long:few": replace(FULL, follow_up=replace(SEEN, arms=(Seen("iv", 60, 0.7), Seen("esk", 19, 0.6)))),
    "long:longer": replace(FULL, follow_up=replace(SEEN, differs=(True, True), favours="iv")),
    "long:one_estimate": replace(FULL, follow_up=replace(SEEN, weeks=Estimate(10, 8.5, 10))),
    "long:uncertain": FULL,
}


def test_a_size_is_excluded_as_it_is_printed():
    """Limits of -3.2 to 3.769 print as -3.2 to 3.8: an important difference of 3.82 prints as 3.8 and is not left out there."""
    open_, below, above = Estimate(0.3, -3.2, 3.769), Estimate(0.3, -3.2, 3.74), Estimate(5.0, 3.84, 6.0)
    assert not open_.within(3.82)
    assert open_.within(3.86)
    assert below.within(3.82)
    assert not above.beyond(3.82)
    assert above.beyond(3.74)


def test_every_rule_has_a_case():
    assert set(CASES_OF_RULES) == {f"{rule.row}:{rule.name}" for rule in RULES}
    assert {rule.row for rule in RULES} == set(ROWS)


@pytest.mark.parametrize("name", CASES_OF_RULES)
def test_the_rule_decides_its_row(name):
    row, rule = name.split(":")
    assert decide(row, CASES_OF_RULES[name]).name == rule


def many():
    """Every combination of what verdicts on the comparison depend on."""
    differences = (None, CLEAR, OPEN, TIGHT, Estimate(2, 1, 3))
    analyses = ((), (CLEAR,), (OPEN,), (Estimate(0.5, -1, 2),), (CLEAR, Estimate(-0.5, -1.5, 0.5)))
    switches = itertools.product(
        differences, analyses, (True, False), (True, False), (None, (19, 40), (100, 100)), (None, 0.5, 3.7)
    )
    for difference, others, randomised, declared, scored, important in switches:
        for changes in ((BETTER, FLAT), (BETTER, WORSE), (WORSE,)):
            yield replace(FULL, changes=changes, difference=difference, scored=scored, declared=declared)
        for unscored, enough in ((True, False), (False, True), (False, False)):
            none = replace(FULL, changes=(), unscored=unscored, enough=enough)
            yield replace(none, difference=difference, scored=scored, declared=declared)
        yield replace(FULL, difference=None, declared=False, left_out="an arm has fewer patients")
        whole = replace(
            FULL,
            difference=difference,
            analyses=others,
            randomised=randomised,
            declared=declared,
            scored=scored,
            important=important,
        )
        yield whole
        if declared and difference:
            answers = tuple(one.answer(MARGIN, True) for one in (difference, *others))
            yield replace(whole, margin="Non-inferiority", margin_answers=answers)


@pytest.mark.parametrize("pair", NEVER_TOGETHER, ids="+".join)
def test_verdicts_that_contradict_each_other_never_stand_together(pair):
    (row, name), (other_row, other) = (entry.split(":") for entry in pair)
    assert {f"{rule.row}:{rule.name}" for rule in RULES} >= set(pair)
    seen = [evidence for evidence in many() if decide(row, evidence).name == name]
    assert seen, f"no combination gives {pair[0]}"
    assert all(decide(other_row, evidence).name != other for evidence in seen)


def first_page(tables, study):
    section = build_sections(gather(tables, study, {}), Path("nowhere"))[0]
    assert section.id == "brief"
    return section


@pytest.mark.parametrize("case", CASES)
def test_key_points_and_answers_are_short(case):
    tables, study = make_case(case)
    section = first_page(tables, study)
    terms, answers = section.blocks
    assert isinstance(terms, Terms)
    assert isinstance(answers, Answers)
    assert sum(len(text.split()) for _, text in terms.entries) <= MOST_WORDS
    for answer in answers.entries:
        assert len(answer.text.split()) <= 60, answer.text
        assert "{" not in answer.verdict
        assert "–" not in answer.text, answer.text
    if study.comparison is None:
        assert [answer.row for answer in answers.entries] == ["works", "sure", "safe", "long", "not_asked"]


def test_the_first_page_follows_the_difference():
    tables, study = make_compared()
    shown = dict(first_page(tables, study).blocks[0].entries)["Findings"]
    assert "decreased by 2.0 points (95% CI 1.1 to 2.8) more with IV ketamine than" in shown
    turned = {
        **tables,
        "effects": tables["effects"].assign(estimate=1.96, lower=1.14, upper=2.78),
        "sensitivity": tables["sensitivity"].iloc[:0],
    }
    assert "more with intranasal esketamine" in dict(first_page(turned, study).blocks[0].entries)["Findings"].lower()
    open_ended = {**tables, "effects": tables["effects"].assign(estimate=-0.5, lower=-3.0, upper=2.0)}
    words = " ".join(running_text([first_page(open_ended, study)]))
    assert "more with" not in dict(first_page(open_ended, study).blocks[0].entries)["Findings"]
    assert "−0.5 points (95% CI −3.0 to 2.0)" in words


DESIGNS = {"observational": "was associated with more improvement", "randomised": "improved scores more than"}


@pytest.mark.parametrize("design", DESIGNS)
def test_the_conclusion_claims_no_more_than_the_design(design):
    tables, study = make_compared()
    study = study.model_copy(update={"report": study.report.model_copy(update={"design": design})})
    sections = build_sections(
        gather({**tables, "sensitivity": tables["sensitivity"].iloc[:0]}, study, {}), Path("nowhere")
    )
    abstract = next(section for section in sections if section.id == "abstract")
    text = {block.lead: block.text for block in abstract.blocks}["Conclusions and Relevance."]
    assert DESIGNS[design] in text
    assert ("not randomized" in text) == (design == "observational")


def test_adverse_effects_that_differ_are_named_and_what_was_not_collected_is_said():
    tables, study = make_compared()
    answer = next(one for one in first_page(tables, study).blocks[1].entries if one.row == "safe")
    assert answer.verdict == "Different profiles; no data on serious events."
    assert "%" in answer.text
    none = {name: table for name, table in tables.items() if not name.startswith(("harm", "ascertainment"))}
    answer = next(one for one in first_page(none, study).blocks[1].entries if one.row == "safe")
    assert answer.verdict == "No data: adverse effects were not in the export."
    assert answer.text == ""


def test_a_variance_clustered_by_site_is_said_on_page_one_and_in_the_methods():
    tables, study = make_case("two arms")
    for cluster, told in (("patient", False), ("site", True)):
        comparison = study.comparison.model_copy(update={"cluster": cluster})
        sections = build_sections(
            gather(tables, study.model_copy(update={"comparison": comparison}), {}), Path("nowhere")
        )
        first = [block.note for block in sections[0].blocks if isinstance(block, Answers)]
        assert ("takes patients of a site to be alike" in first[0]) is told
        whole = " ".join(running_text(sections))
        assert ("site (CR2, Bell and McCaffrey's degrees of freedom)" in whole) is told
        assert ("sandwich variance clustered by site" in whole) is told


def answer_of(tables, study, row):
    return next(one for one in first_page(tables, study).blocks[1].entries if one.row == row)


def test_sizes_name_the_arm_that_they_favour_and_carry_no_sign():
    tables, study = make_compared()
    sure = answer_of(tables, study, "sure")
    assert (
        "One other valid analysis favors IV ketamine too, by 0.6 points. Missing scores with IV ketamine would"
        in sure.text
    )
    assert "−" not in sure.text
    turned = tables["effects"].assign(estimate=1.96, lower=1.14, upper=2.78)
    grid = tables["sensitivity"].assign(estimate=2.0, lower=1.0, upper=3.0)
    sure = answer_of({**tables, "effects": turned, "sensitivity": grid}, study, "sure")
    assert "favors intranasal esketamine too, by 2.0 points" in sure.text.lower()
    wide = tables["effects"].assign(estimate=-0.5, lower=-3.0, upper=2.0)
    grid = tables["sensitivity"].assign(estimate=-0.5, lower=-2.0, upper=1.0)
    sure = answer_of({**tables, "effects": wide, "sensitivity": grid}, study, "sure")
    assert "favor" not in sure.text
    assert sure.verdict == "Same direction in all analyses, none beyond chance."


def test_arms_that_would_make_a_sentence_too_long_have_the_next_one():
    material = gather_shown("two arms")
    told = [Change("iv", -6.1, True, True, interval=Estimate(-6.1, -7.7, -4.6))]
    told += [replace(told[0], arm="esketamine"), replace(told[0], arm="iv", value=-5.0)]
    text = say_changes(material, told, False, "In this cohort study of 65 patients, ", " by session 6")
    assert text.split(" by session 6. ")[1].startswith("It decreased by 6.1 points (95% CI 4.6 to 7.7) with ")
    assert text.count("points (95% CI") == 3
    assert max(len(one.split()) for one in text.split(". ")) <= 30


def test_one_arm_is_told_with_its_interval_and_with_what_makes_it_unsure():
    tables, study = make_case("one arm")
    made = make_models()
    tables = {**tables, **made, "margins": made["margins"][made["margins"]["arm"] == "iv"]}
    works, sure = (answer_of(tables, study, row) for row in ("works", "sure"))
    assert "decreased by 3.5 points (95% CI 2.5 to 4.4) with" in works.text
    assert "(95% CI 2.5 to 4.4)" in dict(first_page(tables, study).blocks[0].entries)["Findings"]
    assert [check.text for check in sure.checks if not check.holds][-2:] == [
        "No untreated group",
        "Analysis plan not locked",
    ]
    assert "not proof" not in sure.verdict


def test_effects_more_frequent_with_either_arm_are_both_named():
    effects = [("dizziness", 0.1, 0.4), ("sedation", 0.1, 0.35), ("nausea", 0.2, 0.1)]
    told = replace(FULL, safety=Safety(tuple(Effect(name, (one, two), True) for name, one, two in effects)))
    assert say_effects(told, 2) == "dizziness 10% v 40%; nausea 20% v 10%"
    assert say_effects(told, 3).startswith("dizziness 10% v 40%; sedation")
    assert say_effects(told, 1) == ""  # one of them would be half of what is known


def test_rates_that_rounding_set_apart_from_their_difference_are_said_to_be_about():
    material = gather(*make_compared(), {})
    told = replace(FULL, response=Estimate(0.03, -0.22, 0.27), response_rates=(0.5, 0.5))
    assert say_response(material, told).startswith("Response: about 50% v 50%, difference 3.0 percentage points")
    alike = replace(told, response_rates=(0.49, 0.455))
    assert "about" not in say_response(material, alike)


def test_an_estimate_that_prints_as_zero_is_no_size():
    material = gather(*make_compared(), {})
    told = replace(FULL, difference=OPEN, analyses=(Estimate(-0.03, -1, 1), Estimate(-2.3, -5, 1)))
    assert say_analyses(material, told) == "The 2 other valid analyses point the same way, by up to 2.3 points"


def test_the_change_that_is_told_beside_the_last_is_that_half_way():
    tables, study = make_case("one arm")
    line = make_models()["margins"].iloc[[0]].assign(arm="iv")
    margins = [line.assign(timepoint=str(when), estimate=-0.5 * when) for when in range(1, 7)]
    tables = {**tables, **make_models(), "margins": pd.concat(margins), "response": tables["response"].iloc[:0]}
    assert "By session 3 it was 1.5." in answer_of(tables, study, "works").text


def make_worse(change, lower, upper):
    """One arm whose model has this change at its headline, and half of it before."""
    tables, study = make_case("one arm")
    line = make_models()["margins"].iloc[[0]].assign(arm="iv", estimate=change, lower=lower, upper=upper)
    margins = [line.assign(timepoint=str(when), estimate=change * when / 6) for when in range(1, 7)]
    return {**tables, **make_models(), "margins": pd.concat(margins), "response": tables["response"].iloc[:0]}, study


@pytest.mark.parametrize(
    ("change", "said", "verdict", "sure"),
    [
        (
            (0.8, 0.2, 1.4),
            "increased by 0.8 points (95% CI 0.2 to 1.4)",
            "Scores worsened with",
            "The change is beyond",
        ),
        ((0.8, -0.2, 1.8), "changed by 0.8 points (95% CI −0.2 to 1.8)", "No clear improvement", "No change beyond"),
        ((-0.8, -1.8, 0.2), "changed by −0.8 points (95% CI −1.8 to 0.2)", "No clear improvement", "No change beyond"),
    ],
)
def test_which_way_scores_moved_is_told_and_nothing_on_the_page_contradicts_it(change, said, verdict, sure):
    tables, study = make_worse(*change)
    works, how_sure = (answer_of(tables, study, row) for row in ("works", "sure"))
    assert works.verdict.startswith(verdict)
    assert f"Mean PHQ-9 {said} with" in works.text
    assert how_sure.verdict.startswith(sure)
    assert ("Interval excludes zero" in [one.text for one in how_sure.checks]) == sure.startswith("The change")
    assert said in dict(first_page(tables, study).blocks[0].entries)["Findings"]
    assert said in " ".join(running_text([write_abstract(gather(tables, study, {}))]))


def test_the_note_speaks_of_durability_only_where_it_is_told():
    material = gather(*make_compared(), {})
    seen = replace(FULL.follow_up, adjusted=True)
    assert "unlike weeks in response" in write_note(material, replace(FULL, follow_up=seen))
    few = replace(seen, arms=(seen.arms[0], replace(seen.arms[1], seen=19)))
    assert "Adverse effects are not adjusted." in write_note(material, replace(FULL, follow_up=few))


def keep_early(tables, last):
    """The tables of one arm whose model has means up to a session, and no score after it."""
    made = make_models()
    line = made["margins"].iloc[[0]].assign(arm="iv")
    margins = pd.concat([line.assign(timepoint=str(when), estimate=-float(when)) for when in range(1, last + 1)])
    gone = (tables["missingness"]["axis"] == "session") & (tables["missingness"]["time"] > last)
    missing = tables["missingness"].assign(observed=tables["missingness"]["observed"].where(~gone, 0.0))
    return {**tables, **made, "margins": margins, "missingness": missing}


def test_without_a_score_at_the_declared_time_point_the_last_change_is_told_and_nothing_contradicts_it():
    tables, study = make_case("one arm")
    told = keep_early(tables, 5)
    works, sure = (answer_of(told, study, row) for row in ("works", "sure"))
    assert works.verdict == "Not measured at session 6: no PHQ-9 was scored there."
    assert works.text.startswith(
        "By session 5, the last estimated, mean PHQ-9 decreased by 5.0 points (95% CI 2.5 to 4.4)"
    )
    assert sure.verdict == "Not asked: no change at session 6 was estimated."
    findings = dict(first_page(told, study).blocks[0].entries)["Findings"]
    assert "no change at session 6 could be estimated. By session 5" in findings
    enough = told | {"missingness": tables["missingness"].assign(observed=20)}
    assert answer_of(enough, study, "works").verdict == "The mean change at session 6 could not be estimated."
    few = told | {"missingness": tables["missingness"].assign(observed=19)}
    assert answer_of(few, study, "works").verdict == "Too few scores at session 6 to say."


@pytest.mark.parametrize(("difference", "told"), [(0.13, ["50", "33"]), (0.07, ["–", "–"])])
def test_rates_that_rounding_set_far_from_their_difference_are_not_told_in_the_outcomes(difference, told):
    tables, study = make_compared()
    row = {"axis": "day", "timepoint": "day 28", "population": "everyone", "method": "weighted", "endpoint": "response"}
    row |= {"risk_treated": 0.5, "risk_reference": 0.33, "difference": difference}
    row |= {"difference_lower": -0.15, "difference_upper": 0.29}
    table = tabulate_outcomes(gather(tables | {"risks": pd.DataFrame([row])}, study, {}))
    (rates,) = (line[1:3] for line in table.rows if line[0].text.strip().startswith("Response"))
    assert [cell.text for cell in rates] == told


def test_the_declared_binary_answer_is_told_as_it_was_declared_and_imputed():
    """A study that declares remission, missing scores by jump to reference, was told the response, "imputed at random"."""
    tables, study = make_compared()
    estimand = study.comparison.estimand
    binary = estimand.binary.model_copy(update={"endpoint": "remission", "missing": "jump_to_reference"})
    declared = study.comparison.model_copy(update={"estimand": estimand.model_copy(update={"binary": binary})})
    place = {"axis": "day", "timepoint": "day 28", "population": "everyone", "method": "weighted"}
    rates = {"risk_reference": 0.2, "difference_lower": 0.0, "difference_upper": 0.5}
    rows = [
        place | rates | {"endpoint": endpoint, "risk_treated": 0.2 + more, "difference": more}
        for endpoint, more in (("response", 0.3), ("remission", 0.1))
    ]
    tables |= {"risks": pd.DataFrame(rows)}
    material = gather(tables, study.model_copy(update={"comparison": declared}), {})
    evidence = gather_evidence(material)
    assert evidence.response.value == 0.1
    answers = {one.row: one.text for one in answer_questions(material, evidence)}
    assert "Remission: " in answers["better"]
    assert "Response" not in answers["better"]
    assert "Remission: missing scores imputed by jump to reference." in write_note(material, evidence)
    (missing,) = (block.text for block in describe_methods_briefly(material).blocks if block.lead == "Missing data.")
    assert missing.startswith("For the change, scores are taken as missing at random")
    assert "imputed by jump to reference" in missing
    table = tabulate_outcomes(material)
    heads = [row[0].text.strip() for row in table.rows]
    assert heads[heads.index("Declared binary outcome") + 1].startswith("Remission")
    assert heads[heads.index("Secondary outcomes") + 1].startswith("Response")
    assert "Remission and response: missing scores imputed by jump to reference." in " ".join(table.notes)


def test_what_no_study_file_asks_for_is_not_called_unmeasured():
    tables, study = make_case("one arm")
    assert study.durability is None
    assert answer_of(tables, study, "long").verdict == "Not asked: the study declares no analysis of durability."


def harms_of_one_arm(tables, **columns):
    rows = tables["harms"].assign(patients=60.0, affected=45.0, proportion=0.75, lower=0.621, upper=0.853)
    severe = rows["event"] == "any severe"
    rows.loc[severe, ["affected", "proportion"]] = 0.0
    return {**tables, "harms": rows.assign(**columns)}


def test_adverse_effects_of_one_arm_are_a_share_of_patients_and_none_has_its_upper_limit():
    tables, study = make_case("one arm")
    told = harms_of_one_arm(tables)
    safe = answer_of(told, study, "safe")
    assert safe.verdict == "75% had an adverse effect; no data on serious events."
    assert safe.text.startswith(
        "Of 60 patients asked: any adverse effect 75% (95% CI 62 to 85); any severe adverse effect 0% (95% upper limit 4.9%). Dizziness 75%; nausea 75%;"
    )
    abstract = next(one for one in build_sections(gather(told, study, {}), Path("nowhere")) if one.id == "abstract")
    assert "Any adverse effect: 75% of 60 patients." in " ".join(block.text for block in abstract.blocks)
    few = harms_of_one_arm(tables, patients=float("nan"), affected=float("nan"), proportion=float("nan"))
    assert answer_of(few, study, "safe").verdict == "Too few patients to say; no data on serious events."


def test_page_one_says_that_its_numbers_of_people_are_rounded():
    for tables, study in (make_case("one arm"), make_compared()):
        assert "rounded to 5" in first_page(tables, study).blocks[1].note
        exact = study.privacy.model_copy(update={"release": "exact", "because": "public data"})
        note = first_page(tables, study.model_copy(update={"privacy": exact})).blocks[1].note
        assert "rounded" not in note


def test_methods_of_one_arm_speak_of_no_comparison():
    for case, lead in (("one arm", "Model."), ("two instruments", "Comparison.")):
        methods = next(
            one for one in build_sections(gather(*make_case(case), {}), Path("nowhere")) if one.id == "methods-brief"
        )
        assert lead in [block.lead for block in methods.blocks]


def test_estimates_on_either_side_of_zero_disagree_only_where_an_interval_excludes_it():
    """Differences of -0.1 and 0.2 with intervals of some points are chance around zero: the interval may exclude what matters all the same."""
    near = replace(
        FULL, difference=Estimate(-0.1, -2.8, 2.6), analyses=(Estimate(0.2, -1.9, 2.2), Estimate(-0.4, -2.7, 2.0))
    )
    assert [decide(row, near).name for row in ("better", "sure")] == ["excluded", "mixed"]
    wide = replace(near, difference=Estimate(-2.2, -5.1, 0.7), analyses=(Estimate(1.9, -8.3, 12.1),))
    assert [decide(row, wide).name for row in ("better", "sure")] == ["uncertain", "mixed"]
    apart = replace(near, analyses=(Estimate(0.2, -1.9, 2.2), Estimate(-1.4, -2.7, -0.1)))
    assert [decide(row, apart).name for row in ("better", "sure")] == ["disagree", "disagree"]


def test_a_difference_that_prints_as_zero_has_no_direction_to_agree_with():
    material = gather(*make_compared(), {})
    none = replace(
        FULL, difference=Estimate(-0.02, -4.3, 4.2), analyses=(Estimate(-0.6, -3, 2), Estimate(-2.8, -8, 2.4))
    )
    assert decide("sure", none).name == "mixed"
    assert say_analyses(material, none) == "The 2 other valid analyses give −2.8 to −0.6 points"
    assert not any("agree" in check.text for check in list_checks(none, {"place": "day 28"}))


def test_a_difference_with_its_sign_says_which_arm_is_taken_from_which():
    tables, study = make_compared()
    open_ended = {**tables, "effects": tables["effects"].assign(estimate=-0.5, lower=-3.0, upper=2.0)}
    told = "(IV ketamine minus intranasal esketamine)"
    assert f"Difference {told} −0.5 points" in answer_of(open_ended, study, "better").text.replace(
        "Intranasal", "intranasal"
    )
    assert "minus" not in answer_of(tables, study, "better").text


def test_rates_far_from_their_difference_are_left_to_the_table():
    material = gather(*make_compared(), {})
    told = replace(FULL, response=Estimate(0.1, -0.12, 0.29), response_rates=(0.46, 0.44))
    assert say_response(material, told).startswith("Response: difference 10.0 percentage points")


@pytest.mark.parametrize(
    ("patients", "told"), [((345.0, 360.0), " (of 345 v 360 graded)"), ((530.0, 630.0), ""), (None, "")]
)
def test_a_severe_effect_says_of_whom_it_is_where_these_are_not_those_asked(patients, told):
    tables, study = make_compared()
    heads = (
        Effect("any adverse effect", (0.7, 0.74), False, (530.0, 630.0)),
        Effect("any severe adverse effect", (0.04, 0.07), False, patients),
    )
    evidence = replace(FULL, safety=Safety(heads, arms=("iv", "esketamine"), asked=2))
    (text,) = say_safety(gather(tables, study, {}), evidence)
    assert text.endswith(
        f"(of 530 v 630 asked): any adverse effect 70% v 74%; any severe adverse effect 4% v 7%{told}."
    )


def test_the_note_speaks_of_what_stands_on_the_page():
    tables, study = make_compared()
    material = gather(tables, study, {})
    weeks = replace(SEEN, weeks=Estimate(1, -0.01, 2), time="weeks 2 to 12", adjusted=True)
    for safety, follow_up, told in (
        (FULL.safety, SEEN, "Adverse effects and durability are not adjusted."),
        (FULL.safety, weeks, "Adverse effects and shares of responders, unlike weeks in response, are not adjusted."),
        (FULL.safety, None, "Adverse effects are not adjusted."),
        (None, None, ""),
    ):
        note = write_note(material, replace(FULL, safety=safety, follow_up=follow_up))
        assert (told in note) if told else ("not adjusted" not in note)


def test_without_weights_no_page_says_that_confounders_were_adjusted_for():
    tables, study = make_compared()
    bare = study.model_copy(update={"comparison": study.comparison.model_copy(update={"weights": "none"})})
    said = {
        which: " ".join(
            [
                write_note(gather(tables, one, {}), FULL),
                *(
                    block.text
                    for block in write_abstract(gather(tables, one, {})).blocks
                    if block.lead == "Main Outcomes and Measures."
                ),
            ]
        )
        for which, one in (("weighted", study), ("bare", bare))
    }
    assert said["weighted"].count("payer") == 2
    assert "payer" not in said["bare"]
    assert "The difference in change is adjusted for the baseline score alone." in said["bare"]
    assert "by a mixed model with adjustment for baseline." in said["bare"]


@pytest.mark.parametrize(
    ("randomised", "doubt"), [(True, "Up to 39% had no day 28 score."), (False, "and up to 39% had no day 28 score:")]
)
def test_the_meaning_says_how_many_scores_are_missing(randomised, doubt):
    material = gather(*make_compared(), {})
    evidence = replace(FULL, randomised=randomised, missing=(0.39, 0.2))
    meaning = dict(write_key_points(material, evidence).entries)["Meaning"]
    assert doubt in meaning
    assert "had no" not in dict(write_key_points(material, replace(evidence, missing=(0.2, 0.1))).entries)["Meaning"]


def test_a_difference_that_is_excluded_or_uncertain_is_concluded_as_such():
    material = gather(*make_compared(), {})
    uncertain = dict(write_key_points(material, replace(FULL, difference=OPEN, analyses=(OPEN,))).entries)["Meaning"]
    assert uncertain.startswith("Which treatment is followed by more improvement is too uncertain to say.")
