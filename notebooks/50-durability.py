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
# A patient who feels better after six infusions wants to know for how long. The data answer only at visits, to those who come, and who comes,
# and how often, hangs on the arm and on how the last score was. This notebook shows what that does to the usual answer, what is asked
# instead, and what the released tables say.
#
# Run the pipeline first (`make`). All numbers are released ones or come from simulated scores; definitions are in
# `docs/durability.md`.

# %%
import json

import IPython.display
import matplotlib.pyplot as plt
import numpy as np

from outcomes.released import open_study

opened = open_study()
study, released = opened.study, opened.released
asked = study.durability is not None and len(released["durability_curve"]) > 0
print(
    study.durability.model_dump()
    if asked
    else "This study asks nothing of durability, or too few responded: below, the invented course alone."
)

# %% [markdown]
# ## One course, seen at two rates
#
# Take 4,000 invented responders. On any day 85 of 100 of them would score in response; scores go up and down, and nothing changes over time.
# Half are seen every 10 days and half every 28. How many have never been *seen* with a bad score by then?

# %%
generator = np.random.default_rng(50)
n, days = 4000, np.arange(1, 99)
level = generator.normal(-0.9, 0.6, n)[:, None]
steps = generator.normal(0, 1, (n, len(days)))
for day in range(1, len(days)):
    steps[:, day] = 0.95 * steps[:, day - 1] + np.sqrt(1 - 0.95**2) * steps[:, day]
good = level + 0.5 * steps + generator.normal(0, 0.4, steps.shape) < 0

figure, panel = plt.subplots(figsize=(6, 3.2), layout="constrained")
panel.plot(days, good.mean(axis=0), color="black", label="in response that day")
for gap, line in ((10, "--"), (28, ":")):
    looked = (days[None, :] + generator.integers(0, gap, n)[:, None]) % gap == 0
    never = ~np.maximum.accumulate(looked & ~good, axis=1)
    panel.step(
        days, never.mean(axis=0), where="post", linestyle=line, color="0.4", label=f"never seen bad, every {gap} days"
    )
    print(
        f"seen every {gap} days: {never[:, 55].mean():.2f} never seen bad by week 8, in response then {good[:, 55].mean():.2f}"
    )
panel.set_xlabel("days")
panel.set_ylabel("share")
panel.set_ylim(0, 1.02)
panel.legend(frameon=False)
plt.show()

# %% [markdown]
# The dashed and the dotted line differ by the visits alone. A log-rank test, a Cox model, or a Weibull model for intervals between
# visits takes that for a difference of treatments. The black line does not hang on when anybody looks, and that is what is asked.
#
# ## Who is followed: the landmark
#
# Time begins at the last induction session. Who is in response at the last score of the landmark's window is followed, those never seen
# again included; who first answers later is not, however good the answer.

# %%
if asked:
    cohort = released["durability_cohort"].pivot(index="step", columns="arm", values="n")
    IPython.display.display(cohort.loc[released["durability_cohort"]["step"].drop_duplicates()].astype("Int64"))

# %% [markdown]
# Most patients drop out of the table at *scored*: they gave no answer in those days. Whatever follows is about those who
# answer. Numbers of people are rounded to five, and `<NA>` is one below the smallest that is shown.
#
# ## How often they are seen
#
# Where arms are seen at different rates, or those whose last score was bad are less often seen again, the scores that are there are no random
# part of the days. In the shipped example both is so.

# %%
if asked:
    visits = released["durability_visits"].set_index("arm")
    gone = visits.assign(good_gone=visits["good_last"] / visits["good"], bad_gone=visits["bad_last"] / visits["bad"])
    IPython.display.display(gone[["n", "seen", "scores", "median_gap_days", "good_gone", "bad_gone"]].round(2))

# %% [markdown]
# ## In response on a given day
#
# Each score is weighed by how often patients with the same last score are seen. Markers: the response of those seen near the week, unweighted.

# %%
curve = released["durability_curve"].query("end == 'loss'").dropna(subset=["share"])
seen = released["durability_at_visit"].query("end == 'loss'").dropna(subset=["share"])
figure, panel = plt.subplots(figsize=(6, 3.3), layout="constrained")
for (arm, own), line, marker in zip(curve.groupby("arm", sort=False), ("-", "--", ":"), ("o", "s", "^"), strict=False):
    drawn = panel.plot(own["week"], own["share"], line, label=arm)[0]
    panel.fill_between(own["week"], own["lower"], own["upper"], alpha=0.15, color=drawn.get_color())
    near = seen[seen["arm"] == arm]
    panel.plot(near["week"], near["share"], marker, color=drawn.get_color())
panel.set_xlim(0, study.durability.horizon_weeks if asked else 1)
panel.set_ylim(0, 1.02)
panel.set_xlabel("weeks since the induction")
panel.set_ylabel("share in response")
if panel.get_legend_handles_labels()[0]:
    panel.legend(frameon=False)
    plt.show()
else:
    plt.close()
    print("No curve is released: too few responders were seen.")

# %% [markdown]
# ## One arm beside the other
#
# The primary difference is that of weeks in response until week 12, with the weights of the comparison. Three estimates stand side by side; a
# difference is stated only where both weighted ones exclude zero.

# %%
effect = released["durability_effect"].query("end == 'loss' and unit == 'weeks in response'")
effect[["method", "weights", "difference", "lower", "upper", "p_value", "bootstrap_error", "primary", "stated"]].round(
    2
)

# %% [markdown]
# All of it takes it that, given the scores so far, coming does not hang on how a patient is that day. Nothing in the data says whether that holds. If
# the ill came twice as often as the well with the same scores, in one arm or both, the difference would be:

# %%
released["durability_tilt"][["case", "arms", "times", "difference", "lower", "upper"]].round(2)

# %% [markdown]
# ## Within one arm
#
# The first bad score at this arm's own visits is still described, as is the first further session, whose day is known. It is not for comparing
# arms, nor for comparing with a cohort that was seen at other intervals.

# %%
first = released["durability_first"]
first = first[first["arm"] == (study.comparison.estimand.treated if study.comparison else study.arms[0].id)]
first.pivot(index=["end", "method"], columns="week", values="share").mul(100).round(0)

# %% [markdown]
# ## Beside the truth
#
# `truth.json` holds, for responders a week after an induction that nothing follows, the share in response later. Here further treatment changes
# nothing (`treatment_policy`), so the two need not agree: those given weekly esketamine keep being treated. With
# `maintenance: censor` the same question is answered; over 30 synthetic clinics it is set against the truth in `docs/durability.md`.

# %%
if asked and opened.truth is not None:
    truth = json.loads(opened.truth.read_text())["durability_without_maintenance"]
    own = released["durability_held"].query("end == 'loss'")
    own = own[own["time"].str.match(r"week \d")].set_index(["arm", "time"])[["share", "lower", "upper"]]
    true = [truth.get(arm, {}).get(time.replace(" ", "_"), np.nan) for arm, time in own.index]
    IPython.display.display(own.assign(without_further_treatment=true).mul(100).round(0))
else:
    print("The truth is not known: these data were not simulated, or nothing is asked of durability.")

# %% [markdown]
# Change `maintenance`, `landmark`, or `loss` in the study file, run `make` again, and see which conclusions stay.
