"""Endpoints derived in other ways: each variant is what the study would have been, had it declared that."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from measured import ARMS, daily, define, patients, run, sessions

from outcomes.contracts import check_table
from outcomes.measures.endpoints import derive_endpoints
from outcomes.measures.variants import derive_pretreatment, derive_variants
from outcomes.settings import Baseline, Timepoints, check_study
from outcomes.settings.clinical import Window
from outcomes.settings.variants import declare_variants, stretch_windows

WINDOWS = (Window(day=14, before=3, after=3), Window(day=28, before=7, after=7))
TREATED = sessions([(patient, 0, arm) for patient, arm in ((1, "iv"), (2, "esketamine"), (3, "iv"))])
ANSWERS = daily(
    [(1, -20, 24), (1, -3, 18), (1, 14, 12), (1, 35, 9), (2, -1, 16), (2, 18, 10), (2, 30, 9), (3, -25, 14), (3, -2, 8), (3, 28, 4)]
)  # fmt: skip
DEFINITIONS = define(baseline=Baseline(minimum={"phq9": 10}), timepoints=Timepoints(days=WINDOWS, clean_window=None))


def declare(**variants):
    """The study that declares the comparison with these variants."""
    content = {
        "study": "made-up",
        "data": "nowhere",
        "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
        "instruments": ["phq9"],
        "arms": [{"id": arm.id, "label": arm.label, "protocol": arm.protocol} for arm in ARMS],
        "baseline": {"minimum": {"phq9": 10}},
        "timepoints": {"days": [one.model_dump() for one in WINDOWS], "clean_window": None},
        "report": {"title": "Made up"},
        "comparison": {
            "estimand": {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "timepoint": "day 28"},
            "confounders": ["baseline"],
            "variants": variants,
        },
    }
    return check_study(content)


def derive(**variants):
    study = declare(**variants)
    tables = run(TREATED, ANSWERS, DEFINITIONS)
    given = (tables["scores"], tables["series"], tables["series_sessions"], patients(3), DEFINITIONS)
    declared = declare_variants(study)
    table = check_table(derive_variants(*given, declared, study.comparison.estimand), "variants")
    return table, declared, given


def test_every_variant_is_the_derivation_it_declares():
    table, declared, given = derive(remission_maximum=[9])
    assert [one.name for one in declared] == [
        "baseline_mean", "baseline_worst", "windows_narrower", "windows_wider", "response_at_40", "response_at_60", "remission_at_9",
    ]  # fmt: skip
    for one in declared:
        changed = replace(DEFINITIONS, baseline=one.baseline, timepoints=one.timepoints, endpoints=one.endpoints)
        endpoints, cohort, _ = derive_endpoints(*given[:4], changed)
        used = endpoints[endpoints["patient"].isin(cohort.loc[cohort["included"], "patient"])]
        own = table[table["variant"] == one.name]
        for name in ("score", "baseline", "change", "response", "remission"):
            pd.testing.assert_series_equal(own[name], used[name], check_index=False)


def test_by_hand():
    table, _, _ = derive(remission_maximum=[9])
    at = table.set_index(["variant", "patient", "timepoint"]).sort_index()
    assert at.loc[("baseline_mean", 1, "day 28"), "baseline"] == 21  # 24 and 18
    assert at.loc[("baseline_worst", 1, "day 28"), "baseline"] == 24
    assert at.loc[("windows_wider", 2, "day 14"), "score"] == 10  # day 18
    assert at.loc[("windows_narrower", 1, "day 28"), "score"] != 9  # day 35 is outside 25 to 31
    assert at.loc[("response_at_40", 2, "day 28"), "response"]  # 16 to 9 is a drop of 44 %
    assert not at.loc[("response_at_60", 2, "day 28"), "response"]
    assert at.loc[("remission_at_9", 2, "day 28"), "remission"]


def test_who_enters_follows_the_variant_s_own_baseline():
    table, _, _ = derive()
    entered = table.groupby("variant", observed=True)["patient"].unique()
    assert 3 not in entered["windows_wider"]  # last baseline 8, below the entry threshold
    assert 3 in entered["baseline_worst"]  # 14


def test_windows_are_cut_half_way_to_the_next():
    wide = stretch_windows(WINDOWS, 5)
    assert [(one.day - one.before, one.day + one.after) for one in wide] == [(-1, 18), (19, 63)]
    assert stretch_windows(WINDOWS, 1) == WINDOWS


def test_the_first_and_the_last_score_before_treatment():
    tables = run(TREATED, ANSWERS, DEFINITIONS)
    found = derive_pretreatment(tables["scores"], tables["series"], tables["series_sessions"], DEFINITIONS, "phq9", 30)
    found = check_table(found, "pretreatment").set_index("patient")
    assert found[["first_day", "first_score", "last_day", "last_score"]].values.tolist() == [
        [-20, 24, -3, 18],
        [-25, 14, -2, 8],
    ]


def test_without_a_comparison_there_is_no_variant():
    study = declare()
    assert declare_variants(study.model_copy(update={"comparison": None})) == []
