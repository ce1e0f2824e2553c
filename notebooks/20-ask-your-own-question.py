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
# # Ask your own question
#
# Load the endpoints, keep the patients the question is about, refit, and plot. Here: does the difference between IV ketamine
# and esketamine by session change when the comparison is adjusted for what drove the choice of treatment?
#
# The example is synthetic and its truth is known, so the answer can be checked at the end.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from outcomes import mixed
from outcomes.files import Places, read_table
from outcomes.settings import read_study

study = read_study("config/example.yaml")
places = Places(study.study)
endpoints = read_table(places.table("endpoints"), "endpoints")
cohort = read_table(places.table("cohort"), "cohort")
patients = read_table(places.table("patients"), "patients")

# %% [markdown]
# ## Keep the rows the question is about
#
# Analysed series, PHQ-9, after sessions 1 to 6, two arms.

# %%
rows = endpoints.merge(cohort.loc[cohort["included"], ["patient", "series"]])
rows = rows[(rows["instrument"] == "phq9") & (rows["axis"] == "session") & rows["arm"].isin(["iv", "esketamine"])]
rows = rows.dropna(subset=["change", "baseline"]).merge(patients.drop(columns="arm", errors="ignore"), on="patient")
rows = rows.assign(arm=rows["arm"].astype(str), timepoint=rows["timepoint"].astype(str))
means = rows.groupby(["arm", "timepoint"])["change"].agg(["count", "mean"])
means[means["count"] >= study.privacy.minimum_cell].unstack(0).round(2)

# %% [markdown]
# ## Fit the model three times
#
# The same mixed model for repeated measures (unstructured covariance, Kenward–Roger): without the covariates, with them, and with their products with the
# session. Without products a covariate shifts all sessions alike; what drove the choice of treatment may bear more on late scores than on early ones.

# %%
formulas = {
    "unadjusted": "change ~ baseline*timepoint + arm*timepoint",
    "adjusted": "change ~ baseline*timepoint + arm*timepoint + age + sex + payer + failed_antidepressants",
    "adjusted by session": "change ~ baseline*timepoint + arm*timepoint + (age + sex + payer + failed_antidepressants)*timepoint",
}
fits = {
    name: mixed.fit(
        rows.dropna(subset=["age", "sex", "payer", "failed_antidepressants"]),
        formula,
        subject="patient",
        visit="timepoint",
        covariance="unstructured",
        df="kenward_roger",
    )
    for name, formula in formulas.items()
}
pd.DataFrame(
    {
        name: {"patients": fit.n_subjects, "log-likelihood": fit.loglik, "converged": fit.converged}
        for name, fit in fits.items()
    }
)

# %%
differences = pd.concat(
    {name: mixed.differences(fit, "arm", by="timepoint") for name, fit in fits.items()}, names=["model"]
).reset_index(level="model")
differences[["model", "timepoint", "contrast", "estimate", "lower", "upper", "p_value"]].round(3)

# %% [markdown]
# ## Beside the truth
#
# `truth.json` holds the difference that every patient's two potential outcomes imply. A clinic has no such file: there the
# unadjusted difference mixes the effect with who was offered what, and the adjusted one rests on having measured it all.

# %%
truth = json.loads(Path("data/example/truth.json").read_text())["estimands"]["phq9"]
sessions = range(1, 7)
true_difference = [truth[f"after_session_{k}"]["mean_change"]["ato"]["difference"] for k in sessions]
known = pd.Series(true_difference, [f"session {k}" for k in sessions], name="true")
beside = differences.join(known, on="timepoint")
beside = beside.assign(
    off=beside["estimate"] - beside["true"],
    held=(beside["lower"] <= beside["true"]) & (beside["true"] <= beside["upper"]),
)
beside.groupby("model", sort=False).agg(mean_off=("off", "mean"), intervals_that_hold_it=("held", "sum")).round(2)

# %%
figure, panel = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
for shift, (name, table) in zip((-0.16, 0, 0.16), differences.groupby("model", sort=False), strict=True):
    place = table["timepoint"].str.extract(r"(\d+)")[0].astype(int) + shift
    error = [table["estimate"] - table["lower"], table["upper"] - table["estimate"]]
    panel.errorbar(place, table["estimate"], yerr=error, fmt="o", capsize=2, label=name)
panel.plot(sessions, true_difference, color="black", marker="_", linestyle=":", label="truth (overlap population)")
panel.axhline(0, color="0.6", linewidth=0.8)
panel.set_xlabel("after session")
panel.set_ylabel("difference in change, PHQ-9 points")
panel.legend(frameon=False)
plt.show()

# %% [markdown]
# What the numbers show: adjusting moves the difference towards the truth, adjusting by session moves it further, and much of what is left is on one side. Is it
# bias that is left, or chance? One clinic cannot tell. Its six intervals are no six tries: the same patients stand behind all of them, so when one is off, the
# others are off the same way. Only many clinics can tell, and a simulation has them: over those of the table below the same comparison, with weights, is right
# on average, and its intervals hold each clinic's truth about as often as they say.

# %%
clinics = pd.read_csv("benchmarks/comparison/whole_clinics.csv")
clinics = clinics[(clinics["endpoint"] == "change") & clinics["timepoint"].str.startswith("session")]
clinics.drop_duplicates("timepoint")[["timepoint", "clinics", "truth", "bias", "bias_se", "empirical_sd", "coverage"]]

# %% [markdown]
# So an estimate that is off by two of its standard errors in one clinic is what intervals of 95% allow for; an estimate from a formula that leaves out how
# the confounders act is off in every clinic, and no interval allows for that.
#
# ## Go further
#
# Any column of `patients` can enter a formula or a filter; `study.timepoints` has the other axes; `covariance=` and `df=` have
# the alternatives. What you find after looking is a hypothesis, not a result: declare it in the study file and say so.
