"""Dates of several files against one another: whole offsets, one day, and answers at night."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.intake.health.finding import Finding
from outcomes.intake.words import Array

EPOCHS = 1462  # days between the day numbers of the two kinds of Excel workbooks
FAR, NEAR, FEWEST = 180, 60, 5
ENOUGH, SCATTERED, LIKE_OTHERS = (
    20,
    30,
    0.6,
)  # people; mean days of their gaps from the middle one; beside those to other people's sessions
NIGHT = (23 / 24, 5 / 24)


@dataclass(frozen=True)
class Dated:
    """The dated rows of one file and table, sorted by nothing: whose, and when (days with the time of day)."""

    file: str
    table: str
    patient: Array
    day: Array
    zoned: bool = False  # the study file says in which zone its stamps are


def find_offsets(dated: Sequence[Dated]) -> Iterable[Finding]:
    """Return pairs of files whose dates are the same distance apart for nearly every patient."""
    middles = [pd.Series(one.day).groupby(one.patient).median() for one in dated]
    for first, middle in zip(dated, middles, strict=True):
        for second, other in zip(dated, middles, strict=True):
            if first.table != "sessions" or second.table == "sessions" or second.file == first.file:
                continue
            yield from _find_offset((other - middle).dropna().to_numpy(), first, second)
            if second.table == "assessments":
                yield from _find_other_owners(first, second)
    for place, first in enumerate(dated):
        for second in dated[place + 1 :]:
            if (first.table == "assessments") != (second.table == "assessments"):
                continue  # questionnaires need not be of a session's day
            if first.file != second.file and first.table != "patients":
                yield from _find_one_day(first, second)


def _find_offset(apart: Array, first: Dated, second: Dated) -> Iterable[Finding]:
    """Tell of two files between whose dates lie years: ``apart`` is, of each patient in both, from the middle one of the first to that of the second."""
    if len(apart) < FEWEST:
        return
    middle = float(np.median(apart))
    alike = np.abs(apart - middle) <= NEAR
    if abs(middle) <= FAR or alike.mean() < 0.8:
        return
    exact = abs(abs(middle) - EPOCHS) <= NEAR
    years = abs(abs(middle) / 365.25 - round(abs(middle) / 365.25)) < 0.1
    cure = (
        "1,462 days lie between the day numbers of two kinds of workbooks (1900 and 1904): export real dates instead of bare "
        "numbers, or write `epoch: 1904` for the source whose workbook counts so"
        if exact
        else f"about {round(abs(middle) / 365.25)} whole years: is the year of one file right?"
        if years
        else "look which of the two has the right dates"
    )
    yield Finding(
        "time_offset", True, int(alike.sum()), len(apart), "people",
        f"the dates of {second.file} lie about {abs(middle):,.0f} days {'after' if middle > 0 else 'before'} those of {first.file} for "
        f"{int(alike.sum()):,} of {len(apart):,} patients in both",
        cure,
        second.file,
    )  # fmt: skip


def _find_other_owners(sessions: Dated, scores: Dated) -> Iterable[Finding]:
    """Compare how far scores lie from the sessions of their own patient, and from those of others: two numberings that overlap have no nearer own ones."""
    both = np.intersect1d(sessions.patient, scores.patient)
    if len(both) < ENOUGH:
        return
    own = _spread(sessions, scores, both, 0)
    others = float(np.median([_spread(sessions, scores, both, step) for step in range(1, FEWEST + 1)]))
    if own > SCATTERED and own > LIKE_OTHERS * others:
        yield Finding(
            "scores_of_others", True, len(both), len(both), "people",
            f"the questionnaires of {scores.file} lie no nearer to the sessions of the same identifier in {sessions.file} than to those of any other "
            f"({len(both):,} people in both): do both files number the same people alike?",
            "look whether the two columns of identifiers are two numberings; a list that has both joins them (`join` of a source)",
            scores.file,
        )  # fmt: skip


def _spread(sessions: Dated, scores: Dated, people: Array, step: int) -> float:
    """Return how far people's shortest gaps from a session to a score lie from the middle one, with the sessions of the person ``step`` places on."""
    mine = np.isin(scores.patient, people)
    place = np.searchsorted(people, scores.patient[mine])
    moved = Dated(scores.file, scores.table, people[(place + step) % len(people)], scores.day[mine])
    gaps = _nearest(moved, sessions)
    order = np.lexsort((np.abs(gaps), place))
    _, first = np.unique(place[order], return_index=True)
    shortest = gaps[order][first]
    return float(np.abs(shortest - np.median(shortest)).mean())


def _find_one_day(first: Dated, second: Dated) -> Iterable[Finding]:
    """Compare each record of one file with the nearest of the other, of the same patient."""
    few, many = (first, second) if len(first.day) <= len(second.day) else (second, first)
    apart = _nearest(few, many)
    if len(apart) < 4 * FEWEST:
        return
    for shift in (-1, 1):
        hit = int((apart == shift).sum())
        if hit >= 0.8 * len(apart) and (apart == 0).sum() < 0.1 * len(apart):
            yield Finding(
                "one_day_off", True, hit, len(apart), "rows",
                f"{hit:,} of {len(apart):,} dates of {few.file} are one day {'before' if shift < 0 else 'after'} a date of the same patient in "
                f"{many.file}, and {int((apart == 0).sum()):,} on it",
                "are the stamps of one of the two in another time zone? Write `zone` for that source, or accept it where the two are asked for on "
                "different days",
                few.file,
            )  # fmt: skip


def _nearest(few: Dated, many: Dated) -> Array:
    """Return by how many days each record of one file follows the nearest one of another; patients of both."""
    scale = 1 << 20
    keys = np.unique(many.patient.astype(np.int64) * scale + np.floor(many.day).astype(np.int64) + scale // 4)
    own = few.patient.astype(np.int64) * scale + np.floor(few.day).astype(np.int64) + scale // 4
    own = own[np.isin(few.patient, many.patient)]
    if not len(own) or not len(keys):
        return np.empty(0)
    right = np.clip(np.searchsorted(keys, own), 0, len(keys) - 1)
    left = np.clip(right - 1, 0, len(keys) - 1)
    nearest = np.where(np.abs(keys[left] - own) < np.abs(keys[right] - own), keys[left], keys[right])
    return own - nearest


def find_night(dated: Sequence[Dated]) -> Iterable[Finding]:
    """Return files of questionnaires most of which were answered at night."""
    for one in dated:
        time = one.day % 1
        timed = time > 0
        late = timed & ((time >= NIGHT[0]) | (time < NIGHT[1]))
        if one.table == "assessments" and not one.zoned and timed.sum() >= 4 * FEWEST and timed.mean() > 0.5:
            share = float(late.sum() / timed.sum())
            if share > 0.2:
                yield Finding(
                    "night_stamps", share > 0.5, int(late.sum()), int(timed.sum()), "rows",
                    f"{int(late.sum()):,} of {int(timed.sum()):,} questionnaires of {one.file} were answered between 23 and 5 o'clock ({share:.0%})",
                    "are these stamps of another time zone? Write `zone` for the source (`America/New_York`), or accept it",
                    one.file,
                )  # fmt: skip
