"""The weighted difference of all sites from their sums, with a standard error that holds that the propensity score was estimated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from outcomes.network.rounds import Round
from outcomes.normal import Z


def compute_weighted(totals: Mapping[str, Any], asked: Round) -> dict[str, Any]:
    """Return the difference in mean change, treated minus reference, under overlap weights of the common model.

    Means are Σwy / Σw of each arm. The sandwich is that of the stacked equations of coefficients and means (Stefanski & Boos 2002,
    10.1198/000313002753631330; Lunceford & Davidian 2004, 10.1002/sim.1903): each patient's influence is

        w a (y − μ₁) / Σ₁w − w (1 − a)(y − μ₀) / Σ₀w + g' I⁻¹ x (a − e),

    with I the information and g the derivative of the difference by the coefficients, −Σ₁v(y − μ₁)x / Σ₁w − Σ₀v(y − μ₀)x / Σ₀w. Its squares
    are added up from the sites' sums, with no correction for few patients.

    Parameters
    ----------
    totals : mapping
        As the sites' answers of stage ``difference``, added up.
    asked : Round
        With the coefficients.

    Returns
    -------
    dict
        ``estimate``, ``std_error``, ``lower``, and ``upper`` (95%, normal) in points, ``treated_mean``, ``reference_mean``, ``effective_n``
        (Kish, the arms' together), and ``coefficients``: by column, its ``estimate`` and ``std_error``; none for those left out.
    """
    kept = asked.kept
    square = np.ix_(kept, kept)
    inverse = np.linalg.pinv(np.array(totals["information"])[square], hermitian=True)
    arms = {name: {key: np.array(value) for key, value in totals[name].items()} for name in ("treated", "reference")}
    means = {name: float(own["wy"] / own["w"]) for name, own in arms.items()}
    gradient, own_part, crossed = np.zeros(len(kept)), 0.0, np.zeros(len(kept))
    for name, own in arms.items():
        mean, total = means[name], float(own["w"])
        gradient -= (own["vyx"] - mean * own["vx"])[kept] / total
        own_part += float(own["w2y2"] - 2 * mean * own["w2y"] + mean**2 * own["w2"]) / total**2
        crossed += (own["w2yx"] - mean * own["w2x"])[kept] / total  # a − e is w in the treated, −w in the others
    through = inverse @ gradient
    variance = own_part + 2 * float(through @ crossed) + float(through @ np.array(totals["meat"])[square] @ through)
    estimate, error = means["treated"] - means["reference"], float(np.sqrt(variance))
    errors = dict(zip(kept, np.sqrt(np.diag(inverse)).tolist(), strict=True))
    return {
        "estimate": estimate,
        "std_error": error,
        "lower": estimate - Z * error,
        "upper": estimate + Z * error,
        "treated_mean": means["treated"],
        "reference_mean": means["reference"],
        "effective_n": sum(float(own["w"] ** 2 / own["w2"]) for own in arms.values()),
        "coefficients": {
            name: {"estimate": asked.coefficients[place], "std_error": errors[place]}
            for place, name in enumerate(asked.columns)
            if place in errors
        },
    }
