"""Released tables of courses: into how many groups patients fall by the course of their scores, and what the groups are."""

from outcomes.contracts.released.columns import (
    Fewest,
    Flag,
    Label,
    Likelihood,
    Mean,
    People,
    Quantile,
    Setting,
    Share,
    Spread,
    Statistic,
    Text,
)
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable

POINTS = "points"
FEWEST_COURSES = 60  # patients with enough scores, below which their courses are not grouped


class Grouping(ReleasedTable):
    """What all tables of courses share."""

    written_by, section = "courses", "courses"


class CourseNumber(Grouping):
    """How many groups of course there are."""

    row = "a number of groups"
    groups = Setting("number of groups")
    shape = Label("normal, or skewed: one group whose courses have a tail, which a mixture would take for a group")
    patients = People("patients with at least three scores of the primary instrument")
    bic = Likelihood("Bayesian information criterion: smaller is better")
    stability = Statistic(
        "mean adjusted Rand index over samples of patients: 1 the same groups, 0 as alike as by chance"
    )
    certainty = Statistic("mean probability of membership, in the least certain group")
    entropy = Statistic("relative entropy of membership: 1 certain, 0 unknown")
    chosen = Flag("the number that is described")
    note = Text("why it is not")
    fewest = Fewest()
    key = (groups, shape)


class CourseGroups(Grouping):
    """Groups of course."""

    row = "a group of patients"
    group = Label("number of the group, from the lowest expected score at the last time point; 'all': every patient")
    patients = People("patients most probably in the group")
    proportion = Share(patients, None, "share of all patients grouped")
    probability = Statistic("mean probability of membership, of these patients")
    key = (group,)
    sums = (Sum((patients,), by=(), total=((group, "all"),)),)


class Courses(Grouping):
    """Scores over time by group of course."""

    row = "a group and time point"
    group = Label("number of the group; 'all': every patient")
    instrument = Label("instrument id")
    axis = Label("time axis")
    timepoint = Label("name of the time point on its axis")
    time = Setting("position on the axis")
    patients = People("patients most probably in the group")
    n = People("of them, with a score", part_of=patients)
    mean = Mean("mean score", POINTS)
    sd = Spread("standard deviation of the score", POINTS)
    q1 = Quantile("first quartile", POINTS)
    q3 = Quantile("third quartile", POINTS)
    key = (group, axis, timepoint)
    needs = (n,)
    sums = (Sum((n, patients), by=(axis, timepoint), total=((group, "all"),)),)
