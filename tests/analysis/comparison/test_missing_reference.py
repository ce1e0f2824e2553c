"""Imputation by reference arm against a patient-by-patient implementation in R on nlme's fit (tests/reference/imputation.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.comparison.effects.primary import Specification, build_frame, fit_change
from outcomes.analysis.comparison.missing.ancova import build_ancova
from outcomes.analysis.comparison.missing.imputing import fill_missing, find_patterns
from outcomes.analysis.comparison.missing.model import ImputationModel, _arrange
from outcomes.analysis.comparison.missing.strategies import compute_shifts, shift_treated
from outcomes.analysis.comparison.missing.wide import spread_changes
from outcomes.analysis.comparison.population.people import Compared

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "output" / "imputation.json").read_text(encoding="utf-8"))


class Point:
    """The REML estimate in the place of draws."""

    def __init__(self, fit):
        self.coefficients = fit.coefficients["estimate"].to_numpy()[None]
        self.covariance = fit.covariance.to_numpy()[None]


@pytest.fixture(scope="module")
def study():
    trial = pd.read_csv(FOLDER / "data" / "trial_unbalanced.csv")
    people = trial.drop_duplicates("subject")
    place = {subject: row for row, subject in enumerate(people["subject"])}
    points = tuple(f"visit {visit}" for visit in sorted(trial["visit"].unique()))
    scores = trial.assign(
        person=trial["subject"].map(place), axis="visit", timepoint="visit " + trial["visit"].astype(str)
    )
    described = pd.DataFrame(
        {"treated": (people["arm"] == "active").to_numpy(), "baseline": people["baseline"].to_numpy()}
    )
    return Compared(described, scores, {"visit": points}, {}), people["weight"].to_numpy()


@pytest.fixture(scope="module")
def model(study) -> ImputationModel:
    compared, weight = study
    frame = build_frame(compared, "visit", np.ones(len(weight)))
    fit = fit_change(frame, Specification("visit", "unstructured", (), True, "model"), df="normal")
    np.testing.assert_allclose(fit.covariance, REFERENCE["sigma"], rtol=1e-6)
    return _arrange(fit.names, Point(fit), compared.timepoints["visit"], 0, "")


@pytest.mark.parametrize("method", ["imputed_mar", "jump_to_reference", "copy_reference", "copy_increments"])
def test_conditional_means_are_those_of_r(study, model, method):
    compared, weight = study
    wide = spread_changes(compared, "visit", weight, np.empty((len(weight), 0)))
    assert wide.missing[~wide.dropped].any()  # gaps
    assert wide.dropped.any()
    mean = model.predict_reference(wide, slice(0, 1)) + wide.treated[:, None] * model.arm[:, None]
    filled = fill_missing(wide.change, mean, model.covariance, np.zeros(mean.shape), find_patterns(wide.change))
    filled = filled + shift_treated(wide, compute_shifts(method, model.arm, model.covariance))
    estimates, _ = build_ancova(wide.treated, wide.baseline, weight).estimate(filled[0])
    theirs = [row["estimate"] for row in REFERENCE["estimates"] if row["analysis"] == method]
    np.testing.assert_allclose(estimates, theirs, rtol=1e-6)
