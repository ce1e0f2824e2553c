"""Assessments: one row per questionnaire of a patient at one time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.intake.answers import FLAGS, NO_ANSWER, Answers, read_answers
from outcomes.intake.batch import Batch, visit_names
from outcomes.intake.duplicates import CONFLICTING, EXACT, STAYS, compose_key, find_repeats, judge, rank_rows
from outcomes.intake.ledger import Ledger
from outcomes.intake.stack import Stack
from outcomes.intake.words import Array
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd


def build_assessments(batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger) -> pd.DataFrame:
    """Return the assessments (see the contract), sorted by instrument, patient, study day and visit."""
    names = instruments_of(batches, study)
    read = [_read_batch(batch, names, study, ledger) for batch in batches]
    answers = {name: _join([part[name] for part in read], study.instrument(name).n_items) for name in names}
    del read
    stack = Stack.of(batches, zero)
    key = compose_key(stack.patient, stack.day, stack.visit)
    answers = _settle(answers, key, stack, study, ledger)
    order = np.arange(len(key)) if bool((key[1:] >= key[:-1]).all()) else np.argsort(key, kind="stable")
    rows = {name: order[answers[name].has[order]] for name in names}
    for positions in rows.values():
        stack.keep(positions, ledger)
    return _table(answers, rows, stack, study)


def instruments_of(batches: Sequence[Batch], study: Study) -> list[str]:
    """Return the mapped instruments: those analysed in the study's order, then the others by name."""
    mapped = {name for batch in batches for name in batch.mapping.instruments}
    return [name for name in study.instruments if name in mapped] + sorted(mapped - set(study.instruments))


def _read_batch(batch: Batch, names: list[str], study: Study, ledger: Ledger) -> dict[str, Answers]:
    """Return the answers of a batch; a row without any becomes a record without a score where the file is of questionnaires."""
    size = len(batch.rows)
    answers = {name: Answers.none(size, study.instrument(name).n_items) for name in names}
    empty = np.ones(size, dtype=bool)
    for name in batch.mapping.instruments:
        answers[name], out = read_answers(batch, name, study, ledger)
        empty &= ~(answers[name].has | out)
    if batch.primary and empty.any():
        ledger.note(batch.file, batch.rows[empty], "no_score")
        for name in batch.mapping.instruments:
            flag = np.where(empty, np.int8(FLAGS.index("no_score")), answers[name].flag)
            answers[name] = replace(answers[name], has=answers[name].has | empty, flag=flag)
    return answers


def _join(parts: Sequence[Answers], items: int) -> Answers:
    if len(parts) == 1:
        return parts[0]
    return Answers(
        np.concatenate([part.has for part in parts]),
        tuple(np.concatenate([part.items[number] for part in parts]) for number in range(items)),
        np.concatenate([part.total for part in parts]),
        np.concatenate([part.flag for part in parts]),
    )


def _settle(answers: dict[str, Answers], key: Array, stack: Stack, study: Study, ledger: Ledger) -> dict[str, Answers]:
    """Return the answers with duplicates merged: one ranking of the rows, applied to every instrument."""
    repeats = find_repeats(key)
    if not len(repeats):
        return answers
    rule = study.cleaning.conflicting_duplicates
    lead = _lead(answers, repeats, study)
    contents = [column for part in answers.values() for column in part.contents(repeats)]
    order = rank_rows(key[repeats], lead, contents, stack.submitted[repeats], stack.ties(repeats), rule)
    settled = {}
    for name, part in answers.items():
        ranked = repeats[order]
        ranked = ranked[part.has[ranked]]
        states = judge(key[ranked], part.contents(ranked), rule)
        states = _same_totals(part, key[ranked], ranked, states, study.instrument(name).multiplier)
        stack.note_duplicates(states, ledger, name, ranked)
        has = part.has.copy()
        has[ranked] = states == STAYS
        settled[name] = replace(part, has=has)
    return settled


def _same_totals(part: Answers, key: Array, rows: Array, states: Array, multiplier: float) -> Array:
    """Return what becomes of ranked rows, those that hold only the total of the one that stays being copies of it, not conflicts."""
    total, *items = part.contents(rows)
    if not items:
        return states
    answered = ~np.isneginf(items)
    summed = np.where(answered.all(axis=0), np.sum(np.where(answered, items, 0), axis=0) * multiplier, -np.inf)
    told = np.where(np.isneginf(total), summed, total)
    stays = states == STAYS
    kept = dict(zip(key[stays].tolist(), told[stays].tolist(), strict=True))
    alike = np.array(
        [kept.get(one) == score for one, score in zip(key.tolist(), total.tolist(), strict=True)], dtype=bool
    )
    bare = ~answered.any(axis=0) & ~np.isneginf(total)
    return np.where((states == CONFLICTING) & bare & alike, np.int8(EXACT), states)


def _lead(answers: dict[str, Answers], rows: Array, study: Study) -> list[Array]:
    """Return what ranks records before all else: having a score, and with the rule ``worst`` how bad it is."""
    scored = np.zeros(len(rows))
    for part in answers.values():
        scored = np.maximum(scored, part.has[rows] & (part.flag[rows] != FLAGS.index("no_score")))
    first = next(iter(answers))
    if study.cleaning.conflicting_duplicates != "worst":
        return [scored]
    total, *items = answers[first].contents(rows)
    if items:
        total = np.where(np.isinf(total), np.sum(items, axis=0) * study.instrument(first).multiplier, total)
    badness = total if study.instrument(first).higher_is_worse else np.where(np.isinf(total), total, -total)
    return [scored, badness]


def _table(answers: dict[str, Answers], rows: dict[str, Array], stack: Stack, study: Study) -> pd.DataFrame:
    import pandas as pd

    every = np.concatenate(list(rows.values())) if rows else np.empty(0, dtype=np.int64)
    day = stack.study_day[every]
    columns: dict[str, Any] = {
        "patient": stack.patient[every],
        "study_day": _masked(np.nan_to_num(day).astype(np.int32), np.isnan(day)),
        "visit": _codes(stack.visit[every], visit_names(study)),
        "instrument": _codes(np.repeat(np.arange(len(rows)), [len(part) for part in rows.values()]), list(rows)),
        "recorded_total": np.concatenate([answers[name].total[part] for name, part in rows.items()] or [every * 1.0]),
        "flag": _codes(
            np.concatenate([answers[name].flag[part] for name, part in rows.items()] or [every]), list(FLAGS)
        ),
    }
    del day
    for number in range(max((len(part.items) for part in answers.values()), default=0)):
        columns[f"item_{number + 1}"] = _item_column(answers, rows, number, len(every))
    return pd.DataFrame(columns, copy=False)


def _item_column(answers: dict[str, Answers], rows: dict[str, Array], number: int, size: int) -> Any:
    values = np.full(size, NO_ANSWER, dtype=np.int8)
    start = 0
    for name, part in rows.items():
        if number < len(answers[name].items):
            np.take(answers[name].items[number], part, out=values[start : start + len(part)])
        start += len(part)
    missing = values == NO_ANSWER
    values[missing] = 0
    return _masked(values, missing)


def _masked(values: Array, missing: Array) -> Any:
    import pandas as pd

    return pd.arrays.IntegerArray(values, missing)


def _codes(codes: Array, categories: list[str]) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=pd.Index(categories, dtype="str"))
