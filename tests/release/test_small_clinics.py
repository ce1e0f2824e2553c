"""What a small clinic's tables and figures say: counts with their bounds, notes on what stands there, whom safety is of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from released_cases import make_case, make_compared, make_models, make_study, make_tables
from running_text import running_text

from outcomes.contracts.released.comparison import LEFT_OUT
from outcomes.release.analyses import name_main
from outcomes.release.figures.drawings.analyses import _list_lines
from outcomes.release.figures.drawings.distribution import end_where_all_are
from outcomes.release.figures.drawings.flow import build_boxes
from outcomes.release.figures.drawings.forest import build_blocks
from outcomes.release.figures.plans.descriptive import plan_missingness, plan_trajectories
from outcomes.release.figures.plans.harms import plan_harms
from outcomes.release.figures.plans.main_results import LEVEL, plan_main_results
from outcomes.release.figures.plans.missing import plan_missing
from outcomes.release.figures.plans.participants import plan_participants
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.left_out import drop_uncompared
from outcomes.release.report import build_sections
from outcomes.release.report.content.blocks import Grid, Section
from outcomes.release.report.content.grids import heading, number
from outcomes.release.report.content.material import gather
from outcomes.release.report.page_one.adverse_effects import say_any_effect, say_safety
from outcomes.release.report.page_one.answers import answer_questions
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.page_one.safety import gather_safety
from outcomes.release.report.sections.exposure import show_exposure
from outcomes.release.report.sections.harms import NOTHING, show_harms
from outcomes.release.report.sections.left_out import UNTOLD, _drop_untold, _rests_on_too_few, leave_out
from outcomes.release.report.sections.limitations import list_limitations
from outcomes.release.report.sections.onset import _tell_half
from outcomes.release.report.sections.outcomes import tabulate_outcomes
from outcomes.release.report.sections.outcomes_by_arm import list_safety
from outcomes.release.report.sections.scores_and_rates import tabulate_scores
from outcomes.release.report.wording.cost import tell_difference


def test_an_arm_too_small_to_be_shown_stands_in_the_flow_with_its_bound():
    study = make_study({"esketamine": "Intranasal esketamine", "iv": "IV ketamine", "im": "IM ketamine"})
    tables, compared = make_tables(study), make_compared()[1].comparison
    study = study.model_copy(update={"comparison": compared})
    flow = tables["flow"].astype({"n": float}).assign(n_bound="")
    few = (flow["arm"] == "im") & (flow["label"] == "Series analysed")
    flow.loc[few, ["n", "n_bound"]] = [np.nan, "<11"]
    (plan,) = plan_participants({**tables, "flow": flow}, study)
    lines = [line for box in build_boxes(plan.data[plan.data["arm"] == "all"], study) for line in box.lines]
    assert "IM ketamine, not compared: n\u00a0<11" in lines


@pytest.mark.parametrize(("release", "share"), [("rounded", False), ("exact", True)])
def test_numbers_that_round_alike_are_not_said_to_be_all(release, share):
    tables, study = make_case("one arm")
    study = study.model_copy(update={"privacy": study.privacy.model_copy(update={"release": release})})
    missing = tables["missingness"].assign(observed=tables["missingness"]["started"])
    (plan,) = plan_participants({**tables, "missingness": missing}, study)
    assert bool(plan.data["share"].notna().any()) is share
    assert ("Percent: of those in the box above." in plan.caption) is share


def test_a_crossover_has_a_flow_of_patients_who_may_stand_in_every_arm():
    study = make_study({"placebo": "Placebo", "iv": "IV ketamine"}, report={"title": "t", "design": "crossover"})
    tables = make_tables(study)
    every = study.model_copy(update={"series": study.series.model_copy(update={"use": "all"})})
    assert plan_participants(tables, every) == []  # a patient may count in an arm with several series
    visits = every.model_copy(update={"series": every.series.model_copy(update={"origin": "visits"})})
    (plan,) = plan_participants(tables, visits)
    assert "Patients with a treatment series" in set(plan.data["label"])
    assert "A patient may stand in every arm." in plan.caption
    assert not {"not_first_series"} & set(plan.data["reason"].dropna())


def test_a_figure_of_adverse_effects_needs_two_single_effects_that_were_seen():
    tables, study = make_case("one arm")
    assert len(plan_harms(tables, study)) == 1
    heads = tables["harms"]["event"].isin(["any", "any severe"])
    none = tables["harms"].assign(proportion=tables["harms"]["proportion"].where(heads, 0.0))
    assert plan_harms({**tables, "harms": none}, study) == []
    few = tables["harms"].assign(
        proportion=tables["harms"]["proportion"].where(tables["harms"]["event"] != "any severe")
    )
    (plan,) = plan_harms({**tables, "harms": few}, study)
    assert "Too few patients to show: any severe adverse effect." in plan.caption


def test_the_outcomes_of_one_arm_say_of_how_many_they_are():
    tables, study = make_case("one arm")
    made = make_models()
    tables = {**tables, **made, "margins": made["margins"][made["margins"]["arm"] == "iv"]}
    grid = tabulate_outcomes(gather(tables, study, {}))
    assert [cell.text for cell in grid.heads[0]] == ["Outcome", "IV ketamine", "n"]
    rows = {row[0].text.strip(): row[-1].text for row in grid.rows if len(row) == 3}
    scores = tables["scores"]
    here = scores[(scores["instrument"] == "phq9") & (scores["timepoint"] == "6") & (scores["axis"] == "session")]
    assert rows["PHQ-9, session 6"] == f"{int(here['n'].iloc[0]):,}"
    asked = tables["harms"].loc[tables["harms"]["event"] == "any", "patients"].iloc[0]
    assert rows["Any adverse effect, n (%)"] == f"{int(asked):,}"
    assert "n: patients with a score; for safety, those asked" in grid.notes[0]


def test_a_share_of_all_but_a_few_stands_with_its_bound_among_the_rates():
    tables, study = make_case("one arm")
    response = tables["response"].copy()
    here = response["endpoint"].eq("response")
    response.loc[here, ["proportion", "lower", "upper"]] = np.nan
    response.loc[here, "proportion_bound"] = ">0.87"
    grid = tabulate_outcomes(gather({**tables, **make_models(), "response": response}, study, {}))
    (row,) = (row for row in grid.rows if row[0].text.strip() == "Response, session 6")
    assert row[1].text == ">87"


def test_notes_of_the_outcomes_speak_of_what_stands_there():
    tables, study = make_compared()
    grid = tabulate_outcomes(gather(tables, study, {}))
    titles = " ".join(row[0].text for row in grid.rows)
    note = " ".join(grid.notes)
    assert "Other instruments" not in note
    assert ("missing scores imputed" in note) == ("Response" in titles or "Remission" in titles)
    bare = {name: table for name, table in tables.items() if name not in ("risks", "imputations")}
    assert "missing scores imputed" not in " ".join(tabulate_outcomes(gather(bare, study, {})).notes)


def test_adverse_effects_differ_whether_or_not_a_comparison_is_declared():
    """The difference is the second arm's less the first's; the page has the arms in the study's order."""
    study = make_study({"esketamine": "Intranasal esketamine", "iv": "IV ketamine"})
    counts = {"affected": 20, "patients": 20, "affected_reference": 2, "patients_reference": 20}
    apart = {"block": "all sessions", "contrast": "iv - esketamine", "difference": 0.9, "lower": 0.7, "upper": 0.97}
    rows = [
        {
            "block": "all sessions",
            "event": event,
            "arm": arm,
            "patients": 20,
            "affected": affected,
            "proportion": affected / 20,
        }
        for event in ("any", "nausea")
        for arm, affected in (("esketamine", 2), ("iv", 20))
    ]
    differences = [{"event": event} | apart | counts for event in ("any", "nausea")]
    tables = make_tables(study) | {"harms": pd.DataFrame(rows), "harm_differences": pd.DataFrame(differences)}
    safety = gather_safety(gather(tables, study, {}))
    assert [one.name for one in safety.differing] == ["nausea"]
    assert [one.shares for one in safety.heads_differ] == [(0.1, 1.0)]
    heads = [frame[frame["event"] == "any"] for frame in (tables["harms"], tables["harm_differences"])]
    alone = gather(tables | dict(zip(("harms", "harm_differences"), heads, strict=True)), study, {})
    verdict = next(one for one in answer_questions(alone, gather_evidence(alone)) if one.row == "safe")
    assert verdict.verdict.startswith("Adverse effects were more frequent with IV ketamine")


