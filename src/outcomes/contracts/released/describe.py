"""Released tables that describe a cohort: who, scores, response, what is missing."""

from outcomes.contracts.released.columns import (
    Cumulative,
    Difference,
    Fewest,
    Label,
    Lower,
    Mean,
    People,
    Public,
    Quantile,
    Setting,
    Share,
    Spread,
    Statistic,
    Upper,
)
from outcomes.contracts.released.sums import Fold, Sum
from outcomes.contracts.released.table import Placed, ReleasedTable

POINTS = "points"
ANY = tuple(map(str, range(1, 10)))  # answers to an item but "not at all"


class Baseline(ReleasedTable):
    """Patients before treatment."""

    row = "a variable's level in an arm, or a number's distribution"
    written_by, section = "rates", "patients"
    variable = Label("patients (their number), a column of the study file, an instrument, or its bands")
    level = Label("level; empty for a number")
    arm = Label("arm id; 'all': every patient once")
    n = People("patients with the level, or with a known number")
    mean = Mean("mean")
    sd = Spread("standard deviation")
    median = Quantile("median")
    q1 = Quantile("first quartile")
    q3 = Quantile("third quartile")
    percent = Share(n, None, "share of the arm's patients, those without a value included", scale=100)
    missing = People("patients without a value")
    key = (variable, level, arm)
    sums = (
        Sum((n, missing), by=(variable, level), total=((arm, "all"),)),
        Sum((n,), by=(variable, arm), total=((variable, "patients"), (level, "")), rest=missing, kept=True),
    )
    folds = Fold(level, (variable,), (n,), total=(arm, "all"), once=(missing,))
    needs = (n,)


class BaselineSmd(ReleasedTable):
    """Standardised differences between arms before treatment."""

    row = "a characteristic and two arms"
    written_by, section = "rates", "patients"
    variable = Label("variable of the baseline table")
    contrast = Label("two arms, the reference last")
    smd = Statistic("standardised mean difference; of a category without a sign", "standard deviations")
    fewest = Fewest()
    key = (variable, contrast)


class Scores(Placed):
    """Scores by time point."""

    row = "an arm, instrument, and time point"
    written_by, section = "rates", "results"
    time = Setting("position on the axis: number of the session, day, or visit")
    n = People("patients with a score")
    mean = Mean("mean score", POINTS)
    sd = Spread("standard deviation of the score", POINTS, spans=(mean, n))
    median = Quantile("median score", POINTS)
    q1 = Quantile("first quartile", POINTS)
    q3 = Quantile("third quartile", POINTS)
    lower = Lower(mean)
    upper = Upper(mean)
    sums = (Sum((n,), by=Placed.key[1:], total=((Placed.arm, "all"),)),)


class Response(Placed):
    """Response, remission, and worsening, with both denominators."""

    row = "an arm, instrument, time point, endpoint, and denominator"
    written_by, section = "rates", "results"
    time = Setting("position on the axis: number of the session, day, or visit")
    endpoint = Label("response, remission, or worsening")
    population = Label(
        "started: all series of the arm, an unknown endpoint counts as none; observed: those with a known one"
    )
    n = People("series of the population")
    events = People("series with the endpoint", part_of=n)
    proportion = Share(events, n)
    lower = Lower(proportion)
    upper = Upper(proportion)
    key = (*Placed.key, endpoint, population)


class ReliableChange(Placed):
    """Recovered, improved, unchanged, deteriorated, beyond what error of measurement explains."""

    row = "an arm, instrument, time point, and category"
    written_by, section = "rates", "results"
    time = Setting("position on the axis: number of the session, day, or visit")
    category = Label("recovered (improved past the cut-off), improved, unchanged, or deteriorated")
    change_index = Setting("reliable change index: a change of more is improved or deteriorated", POINTS)
    cutoff = Setting("score at which recovery begins, where one is declared", POINTS)
    n = People("series with a known change")
    events = People("series in the category", part_of=n)
    proportion = Share(events, n)
    lower = Lower(proportion)
    upper = Upper(proportion)
    key = (*Placed.key, category)
    sums = (Sum((events,), by=Placed.key, shared=Placed.key),)


