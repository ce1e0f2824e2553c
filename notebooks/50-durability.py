# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How long does a response last?
#
# A patient who feels better after six infusions wants to know for how long. The data answer only at visits, to those who
# come, and many are treated again before the answer is in. This notebook goes through what each of these does to the number,
# and ends beside the truth of the synthetic example.
#
# Run the pipeline first (`make`). All numbers are released ones or come from simulated times; definitions are in
# `docs/durability.md`.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from outcomes.analysis.durability.turnbull import Seen, fit_turnbull
from outcomes.files import Places
from outcomes.released import read_released
from outcomes.settings import read_study

study = read_study("config/example.yaml")
released = read_released(Places(study.study))
study.durability.model_dump()

# %% [markdown]
# ## A loss is seen late
#
# Take 400 invented patients whose response ends at a known time, for good, and who answer a questionnaire about every third
# or fourth week. Kaplan and Meier's curve takes the first bad score as the day of the loss. Turnbull's uses only
# that the loss lies after the last good score and before the first bad one.

# %%
generator = np.random.default_rng(50)
n, days = 400, np.arange(0, 113, 7)
loss = generator.exponential(80, n)
visits = np.cumsum(generator.integers(15, 40, (n, 6)), axis=1)
good = visits < loss[:, None]
last_good = np.where(good, visits, 0).max(axis=1).astype(float)
first_bad = np.where(good, np.inf, visits).min(axis=1)

turnbull = fit_turnbull(Seen(last_good, first_bad, np.isfinite(first_bad).astype(int)))
held = 1 - turnbull.cumulative(days, 1)
seen = (first_bad[:, None] > days).mean(axis=0)  # nobody is lost to follow-up here, so this is Kaplan and Meier's curve

figure, panel = plt.subplots(figsize=(6, 3.2), layout="constrained")
panel.plot(days / 7, np.exp(-days / 80), color="black", label="truth")
panel.step(days / 7, seen, where="post", linestyle="--", color="0.4", label="Kaplan-Meier: first visit that shows it")
panel.plot(days / 7, held, "s", color="black", markersize=4, label="Turnbull: between two visits")
panel.set_xlabel("weeks")
panel.set_ylabel("share that holds")
panel.set_ylim(0, 1.02)
panel.legend(frameon=False)
plt.show()
print(f"at 8 weeks: truth {np.exp(-56 / 80):.2f}, Kaplan-Meier {seen[8]:.2f}, Turnbull {held[8]:.2f}")

# %% [markdown]
# Sparse visits flatter a treatment, and an arm that is seen more often looks worse for it. That is why both curves
# stand side by side in the report, and why the hazard ratio is given from the intervals as well.
#
# ## Who is followed: the landmark
#
# Time begins at the last induction session. Who is in response at the last score of the landmark's window is followed; who first
# answers later is not, however good the answer, because a loss before it could not have been seen.

# %%
cohort = released["durability_cohort"].pivot(index="step", columns="arm", values="n")
cohort.loc[released["durability_cohort"]["step"].drop_duplicates()].astype("Int64")

# %% [markdown]
# Most patients drop out of the table at *scored*: they gave no answer in those days. Whatever follows is about those who
# answer. (`<NA>` is a number that is withheld, or would give one away.)
#
# ## The curves

# %%
curve = released["durability_curve"].query("end == 'loss' and state == 'held'").dropna(subset=["share"])
figure, panels = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True, layout="constrained")
for panel, method in zip(panels, ("kaplan_meier", "turnbull"), strict=True):
    for (arm, own), line in zip(
        curve[curve["method"] == method].groupby("arm", sort=False), ("-", "--", ":"), strict=False
    ):
        panel.plot(own["week"], own["share"], line, marker="o", label=arm)
        panel.fill_between(own["week"], own["lower"], own["upper"], alpha=0.15)
    panel.set_title(method.replace("_", " "))
    panel.set_xlim(0, study.durability.horizon_weeks)
    panel.set_xlabel("weeks since the induction")
panels[0].set_ylabel("share that holds")
panels[0].legend(frameon=False)
plt.show()

# %% [markdown]
# The curves have few points. Each step between two released weeks must hold at least as many patients as
# `privacy.minimum_cell`, or the week of one patient's loss could be worked out.
#
# ## Held at 4, 8, and 12 weeks
#
# Three questions, three answers. *Never lost until then* (the two curves) and *holds at that time* (`at_visit`) differ because
# scores go up and down: a loss in week 5 may be a response again in week 8.

# %%
loss_rows = released["durability_held"].query("end == 'loss' and state == 'held'")
loss_rows.pivot(index=["arm", "method"], columns="week", values="share").mul(100).round(0)

# %% [markdown]
# ## Beside the truth
#
# `truth.json` holds, for responders a week after an induction that nothing follows, the share in response later. That is the
# question of `at_visit` when nobody is treated again. In these data most are, and the study file declares that further treatment
# changes nothing (`treatment_policy`), so the two need not agree: those given weekly esketamine keep being treated.

# %%
truth = json.loads(Path("data/example/truth.json").read_text())["durability_without_maintenance"]
at_visit = loss_rows.query("method == 'at_visit'").set_index(["arm", "week"])[["share", "lower", "upper"]]
at_visit = at_visit.assign(
    without_further_treatment=[truth.get(arm, {}).get(f"week_{week}", np.nan) for arm, week in at_visit.index]
)
at_visit.mul(100).round(0)

# %% [markdown]
# Over many synthetic clinics, with follow-up ended at the next session as in the truth, the estimates are set against it in
# `docs/durability.md`.
#
# ## Published beside it
#
# McInnes 2022 is without maintenance. With `maintenance: censor` in the study file this cohort's number answers the same
# question; as declared here it does not, and the report says so.

# %%
published = released["published"]
published[published["endpoint"] == "response held"][["study", "window", "estimate", "definition", "doi"]]

# %% [markdown]
# ## One arm beside the other

# %%
columns = ["method", "weights", "hazard_ratio", "lower", "upper", "p_value", "effective_n"]
released["durability_effect"].query("end == 'loss'")[columns].round(3)

# %% [markdown]
# Below 1 the response is lost later. Two cautions. Only responders are compared, and treatment decided who became one, so
# even perfect weights do not make this a trial. And the ratio is one number for sixteen weeks; `proportional_p` in the same table
# asks whether one number will do.
#
# Change `maintenance`, `landmark`, or `loss` in the study file, run `make` again, and see which conclusions stay.
