"""The printed name of a level, the same in every table and figure."""

from __future__ import annotations

import re


def say_level(level: str) -> str:
    """Return the printed name of a level, in sentence case; a code, a word with a digit, stays as it is.

    Examples
    --------
    >>> say_level("medicaid"), say_level("other (2 levels)"), say_level("site-1")
    ('Medicaid', 'Other (2 levels)', 'site-1')
    """
    return level if re.fullmatch(r"\S*\d\S*", level) else level[:1].upper() + level[1:]
