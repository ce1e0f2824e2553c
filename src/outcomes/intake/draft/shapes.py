"""Sheets of another shape than one row a record: wide files, long files, identifiers written once, rows of sums."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from outcomes.intake.draft.claims import Claim, claims_of
from outcomes.intake.draft.entries import without_repeats
from outcomes.intake.draft.fields import find_fields
from outcomes.intake.draft.happenings import find_given
from outcomes.intake.draft.labelled import split_labelled
from outcomes.intake.draft.long import find_pivots, has_items, patient_columns
from outcomes.intake.draft.nested import part_scores
from outcomes.intake.draft.parts import part_cells
from outcomes.intake.draft.repeated import fill_cells
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Field, Sheet, read_proposal
from outcomes.intake.draft.treatments import names_treatments
from outcomes.intake.draft.variants import ask_variants
from outcomes.intake.draft.vocabulary import (
    SAME,
    is_other_drug,
    match_name,
    names_drug,
    read_vocabulary,
    recognise_treatment,
    say_state,
    words_of,
)
from outcomes.intake.draft.wide import find_session_stack, find_stack
from outcomes.intake.draft.written import find_texts, find_ticks
from outcomes.intake.readers import Proposal, Unread
from outcomes.intake.words import Array
from outcomes.settings import Table

SUMS = re.compile(
    r"(average|avg|mean|median|grand total|total|totals|sum|sd|std|std dev|stdev|min|max|count|n|overall)\b.{0,25}",
    re.I,
)
SCORES: frozenset[Table] = frozenset({"assessments", "patients"})
SESSIONS: frozenset[Table] = frozenset({"sessions", "vitals", "adverse_events"})
TESTS = re.compile(r"(?:z+[-_, ]*)?(?:test|dummy|demo)(?:[-_, ]*(?:patient|pt|person|user|client))?[-_, ]*\d*", re.I)
MOST_STATES = 12  # spellings in a column that says whether something took place
SEVERAL = 2.0  # rows a patient, of a file of visits or questionnaires
MOST_DRUGS = 60  # spellings in a column of medications
MOST_NAMED = 30  # spellings in a column that names the questionnaire of a row


def reread_sheets(sheets: Sequence[Sheet], folder: Path) -> tuple[list[Sheet], list[Unread]]:
    """Return the sheets, those of another shape read again as one row a record; and what could not be read so."""
    again: list[Sheet | Unread] = []
    treating = [sheet.name for sheet in sheets if names_treatments(sheet)]
    for sheet in part_scores(sheets):
        proposals = reshape(sheet, bool(treating), any(name != sheet.name for name in treating))
        again += [_owned(read_proposal(folder, one), sheet) for one in proposals] or [sheet]
    return [one for one in again if isinstance(one, Sheet)], [one for one in again if isinstance(one, Unread)]


def _owned(again: Sheet | Unread, before: Sheet) -> Sheet | Unread:
    """Return a sheet that was read again with the column that names its patients by content."""
    return replace(again, owner=before.owner, twin=before.twin) if isinstance(again, Sheet) else again


def reshape(sheet: Sheet, treated: bool = True, elsewhere: bool = True) -> list[Proposal]:
    """Return how a sheet is to be read again, where its rows are no records as they stand; nothing where they are.

    ``treated`` says that some sheet of the export lists treatments, ``elsewhere`` that another one than this does.
    """
    proposal = _without_tests(sheet, fill_cells(sheet, _without_sums(sheet, sheet.proposal)))
    proposal = part_cells(sheet, without_repeats(sheet, _without_relatives(sheet, proposal)))
    proposal = _without_ticked(sheet, _without_drugs(sheet, _without_undone(sheet, ask_variants(sheet, proposal))))
    fields = find_fields(sheet, proposal)
    if fields:
        return fields
    several = by_questionnaire(sheet)
    if several is not None:
        name, spelt = several
        note = f"answers to {', '.join(map(repr, spelt))} stand in the same columns; {name!r} tells them apart"
        answers = [_changed(proposal, note, rows={**proposal.source.rows, name: of}) for of in spelt.values()]
        kinds = [one for one, column in sheet.fields.items() if 1 <= len(column.values) <= MOST_STATES]
        asked = np.isin(sheet.fields[name].words.values, [value for of in spelt.values() for value in of])
        mine = sheet.fields[name].words.spread(asked)
        beside = any(_treats(sheet.fields[one], mine) for one in kinds)
        return _with_given(sheet, proposal, answers, [] if elsewhere or beside else kinds)
    reworded = find_reworded(sheet)
    if reworded:
        parts = "; ".join(" and ".join(map(repr, of)) for of in reworded.values())
        note = f"columns that ask one thing, and of which no row fills two, are read as one (combine): {parts}"
        return [_changed(proposal, note, combine=reworded)]
    ticks, (texts, doubt) = find_ticks(sheet), find_texts(sheet)
    if ticks or texts:
        note = "a question has a column for each answer: the one that is ticked is taken (ticks)" if ticks else ""
        made = _changed(proposal, note, in_text=texts, ticks=ticks)
        return [replace(made, notes=tuple(filter(None, made.notes)), checks=(*made.checks, *filter(None, [doubt])))]
    wide = find_stack(sheet)
    if wide is not None:
        stack, note = wide
        scores = _changed(proposal, note, stack=stack)
        sessions = find_session_stack(sheet) if names_treatments(sheet) else None
        if sessions is None:
            return [scores]
        days = _changed(proposal, sessions[1], stack=sessions[0])
        return [replace(scores, only=SCORES), replace(days, only=SESSIONS)]
    halves = split_labelled(sheet, proposal)
    if halves:
        return halves
    long = find_pivots(replace(sheet, proposal=proposal)) if not has_items(sheet) else []
    if long:
        answers = [_changed(proposal, note, pivot=pivot, **more) for pivot, note, more in long]
        told = sorted({name for pivot, _, _ in long for name in (pivot.name, *_asked(answers)) if name in sheet.fields})
        return _with_given(sheet, proposal, answers, [] if treated else told)
    return [proposal] if proposal != sheet.proposal else []


def _with_given(sheet: Sheet, proposal: Proposal, answers: list[Proposal], names: Sequence[str]) -> list[Proposal]:
    """Return the answers with the rows of the same list that are treatments, where one of some columns says so."""
    given = find_given(sheet, proposal, names) if names else None
    return answers if given is None else [*(replace(one, only=SCORES) for one in answers), given]


def _treats(column: Field, rows: Array) -> bool:
    """Tell whether a column names a treatment in any of some rows: what a patient got beside each answer, and no row of a treatment."""
    return any(recognise_treatment(value)[0] for value in column.words.values[np.unique(column.words.codes[rows])])


def _asked(proposals: Sequence[Proposal]) -> set[str]:
    """Return the columns that say which rows belong to a table."""
    return {name for one in proposals for name in one.source.rows}


def find_reworded(sheet: Sheet) -> dict[str, tuple[str, ...]]:
    """Return new column → columns that ask for one item or total, of which no row fills two: a question whose wording was changed."""
    asked: dict[Claim, list[str]] = defaultdict(list)
    for name, column in sheet.fields.items():
        claims = claims_of(name)
        if claims and column.filled:
            asked[claims[0]].append(name)
    several = {claim: names for claim, names in asked.items() if len(names) > 1}
    for names in several.values():
        filled = np.array([sheet.fields[name].words.spread(~sheet.fields[name].missing) for name in names])
        if (filled.sum(axis=0) > 1).any():
            return {}
    return {f"{instrument}_{item or 'total'}": tuple(names) for (instrument, item), names in several.items()}


def by_questionnaire(sheet: Sheet) -> tuple[str, dict[str, tuple[str, ...]]] | None:
    """Return the column that names each row's questionnaire, where the answers of all stand in the same numbered columns."""
    numbers = Counter(
        match[1] for name in sheet.fields if (match := re.fullmatch(r"(.*?)[ _.-]*\d{1,2}", name.strip()))
    )
    if not numbers or max(numbers.values()) < 5 or has_items(sheet):
        return None
    for name, column in sheet.fields.items():
        if not 2 <= len(column.values) <= MOST_NAMED:
            continue
        spelt: dict[str, tuple[str, ...]] = {}
        for value in column.values:
            for instrument, item in claims_of(value)[:1]:
                spelt[instrument] = (*spelt.get(instrument, ()), value) if item is None else ()
        named = [value for of in spelt.values() for value in of]
        if all(spelt.values()) and len(spelt) > 1 and len(named) >= 0.5 * len(column.values):
            return name, spelt
    return None


