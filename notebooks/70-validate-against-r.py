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
# # Validate against R
#
# Why believe an engine that is new? Because each number that it gives can be had from another program that shares no line of code with
# it. `tests/reference/` holds R scripts (nlme, lme4, lmerTest, pbkrtest, emmeans, clubSandwich, survival), the simulated tables
# they read, and their output as R wrote it. The tests compare hundreds of numbers; this notebook compares some by eye. R is not
# needed.

# %%
import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from outcomes import mixed
from outcomes.analysis.durability.turnbull import Seen, fit_turnbull

here = Path.cwd()  # any folder of the project
places = [top / "tests/reference" for top in (here, *here.parents) if (top / "tests/reference/output").is_dir()]
if not places:
    raise FileNotFoundError(
        "tests/reference/output: R's numbers are in the project's folder; open this notebook there."
    )
REFERENCE = places[0]
R = {path.stem: json.loads(path.read_text()) for path in sorted((REFERENCE / "output").glob("*.json"))}
pd.Series({name: content["session"]["r"] for name, content in R.items() if "session" in content}, name="made by")

# %% [markdown]
# ## An unstructured covariance by nlme
#
# A trial of two arms and five visits with gaps. The same formula, the same restricted likelihood.

# %%
trial = pd.read_csv(REFERENCE / "data" / "trial_unbalanced.csv")
trial["arm"] = pd.Categorical(trial["arm"], ["control", "active"])
trial["visit"] = pd.Categorical(trial["visit"])
formula = "change ~ baseline*visit + arm*visit + age + sex"
fit = mixed.fit(trial, formula, subject="subject", visit="visit", covariance="unstructured", df="residual")
gls = next(one for one in R["nlme_gls"]["fits"] if one["covariance"] == "unstructured" and one["method"] == "reml")
print(f"restricted log-likelihood: {fit.loglik:.10f} here, {gls['loglik']:.10f} in nlme")

# %%
# R writes visit2:armactive where the engine writes arm[active]:visit[2]: brackets off, parts in order
plain = fit.coefficients["term"].str.replace(r"[\[\]]", "", regex=True).replace("Intercept", "(Intercept)")
ours = fit.coefficients.set_index(pd.Index([":".join(sorted(term.split(":"))) for term in plain]))
theirs = pd.DataFrame(gls["coefficients"])
theirs.index = pd.Index([":".join(sorted(term.split(":"))) for term in theirs["term"]])
theirs = theirs.loc[ours.index]
pd.DataFrame(
    {
        "estimate": ours["estimate"],
        "nlme": theirs["estimate"],
        "SE": ours["std_error"],
        "nlme's SE": theirs["std_error"],
        "SE / nlme's SE - 1": ours["std_error"] / theirs["std_error"] - 1,
    }
).tail(6)

# %% [markdown]
# The last column is what is left between the two: a few parts in a thousand million. The script lets R's optimiser finish with
# some Newton steps of its own; as shipped it stops where the likelihood looks flat, a hundred thousandth short.
#
# ## Kenward and Roger by pbkrtest
#
# Degrees of freedom are where programs differ most. pbkrtest weighs with the expected information, SAS and R's mmrm with the
# observed one; the engine does either.

# %%
intercept = R["pbkrtest"]["fits"]["intercept"]
adjusted = mixed.fit(
    trial,
    intercept["formula"],
    subject="subject",
    covariance=None,
    random="1",
    df="kenward_roger",
    information="expected",
)
observed = mixed.fit(trial, intercept["formula"], subject="subject", covariance=None, random="1", df="kenward_roger")
plain = adjusted.coefficients["term"].str.replace(r"[\[\]]", "", regex=True).replace("Intercept", "(Intercept)")
names = pd.Index([":".join(sorted(term.split(":"))) for term in plain])
theirs = pd.DataFrame(intercept["coefficients"])
theirs.index = pd.Index([":".join(sorted(term.split(":"))) for term in theirs["term"]])
pd.DataFrame(
    {
        "df, expected information": adjusted.coefficients["df"].to_numpy(),
        "df by pbkrtest": theirs.loc[names, "df"].to_numpy(),
        "df, observed information": observed.coefficients["df"].to_numpy(),
    },
    index=names,
).tail(6).round(6)

# %% [markdown]
# ## Times between two visits by survival
#
# Turnbull's estimate: where the mass lies, and how much.

# %%
seen = pd.read_csv(REFERENCE / "data" / "seen_at_visits.csv").query("arm == 'b'")
upper = np.where(seen["outcome"] == 1, seen["upper"], np.inf)
fit = fit_turnbull(Seen(seen["lower"].to_numpy(float), upper, (seen["outcome"] == 1).to_numpy().astype(int)))
there = (fit.mass > 1e-9) & np.isfinite(fit.right)
pd.DataFrame(
    {
        "from day": fit.left[there],
        "to day": fit.right[there],
        "mass": fit.mass[there],
        "R's mass": R["durability"]["turnbull"]["b"]["mass"],
    }
).round(7)

# %% [markdown]
# ## All at once
#
# The comparisons behind the tests, from the folder of the reference scripts: every model that is fitted by both, and the largest
# deviation of its standard errors. The line is what the tests allow.

# %%
sys.path.insert(0, str(REFERENCE))
from comparisons import TOLERANCE, all_cases

cases = [
    case
    for case in all_cases()
    if case.needs.exists() and case.program in ("nlme", "pbkrtest", "emmeans", "clubSandwich")
]
deviations = pd.DataFrame(
    [{"program": case.program, "model": case.name, "deviation": case.run()["standard error"]} for case in cases]
)
figure, panel = plt.subplots(figsize=(6, 2.4), layout="constrained")
programs = list(deviations["program"].unique())
for place, (_, own) in enumerate(deviations.groupby("program", sort=False)):
    panel.plot(own["deviation"].clip(lower=1e-16), np.full(len(own), place), "|", color="black", markersize=14)
panel.axvline(TOLERANCE["standard error"], color="0.5", linestyle=":")
panel.set_xscale("log")
panel.set_yticks(range(len(programs)), programs)
panel.set_xlabel("largest relative deviation of a standard error, one stroke a model")
plt.show()
print(f"{len(cases)} models; largest deviation {deviations['deviation'].max():.0e}")

# %% [markdown]
# ## When a number differs
#
# Agreement is no proof: two programs can share a mistake in what is asked. So the tests also fit data whose truth is known
# (`benchmarks/`), worked examples by hand, and properties that hold whatever the data. And where the engine and R differ for a
# reason, the reason is written down: `docs/mixed-models-parity.md`, `tests/reference/README.md`.
