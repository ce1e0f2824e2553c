"""Released tables of the comparison within kinds of patients, and of early response as a sign of later response."""

from outcomes.contracts.released.columns import (
    Effective,
    Error,
    Estimate,
    Flag,
    Freedom,
    Label,
    Lower,
    People,
    PValue,
    Setting,
    Share,
    Statistic,
    Text,
    Upper,
)
from outcomes.contracts.released.comparison import Compared
from outcomes.contracts.released.sums import Fold, Sum


class EarlySignals(Compared):
    """Early response as a sign of later response."""

    row = "an arm, signal, target, denominator, and measure"
    arm = Label("arm id; 'all': both")
    axis = Label("time axis of the signal")
    signal = Label("time point of the early response")
    target_axis = Label("time axis of the target")
    target = Label("time point of the later response")
    population = Label("started or observed")
    measure = Label("sensitivity, specificity, ppv, npv, or late_response")
    events = People("patients whom the measure counts", part_of="n")
    n = People("patients of whom it counts them")
    proportion = Share(events, n)
    lower = Lower(proportion)
    upper = Upper(proportion)
    key = (arm, axis, signal, target_axis, target, population, measure)
    sums = (Sum((n, events), by=key[1:], total=((arm, "all"),)),)


class Subgroups(Compared):
    """The comparison within kinds of patients."""

    row = "an outcome, a variable, and its level"
    order = Setting("place of the row, from 0")
    endpoint = Label("change or response")
    population = Label("of response: everyone (missing scores imputed) or observed")
    variable = Label("variable; 'all': everyone")
    label = Label("the variable's name in print")
    level = Label("level")
    scale = Label("points, risk difference, or risk ratio")
    n_treated = People("patients of the level in the treated arm")
    n_reference = People("patients of the level in the reference arm")
    observed_treated = People("those of the treated arm with a score", part_of=n_treated)
    observed_reference = People("those of the reference arm with a score", part_of=n_reference)
    events_treated = People("those of the treated arm who responded", part_of=n_treated)
    events_reference = People("those of the reference arm who responded", part_of=n_reference)
    effective_n = Effective()
    estimate = Estimate(
        "treated less reference, on the scale",
        scale=scale,
        rests_on=(
            *((events_treated, n_treated), (events_treated, observed_treated)),
            *((events_reference, n_reference), (events_reference, observed_reference)),
        ),
    )
    std_error = Error("standard error, of the logarithm for ratios")
    df = Freedom("degrees of freedom")
    lower = Lower(estimate)
    upper = Upper(estimate)
    shrunken = Estimate("the same, shrunken towards the other levels", scale=scale)
    shrunken_lower = Lower(shrunken)
    shrunken_upper = Upper(shrunken)
    converged = Flag("whether the analysis converged")
    note = Text("what to know of the row")
    key = (endpoint, population, variable, level)
    sums = (
        Sum(
            (n_treated, n_reference, observed_treated, observed_reference, events_treated, events_reference),
            by=(endpoint, population, variable),
            total=((variable, "all"), (level, "all")),
            kept=True,
        ),
    )
    folds = Fold(level, (endpoint, population, variable), (n_treated, n_reference))
    needs = (n_treated, n_reference, observed_treated, observed_reference)


class Interactions(Compared):
    """Tests that the comparison is the same in all kinds of patients."""

    row = "an outcome and a variable"
    endpoint = Label("change or response")
    population = Label("of response: everyone (missing scores imputed) or observed")
    variable = Label("variable")
    label = Label("the variable's name in print")
    scale = Label("points, risk difference, or risk ratio")
    levels = Setting("levels compared")
    num_df = Setting("numerator degrees of freedom")
    den_df = Freedom("denominator degrees of freedom")
    statistic = Statistic("test statistic")
    p_value = PValue()
    p_adjusted = PValue("p value adjusted over the variables")
    multiplicity = Label("how it was adjusted")
    spread = Error("standard deviation of the effect between levels, posterior mean")
    converged = Flag("whether the analysis converged")
    note = Text("what to know of the row")
    key = (endpoint, population, variable)
