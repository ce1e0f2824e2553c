"""Day 0 of every patient, and study days in place of dates."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.words import Array
from outcomes.settings import Study


def find_day_zero(batches: Iterable[Batch], patients: int, study: Study) -> Array:
    """Return the day of every patient's first session of a treatment that means an arm.

    Where a patient has none it is that of the first session, and without any of the first dated record. Element p belongs
    to patient p; infinity where nothing of the patient is dated.
    """
    batches = list(batches)
    sessions = [batch for batch in batches if batch.table == "sessions"]
    zero = _first_days([_of_arms(batch, study) for batch in sessions], patients)
    for others in (sessions, [batch for batch in batches if batch.table != "sessions"]):
        zero = np.where(np.isinf(zero), _first_days(others, patients), zero)
    return zero


def _of_arms(batch: Batch, study: Study) -> Batch:
    """Return the sessions of a batch whose treatment means an arm."""
    named = {treatment for arm in study.arms for treatment in arm.meant_by}
    words = batch.mapped("treatment", study).words
    return batch.select(words.spread(np.array([value in named for value in words.values], dtype=bool), False))


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