def test_adverse_effects_that_were_not_asked_alike_are_not_said_to_be_alike():
    """All of one arm and none of the other, one by a checklist: the table has no difference, and the page no verdict on one."""
    study = make_study({"esketamine": "Intranasal esketamine", "iv": "IV ketamine", "im": "IM ketamine"})
    arms = {"esketamine": 0, "iv": 20, "im": 10}
    rows = [
        {"block": "all sessions", "event": event, "arm": arm, "patients": 20, "affected": n, "proportion": n / 20}
        for event in ("any", "nausea")
        for arm, n in arms.items()
    ]
    unlike = "not asked in the same way in both arms"
    difference = {"block": "all sessions", "event": "any", "contrast": "iv - esketamine", "note": unlike}
    bounds = dict.fromkeys(("difference", "lower", "upper"), np.nan)
    harms, differences = pd.DataFrame(rows), pd.DataFrame([difference | bounds])
    for of, why in ((["esketamine", "iv"], unlike), (list(arms), "there are more than two arms")):
        tables = make_tables(study) | {"harms": harms[harms["arm"].isin(of)], "harm_differences": differences}
        material = gather(tables, study, {})
        evidence = gather_evidence(material)
        verdict = next(one for one in answer_questions(material, evidence) if one.row == "safe")
        assert verdict.verdict.startswith(f"Adverse effects of the arms are not compared: {why}")
        assert ("Any adverse effect (not asked" in say_any_effect(material, evidence)) == (len(of) == 2)


