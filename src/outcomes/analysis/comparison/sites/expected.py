"""What a model without site expects of each compared patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.standardisation import fit_outcome
from outcomes.analysis.comparison.population.confounders import code_declared
from outcomes.analysis.comparison.population.people import Compared
from outcomes.settings.comparison import Comparison

UNKNOWN = "not recorded"  # stands for a site that is not known
ONE_SIDED = "all who have a score have the same answer, so that nothing can be expected of a site"


@dataclass(frozen=True)
class Expected:
    """The compared patients, where they were treated, whether they responded, and their risk in a model without site.

    Attributes
    ----------
    site : ndarray of str, shape (n,)
        ``UNKNOWN`` where it is not known.
    responded : ndarray, shape (n,)
        1 or 0; missing where it is not known at the time point.
    risk : ndarray, shape (n,)
        Expected probability of response; missing throughout where there is no model.
    model : str
        ``maximum_likelihood`` or ``firth``; '' where there is none.
    """

    site: np.ndarray
    responded: Floats
    risk: Floats
    model: str

    @property
    def known(self) -> Bools:
        """Return whose response is known."""
        return ~np.isnan(self.responded)


def expect_response(compared: Compared, comparison: Comparison, site: str) -> Expected:
    """Fit response at the primary time point to arm and all confounders but the site.

    Logistic regression of those whose response is known, by maximum likelihood, or by Firth's where that has no finite
    maximum. Each patient is expected by a model that the patient is part of, so that the expected events of all sites together
    are those observed.

    Parameters
    ----------
    compared : Compared
    comparison : Comparison
        Confounders and their shape, and the estimand's time point.
    site : str
        The column that names the site.
    """
    estimand = comparison.estimand
    responded = compared.at(estimand.axis, estimand.timepoint, "response")
    names = compared.people[site].astype(object).map(str, na_action="ignore").fillna(UNKNOWN).to_numpy(dtype=object)
    known = ~np.isnan(responded)
    if not 0 < np.nansum(responded) < known.sum():
        return Expected(names, responded, np.full(len(names), np.nan), "")
    others = [name for name in comparison.confounders if name != site]
    design = np.column_stack([compared.treated, code_declared(compared.people, comparison, others).design])
    model, how = fit_outcome(design.astype(float), np.nan_to_num(responded), known)
    return Expected(names, responded, np.where(known, model.probability, np.nan), how)
