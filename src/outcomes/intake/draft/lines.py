"""The lines of a drafted study file: sources, layouts, and dates, with a comment where a guess is unsure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from outcomes.intake.draft.candidates import Candidates
from outcomes.intake.draft.export import Survey, date_formats
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.layouts import Layout
from outcomes.intake.draft.questionnaire import Questionnaire
from outcomes.intake.draft.spellings import SHOWN, Spellings, state_rows
from outcomes.intake.draft.zones import ask_zone, gather_stamps, infer_zone, list_stamps
from outcomes.intake.readers.header import is_name
from outcomes.personal import show_name

WIDTH = 118
ASK = "day first or month first?"


def flow(value: Any) -> str:
    """Return a value as one line of YAML.

    >>> flow({"yes": "no", "a": ["b", 1]}), flow("plain")
    ("{'yes': 'no', a: [b, 1]}", 'plain')
    """
    text = yaml.safe_dump(value, default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False)
    return text.strip().removesuffix("...").strip()


def wrap(start: str, value: Any) -> list[str]:
    """Return a key and its value: on one line where that is short enough, else an entry a line."""
    if len(start + flow(value)) <= WIDTH or not isinstance(value, dict | list):
        return [start + flow(value)]
    indent = " " * (len(start) - len(start.lstrip(" -")) + 2)
    if isinstance(value, list):
        return [start.rstrip(), *(f"{indent}- {flow(entry)}" for entry in value)]
    return [start.rstrip(), *(line for entry in value.items() for line in _entry(indent, *entry))]


def _entry(indent: str, key: str, value: Any) -> list[str]:
    """Return an entry of a mapping; YAML wants a long key on a line of its own."""
    if len(key) < 120:
        return [f"{indent}{flow(key)}: {flow(value)}"]
    return [f"{indent}? {flow(key)}", f"{indent}: {flow(value)}"]


def check(text: str) -> str:
    """Return a comment at the end of a line, where there is something to check."""
    return f"    # CHECK: {text}" if text else ""


def write_layouts(layouts: Sequence[Layout]) -> list[str]:
    """Return the section of the mappings that several files share; nothing where none is shared."""
    lines = []
    for layout in layouts:
        if layout.shared:
            lines += [f"  {layout.name}:", *_tables(layout.leader, "    ")]
    return (
        ["layouts:                            # one mapping for all files that hold the same", *lines, ""]
        if lines
        else []
    )


def write_sources(survey: Survey, layouts: Sequence[Layout], formats: Formats) -> list[str]:
    """Return the section of the files."""
    lines = ["sources:" if survey.found else "sources: []"]
    mapped = {sheet: layout for layout in layouts for sheet in layout.renames}
    for one in survey.found:
        layout = mapped[one.sheet.name]
        lines += [f"  # CHECK: {note}" for note in [*one.notes, *one.troubles]]
        entry = _source(one, formats)
        if layout.shared:
            rename = layout.renames[one.sheet.name]
            entry = _after_file(entry, {"layout": layout.name} | ({"rename": rename} if rename else {}))
        whole = f"  - {flow(entry)}"
        if layout.shared and len(whole) <= WIDTH:
            lines.append(whole)
            continue
        for place, (key, value) in enumerate(entry.items()):
            lines += wrap(f"  {'-' if not place else ' '} {key}: ", value)
        if not layout.shared:
            lines += ["    tables:", *_tables(layout.leader, "      ")]
    for idle in survey.idle:
        lines.append(f"  # left out: {show_name(idle.name)}: {idle.reason}")
        if idle.name in survey.candidates:
            lines += _slot(idle.name, survey.candidates[idle.name])
    return [*lines, ""]


def _slot(file: str, candidates: Candidates) -> list[str]:
    """Return the lines of a source that a person can fill in, as a comment."""
    patient, date = (one[0] if one else "…" for one in (candidates.patient, candidates.date))
    return [
        f"  #   if it belongs to the study, take off the '#' and correct; {candidates.describe() or 'no column is likely'}",
        f"  # - file: {flow(file)}",
        f"  #   tables: {{assessments: {{columns: {{patient: {flow(patient)}, date: {flow(date)}}}, instruments: {{phq9: {{total: …}}}}}}}}",
    ]


def _source(one: Found, formats: Formats) -> dict[str, Any]:
    source = one.sheet.source
    entry: dict[str, Any] = {"file": source.file}
    entry |= {
        name: value for name, value in source.model_dump(mode="json", exclude_defaults=True).items() if name != "file"
    }
    entry |= {"date_formats": formats.own[one.sheet.name]} if one.sheet.name in formats.own else {}
    entry |= {"patient_prefix": one.prefix} if one.prefix else {}
    entry |= {"constants": dict(sorted(one.constants.items()))} if one.constants else {}
    shaped = source.pivot or source.stack or source.join
    ignore = [] if shaped else [name for name in one.dropped if is_name(name)]
    return entry | ({"ignore": ignore} if ignore else {})


def _after_file(entry: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    head = {key: entry[key] for key in ("file", "sheet") if key in entry}
    return head | {"layout": more["layout"]} | entry | dict(more)


def _tables(one: Found, indent: str) -> list[str]:
    lines = []
    for table, guesses in one.tables.items():
        lines += [f"{indent}{table}:", f"{indent}  columns:"]
        for name, guess in guesses.items():
            lines += _column(name, guess, indent + "    ")
        if table == "assessments":
            lines.append(f"{indent}  instruments:")
            for questionnaire in one.instruments.values():
                lines += _questionnaire(questionnaire, indent + "    ")
    return lines


def _column(name: str, guess: Guess, indent: str) -> list[str]:
    spellings = guess.spellings
    more = {key: value for key, value in (("unit", guess.unit), ("missing", list(guess.missing))) if value}
    if spellings is None:
        value = flow({"column": guess.column, **more} if more else guess.column)
        return [f"{indent}{name}: {value}{check(guess.check)}"]
    split = more | ({"split": spellings.split} if spellings.split else {})
    short = (
        f"{indent}{name}: {flow({'column': guess.column, **split, 'values': _sorted(spellings)})}{check(guess.check)}"
    )
    if not spellings.checks and not spellings.open and not spellings.rare and len(short) <= WIDTH:
        return [short]
    lines = [f"{indent}{name}:{check(guess.check)}", f"{indent}  column: {flow(guess.column)}"]
    lines += [f"{indent}  {key}: {flow(value)}" for key, value in split.items()]
    lines.append(f"{indent}  values:")
    for spelling, meaning in _sorted(spellings).items():
        lines.append(f"{indent}    {flow(spelling)}: {flow(meaning)}{check(spellings.checks.get(spelling, ''))}")
    if spellings.open:
        lines.append(f"{indent}    # CHECK: frequent and not recognised; say what each means, and remove its '#':")
        lines += [f"{indent}    # {flow(spelling)}: ?" for spelling in spellings.open]
    if spellings.rare:
        lines.append(
            f"{indent}    # CHECK: {state_rows(spellings.rare)} hold spellings of fewer than {SHOWN} patients each, not shown here; "
            f"filter column {guess.column!r} in the file to see them"
        )
    return lines


def _sorted(spellings: Spellings) -> dict[str, str | None]:
    return dict(sorted(spellings.values.items(), key=lambda one: (one[1] is None, one[1] or "", one[0])))


def _questionnaire(one: Questionnaire, indent: str) -> list[str]:
    lines = [f"{indent}{one.instrument}:{check(one.check)}"]
    lines += wrap(f"{indent}  items: ", list(one.items)) if one.items else []
    lines += [f"{indent}  total: {flow(one.total)}"] if one.total else []
    lines += [f"{indent}  missing_item: from_total"] if one.from_total else []
    return lines + ([f"{indent}  answers: {flow(one.answers)}"] if one.answers else [])


@dataclass
class Formats:
    """The study's date formats, those of single files that differ, and what cannot be told."""

    common: list[str] = field(default_factory=list)
    own: dict[str, list[str]] = field(default_factory=dict)
    alternatives: dict[str, list[str]] = field(
        default_factory=dict
    )  # day | month → formats, where the dates do not tell
    missing: list[str] = field(default_factory=list)
    serials: bool = False
    zone: str | None = None
    zone_check: str = ""  # why the zone must be this one, where nobody named it
    counted: bool = False  # study days count from the first session


