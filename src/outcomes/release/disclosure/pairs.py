"""Statistics of two things measured of the same people, computed again from what is released, since their digits would tell how many there are."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.agreement import compare_answers
from outcomes.contracts.released.columns import Correlation, Lower, PValue, Upper
from outcomes.contracts.released.table import ReleasedTable
from outcomes.normal import Z
from outcomes.records import list_records
from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.rounding import Rounding, keep_digits, round_to

STEP = 0.01
FEWEST = 4  # people of whom a correlation has an interval


def pair_again(
    frame: pd.DataFrame,
    table: type[ReleasedTable],
    counts: Mapping[str, Count],
    means: Mapping[str, pd.Series],
    rounding: Rounding,
) -> dict[str, pd.Series]:
    """Return the statistics of a table's pairs, where its rows show any.

    The interval of a correlation is Fisher's (1921), of the printed correlation and the smallest number of people that is printed alike: it follows
    from what stands beside it, and is no narrower than the true one. Shares, agreement, and differences of two answers are those of the rounded counts.
    """
    made: dict[str, pd.Series] = {}
    for column in [one for one in table.fields if isinstance(one, Correlation) and one in frame]:
        printed, fewest = means[column].to_numpy(dtype=float), counts[column.people].low
        for limit in [one for one in table.fields if isinstance(one, Lower | Upper) and one.of == column]:
            side = -1.0 if isinstance(limit, Lower) else 1.0
            there = means[limit].notna().to_numpy()
            ends = [_limit(r, n, side) if known else np.nan for r, n, known in zip(printed, fewest, there, strict=True)]
            made[limit] = pd.Series(ends, frame.index, dtype=float)
    return made | (_answer_again(frame, table, counts, means, rounding) if table.answers else {})


def _limit(correlation: float, n: float, side: float) -> float:
    if not n >= FEWEST:
        return math.nan
    r = min(max(correlation, STEP / 2 - 1), 1 - STEP / 2)
    return round_to(math.tanh(math.atanh(r) + side * Z / math.sqrt(n - 3)), STEP)


def _answer_again(
    frame: pd.DataFrame,
    table: type[ReleasedTable],
    counts: Mapping[str, Count],
    means: Mapping[str, pd.Series],
    rounding: Rounding,
) -> dict[str, pd.Series]:
    n, same, first, second, both, neither, agreement = table.answers
    rows: list[dict[str, float]] = []
    for place, row in enumerate(list_records(frame)):
        shown = [float(counts[name].printed[place]) for name in (n, same, first, second)]
        if pd.isna(means[both].iloc[place]) or not all(map(math.isfinite, shown)) or shown[0] == 0:
            rows.append({})
            continue
        yes, no = (rounding.round(round(row[name] * row[n])) for name in (both, neither))
        shares = {both: yes / shown[0], neither: no / shown[0], agreement: shown[1] / shown[0]}
        found = compare_answers(yes, int(shown[2]), int(shown[3]), no)
        rows.append(found | {str(name): min(share, 1.0) for name, share in shares.items()})
    made: dict[str, pd.Series] = {}
    for column in [one for one in table.fields if one in means]:
        values = [row.get(column, np.nan) for row in rows]
        digits = [keep_digits(x, 2) if isinstance(column, PValue) else round_to(x, STEP) for x in values]
        made[column] = pd.Series(digits, frame.index, dtype=float).where(frame[column].notna())
    return made
