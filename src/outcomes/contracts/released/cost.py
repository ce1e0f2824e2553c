"""Released tables of cost: charges by arm and horizon, per responder, and their difference beside that of response."""

from outcomes.contracts.released.columns import (
    Estimate,
    Fewest,
    Label,
    Lower,
    Mean,
    People,
    Quantile,
    Quotient,
    Setting,
    Share,
    Statistic,
    Upper,
)
from outcomes.contracts.released.sums import Fold, Sum
from outcomes.contracts.released.table import ReleasedTable

INDUCTION, EVERYONE, NOT_RECORDED = "induction", "patients", "not recorded"
CHARGE, RESPONSE = "charge", "response"
DRAWN = "95% bootstrap interval over patients"
MONEY = "currency of the study"
FINEST = 10  # the smallest step in which an amount is released


class Costed(ReleasedTable):
    """What all tables of cost share."""

    written_by, section = "cost", "cost"


class Charges(Costed):
    """Charges of those who started."""

    row = "a horizon, a kind of patients, and an arm"
    arm = Label("arm id of the first series")
    horizon = Label("induction, or a day since the first session")
    variable = Label("patients (everyone), or a column of the study file")
    level = Label("level of the column; empty for everyone")
    patients = People("patients who started")
    complete = People("patients with a charge for every session", part_of=patients)
    counted = People("patients whose charge can be said, of whom the amounts are", part_of=patients)
    mean = Mean("mean charge per patient", MONEY, finest=FINEST)
    lower = Lower(mean, DRAWN)
    upper = Upper(mean, DRAWN)
    median = Quantile("median charge", MONEY, finest=FINEST)
    per_session = Mean("charge per session", MONEY, finest=FINEST)
    key = (horizon, variable, level, arm)
    sums = (
        Sum(
            (patients, complete, counted),
            by=(horizon, variable, arm),
            total=((variable, EVERYONE), (level, "")),
            kept=True,
        ),
    )
    folds = Fold(level, (variable,), (patients,), total=(horizon, INDUCTION))
    needs = (patients, counted)


class ChargesPerCase(Costed):
    """Charges per responder and per remitter."""

    row = "a horizon, an endpoint, a population, and an arm"
    arm = Label("arm id of the first series")
    horizon = Label("induction (seen in the clean window), or a day since the first session")
    endpoint = Label("response or remission, of the primary instrument")
    population = Label("started: no score counts as without it; observed: those with a score alone, and their charges")
    patients = People("patients whose charge can be said")
    cases = People("patients seen with the endpoint", part_of=patients)
    case_share = Share(cases, patients, interval="exact")
    mean = Mean("mean charge per patient", MONEY, finest=FINEST)
    per_case = Quotient("charge per patient with the endpoint", mean, patients, cases, MONEY, finest=FINEST)
    lower = Lower(per_case, DRAWN)
    upper = Upper(per_case, DRAWN)
    without = Statistic(
        "share of the samples of patients in which nobody has it; the charge per case is infinite there"
    )
    fewest = Fewest("smallest number, not none, of those with the endpoint and those without")
    key = (horizon, endpoint, population, arm)
    needs = (patients,)


class CostDifference(Costed):
    """Difference in charge and in response between the compared arms."""

    row = "a horizon and a measure"
    horizon = Label("a day since the first session")
    measure = Label("charge, or response of the comparison's instrument")
    scale = Label("currency, or risk difference")
    n_treated = People("patients of the treated arm compared")
    n_reference = People("patients of the reference arm compared")
    seen_treated = People("patients of the treated arm with a score, for a response", part_of=n_treated)
    seen_reference = People("patients of the reference arm with a score, for a response", part_of=n_reference)
    events_treated = People("patients of the treated arm with a response", part_of=seen_treated)
    events_reference = People("patients of the reference arm with a response", part_of=seen_reference)
    treated = Estimate(
        "weighted mean or share of the treated arm",
        scale=scale,
        rests_on=((events_treated, seen_treated), (events_reference, seen_reference)),
        finest=FINEST,
    )
    reference = Estimate(
        "weighted mean or share of the reference arm",
        scale=scale,
        rests_on=((events_treated, seen_treated), (events_reference, seen_reference)),
        finest=FINEST,
    )
    estimate = Estimate(
        "weighted difference, treated less reference",
        scale=scale,
        rests_on=((events_treated, seen_treated), (events_reference, seen_reference)),
        finest=FINEST,
    )
    lower = Lower(estimate, DRAWN)
    upper = Upper(estimate, DRAWN)
    correlation = Statistic("correlation of the two differences over the samples of patients")
    key = (horizon, measure)
    needs = (n_treated, n_reference)


class NetBenefit(Costed):
    """Net benefit by what one more response is worth."""

    row = "a horizon and a willingness to pay"
    horizon = Label("a day since the first session")
    willingness = Setting("worth of one more patient with a response, in the currency of the study")
    n_treated = People("patients of the treated arm compared")
    n_reference = People("patients of the reference arm compared")
    benefit = Estimate("worth times difference in response, less difference in charge", MONEY, finest=FINEST)
    lower = Lower(benefit, DRAWN)
    upper = Upper(benefit, DRAWN)
    acceptable = Statistic("share of the samples of patients in which it is above zero")
    fewest = Fewest("smallest number, not none, of those with a response and those without in an arm")
    key = (horizon, willingness)
    needs = (n_treated, n_reference)
