"""One spelling of every patient's identifier: what some files put before it, its case, and leading zeros that were lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.survey import CLEANING, Field
from outcomes.intake.identifiers import write_identifiers
from outcomes.intake.words import join_words

# What a program writes before an identifier, and words for an identifier before its digits (MRN-001017); not a site's letters.
BEFORE = re.compile(
    r"[A-Za-z]+/|urn:uuid:|#|(?i:mrn|patient|pat|pt|client|subject|subj|participant|record|chart|case|id)(?: ?(?i:id|no|nr|number))?[-_ :#.]*(?=\d)"
)


def unite_identifiers(found: Sequence[Found]) -> None:
    """Propose ``patient_strip``, ``patient_case`` and ``patient_digits`` for the files whose identifiers then are those of the others."""
    for one in found:
        before = {match[0] for value in identifiers_of(one) if (match := BEFORE.match(value))}
        whole = all(BEFORE.match(value) for value in identifiers_of(one))
        elsewhere = _elsewhere(one, found)
        bare = {BEFORE.sub("", value, count=1) for value in identifiers_of(one)}
        if len(before) == 1 and whole and _count_known(bare, elsewhere) > _count_known(identifiers_of(one), elsewhere):
            _rewrite(one, patient_strip=before.pop())
            one.notes.append(
                "the identifiers have a text before them that other files have not; it is taken off (patient_strip)"
            )
    _unite_case(found)
    for one in found:
        digits = _lost_digits(one, found)
        if digits:
            _rewrite(one, patient_digits=digits)
            one.notes.append(
                f"some identifiers have lost their leading zeros; they are filled up to {digits} digits, which other files have "
                "(patient_digits). Is that right for all?"
            )


def identifiers_of(one: Found) -> set[str]:
    """Return the identifiers of a sheet."""
    return set(one.sheet.fields[one.patient].values)


def _unite_case(found: Sequence[Found]) -> None:
    """Write identifiers in one case, where another file tells nobody apart by it and then knows more of them."""
    for one in found:
        own = identifiers_of(one)
        for other in found:
            theirs = identifiers_of(other)
            folded = {value.upper() for value in theirs}
            if (
                other is one
                or len(folded) < len(theirs)
                or not (own - theirs) & {v for v in own if v.upper() in folded}
            ):
                continue
            case = "lower" if all(value == value.lower() for value in theirs) else "upper"
            for each in found:
                _write_case(each, case)
            return


def _write_case(one: Found, case: str) -> None:
    """Write the identifiers of a sheet in a case, and say so where that changes one."""
    own = identifiers_of(one)
    changed = {value for value in own if value != (value.upper() if case == "upper" else value.lower())}
    if changed:
        _rewrite(one, patient_case=case)
        one.notes.append(
            f"{len(changed)} of {len(own)} identifiers are spelt in another case than in other files; all are written in {case} case "
            f"(patient_case), which leaves {len(identifiers_of(one))}. Is that one person each?"
        )


def _count_known(identifiers: set[str], elsewhere: set[str]) -> int:
    """Return how many identifiers other files have, leading zeros aside."""
    return len({value.lstrip("0") for value in identifiers} & {value.lstrip("0") for value in elsewhere})


def _elsewhere(one: Found, found: Sequence[Found]) -> set[str]:
    return {value for other in found if other is not one for value in identifiers_of(other)}


def _lost_digits(one: Found, found: Sequence[Found]) -> int | None:
    """Return to how many digits identifiers must be filled up so that more of them occur elsewhere; None where they need not."""
    own = identifiers_of(one)
    if not own or not all(value.isdecimal() and value.isascii() for value in own):
        return None
    for other in found:
        theirs = identifiers_of(other)
        widths = {len(value) for value in theirs}
        if other is one or len(widths) != 1 or not all(value.isdecimal() for value in theirs):
            continue
        width = widths.pop()
        full = {value.zfill(width) for value in own}
        lost = any(value.startswith("0") for value in theirs) and any(len(value) < width for value in own)
        if lost and len(full) == len(own) and max(map(len, own)) <= width and len(full & theirs) > len(own & theirs):
            return width
    return None


def _rewrite(one: Found, **update: Any) -> None:
    """Change how the identifiers of a sheet are read."""
    source = one.sheet.source.model_copy(update=update)
    column = one.sheet.fields[one.patient]
    words = join_words([write_identifiers(column.words, source, CLEANING)])
    fields = one.sheet.fields | {one.patient: Field.of(column.name, words)}
    one.sheet = replace(one.sheet, source=source, fields=fields)
