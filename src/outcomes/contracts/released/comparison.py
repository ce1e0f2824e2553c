"""Released tables of the comparison of two arms: who, weights, effects, risks, and every other way."""

from outcomes.contracts.released.columns import (
    Cumulative,
    Effective,
    Error,
    Estimate,
    Fewest,
    Flag,
    Freedom,
    Label,
    Lower,
    MeanOrShare,
    Modelled,
    Needed,
    People,
    PValue,
    Quantile,
    RiskRatio,
    Setting,
    Share,
    Standardised,
    Statistic,
    Text,
    Upper,
)
from outcomes.contracts.released.sums import Fold, Sum
from outcomes.contracts.released.table import ReleasedTable

POINTS = "points"
LEFT_OUT = "left out"  # the subject of the one sentence on a declared comparison that could not be made


class Compared(ReleasedTable):
    """What all tables of the comparison share."""

    written_by, section = "compare", "comparison"


class TargetTrial(Compared):
    """The declared estimand beside its emulation."""

    row = "a component of the target trial"
    component = Label("component")
    specification = Text("what the target trial would do")
    emulation = Text("what these data do instead")
    key = (component,)


class Eligibility(Compared):
    """From the first series to those compared."""

    row = "a step and an arm"
    order = Setting("place of the row, from 0")
    step = Label("first series, left out, or compared")
    reason = Label("why these were left out")
    arm = Label("arm id")
    n = People("patients")
    key = (order,)
    sums = (Sum((n,), by=(arm,), total=((step, "First series, included"),)),)


class ComparisonStatement(Compared):
    """How to read the primary comparison."""

    row = "a subject"
    subject = Label("population, design, missing, confounders, positivity; or left out: why there is no comparison")
    text = Text("what to know about it")
    key = (subject,)


class CovariateBalance(Compared):
    """Confounders by arm before and after weighting."""

    row = "a kind of weights, a confounder, and its level"
    weights = Label("kind of weights: overlap, att, ate, or none")
    variable = Label("confounder")
    level = Label("level; empty for a number")
    n_treated = People("patients of the treated arm with the level, or with a known number")
    n_reference = People("patients of the reference arm with the level, or with a known number")
    treated_before = MeanOrShare("mean, or share of the level, in the treated arm", n_treated, level)
    reference_before = MeanOrShare("mean, or share of the level, in the reference arm", n_reference, level)
    smd_before = Standardised("standardised difference before weighting", treated_before, reference_before)
    treated_after = MeanOrShare("weighted mean or share in the treated arm", n_treated, level)
    reference_after = MeanOrShare("weighted mean or share in the reference arm", n_reference, level)
    smd_after = Standardised("standardised difference after weighting", treated_after, reference_after)
    key = (weights, variable, level)
    sums = (Sum((n_treated, n_reference), by=(weights, variable), shared=(weights,)),)
    folds = Fold(level, (weights, variable), (n_treated, n_reference))
    needs = (n_treated, n_reference)


class ScoreOverlap(Compared):
    """Propensity score by arm."""

    row = "an arm and a bin of the propensity score"
    arm = Label("arm id")
    bin_lower = Setting("lower limit of the bin")
    bin_upper = Setting("upper limit of the bin")
    n = People("patients of the arm in the bin")
    cumulative = Cumulative("share of the arm up to the upper limit", n)
    key = (arm, bin_lower)
    sums = (Sum((n,), by=(arm,), shared=(arm,)),)


class Positivity(Compared):
    """Strata that only one arm has."""

    row = "a confounder and a level that one arm lacks"
    variable = Label("confounder")
    level = Label("level")
    n_treated = People("patients of the treated arm with the level")
    n_reference = People("patients of the reference arm with the level")
    lacks = Label("arm without such patients")
    key = (variable, level, lacks)
    folds = Fold(level, (variable,), (n_treated, n_reference))


class Weights(Compared):
    """Weights: spread and effective number of patients."""

    row = "a kind of weights and an arm"
    weights = Label("kind of weights")
    arm = Label("arm id")
    n = People("patients")
    effective_n = Effective()
    sd = Statistic(
        "standard deviation of the weights"
    )  # their means, one over both arms together, would tell the sizes of the arms
    p5 = Quantile("5th percentile of the weights")
    median = Quantile("median weight")
    p95 = Quantile("95th percentile of the weights")
    truncated = People("weights cut, over both arms")
    without_weight = People("patients with a weight of nothing", part_of=n)
    key = (weights, arm)
    needs = (n,)


class Effects(Compared):
    """Adjusted difference in change by time point."""

    row = "a time point and a way to the variance"
    axis = Label("time axis")
    timepoint = Label("time point")
    variance = Label("cr2: sandwich; bootstrap: percentiles over samples of patients")
    treated_mean = Estimate("adjusted mean change of the treated arm", POINTS)
    treated_lower = Lower(treated_mean)
    treated_upper = Upper(treated_mean)
    reference_mean = Estimate("adjusted mean change of the reference arm", POINTS)
    reference_lower = Lower(reference_mean)
    reference_upper = Upper(reference_mean)
    estimate = Estimate("difference of the adjusted means, treated less reference", POINTS)
    std_error = Error("standard error of the difference", POINTS)
    df = Freedom("degrees of freedom")
    lower = Lower(estimate)
    upper = Upper(estimate)
    p_value = PValue()
    n_treated = People("patients of the treated arm in the model")
    n_reference = People("patients of the reference arm in the model")
    observed_treated = People("treated patients with a score at the time point", part_of=n_treated)
    observed_reference = People("reference patients with a score at the time point", part_of=n_reference)
    effective_n = Effective()
    covariance = Label("covariance structure fitted")
    converged = Flag("whether the model converged")
    note = Text("what to know of the row")
    key = (axis, timepoint, variance)
    needs = (n_treated, n_reference, observed_treated, observed_reference)


