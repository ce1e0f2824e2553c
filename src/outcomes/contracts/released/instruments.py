"""Released tables of instruments side by side: percent change, change and response on two of them, ordered categories."""

from outcomes.contracts.released.columns import (
    Correlation,
    Fewest,
    Flag,
    Label,
    Lower,
    Mean,
    People,
    PValue,
    Quantile,
    Ratio,
    Setting,
    Spread,
    Statistic,
    Text,
    Upper,
)
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import Placed, ReleasedTable

PERCENT = "percent"


class PercentChange(Placed):
    """Percent change from baseline, mean and median."""

    row = "an arm, instrument, and time point"
    written_by, section = "rates", "instruments"
    time = Setting("position on the axis: number of the session, day, or visit")
    changed = People("series with a baseline and a score")
    n = People("those of them with a percent change", part_of=changed)
    undefined = People("those of them with a baseline of 0, from which there is none", part_of=changed)
    mean = Mean("mean percent change of a patient; negative where the total falls", PERCENT)
    sd = Spread("standard deviation of the percent change", PERCENT, spans=(mean, n))
    lower = Lower(mean)
    upper = Upper(mean)
    median = Quantile("median percent change", PERCENT)
    median_lower = Lower(median, "95% interval, of order statistics")
    median_upper = Upper(median, "95% interval, of order statistics")
    of_means = Mean("change of the mean total in percent of the mean baseline, of all with both", PERCENT)
    needs = (n,)
    sums = (Sum((n, undefined), by=(), into=changed, kept=True),)


class Pair(ReleasedTable):
    """What the tables of two instruments share."""

    written_by, section = "rates", "instruments"
    arm = Label("arm id")
    instrument = Label("instrument id")
    other = Label("id of the instrument beside it")
    axis = Label("time axis: session, day, visit, or clean (after the induction, untreated)")
    timepoint = Label("name of the time point on its axis")
    relation = Label("same: both measure the same; derived: the other is scored from this one's items; different")


class JointChange(Pair):
    """Change on two instruments together."""

    row = "an arm, two instruments, and a time point"
    time = Setting("position on the axis")
    n = People("series with a change on both")
    correlation = Correlation("Pearson correlation of the two improvements; positive where both improve together", n)
    lower = Lower(correlation, "95% interval, by Fisher's z")
    upper = Upper(correlation, "95% interval, by Fisher's z")
    key = (Pair.arm, Pair.instrument, Pair.other, Pair.axis, Pair.timepoint)


class JointResponse(Pair):
    """Response on two instruments, and whether they agree."""

    row = "an arm, two instruments, and a time point"
    time = Setting("position on the axis")
    n = People("series whose response is known on both")
    same = People("those with the same answer on both", part_of=n)
    first_only = People("those with a response on the first alone", part_of=n)
    second_only = People("those with a response on the other alone", part_of=n)
    both = Statistic("share with a response on both", "proportion")
    neither = Statistic("share without a response on either", "proportion")
    agreement = Statistic("share whose response is the same on both", "proportion")
    kappa = Statistic("Cohen's kappa: agreement beyond that of chance")
    kappa_lower = Lower(kappa)
    kappa_upper = Upper(kappa)
    difference = Statistic("share with a response on the other less that on the first, same patients", "proportion")
    difference_lower = Lower(difference)
    difference_upper = Upper(difference)
    p_value = PValue("p value of McNemar's exact test")
    fewest = Fewest()
    key = (Pair.arm, Pair.instrument, Pair.other, Pair.axis, Pair.timepoint)
    needs = (n,)
    sums = (Sum((same, first_only, second_only), by=(), into=n, kept=True),)
    answers = (n, same, first_only, second_only, both, neither, agreement)


class OrderedOdds(ReleasedTable):
    """Odds of a better category between arms, by proportional odds."""

    row = "an instrument, time point, and two arms"
    written_by, section = "rates", "instruments"
    instrument = Label("instrument id")
    axis = Label("time axis")
    timepoint = Label("name of the time point on its axis")
    contrast = Label("two arms, the reference last")
    categories = Setting("number of ordered categories that anybody is in")
    n = People("patients of the first arm with a category")
    n_reference = People("patients of the reference arm with a category")
    baseline = Flag("whether the odds ratio is of patients of the same baseline")
    odds_ratio = Ratio("odds of a better category, first arm to reference; above 1 is better")
    lower = Lower(odds_ratio)
    upper = Upper(odds_ratio)
    p_value = PValue()
    note = Text("why there is no odds ratio")
    fewest = Fewest()
    key = (instrument, axis, timepoint, contrast)