def test_charges_are_not_compared_where_the_arms_are_not():
    tables, study = make_case("two arms")
    said = pd.DataFrame([{"subject": "left out", "text": "an arm has fewer than 10 patients"}])
    assert len(tables["cost_difference"])
    assert len(tables["net_benefit"])
    dropped = drop_uncompared(tables | {"comparison_statement": said})
    assert dropped["cost_difference"].empty
    assert dropped["net_benefit"].empty
    assert drop_uncompared(tables)["cost_difference"] is tables["cost_difference"]
    material = gather(dropped, study, {})
    assert list(tell_difference(material, study.cost)) == [
        "Charges of the arms are not compared, because an arm has fewer than 10 patients."
    ]


def test_events_that_nobody_asked_about_are_not_said_to_be_none():
    study = make_study({"iv": "IV ketamine"})
    zero = {"block": "all sessions", "event": "any", "arm": "iv", "patients": 0, "affected": 0, "proportion": np.nan}
    asked = {"measure": "adverse events", "arm": "iv", "sessions": 60, "answered": 0, "proportion": 0.0}
    beside = {"measure": "adverse events, not asked", "arm": "iv", "sessions": 60, "answered": 15, "proportion": 0.25}
    details = {"detail": "serious", "value": "yes", "arm": "iv", "patients": 15, "affected": 15, "proportion": 1.0}
    tables = make_tables(study) | {"harms": pd.DataFrame([zero]), "ascertainment": pd.DataFrame([asked, beside])}
    material = gather(tables | {"harm_details": pd.DataFrame([details])}, study, {})
    shown = repr(show_harms(material))
    assert "15 / 60 (25%)" in shown
    assert "Serious: yes" in shown
    assert NOTHING not in shown
    assert gather_safety(material).asked == 0
    without = gather(tables | {"ascertainment": pd.DataFrame([asked])}, study, {})
    assert NOTHING in repr(show_harms(without))
    assert gather_safety(without) is None


