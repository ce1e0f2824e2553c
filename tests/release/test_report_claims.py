"""What the report says of a difference holds for what was seen: direction, denominators, and which analyses a range covers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from released_cases import make_case, make_compared, make_study
from running_text import running_text
from test_report_brief import make_risks

from outcomes.release.report import build_sections
from outcomes.release.report.content.material import gather
from outcomes.release.report.wording.comparison_result import state_response
from outcomes.release.report.wording.denominators import NOT_A_DIFFERENCE, say_not_cautious
from outcomes.release.report.wording.other_analyses import state_range

PLACE = {"axis": "day", "timepoint": "day 28"}


def everything(tables, study):
    return " ".join(running_text(build_sections(gather(tables, study, {}), Path("nowhere"))))


def test_no_difference_counts_a_missing_score_as_nonresponse():
    tables, study = make_compared()
    risks = make_risks((-0.068, 0.06), (0.044, 0.08))
    text = state_response(gather({**tables, "risks": risks, "imputations": tables["imputations"].iloc[:0]}, study, {}))
    assert "of complete cases" in text
    assert "of all treated patients" not in text, "a missing score counted as nonresponse is no basis for a difference"
    row = {"endpoint": "response", "scale": "risk difference", **PLACE, "analysis": "imputed_mar", "converged": True}
    imputed = pd.DataFrame([row | {"estimate": 0.085, "lower": 0.004, "upper": 0.165, "withheld": False}])
    text = state_response(gather({**tables, "risks": risks, "imputations": imputed}, study, {}))
    assert (
        "weighted: +8.5 percentage points (95% CI 0.4 to 16.5) of all, missing scores imputed at random. Of complete cases: +4.4"
        in text
    )
    unadjusted = everything(*make_case("two arms"))
    (entry,) = (part for part in unadjusted.split("Unadjusted difference in response at session 6: ")[1:])
    assert entry.split(".  ")[0].index("of all treated patients") < entry.index("of complete cases")


def test_the_caution_names_how_many_of_each_arm_have_no_score_or_nothing():
    tables, study = make_compared()
    missing = tables["missingness"].copy()
    here = missing["timepoint"] == "day 28"
    missing.loc[here & (missing["arm"] == "iv"), "missing_proportion"] = 0.394
    missing.loc[here & (missing["arm"] == "esketamine"), "missing_proportion"] = 0.202

    def said(table):
        material = gather({**tables, "missingness": table}, study, {})
        return say_not_cautious(material, "phq9", ("day", "day 28"), ("iv", "esketamine"))

    assert "At day 28 the score was missing in 39.4% of IV ketamine, 20.2% of Intranasal esketamine." in said(missing)
    missing.loc[here & (missing["arm"] == "iv"), "missing_proportion"] = float("nan")
    assert said(missing) == NOT_A_DIFFERENCE


def test_the_methods_call_only_an_arms_own_rate_cautious():
    text = everything({}, make_study())
    assert "cautious about an arm's own response" in text
    assert "Counting missing scores as nonresponse biases the comparison" in text
    assert "For worsening it is the other way round" in text


def test_the_range_names_what_it_covers_and_keeps_the_rest_apart():
    tables, study = make_compared()
    row = {"endpoint": "change", "scale": "points", **PLACE, "n": 900, "effective_n": 700.0, "converged": True}
    values = {
        "weighted_overlap": -1.96, "unadjusted": -2.72, "doubly_robust": -1.91, "windows_wider": -1.82, "jump_to_reference": -1.17,
        "delta_treated_2": -1.01, "delta_reference_2": -2.22, "worst_case_treated": 4.12, "worst_case_reference": -7.33,
    }  # fmt: skip
    rows = [
        row | {"analysis": name, "estimate": value, "lower": value - 1, "upper": value + 1}
        for name, value in values.items()
    ]
    table = pd.DataFrame(rows).assign(withheld=False, note="")
    table.loc[table["analysis"].str.startswith("worst"), ["lower", "upper"]] = float("nan")
    text = state_range(gather({**tables, "sensitivity": table}, study, {}))
    assert text == (
        "In 3 other valid analyses of the same difference (adjustment, missing scores, and definitions) it lies between −1.91 and −1.17 points. "
        "Not counted there: Unadjusted it is −2.72. With delta-adjusted imputation it lies between −2.22 and −1.01. "
        "With every missing score at the worst end of the scale in one arm, at the best in the other, it is −7.33 and 4.12."
    )
    alone = table[table["analysis"].isin(["weighted_overlap", "unadjusted"])]
    assert state_range(gather({**tables, "sensitivity": alone}, study, {})) == "Unadjusted it is −2.72."
