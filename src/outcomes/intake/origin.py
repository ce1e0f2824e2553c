"""Day 0 of every patient, and study days in place of dates."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.words import Array


def find_day_zero(batches: Iterable[Batch], patients: int) -> Array:
    """Return the day of every patient's first session, for patients without any of the first dated record.

    Element p belongs to patient p; infinity where nothing of the patient is dated.
    """
    batches = list(batches)
    sessions = _first_days([batch for batch in batches if batch.table == "sessions"], patients)
    records = _first_days([batch for batch in batches if batch.table != "sessions"], patients)
    return np.where(np.isinf(sessions), records, sessions)


def _first_days(batches: Iterable[Batch], patients: int) -> Array:
    first = np.full(patients + 1, np.inf)
    for batch in batches:
        dated = ~np.isnan(batch.date)
        if dated.all():
            np.minimum.at(first, batch.patient, np.floor(batch.date))
        else:
            np.minimum.at(first, batch.patient[dated], np.floor(batch.date[dated]))
    return first


def compute_study_days(batch: Batch, zero: Array) -> Array:
    """Return the study day of every row; NaN where only a visit places it."""
    if np.isnan(batch.date).all():
        return batch.study_day
    days = np.floor(batch.date) - zero[batch.patient]
    return np.where(np.isnan(batch.study_day), days, batch.study_day)
