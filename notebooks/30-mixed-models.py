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
# # The same data with outcomes.mixed and with statsmodels
#
# Two engines, one trial. Where they fit the same model they agree; where their numbers differ, the reason is one of four:
# the covariance they can express, the degrees of freedom, the standard errors' correction, and where the optimiser stops.

# %%
import warnings

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

from outcomes import mixed

# %% [markdown]
# ## A small trial
#
# Twenty-four people in two arms, five visits, a fifth of the later visits missed. Correlation falls with the distance of visits and
# variance grows: what a random intercept cannot express.

# %%
rng = np.random.default_rng(20)
n, visits = 24, 5
steps = np.arange(visits)
deviations = 3.0 + 0.7 * steps
truth = np.outer(deviations, deviations) * 0.75 ** np.abs(np.subtract.outer(steps, steps))
arm = np.repeat([0, 1], n // 2)
baseline = rng.normal(18, 4, n)
change = rng.multivariate_normal(np.zeros(visits), truth, n) - 0.3 * baseline[:, None] - 0.8 * steps * arm[:, None]
kept = rng.random((n, visits)) > 0.2 * (steps > 0)
person, step = np.nonzero(kept)
trial = pd.DataFrame(
    {
        "person": person,
        "visit": (step + 1).astype(str),
        "week": step.astype(float),
        "arm": np.array(["esketamine", "iv"])[arm[person]],
        "baseline": baseline[person],
        "change": change[person, step],
    }
)
trial.groupby(["arm", "visit"])["change"].agg(["size", "mean"]).unstack("visit").round(1)

# %% [markdown]
# ## The same model: a random intercept
#
# statsmodels' MixedLM has random effects only. Here both maximise the same restricted likelihood. The scales differ: statsmodels' z and
# normal p-values against t with Kenward and Roger's degrees of freedom.

# %%
formula = "change ~ arm*visit + baseline"
ours = mixed.fit(trial, formula, subject="person", covariance=None, random="1")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    theirs = smf.mixedlm(formula, trial, groups="person").fit(reml=True)

table = ours.coefficients.set_index("term")
names = [name.replace("[T.", "[") for name in theirs.fe_params.index]
beside = pd.DataFrame(
    {
        "estimate": table["estimate"],
        "statsmodels estimate": pd.Series(theirs.fe_params.to_numpy(), names),
        "SE": table["std_error"],
        "statsmodels SE": pd.Series(theirs.bse_fe.to_numpy(), names),
        "df": table["df"],
        "P": table["p_value"],
        "statsmodels P": pd.Series(theirs.pvalues[: len(names)].to_numpy(), names),
    }
)
beside.round(4)

# %%
print(f"restricted log-likelihood: {ours.loglik:.6f} here, {theirs.llf:.6f} in statsmodels")
print(
    f"largest difference of estimates, in standard errors: "
    f"{((beside['estimate'] - beside['statsmodels estimate']).abs() / beside['SE']).max():.1e}"
)

# %% [markdown]
# The estimates agree. The standard errors do not quite: Kenward and Roger add what is lost by estimating the covariance. Take the correction away, and
# the degrees of freedom with it, and the two tables are the same.

# %%
plain = mixed.fit(trial, formula, subject="person", covariance=None, random="1", df="normal").coefficients.set_index(
    "term"
)
pd.DataFrame(
    {
        "SE / statsmodels SE": plain["std_error"] / beside["statsmodels SE"],
        "P - statsmodels P": plain["p_value"] - beside["statsmodels P"],
    }
).round(5)

# %% [markdown]
# ## A covariance of its own for each pair of visits
#
# The usual analysis of such a trial leaves the covariance free. statsmodels cannot. The likelihood says which describes these data.

# %%
fits = {
    covariance: mixed.fit(trial, formula, subject="person", visit="visit", covariance=covariance)
    for covariance in ("compound_symmetry", "heterogeneous_ar1", "unstructured")
}
pd.DataFrame(
    {
        name: {"parameters": fit.n_covariance_parameters, "log-likelihood": fit.loglik, "AIC": fit.aic, "BIC": fit.bic}
        for name, fit in fits.items()
    }
).T.round(2)

# %%
mixed.compare(fits["compound_symmetry"], fits["unstructured"]).round(4)

# %% [markdown]
# A random intercept is compound symmetry that cannot be negative: the first two columns of the next table are equal. What changes with the covariance is the standard error by visit: the random intercept spreads one variance over
# all visits, so early differences look less sure than they are and late ones surer.

# %%
pd.DataFrame(
    {
        name: mixed.differences(fit, "arm", by="visit").set_index("visit")["std_error"]
        for name, fit in {"random intercept": ours, **fits}.items()
    }
).round(3)

# %%
print(fits["unstructured"].summary())

# %% [markdown]
# ## The difference at each visit, with and without small-sample inference

# %%
final = {}
for label, options in {
    "Kenward-Roger": {},
    "Satterthwaite": {"df": "satterthwaite"},
    "CR2 sandwich": {"vcov": "cr2"},
    "normal": {"df": "normal"},
}.items():
    fit = mixed.fit(trial, formula, subject="person", visit="visit", **options)
    final[label] = mixed.differences(fit, "arm", by="visit").iloc[-1]
pd.DataFrame(final).T[["contrast", "visit", "estimate", "std_error", "df", "p_value", "lower", "upper"]]

# %% [markdown]
# With two dozen people the normal interval is too short. Kenward and Roger widen the standard error and use t with the degrees of freedom
# that these data hold; Satterthwaite uses that t with the plain standard error; the sandwich does not trust the covariance model.
#
# ## Slopes: where the standard errors of statsmodels drift
#
# With a random slope, statsmodels' optimiser stops early, and its standard errors come from a Hessian that treats covariance and coefficients
# together. At the same likelihood some are a percent off.

# %%
slope = mixed.fit(
    trial, "change ~ arm*week + baseline", subject="person", covariance=None, random="1 + week", df="normal"
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    other = smf.mixedlm("change ~ arm*week + baseline", trial, groups="person", re_formula="1 + week").fit(reml=True)
print(f"restricted log-likelihood: {slope.loglik:.8f} here, {other.llf:.8f} in statsmodels")
error = slope.coefficients.set_index("term")["std_error"]
drift = pd.Series(other.bse_fe.to_numpy(), [name.replace("[T.", "[") for name in other.fe_params.index])
pd.DataFrame({"SE": error, "statsmodels SE": drift, "ratio": drift / error}).round(5)
