"""How far two yes-or-no answers of the same people agree, from how many gave which."""

from __future__ import annotations

import math

import numpy as np

from outcomes.proportions import compute_correlation, compute_newcombe


def compare_answers(both: int, first_only: int, second_only: int, neither: int) -> dict[str, float]:
    """Return the statistics of two answers of the same people, one person or more.

    Parameters
    ----------
    both, first_only, second_only, neither : int
        People who say yes twice, to the first alone, to the second alone, and not at all.

    Returns
    -------
    dict of str to float
        Cohen's ``kappa`` with ``kappa_lower`` and ``kappa_upper`` of Fleiss, Cohen & Everitt 1969 (10.1037/h0028106, by statsmodels), missing where
        all give one answer, the interval where all agree; the ``difference`` of the two shares, second less first, with the interval of Newcombe 1998,
        method 10, the correlation corrected for continuity (10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C); and the
        ``p_value`` of McNemar's exact test.

    Examples
    --------
    >>> found = compare_answers(20, 10, 5, 15)
    >>> round(found["kappa"], 2), round(found["difference"], 2), round(found["p_value"], 2)
    (0.4, -0.1, 0.3)
    """
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.inter_rater import cohens_kappa

    cells = np.array([[both, first_only], [second_only, neither]])
    n, first, second = both + first_only + second_only + neither, both + first_only, both + second_only
    kappa = lower = upper = math.nan
    if 0 < first < n and 0 < second < n:
        found = cohens_kappa(cells, return_results=True)
        kappa = float(found.kappa)
        if found.std_kappa > 0:
            lower, upper = (float(np.clip(bound, -1, 1)) for bound in (found.kappa_low, found.kappa_upp))
    product = both - first * second / n
    product = (
        max(product - 1 / 2, 0.0) if product > 0 else product
    )  # so that two answers that are alike leave an interval
    correlation = compute_correlation(product, second, n, first, n)
    difference, *ends = (float(value) for value in compute_newcombe(second, n, first, n, correlation))
    return {
        "kappa": kappa,
        "kappa_lower": lower,
        "kappa_upper": upper,
        "difference": difference,
        "difference_lower": ends[0],
        "difference_upper": ends[1],
        "p_value": float(mcnemar(cells, exact=True).pvalue),
    }