@pytest.mark.parametrize(("case", "ranked"), [("one arm", False), ("two arms", True)])
def test_arms_are_ranked_only_where_there_are_two(case, ranked):
    text = " ".join(one.text for one in list_limitations(gather(*make_case(case), {})))
    assert ("rank arms differently" in text) == ranked
    assert "conditional on reaching it" in text


def test_a_forest_without_subgroups_has_no_panel_letter():
    tables, study = make_compared()
    grid = tables["sensitivity"]
    main = grid[grid["analysis"] == "unadjusted"].assign(analysis=name_main("change", study.comparison.weights))
    plans = plan_main_results(tables | {"sensitivity": pd.concat([grid, main])}, study)
    (plan,) = (one for one in plans if one.family == "analyses")
    alone = plan.data[plan.data["kind"] != LEVEL]
    assert _list_lines(alone)[0][0].name == "How sure? Other analyses"
    assert ("A: the same" in plan.caption) == bool((plan.data["kind"] == LEVEL).any())


def test_milestones_that_nobody_could_reach_and_visits_without_sessions_make_no_table():
    tables, study = make_case("two arms")
    facts = {"milestone": "induction completed", "patients": 40, "reached": 30, "proportion": 0.75}
    facts |= {"lower": 0.6, "upper": 0.86, "sessions_median": 6.0, "sessions_q1": 5.0, "sessions_q3": 7.0}
    rows = pd.DataFrame([{"arm": arm.id} | facts for arm in study.arms])
    beyond = rows.assign(milestone="13 sessions or more", patients=0, reached=0, proportion=np.nan)
    more = {**tables, "exposure": pd.concat([rows, beyond], ignore_index=True)}
    shown = repr(show_exposure(gather(more, study, {}), Path()))
    assert "Sessions and completion" in shown
    assert "13 sessions or more" not in shown
    none = {**tables, "exposure": rows.assign(sessions_median=np.nan)}
    visits = study.model_copy(update={"series": study.series.model_copy(update={"origin": "visits"})})
    assert not show_exposure(gather(none, visits, {}), Path()).blocks


def make_percents(study, **place):
    facts = {
        "instrument": "gad7",
        "changed": 40,
        "n": 40,
        "undefined": 0,
        "mean": -31.4,
        "sd": 20.0,
        "lower": -37.6,
        "upper": -25.2,
    }
    return pd.DataFrame([facts | place | {"arm": arm.id} for arm in study.arms])


def test_an_instrument_without_a_model_stands_in_the_outcomes_with_its_percent_change():
    tables, _ = make_case("one arm")
    study = make_study({"iv": "IV ketamine"}, instruments=["phq9", "gad7"])
    tables |= {"percent_change": make_percents(study, axis="session", timepoint="6")}
    grid = tabulate_outcomes(gather(tables, study, {}))
    rows = {row[0].text.strip(): [cell.text for cell in row[1:]] for row in grid.rows}
    assert rows["GAD-7, session 6"] == ["−31 (−38 to −25)", "40"]
    assert "Percent changes are each patient's own, not adjusted." in grid.notes[0]
    few = tables["percent_change"].assign(mean=np.nan)
    text = repr(tabulate_outcomes(gather({**tables, "percent_change": few}, study, {})))
    assert "GAD-7" not in text
    assert "Percent changes" not in text


@pytest.mark.parametrize("modelled", [True, False])
def test_beside_a_comparison_only_instruments_without_a_model_have_percent_changes(modelled):
    tables, study = make_compared()
    study = study.model_copy(update={"instruments": ("phq9", "gad7")})
    tables |= {"percent_change": make_percents(study, axis="day", timepoint="day 28")}
    if modelled:
        tables |= {"models": make_models()["models"].assign(instrument="gad7")}
    grid = tabulate_outcomes(gather(tables, study, {}))
    rows = {row[0].text.strip(): [cell.text for cell in row[1:]] for row in grid.rows}
    shown = rows.get("GAD-7, day 28")
    assert shown == (None if modelled else ["−31 (−38 to −25)", "−31 (−38 to −25)", "–", "40 / 40"])
    assert ("Percent changes" in grid.notes[0]) != modelled


