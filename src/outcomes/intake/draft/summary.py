"""What ``outcomes draft`` prints: what was found per file, and what a trial reading keeps."""

from __future__ import annotations

from outcomes.intake.draft.export import Survey, written_columns
from outcomes.intake.draft.found import Found
from outcomes.intake.export import Export
from outcomes.intake.readers.header import is_name
from outcomes.personal import show_name


def describe_sheets(survey: Survey) -> str:
    """Return, per file: rows, tables, instruments, how dates are written, and columns dropped."""
    lines = []
    for one in survey.found:
        lines.append(f"{one.sheet.name}: {one.sheet.raw.size:,} rows → {', '.join(one.tables)}")
        if one.instruments:
            lines.append(f"    instruments  {', '.join(_instrument(one, name) for name in one.instruments)}")
        if written_columns(one):
            lines.append(f"    dates        {_dates(one, survey)}")
        if one.dropped:
            shown = [name if is_name(name) else "(a name not shown)" for name in one.dropped]
            lines.append(
                f"    dropped      {', '.join(shown[:8])}{f' and {len(shown) - 8} more' if len(shown) > 8 else ''}"
            )
        lines += [f"    check        {note}" for note in [*one.notes, *one.troubles]]
    lines += [f"{show_name(idle.name)}: left out: {idle.reason}" for idle in survey.idle]
    return "\n".join(lines) + "\n"


def _instrument(one: Found, name: str) -> str:
    questionnaire = one.instruments[name]
    parts = [f"{len(questionnaire.items)} items"] if questionnaire.items else []
    return f"{name} ({' and '.join([*parts, *(['total'] if questionnaire.total else [])])})"


def _dates(one: Found, survey: Survey) -> str:
    columns = written_columns(one)
    order = survey.orders.get(one.sheet.name)
    forms = [one.dates[name] for name in columns]
    if order in ("unknown", "both"):
        return f"{', '.join(map(repr, columns))}: {'day or month first?' if order == 'unknown' else 'day first and month first'}"
    written = [form for each in forms for form in each.formats(order or "day")]
    written += ["Excel day numbers"] if any(each.serials for each in forms) else []
    return f"{', '.join(map(repr, columns))}: {', '.join(dict.fromkeys(written)) or 'date cells'}"


def describe_trial(export: Export) -> str:
    """Return how many rows a trial reading keeps, the reasons of those left out, and the first rows as they were understood."""
    raw, kept, merged, out = (int(export.balance[name].sum()) for name in ("raw", "kept", "merged", "quarantined"))
    text = f"A trial reading keeps {kept:,} of {raw:,} rows; {merged:,} are duplicates, {out:,} are left out"
    if out:
        reasons = export.ledger.loc[export.ledger["state"] == "quarantined", "reason"].astype(str).value_counts()
        text += ": " + ", ".join(
            f"{reason} {count:,}" for reason, count in sorted(reasons.items(), key=lambda one: -one[1])
        )
    noted = [f"  noted: {one.text}" for one in export.findings if not one.stops]
    return "\n".join(["", f"{text}.", *noted, *_first_rows(export), ""])


def _first_rows(export: Export, most: int = 3) -> list[str]:
    """Return the first rows of what the study rests on: patients as numbers, days since the first session."""
    lines = []
    for name, columns in (
        ("sessions", ("patient", "study_day", "treatment")),
        ("assessments", ("patient", "study_day", "visit", "instrument", "recorded_total")),
    ):
        table = export.tables[name]
        if len(table):
            shown = table[[column for column in columns if column in table and table[column].notna().any()]].head(most)
            people = table["patient"].nunique()
            lines.append(
                f"{name}: {len(table):,} of {people:,} patients; the first, as understood (patients are numbered, days count from the first session):"
            )
            lines += [f"    {line}" for line in shown.to_string(index=False).splitlines()]
    return lines
