"""Comparisons of `outcomes.mixed` with other programs: one `Case` a model, each giving deviations by quantity.

The parity tests assert them and `parity_table.py` tabulates them. A deviation of an estimate is relative to the larger of the value
and its standard error (an estimate may well be zero); of a p-value, absolute; of anything else, relative.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes import mixed

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "reference"

Deviations = dict[str, float]


@dataclass(frozen=True)
class Case:
    """One model in one program; `run` fits ours and returns the largest deviation of each quantity."""

    program: str
    name: str
    run: Callable[[], Deviations]
    needs: Path
    looser: Deviations = field(default_factory=dict)

    def allowed(self, quantity: str) -> float:
        """Give the tolerance of a quantity, that of TOLERANCE unless this program needs a looser one."""
        return self.looser.get(quantity, TOLERANCE[quantity])


# --- reading -----------------------------------------------------------------------------------------------------


@cache
def read_output(topic: str) -> dict:
    return json.loads((HERE / "output" / f"{topic}.json").read_text(encoding="utf-8"))


@cache
def read_shared(name: str) -> dict:
    return json.loads((SHARED / name).read_text(encoding="utf-8"))


LEVELS = {
    "trial_unbalanced": {"arm": ["control", "active"], "sex": ["F", "M"], "visit": [1, 2, 3, 4, 5]},
    "slopes_by_day": {"arm": ["control", "active"]},
    "singular": {},
    "three_arms": {"arm": ["placebo", "high", "low"], "visit": [1, 2, 3, 4]},
    "awkward": {
        "given": ["no drug: usual care", "drug (50 mg)"],
        "when": ["week 2", "week 10", "month 3", "end"],
    },
}


@cache
def read_data(name: str) -> pd.DataFrame:
    """Read a committed table with its factors' levels in order, the reference level first."""
    data = pd.read_csv(HERE / "data" / f"{name}.csv")
    if "visit" in data:
        data["time"] = data["visit"].astype(float)
    for column, levels in LEVELS[name].items():
        data[column] = pd.Categorical(data[column], categories=levels, ordered=column in ("visit", "when"))
    return data


@cache
def read_sim_500() -> pd.DataFrame:
    data = pd.read_csv(SHARED / "sim_500.csv")
    weights = pd.read_csv(SHARED / "sim_500_mmrm_weights.csv")
    data = data.merge(weights, on="patient", validate="many_to_one")
    for column, levels in {"arm": ["esk", "iv"], "sex": ["F", "M"], "visit": range(1, 7)}.items():
        data[column] = pd.Categorical(data[column], categories=list(levels), ordered=column == "visit")
    return data


# --- comparing ---------------------------------------------------------------------------------------------------


def same_name(term: str) -> str:
    """Bring R's and our name of a coefficient to one form: `visit2:armactive` and `arm[active]:visit[2]` are one."""
    plain = term.replace("[T.", "[").replace("[", "").replace("]", "").replace("`", "").replace("_", " ")
    parts = ("(Intercept)" if part == "Intercept" else part for part in plain.split(":"))
    return ":".join(sorted(parts))


