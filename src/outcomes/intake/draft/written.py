"""Scores written in texts and answers ticked in a column each: which columns of a sheet they would be read into."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np

from outcomes.instruments import read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.vocabulary import read_vocabulary
from outcomes.intake.points import read_points, read_totals
from outcomes.intake.readers.cells import CLEAR, TICKED, UNREAD, find_score
from outcomes.intake.words import text_array
from outcomes.settings import InText

SOME = 0.2  # of a column's filled rows that must hold a score
ENOUGH, DIFFERENT = 20, 3  # rows, and different scores that so many must have
NEARLY = 0.9  # of the cells of a column that lists scores
# Nothing but names with a number each, so that short names are names too: PHQ 14 / GAD-7 9. In PHQ 9 / GAD 7 the numbers are scores, where no cell has two behind a name.
LISTED = re.compile(r"(?:[a-z]+(?:[- ]?\d{1,2}(?=\W+\d))?\W{0,3}\d{1,2}(?:/2[17])?\W{0,3}){2,}", re.IGNORECASE)
SHORT = re.compile(r"(?:[a-z]+\W{0,3}\d{1,2}\W*(?=[a-z]|$)){2,}", re.IGNORECASE)
FEWEST = 2  # columns of one question's answers
ANSWER = (
    re.compile(r"(.+?)___(-?\w+)"),
    re.compile(r"(.+?)\s*\(choice=(.+)\)"),
    re.compile(r"(.+?)\s*[\[({](.+)[\])}]"),
    re.compile(r"(.+?)\s*[-:|]\s*(.+)"),
    re.compile(r"(.+?)[_. ](\d)"),
)


def find_texts(sheet: Sheet) -> tuple[dict[str, InText], str]:
    """Return new column → text that the scores of an instrument are read out of, and what to look at; of instruments without a column."""
    claimed = {instrument for name in sheet.fields for instrument, _ in claims_of(name)}
    listing = {name for name, column in sheet.fields.items() if column.share_written(LISTED) >= NEARLY}
    short = {name for name, column in sheet.fields.items() if column.share_written(SHORT) == 1.0}
    found: dict[str, InText] = {}
    doubts: list[str] = []
    for instrument, entry in read_vocabulary()["instruments"].items():
        definition = read_instruments()[instrument]
        every = tuple(dict.fromkeys(name for name in entry["names"] if re.search(r"[a-z]{2}", name)))
        long = tuple(name for name in every if re.search(r"\d", name) or len(name) > 4)
        if instrument in claimed or not every or instrument == "pain_nrs":
            continue
        for name, column in sheet.fields.items():
            names = (
                tuple(one for one in every if one not in long) if name in short else every if name in listing else long
            )
            if not any(re.search(r"[^\W\d_]", value) for value in column.values[:50]):
                continue
            read = text_array([find_score(value, names) for value in column.words.values])
            totals = read_totals(read, definition)
            share = column.share((totals >= definition.minimum) & (totals <= definition.maximum))
            if share < SOME or (column.filled >= ENOUGH and len(np.unique(totals[~np.isnan(totals)])) < DIFFERENT):
                continue  # hardly a score, or the 9 of the questionnaire's own name
            spelt = [
                one
                for one in names
                if column.share(text_array([find_score(v, [one]) for v in column.words.values]) != "") > 0
            ]
            found[f"{instrument}_total"] = InText(column=name, after=tuple(spelt))
            unread = round(column.share(read == UNREAD) * column.filled)
            left = f"; {state_rows(unread)} name it without one clear number, and are missing" if unread else ""
            doubts.append(f"{instrument} is read out of the text of {name!r} (in_text){left}")
            break
    return found, "; ".join(doubts)


def find_ticks(sheet: Sheet) -> dict[str, dict[str, str]]:
    """Return new column → answer → the column that is ticked for it, of questions with a column for each answer."""
    groups: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    named: dict[str, dict[str, str]] = defaultdict(dict)  # of questions named as a total is
    for name, column in sheet.fields.items():
        spelt = {value.strip().casefold() for value in column.words.values[column.rows > 0]}
        if not spelt <= TICKED | CLEAR:
            continue
        for form in ANSWER:
            match = form.fullmatch(name.strip())
            said = claims_of(match[1]) if match else ()
            claims = [one for one in said if one[1]] or said
            if (
                match
                and claims
                and not np.isnan(read_points(text_array([match[2]]), read_instruments()[claims[0][0]], {})[0][0])
            ):
                instrument, item = claims[0]
                (groups[instrument, item] if item else named[instrument])[match[2]] = name
                break
    for instrument, of in named.items():  # phq9 beside phq1 to phq8 is the ninth item, and no total
        last = read_instruments()[instrument].n_items
        if {item for one, item in groups if one == instrument} == set(range(1, last)):
            groups[instrument, last] = of
    several = {key: of for key, of in groups.items() if len(of) >= FEWEST}
    return {f"{instrument}_{item}": of for (instrument, item), of in sorted(several.items())}