def test_a_grid_of_tipping_points_is_drawn_where_most_of_it_is_told():
    tables, study = make_compared()
    assert [plan.family for plan in plan_missing(tables, study)][:1] == ["tipping"]
    rows = tables["tipping"]
    few = rows.assign(estimate=rows["estimate"].where(np.arange(len(rows)) % 2 == 0))
    assert "tipping" not in [plan.family for plan in plan_missing(tables | {"tipping": few}, study)]


def test_what_could_not_be_estimated_has_no_axis_and_what_is_mostly_hidden_no_picture():
    tables, study = make_compared()
    rows = tables["sensitivity"]
    odds = rows.iloc[[0]].assign(analysis="gee_weighted", endpoint="response", scale="log odds ratio", estimate=np.nan)
    risk = odds.assign(analysis="unadjusted", scale="risk difference", estimate=0.1, lower=0.0, upper=0.2)
    plan = Plan("s", "sensitivity", "", "", "", pd.concat([risk, odds]), None, "day", "day 28")
    assert [block.scale for block in build_blocks(plan)] == ["risk difference"]
    assert "dropout" in [plan.family for plan in plan_missing(tables, study)]
    hidden = tables["dropout"].assign(dropped_proportion=np.nan)
    assert "dropout" not in [plan.family for plan in plan_missing(tables | {"dropout": hidden}, study)]


def test_scores_of_those_never_treated_have_no_row_of_dashes():
    tables, study = make_case("two arms")
    enrolled = tables["scores"].iloc[[0]].assign(arm="all", axis="enrolment", timepoint="baseline")
    more = {**tables, "scores": pd.concat([enrolled, tables["scores"]])}
    rows = [tabulate_scores(gather(one, study, {}), "phq9").rows for one in (tables, more)]
    assert len(rows[0]) == len(rows[1])


def make_stopping(patients):
    facts = {"reason": "any", "affected": 12, "proportion": 0.2, "lower": 0.1, "upper": 0.3}
    return pd.DataFrame([facts | {"arm": arm, "patients": n} for arm, n in patients.items()])


def test_tables_of_harms_have_no_column_of_an_arm_of_too_few():
    tables, study = make_case("two arms")
    harms = tables["harms"].assign(patients=tables["harms"]["patients"].where(tables["harms"]["arm"] != "iv"))
    for stopping, names in (
        ({"iv": np.nan, "esketamine": 60}, ["Intranasal esketamine"]),
        ({"iv": 55, "esketamine": 60}, ["IV ketamine", "Intranasal esketamine"]),
    ):
        made = tables | {"harms": harms, "stopping": make_stopping(stopping)}
        section = show_harms(gather(made, study, {}))
        grid = next(block for block in section.blocks if isinstance(block, Grid) and block.id == "stopping")
        assert sorted(cell.text for cell in grid.heads[0][1:]) == sorted(names)
        assert "IV ketamine: too few patients to report." in " ".join(running_text([section]))


@pytest.mark.parametrize(("origin", "told"), [("sessions", True), ("visits", False)])
def test_only_a_study_of_sessions_says_who_completed_the_induction(origin, told):
    tables, study = make_case("two arms")
    study = study.model_copy(update={"series": study.series.model_copy(update={"origin": origin})})
    completed = {"milestone": "induction completed", "patients": 55, "reached": 50, "proportion": 0.91}
    rise = {"measure": "systolic", "patients": 55, "mean": 17.2, "lower": 16.4, "upper": 18.1}
    made = {
        name: pd.DataFrame([facts | {"arm": arm.id} for arm in study.arms])
        for name, facts in (("exposure", completed), ("pressure_rise", rise))
    }
    shown = list_safety(gather(tables | made, study, {}), [arm.id for arm in study.arms])
    rows = {row[0].text.strip(): [cell.text for cell in row[1:]] for row in shown}
    assert rows["Systolic rise, mean (95% CI), mm Hg"] == ["17.2 (16.4 to 18.1)", "17.2 (16.4 to 18.1)", "–", "55 / 55"]
    assert rows.get("Induction completed, n (%)") == (["50 (91)", "50 (91)", "–", "55 / 55"] if told else None)


