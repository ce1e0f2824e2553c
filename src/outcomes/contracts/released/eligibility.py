"""The released table of who met which criterion."""

from outcomes.contracts.released.columns import Label, Lower, People, Share, Upper
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable

ANY = "any contraindication"


class CriteriaMet(ReleasedTable):
    """Definitions and contraindications, by arm."""

    row = "a criterion and an arm"
    written_by, section = "rates", "patients"
    criterion = Label("name of the criterion in the study file; any contraindication: of several, at least one")
    kind = Label("definition or contraindication")
    arm = Label("arm id of the first series")
    patients = People("patients who started")
    met = People("patients who meet it", part_of=patients)
    not_met = People("patients who do not", part_of=patients)
    not_recorded = People("patients of whom it is not recorded", part_of=patients)
    proportion = Share(
        met, patients, "share of the patients who started, those not recorded included", interval="exact"
    )
    lower = Lower(proportion, "exact 95% interval")
    upper = Upper(proportion, "exact 95% interval")
    key = (criterion, arm)
    sums = (Sum((met, not_met, not_recorded), by=(), into=patients, kept=True),)
    needs = (patients,)
