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
# Load the endpoints, keep the patients the question is about, refit, and plot. Here: does the difference between two arms by
# session change when the comparison is adjusted for what drove the choice of treatment?
#
# The study is a parameter: `make notebooks STUDY=config/mine.yaml`, or `open_study("config/mine.yaml")` below. The example is synthetic and
# its truth is known, so the answer can be checked at the end; what another study lacks is said.

# %%
import json

import IPython.display
import matplotlib.pyplot as plt
import pandas as pd

from outcomes import mixed
from outcomes.files import read_table
from outcomes.mixed.errors import MixedError
from outcomes.released import open_study

opened = open_study()
study, places = opened.study, opened.places
declared = study.comparison.estimand if study.comparison else None
pair = [declared.treated, declared.reference] if declared else [arm.id for arm in study.arms][:2]
instrument = study.instrument(study.instruments[0])
endpoints = read_table(places.table("endpoints"), "endpoints")
cohort = read_table(places.table("cohort"), "cohort")
patients = read_table(places.table("patients"), "patients")

# %% [markdown]
# ## Keep the rows the question is about
#
# Analysed series, the primary instrument, by session, the two arms that the study compares (else its first two). Two arms that were
# scored by session are needed, each with as many patients as may be shown, and characteristics that vary. A session with fewer scores in an
# arm is left out. Numbers of these tables are exact, and for the clinic's own eyes: strip the outputs before a notebook leaves.

# %%
rows = endpoints.merge(cohort.loc[cohort["included"], ["patient", "series"]])
rows = rows[(rows["instrument"] == study.instruments[0]) & (rows["axis"] == "session") & rows["arm"].isin(pair)]
rows = rows.dropna(subset=["change", "baseline"]).merge(patients.drop(columns="arm", errors="ignore"), on="patient")
rows = rows.assign(arm=rows["arm"].astype(str), timepoint=rows["timepoint"].astype(str))
varying = [name for name in rows if rows[name].value_counts().size > 1]
known = [name for name in ("age", "sex", "payer", "failed_antidepressants") if name in varying]
means = rows.groupby(["arm", "timepoint"])["change"].agg(["count", "mean"])
enough = rows.groupby("arm")["patient"].nunique().reindex(pair, fill_value=0).min() >= study.privacy.minimum_cell
sizes = means["count"].unstack(0).reindex(columns=pair).fillna(0)
shown = sizes.index[(sizes >= study.privacy.minimum_cell).all(axis=1)]
rows = rows[rows["timepoint"].isin(shown)]
asked = len(pair) == 2 and bool(enough) and bool(known) and len(shown) > 0
if asked:
    IPython.display.display(means[means["count"] >= study.privacy.minimum_cell].unstack(0).round(2))
else:
    print(
        f"{study.study}: no two arms with enough scores by session and a characteristic that varies; the steps below are left out"
    )

# %% [markdown]
# ## Fit the model three times
#
# The same mixed model for repeated measures (unstructured covariance, Kenward–Roger): without the covariates, with them, and with their products with the
# session. Without products a covariate shifts all sessions alike; what drove the choice of treatment may bear more on late scores than on early ones.

# %%
together = " + ".join(known)
formulas = {
    "unadjusted": "change ~ baseline*timepoint + arm*timepoint",
    "adjusted": f"change ~ baseline*timepoint + arm*timepoint + {together}",
    "adjusted by session": f"change ~ baseline*timepoint + arm*timepoint + ({together})*timepoint",
}
fits = {}
for name, formula in formulas.items() if asked else ():
    try:
        fits[name] = mixed.fit(
            rows.dropna(subset=known),
            formula,
            subject="patient",
            visit="timepoint",
            covariance="unstructured",
            df="kenward_roger",
        )
    except MixedError as problem:
        print(f"{name}: could not be fitted to these data ({type(problem).__name__})")
pd.DataFrame(
    {
        name: {"patients": fit.n_subjects, "log-likelihood": fit.loglik, "converged": fit.converged}
        for name, fit in fits.items()
    }
)

