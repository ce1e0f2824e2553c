"""The adjusted mean change of each arm, and the difference of two arms of a trial, off the released tables of mixed models."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.comparison import Effects
from outcomes.contracts.released.describe import Scores
from outcomes.contracts.released.models import Margins, ModelDifferences, Models
from outcomes.release.arms import EVERYONE, list_compared
from outcomes.release.definitions import FEW
from outcomes.release.figures.plans.timepoints import find_headline
from outcomes.release.left_out import find_reason
from outcomes.settings import Study

Tables = Mapping[str, pd.DataFrame]
COLUMNS = ["arm", "timepoint", "change", "lower", "upper"]


def _read(tables: Tables, name: str) -> pd.DataFrame:
    found = tables.get(name)
    return pd.DataFrame() if found is None else found


def find_model(tables: Tables, instrument: str, axis: str) -> tuple[str, float] | None:
    """Return the primary (else the first) model of an instrument with adjusted means, of changes before scores, and what to take off them.

    Nothing is taken off a change; the mean baseline of all patients is taken off a score. None where no model has means, or the baseline
    of a model of scores is not released.
    """
    models, margins = _read(tables, Models.name), _read(tables, Margins.name)
    if models.empty or margins.empty:
        return None
    own = models[(models[Models.instrument] == instrument) & (models[Models.axis] == axis)]
    own = own[own[Models.model].isin(margins.loc[margins[Margins.estimate].notna(), Margins.model])]
    own = own.sort_values(Models.primary, ascending=False, kind="stable")
    change = own[Models.formula].astype(str).str.startswith("change")
    if change.any():
        return str(own.loc[change, Models.model].iloc[0]), 0.0
    scores = _read(tables, Scores.name)
    if own.empty or scores.empty:
        return None
    start = scores[(scores[Scores.instrument] == instrument) & (scores[Scores.axis] == "baseline")]
    mean = start.loc[start[Scores.arm] == EVERYONE, Scores.mean].dropna()
    return (str(own[Models.model].iloc[0]), float(mean.iloc[-1])) if len(mean) else None


def read_course(tables: Tables, instrument: str, axis: str) -> pd.DataFrame:
    """Return the adjusted mean change of each arm by time point, with its limits; empty where there is no model of it."""
    found = find_model(tables, instrument, axis)
    if found is None:
        return pd.DataFrame(columns=COLUMNS)
    margins = _read(tables, Margins.name)
    rows = margins[(margins[Margins.model] == found[0]) & margins[Margins.estimate].notna()]
    shown = rows[[Margins.arm, Margins.timepoint, Margins.estimate, Margins.lower, Margins.upper]]
    shown = shown.set_axis(COLUMNS, axis="columns").reset_index(drop=True)
    for name in ("change", "lower", "upper"):
        shown[name] = shown[name].astype("float64") - found[1]
    return shown


def find_trial_difference(tables: Tables, study: Study, axis: str) -> pd.DataFrame:
    """Return the difference of the two arms of a trial without a declared comparison, by time point, from the model of their course.

    One row a time point: ``timepoint``, ``estimate``, ``lower``, ``upper``. Empty where the study is no trial of two arms, or declares a
    comparison, made or left out.
    """
    columns = ["timepoint", "estimate", "lower", "upper"]
    pair, found = list_compared(study), find_model(tables, study.instruments[0], axis)
    rows = _read(tables, ModelDifferences.name)
    declared = study.comparison is not None or find_reason(tables)
    if declared or not pair or found is None or rows.empty:
        return pd.DataFrame(columns=columns)
    own = rows[(rows[ModelDifferences.model] == found[0]) & (rows[ModelDifferences.contrast] == " - ".join(pair))]
    return own[columns].dropna().reset_index(drop=True)


def find_place(tables: Tables, study: Study) -> tuple[str, str, str] | None:
    """Return instrument, axis, and time point that the first page is about: of the comparison, else the headline."""
    if study.comparison is not None:
        estimand = study.comparison.estimand
        return estimand.instrument, str(estimand.axis), estimand.timepoint
    scores, primary = _read(tables, Scores.name), study.instruments[0]
    own = scores[scores[Scores.instrument] == primary] if len(scores) else scores
    headline = find_headline(own, study) if len(own) else None
    return None if headline is None else (primary, *headline)


def is_compared(tables: Tables, study: Study) -> bool:
    """Whether both compared arms have as many scores at the declared time point as a comparison needs."""
    scored = count_scored(tables, study)
    return scored is not None and min(scored) >= FEW


def count_scored(tables: Tables, study: Study) -> tuple[float, float] | None:
    """Return the scores of treated and reference arm at the declared time point; none where they are not released."""
    if study.comparison is None:
        return None
    estimand, rows = study.comparison.estimand, _read(tables, Effects.name)
    if rows.empty:
        return None
    here = rows[(rows[Effects.axis] == estimand.axis) & (rows[Effects.timepoint] == estimand.timepoint)]
    own = here[[Effects.observed_treated, Effects.observed_reference]].dropna()
    scored = own.to_numpy(dtype=float)
    return (float(scored[0, 0]), float(scored[0, 1])) if len(own) else None