def relative(ours: object, theirs: object, floor: object = 0.0) -> float:
    """Largest deviation relative to the larger of `theirs` and `floor`."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert np.isfinite(theirs).all()
    scale = np.maximum(np.abs(theirs), floor)
    return float(np.max(np.abs(ours - theirs) / scale))


def as_reference(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows).drop(columns="_row", errors="ignore")
    table = table.rename(
        columns={"Estimate": "estimate", "Std. Error": "std_error", "t value": "statistic", "Pr(>|t|)": "p_value"}
    )
    table.index = [same_name(term) for term in table["term"]]
    return table


def compare_columns(ours: pd.DataFrame, theirs: pd.DataFrame) -> Deviations:
    """Compare two tables with the same index, column by column; columns the reference lacks are left out."""
    assert sorted(ours.index) == sorted(theirs.index), (list(ours.index), list(theirs.index))
    ours = ours.loc[theirs.index]
    found = {"estimate": relative(ours["estimate"], theirs["estimate"], theirs["std_error"])}
    found["standard error"] = relative(ours["std_error"], theirs["std_error"])
    if "df" in theirs and theirs["df"].notna().all():
        found["df"] = relative(ours["df"], theirs["df"])
    if "p_value" in theirs:
        found["p-value"] = float(np.max(np.abs(ours["p_value"] - theirs["p_value"])))
    if "lower" in theirs:
        found["interval"] = max(relative(ours[side], theirs[side], theirs["std_error"]) for side in ("lower", "upper"))
    return found


def compare_coefficients(fit: mixed.Fit, rows: list[dict]) -> Deviations:
    ours = fit.coefficients.copy()
    ours.index = [same_name(term) for term in ours["term"]]
    assert fit.converged
    return compare_columns(ours, as_reference(rows))


def compare_loglik(fit: mixed.Fit, value: float) -> Deviations:
    return {"log-likelihood": relative(fit.loglik, value)}


def compare_covariance(ours: object, theirs: object) -> Deviations:
    """Compare covariance matrices relative to the standard deviations: a covariance may be zero."""
    theirs = np.asarray(theirs, float)
    sd = np.sqrt(np.diag(theirs))
    return {"covariance": relative(ours, theirs, np.outer(sd, sd))}


# --- nlme --------------------------------------------------------------------------------------------------------

TRIAL_FORMULA = "change ~ baseline*visit + arm*visit + age + sex"


def fit_trial(**settings: object) -> mixed.Fit:
    return mixed.fit(read_data("trial_unbalanced"), TRIAL_FORMULA, subject="subject", visit="visit", **settings)


def run_gls(reference: dict) -> Deviations:
    # gls knows no Kenward-Roger, which would inflate the standard errors.
    fit = fit_trial(covariance=reference["covariance"], method=reference["method"], df="residual")
    return {
        **compare_coefficients(fit, reference["coefficients"]),
        **compare_loglik(fit, reference["loglik"]),
        **compare_covariance(fit.covariance, reference["sigma"]),
        **compare_residuals(fit, reference.get("pearson")),
    }


def compare_residuals(fit: mixed.Fit, theirs: list[float] | None) -> Deviations:
    """Compare residuals divided by their standard deviations; they are of order one."""
    return {} if theirs is None else {"residual": relative(fit.residuals("pearson"), theirs, 1.0)}


def run_gls_weighted(reference: dict) -> Deviations:
    fit = fit_trial(covariance=reference["covariance"], weights="weight", df="residual")
    return {**compare_coefficients(fit, reference["coefficients"]), **compare_loglik(fit, reference["loglik"])}


def run_gls_by_arm(parts: list[dict]) -> Deviations:
    """Every effect interacted with arm: one joint fit with a covariance per arm is two separate ones."""
    fit = mixed.fit(
        read_data("trial_unbalanced"),
        "change ~ 0 + arm + arm:visit + arm:baseline + arm:visit:baseline",
        subject="subject",
        visit="visit",
        covariance="unstructured",
        group="arm",
        df="residual",
    )
    found = compare_loglik(fit, sum(part["loglik"] for part in parts))
    # Predictions of both are compared rather than coefficients: the joint model is coded differently.
    for part in parts:
        theirs = as_reference(part["coefficients"])
        weights = arm_weights(fit, part["arm"], theirs["term"])
        estimate = weights @ fit.coefficients["estimate"].to_numpy()
        std_error = np.sqrt(np.einsum("ij,jk,ik->i", weights, fit.vcov, weights))
        for quantity, value in {
            "estimate": relative(estimate, theirs["estimate"], theirs["std_error"]),
            "standard error": relative(std_error, theirs["std_error"]),
        }.items():
            found[quantity] = max(found.get(quantity, 0.0), value)
    return found


def arm_weights(fit: mixed.Fit, arm: str, terms: list[str]) -> np.ndarray:
    """Combinations of the joint coefficients that are the coefficients of one arm's own model, by R's names."""
    place = {same_name(term): i for i, term in enumerate(fit.coefficients["term"])}
    weights = np.zeros((len(terms), len(place)))
    for row, term in enumerate(terms):
        factors = [] if term == "(Intercept)" else term.split(":")
        weights[row, place[same_name(":".join([f"arm{arm}", *factors]))]] = 1
    return weights


def run_lme_by_arm(reference: dict) -> Deviations:
    fit = fit_trial(covariance=reference["covariance"], group="arm", df="residual")
    found = {**compare_coefficients(fit, reference["coefficients"]), **compare_loglik(fit, reference["loglik"])}
    for row in reference["variance"]:
        theirs = row["between"] + row["within"] * np.eye(5)
        part = compare_covariance(fit.covariance[row["arm"]], theirs)
        found["covariance"] = max(found.get("covariance", 0.0), part["covariance"])
    return found


def run_lme_residual(reference: dict) -> Deviations:
    fit = fit_trial(covariance=reference["covariance"], random=reference["random"], df="between_within")
    lag = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    residual = reference["residual_variance"] * reference["correlation"] ** lag
    return {
        **compare_coefficients(fit, reference["coefficients"]),
        **compare_loglik(fit, reference["loglik"]),
        **worst(
            compare_covariance(fit.covariance, residual),
            compare_covariance(fit.random_covariance, [[reference["intercept_variance"]]]),
        ),
    }


def run_awkward(reference: dict) -> Deviations:
    fit = mixed.fit(
        read_data("awkward"),
        "y ~ given*when + `log dose`",
        subject="who",
        visit="when",
        covariance="unstructured",
        df="residual",
    )
    return {**compare_coefficients(fit, reference["coefficients"]), **compare_loglik(fit, reference["loglik"])}


def nlme_cases() -> Iterator[Case]:
    output = read_output("nlme_gls")
    path = HERE / "output" / "nlme_gls.json"
    for reference in output["fits"]:
        name = f"{reference['covariance']}, {reference['method'].upper()}"
        yield Case("nlme", name, partial(run_gls, reference), path)
    for reference in output["weighted"]:
        yield Case("nlme", f"{reference['covariance']}, weights", partial(run_gls_weighted, reference), path)
    yield Case("nlme", "unstructured by arm, separable", partial(run_gls_by_arm, output["separate_by_arm"]), path)
    yield Case("nlme", "compound symmetry by arm", partial(run_lme_by_arm, output["group_by_arm"]), path)
    yield Case("nlme", "random intercept and AR(1)", partial(run_lme_residual, output["random_and_residual"]), path)
    yield Case("nlme", "string visits and subjects", partial(run_awkward, output["awkward"]), path)


# --- lme4, lmerTest, pbkrtest --------------------------------------------------------------------------------------


def fit_random(reference: dict, **settings: object) -> mixed.Fit:
    data = read_data(reference["data"])
    visit = "visit" if "visit" in data else None
    return mixed.fit(
        data,
        reference["formula"],
        subject="subject",
        visit=visit,
        covariance=None,
        random=reference["random"],
        method=reference["method"],
        **settings,
    )


def compare_joint(fit: mixed.Fit, terms: list[str], row: dict) -> Deviations:
    """Joint F test that the coefficients called `terms` are all zero."""
    place = {same_name(term): i for i, term in enumerate(fit.coefficients["term"])}
    weights = np.zeros((len(terms), len(place)))
    weights[np.arange(len(terms)), [place[same_name(term)] for term in terms]] = 1
    return compare_test(fit.contrast(weights).iloc[0], row)


def compare_test(ours: pd.Series, row: dict) -> Deviations:
    """Compare one F test."""
    assert ours["num_df"] == row["df1"]
    return {
        "F": relative(ours["statistic"], row["statistic"]),
        "denominator df": relative(ours["df"], row["df2"]),
        "p-value": abs(ours["p_value"] - row["p_value"]),
    }


def compare_type_three(ours: pd.Series, row: dict) -> Deviations:
    """Compare a type-III test; with several numerator df the denominator is a quantity of its own, see TOLERANCE."""
    found = compare_test(ours, row)
    return {"type III denominator": found.pop("denominator df"), **found} if row["df1"] > 1 else found


def worst(*parts: Deviations) -> Deviations:
    """Keep the largest deviation of each quantity."""
    found: Deviations = {}
    for part in parts:
        for quantity, value in part.items():
            found[quantity] = max(found.get(quantity, 0.0), value)
    return found


def compare_effects(fit: mixed.Fit, rows: list[dict], covariance: np.ndarray) -> Deviations:
    """Compare the predicted random effects, relative to their standard deviations: a prediction may be zero."""
    theirs = pd.DataFrame(rows).astype({"subject": int}).set_index("subject")
    ours = fit.random_effects().loc[theirs.index]
    return {"BLUP": relative(ours, theirs, np.sqrt(np.diag(covariance)))}


def run_lmertest(reference: dict) -> Deviations:
    fit = fit_random(reference, df="satterthwaite")
    tests = fit.anova()
    tests.index = [same_name(term) for term in tests["term"]]
    random = np.asarray(reference["random_covariance"])
    return worst(
        compare_coefficients(fit, reference["coefficients"]),
        compare_loglik(fit, reference["loglik"]),
        compare_covariance(np.asarray(fit.random_covariance), random),
        {"covariance": relative(fit.residual_variance, reference["residual_variance"])},
        compare_effects(fit, reference["blup"], random),
        compare_joint(fit, reference["joint"]["terms"], reference["joint"]),
        *(compare_type_three(tests.loc[same_name(row["term"])], row) for row in reference["type_three"]),
    )


def run_pbkrtest(reference: dict) -> Deviations:
    fit = fit_random(reference, df="kenward_roger", information="expected")
    return worst(
        compare_coefficients(fit, reference["coefficients"]),
        compare_loglik(fit, reference["loglik"]),
        compare_covariance(fit.vcov, reference["adjusted_vcov"]),
        *(compare_joint(fit, row["terms"], row) for row in reference["joint"]),
    )


# --- emmeans -------------------------------------------------------------------------------------------------------


def compare_rows(ours: pd.DataFrame, theirs: list[dict], keys: list[str]) -> Deviations:
    """Compare two tables of means or differences, matched by `keys`."""
    table = pd.DataFrame(theirs)
    if "df" in table and table["df"].isna().any():
        table = table.drop(columns="df")
    names = {
        "emmean": "estimate",
        "SE": "std_error",
        "t.ratio": "statistic",
        "p.value": "p_value",
        "lower.CL": "lower",
        "upper.CL": "upper",
    }
    table = table.rename(columns=names)
    ours = ours.copy()
    for side in (ours, table):
        side.index = pd.MultiIndex.from_frame(side[keys].astype(str))
    return compare_columns(ours, table)


def run_emmeans(reference: dict) -> Deviations:
    fit = mixed.fit(
        read_data(reference["data"]),
        reference["formula"],
        subject="subject",
        visit="visit",
        covariance=reference.get("covariance"),
        random=reference.get("random"),
        df=reference["df"],
        information="expected" if reference["df"] == "kenward_roger" else "observed",
    )
    parts = [compare_rows(mixed.margins(fit, "arm", by="visit"), reference["margins"], ["arm", "visit"])]
    for adjust, rows in reference["differences"].items():
        ours = mixed.differences(fit, "arm", by="visit", adjust=adjust)
        parts.append(compare_rows(ours, rows, ["contrast", "visit"]))
    return worst(*parts)


# --- clubSandwich --------------------------------------------------------------------------------------------------


def run_clubsandwich(reference: dict, kind: str) -> Deviations:
    fit = mixed.fit(
        read_data(reference["data"]),
        reference["formula"],
        subject="subject",
        visit="visit",
        covariance=reference["covariance"],
        vcov=kind,
        df="satterthwaite",
    )
    if kind == "cr2":
        # Degrees of freedom by Bell and McCaffrey depend on the root as well, so they are not compared here.
        return compare_coefficients(fit, reference["bias_reduced"])
    return compare_coefficients(fit, reference["vcov"][kind])


def other_cases() -> Iterator[Case]:
    runs = {"lme4_lmertest": ("lmerTest", run_lmertest), "emmeans": ("emmeans", run_emmeans)}
    for topic, (program, run) in runs.items():
        for reference in read_output(topic)["fits"]:
            detail = reference.get("df", reference.get("method", "")).replace("_", " ")
            model = reference.get("random") or reference["covariance"]
            name = f"{reference['data']}, {model}, {detail}"
            yield Case(program, name, partial(run, reference), HERE / "output" / f"{topic}.json")
    for name, reference in read_output("pbkrtest")["fits"].items():
        yield Case("pbkrtest", name, partial(run_pbkrtest, reference), HERE / "output" / "pbkrtest.json")
    for reference in read_output("clubsandwich")["fits"]:
        for kind in ("cr0", "cr2", "cr3"):
            program = "CR2 in plain R" if kind == "cr2" else "clubSandwich"
            name = f"{reference['covariance']}, {kind.upper()}"
            yield Case(program, name, partial(run_clubsandwich, reference, kind), HERE / "output" / "clubsandwich.json")


# --- mmrm, and public data: values kept outside this repository ------------------------------------------------------

SIM_FORMULA = "chg ~ base*visit + arm*visit + age + sex"


def fit_sim(**settings: object) -> mixed.Fit:
    return mixed.fit(read_sim_500(), SIM_FORMULA, subject="patient", visit="visit", **settings)


def run_mmrm(key: str, covariance: str) -> Deviations:
    reference = read_shared("sim_500_mmrm.json")["fits"][key]
    plain = fit_sim(covariance=covariance, df="satterthwaite")
    kenward_roger = fit_sim(covariance=covariance, df="kenward_roger")
    return worst(
        compare_coefficients(plain, reference["satterthwaite"]),
        compare_loglik(plain, reference["loglik"]),
        compare_covariance(plain.covariance, reference["sigma"]),
        compare_coefficients(kenward_roger, reference["kenward_roger_linear"]),
    )


def run_mmrm_ml() -> Deviations:
    reference = read_shared("sim_500_mmrm.json")["fits"]["us"]["ml"]
    fit = fit_sim(method="ml", df="satterthwaite")
    return worst(compare_coefficients(fit, reference["satterthwaite"]), compare_loglik(fit, reference["loglik"]))


def run_mmrm_margins() -> Deviations:
    reference = read_shared("sim_500_mmrm.json")["fits"]["us"]
    fit = fit_sim(df="kenward_roger")
    return worst(
        compare_rows(mixed.margins(fit, "arm", by="visit"), reference["margins_kr"], ["arm", "visit"]),
        compare_rows(mixed.differences(fit, "arm", by="visit"), reference["differences_kr"], ["contrast", "visit"]),
    )


def run_mmrm_sandwich(key: str, kind: str, weights: str | None) -> Deviations:
    fit = fit_sim(vcov=kind, df="satterthwaite", weights=weights)
    return compare_coefficients(fit, read_shared("sim_500_mmrm.json")["fits"]["us"][key])


def run_mmrm_weighted() -> Deviations:
    reference = read_shared("sim_500_mmrm.json")["fits"]["us"]["weighted"]
    fit = fit_sim(weights="weight", df="satterthwaite")
    return worst(compare_coefficients(fit, reference["satterthwaite"]), compare_loglik(fit, reference["loglik"]))


MMRM_STRUCTURES = {
    "us": "unstructured",
    "toep": "toeplitz",
    "toeph": "heterogeneous_toeplitz",
    "ar1": "ar1",
    "ar1h": "heterogeneous_ar1",
    "cs": "compound_symmetry",
    "csh": "heterogeneous_compound_symmetry",
    "ad": "ante_dependence",
    "adh": "heterogeneous_ante_dependence",
}


def run_lme4_public(name: str, table: str, formula: str, subject: str, random: str) -> Deviations:
    reference = read_shared(name)["lmer"]
    data = pd.read_csv(SHARED / table)
    if "Sex" in data:
        data["Sex"] = pd.Categorical(data["Sex"], categories=["Male", "Female"])
    settings = {"subject": subject, "covariance": None, "random": random}
    plain = mixed.fit(data, formula, df="satterthwaite", **settings)
    adjusted = mixed.fit(data, formula, df="kenward_roger", information="expected", **settings)
    return worst(
        compare_coefficients(plain, reference["satterthwaite"]),
        compare_coefficients(adjusted, reference["kenward_roger"]),
        compare_loglik(plain, reference["loglik"]),
    )


def shared_cases() -> Iterator[Case]:
    path = SHARED / "sim_500_mmrm.json"
    for key, covariance in MMRM_STRUCTURES.items():
        yield Case("mmrm", covariance, partial(run_mmrm, key, covariance), path)
    yield Case("mmrm", "unstructured, ML", run_mmrm_ml, path)
    yield Case("mmrm", "unstructured, margins and differences", run_mmrm_margins, path)
    yield Case("mmrm", "unstructured, weights", run_mmrm_weighted, path)
    for key, kind, weights in (
        ("Empirical", "cr0", None),
        ("Empirical-Bias-Reduced", "cr2", None),
        ("Empirical-Jackknife", "cr3", None),
        ("weighted_empirical", "cr0", "weight"),
    ):
        name = f"unstructured, {kind.upper()}{', weights' if weights else ''}"
        yield Case("mmrm", name, partial(run_mmrm_sandwich, key, kind, weights), path)
    for name, table, formula, subject, random in (
        ("sleepstudy_slope", "sleepstudy", "Reaction ~ Days", "Subject", "1 + Days"),
        ("orthodont_int", "orthodont", "distance ~ age*Sex", "Subject", "1"),
        ("orthodont_slope", "orthodont", "distance ~ age*Sex", "Subject", "1 + age"),
    ):
        run = partial(run_lme4_public, f"{name}.json", f"{table}.csv", formula, subject, random)
        yield Case("lme4 on public data", name.replace("_", ", "), run, SHARED / f"{name}.json")


# --- statsmodels, in this process --------------------------------------------------------------------------------------

# MixedLM stops early, and its standard errors of slope models come from another approximation of the information.
STATSMODELS_TOLERANCE = {"estimate": 1e-4, "standard error": 5e-3, "covariance": 2e-3, "log-likelihood": 1e-6}


def run_statsmodels(random: str) -> Deviations:
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = read_data("slopes_by_day")
    formula = "score ~ arm*week + severity"
    theirs = MixedLM.from_formula(formula, data, groups="subject", re_formula=f"~{random}").fit(reml=True)
    names = theirs.model.exog_names
    rows = [
        {"term": name, "estimate": theirs.fe_params[name], "std_error": theirs.bse_fe[name], "df": np.nan}
        for name in names
    ]
    fit = mixed.fit(data, formula, subject="subject", covariance=None, random=random, df="normal")
    return worst(
        compare_coefficients(fit, rows),
        compare_loglik(fit, theirs.llf),
        compare_covariance(fit.random_covariance, theirs.cov_re),
    )


def statsmodels_cases() -> Iterator[Case]:
    for random in ("1", "1 + week"):
        run = partial(run_statsmodels, random)
        yield Case("statsmodels", f"slopes_by_day, {random}", run, HERE / "data", STATSMODELS_TOLERANCE)


def all_cases() -> list[Case]:
    return [*nlme_cases(), *other_cases(), *statsmodels_cases(), *shared_cases()]


# --- tolerances ----------------------------------------------------------------------------------------------------

TOLERANCE = {
    # What both programs optimise to double precision agrees to far better; 1e-6 leaves room for their last steps.
    "estimate": 1e-6,
    "standard error": 1e-6,
    "covariance": 1e-6,
    # Divided by the standard deviation, so of order one and compared absolutely.
    "residual": 1e-6,
    # Predictions move with the covariance parameters.
    "BLUP": 1e-6,
    # The log-likelihood is flat at the optimum: an error of 1e-6 in a parameter changes it by 1e-12.
    "log-likelihood": 1e-9,
    # Satterthwaite's variance of a variance is a numerical second derivative in lmerTest and mmrm.
    "df": 1e-4,
    "denominator df": 1e-4,
    # Satterthwaite's denominator of a joint test (Fai & Cornelius 1996) changes with the rows that span the hypothesis, and
    # programs span type III differently; the F itself does not change.
    "type III denominator": 1e-3,
    # F inherits twice the relative error of a standard error.
    "F": 2e-6,
    # Absolute; df off by 1e-4 moves a p-value by far less. R's ptukey and SciPy's studentised range agree to 1e-7 or so.
    "p-value": 1e-5,
    # In units of the standard error: the quantile moves with the degrees of freedom.
    "interval": 1e-4,
}
