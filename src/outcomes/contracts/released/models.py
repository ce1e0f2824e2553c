"""Released tables of the declared mixed models."""

from outcomes.contracts.released.columns import (
    Error,
    Estimate,
    Fewest,
    Flag,
    Freedom,
    Label,
    Likelihood,
    Lower,
    People,
    PValue,
    Setting,
    Statistic,
    Text,
    Upper,
)
from outcomes.contracts.released.table import ReleasedTable


class Fitted(ReleasedTable):
    """What all tables of the models share."""

    written_by, section = "tables", "models"
    model = Label("the model's name in the study file")


class Models(Fitted):
    """Mixed models: specification and convergence."""

    row = "a model"
    label = Label("its name in print")
    primary = Flag("whether it is a primary model")
    instrument = Label("instrument id")
    axis = Label("time axis")
    formula = Label("formula")
    engine = Label("mixed or statsmodels")
    covariance = Label("covariance structure fitted")
    tried = Label("structures tried, in order")
    random = Label("random effects")
    method = Label("reml or ml")
    df = Label("how degrees of freedom are found")
    vcov = Label("variance of the coefficients")
    n_subjects = People("patients in the model")
    n_observations = People("scores in the model")
    dropped_rows = People("scores left out for a missing value of a covariate")
    dropped_subjects = People("patients left out for it")
    loglik = Likelihood("log-likelihood")
    aic = Likelihood("Akaike's criterion")
    bic = Likelihood("Schwarz's criterion")
    sd_ratio = Statistic("largest residual SD of the arms with 11 patients or more, over the smallest")
    converged = Flag("whether the model converged")
    warnings = Text("what the fit warned of")
    key = (Fitted.model,)


class Coefficients(Fitted):
    """Mixed models: coefficients."""

    row = "a model and a term"
    term = Label("coefficient")
    estimate = Estimate("estimate")
    std_error = Error("standard error")
    df = Freedom("degrees of freedom")
    statistic = Statistic("t or z")
    p_value = PValue()
    lower = Lower(estimate)
    upper = Upper(estimate)
    fewest = Fewest()
    key = (Fitted.model, term)


class TermTests(Fitted):
    """Mixed models: tests of terms."""

    name = "tests"
    row = "a model, a term, and a type of test"
    term = Label("term of the formula")
    type = Label("III: other factors averaged; reference: other factors at their first level")
    num_df = Setting("numerator degrees of freedom")
    den_df = Freedom("denominator degrees of freedom")
    statistic = Statistic("F")
    p_value = PValue()
    fewest = Fewest()
    key = (Fitted.model, term, type)  # noqa: A003


class Margins(Fitted):
    """Mixed models: adjusted means."""

    row = "a model, arm, and time point"
    arm = Label("arm id")
    timepoint = Label("time point")
    estimate = Estimate("adjusted mean", "points")
    std_error = Error("standard error", "points")
    df = Freedom("degrees of freedom")
    lower = Lower(estimate)
    upper = Upper(estimate)
    p_value = PValue()
    fewest = Fewest()
    key = (Fitted.model, arm, timepoint)


class ModelDifferences(Fitted):
    """Mixed models: adjusted differences."""

    row = "a model, two arms, and a time point"
    contrast = Label("two arms, the reference last")
    timepoint = Label("time point")
    estimate = Estimate("difference of adjusted means", "points")
    std_error = Error("standard error", "points")
    df = Freedom("degrees of freedom")
    lower = Lower(estimate)
    upper = Upper(estimate)
    p_value = PValue()
    fewest = Fewest()
    key = (Fitted.model, contrast, timepoint)