def _changed(proposal: Proposal, note: str, **changes: object) -> Proposal:
    return replace(proposal, source=proposal.source.model_copy(update=changes), notes=(*proposal.notes, note))


def _without_sums(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out rows of averages and sums: their identifier is such a word."""
    for name in patient_columns(sheet)[:1]:
        column = sheet.fields[name]
        sums = [value for value in column.values if SUMS.fullmatch(value)]
        known = set(column.values)
        each = [value for value in column.values if value.endswith(" Total") and value.removesuffix(" Total") in known]
        if (sums or each) and len(sums) <= 6 and len(column.values) > 3 * len(sums):
            spelt = sorted({re.sub(r"\d+", "*", value) for value in sums} | ({"* Total"} if each else set()))
            note = f"rows of sums ({', '.join(map(repr, spelt))} in {name!r}) are left out"
            left = {**proposal.source.leave_out, name: tuple(spelt)}
            return _changed(proposal, note, leave_out=left)
    return proposal


def _without_tests(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out patients that nobody is: their identifier says that it is a test."""
    for name in patient_columns(sheet)[:1]:
        tests = [value for value in sheet.fields[name].values if TESTS.fullmatch(value.strip())]
        if tests and len(sheet.fields[name].values) > 3 * len(tests):
            spelt = sorted({re.sub(r"\d+", "*", value) for value in tests})
            before = proposal.source.leave_out.get(name, ())
            changed = proposal.source.model_copy(
                update={"leave_out": {**proposal.source.leave_out, name: (*before, *spelt)}}
            )
            note = f"rows of test patients ({', '.join(map(repr, spelt))} in {name!r}) are left out"
            return replace(proposal, source=changed, checks=(*proposal.checks, note))
    return proposal


def _without_relatives(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out what relatives answered about a patient, where a column says of every row who answered."""
    known = read_vocabulary()["answered_by"]
    for name, column in sheet.fields.items():
        said = (
            {value: " ".join(words_of(value)) for value in column.values} if len(column.values) <= MOST_STATES else {}
        )
        others = sorted(value for value, words in said.items() if words in known["relatives"])
        if (
            others
            and len(others) < len(said)
            and all(words in known["relatives"] + known["others"] for words in said.values())
        ):
            note = f"rows that {name!r} says were answered by {', '.join(map(repr, others))} are left out"
            left = {**proposal.source.leave_out, name: tuple(others)}
            changed = proposal.source.model_copy(update={"leave_out": left})
            return replace(proposal, source=changed, checks=(*proposal.checks, note))
    return proposal


def _without_undone(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out rows of what did not take place or was entered in error, where a column says of every row whether it did."""
    known = read_vocabulary()
    began = known["unfinished"] if _is_of_scores(sheet) else []
    for name, column in sheet.fields.items():
        if not 2 <= len(column.values) <= MOST_STATES:
            continue
        said = {value: say_state(value) for value in column.values}
        undone = [value for value, words in said.items() if words in known["not_held"] or words in began]
        done = [value for value, words in said.items() if words in known["held"]]
        if undone and done and len(undone) + len(done) == len(said):
            note = f"rows that {name!r} calls {', '.join(map(repr, sorted(undone)))} are left out"
            left = {**proposal.source.leave_out, name: tuple(sorted(undone))}
            return replace(
                proposal,
                source=proposal.source.model_copy(update={"leave_out": left}),
                checks=(*proposal.checks, note),
            )
        surely = sorted(value for value in undone if said[value] in known["not_held"])
        if surely and len(surely) < len(said):
            rows = state_rows(int(column.rows[np.isin(column.words.values, surely)].sum()))
            question = (
                f"{sheet.name}: {name!r} says that something did not take place, or was entered in error ({rows}: {', '.join(map(repr, surely))}), and has other "
                f"words of which nothing says whether it did. Write which rows are none, `leave_out: {{{name}: [{', '.join(surely)}]}}` for this file, or delete this line"
            )
            proposal = replace(proposal, questions=(*proposal.questions, question))
    return proposal


def _without_drugs(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out rows of drugs that are given beside a treatment, where one list of medications has both."""
    for name, column in sheet.fields.items():
        if not 2 <= len(column.values) <= MOST_DRUGS or not any(map(names_drug, column.values)):
            continue
        others = sorted({re.sub(r"\d+", "*", value) for value in column.values if is_other_drug(value)})
        if others:
            note = f"rows of other drugs in {name!r} ({len(others)} spellings) are left out"
            left = {**proposal.source.leave_out, name: tuple(others)}
            return _changed(proposal, note, leave_out=left)
    return proposal


def _without_ticked(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out rows that a column ticks as deleted, void, or of a test (``is_deleted``: 1)."""
    known = read_vocabulary()
    for name, column in sheet.fields.items():
        if match_name(name, known["ticked_away"])[0] < SAME or not column.filled:
            continue
        said = {
            value: known["yes_no"].get(value.casefold(), "yes" if value.casefold() == "x" else "")
            for value in column.values
        }
        ticked = sorted(value for value, tick in said.items() if tick == "yes")
        rows = column.share(np.isin(column.words.values, ticked)) * column.filled
        if ticked and all(said.values()) and rows < 0.5 * sheet.raw.size:
            note = f"rows that {name!r} ticks ({', '.join(map(repr, ticked))}) are left out"
            left = {**proposal.source.leave_out, name: tuple(ticked)}
            return replace(
                proposal,
                source=proposal.source.model_copy(update={"leave_out": left}),
                checks=(*proposal.checks, note),
            )
    return proposal


def _is_of_scores(sheet: Sheet) -> bool:
    """Tell whether a sheet has several rows a patient and columns of questionnaires."""
    patient = next((sheet.fields[name] for name in patient_columns(sheet)[:1]), None)
    several = patient is not None and patient.filled >= SEVERAL * len(patient.values)
    return several and any(claims_of(name) for name in sheet.fields)
