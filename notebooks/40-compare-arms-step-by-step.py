# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Compare two arms, step by step
#
# `outcomes compare` goes from scores to an adjusted difference in one command. This notebook takes the same steps one at a
# time, with the same functions, and stops at each to look: who is compared, how they differ, what weights do about it, what
# the difference then is, and how far to trust it.
#
# Run the pipeline first (`make`). The study is a parameter: `make notebooks STUDY=config/mine.yaml`, or
# `open_study("config/mine.yaml")` below. What is printed is aggregate, and tables come from `results/`, where the disclosure
# gate has rounded numbers of people.

# %%
import json

import IPython.display
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from outcomes.analysis.comparison.effects.primary import Specification, tabulate_effects
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.weighting.weights import compute_effective_n, compute_weights
from outcomes.files import read_table
from outcomes.release.course import is_compared
from outcomes.released import open_study

opened = open_study()
study, places, released = opened.study, opened.places, opened.released
comparison = study.comparison
estimand = comparison.estimand if comparison else None
print(
    f"{study.study}: {f'{estimand.treated} with {estimand.reference}' if estimand else 'declares no comparison; the steps below are left out'}"
)

# %% [markdown]
# ## 1. Say what is estimated, before looking
#
# The study file declares it. The left column is the trial one would like to have run; the right one is what these data do
# in its place. If the two cannot be brought together, no amount of modelling helps.

# %%
if comparison is not None:
    IPython.display.display(
        released["target_trial"]
        .drop(columns="withheld", errors="ignore")
        .style.hide(axis="index")
        .set_properties(**{"text-align": "left", "white-space": "normal"})
    )

# %% [markdown]
# ## 2. Who is compared
#
# Each patient's first series, if it is analysed and in one of the two arms. `people` has a row a patient (do not print it);
# `scores` has their changes on every time axis.

# %%
if comparison is not None:
    names = ("patients", "cohort", "series", "series_sessions", "endpoints", "events")
    compared = select_compared({name: read_table(places.table(name), name) for name in names}, comparison)
    treated = compared.treated
    print(f"{treated.sum()} patients with {estimand.treated}, {(~treated).sum()} with {estimand.reference}")
    if not is_compared(released, study):
        print(
            "The report does not compare them: too few patients of an arm are scored. Read what follows as an exercise."
        )

# %% [markdown]
# ## 3. The arms are not alike
#
# Payers decide who is offered what, and payers' patients differ. A standardised difference above 0.1 is usually called
# imbalance. The propensity score sums it up: the probability of IV given everything in `confounders`.

# %%
if comparison is not None:
    confounders = code_confounders(compared.people, comparison.confounders)
    weights = {kind: compute_weights(treated, confounders.design, kind) for kind in ("none", "ate", "overlap")}
    score = weights["overlap"].propensity.probability

    figure, panel = plt.subplots(figsize=(6, 2.8), layout="constrained")
    bins = np.linspace(0, 1, 11)
    for arm, inside, style in ((estimand.treated, treated, "-"), (estimand.reference, ~treated, "--")):
        share, _ = np.histogram(score[inside], bins)
        panel.stairs(
            np.where(share < study.privacy.minimum_cell, np.nan, share), bins, linestyle=style, label=arm, linewidth=1.5
        )
    panel.set_xlabel(f"probability of {estimand.treated}")
    panel.set_ylabel("patients")
    panel.legend(frameon=False)
    plt.show()

# %% [markdown]
# The outlines differ in shape and overlap over most of the range: for most patients either arm was possible. Where only one outline stands there
# is nobody to compare with, and whatever is said of those patients comes from a model, not from data. (A gap in an outline
# is a bin of fewer patients than may be shown.)
#
# ## 4. Weights, and what they cost
#
# Overlap weights count each patient by the probability of the *other* arm. They make the arms' means of every
# confounder equal exactly, and speak for patients who could have had either. Weights for everybody (`ate`) divide by the
# probability of the arm that was had, and a few patients come to speak for many. The effective number of patients tells.

# %%
if comparison is not None:
    IPython.display.display(
        pd.DataFrame(
            {
                kind: {
                    "effective number": compute_effective_n(one.weight),
                    "largest weight, in means": one.weight.max() / one.weight.mean(),
                }
                for kind, one in weights.items()
            }
        ).T.round(1)
    )

