"""The data dictionary, rendered from the contracts so that the two cannot differ."""

from __future__ import annotations

from outcomes.contracts import CONTRACTS, Contract, Field
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.table import ReleasedTable

_HEAD = """\
# Data

`example/` is a synthetic network's export (CC0). Put your own exports anywhere, by custom under `raw/`, which is never
committed. `{study}/derived/` holds the pipeline's private tables, one row per patient, session, questionnaire or series;
it is never committed either, and nothing in it is fit to leave the building. Released tables are under `results/`.

The tables below are those of `{study}/derived/`, in the order in which they arise. This page is rendered by
`outcomes dictionary --out data/README.md` from `src/outcomes/contracts/`; the tables of `results/{study}/tables/` follow below.
"""
_RELEASED = """
# Released tables

`results/{study}/tables/` holds these as CSV. Every number of people has passed the disclosure gate: it is rounded to the nearest 5, `<11`
is a count below the smallest that is shown, percentages are computed from the rounded numbers, and `<0.16` and `>0.94` bound a share whose
counts are so small or so nearly all. `few`: not shown, for few people. Empty: not defined, or, beside a bound, not shown for a group this
small. Words that a spreadsheet would take for a formula have an apostrophe before them.
"""


def describe_tables() -> str:
    """Return ``data/README.md`` as text: every private and released table with its row, key, and columns."""
    private = "".join(_table(name, contract) for name, contract in CONTRACTS.items())
    return _HEAD + private + _RELEASED + "".join(map(_released, RELEASED.values()))


def _table(name: str, contract: Contract) -> str:
    rows = {**contract.fields, **{f"`{pattern}`": rule for pattern, rule in contract.further.items()}}
    lines = [
        f"\n## {name}\n",
        f"A row is {contract.row}. Key: {', '.join(contract.key)}.\n",
        "| column | type | meaning | range or values | may be missing |",
        "|---|---|---|---|---|",
        *(_column(column, rule) for column, rule in rows.items()),
    ]
    if contract.open:
        lines.append("\nFurther columns are those that the study file maps: numbers as float64, text as category.")
    return "\n".join(lines) + "\n"


def _column(name: str, rule: Field) -> str:
    low = "" if rule.minimum is None else f"≥ {rule.minimum:g}"
    high = "" if rule.maximum is None else f"≤ {rule.maximum:g}"
    values = ", ".join(rule.allowed) or ", ".join(filter(None, (low, high)))
    absent = "column optional" if not rule.required else "yes" if rule.nullable else "no"
    return f"| {name} | {rule.dtype} | {rule.meaning} | {values} | {absent} |"


def _released(table: type[ReleasedTable]) -> str:
    lines = [
        f"\n### {table.name}\n",
        f"{table.title}. A row is {table.row}. Key: {', '.join(table.key)}.\n",
        "| column | holds | meaning |",
        "|---|---|---|",
        *(
            f"| {one} | {one.kind} | {one.meaning}{f', in {one.unit}' if one.unit else ''} |"
            for one in table.fields
            if one in table.columns
        ),
        *(f"\n{note}" for note in table.notes),
    ]
    return "\n".join(lines) + "\n"
