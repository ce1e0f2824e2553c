"""Identifiers that nearly match, lost digits, or stand for several people."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from outcomes.intake.health.finding import Finding

SCIENTIFIC = re.compile(r"[-+]?\d(?:[.,]\d*)?[eE]\+?\d{1,3}")
ROUNDED = re.compile(
    r"\d{12,}?0{4,}"
)  # more than fifteen digits, the last ones zeros: what a double keeps of a long number
NEAR_SHARE = 0.02
INVISIBLE = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})


def find_identifiers(owners: Mapping[str, Mapping[str, int]], tables: Mapping[str, set[str]]) -> list[Finding]:
    """Return what is wrong with the identifiers.

    Parameters
    ----------
    owners
        File → identifier → rows.
    tables
        File → the canonical tables that it feeds.
    """
    everyone = {identifier for found in owners.values() for identifier in found}
    return [*_find_lost(owners), *_find_near(owners, everyone), *_find_prefixes(owners, tables)]


def _find_lost(owners: Mapping[str, Mapping[str, int]]) -> Iterable[Finding]:
    for file, found in owners.items():
        lost = [one for one in found if SCIENTIFIC.fullmatch(one) or (len(one) > 15 and ROUNDED.fullmatch(one))]
        rows = sum(found[one] for one in lost)
        if lost and (len(lost) > 1 or rows > 1):
            yield Finding(
                "lost_digits", True, rows, sum(found.values()), "rows",
                f"{rows:,} rows have identifiers that a spreadsheet turned into rounded numbers ({len(lost)} are left of them), so "
                "that different people have become one",
                "export the file again from where it comes, and do not save it in a spreadsheet program; format the column as text "
                "before anything is typed or pasted into it",
                file,
            )  # fmt: skip


def near_form(identifier: str) -> str:
    r"""Return what is left of an identifier without case, blanks, invisible characters, leading zeros, `.0`, a path, and signs.

    A sign between two digits tells people apart (1-12 is not 11-2) and stays, as one sign for all.

    >>> near_form("Patient/ KET-007\u200b"), near_form("ket7"), near_form("00431.0"), near_form("431"), near_form("1_12")
    ('ket7', 'ket7', '431', '431', '1-12')
    """
    text = unicodedata.normalize("NFKC", identifier)
    text = "".join(c for c in text if unicodedata.category(c) not in INVISIBLE).casefold()
    text = re.sub(r"^(?:[a-z]+/|urn:uuid:|#)+", "", text)
    text = _plain_signs(re.sub(r"^(\d+)\.0+$", r"\1", text))
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def _plain_signs(text: str) -> str:
    """Return a text without dashes and the like, but for one between two digits."""
    return re.sub(r"(?<=\d)[-_./:]+(?=\d)", "-", re.sub(r"(?<!\d)[-_./:]+|[-_./:]+(?!\d)", "", text))


def describe_difference(spellings: Sequence[str]) -> set[str]:
    """Return in what the spellings of one identifier differ.

    >>> sorted(describe_difference(["0431", "431"])), sorted(describe_difference(["Patient/a", "A"]))
    (['leading zeros'], ['a prefix', 'case'])
    >>> sorted(describe_difference(["KC-103", "KC103"]))
    ['dashes or other signs']
    """
    kinds = set()
    plain = {unicodedata.normalize("NFKC", one) for one in spellings}
    bare = {"".join(c for c in one if unicodedata.category(c) not in INVISIBLE) for one in plain}
    if bare != set(spellings):
        kinds.add("blanks or invisible characters")
    if len({one.rsplit("/", 1)[-1] for one in bare}) < len(bare) or any(
        "/" in one or one.startswith("urn:") for one in bare
    ):
        kinds.add("a prefix")
    bare = {re.sub(r"^(?:[A-Za-z]+/|urn:uuid:|#)+", "", one) for one in bare}
    if len({one.casefold() for one in bare}) < len(bare):
        kinds.add("case")
    folded = {one.casefold() for one in bare}
    if any(re.fullmatch(r"\d+\.0+", one) for one in folded):
        kinds.add("a decimal `.0`")
    if len({re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"\.0+$", "", one)) for one in folded}) < len(
        {re.sub(r"\.0+$", "", one) for one in folded}
    ):
        kinds.add("leading zeros")
    whole = {re.sub(r"^(\d+)\.0+$", r"\1", one) for one in folded}
    if len({_plain_signs(one) for one in whole}) < len(whole):
        kinds.add("dashes or other signs")
    return kinds or {"their spelling"}


CURES = {
    "leading zeros": "`patient_digits: N` of the source that lost them fills them up again",
    "a prefix": "`patient_strip` of a source takes it off",
    "case": "`patient_case: upper` (or lower) of the sources writes them alike",
    "blanks or invisible characters": "they are told apart only by characters that nobody sees; write them alike in the export",
    "a decimal `.0`": "format the column as text or as whole numbers in the export",
    "dashes or other signs": "write the identifiers with the same signs in every export",
    "their spelling": "write them alike in the export",
}


def _find_near(owners: Mapping[str, Mapping[str, int]], everyone: set[str]) -> Iterable[Finding]:
    groups: dict[str, list[str]] = defaultdict(list)
    for identifier in sorted(everyone):
        groups[near_form(identifier)].append(identifier)
    near = [members for members in groups.values() if len(members) > 1]
    if not near:
        return
    people = sum(map(len, near))
    kinds = sorted({kind for members in near for kind in describe_difference(members)})
    files = sorted({file for file, found in owners.items() for members in near if any(one in found for one in members)})
    alike = "" if len(files) > 1 else ", all in one file"
    yield Finding(
        "near_identifiers", people > NEAR_SHARE * len(everyone), people, len(everyone), "people",
        f"{people:,} of {len(everyone):,} identifiers differ from another only in {' or '.join(kinds)}{alike}: {len(near):,} people may "
        "count twice, and their scores be parted from their sessions",
        "; ".join(CURES[kind] for kind in kinds),
        files[0] if len(files) == 1 else None,
    )  # fmt: skip


def _find_prefixes(owners: Mapping[str, Mapping[str, int]], tables: Mapping[str, set[str]]) -> Iterable[Finding]:
    """Find files whose identifiers are those of files of another kind but for the letters around their digits."""
    near = {file: {near_form(one) for one in found} for file, found in owners.items()}
    for file, found in owners.items():
        few = set(found)
        others = {other: set(owners[other]) for other in owners if tables[other] != tables[file]}
        shared = max((len(few & many) for many in others.values()), default=0)
        if any(2 * len(near[file] & near[other]) > len(few) for other in others):
            continue  # the same, or nearly: told above
        if len(few) < 5:
            continue
        matched, other = max(((_match_by_digits(few, many), other) for other, many in others.items()), default=(0, ""))
        if 2 * matched > len(few) and matched > shared:
            yield Finding(
                "near_identifiers", True, matched, len(few), "people",
                f"{matched:,} of {len(few):,} identifiers of {file} are those of {other} but for the letters around their digits, "
                f"and {shared:,} are the same",
                "`patient_strip` takes a text off before the identifiers of a source, and `patient_prefix` puts one before them",
                file,
            )  # fmt: skip


def _match_by_digits(few: set[str], many: set[str]) -> int:
    """Return how many identifiers of one file have the digits of exactly one of another, where digits tell all apart."""
    digits = [{re.sub(r"\D", "", one).lstrip("0") for one in found} - {""} for found in (few, many)]
    if len(digits[0]) < len(few) or len(digits[1]) < len(many):
        return 0
    return len(digits[0] & digits[1])
