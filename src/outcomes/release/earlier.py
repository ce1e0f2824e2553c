"""Who was in each release: a private record, so that a release that differs from an earlier one by a few patients is noticed.

Who has both releases and knows whom they differ by learns of these few what the rounding hides in each (``docs/disclosure.md``). The
record holds no identifier but salted digests, and lies below ``data``, never beside what is released.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import DamageError
from outcomes.files import Places, read_table, write_private

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("key", "cohort")
EXPORT, ANALYSED = "in the export", "analysed"
SAID = (
    "This release differs from that of {day} by {few} patient{s} {where}: fewer than {minimum}. Publish only one of the two: who has both "
    "and knows whom they differ by can learn of {them} what the rounding hides."
)
OF_SENT = (
    "This release differs from that of which a package was signed on {day} by {few} patient{s} {where}: fewer than {minimum}. Who has both "
    "packages and knows whom they differ by can learn of {them} what the rounding hides."
)


def note_release(places: Places, minimum: int, today: date) -> str:
    """Note who is in the release that is in place now, and compare it with all before.

    Parameters
    ----------
    places : Places
        The folders of the study; the record is ``releases.json`` in :attr:`~outcomes.files.Places.releases`.
    minimum : int
        Smallest number of patients that is released.
    today : date
        Day under which the release is noted.

    Returns
    -------
    str
        A sentence that names the earlier release that is nearest, where one differs by 1 to ``minimum`` − 1 patients in the export, among
        those analysed, or in an arm; else ''. The same patients again are no difference.

    Raises
    ------
    DamageError
        The record cannot be read.
    """
    path = places.releases / "releases.json"
    record = _read(places) if path.is_file() else _begin()
    asked = f"{today.isoformat()} {minimum} {' '.join(_hash(places.table(name)) for name in TABLES)}"
    if record.get("asked") == asked:  # a run that had nothing to do
        return str(record["said"])
    people = _read_people(places, record["salt"])
    before = [one for one in record["releases"] if one["people"] != people]
    near = [found for one in before for found in _compare(one, people, minimum)]
    said = min(near, key=lambda one: one[0])[1] if near else ""
    record |= {"releases": [*before, {"day": today.isoformat(), "people": people}], "asked": asked, "said": said}
    write_private(json.dumps(record, indent=1, sort_keys=True) + "\n", path)
    return said


def note_sent(places: Places, today: date) -> None:
    """Note that a package of the release that is in place now was signed, so that it may be with others from now on."""
    path = places.releases / "releases.json"
    record = _read(places) if path.is_file() else _begin()
    people = _read_people(places, record["salt"])
    before = [one for one in record.get("sent", []) if one["people"] != people]
    record["sent"] = [*before, {"day": today.isoformat(), "people": people}]
    write_private(json.dumps(record, indent=1, sort_keys=True) + "\n", path)


def compare_with_sent(places: Places, minimum: int) -> str:
    """Return a sentence where the release that is in place now differs by 1 to ``minimum`` − 1 patients from one of which a package was signed."""
    record = _read(places) if (places.releases / "releases.json").is_file() else _begin()
    sent = record.get("sent", [])
    people = _read_people(places, record["salt"]) if sent else {}
    near = [found for one in sent for found in _compare(one, people, minimum, OF_SENT)]
    return min(near, key=lambda one: one[0])[1] if near else ""


def _read_people(places: Places, salt: str) -> dict[str, list[str]]:
    key, cohort = (read_table(places.table(name), name) for name in TABLES)
    return {name: _digest(own, salt) for name, own in _group(key, cohort).items()}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _begin() -> dict[str, Any]:
    return {"salt": secrets.token_hex(16), "releases": []}


def _read(places: Places) -> dict[str, Any]:
    path = places.releases / "releases.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = (
            record["salt"],
            record["said"] if "asked" in record else "",
            [(one["day"], dict(one["people"])) for one in record["releases"]],
        )
    except (ValueError, KeyError, TypeError):
        raise DamageError(
            f"{path}: this record of who was in each release cannot be read. Put back a copy; without it nobody can say whether a release "
            "differs by a few patients from an earlier one. Delete it only if no earlier one was published."
        ) from None
    return record


def _group(key: pd.DataFrame, cohort: pd.DataFrame) -> dict[str, pd.Series[str]]:
    """Return the identifiers of the patients in the export, of those analysed, and of those of each arm."""
    names = key.set_index("patient")["identifier"].astype(str)
    analysed = cohort.loc[cohort["included"]]
    groups = {EXPORT: names, ANALYSED: names[names.index.isin(analysed["patient"])]}
    for arm, own in analysed.groupby("arm", observed=True):
        groups[f"of arm {arm}"] = names[names.index.isin(own["patient"])]
    return groups


def _digest(names: Iterable[str], salt: str) -> list[str]:
    return sorted({hashlib.sha256(f"{salt}/{name}".encode()).hexdigest()[:20] for name in names})


def _compare(
    earlier: Mapping[str, Any], people: Mapping[str, list[str]], minimum: int, words: str = SAID
) -> Iterable[tuple[int, str]]:
    """Yield the groups of which fewer patients than the minimum, but some, are in one of two releases alone, with a sentence."""
    for where in dict.fromkeys([*people, *earlier["people"]]):
        few = len({*people.get(where, [])} ^ {*earlier["people"].get(where, [])})
        if 0 < few < minimum:
            s, them = ("", "that one") if few == 1 else ("s", "those few")
            yield few, words.format(day=earlier["day"], few=few, s=s, where=where, minimum=minimum, them=them)
