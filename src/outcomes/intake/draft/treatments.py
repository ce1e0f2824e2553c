"""Treatment sessions: which column says what was given, and the vital signs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from outcomes.errors import SettingsError
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.columns import find_columns, is_number
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.spellings import BILLED, SHOWN, Spellings, find_spellings
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.vocabulary import NEAR, NONE, SAME, match_name, names_drug, read_vocabulary, words_of
from outcomes.intake.draft.wide import SESSION
from outcomes.intake.words import text_array
from outcomes.protocols import read_protocols

MOST_SPELLINGS, MOST_CODES, MOST_BILLED = (
    200,
    6,
    80,
)  # of one column: spellings, codes of treatments, codes of CPT and HCPCS
CODE = re.compile(r"[A-Za-z]?\d{1,2}")  # of a treatment, in a list of choices
ALL_BUT_FEW = 0.8  # of the filled rows, which name a treatment
GIVEN_ON = re.compile(
    r"(?:tx|treatment|infusion|session|dose|dosing|administration|admin)[ _.-]?(?:date|day|dt)\b|date of (?:treatment|infusion|session|dose)",
    re.I,
)  # a date of a wide file that is named as of a session
NO_TREATMENT = "none"  # what people say of a code that is no treatment


def find_sessions(found: Found, free: set[str], placed: dict[str, Guess]) -> None:
    """Add sessions and vitals, where the rows are treatment sessions."""
    known = read_vocabulary()
    treatment = _choose_treatment(found, free, known["sessions"]["treatment"]["names"])
    taken = {treatment.column} if treatment else set()
    others = {name: rule for name, rule in known["sessions"].items() if name != "treatment"}
    columns = find_columns(found, free - taken, others)
    vitals = _find_vitals(found, free - taken - {guess.column for guess in columns.values()}, known["vitals"])
    telling = [name for name in ("dose_mg", "duration_min") if name in columns and not columns[name].check]
    halved = "sessions" in found.sheet.proposal.only  # rows that a column of labels tells to be sessions
    if treatment or telling or halved:
        found.tables["sessions"] = placed | ({"treatment": treatment} if treatment else {}) | columns
    if vitals:
        found.tables["vitals"] = placed | vitals
    if "sessions" in found.tables and treatment:
        _leave_line_charges(found, treatment)
    if "sessions" in found.tables and treatment:
        _leave_scored_days(found, treatment)
    if "sessions" in found.tables and treatment:
        _leave_unlabelled(found, treatment)


def find_given_arm(found: Found, free: set[str]) -> dict[str, Guess]:
    """Return the arm by what each patient got (Drug), where the rows are no sessions and one treatment a patient is named."""
    names = read_vocabulary()["sessions"]["treatment"]["names"]
    for name in sorted(free):
        if "sessions" in found.tables or match_name(name, names)[0] < NEAR:
            continue
        column = found.sheet.fields[name]
        spelt = find_spellings(column, found.patients, "treatment")
        kinds = {kind: place for place, kind in enumerate(sorted(set(spelt.values.values()) - {None}, key=str))}
        given = column.words.spread(
            np.array([kinds.get(spelt.values.get(value.casefold()), -1) for value in column.words.values])
        )
        pairs = np.unique(np.column_stack([found.patients.codes, given])[given >= 0], axis=0)
        once = len(kinds) > 1 and len(np.unique(pairs[:, 0])) == len(pairs)
        if spelt.share >= ALL_BUT_FEW and once and any(map(names_drug, spelt.values)):
            return {"arm": Guess(name, check="what each patient got is taken for the arm")}
    return {}


def names_treatments(sheet: Sheet) -> bool:
    """Tell whether nearly all values of some column are spellings of treatments."""
    patients = next(iter(sheet.fields.values())).words
    few = (column for column in sheet.fields.values() if 0 < len(column.values) <= MOST_SPELLINGS)
    return any(find_spellings(column, patients, "treatment").share >= 0.8 for column in few)


def _leave_line_charges(found: Found, treatment: Guess) -> None:
    """Leave out what the lines of a bill charge: that of the line with the treatment is not what the session was charged."""
    charge = found.tables["sessions"].get("charge_usd")
    if charge is not None and any(
        BILLED.fullmatch(value.casefold()) for value in found.sheet.fields[treatment.column].values
    ):
        del found.tables["sessions"]["charge_usd"]
        found.notes.append(
            f"{charge.column!r} is of each line of a bill, and a session has several: add up what one person was charged on one day in the export, and put it beside the sessions (`join`)"
        )


def _leave_scored_days(found: Found, treatment: Guess) -> None:
    """Leave out sessions of a wide file whose rows are days of scores and of sessions alike: a baseline is no session."""
    stack = found.sheet.source.stack
    if stack is None or treatment.column in stack.columns:
        return
    others = [value for value in found.sheet.fields[stack.label].values if not SESSION.match(value)]
    date = found.tables["sessions"]["date"].column
    if others and not GIVEN_ON.match(date):
        found.tables.pop("vitals", None)
        del found.tables["sessions"]
        found.troubles.append(
            f"{treatment.column!r} says what each patient got, and nothing which of the columns' dates are of sessions ({', '.join(others[:4])} "
            f"are named as none): sessions are left out. Where each day of {date!r} is one, copy `assessments` of this source to `sessions`, with its `patient` and `date` and "
            f"`treatment: {{column: {treatment.column}, values: {{…}}}}`; else write them in a file of their own, one row each, with date and treatment"
        )


def _leave_unlabelled(found: Found, treatment: Guess) -> None:
    """Leave out sessions of a sheet above which stands what was given, where nothing tells its sessions from other visits."""
    dose = found.tables["sessions"].get("dose_mg")
    every = dose is not None and found.sheet.fields[dose.column].filled == found.sheet.raw.size
    scored = any(claims_of(name) for name in found.sheet.fields)
    above = {*found.sheet.source.above, *found.sheet.source.headings}
    if treatment.column in above and not found.sheet.proposal.only and scored and not every:
        found.tables.pop("vitals", None)
        del found.tables["sessions"]
        found.troubles.append(
            f"{treatment.column!r} above the table says what each patient got, and nothing which of its rows are sessions: sessions are left out; "
            "write a column that numbers them, or the dose of each, and draft again"
        )


def _choose_treatment(found: Found, free: set[str], names: list[str]) -> Guess | None:
    """Return the column whose values are spellings of treatments: the one that tells most of them apart.

    What it leaves unsure (ketamine without a route, nasal without a drug) another such column may settle.
    """
    ranked = []
    forms = Counter(re.sub(r"\d+", "#", name) for name in found.sheet.fields)
    stacked = found.sheet.source.stack is not None
    for name in free:
        if stacked and forms[re.sub(r"\d+", "#", name)] > 1:
            continue  # of one visit among several of the row
        level, rank = match_name(name, names)
        column = found.sheet.fields[name]
        if not column.filled or len(column.values) > MOST_SPELLINGS:
            continue
        spellings = find_spellings(column, found.patients, "treatment")
        same = level == NONE and len(column.values) < 2  # the name of a project, in every row
        if spellings.share >= (0.5 if level > NONE else 0.8) and not same:
            apart = len(set(spellings.values.values()) - {None})
            drug = any(map(names_drug, spellings.values))
            ranked.append((apart, drug, -len(spellings.checks), level, rank, name, spellings))
    if not ranked:
        return _coded_treatment(found, free, names)
    ranked.sort(key=lambda one: one[:6])
    *_, level, _, name, spellings = ranked[-1]
    for *_, other, other_spellings in ranked[:-1]:
        spellings = _settle(found, name, spellings, other, other_spellings)
    return Guess(name, spellings, check="" if level > NONE else "by its values only")


def _coded_treatment(found: Found, free: set[str], names: list[str]) -> Guess | None:
    """Return the column that is named like the treatment and holds a few codes, whose meaning only people know."""
    for name in sorted(free, key=lambda one: match_name(one, names), reverse=True):
        column = found.sheet.fields[name]
        codes = sorted(column.values)
        shown = [
            code
            for code in codes
            if len(np.unique(found.patients.codes[column.words.spread(column.words.values == code)])) >= SHOWN
        ]
        billed = all(
            BILLED.fullmatch(code.casefold()) for code in codes
        )  # of which rare ones are no treatments of an arm
        most = MOST_BILLED if billed else MOST_CODES
        sessions = found.rows_per_patient >= 2 and 2 <= len(codes) <= most and column.filled >= 0.9 * len(column.words)
        prefixed = len(words_of(name)) == 2 and match_name(words_of(name)[1], names)[0] == SAME  # ses_drug, of a form
        if (
            (match_name(name, names)[0] >= NEAR or prefixed)
            and sessions
            and (shown or not billed)
            and all(CODE.fullmatch(code) or BILLED.fullmatch(code.casefold()) for code in codes)
        ):
            spelt = find_spellings(column, found.patients, "treatment")
            asked = tuple(code for code in shown if code.casefold() not in spelt.values)
            return Guess(name, Spellings(spelt.values, open=asked, rare=max(spelt.rare, len(codes) - len(shown))))
    return None


def name_treatments(found: Iterable[Found], given: Mapping[str, str]) -> None:
    """Lay what people say of spellings of treatments over what was found.

    Raises
    ------
    SettingsError
        An arm that is no treatment of a protocol.
    """
    unknown = sorted(set(given.values()) - set(read_protocols()) - {NO_TREATMENT})
    if unknown:
        raise SettingsError(
            f"--treatment: {', '.join(map(repr, unknown))} is no treatment; write CODE=ARM with one of {', '.join(read_protocols())}, or {NO_TREATMENT}."
        )
    said = {spelling.strip().casefold(): None if arm == NO_TREATMENT else arm for spelling, arm in given.items()}
    for one in found:
        guess = one.tables.get("sessions", {}).get("treatment")
        if guess is None or guess.spellings is None or not said:
            continue
        mine = {value.casefold() for value in one.sheet.fields[guess.column].values} & set(said)
        values = guess.spellings.values | {spelling: said[spelling] for spelling in mine}
        left = tuple(spelling for spelling in guess.spellings.open if spelling.casefold() not in mine)
        one.tables["sessions"]["treatment"] = replace(
            guess, spellings=replace(guess.spellings, values=values, open=left)
        )


def _settle(found: Found, name: str, spellings: Spellings, other: str, others: Spellings) -> Spellings:
    """Return the spellings with those settled whose rows have one sure treatment in another column."""
    sure = {spelling: value for spelling, value in others.values.items() if value and spelling not in others.checks}
    second = found.sheet.fields[other].words
    elsewhere = second.spread(text_array([sure.get(value.casefold()) for value in second.values]))
    first = found.sheet.fields[name].words
    own = first.spread(text_array([value.casefold() for value in first.values]))
    values, checks = dict(spellings.values), dict(spellings.checks)
    for spelling in spellings.checks:
        told = [value for value in elsewhere[own == spelling] if value is not None]
        if told and max(map(told.count, set(told))) >= 0.95 * len(told):
            values[spelling] = max(set(told), key=told.count)
            del checks[spelling]
    return replace(spellings, values=values, checks=checks)


def _find_vitals(found: Found, free: set[str], known: dict[str, dict[str, list[str]]]) -> dict[str, Guess]:
    """Return vital signs: a measure and a moment in the name; before the session where no moment is named."""
    ranges = {"systolic": (40, 300), "diastolic": (20, 200), "heart_rate": (20, 250), "spo2": (50, 100)}
    vitals: dict[str, Guess] = {}
    for measure, synonyms in known["measures"].items():
        for name in (name for name in found.sheet.fields if name in free):
            moment = _moment(name, synonyms, known["moments"])
            if moment is None or not is_number(found.sheet.fields[name], *ranges[measure]):
                continue
            check = "" if moment else "no moment is named; taken as before the session"
            vitals.setdefault(f"{measure}_{moment or 'before'}", Guess(name, check=check))
    return vitals


def _moment(name: str, synonyms: list[str], moments: dict[str, list[str]]) -> str | None:
    """Return when a vital sign was taken; empty where the name does not say, None where it is not this measure."""
    fillers = set(read_vocabulary()["fillers"])
    whole = "".join(word for word in words_of(name) if word not in fillers)
    rests = []
    for synonym in ("".join(words_of(synonym)) for synonym in synonyms):
        if whole.startswith(synonym):
            rests.append(whole.removeprefix(synonym))
        elif whole.endswith(synonym):
            rests.append(whole.removesuffix(synonym))
    places = {"": "", **{word: moment for moment, words in moments.items() for word in words}}
    return next((places[rest] for rest in sorted(rests, key=len) if rest in places), None)
