"""Released tables as a reader wants them: arms side by side, estimate and interval in one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, WITHHELD, Kind, count, fixed, interval, signed
from outcomes.release.report.content import Cell, Grid
from outcomes.release.report.contrary import note_contrary_rates
from outcomes.release.report.denominators import say_missing, say_not_cautious
from outcomes.release.report.material import Material, is_randomised, shown

Row = Mapping[str, Any]
PLACE = ("axis", "timepoint")
UNADJUSTED = (
    "The differences are unadjusted: chance did not decide who got which arm, and the arms may differ in severity, history, "
    "and payer."
)
POPULATIONS = {"started": "of all who started", "observed": "of those observed"}


def heading(text: str, span: int = 1) -> Cell:
    """Return a heading cell."""
    return Cell(text, head=True, span=span)


def number(text: str) -> Cell:
    """Return a cell of numbers."""
    return Cell(text, number=True, withheld=WITHHELD in text)


def pair(row: Row, first: str, second: str, write: Callable[[Any], str]) -> str:
    """Return "a (b)" of two columns of a row."""
    return shown(row, f"{write(row[first])} ({write(row[second])})" if row and pd.notna(row[first]) else ABSENT)


def estimate(row: Row, value: str, factor: float = 1, write: Any = fixed) -> str:
    """Return "estimate (lower to upper)"."""
    if not row or pd.isna(row[value]):
        return shown(row, ABSENT)
    kind: Kind = "percent" if factor == 100 else "score"
    text = write(row[value] * factor, kind)
    if pd.isna(row["lower"]):
        return shown(row, text)
    return shown(row, f"{text} ({interval(row['lower'], row['upper'], kind, factor)})")


def places_of(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return axis and time point of the rows, in the order of the table."""
    return [(str(a), str(t)) for a, t in rows[list(PLACE)].drop_duplicates().itertuples(index=False)]


