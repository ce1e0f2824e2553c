"""Words of a study file that no number depends on."""

from pathlib import Path

import pandas as pd
import pytest

from outcomes import workflow
from outcomes.settings import read_study
from outcomes.settings.words import leave_words, name_arms

STUDY = read_study(Path(__file__).parents[2] / "config" / "example.yaml")


def rerun(study) -> set[str]:
    """Return the steps that a change from the example makes run again by themselves."""
    return {step for step in workflow.STEPS if workflow.settings(study, step) != workflow.settings(STUDY, step)}


def change_arm(**update):
    return STUDY.model_copy(update={"arms": (STUDY.arms[0].model_copy(update=update), *STUDY.arms[1:])})


def change_report(**update):
    return STUDY.model_copy(update={"report": STUDY.report.model_copy(update=update)})


@pytest.mark.parametrize(
    ("study", "steps"),
    [
        (change_arm(label="Infusions"), {"tables", "figures", "report"}),
        (change_arm(in_text="infusions"), {"tables", "figures", "report"}),
        (change_arm(color="#123456"), {"tables", "figures", "report"}),
        (change_report(title="Another title"), {"report"}),
        (change_report(subtitle="…", setting="…", citation="…"), {"report"}),
        (change_report(style=STUDY.report.style.model_copy(update={"journal": "lancet"})), {"figures", "report"}),
        (change_report(figures=STUDY.report.figures.model_copy(update={"dpi": 600})), {"figures", "report"}),
        (change_report(headline="day 7"), {"rates", "compare", "figures", "report"}),
    ],
)
def test_a_changed_word_runs_the_steps_that_print_it(study, steps):
    assert rerun(study) == steps


def test_a_changed_meaning_runs_the_steps_that_compute_with_it():
    assert {"intake", "series", "endpoints", "fit", "compare", "rates"} <= rerun(change_arm(treatments=("iv", "im")))
    assert rerun(STUDY) == set()


def test_a_step_without_names_writes_a_place_for_them_and_the_release_fills_it():
    bare = leave_words(STUDY)
    treated, reference = bare.in_text("iv"), bare.in_text("esketamine")
    assert (treated, reference) == ("{iv}", "{esketamine}")
    assert leave_words(STUDY, ("names", "cover", "look")) == STUDY
    table = pd.DataFrame({"trial": [f"{treated} or {reference}", None], "n": [1, 2]})
    named = name_arms(table, STUDY)
    assert named["trial"].tolist()[0] == f"{STUDY.in_text('iv')} or {STUDY.in_text('esketamine')}"
    assert named["trial"].isna().tolist() == [False, True]
    assert named["n"].tolist() == [1, 2]