# %%
if comparison is not None:
    balance = released["covariate_balance"].query("weights == 'overlap'").dropna(subset=["smd_before"])
    labels = balance["variable"] + balance["level"].map(lambda level: f": {level}", na_action="ignore").fillna("")
    figure, panel = plt.subplots(figsize=(6, 0.22 * len(balance) + 0.8), layout="constrained")
    panel.plot(balance["smd_before"].abs(), labels, "o", color="0.6", label="before")
    panel.plot(balance["smd_after"].abs(), labels, "s", color="black", markersize=4, label="after overlap weights")
    panel.axvline(0.1, color="0.7", linestyle=":")
    panel.set_xlabel("absolute standardised difference")
    panel.invert_yaxis()
    panel.legend(frameon=False)
    plt.show()

# %% [markdown]
# ## 5. The difference
#
# A mixed model of the change by time point, unstructured covariance, with and without weights. Nothing else differs between
# the two columns.

# %%
if comparison is not None:
    specification = Specification(estimand.axis, comparison.covariance, comparison.fallback)
    effects = pd.concat(
        {kind: tabulate_effects(compared, weights[kind].weight, specification) for kind in ("none", "overlap")},
        names=["weights"],
    ).reset_index("weights")
    IPython.display.display(
        effects.set_index(["timepoint", "weights"])[["estimate", "lower", "upper", "p_value"]].round(3)
    )

# %% [markdown]
# Where the data are synthetic, as in the shipped example, the answer can be looked up: the difference that the two potential outcomes of every patient
# imply, averaged over the population that overlap weights stand for.

# %%
if comparison is not None:
    truth = json.loads(opened.truth.read_text())["estimands"]["phq9"] if opened.truth else {}
    days = effects["timepoint"].drop_duplicates()
    known = [truth.get(day.replace(" ", "_"), {}).get("mean_change", {}).get("ato", {}) for day in days]
    true = [one.get("difference", np.nan) for one in known]

    figure, panel = plt.subplots(figsize=(6, 3), layout="constrained")
    for shift, (kind, marker) in zip((-0.1, 0.1), {"none": "o", "overlap": "s"}.items(), strict=True):
        own = effects[effects["weights"] == kind]
        place = np.arange(len(own)) + shift
        panel.vlines(place, own["lower"], own["upper"], color="0.5")
        panel.plot(
            place,
            own["estimate"],
            marker,
            color="black",
            markerfacecolor="white" if kind == "none" else "black",
            label=kind,
        )
    if opened.truth:
        panel.plot(np.arange(len(days)), true, "_", color="black", markersize=22, label="truth")
    else:
        print("The truth is not known: these data were not simulated.")
    panel.set_xticks(range(len(days)), days)
    panel.set_ylabel("difference in change, points")
    panel.legend(frameon=False, title="weights")
    plt.show()

# %% [markdown]
# Weights bring the estimate nearer to the truth at every time point: part of the raw difference was who was offered what. What is
# left between square and line is chance and the scores that nobody gave; over many such networks the weighted estimate is right on
# average (`benchmarks/comparison/`). A clinic has one network and no line.
#
# ## 6. Done in every other way
#
# One analysis is one choice among many that a careful colleague might have made. If the answer depended on it, that would be
# the finding. Each line is the same difference at the primary time point with one thing changed.

# %%
if comparison is not None:
    grid = released["sensitivity"].query("endpoint == 'change' and scale == 'points' and axis == @estimand.axis")
    grid = grid[(grid["timepoint"] == estimand.timepoint) & grid["estimate"].notna()]
    figure, panel = plt.subplots(figsize=(6.5, 0.24 * len(grid) + 0.8), layout="constrained")
    rows = np.arange(len(grid))
    panel.hlines(rows, grid["lower"], grid["upper"], color="0.5")
    panel.plot(grid["estimate"], rows, "ko", markersize=3.5)
    panel.set_yticks(rows, grid["analysis"].str.replace("_", " "))
    panel.axvline(0, color="0.7", linewidth=0.8)
    panel.set_xlabel(f"difference in change at {estimand.timepoint}, points")
    panel.invert_yaxis()
    plt.show()

# %% [markdown]
# ## 7. What weights cannot do
#
# They balance what was measured. An unmeasured reason that both led to IV and improved the outcome would still be in the
# difference. The E-value (in `sensitivity.csv`) says how strong it would have to be; `tipping.csv` how much worse missing scores
# would have to be. Neither says that it is not there.