class Differences(ReleasedTable):
    """Differences between arms in response, remission, and worsening."""

    row = "an instrument, time point, endpoint, denominator, and two arms"
    written_by, section = "rates", "results"
    instrument = Label("instrument id")
    axis = Label("time axis")
    timepoint = Label("name of the time point on its axis")
    time = Setting("position on the axis")
    endpoint = Label("response, remission, or worsening")
    population = Label("started or observed")
    contrast = Label("two arms, the reference last")
    n = People("series of the first arm")
    events = People("series of the first arm with the endpoint", part_of=n)
    n_reference = People("series of the reference arm")
    events_reference = People("series of the reference arm with the endpoint", part_of=n_reference)
    difference = Difference(
        "proportion of the first arm less that of the reference", (events, n), (events_reference, n_reference)
    )
    lower = Lower(difference)
    upper = Upper(difference)
    key = (instrument, axis, timepoint, endpoint, population, contrast)


class ChangeDistribution(Placed):
    """Distribution of percent change."""

    row = "an arm, instrument, time point, and bin"
    written_by, section = "rates", "results"
    bin_lower = Setting("lower limit of the bin, not in it; the first bin holds all below", "percent")
    bin_upper = Setting("upper limit of the bin, in it; missing for the last", "percent")
    n = People("series whose change lies in the bin")
    cumulative = Cumulative("share of the observed at or below the upper limit", n)
    key = (*Placed.key, bin_lower)
    sums = (Sum((n,), by=Placed.key, shared=Placed.key),)


class Missingness(Placed):
    """Scores missing by time point."""

    row = "an arm, instrument, and time point"
    written_by, section = "rates", "results"
    time = Setting("position on the axis")
    started = People("series of the arm")
    reached = People("series that had the session; all for days and visits", part_of=started)
    observed = People("series with a score", part_of=reached)
    missing_proportion = Share(observed, started, "share of those started without a score", rest=True)


class Ideation(Placed):
    """Answers to the ideation item at baseline and later."""

    row = "an arm, instrument, time point, and pair of answers"
    written_by, section = "rates", "results"
    time = Setting("position on the axis")
    baseline_answer = Setting("answer at baseline", POINTS)
    answer = Setting("answer at the time point", POINTS)
    n = People("series with both answers")
    key = (*Placed.key, baseline_answer, answer)
    # who had any ideation and who had none, who turned and who did not: groups whose sizes IdeationChange tells
    sums = (
        Sum((n,), by=Placed.key),
        Sum((n,), by=(*Placed.key, baseline_answer)),
        Sum((n,), by=Placed.key, among=((baseline_answer, ANY),)),
        Sum((n,), by=(*Placed.key, answer), among=((baseline_answer, ANY),)),
        Sum((n,), by=(*Placed.key, baseline_answer), among=((answer, ANY),)),
        Sum((n,), by=Placed.key, among=((baseline_answer, ANY), (answer, ANY)), every=True),
    )


class IdeationChange(Placed):
    """Ideation item from any to none and from none to any."""

    row = "an arm, instrument, time point, and direction"
    written_by, section = "rates", "results"
    time = Setting("position on the axis")
    transition = Label("any_to_none or none_to_any")
    n = People("series that had any (or none) at baseline and answered")
    events = People("series that then had none (or any)", part_of=n)
    proportion = Share(events, n)
    lower = Lower(proportion)
    upper = Upper(proportion)
    key = (*Placed.key, transition)


class Recall(Placed):
    """Scores whose recall window reaches before treatment."""

    row = "an arm, instrument, and time point"
    written_by, section = "rates", "results"
    time = Setting("position on the axis")
    n = People("scores with a known overlap")
    overlapping = People("scores that ask about days before the first session", part_of=n)
    proportion = Share(overlapping, n)
    median_days = Quantile("median overlap", "days")


