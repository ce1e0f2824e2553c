"""Released tables of harms: who was asked, who had what, how often, how severe, and what stopped treatment."""

from outcomes.contracts.released.columns import (
    Difference,
    Label,
    Lower,
    Mean,
    Modelled,
    People,
    Quantile,
    Share,
    Spread,
    Text,
    Upper,
)
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable

MMHG = "mmHg"
ALL_SESSIONS, FIRST_SIX = "all sessions", "first 6 sessions"
UNASKED = "adverse events, not asked"  # of the ascertainment: an event at a session that did not ask
EXACT = "exact 95% interval"


class Harmful(ReleasedTable):
    """What all tables of harms share."""

    written_by, section = "harms", "harms"


class Ascertainment(Harmful):
    """How harms were looked for."""

    row = "a measure of harm in an arm"
    measure = Label("what was asked or measured")
    arm = Label("arm id")
    sessions = People(
        "sessions, of all series; for severity, those with an adverse event; for events not asked, those that did not ask"
    )
    answered = People("sessions with an answer or a measurement", part_of=sessions)
    proportion = Share(answered, sessions)
    key = (measure, arm)


class Harms(Harmful):
    """Patients with an adverse event."""

    row = "an adverse event in an arm, over all sessions or the first of them"
    block = Label("sessions that count: all, the first, or the first six of the patients who had six")
    event = Label("adverse event; any; any severe")
    arm = Label("arm id")
    patients = People("patients asked at least once; for any severe, without an ungraded event")
    affected = People("patients with the event at least once", part_of=patients)
    proportion = Share(affected, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    median_sessions = Quantile("median sessions of these patients")
    key = (block, event, arm)
    notes = ("Events are those written down at or after a session, whatever their reason.",)


class HarmDifferences(Harmful):
    """Differences between arms in patients with an adverse event."""

    row = "an adverse event and two arms"
    block = Label("sessions that count")
    event = Label("adverse event; any; any severe")
    contrast = Label("two arms, the reference last")
    affected = People("patients of the first arm with the event", part_of="patients")
    patients = People("patients of the first arm asked at least once")
    affected_reference = People("patients of the reference with the event", part_of="patients_reference")
    patients_reference = People("patients of the reference asked at least once")
    difference = Difference(
        "difference of the proportions",
        ("affected", "patients"),
        ("affected_reference", "patients_reference"),
        interval="miettinen_nurminen",
    )
    lower = Lower(difference)
    upper = Upper(difference)
    note = Text("why there is no difference")
    key = (block, event, contrast)


class HarmSessions(Harmful):
    """Sessions with an adverse event, early and later in treatment."""

    row = "an adverse event in an arm at sessions of these numbers"
    event = Label("adverse event, or any")
    arm = Label("arm id")
    sessions = Label("number of the session in the arm, or a range of numbers")
    patients = People("patients asked at such a session")
    asked = People("such sessions at which harms were asked about")
    with_event = People("those with the event", part_of=asked)
    proportion = Modelled("share of the sessions", asked, with_event)
    lower = Lower(proportion, "95% interval, sessions of a patient alike")
    upper = Upper(proportion, "95% interval, sessions of a patient alike")
    key = (event, arm, sessions)


class HarmSeverity(Harmful):
    """Worst grade of the adverse events of a patient."""

    row = "an adverse event in an arm"
    event = Label("adverse event, or any")
    arm = Label("arm id")
    affected = People("patients with the event")
    ungraded = People("patients whose events have no grade", part_of=affected)
    graded = People("patients with a grade", part_of=affected)
    mild = People("whose worst grade is mild", part_of=graded)
    moderate = People("whose worst grade is moderate", part_of=graded)
    severe = People("whose worst grade is severe", part_of=graded)
    proportion = Share(severe, graded, "severe, of those graded", interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    key = (event, arm)
    sums = (
        Sum((ungraded, graded), by=(), into=affected),
        Sum((mild, moderate, severe), by=(), into=graded),
    )


class HarmDetails(Harmful):
    """Seriousness, relation, action, and outcome of adverse events."""

    row = "a detail of adverse events and its value, in an arm"
    detail = Label("serious, related, action, or outcome")
    value = Label("value as recorded")
    arm = Label("arm id")
    patients = People("patients asked at least once, or with an event although not asked")
    affected = People("patients with such an event", part_of=patients)
    proportion = Share(affected, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    key = (detail, value, arm)


class HarmRates(Harmful):
    """First adverse events by time at risk."""

    row = "an adverse event in an arm"
    event = Label("adverse event, or any")
    arm = Label("arm id")
    patients = People("patients asked at least once")
    affected = People("patients with the event", part_of=patients)
    weeks = People("patient-weeks of the days of sessions and the seven after each, up to the first event")
    rate = Share(affected, weeks, "first events per 100 patient-weeks", scale=100, interval="poisson", places=4)
    lower = Lower(rate, "95% Poisson interval, widened by how patients differ")
    upper = Upper(rate, "95% Poisson interval, widened by how patients differ")
    incidence = Modelled("cumulative incidence by day 28, the end of treatment competing", patients, affected)
    key = (event, arm)


class BloodPressure(Harmful):
    """Blood pressure beyond a threshold."""

    row = "a threshold in an arm"
    threshold = Label("threshold, in mmHg")
    arm = Label("arm id")
    patients = People("patients with the measurements that it needs")
    affected = People("patients beyond it at any session", part_of=patients)
    proportion = Share(affected, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    sessions = People("sessions with these measurements")
    over = People("sessions beyond it", part_of=sessions)
    key = (threshold, arm)


class PressureRise(Harmful):
    """Rise of blood pressure during a session."""

    row = "a measure in an arm"
    measure = Label("systolic or diastolic")
    arm = Label("arm id")
    sessions = People("sessions measured before and at the peak")
    patients = People("patients with such a session")
    mean = Mean("mean of the patients' own mean rises", MMHG)
    sd = Spread("their standard deviation", MMHG, spans=(mean, patients))
    lower = Lower(mean)
    upper = Upper(mean)
    followed = People("patients measured afterwards as well")
    returned = People("whose last such measurement is at most 10 mmHg above the one before", part_of=followed)
    proportion = Share(returned, followed)
    key = (measure, arm)
    needs = (sessions, patients)


class Dissociation(Harmful):
    """Peak dissociation score by session."""

    row = "an arm and session"
    arm = Label("arm id")
    session = Label("number of the session in the arm; 7+: the first later one with a score")
    patients = People("patients with a score")
    median = Quantile("median peak score", "points, 0 to 92")
    q1 = Quantile("first quartile", "points")
    q3 = Quantile("third quartile", "points")
    mean = Mean("mean peak score", "points")
    sd = Spread("standard deviation", "points")
    above = People("patients with a score above 4", part_of=patients)
    proportion = Share(above, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    key = (arm, session)


class Stopping(Harmful):
    """Induction stopped early, and why."""

    row = "a reason in an arm"
    reason = Label("reason as recorded; any")
    arm = Label("arm id")
    patients = People("patients who started")
    affected = People("patients who stopped before the protocol's number of sessions", part_of=patients)
    proportion = Share(affected, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    key = (reason, arm)