def choose_formats(survey: Survey, zone: str | None = None) -> Formats:
    """Return the date formats, and what is missing where the dates do not tell day from month, or the clinic's time zone."""
    formats = Formats(zone=zone)
    stamped = {one.sheet.name: list_stamps(one) for one in survey.found}
    if (
        zone is None
        and any(any(forms) for forms in stamped.values())
        and not all(all(forms) for forms in stamped.values())
    ):
        stamps = gather_stamps(survey)
        inferred = infer_zone(stamps)
        if inferred is None:
            formats.missing.append(ask_zone(stamps, [sheet for sheet, forms in stamped.items() if any(forms)]))
        else:
            formats.zone, formats.zone_check = inferred
    formats.counted = survey.counted
    orders = survey.orders
    formats.serials = any(forms.serials for one in survey.found for forms in one.dates.values())
    unknown = [one for one in survey.found if orders.get(one.sheet.name) == "unknown"]
    told = sorted({order for order in orders.values() if order in ("day", "month")})
    main = max(told, key=lambda order: list(orders.values()).count(order), default=None)
    for one in survey.found:
        order = orders.get(one.sheet.name)
        if order == "both":
            formats.missing.append(
                f"{one.sheet.name}: some dates can only be day first, and others only month first. Write them in one order in "
                "the export; intake cannot tell the rest apart"
            )
        elif order is None or order == main:
            formats.common = _union(formats.common, date_formats(one, order or "day"))
        elif order != "unknown":
            formats.own[one.sheet.name] = date_formats(one, order)
    if unknown:
        for order in ("day", "month"):
            formats.alternatives[order] = _union(formats.common, *(date_formats(one, order) for one in unknown))
        names = ", ".join(one.sheet.name for one in unknown)
        formats.missing.append(
            f"dates: those of {names} can be day first or month first. Look at the file, then run `outcomes draft` again with "
            "--first day or --first month (or write dates.formats yourself)"
        )
    return formats


def _union(*lists: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(form for one in lists for form in one))


def write_dates(formats: Formats) -> list[str]:
    """Return the section of the dates."""
    if formats.alternatives:
        return [
            "dates:",
            "  # CHECK: the dates fit day first and month first. Replace the last line by one of these two:",
            *(f"  # formats: {flow(forms)}    # {order} first" for order, forms in formats.alternatives.items()),
            f"  formats: {ASK}",
            *_zone(formats),
            "",
        ]
    if not formats.common and not formats.counted:
        return []
    serials = "    # and Excel day numbers, which are recognised" if formats.serials else ""
    written = [f"  formats: {flow(formats.common)}{serials}"] if formats.common else []
    return ["dates:", *written, *_zone(formats), ""]


def _zone(formats: Formats) -> list[str]:
    counted = ["  study_days: first_session"] if formats.counted else []
    return [*([f"  zone: {flow(formats.zone)}{check(formats.zone_check)}"] if formats.zone else []), *counted]
