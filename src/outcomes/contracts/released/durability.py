"""Released tables on how long the response lasts."""

from outcomes.contracts.released.columns import (
    Effective,
    Flag,
    Label,
    Lower,
    Modelled,
    People,
    PValue,
    Ratio,
    Setting,
    Text,
    Upper,
)
from outcomes.contracts.released.table import ReleasedTable


class Followed(ReleasedTable):
    """What all tables on durability share."""

    written_by, section = "durability", "durability"


class DurabilityCohort(Followed):
    """Who is followed after the induction."""

    row = "an arm and a step towards those followed"
    arm = Label("arm id")
    step = Label("treated, scored, in_response, or followed")
    n = People("patients")
    key = (arm, step)


class DurabilityCurve(Followed):
    """Response held after the induction, week by week."""

    row = "an arm, end, estimator, state, and week"
    arm = Label("arm id")
    end = Label("loss or relapse")
    method = Label("kaplan_meier or turnbull")
    state = Label("held, ended, or further_treatment")
    week = Setting("weeks after the induction")
    share = Modelled("share in the state", of="n")
    lower = Lower(share)
    upper = Upper(share)
    n = People("patients followed from the induction on")
    at_risk = People("patients followed beyond the week without an outcome", part_of=n)
    events = People("patients who had the end until then; beside Turnbull, may have had it", part_of=n)
    treated = People("patients whose further treatment counts as an outcome until then", part_of=n)
    censored = People("patients lost to follow-up until then", part_of=n)
    key = (arm, end, method, state, week)


class DurabilityHeld(Followed):
    """Response held at the declared weeks."""

    row = "an arm, end, estimator, state, and declared week"
    arm = Label("arm id")
    end = Label("loss or relapse")
    method = Label("kaplan_meier, turnbull, or at_visit")
    state = Label("held, ended, or further_treatment")
    week = Setting("weeks after the induction")
    share = Modelled("share in the state", of=("seen", "n"))
    lower = Lower(share)
    upper = Upper(share)
    n = People("patients followed")
    seen = People("at_visit: patients with a score near the week", part_of=n)
    events = People("at_visit: those of them who do not hold", part_of=seen)
    key = (arm, end, method, state, week)
    needs = (n,)


class DurabilityEffect(Followed):
    """Loss of response: one arm's hazard to the other's."""

    row = "an end, a model, and a kind of weights"
    end = Label("loss or relapse")
    treated = Label("arm id")
    reference = Label("arm id")
    method = Label("cox or weibull_interval")
    weights = Label("none, or the kind of weights")
    hazard_ratio = Ratio("hazard of the treated arm to the reference's")
    lower = Lower(hazard_ratio)
    upper = Upper(hazard_ratio)
    p_value = PValue()
    n_treated = People("patients of the treated arm")
    n_reference = People("patients of the reference arm")
    events_treated = People("ends in the treated arm", part_of=n_treated)
    events_reference = People("ends in the reference arm", part_of=n_reference)
    effective_n = Effective()
    proportional_p = PValue("test of proportional hazards")
    converged = Flag("whether the model converged")
    note = Text("what to know of the row")
    key = (end, treated, reference, method, weights)