class Risks(Compared):
    """Response and remission standardised over the confounders."""

    row = "a time point, endpoint, denominator, and method"
    axis = Label("time axis")
    timepoint = Label("time point")
    endpoint = Label("response or remission")
    population = Label("everyone: all compared, missing scores imputed as the declared binary answer says; observed")
    method = Label("unadjusted, weighted, g_computation, or augmented")
    n_treated = People("patients of the treated arm who carry weight")
    n_reference = People("patients of the reference arm who carry weight")
    effective_n = Effective()
    events_treated = People("treated patients with the endpoint", part_of=n_treated)
    events_reference = People("reference patients with the endpoint", part_of=n_reference)
    risk_treated = Modelled("risk in the treated arm", n_treated, events_treated)
    risk_treated_lower = Lower(risk_treated)
    risk_treated_upper = Upper(risk_treated)
    risk_reference = Modelled("risk in the reference arm", n_reference, events_reference)
    risk_reference_lower = Lower(risk_reference)
    risk_reference_upper = Upper(risk_reference)
    difference = Estimate("risk difference, treated less reference; Newcombe's interval", "proportion")
    difference_lower = Lower(difference)
    difference_upper = Upper(difference)
    ratio = RiskRatio("risk ratio, treated to reference", risk_treated, risk_reference)
    ratio_lower = Lower(ratio)
    ratio_upper = Upper(ratio)
    nnt = Needed("number needed to treat, where the interval of the difference excludes none", difference)
    outcome_model = Label("how the outcome model was fitted, if there is one")
    converged = Flag("whether the models converged")
    fewest = Fewest()
    key = (axis, timepoint, endpoint, population, method)


class Sensitivity(Compared):
    """The comparison done in every other way."""

    row = "an analysis of an endpoint at a time point"
    endpoint = Label("change, response, remission, or negative_control")
    analysis = Label("what was done")
    scale = Label("scale of the estimate")
    axis = Label("time axis")
    timepoint = Label("time point")
    estimate = Estimate("treated less reference, on the scale", scale=scale)
    lower = Lower(estimate)
    upper = Upper(estimate)
    n = People("patients in the analysis")
    effective_n = Effective()
    converged = Flag("whether the analysis converged")
    note = Text("what to know of the row")
    fewest = Fewest()
    key = (endpoint, analysis, scale, axis, timepoint)


class Imputations(Compared):
    """The differences in change, response, and remission by multiple imputation."""

    row = "an endpoint, scale, time point, and assumption on what is missing"
    endpoint = Label("change, response, or remission")
    scale = Label("points, risk difference, or risk ratio")
    axis = Label("time axis")
    timepoint = Label("time point")
    analysis = Label("assumption on missing scores")
    draws = Setting("imputed data sets")
    estimate = Estimate("treated less reference, on the scale", scale=scale)
    std_error = Error("standard error, of the logarithm for ratios")
    df = Freedom("degrees of freedom")
    lower = Lower(estimate)
    upper = Upper(estimate)
    p_value = PValue()
    within = Error("variance within imputations")
    between = Error("variance between imputations")
    missing_information = Statistic("share of information that is missing")
    monte_carlo_error = Error("Monte-Carlo error of the estimate")
    n = People("patients")
    effective_n = Effective()
    converged = Flag("whether the analysis gave a number")
    note = Text("what to know of the row")
    fewest = Fewest()
    key = (endpoint, scale, axis, timepoint, analysis)


class Tipping(Compared):
    """Differences if missing scores were worse than assumed."""

    row = "a pair of deltas"
    axis = Label("time axis")
    timepoint = Label("time point")
    method = Label("closed_form or imputed")
    delta_treated = Setting("added to the missing scores of the treated arm", POINTS)
    delta_reference = Setting("added to the missing scores of the reference arm", POINTS)
    estimate = Estimate("difference in change, treated less reference", POINTS)
    lower = Lower(estimate)
    upper = Upper(estimate)
    fewest = Fewest()
    key = (axis, timepoint, method, delta_treated, delta_reference)


class Dropout(Compared):
    """Who left, by arm and severity of the last score."""

    row = "a time point, arm, and band of the last score before it"
    axis = Label("time axis")
    timepoint = Label("time point; 'all': their sum")
    arm = Label("arm id")
    band = Label("band of the last score")
    band_lower = Setting("lowest total of the band", POINTS)
    n = People("patients who were there before the time point")
    stayed = People("patients with a score at the time point or later", part_of=n)
    dropped_proportion = Share(stayed, n, "share of those there without a later score", rest=True)
    key = (axis, timepoint, arm, band)
    sums = (
        Sum((n, stayed), by=(axis, arm, band), total=((timepoint, "all"),)),
        Sum((n, stayed), by=(axis, timepoint, arm)),
    )
