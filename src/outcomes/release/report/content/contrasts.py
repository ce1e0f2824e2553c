"""Which two arms a report contrasts, at which time point: those of the declared comparison; in a randomised study, of its primary model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outcomes.contracts.released.models import ModelDifferences, Models
from outcomes.release.report.content.material import Material

BETWEEN = " - "  # of two arms in the name of a contrast, the reference last


@dataclass(frozen=True)
class Contrast:
    """Two arms at a time point.

    Attributes
    ----------
    treated, reference : str
        Arm ids.
    instrument, axis, timepoint : str
    row : dict
        The released difference of the primary model; empty where a comparison is declared, whose tables hold it.
    """

    treated: str
    reference: str
    instrument: str
    axis: str
    timepoint: str
    row: dict[str, Any]


def find_contrast(material: Material) -> Contrast | None:
    """Return what the declared comparison contrasts, else the arms of the primary model of a randomised study of two arms; none otherwise.

    Chance made the arms of a randomised study alike, so that its primary model answers without weights; where there are more than two, the
    study file has to say which two.
    """
    if material.study.comparison is not None:
        estimand = material.study.comparison.estimand
        return Contrast(
            estimand.treated, estimand.reference, estimand.instrument, estimand.axis, estimand.timepoint, {}
        )
    models, place = material.rows("models"), material.headline
    if material.study.report.design != "randomised" or models.empty or place is None:
        return None
    models = models[
        models[Models.primary].astype(bool)
        & models[Models.converged].astype(bool)
        & (models[Models.instrument] == material.primary)
        & models[Models.formula].str.startswith("change")
    ]
    if models.empty:
        return None
    model = models.iloc[0]
    rows = material.rows("model_differences", model=str(model[Models.model]))
    if len(set(rows[ModelDifferences.contrast])) != 1:
        return None
    at = rows[rows[ModelDifferences.timepoint] == place[1]] if model[Models.axis] == place[0] else rows.iloc[:0]
    row = {str(key): value for key, value in (at if len(at) else rows.tail(1)).iloc[0].items()}
    treated, reference = str(row[ModelDifferences.contrast]).split(BETWEEN)
    timepoint = str(row[ModelDifferences.timepoint])
    return Contrast(treated, reference, material.primary, str(model[Models.axis]), timepoint, row)
