"""The main report as its reader meets it: what abstract, methods, figures, and tables say of whom, and where pages break."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from released_cases import make_case, make_compared, make_study, make_tables
from shown_cases import SHOWN, build_shown, draw_one

from outcomes.release.figures.canvas.panels import thin
from outcomes.release.figures.drawings.flow import build_boxes
from outcomes.release.figures.plans.harms import plan_harms
from outcomes.release.figures.plans.participants import plan_participants
from outcomes.release.report import split_report
from outcomes.release.report.content.blocks import Grid, Report
from outcomes.release.report.content.material import gather
from outcomes.release.report.faces.column_widths import Fit, stays_whole
from outcomes.release.report.faces.page_order import Heading, arrange
from outcomes.release.report.page_one.answers import say_rates
from outcomes.release.report.page_one.first_page import write_note
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.sections.abstract import write_abstract
from outcomes.release.report.sections.baseline_compared import tabulate_baseline
from outcomes.release.report.sections.limitations import show_limitations_briefly
from outcomes.release.report.sections.methods_in_brief import describe_methods_briefly
from outcomes.release.report.sections.outcomes import tabulate_outcomes
from outcomes.settings.style import Style


def read_flow(tables, study):
    """Return the lines of Figure 1 by the box that they stand in, of all arms and of each, and its caption."""
    (plan,) = plan_participants(tables, study)
    arms = plan.data["arm"].drop_duplicates()
    boxes = {arm: build_boxes(plan.data[plan.data["arm"] == arm], study) for arm in arms}
    lines = {
        arm: [(box.heading, line.replace("\u00a0", " ")) for box in own for line in box.lines]
        for arm, own in boxes.items()
    }
    return lines, plan.caption


def test_those_scored_are_told_in_percent_of_the_box_above():
    """Weights may leave patients out of the model who have a score: of those compared their share would be another."""
    tables, study = make_compared()
    lines, caption = read_flow(tables, study)
    assert lines["iv"][-2:] == [("In the model", "n = 433"), ("PHQ-9 at day 28", "n = 269 (62%)")]
    assert "Percent: of those in the box above." in caption
    assert "In the model: patients with a later score, where both treatments were given." in caption


@pytest.mark.parametrize("scored", [np.nan, 15])
def test_where_too_few_are_scored_no_box_says_compared(scored):
    """Figure 1 said "Compared" and "In the model" where page 1 said "Not compared"."""
    tables, study = make_compared()
    lines, caption = read_flow(tables | {"effects": tables["effects"].assign(observed_treated=scored)}, study)
    for arm in ("iv", "esketamine"):
        assert [heading for heading, _ in lines[arm]] == ["Analyzed", "PHQ-9 at day 28"]
    assert "In the model" not in caption


def test_those_scored_of_one_arm_are_told_in_percent():
    tables, study = make_case("one arm")
    here = tables["missingness"].query("axis == 'session' and timepoint == '6' and instrument == 'phq9'").iloc[0]
    lines, caption = read_flow(tables, study)
    share = 100 * here["observed"] / here["started"]
    assert lines["iv"] == [("PHQ-9 at session 6", f"n = {here['observed']:,.0f} ({share:.0f}%)")]
    assert "In the model" not in caption


def make_small_arm():
    """Return a study with a third arm of so few patients that no table but the flow tells of them."""
    arms = {"esketamine": "Intranasal esketamine", "iv": "IV ketamine", "im": "IM ketamine"}
    study = make_study(arms)
    tables = make_tables(study)
    told = {name: table[table["arm"] != "im"] for name, table in tables.items() if "arm" in table and name != "flow"}
    flow = tables["flow"].astype({"n": float}).assign(n_bound="")
    flow.loc[flow["arm"] == "im", ["n", "n_bound"]] = [np.nan, "<11"]
    return tables | told | {"flow": flow}, study


def test_an_arm_of_too_few_is_named_where_it_is_left_out():
    tables, study = make_small_arm()
    lines, _ = read_flow(tables, study)
    assert ("Left out", "IM ketamine, too few to analyze: n <11") in lines["all"][:-1]
    assert lines["all"][-1][0] == "Patients analyzed"
    material = gather(tables, study, {})
    exposures = next(block for block in write_abstract(material).blocks if block.lead == "Exposures.")
    assert exposures.text == "Intranasal esketamine and IV ketamine; too few patients to analyze: IM ketamine."
    assert write_note(material, gather_evidence(material)).endswith("Too few patients to analyze: IM ketamine.")
    nobody = tables | {"flow": tables["flow"].assign(n=tables["flow"]["n"].mask(tables["flow"]["arm"] == "im", 0.0))}
    assert "IM ketamine" not in str(read_flow(nobody, study)[0]["all"])


def brief_words(section):
    return {block.lead: block.text for block in section.blocks}


def test_methods_tell_a_comparison_only_where_a_difference_is_told():
    tables, study = make_compared()
    told = gather(tables, study, {})
    few = gather(tables | {"effects": tables["effects"].assign(observed_treated=19)}, study, {})
    methods, fewer = (brief_words(describe_methods_briefly(material)) for material in (told, few))
    assert "the score nearest to it, of days 21 to 35" in methods["Outcomes."]
    assert "Overlap weights made the arms alike" in methods["Comparison."]
    assert fewer["Comparison."].endswith("repeated measures. Not compared: too few patients were scored.")
    measures = [brief_words(write_abstract(material))["Main Outcomes and Measures."] for material in (told, few)]
    assert ["overlap weights" in text for text in measures] == [True, False]
    columns = [[cell.text for cell in tabulate_baseline(material).heads[0]][3:] for material in (told, few)]
    assert columns == [["SMD", "SMD, weighted"], ["SMD"]]
    by_session = study.comparison.estimand.model_copy(update={"axis": "session", "timepoint": "session 6"})
    study = study.model_copy(update={"comparison": study.comparison.model_copy(update={"estimand": by_session})})
    outcomes = brief_words(describe_methods_briefly(gather(tables, study, {})))["Outcomes."]
    assert "at session 6." in outcomes


@pytest.mark.parametrize("observed", [74, 75])
def test_a_small_study_says_that_it_is_small(observed):
    tables, study = make_case("one arm")
    few = tables["missingness"].assign(observed=observed)
    (section,) = show_limitations_briefly(gather(tables | {"missingness": few}, study, {})).blocks
    said = [
        entry
        for entry in section.entries
        if entry.startswith("Few patients had a score at session 6 (74 with IV ketamine). ")
    ]
    assert len(said) == (observed == 74)


@pytest.mark.parametrize(("scored", "upper", "said"), [(74, -0.1, True), (75, -0.1, False), (74, 0.1, False)])
def test_a_clear_difference_of_few_is_called_too_large(scored, upper, said):
    """Of 56 clear differences in simulated clinics the median was 3.9 times the truth among 80 patients, 1.3 times among 600."""
    tables, study = make_compared()
    effects = tables["effects"].assign(observed_treated=scored, upper=upper)
    (section,) = show_limitations_briefly(gather(tables | {"effects": effects}, study, {})).blocks
    assert any("larger than the true one" in entry for entry in section.entries) == said


def test_exhibits_tell_one_number_of_the_patients_of_an_arm():
    """The gate may round the same patients to 35 in one table and to 40 in another, so that no hidden part follows."""
    tables, study = make_case("two arms")
    own = (tables["flow"]["arm"] == "iv") & (tables["flow"]["label"] == "Series analysed")
    made = tables | {"flow": tables["flow"].assign(n=tables["flow"]["n"].mask(own, 35))}
    assert tabulate_baseline(gather(made, study, {})).heads[0][1].text == "IV ketamine (n\u00a0=\u00a035)"
    several = study.model_copy(update={"series": study.series.model_copy(update={"use": "all"})})
    assert tabulate_baseline(gather(made, several, {})).heads[0][1].text == "IV ketamine (n\u00a0=\u00a0321)"


@pytest.mark.parametrize(("height", "whole"), [(200.0, (True, True)), (500.0, (True, False)), (900.0, (False, False))])
def test_main_tables_and_low_ones_stay_on_one_page(height, whole):
    fit = Fit(9.0, (100.0,), False, height)
    assert tuple(stays_whole(Grid(name, "", (), ()), fit) for name in ("outcomes", "other")) == whole


@pytest.mark.parametrize("case", SHOWN)
def test_no_heading_ends_a_run_of_pages(case):
    for part in split_report(Report("t", (), tuple(build_shown(case)))):
        for run in arrange(part, Style()):
            kinds = [isinstance(item.content, Heading) for item in run]
            assert not kinds[-1]


def test_the_conclusion_of_an_excluded_difference_names_its_size():
    tables, study = make_compared()
    tables["effects"] = tables["effects"].assign(estimate=-0.2, lower=-1.1, upper=0.7)
    balance = {
        "weights": "overlap",
        "variable": "baseline",
        "level": "",
        "treated_after": 17.7,
        "reference_after": 17.7,
    }
    tables["covariate_balance"] = pd.DataFrame([balance | dict.fromkeys(("smd_before", "smd_after"), 0.0)])
    tables["sensitivity"] = tables["sensitivity"].iloc[:0]
    text = brief_words(write_abstract(gather(tables, study, {})))["Conclusions and Relevance."]
    assert text.startswith(
        "An important difference, of 3.7 points, was excluded between IV ketamine and Intranasal esketamine."
    )
    assert "unmeasured confounding" in text


def test_columns_of_adverse_effects_say_of_how_many_they_are():
    tables, study = make_case("two arms")
    asked = tables["harms"].query("event == 'any' and block == 'all sessions'").set_index("arm")["patients"]
    name = plan_harms(tables, study)[0].name
    texts = [text.get_text() for text in draw_one(name, tables, study).figure.texts]
    for arm in ("iv", "esketamine"):
        assert f"of {asked[arm]:,.0f}" in texts
    hidden = tables["harms"].assign(
        patients=tables["harms"]["patients"].astype(float).mask(tables["harms"]["arm"] == "iv")
    )
    texts = [text.get_text() for text in draw_one(name, tables | {"harms": hidden}, study).figure.texts]
    assert sum(text.startswith("of ") for text in texts) == 1


def test_the_abstract_says_which_adverse_effects_it_chose():
    tables, study = make_compared()
    events = ["any", "nausea", "sedation", "dizziness", "vomiting"]
    rows = [
        {"block": "all sessions", "event": event, "arm": arm, "patients": 100, "affected": n, "proportion": n / 100}
        for place, event in enumerate(events)
        for arm, n in (("iv", 20), ("esketamine", 40 + place))
    ]
    apart = [{"block": "all sessions", "contrast": "iv - esketamine", "event": event, "difference": -0.2, "lower": -0.3, "upper": -0.1, "note": None} for event in events]  # fmt: skip
    for shown, words in ((5, "Adverse effects that differed most: "), (4, "Adverse effects that differed: ")):
        made = {"harms": pd.DataFrame(rows), "harm_differences": pd.DataFrame(apart[:shown])}
        assert words in brief_words(write_abstract(gather(tables | made, study, {})))["Results."]


def test_a_row_of_one_level_says_of_what_it_is():
    tables, study = make_case("two arms")
    rows = [
        {"variable": variable, "level": level, "arm": arm, "n": 15, "percent": 50.0, "missing": 0}
        for variable, levels in {"payer": ("commercial", "other (3 levels)"), "sex": ("female", "male"), "therapy": ("no", "yes")}.items()
        for level in levels
        for arm in ("iv", "esketamine")
    ]  # fmt: skip
    grid = tabulate_baseline(
        gather(tables | {"baseline": pd.DataFrame(rows).assign(mean=np.nan, sd=np.nan)}, study, {})
    )
    assert [row[0].text for row in grid.rows] == ["Payer: Commercial, n (%)", "Female, n (%)", "Therapy, n (%)"]


@pytest.mark.parametrize(
    ("sites", "rows"),
    [
        (["A"], []),
        (["A", "B"], ["Clinics, 2"]),
        (["A", "other (3 levels)"], ["Clinics"]),
        (["other (3 levels)"], ["Clinics"]),
    ],
)
def test_clinics_are_counted_where_there_are_several_and_none_are_pooled(sites, rows):
    """Small ones are one level, "other": three of four were not counted; and a study of one clinic said "Clinics, 1"."""
    tables, study = make_case("two arms")
    made = [
        {"variable": "site", "level": site, "arm": arm, "n": 15, "percent": 50.0}
        for site in sites
        for arm in ("iv", "esketamine")
    ]
    baseline = pd.DataFrame(made).assign(missing=0, mean=np.nan, sd=np.nan)
    grid = tabulate_baseline(gather(tables | {"baseline": baseline}, study, {}))
    assert [row[0].text for row in grid.rows] == rows


@pytest.mark.parametrize(("confounders", "said"), [(("baseline",), True), (("baseline", "age"), False)])
def test_a_comparison_adjusted_for_the_baseline_alone_says_so_among_the_limitations(confounders, said):
    tables, study = make_compared()
    comparison = study.comparison.model_copy(update={"confounders": confounders})
    section = show_limitations_briefly(gather(tables, study.model_copy(update={"comparison": comparison}), {}))
    assert (
        "part of a difference: no characteristic of patients but the baseline score was adjusted for" in str(section)
    ) == said


def test_a_rate_of_too_few_patients_is_told_as_that_and_never_alone():
    """Only the arm with the higher rate would be shown, or none, and a bound of a percentage says little."""
    tables, study = make_case("two instruments")
    response = tables["response"].assign(events_bound="")
    few = (response["arm"] == "iv") & (response["timepoint"] == "6") & (response["endpoint"] == "response")
    response.loc[few, ["events", "proportion", "lower", "upper"]] = np.nan
    response.loc[few, "events_bound"] = "<11"
    material = gather(tables | {"response": response}, study, {})
    grid = tabulate_outcomes(material)
    rates = next(row for row in grid.rows if row[0].text.strip() == "Response, session 6")
    assert "n\u00a0<11" in [cell.text for cell in rates]
    assert say_rates(material, gather_evidence(material)) == ""


@pytest.mark.parametrize(
    ("places", "room", "kept"),
    [
        ((0, 20, 40, 60, 80, 100), 32.0, (0, 20, 40, 60, 80, 100)),
        ((0, 20, 40, 60, 80, 100), 14.0, (0, 40, 80)),
        ((*range(13), 18), 46.0, (*range(0, 13, 2), 18)),
        ((0, 7, 14, 28, 56), 30.0, (0, 7, 28, 56)),
    ],
)
def test_numbers_below_an_axis_leave_no_gap_among_even_ones(places, room, kept):
    assert thin({float(at): str(at) for at in places}, room, (0.0, float(places[-1]))) == set(map(float, kept))