# %%
differences = pd.DataFrame()
if fits:
    differences = pd.concat(
        {name: mixed.differences(fit, "arm", by="timepoint") for name, fit in fits.items()}, names=["model"]
    ).reset_index(level="model")
    shown = ["model", "timepoint", "contrast", "estimate", "lower", "upper", "p_value"]
    IPython.display.display(differences[shown].round(3))

# %% [markdown]
# ## Beside the truth
#
# `truth.json` holds the difference that every patient's two potential outcomes imply. A clinic has no such file: there the
# unadjusted difference mixes the effect with who was offered what, and the adjusted one rests on having measured it all.

# %%
truth = json.loads(opened.truth.read_text())["estimands"].get(study.instruments[0], {}) if opened.truth else {}
known_sessions = [k for k in range(1, 7) if f"after_session_{k}" in truth]
true_difference = [truth[f"after_session_{k}"]["mean_change"]["ato"]["difference"] for k in known_sessions]
if len(differences) and truth:
    true = pd.Series(true_difference, [f"session {k}" for k in known_sessions], name="true")
    beside = differences.join(true, on="timepoint")
    beside = beside.assign(
        off=beside["estimate"] - beside["true"],
        held=(beside["lower"] <= beside["true"]) & (beside["true"] <= beside["upper"]),
    )
    grouped = beside.groupby("model", sort=False)
    IPython.display.display(grouped.agg(mean_off=("off", "mean"), intervals_that_hold_it=("held", "sum")).round(2))
else:
    print(f"{study.study}: no truth is known, so nothing can be set beside the estimates")

# %%
if len(differences):
    figure, panel = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
    for shift, (name, table) in zip((-0.16, 0, 0.16), differences.groupby("model", sort=False), strict=False):
        place = table["timepoint"].str.extract(r"(\d+)")[0].astype(int) + shift
        error = [table["estimate"] - table["lower"], table["upper"] - table["estimate"]]
        panel.errorbar(place, table["estimate"], yerr=error, fmt="o", capsize=2, label=name)
    if truth:
        line = {"color": "black", "marker": "_", "linestyle": ":", "label": "truth (overlap population)"}
        panel.plot(known_sessions, true_difference, **line)
    panel.axhline(0, color="0.6", linewidth=0.8)
    panel.set_xlabel("after session")
    panel.set_ylabel(f"difference in change, {instrument.name} points")
    panel.legend(frameon=False)
    plt.show()

# %% [markdown]
# What the example's numbers show: adjusting moves the difference towards the truth, adjusting by session moves it further, and much of what is left is on one side. Is it
# bias that is left, or chance? One clinic cannot tell. Its six intervals are no six tries: the same patients stand behind all of them, so when one is off, the
# others are off the same way. Only many clinics can tell, and a simulation has them: over those of the table below the same comparison, with weights, is right
# on average, and its intervals hold each clinic's truth about as often as they say.

# %%
path = places.results.parents[1] / "benchmarks/comparison/whole_clinics.csv"
if path.is_file():
    clinics = pd.read_csv(path)
    clinics = clinics[(clinics["endpoint"] == "change") & clinics["timepoint"].str.startswith("session")]
    columns = ["timepoint", "clinics", "truth", "bias", "bias_se", "empirical_sd", "coverage"]
    IPython.display.display(clinics.drop_duplicates("timepoint")[columns])
else:
    print("The table of many clinics is not in this project.")

# %% [markdown]
# So an estimate that is off by two of its standard errors in one clinic is what intervals of 95% allow for; an estimate from a formula that leaves out how
# the confounders act is off in every clinic, and no interval allows for that.
#
# ## Go further
#
# Any column of `patients` can enter a formula or a filter; `study.timepoints` has the other axes; `covariance=` and `df=` have
# the alternatives. What you find after looking is a hypothesis, not a result: declare it in the study file and say so.
