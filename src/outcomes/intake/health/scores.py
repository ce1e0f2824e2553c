"""Scores of a part of the export that are not what they are called: on another scale, exchanged, or counted from the other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outcomes.instruments import Instrument, read_instruments
from outcomes.intake.batch import Batch
from outcomes.intake.health.copied import find_copied, find_copied_answers
from outcomes.intake.health.finding import Finding
from outcomes.intake.health.numbers import CODES
from outcomes.intake.points import read_totals
from outcomes.intake.words import Array
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd

FEWEST_PEOPLE, FEWEST_ROWS, FEWEST_VALUES = 3, 8, 4
OFTEN, NEARLY_ALL = 0.3, 0.8  # of a person's totals; of all such totals
SURE = 5.0  # standard errors
MOST_APART = 1.5  # times the largest total of one instrument, of another that may stand in its column


@dataclass(frozen=True)
class Totals:
    """The stored totals of one file, as they are written: whose, of which day, and by instrument (NaN where there is none)."""

    file: str
    patient: Array
    day: Array
    totals: dict[str, Array]


def find_doubtful_scores(
    study: Study, batches: Iterable[Batch], tables: Mapping[str, pd.DataFrame]
) -> Iterator[Finding]:
    """Yield what the stored totals, and the course of the first instrument by site, say of how scores are counted."""
    known = read_instruments()
    totals = list(_totals(batches))
    yield from find_other_scales(totals, known)
    yield from find_exchanged(totals, known)
    for one in totals:
        yield from find_copied(one.file, one.patient, one.day, one.totals)
    patients, scored = tables["patients"], tables["assessments"]
    yield from find_copied_answers(scored)
    if "site" not in patients or not study.instruments:
        return
    name = study.instruments[0]
    mine = scored[(scored["instrument"].astype(str) == name) & scored["study_day"].notna()]
    items = mine[[column for column in mine.columns.astype(str) if column.startswith("item_")]].astype("float64")
    score = mine["recorded_total"].astype("float64").fillna(items.sum(axis=1, min_count=max(known[name].n_items, 1)))
    fine = score.notna().to_numpy()
    site = patients.loc[patients["site"].notna(), ["patient", "site"]]
    of = dict(zip(site["patient"].tolist(), site["site"].astype(str), strict=True))
    who, day = (mine[column].to_numpy(np.int64)[fine] for column in ("patient", "study_day"))
    yield from find_turned(who, day, score.to_numpy()[fine], of, name, known[name].maximum)


def _totals(batches: Iterable[Batch]) -> Iterator[Totals]:
    """Yield the stored totals of the files that have no items beside them."""
    for batch in batches:
        columns = {name: one.total for name, one in batch.mapping.instruments.items() if one.total and not one.items}
        if batch.table == "assessments" and columns:
            read = {name: batch.text(column) for name, column in columns.items()}
            totals = {
                name: words.spread(read_totals(words.values, read_instruments()[name]), np.nan)
                for name, words in read.items()
            }
            yield Totals(batch.raw.name, batch.patient, batch.date, totals)


def find_other_scales(found: Iterable[Totals], instruments: dict[str, Instrument]) -> Iterable[Finding]:
    """Return totals that cannot be and are nearly all of a few people: the others of these people are of that scale, too."""
    for one in found:
        for name, totals in one.totals.items():
            largest = instruments[name].maximum
            above = (totals > largest) & ~np.isin(totals, CODES)
            if len(np.unique(totals[above])) < FEWEST_VALUES:
                continue
            known = ~np.isnan(totals)
            size = np.bincount(one.patient, weights=known)
            hits = np.bincount(one.patient, weights=above)
            people = (hits >= 1) & (hits >= OFTEN * size)
            theirs = people[one.patient] & known
            few, everyone = int(people.sum()), int((size > 0).sum())
            if few < FEWEST_PEOPLE or 2 * few > everyone or (above & theirs).sum() < NEARLY_ALL * above.sum():
                continue
            kept = int((theirs & ~above).sum())
            yield Finding(
                "another_scale", True, int(theirs.sum()), int(known.sum()), "rows",
                f"{int((above & theirs).sum()):,} of {int(above.sum()):,} totals of {one.file} above the largest of {name} ({largest:g}) are of {few:,} of {everyone:,} "
                f"people: their scores seem to be on another scale (per cent, T-scores), and {kept:,} lower ones of theirs would be taken as {name}",
                "put these people's scores on the instrument's scale in the export, or leave them out (`rows` of the source, by site)",
                one.file, f"assessments.{name}",
            )  # fmt: skip


def find_exchanged(found: Iterable[Totals], instruments: dict[str, Instrument]) -> Iterable[Finding]:
    """Return months of a file in which two instruments' totals stand in one another's column.

    Asked of two that rise and fall together and are of like range (PHQ-9 and GAD-7): the difference of others turns with treatment.

    The mean difference of two instruments in one row has a sign of its own. A month is told where its mean has the other
    sign, is nearer to the mirrored mean of all other months than to the mean itself, and is five standard errors (over
    people) away from it.
    """
    for one in found:
        names = [name for name, totals in one.totals.items() if not np.isnan(totals).all()]
        for place, first in enumerate(names):
            for second in names[place + 1 :]:
                if _are_alike(instruments[first], instruments[second]):
                    yield from _find_exchanged(one, first, second)


def _are_alike(first: Instrument, second: Instrument) -> bool:
    largest = sorted([first.maximum, second.maximum])
    return first.higher_is_worse == second.higher_is_worse and largest[1] <= MOST_APART * largest[0]


def _find_exchanged(one: Totals, first: str, second: str) -> Iterable[Finding]:
    apart = one.totals[first] - one.totals[second]
    both = ~np.isnan(apart) & ~np.isnan(one.day)
    apart, patient = apart[both], one.patient[both]
    month = np.floor(one.day[both]).astype("datetime64[D]").astype("datetime64[M]")
    told = [which for which in np.unique(month) if _is_mirrored(apart, patient, month == which)]
    if told and 3 * len(told) <= len(np.unique(month)):
        rows = int(np.isin(month, told).sum())
        yield Finding(
            "exchanged_scores", True, rows, len(apart), "rows",
            f"in about {rows:,} of {len(apart):,} rows of {one.file}, all of {len(told):,} month(s), {first} and {second} differ as in no other month and the other way "
            "round: their columns seem to be exchanged there",
            f"look at these months in the export, put the two columns right, or read their rows with a source of its own in which {first} and {second} change places",
            one.file, f"assessments.{first}",
        )  # fmt: skip


def _is_mirrored(apart: Array, patient: Array, here: Array) -> bool:
    inside, outside = _by_person(apart[here], patient[here]), _by_person(apart[~here], patient[~here])
    if min(len(inside), len(outside)) < FEWEST_PEOPLE + 2 or here.sum() < FEWEST_ROWS:
        return False
    mean, usual = float(inside.mean()), float(outside.mean())
    error = float(np.sqrt(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside)))
    return mean * usual < 0 and abs(mean + usual) < abs(mean - usual) / 2 and abs(mean - usual) > SURE * error > 0


def _by_person(values: Array, patient: Array) -> Array:
    """Return each person's mean."""
    size = np.bincount(patient)
    means: Array = np.bincount(patient, weights=values)[size > 0] / size[size > 0]
    return means


