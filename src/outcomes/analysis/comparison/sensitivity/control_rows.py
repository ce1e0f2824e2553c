"""Rows of the sensitivity grid on what treatment cannot have changed: a difference there is confounding that is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.risks import compare_means, contrast_means
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.population.eligibility import holds_words
from outcomes.analysis.comparison.precision import NO_VARIANCE
from outcomes.analysis.comparison.setting import POINTS, RISK, SPREAD, Row, Setting
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.errors import ModelError

ENDPOINT = "negative_control"
BEFORE = {"axis": "baseline", "timepoint": "before treatment"}
FEWEST = 10  # patients in each arm
SAME = "the same in all patients compared, or not recorded"


def compare_controls(tables: Mapping[str, pd.DataFrame], setting: Setting) -> Iterator[Row]:
    """Yield the weighted difference of every declared negative control (Lipsitch et al. 2010, 10.1097/EDE.0b013e3181d61eeb).

    Errors hold that the score was estimated. Patients without the control's value are left out.

    Raises
    ------
    ModelError
        A declared column that the patients do not have, or that holds words.
    """
    declared, people = setting.comparison.negative_control, setting.compared.people
    estimand = setting.comparison.estimand
    if declared.slope_days is not None and len(tables.get("pretreatment", ())):
        own = tables["pretreatment"]
        own = own[(own["series"] == 1) & (own["instrument"] == estimand.instrument)]
        slope = people["patient"].map((own["last_score"] - own["first_score"]).set_axis(own["patient"]))
        note = f"last minus first score of the {declared.slope_days} days before treatment, of those with two"
        yield {"analysis": "control_slope", **BEFORE} | _compare(setting, slope.to_numpy(dtype=float), POINTS, note)
    for name in declared.columns:
        values, scale = _read_column(tables["patients"], people["patient"], name)
        note = "in standard deviations" if scale == SPREAD else "share of patients"
        if not np.nanmax(values, initial=-np.inf) > np.nanmin(values, initial=np.inf):
            size = int((~np.isnan(values) & setting.primary.present).sum())
            same = {"endpoint": ENDPOINT, "scale": scale, "n": size, "converged": False, "note": SAME}
            yield {"analysis": f"control_{name}", **BEFORE} | same
            continue
        yield {"analysis": f"control_{name}", **BEFORE} | _compare(setting, values, scale, note)
    for name in declared.instruments:
        rows = tables["endpoints"]
        rows = rows[(rows["series"] == 1) & (rows["instrument"] == name)]
        rows = rows[(rows["axis"] == estimand.axis) & (rows["timepoint"] == estimand.timepoint)]
        change = people["patient"].map(rows.set_index("patient")["change"]).to_numpy(dtype=float)
        place = {"axis": estimand.axis, "timepoint": estimand.timepoint}
        note = "change of complete cases; the treatment is taken not to bear on it"
        yield {"analysis": f"control_change_{name}", **place} | _compare(setting, change, POINTS, note)


def _read_column(patients: pd.DataFrame, order: pd.Series, name: str) -> tuple[Floats, str]:
    """Return a patients' column as numbers: in standard deviations, or 1 and 0 for yes and no."""
    known = [one for one in patients.columns if one != "patient"]
    if name not in known:
        raise ModelError(
            f"comparison.negative_control.columns: {name} not among the patients' columns ({', '.join(known)})."
        )
    column = order.map(patients.set_index("patient")[name])
    if pd.api.types.is_bool_dtype(column) or set(column.dropna().unique()) <= {True, False}:
        return np.asarray(column.astype("boolean").to_numpy(dtype=float, na_value=np.nan), dtype=float), RISK
    if holds_words(column):
        raise ModelError(
            f"comparison.negative_control.columns: {name} holds words; a control is a number, or yes and no."
        )
    values = column.to_numpy(dtype=float, na_value=np.nan)
    spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    return (values - np.nanmean(values)) / spread if spread > 0 else values, SPREAD


def _compare(setting: Setting, values: Floats, scale: str, note: str) -> Row:
    treated, weights = setting.compared.treated, setting.primary
    known = ~np.isnan(values) & weights.present
    row: Row = {"endpoint": ENDPOINT, "scale": scale, "n": int(known.sum()), "converged": False, "note": note}
    if min((known & treated).sum(), (known & ~treated).sum()) < FEWEST:
        return row | {"note": f"{note}; fewer than {FEWEST} patients in an arm"}
    means = estimate_means(values, treated, setting.confounders.design, weights, "weighted")
    if scale == RISK:
        found = contrast_means(*means)
        bounds = [found[f"difference{end}"] for end in ("", "_lower", "_upper")]
    else:
        bounds = list(compare_means(*means, float(np.abs(values[known]).max())))
    numbers = dict(zip(("estimate", "lower", "upper"), bounds, strict=True))
    if np.isnan(bounds[1]):
        return row | {"note": f"{note}; {NO_VARIANCE}"}
    return row | numbers | {"effective_n": compute_effective_n(weights.weight[known]), "converged": True}