class RegressionToMean(Placed):
    """Change from baseline beside what regression to the mean would give."""

    row = "an arm, instrument, and time point"
    written_by, section = "rates", "results"
    time = Setting("position on the axis")
    n = People("patients with a change")
    baseline_mean = Mean("mean baseline", POINTS)
    baseline_sd = Spread("standard deviation of the baseline", POINTS)
    reference = Label("how the population mean was had: declared, or from the entry threshold")
    threshold = Setting("smallest baseline that enters", POINTS)
    population_mean = Mean("mean of the population that patients come from", POINTS)
    population_sd = Setting("standard deviation of that population", POINTS)
    reliability = Statistic("correlation of two scores of one patient without a change")
    reliability_from = Label("where the reliability is from: two baselines of these patients, or declared")
    observed = Mean("observed mean change", POINTS)
    observed_lower = Lower(observed)
    observed_upper = Upper(observed)
    expected = Mean("mean change that regression to the mean alone would give", POINTS)
    share = Statistic("expected change as a share of the observed")
    remainder = Mean("observed less expected change", POINTS)
    remainder_lower = Lower(remainder)
    remainder_upper = Upper(remainder)
    reliability_needed = Statistic("reliability at which nothing would remain")
    sums = (Sum((n,), by=Placed.key[1:], total=((Placed.arm, "all"),)),)


class TwoBaselines(Placed):
    """Change between two baselines, and from both."""

    row = "an arm, instrument, and time point"
    written_by, section = "rates", "results"
    time = Setting("position on the axis")
    n = People("patients with both baselines and a change")
    first_mean = Mean("mean of the first baseline", POINTS)
    second_mean = Mean("mean of the second baseline", POINTS)
    between = Mean("second less first", POINTS)
    between_lower = Lower(between)
    between_upper = Upper(between)
    correlation = Statistic("correlation of the two baselines")
    change = Mean("change from the second baseline", POINTS)
    change_lower = Lower(change)
    change_upper = Upper(change)
    change_from_mean = Mean("change from the mean of both", POINTS)
    change_from_mean_lower = Lower(change_from_mean)
    change_from_mean_upper = Upper(change_from_mean)
    sums = (Sum((n,), by=Placed.key[1:], total=((Placed.arm, "all"),)),)


class Published(ReleasedTable):
    """The cohort beside published ones."""

    row = "a published figure, and an arm that compares with it"
    written_by, section = "rates", "published"
    study = Label("short reference")
    design = Label("design and setting")
    n_treated = Public("patients treated in the publication")
    n_analysed = Public("patients analysed in the publication")
    route = Label("route or drug")
    instrument = Label("instrument id")
    series_rule = Label("which courses of treatment the publication counts")
    window = Label("when it measures")
    definition = Label("how it defines the endpoint")
    endpoint = Label("endpoint")
    estimate = Public("published figure, in its unit")
    lower = Public("lower limit of its 95% interval")
    upper = Public("upper limit of its 95% interval")
    unit = Label("unit of the published figure")
    doi = Label("source")
    comparison = Label("same definition, or definition differs")
    differs_in = Label("the first part of the definition that differs")
    arm = Label("arm id of the own cohort")
    axis = Label("time axis of the own figure")
    timepoint = Label("time point of the own figure")
    population = Label("started or observed")
    own_n = People("series of the own figure")
    own_events = People("series with the endpoint", part_of=own_n)
    own_estimate = Share(own_events, own_n, scale=100)
    own_lower = Lower(own_estimate)
    own_upper = Upper(own_estimate)
    own_change = Mean("mean change of the own series, where the publication gives one", POINTS)
    own_change_lower = Lower(own_change)
    own_change_upper = Upper(own_change)
    key = (study, instrument, window, endpoint, arm, axis, timepoint, population)