def test_all_but_a_few_are_told_with_a_bound_of_their_share_and_severe_effects_with_whom_they_are_of():
    tables, study = make_case("two arms")
    completed = {"milestone": "induction completed", "patients": 30, "reached": 30, "proportion": np.nan}
    exposure = pd.DataFrame([completed | {"arm": arm.id, "proportion_bound": ">0.87"} for arm in study.arms])
    made = tables | {"exposure": exposure}
    grid = tabulate_outcomes(gather(made, study, {}))
    rows = {row[0].text.strip(): [cell.text for cell in row[1:]] for row in grid.rows}
    assert rows["Induction completed, n (%)"][:2] == ["30 (>87)", "30 (>87)"]
    assert ("Severe: of patients whose events were all graded." in grid.notes[0]) == (
        "Any severe adverse effect, n (%)" in rows
    )
    assert "Any severe adverse effect, n (%)" in rows


@pytest.mark.parametrize(("case", "told"), [("one arm", False), ("two arms", True)])
def test_what_concerns_two_arms_is_not_said_of_one(case, told, tmp_path):
    tables, study = make_case(case)
    text = " ".join(running_text(build_sections(gather(tables, study, {}), tmp_path)))
    assert "Patients knew what they were given" in text
    assert ("in an arm that is expected to do more" in text) is told
    assert ("biases the comparison of two arms" in text) is told


def test_the_share_of_the_only_arm_stands_with_its_interval():
    tables, study = make_case("one arm")
    row = tables["harms"][(tables["harms"]["event"] == "any") & (tables["harms"]["block"] == "all sessions")].iloc[0]
    low, high = (f"{100 * row[name]:.0f}" for name in ("lower", "upper"))
    (text, *_) = say_safety(gather(tables, study, {}), gather_evidence(gather(tables, study, {})))
    assert f"any adverse effect {100 * row['proportion']:.0f}% (95% CI {low} to {high})" in text


@pytest.mark.parametrize("left_out", [True, False])
def test_a_third_arm_of_a_few_hides_no_adverse_effect_of_the_others(left_out):
    tables, study = make_compared()
    harms = tables["harms"]
    few = harms[harms["arm"] == "iv"].assign(arm="im", patients=np.nan, affected=np.nan, proportion=np.nan)
    tables |= {"harms": pd.concat([harms, few], ignore_index=True)}
    if left_out:
        said = {"subject": LEFT_OUT, "text": "an arm has fewer than 10 patients"}
        tables |= {"comparison_statement": pd.DataFrame([said])}
    material = gather(tables, study, {})
    assert bool(material.left_out) is left_out
    safety = gather_safety(material)
    assert safety.arms == tuple(material.asked)
    assert len(safety.arms) == 2
    assert safety.effects
    assert all(len(effect.shares) == 2 for effect in safety.effects)


def test_of_more_than_two_arms_no_figure_draws_a_difference_as_page_one_tells_none():
    tables, study = make_case("two arms")
    study = study.model_copy(update={"comparison": None})
    harms = tables["harms"]
    third = make_study({"esketamine": "Intranasal esketamine", "iv": "IV ketamine", "im": "IM ketamine"})
    three = tables | {"harms": pd.concat([harms, harms[harms["arm"] == "iv"].assign(arm="im")], ignore_index=True)}
    told = {}
    for name, of, made in (("two", study, tables), ("three", third, three)):
        (plan,) = plan_harms(made, of)
        told[name] = (
            plan.data["difference"].notna().any(),
            "No difference is drawn: there are more than two arms" in plan.caption,
        )
    assert told == {"two": (True, False), "three": (False, True)}
    assert gather_safety(gather(three, third, {})).uncompared == "there are more than two arms"


