"""Released tables of onset: who was looked at when, when a response had begun, and who responds late."""

from outcomes.contracts.released.columns import Flag, Label, Lower, Modelled, People, Quantile, Setting, Share, Upper
from outcomes.contracts.released.table import ReleasedTable

EXACT = "exact 95% interval"


class Beginning(ReleasedTable):
    """What all tables of onset share."""

    written_by, section = "onset", "onset"


class OnsetLooks(Beginning):
    """Scores soon after the first session, and whether they can tell of an onset."""

    row = "an arm, instrument, and time after the first session"
    arm = Label("arm id")
    instrument = Label("instrument id")
    window = Label("time after the first session, in days as scores have them")
    patients = People("patients analysed, with a baseline")
    scored = People("patients with a score in the window", part_of=patients)
    proportion = Share(scored, patients, interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    recall_days = Setting("days that the instrument's questions look back")
    overlap_days = Quantile("median of these days before the first session, at the last score in the window", "days")
    answerable = Flag("the questions look back no further than the window is long, so that it answers for it")
    responded = People("patients with a response at that score, where it answers", part_of=scored)
    responded_proportion = Share(responded, scored, "share with a response of those with a score", interval="exact")
    key = (arm, instrument, window)
    needs = (patients, scored)


class Onset(Beginning):
    """Response and remission begun, by day and by session."""

    row = "an arm, instrument, endpoint, kind of onset, and time"
    arm = Label("arm id")
    instrument = Label("instrument id")
    endpoint = Label("response or remission")
    onset = Label("first: the first score with it; confirmed: the first that the next score bears out")
    axis = Label("day: since the first session; session: after so many, within the study's days after a session")
    time = Setting("day or number of sessions")
    patients = People("patients analysed, with a baseline; for remission, those not in it then")
    looked = People("patients with a score by then", part_of=patients)
    begun = People("patients seen with it by then, before any early stop of treatment", part_of=patients)
    proportion = Share(begun, patients, "share seen with it", interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    probability = Modelled(
        "share in whom it has begun, seen or not: Turnbull's estimate, an early stop competing", patients, begun
    )
    probability_lower = Lower(probability, "95% interval, by the standard error over samples of patients")
    probability_upper = Upper(probability, "95% interval, by the standard error over samples of patients")
    key = (arm, instrument, endpoint, onset, axis, time)


class LateResponse(Beginning):
    """Response later, of those without one after a session."""

    row = "an arm, instrument, and number of sessions"
    arm = Label("arm id")
    instrument = Label("instrument id")
    session = Setting("number of sessions after which there was no response")
    went_on = People(
        "patients with a further session, of those whose last score after this one, before the next, is no response"
    )
    looked = People("patients with a later score", part_of=went_on)
    responded = People("patients with a response at any later score", part_of=looked)
    proportion = Share(responded, went_on, "share of those who went on; no later score counts as no", interval="exact")
    lower = Lower(proportion, EXACT)
    upper = Upper(proportion, EXACT)
    further_sessions = Quantile("median of the further sessions that they had", "sessions")
    key = (arm, instrument, session)
