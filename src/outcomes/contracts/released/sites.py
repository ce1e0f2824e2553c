"""Released tables of sites: what each observed beside what is expected of its patients, and how far apart sites are."""

from outcomes.contracts.released.columns import (
    Fewest,
    Label,
    Lower,
    People,
    PValue,
    Setting,
    Share,
    Statistic,
    Text,
    Upper,
)
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable


class Beside(ReleasedTable):
    """What both tables of sites share."""

    written_by, section = "compare", "sites"


class Sites(Beside):
    """Response by site at the primary time point."""

    row = "a site; those with few scores together, and all"
    site = Label("code of the site; other sites (how many): those with few scores; all: every patient compared")
    patients = People("patients compared")
    observed = People("patients whose response is known", part_of=patients)
    answered_proportion = Share(observed, patients, "share whose response is known")
    responded = People("patients in response", part_of=observed)
    proportion = Share(responded, observed, "share in response of those whose response is known")
    expected = Statistic("share expected by a model of arm and confounders without site", "proportion")
    beyond = Statistic("largest exact limits, in percent, that the responses lie outside of; 0: none")
    fewest = Fewest()
    key = (site,)
    sums = (Sum((patients, observed, responded), by=(), total=((site, "all"),), kept=True),)


class SiteSpread(Beside):
    """How far apart sites are beyond chance."""

    row = "the primary time point"
    axis = Label("time axis")
    timepoint = Label("time point")
    sites = Setting("sites that stand alone")
    observed = People("patients of these sites whose response is known")
    responded = People("those of them in response", part_of=observed)
    model = Label("how the model without site was fitted: maximum_likelihood or firth")
    overdispersion = Statistic("squared standardised differences, mean over sites less one; 1 by chance alone")
    p_value = PValue()
    sd = Statistic("standard deviation between sites", "log odds")
    lower = Lower(sd)
    upper = Upper(sd)
    outside_95 = Statistic("sites outside the exact 95% limits")
    chance_95 = Statistic("sites outside them that are expected by chance")
    outside_999 = Statistic("sites outside the exact 99.9% limits")
    chance_999 = Statistic("sites outside them that are expected by chance")
    note = Text("why there are no numbers")
    fewest = Fewest()
    key = (axis, timepoint)