def test_what_was_recorded_of_nobody_has_no_row_and_no_column():
    tables, study = make_case("two arms")
    arms = [arm.id for arm in study.arms]
    none = {"graded": 0, "ungraded": 30, "mild": 0, "moderate": 0, "severe": 0, "proportion": np.nan}
    severity = pd.DataFrame([{"event": "any", "arm": arm} | none for arm in arms])
    pressure = [
        {"threshold": f"{name} or more", "arm": arm, "patients": n, "affected": 0, "proportion": 0.0}
        for name, n in (("systolic 180", 40), ("diastolic 110", 0))
        for arm in arms
    ]
    mean = {"mean": 16.0, "lower": 14.0, "upper": 18.0}
    rises = [{"measure": "systolic", "arm": arm, "patients": 40} | mean for arm in arms]
    rises += [{"measure": "diastolic", "arm": arm, "patients": 0} | dict.fromkeys(mean, np.nan) for arm in arms]
    quarters = {"median": 20.0, "q1": 10.0, "q3": 30.0}
    peaks = [{"session": "1", "arm": arms[0], "patients": 40} | quarters]
    peaks += [{"session": "1", "arm": arms[1], "patients": 0} | dict.fromkeys(quarters, np.nan)]
    made = {"harm_severity": severity, "blood_pressure": pressure, "pressure_rise": rises, "dissociation": peaks}
    section = show_harms(gather(tables | {name: pd.DataFrame(rows) for name, rows in made.items()}, study, {}))
    grids = {block.id: block for block in section.blocks if isinstance(block, Grid)}
    assert "harm-severity" not in grids  # four columns of zeros would say that no event was severe
    assert [row[0].text for row in grids["blood-pressure"].rows] == [
        "Systolic 180 or more mm Hg",
        "Systolic rise, mean (95% CI), mm Hg",
    ]
    assert "Not recorded: diastolic pressure." in grids["blood-pressure"].notes
    first, other = (arm.label for arm in study.arms)
    assert [cell.text for cell in grids["dissociation"].heads[0]] == ["Session", f"{first}, n", first]
    assert f"Not recorded: {other}." in grids["dissociation"].notes
    graded = severity.assign(graded=[np.nan, 0])  # a bound stands for someone
    assert "harm-severity" in repr(show_harms(gather(tables | {"harm_severity": graded}, study, {})))


def test_an_arm_that_was_not_measured_at_a_time_point_has_not_lost_everyone():
    tables, study = make_case("two arms")
    arm = study.arms[0].id
    rows = tables["missingness"]
    own = (rows["arm"] == arm) & (rows["axis"] == "session") & (rows["timepoint"] == "6")
    assert own.any()
    none = rows.assign(
        observed=rows["observed"].mask(own, 0), missing_proportion=rows["missing_proportion"].mask(own, 1.0)
    )
    (plan,) = plan_missingness(tables | {"missingness": none}, study, "phq9")
    assert not ((plan.data["arm"] == arm) & (plan.data["timepoint"] == "6")).any()
    text = " ".join(one.text for one in list_limitations(gather(tables | {"missingness": none}, study, {})))
    assert "100% in" not in text


def test_time_points_at_which_nobody_was_scored_are_neither_drawn_nor_tabulated():
    tables, study = make_case("two arms")
    scores = tables["scores"]
    last = (scores["axis"] == "session") & (scores["timepoint"] == "6")
    nobody = tables | {"scores": scores.assign(n=scores["n"].mask(last, 0))}
    for plan in plan_trajectories(nobody, study, "phq9"):
        assert "6" not in set(plan.data["timepoint"])
    grid = tabulate_scores(gather(nobody, study, {}), "phq9")
    assert "session 6" not in {row[0].text for row in grid.rows}
    assert "session 6" in {row[0].text for row in tabulate_scores(gather(tables, study, {}), "phq9").rows}


