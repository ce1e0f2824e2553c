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
# The study is a parameter: `make notebooks STUDY=config/mine.yaml`, or `open_study("config/mine.yaml")` below.
#
# The tables under `derived/` have one row per patient. What is shown of them is of at least `privacy.minimum_cell` patients, but exact: two
# such numbers can tell a smaller one. It is for the clinic's own eyes; strip the outputs before a notebook leaves (`nbstripout notebooks/*.ipynb`).

# %%
import IPython.display
import matplotlib.pyplot as plt

from outcomes.files import read_table
from outcomes.released import open_study

opened = open_study()
study, released = opened.study, opened.released
endpoints = read_table(opened.places.table("endpoints"), "endpoints")
cohort = read_table(opened.places.table("cohort"), "cohort")
included = endpoints.merge(cohort.loc[cohort["included"], ["patient", "series"]])
primary = study.instrument(study.instruments[0])
print(
    f"{study.study}: {len(cohort):,} series, {cohort['included'].sum():,} analysed; {len(included):,} rows of endpoints"
)

# %% [markdown]
# ## Who was left out, and why
#
# The first reason that applies counts. The report's flow diagram is drawn from the same table; a number that is missing is
# from 1 to 10: its bound stands in the column `n_bound`.

# %%
released["flow"].query("arm == 'all' and unit == 'series'")[["label", "n"]].astype({"n": "Int64"})

# %% [markdown]
# ## The course on each time axis
#
# The same scores on every axis that the study has: sessions, days, or scheduled visits. A patient who has had six infusions is on another
# day than one who has had six doses of esketamine, so two axes need not agree. A time point of an arm with fewer scores than may be shown is
# left out, and an arm without any other is said.

# %%
scores = included[(included["instrument"] == study.instruments[0]) & included["score"].notna()]
axes = [axis for axis in ("session", "day", "visit") if (scores["axis"] == axis).any()]
figure, panels = plt.subplots(
    1, len(axes), figsize=(4.5 * len(axes), 3.4), sharey=True, layout="constrained", squeeze=False
)
for panel, axis in zip(panels[0], axes, strict=True):
    rows = scores[scores["axis"] == axis]
    means = rows.groupby(["arm", "time"], observed=True)["score"].agg(["mean", "sem", "count"])
    means = means[means["count"] >= study.privacy.minimum_cell]
    for arm in study.arms:
        if arm.id in means.index.get_level_values("arm"):
            course = means.loc[arm.id]
            panel.errorbar(
                course.index, course["mean"], yerr=1.96 * course["sem"], marker="o", label=arm.label, capsize=2
            )
        else:
            print(f"{arm.label}: fewer than {study.privacy.minimum_cell} scores at every {axis}; not drawn")
    panel.set_xlabel(axis)
    if panel.get_legend_handles_labels()[0]:
        panel.legend(frameon=False)
panels[0][0].set_ylabel(f"{primary.name}, mean and 95% interval")
plt.show()

# %% [markdown]
# ## How many are still observed
#
# A mean over those who still answer is not a mean over those who started. *Reached* are those who got that far;
# *observed* are those with a score there.

# %%
missing = released["missingness"]
missing = missing[
    (missing["instrument"] == study.instruments[0]) & (missing["axis"] == axes[0]) & (missing["arm"] != "all")
]
parts = missing[["reached", "observed"]].astype(float).div(missing["started"].astype(float), axis=0)
shares = missing[["timepoint", "arm"]].join(parts)
shares.pivot(index="timepoint", columns="arm", values=["reached", "observed"]).mul(100).round(0)

# %% [markdown]
# ## Do those who stop differ from those who go on?
#
# Change from baseline half-way, by whether the last time point was observed. A large difference means that a complete-case
# mean at the end is selected.

# %%
times = sorted(scores.loc[scores["axis"] == axes[0], "time"].unique())
half, last = times[(len(times) - 1) // 2], times[-1]
own = included[(included["instrument"] == study.instruments[0]) & (included["axis"] == axes[0])]
middle = own[own["time"] == half].set_index(["arm", "patient", "series"])
end = own[own["time"] == last].set_index(["arm", "patient", "series"])
middle = middle.assign(seen_at_the_end=end["score"].notna().reindex(middle.index))
groups = (
    middle.reset_index("arm")
    .groupby(["arm", "seen_at_the_end"], observed=True)["change"]
    .agg(["mean", "count"])
    .round(2)
)
groups = groups[groups["count"] >= study.privacy.minimum_cell]
IPython.display.display(groups) if len(groups) else print("too few patients in every group")

# %% [markdown]
# ## The recall window
#
# A questionnaire asks about days before it, the PHQ-9 about two weeks. Early in a series most of those days lie before the first session, which
# blurs early change.

# %%
if scores["recall_overlap_days"].notna().any():
    recall = scores[scores["axis"] == axes[0]].groupby("timepoint", observed=True)["recall_overlap_days"].describe()
    IPython.display.display(recall.loc[recall["count"] >= study.privacy.minimum_cell, ["mean", "25%", "75%"]].round(1))
else:
    print("No session dates in this study: how far a score looks back before treatment is not known.")
