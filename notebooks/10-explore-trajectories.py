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
# # Explore trajectories
#
# Run the pipeline first (`make`); this notebook reads what it left under `data/{study}/derived/` and `results/`.
#
# Everything shown here is an aggregate of at least `privacy.minimum_cell` patients, or comes from the released tables. The tables
# under `derived/` have one row per patient: look, but do not publish them.

# %%
import matplotlib.pyplot as plt

from outcomes.files import Places, read_table
from outcomes.released import read_released
from outcomes.settings import read_study

study = read_study("config/example.yaml")
places = Places(study.study)
released = read_released(places)
endpoints = read_table(places.table("endpoints"), "endpoints")
cohort = read_table(places.table("cohort"), "cohort")
included = endpoints.merge(cohort.loc[cohort["included"], ["patient", "series"]])
print(f"{len(cohort):,} series, {cohort['included'].sum():,} analysed; {len(included):,} rows of endpoints")

# %% [markdown]
# ## Who was left out, and why
#
# The first reason that applies counts. The report's flow diagram is drawn from the same table; a number that is missing is
# from 1 to 10: its bound stands in the column `n_bound`.

# %%
released["flow"].query("arm == 'all' and unit == 'series'")[["label", "n"]].astype({"n": "Int64"})

# %% [markdown]
# ## The course by session and by day
#
# The same scores on two time axes. A patient who has had six infusions is on another day than one who has had six doses
# of esketamine, so the two pictures need not agree.

# %%
phq9 = included[included["instrument"] == "phq9"]
figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
for panel, axis in zip(panels, ("session", "day"), strict=True):
    rows = phq9[phq9["axis"] == axis]
    means = rows.groupby(["arm", "time"], observed=True)["score"].agg(["mean", "sem", "count"])
    means = means[means["count"] >= study.privacy.minimum_cell]
    for arm in study.arms:
        course = means.loc[arm.id]
        panel.errorbar(course.index, course["mean"], yerr=1.96 * course["sem"], marker="o", label=arm.label, capsize=2)
    panel.set_xlabel({"session": "sessions had", "day": "days since the first session"}[axis])
panels[0].set_ylabel("PHQ-9, mean and 95 % interval")
panels[0].legend(frameon=False)
plt.show()

# %% [markdown]
# ## How many are still observed
#
# A mean over those who still answer is not a mean over those who started. *Reached* are those who had the session;
# *observed* are those with a score before the next one.

# %%
missing = released["missingness"].query("instrument == 'phq9' and axis == 'session' and arm != 'all'")
shares = missing.assign(
    reached=missing["reached"] / missing["started"], observed=missing["observed"] / missing["started"]
)
shares.pivot(index="timepoint", columns="arm", values=["reached", "observed"]).mul(100).round(0)

# %% [markdown]
# ## Do those who stop differ from those who go on?
#
# Change from baseline at the third session, by whether the sixth was observed. A large difference means that a complete-case
# mean at session 6 is selected.

# %%
third = phq9[(phq9["axis"] == "session") & (phq9["time"] == 3)].set_index(["patient", "series"])
sixth = phq9[(phq9["axis"] == "session") & (phq9["time"] == 6)].set_index(["patient", "series"])
third = third.assign(seen_at_six=sixth["score"].notna().reindex(third.index))
groups = third.groupby(["arm", "seen_at_six"], observed=True)["change"].agg(["mean", "count"]).round(2)
groups[groups["count"] >= study.privacy.minimum_cell]

# %% [markdown]
# ## The recall window
#
# The PHQ-9 asks about two weeks. Early in a series most of those days lie before the first session, which blurs early change.

# %%
phq9[phq9["axis"] == "session"].groupby("timepoint", observed=True)["recall_overlap_days"].describe()[
    ["mean", "25%", "75%"]
]