def test_a_distribution_ends_where_all_patients_are():
    rows = pd.DataFrame({"bin_upper": [-50, 0, 50, 100], "cumulative": [0.5, np.nan, 1.0, 1.0]})
    assert list(end_where_all_are(rows)["bin_upper"]) == [-50, 0, 50]


def test_half_had_begun_is_not_said_of_an_arm_whose_later_days_are_not_told():
    study = make_study({"iv": "IV ketamine", "im": "IM ketamine"})
    place = {"instrument": "phq9", "endpoint": "response", "onset": "first", "axis": "day", "patients": 30}
    rows = [
        place | {"arm": arm, "time": day, "probability": share}
        for arm, shares in (("iv", (0.0, 0.4)), ("im", (0.0, np.nan)))
        for day, share in zip((1, 42), shares, strict=True)
    ]
    text = _tell_half(gather(make_tables(study) | {"onset": pd.DataFrame(rows)}, study, {}), "phq9")
    assert text == "When half of the patients had begun to respond (PHQ-9): IV ketamine: not by day 42 (40%)."


def test_a_table_of_bounds_says_no_more_than_a_sentence():
    cells = [(heading(name), number(">64"), number("<91")) for name in "abcd"]
    assert _rests_on_too_few(Grid("durability-first", "First bad score.", (), tuple(cells)))
    shares = [(heading(name), number("45 / 45 (>92%)"), number("5.3")) for name in "abcd"]
    assert not _rests_on_too_few(Grid("ascertainment", "How harms were looked for.", (), tuple(shares)))


def test_rows_in_which_no_arm_has_a_number_are_left_out_of_long_tables():
    rows = tuple(
        (heading(name), number(first), number(second))
        for name, first, second in (
            ("a", "<27", "40 (28 to 53)"),
            ("b", ">64, n 15", "–, n 0"),
            ("c", "0 (0 to 9)", "<21"),
        )
    )
    found = _drop_untold(Grid("onset-shares", "Onset.", (), rows))
    assert [row[0].text for row in found.rows] == ["a", "c"]
    assert found.notes == (UNTOLD,)
    assert _drop_untold(Grid("onset-shares", "Onset.", (), rows[:1])).notes == ()


def test_a_long_table_of_which_little_is_left_becomes_a_sentence():
    numbers = ("<11 / 30", "<11 / 30", "15 / 30", "20 / 30")
    rows = tuple((heading(f"Week {week}"), number(text)) for week, text in enumerate(numbers))
    table = Grid("durability-visits", "How often those followed were seen.", (), rows)
    material = gather(*make_case("one arm"), {})
    kept = [
        leave_out(Section("s", "S", (replace(table, rows=some),)), set(), set(), material)
        for some in (rows, (*rows, rows[3]))
    ]
    assert [block.kind for block in kept[0].blocks] == ["paragraph"]
    assert [len(block.rows) for block in kept[1].blocks] == [3]


def test_what_was_not_recorded_in_one_arm_says_so_in_the_outcomes():
    tables, study = make_case("two arms")
    arms = [arm.id for arm in study.arms]
    mean = {"measure": "systolic", "mean": 16.0, "lower": 14.0, "upper": 18.0, "patients": 40}
    nobody = mean | {"mean": np.nan, "lower": np.nan, "upper": np.nan, "patients": 0}
    rises = pd.DataFrame([mean | {"arm": arms[0]}, nobody | {"arm": arms[1]}])
    rows = {row[0].text.strip(): row for row in list_safety(gather(tables | {"pressure_rise": rises}, study, {}), arms)}
    assert [cell.text for cell in rows["Systolic rise, mean (95% CI), mm Hg"][1:3]] == [
        "16.0 (14.0 to 18.0)",
        "not recorded",
    ]
    none = pd.DataFrame([nobody | {"arm": arm} for arm in arms])
    assert "Systolic" not in repr(list_safety(gather(tables | {"pressure_rise": none}, study, {}), arms))