def find_turned(
    patient: Array, day: Array, score: Array, site: Mapping[int, str], instrument: str, largest: float
) -> Iterable[Finding]:
    """Return sites whose scores rise where all others' fall, and begin as far from the largest score as those begin from 0.

    ``site`` maps the patient to the site.
    """
    if not len(patient):
        return
    order = np.lexsort((day, patient))
    patient, score = patient[order], score[order]
    opens = np.flatnonzero(np.diff(patient, prepend=-1))
    ends = np.append(opens[1:], len(patient)) - 1
    several = ends > opens
    who, first, change = patient[opens][several], score[opens][several], (score[ends] - score[opens])[several]
    of = np.array([site.get(int(number), "") for number in who], dtype=object)
    for name in sorted({one for one in of if one}):
        here = of == name
        if min(here.sum(), (~here).sum()) < FEWEST_ROWS:
            continue
        level, usual = float(first[here].mean()), float(first[~here].mean())
        turned = abs(level - (largest - usual)) < abs(level - usual)
        if turned and _moves(change[here]) > SURE and _moves(change[~here]) < -SURE:
            yield Finding(
                "turned_scores", False, int(here.sum()), len(here), "people",
                f"at one site ({int(here.sum()):,} of {len(here):,} people with several scores) {instrument} rises from the first to the last score, from {level:.0f} on average, and falls "
                f"everywhere else, from {usual:.0f}: are its answers counted from the other end?",
                "ask the site; `answers` of its source says how answers are counted (`{\"0\": 3, \"1\": 2, \"2\": 1, \"3\": 0}`)",
                None, f"assessments.{instrument}",
            )  # fmt: skip


def _moves(change: Array) -> float:
    """Return the mean change in standard errors."""
    error = float(change.std(ddof=1)) / np.sqrt(len(change))
    return float(change.mean()) / error if error > 0 else 0.0
