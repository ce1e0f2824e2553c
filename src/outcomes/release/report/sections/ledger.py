"""Data health on one page: what came in, what was corrected, merged, left out, or doubted, and what does not hang together."""

from __future__ import annotations

from outcomes.contracts.released.quality import ROWS, Flow
from outcomes.records import list_records
from outcomes.release.numbers import count
from outcomes.release.report.content.blocks import Block, Cell, Grid, Section
from outcomes.release.report.content.exhibits import present
from outcomes.release.report.content.grids import add_up, heading, number, say, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.data_warnings import list_ended, show_attention

ENDS = {"merged": "Merged", "quarantined": "Left out"}  # of rows that are not kept: each row counts once
KEPT = ("Rows in the export", "Rows kept")  # boxes of the flow
NOTES = {"corrected": "Corrected, kept", "flagged": "Doubted, kept as they are"}  # a row can have several


def show_health(material: Material) -> Section:
    """Return what stood out, how the raw rows ended, and what does not hang together."""
    blocks: tuple[Block, ...] = present([tabulate_rows(material), tabulate_health(material)])
    return Section("attention", "Data health", (*show_attention(material.tables), *blocks))


def tabulate_rows(material: Material) -> Grid | None:
    """Return how the raw rows of all files ended, by reason: as in the flow, and of kept rows what was corrected or doubted."""
    balance = material.rows("balance")
    found = {str(row[Flow.label]): row for row in list_records(material.rows("flow", unit=ROWS, arm="all"))}
    if balance.empty or not {*KEPT} <= {*found}:
        return None
    came, kept = (number(tell_count(found[label], Flow.n)) for label in KEPT)
    rows: list[tuple[Cell, ...]] = [
        (heading(f"Came in, {count(len(balance))} {'file' if len(balance) == 1 else 'files'}"), came),
        (heading("Kept"), kept),
    ]
    for state, title in ENDS.items():
        ended = list_ended(material.tables, state)
        rows.append((heading(title), number("" if ended else count(len(ended)))))
        rows += [(heading(f"\u2003{_upper(say(reason))}"), number(size)) for reason, size in ended.items()]
    for state, title in NOTES.items():
        reasons = _reasons(material, state)
        rows += [(heading(title), number("")), *reasons] if reasons else []
    note = "Came in = kept + merged + left out. A kept row can have been corrected and doubted for several reasons."
    if material.study.privacy.release == "rounded":
        note += " Rounded: numbers need not add up. Corrected and doubted rows are those of the files added up."
    heads = ((heading("Rows of the export"), heading("n")),)
    return Grid("ledger", "How the rows of the raw export ended.", heads, tuple(rows), (note,))


def _reasons(material: Material, state: str) -> list[tuple[Cell, ...]]:
    ledger = material.rows("ledger", state=state)
    if ledger.empty:
        return []
    groups = ledger.groupby("reason", sort=True)["rows"]
    return [(heading(f"\u2003{_upper(say(str(reason)))}"), number(add_up(part))) for reason, part in groups]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def tabulate_health(material: Material) -> Grid | None:
    """Return what in the export does not hang together: a row a check, over the inputs where it was found."""
    found = material.rows("data_health")
    if found.empty:
        return None
    rows: list[tuple[Cell, ...]] = []
    for (check, meaning, unit), own in found.groupby(["check", "meaning", "unit"], sort=False):
        places = list(dict.fromkeys(str(one) for one in own["column"].dropna()))
        records = list_records(own)
        if len(records) == 1:
            size = f"{tell_count(records[0], 'n')} of {tell_count(records[0], 'total')} {unit}"
        else:
            size = f"{add_up(own['n'])} of {add_up(own['total'])} {unit}, {count(len(own))} inputs"
        accepted = "; ".join(dict.fromkeys(str(one) for one in own["accepted"].dropna()))
        cells = (heading(_upper(say(str(check)))), Cell(str(meaning)), Cell(", ".join(places)), number(size))
        rows.append((*cells, Cell(accepted)))
    heads = tuple(heading(text) for text in ("Check", "What it finds", "Column", "How many", "Accepted, as"))
    if all(not row[-1].text for row in rows):
        rows, heads = [row[:-1] for row in rows], heads[:-1]
    return Grid("data-health", "What in the export does not hang together.", (heads,), tuple(rows))
