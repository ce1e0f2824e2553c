"""Released tables on how long the response lasts."""

from outcomes.contracts.released.columns import (
    Effective,
    Error,
    Estimate,
    Fewest,
    Flag,
    Label,
    Lower,
    Modelled,
    People,
    PValue,
    Quantile,
    Setting,
    Share,
    Statistic,
    Text,
    Upper,
)
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable


class Followed(ReleasedTable):
    """What all tables on durability share."""

    written_by, section = "durability", "durability"


class DurabilityCohort(Followed):
    """Who is followed after the induction."""

    row = "an arm and a step towards those followed"
    arm = Label("arm id")
    step = Label("treated, without_further_treatment, scored, in_response, or followed")
    n = People("patients")
    key = (arm, step)


class DurabilityVisits(Followed):
    """How often those followed are seen, and who is not seen again."""

    row = "an arm"
    arm = Label("arm id")
    n = People("patients in response at the landmark")
    seen = People("those with a later score", part_of=n)
    scores = People("later scores")
    median_gap_days = Quantile("median days between two scores of a patient, the landmark's the first", "days")
    good = People("scores in response, the landmark's included, after which two median gaps could be observed")
    good_last = People("those after which no score came within two median gaps", part_of=good)
    bad = People("later scores not in response after which two median gaps could be observed")
    bad_last = People("those after which no score came within two median gaps", part_of=bad)
    key = (arm,)
    needs = (n, seen, scores, good, bad)


class DurabilityAttendance(Followed):
    """Scores of those followed, four weeks at a time."""

    row = "an arm and four weeks of follow-up"
    arm = Label("arm id")
    window = Label("weeks after the induction")
    n = People("patients who could be seen throughout")
    none = People("those without a score", part_of=n)
    one = People("those with one score", part_of=n)
    several = People("those with more", part_of=n)
    key = (arm, window)
    sums = (Sum((none, one, several), by=(), into=n, kept=True),)


class DurabilityCurve(Followed):
    """Share in response week by week, whether seen that day or not."""

    row = "an arm, what is asked of a score, and a week"
    arm = Label("arm id")
    end = Label("loss: in response; relapse: not in relapse")
    week = Setting("weeks after the induction")
    share = Estimate("inverse-intensity-weighted share of those in response at the landmark", "proportion")
    lower = Lower(share)
    upper = Upper(share)
    n = People("patients in response at the landmark")
    seen = People("those with a score near the week", part_of=n)
    fewest = Fewest("patients whose scores alone set the curve apart from a constant")
    key = (arm, end, week)


class DurabilityAtVisit(Followed):
    """Response at the score nearest to a declared week, of those with one."""

    row = "an arm, what is asked of a score, and a declared week"
    arm = Label("arm id")
    end = Label("loss: in response; relapse: not in relapse")
    week = Setting("weeks after the induction")
    seen = People("patients with a score near the week")
    held = People("those in response at the nearest", part_of=seen)
    share = Share(held, seen, meaning="share in response of those seen")
    lower = Lower(share)
    upper = Upper(share)
    key = (arm, end, week)


class DurabilityHeld(Followed):
    """Share in response at the declared weeks and weeks in response, whether seen or not."""

    row = "an arm, what is asked of a score, an estimator, and a declared week or the time up to the last"
    arm = Label("arm id")
    end = Label("loss: in response; relapse: not in relapse")
    method = Label("weighted, targeted, or likelihood")
    time = Label("week, or the weeks over which the share is averaged")
    share = Estimate("share in response, or its mean", "proportion")
    lower = Lower(share)
    upper = Upper(share)
    weeks = Estimate("weeks in response: the mean share times the weeks it is of", "weeks")
    n = People("patients in response at the landmark")
    seen = People("those with a later score", part_of=n)
    fewest = Fewest("patients whose scores alone set the curve apart from a constant")
    key = (arm, end, method, time)


class DurabilityEffect(Followed):
    """Response held: one arm against the other."""

    row = "what is asked of a score, an estimator, a kind of weights, and a declared week or the time up to the last"
    end = Label("loss: in response; relapse: not in relapse")
    treated = Label("arm id")
    reference = Label("arm id")
    method = Label("weighted, targeted, or likelihood")
    weights = Label("none, or the kind of weights for confounders")
    time = Label("week, or the weeks over which the share is averaged")
    unit = Label("share, or weeks in response")
    difference = Estimate("treated minus reference", scale=unit)
    lower = Lower(difference)
    upper = Upper(difference)
    p_value = PValue()
    bootstrap_error = Error("standard error over samples of patients, every step anew")
    n_treated = People("patients of the treated arm who carry weight")
    n_reference = People("patients of the reference arm who carry weight")
    seen_treated = People("those of them with a later score", part_of=n_treated)
    seen_reference = People("those of them with a later score", part_of=n_reference)
    effective_n = Effective()
    primary = Flag("whether this is the one difference that words may be made of")
    stated = Flag("whether both weighted estimates exclude zero in the same direction")
    note = Text("what to know of the row")
    fewest = Fewest("patients whose scores alone set the curve apart from a constant")
    key = (end, treated, reference, method, weights, time)


class DurabilityTilt(Followed):
    """Weeks in response if the ill come more often, or less, than the well with the same last score."""

    row = "a comparison and an assumption"
    treated = Label("arm id")
    reference = Label("arm id")
    weights = Label("none, or the kind of weights for confounders")
    case = Label("tilted: by so much; tipping: as far as the difference turns")
    arms = Label("which arms are tilted: none, both, treated, or reference")
    times = Statistic("how many times as often the ill are seen")
    difference = Estimate("weeks in response, treated minus reference", "weeks")
    lower = Lower(difference)
    upper = Upper(difference)
    n_treated = People("patients of the treated arm who carry weight")
    n_reference = People("patients of the reference arm who carry weight")
    fewest = Fewest("patients whose scores alone set the curve apart from a constant")
    key = (treated, reference, weights, case, arms)


class DurabilityFirst(Followed):
    """First bad score and first further session within each arm."""

    row = "an arm, an event, an estimator, and a declared week"
    arm = Label("arm id")
    end = Label("loss, relapse, or further_treatment")
    method = Label("kaplan_meier or turnbull")
    week = Setting("weeks after the induction")
    share = Modelled("share without the event so far", of="n")
    lower = Lower(share)
    upper = Upper(share)
    n = People("patients in response at the landmark")
    key = (arm, end, method, week)
    notes = (
        "First bad scores are those at this arm's own visits: not comparable between arms, nor with a published curve whose patients "
        "were seen at other intervals.",
    )
