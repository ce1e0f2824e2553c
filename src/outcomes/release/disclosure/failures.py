"""What is released of a fit that failed: a fixed sentence, never the engine's own words.

The engine names the column that is a combination of others, the level that nobody has, or the visit with one subject: each tells of a
count that another table may withhold. Those who hold the data find these words in the tables before the gate.
"""

from __future__ import annotations

import pandas as pd

FAILED = "could not be fitted to these data"
WORDS = ("note", "warnings")
FIXED = (
    "fewer than two levels could be estimated",
    "patients without a value are counted and not compared",
    "fewer than 3 sites with a score",
    "fewer than 3 sites with 10 scores in each arm",
    "fewer than 4 sites with a score and a weight: a variance between sites cannot be told",
)
"""Sentences of a failure that may be released as they are: they tell only of numbers that the release shows or withholds (sites), or
that something is fewer than is shown, and not of what."""


def word_failures(table: pd.DataFrame) -> pd.DataFrame:
    """Replace what is said of every fit that did not converge by one of :data:`FIXED`, else by :data:`FAILED`."""
    if "converged" not in table:
        return table
    failed = ~table["converged"].fillna(True).astype(bool)
    for name in [name for name in WORDS if name in table]:
        texts = table[name].astype(object)
        said = texts.notna() & (texts.astype(str) != "") & ~texts.isin(FIXED)
        table = table.assign(**{name: texts.mask(failed & said, FAILED)}) if (failed & said).any() else table
    return table
