"""Released tables of exposure: how many sessions, at what dose, for how long, and how often afterwards."""

from outcomes.contracts.released.columns import (
    Estimate,
    Fewest,
    Label,
    Lower,
    Mean,
    People,
    PValue,
    Quantile,
    Setting,
    Share,
    Upper,
)
from outcomes.contracts.released.table import ReleasedTable

EXACT = "exact 95% interval"
COMPLETED = "induction completed"  # a milestone, by the protocol
FEWEST_DOSED = 60  # patients of an arm, below which scores are not set beside doses


class Exposed(ReleasedTable):
    """What all tables of exposure share."""

    written_by, section = "exposure", "exposure"


class Exposure(Exposed):
    """Sessions and completion of the induction."""

    row = "a milestone in an arm"
    milestone = Label("induction completed by its protocol, or a number of sessions")
    arm = Label("arm id")
    patients = People("patients who started")
    reached = People("patients who reached it", part_of=patients)
    proportion = Share(reached, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    sessions_median = Quantile("median sessions a patient had", "sessions")
    sessions_q1 = Quantile("first quartile", "sessions")
    sessions_q3 = Quantile("third quartile", "sessions")
    key = (milestone, arm)


class Attendance(Exposed):
    """Patients still in treatment after each session."""

    row = "an arm and a number of sessions"
    arm = Label("arm id")
    session = Setting("number of sessions")
    patients = People("patients who started")
    attended = People("patients who had at least so many", part_of=patients)
    proportion = Share(attended, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    key = (arm, session)


class SessionTime(Exposed):
    """Length of sessions and days between them."""

    row = "a measure in an arm"
    measure = Label("minutes of a session, or days between sessions")
    arm = Label("arm id")
    patients = People("patients with a value, each by their own median")
    median = Quantile("median over patients")
    q1 = Quantile("first quartile")
    q3 = Quantile("third quartile")
    long_gaps = People("patients with a gap above ten days in the induction", part_of=patients)
    proportion = Share(long_gaps, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    key = (measure, arm)


class Dose(Exposed):
    """Dose by session."""

    row = "an arm and session"
    arm = Label("arm id")
    session = Label("number of the session in the arm; 8+: the first later one with a dose")
    patients = People("patients with a dose")
    mg_median = Quantile("median dose", "mg")
    mg_q1 = Quantile("first quartile", "mg")
    mg_q3 = Quantile("third quartile", "mg")
    mg_per_kg_median = Quantile("median dose by weight", "mg/kg")
    mg_per_kg_q1 = Quantile("first quartile", "mg/kg")
    mg_per_kg_q3 = Quantile("third quartile", "mg/kg")
    weighed = People("patients with a weight at most 30 days old", part_of=patients)
    carried = People("patients with an older weight", part_of=patients)
    unweighed = People("patients without a weight", part_of=patients)
    outside = People("patients with a dose outside the plausible range of the protocol", part_of=patients)
    key = (arm, session)


class DoseResponse(Exposed):
    """Scores by the dose of the sessions before them."""

    row = "an arm and a dose"
    arm = Label("arm id")
    unit = Label("mg, or mg/kg where the dose goes by body weight")
    dose = Setting("mean dose of the sessions before the score, at round values between its 5th and 95th percentile")
    reference = Setting("dose that it is set against: the round value nearest the median")
    patients = People("patients with a score before which every session has a dose")
    estimate = Estimate(
        "score of the primary instrument at this dose minus that at the reference, an association", "points"
    )
    lower = Lower(estimate)
    upper = Upper(estimate)
    p_value = PValue("p value of no association with the dose")
    key = (arm, dose)


class Maintenance(Exposed):
    """Sessions after the induction, month by month."""

    row = "an arm and a month of 28 days after the induction"
    arm = Label("arm id of the first series")
    month = Setting("month after the induction")
    patients = People("patients known to be followed through the month")
    returned = People("patients with a session in it", part_of=patients)
    proportion = Share(returned, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    rate = Mean("sessions per patient in the month", "sessions", finest=0.1)
    rate_lower = Lower(rate, "95% Poisson interval, widened by how patients differ")
    rate_upper = Upper(rate, "95% Poisson interval, widened by how patients differ")
    fewest = Fewest()
    key = (arm, month)
