"""Scores, weights, balance, and standardised risks beside base R (tests/reference/propensity.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.comparison.effects.primary import ARMS, Specification, estimate_differences
from outcomes.analysis.comparison.effects.risks import compute_error
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.weighting.balance import compute_smd
from outcomes.analysis.comparison.weighting.weights import compute_effective_n, compute_weights

FOLDER = Path(__file__).parents[2] / "reference"
PEOPLE = pd.read_csv(FOLDER / "data" / "confounded.csv")
R = json.loads((FOLDER / "output" / "propensity.json").read_text(encoding="utf-8"))
TREATED = PEOPLE["treated"].to_numpy() == 1
CODED = code_confounders(PEOPLE, ["baseline", "payer", "failures", "site"])
KINDS = ("overlap", "att", "ate")
NEAR = {"rtol": 1e-6, "atol": 1e-9}


def weigh(kind):
    return compute_weights(TREATED, CODED.design, kind)


def test_scores():
    np.testing.assert_allclose(weigh("overlap").propensity.probability, R["score"], **NEAR)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_and_their_cost(kind):
    weight = weigh(kind).weight
    np.testing.assert_allclose(weight, R["weights"][kind], **NEAR)
    sizes = [compute_effective_n(weight[side]) for side in (TREATED, ~TREATED)]
    np.testing.assert_allclose(sizes, R["effective_n"][kind], **NEAR)


@pytest.mark.parametrize("kind", ["none", *KINDS])
def test_standardised_differences(kind):
    names = {"baseline": ("baseline", ""), "failures": ("failures", "")}
    for level, value in zip(R["levels"], R["smd"][kind], strict=True):
        place = names.get(level, ("payer" if ("payer", level) in CODED.levels else "site", level))
        values = CODED.levels[place].to_numpy()
        if place[1]:
            assert compute_smd(values, TREATED, weigh(kind).weight, True)[2] == pytest.approx(value, rel=1e-6, abs=1e-9)
            continue
        found = compute_smd(values, TREATED, weigh(kind).weight)[2]
        sides = (values[TREATED], values[~TREATED])  # the reference divides the variances by n, ours by n − 1
        ruler = np.sqrt(np.mean([np.var(own) for own in sides]) / np.mean([np.var(own, ddof=1) for own in sides]))
        assert found == pytest.approx(value * ruler, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("row", R["change"], ids=lambda row: row["weights"])
def test_adjusted_difference_in_means(row):
    frame = pd.DataFrame(
        {
            "person": range(len(PEOPLE)),
            "timepoint": pd.Categorical(["day 28"] * len(PEOPLE)),
            "change": PEOPLE["change"],
            "arm": pd.Categorical(np.array(ARMS)[TREATED.astype(int)], list(ARMS)),
            "baseline": PEOPLE["baseline"].astype(float),
            "weight": weigh(row["weights"]).weight,
        }
    )
    table, _ = estimate_differences(frame, Specification("day", "unstructured", (), vcov="cr0"))
    assert table["estimate"].iloc[0] == pytest.approx(row["difference"], rel=1e-6)
    assert table["std_error"].iloc[0] == pytest.approx(row["hc0"], rel=1e-6)


@pytest.mark.parametrize("row", R["response"], ids=lambda row: f"{row['weights']} {row['method']}")
def test_standardised_risks_and_their_errors(row):
    outcome = PEOPLE["response"].to_numpy(dtype=float)
    one, other = estimate_means(outcome, TREATED, CODED.design, weigh(row["weights"]), row["method"])
    assert one.value - other.value == pytest.approx(row["difference"], rel=1e-6)
    assert compute_error(one.influence - other.influence) == pytest.approx(row["std_error"], rel=1e-6)
