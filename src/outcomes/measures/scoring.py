"""Assessments → scores: totals, prorating, severity bands, the ideation item, and derived instruments such as PHQ-8."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.instruments import Instrument
from outcomes.measures.order import (
    Array,
    Bools,
    Floats,
    Ints,
    compute_codes,
    compute_order,
    make_categorical,
    make_integers,
    sort_categories,
    sort_table,
)
from outcomes.settings.clinical import Scoring

log = logging.getLogger(__name__)

KEY = ("patient", "instrument", "study_day", "visit")
UNANSWERED = -128  # never an answer: the smallest value of the items' type


@dataclass(frozen=True)
class _Scored:
    """The scores of one instrument; every array has one element a row of it."""

    rows: Ints  # rows of the assessments
    total: Floats
    missing_items: Array  # -1 where the total has no items
    prorated: Bools
    band: Array  # place among the instrument's bands; -1 is none
    ideation: Array  # -1 is none


def derive_scores(assessments: pd.DataFrame, instruments: Mapping[str, Instrument], scoring: Scoring) -> pd.DataFrame:
    """Score every assessment of the given instruments, answered or not.

    Parameters
    ----------
    assessments
        Clean assessments; columns ``patient, study_day, visit, instrument, recorded_total, flag`` and ``item_1 …``.
    instruments
        Instrument by id. One with ``derived_from`` is scored from the other's items, whether or not that one is named.
    scoring
        Whether few missing items are prorated, and how a prorated total is rounded.

    Returns
    -------
    pandas.DataFrame
        Table ``scores``: one score of one patient at one time; key ``patient, instrument, study_day, visit``. Adds
        ``total`` in points, ``missing_items``, ``prorated``, ``band``, ``ideation``. Items win over a recorded total, which
        counts only where no item is answered; a total of some items is missing unless it may be prorated.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.instruments import read_instruments
    >>> from outcomes.settings import Scoring
    >>> answered = {f"item_{number}": pd.array([2, 2], dtype="Int8") for number in range(1, 9)}
    >>> answered["item_9"] = pd.array([0, None], dtype="Int8")  # the second patient left out item 9
    >>> assessments = pd.DataFrame({
    ...     "patient": [1, 2], "study_day": [0, 0], "visit": pd.Categorical([None, None], ["baseline"]),
    ...     "instrument": pd.Categorical(["phq9", "phq9"]), "recorded_total": [16.0, 16.0],
    ...     "flag": pd.Categorical([None, None], ["none"]), **answered,
    ... })
    >>> scores = derive_scores(assessments, {"phq9": read_instruments()["phq9"]}, Scoring())
    >>> scores["total"].tolist(), scores["missing_items"].tolist()
    ([16.0, nan], [0, 1])
    """
    assessments = sort_table(assessments, KEY)
    codes, known = compute_codes(assessments["instrument"])
    answers = _read_answers(assessments)
    recorded = assessments["recorded_total"].to_numpy(dtype=np.float64)
    parts: dict[str, _Scored] = {}
    for name in sorted(instruments):
        instrument = instruments[name]
        answered = name if instrument.derived_from is None else instrument.derived_from.instrument
        rows = np.flatnonzero(codes == known.index(answered)) if answered in known else np.empty(0, dtype=np.int64)
        parts[name] = _score(rows, answers, recorded, instrument, scoring)
        log.info("%s", _count(name, parts[name]))
    sources = {name if i.derived_from is None else i.derived_from.instrument for name, i in instruments.items()}
    unused = len(codes) - int(np.isin(codes, [known.index(name) for name in sources if name in known]).sum())
    log.info("left out %d assessments of instruments that the study does not name", unused)
    return _assemble(assessments, parts, instruments)


def _count(name: str, scored: _Scored) -> str:
    total = int(np.isfinite(scored.total).sum())
    return (
        f"{name}: {total} of {len(scored.rows)} assessments have a total, {int(scored.prorated.sum())} of them prorated"
    )


def _read_answers(assessments: pd.DataFrame) -> dict[int, Array]:
    """Return the answers by item number, ``UNANSWERED`` where there is none."""
    numbers = {int(name.removeprefix("item_")): name for name in assessments.columns if name.startswith("item_")}
    return {
        number: np.asarray(assessments[name].to_numpy(dtype=np.int8, na_value=UNANSWERED))
        for number, name in numbers.items()
    }


def _score(
    rows: Ints, answers: Mapping[int, Array], recorded: Floats, instrument: Instrument, scoring: Scoring
) -> _Scored:
    """Score the given rows as one instrument."""
    derived = instrument.derived_from
    numbers: Sequence[int] = range(1, instrument.n_items + 1) if derived is None else derived.items
    absent = np.full(len(rows), UNANSWERED, dtype=np.int8)
    items = [answers[number][rows] if number in answers else absent for number in numbers]
    summed, missing = compute_sums(items, len(rows))
    prorated = _may_prorate(items, missing, instrument) if scoring.prorate else np.zeros(len(rows), dtype=np.bool_)
    total = np.where(missing == 0, summed * instrument.multiplier, np.nan)
    if not items:
        total[:] = np.nan
    if prorated.any():
        total[prorated] = instrument.multiplier * compute_prorated(
            summed[prorated], missing[prorated], len(items), scoring.rounding == "half_up"
        )
    itemless = missing == len(items)
    stored = itemless & np.isfinite(recorded[rows]) if derived is None else np.zeros(len(rows), dtype=np.bool_)
    total[stored] = recorded[rows][stored]
    return _Scored(
        rows=rows,
        total=total,
        missing_items=np.where(stored | (not items), -1, missing).astype(np.int8),
        prorated=prorated,
        band=compute_bands(total, instrument),
        ideation=_pick_ideation(items, instrument, len(rows)),
    )


def compute_sums(items: Sequence[Array], n_rows: int) -> tuple[Array, Array]:
    """Return the sum of the answered items and the number of unanswered ones, by row."""
    summed = np.zeros(n_rows, dtype=np.int32)
    missing = np.zeros(n_rows, dtype=np.int8)
    for item in items:
        absent = item == UNANSWERED
        summed += np.where(absent, np.int8(0), item)
        missing += absent
    return summed, missing


def compute_prorated(summed: Array, missing: Array, n_items: int, half_up: bool) -> Floats:
    """Return the sum with each missing item replaced by the mean of the answered ones.

    ``sum · n / answered``; rounded half up that is floor(x + 1/2), computed in whole numbers so that no binary fraction can
    turn a half.

    Examples
    --------
    >>> import numpy as np
    >>> compute_prorated(np.array([14, 9]), np.array([2, 1]), n_items=9, half_up=True).tolist()  # 14 * 9 / 7, 9 * 9 / 8
    [18.0, 10.0]
    """
    answered = n_items - missing.astype(np.int64)
    product = summed.astype(np.int64) * n_items
    if half_up:
        return np.asarray((2 * product + answered) // (2 * answered), dtype=np.float64)
    return np.asarray(product / answered, dtype=np.float64)


def _may_prorate(items: Sequence[Array], missing: Array, instrument: Instrument) -> Bools:
    allowed = (missing > 0) & (missing <= instrument.prorate_missing) & (missing < len(items))
    for number in instrument.never_imputed:
        allowed &= items[number - 1] != UNANSWERED
    return np.asarray(allowed, dtype=np.bool_)


def compute_bands(total: Floats, instrument: Instrument) -> Array:
    """Return the place of each total among the instrument's bands in ascending order, -1 where it has none.

    A band reaches from its lowest total up to, not including, the next band's: 4.5 on the PHQ-9 is minimal.

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes.instruments import read_instruments
    >>> phq9 = read_instruments()["phq9"]
    >>> places = compute_bands(np.array([4.5, 20.0, np.nan]), phq9).tolist()
    >>> [list(phq9.bands.values())[place] if place >= 0 else None for place in places]
    ['minimal', 'severe', None]
    """
    if not instrument.bands:
        return np.full(len(total), -1, dtype=np.int8)
    place = np.searchsorted(np.array(sorted(instrument.bands), dtype=np.float64), total, side="right") - 1
    return np.where(np.isfinite(total), place, -1).astype(np.int8)


def _pick_ideation(items: Sequence[Array], instrument: Instrument, n_rows: int) -> Array:
    number = instrument.named_items.get("ideation")
    if number is None:
        return np.full(n_rows, -1, dtype=np.int8)
    return np.where(items[number - 1] == UNANSWERED, -1, items[number - 1]).astype(np.int8)


def _assemble(
    assessments: pd.DataFrame, parts: Mapping[str, _Scored], instruments: Mapping[str, Instrument]
) -> pd.DataFrame:
    """Put the instruments' scores into one table in the order of its key."""
    names = list(parts)
    rows = np.concatenate([part.rows for part in parts.values()])
    instrument = np.repeat(np.arange(len(names), dtype=np.int8), [len(part.rows) for part in parts.values()])
    patient = assessments["patient"].to_numpy()
    labels = sorted({label for i in instruments.values() for label in i.bands.values()})
    order = compute_order([patient[rows], instrument, rows])
    if order is None:
        order = np.arange(len(rows))
    band = np.concatenate([_label(part.band, instruments[name], labels) for name, part in parts.items()])[order]
    missing = np.concatenate([part.missing_items for part in parts.values()])[order]
    ideation = np.concatenate([part.ideation for part in parts.values()])[order]
    rows = rows[order]
    kept = assessments[["patient", "study_day", "visit", "flag"]].iloc[rows].reset_index(drop=True)
    return pd.DataFrame(
        {
            "patient": kept["patient"],
            "study_day": kept["study_day"],
            "visit": sort_categories(kept["visit"]),
            "instrument": make_categorical(instrument[order], names),
            "total": np.concatenate([part.total for part in parts.values()])[order],
            "missing_items": make_integers(missing, missing < 0, "int8"),
            "prorated": np.concatenate([part.prorated for part in parts.values()])[order],
            "band": make_categorical(band, labels),
            "ideation": make_integers(ideation, ideation < 0, "int8"),
            "flag": sort_categories(kept["flag"]),
        },
        copy=False,
    )


def _label(place: Array, instrument: Instrument, labels: list[str]) -> Array:
    """Return the code of each band among all instruments' labels, -1 for none."""
    lookup = np.array([*(labels.index(instrument.bands[low]) for low in sorted(instrument.bands)), -1], dtype=np.int8)
    return lookup[place]