def index_rows(rows: pd.DataFrame, *keys: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the rows as records by key."""
    records = [{str(key): value for key, value in record.items()} for record in rows.to_dict("records")]
    return {tuple(str(record[key]) for key in keys): record for record in records}


def add_up(counts: pd.Series[float]) -> str:
    """Return the sum of counts; "at least" the known ones where some are withheld."""
    known = counts.sum()
    if counts.notna().all():
        return count(known)
    return f"at least {count(known)}" if known else WITHHELD


def tabulate_ledger(material: Material) -> Grid | None:
    """Return how the raw rows of each file ended."""
    balance = material.rows("balance")
    if balance.empty:
        return None
    states = [name for name in ("raw", "kept", "corrected", "flagged", "merged", "quarantined") if name in balance]
    rows = [
        (heading(str(row["file"])), *(number(shown(row, count(row[state]))) for state in states))
        for row in index_rows(balance, "file").values()
    ]
    if len(rows) > 1:
        totals = [add_up(balance[state]) for state in states]
        rows.append((heading("All files"), *(number(text) for text in totals)))
    return Grid(
        "ledger",
        "How the rows of the raw export ended.",
        ((heading("File"), *(heading(state.capitalize()) for state in states)),),
        tuple(rows),
        ("Raw = kept + merged + quarantined. Corrected and flagged rows are among the kept.",),
        sortable=True,
    )


def tabulate_reasons(material: Material) -> Grid | None:
    """Return the ledger's entries by reason, over all files."""
    ledger = material.rows("ledger")
    if ledger.empty:
        return None
    groups = ledger.groupby(["state", "reason"], sort=True)["rows"]
    rows = [(heading(str(state)), Cell(say(str(reason))), number(add_up(part))) for (state, reason), part in groups]
    return Grid(
        "reasons",
        "What was done to raw rows, and why.",
        ((heading("State"), heading("Reason"), heading("Rows")),),
        tuple(rows),
        (
            "A row can have several entries. In the table of rows by state it counts once: a row that was corrected and also flagged is "
            "among the corrected there.",
        ),
        sortable=True,
    )


def say(code: str) -> str:
    """Return a code as words."""
    return code.replace("_", " ")


def enumerate_words(words: Sequence[str]) -> str:
    """Return a list as a sentence has it.

    Examples
    --------
    >>> enumerate_words(["a"]), enumerate_words(["a", "b"]), enumerate_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b, and c')
    """
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def quartiles(row: Row) -> str:
    """Return "median (quartile to quartile)"."""
    if not row or pd.isna(row["median"]):
        return ABSENT
    return f"{fixed(row['median'])} ({interval(row['q1'], row['q3'])})"


def say_variable(material: Material, variable: str) -> str:
    """Return the printed name of a characteristic."""
    if variable.endswith("_band") and variable.removesuffix("_band") in material.study.instruments:
        return f"{material.instrument(variable.removesuffix('_band'))} severity"
    if variable in material.study.instruments:
        return f"{material.instrument(variable)} total"
    words = say(variable)
    return words[:1].upper() + words[1:]


def tabulate_scores(material: Material, instrument: str) -> Grid | None:
    """Return mean and median of one instrument by time point, arms side by side."""
    table = material.rows("scores", instrument=instrument)
    if table.empty:
        return None
    cells = index_rows(table, *PLACE, "arm")
    arms = material.arms
    top = (heading(""), *(heading(material.arm(arm), 3) for arm in arms))
    second = (heading("Time point"), *(heading(text) for _ in arms for text in ("n", "Mean (SD)", "Median (Q1 to Q3)")))
    rows = []
    for place in places_of(table):
        line = [heading(material.timepoint(*place))]
        for arm in arms:
            row = cells.get((*place, arm), {})
            line.append(number(shown(row, count(row["n"]) if row else ABSENT)))
            line += [number(pair(row, "mean", "sd", fixed)), number(shown(row, quartiles(row)))]
        rows.append(tuple(line))
    name = material.instrument(instrument)
    return Grid(
        f"scores-{instrument}",
        f"{name} total (points) of the scores observed at each time point.",
        (top, second),
        tuple(rows),
        (
            f"Mean and median are both shown because they can disagree. The {COVERED} intervals of the means are in the supplement.",
        ),
    )


def tabulate_rates(material: Material, instrument: str) -> Grid | None:
    """Return the endpoints of one instrument at the headline time point and the last one of each other axis."""
    table = material.rows("response", instrument=instrument)
    if table.empty:
        return None
    chosen = choose_places(material, table)
    cells = index_rows(table, *PLACE, "endpoint", "population", "arm")
    differences = material.rows("differences", instrument=instrument)
    contrasts = list(differences["contrast"].drop_duplicates()) if len(differences) else []
    deltas = index_rows(differences, *PLACE, "endpoint", "population", "contrast") if contrasts else {}
    arms = material.arms
    top = (heading(""), *(heading(material.arm(arm), 2) for arm in arms))
    top += tuple(heading(material.contrast(str(contrast))) for contrast in contrasts)
    second = (
        heading("Endpoint, time point, population"),
        *(heading(text) for _ in arms for text in ("n / N", f"% ({COVERED} CI)")),
    )
    second += tuple(heading(f"Difference, pp ({COVERED} CI)") for _ in contrasts)
    rows: list[tuple[Cell, ...]] = []
    for endpoint in table["endpoint"].drop_duplicates():
        rows.append((Cell(str(endpoint).capitalize(), head=True, span=1 + 2 * len(arms) + len(contrasts)),))
        for place in chosen:
            for population in POPULATIONS:
                key = (*place, str(endpoint), population)
                line = [heading(f"\u2003{material.timepoint(*place)}, {population}")]
                for arm in arms:
                    line += rate(cells.get((*key, arm), {}))
                line += [number(_difference(deltas.get((*key, str(contrast)), {}))) for contrast in contrasts]
                rows.append(tuple(line))
    notes = [
        "n / N: events / patients counted. Started: all who started, a missing score counting as no response, no remission, "
        "and no worsening. Observed: those with a score. CI: Wilson's score interval for a proportion, Newcombe's for a difference; pp: percentage points.",
    ]
    notes += [note_secondary(material, instrument)]
    if contrasts and not is_randomised(material):
        notes.append(UNADJUSTED)
    if contrasts:
        notes += [say_not_cautious(material, instrument, place, arms) for place in chosen[:1]]
        also = [place for place in chosen[1:] if place[1] in material.study.report.also]
        notes += [say_missing(material, instrument, place, arms) for place in also]
    notes += note_contrary_rates(material, instrument, chosen)
    return Grid(
        f"response-{instrument}",
        f"{material.instrument(instrument)}: response, remission, and worsening with both denominators.",
        (top, second),
        tuple(rows),
        tuple(filter(None, notes)),
    )


def note_secondary(material: Material, instrument: str) -> str:
    """Return what the entry rules leave open on an instrument: patients without a baseline, and those who began below the cut-off."""
    study, entry = material.study, material.study.instrument(instrument)
    if study.series.origin == "none":
        return ""
    name, texts = entry.name, []
    if _lack_baseline(material, instrument):
        texts.append(
            f"Patients without a {name} score at baseline are among all who started, where they count as no response, and not among those observed."
        )
    threshold = study.baseline.minimum.get(instrument)
    cutoff = entry.remission_maximum
    if cutoff is not None and entry.higher_is_worse and (threshold is None or threshold <= cutoff):
        texts.append(
            f"No entry threshold of the {name} lies above the cut-off of remission: some of those in remission may have been at or below it at baseline."
        )
    return " ".join(texts)


def _lack_baseline(material: Material, instrument: str) -> bool:
    """Whether the released counts leave room for patients without a baseline score."""
    known = material.rows("scores", instrument=instrument, axis="baseline")
    started = material.rows("missingness", instrument=instrument)
    if known.empty or started.empty:
        return False
    sizes = started.groupby("arm")["started"].max()
    return not (known.set_index("arm")["n"].reindex(sizes.index) == sizes).all()


def choose_places(material: Material, table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the headline time point first, then those that the study names, then the last one of every other axis."""
    places = places_of(table)
    headline = material.headline
    first = [place for place in places if place == headline]
    first += [place for place in places if place[1] in material.study.report.also and place not in first]
    last = {axis: (axis, timepoint) for axis, timepoint in places}
    return first + [place for axis, place in last.items() if axis not in {chosen for chosen, _ in first}]


def rate(row: Row) -> list[Cell]:
    """Return the cells events / n and percent with its interval."""
    if not row:
        return [number(ABSENT), number(ABSENT)]
    events, n = (shown(row, count(row[name])) for name in ("events", "n"))
    return [number(f"{events}\u00a0/\u00a0{n}"), number(estimate(row, "proportion", 100))]


def _difference(row: Row) -> str:
    return estimate(row, "difference", 100, write=signed)
