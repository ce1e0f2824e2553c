"""Intervals of means whose width, beside the standard deviation, would tell how many people there are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from outcomes.contracts.released.columns import Lower, Spread, Upper
from outcomes.contracts.released.table import ReleasedTable
from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.rounding import round_to

LEVEL = 0.975


def cover_sizes(
    frame: pd.DataFrame, table: type[ReleasedTable], counts: Mapping[str, Count], steps: Sequence[float]
) -> pd.DataFrame:
    """Return a table in which no t interval of a mean tells more of its number of people than the printed number does.

    Where the printed mean, standard deviation, and limits could not come of every number that is printed alike, the limits become those of the
    smallest such number, computed from the printed mean and the largest standard deviation that is printed so: they follow from what stands
    beside them, and lie no closer together than the true ones.

    Parameters
    ----------
    frame : DataFrame
        The table before its statistics are rounded.
    table : type of ReleasedTable
    counts : mapping of str to Count
        The counts of the table as they are released.
    steps : sequence of float
        Of each row, the step in which its mean is released.
    """
    for spread in [one for one in table.fields if isinstance(one, Spread) and one.spans and one in frame]:
        mean, people = spread.spans  # type: ignore[misc]
        lower, upper = (
            next(one for one in table.fields if isinstance(one, side) and one.of == mean) for side in (Lower, Upper)
        )
        if people not in counts or lower not in frame:
            continue
        told = frame[[mean, spread, lower, upper]].astype(float)
        for place, (row, step) in enumerate(zip(told.to_numpy().tolist(), steps, strict=True)):
            low, high = counts[people].low[place], counts[people].high[place]
            if counts[people].small[place] or not all(map(math.isfinite, (*row, low, high))):
                continue
            centre, sd, start, end = (round_to(value, step) for value in row)
            if not _fits_all(range(int(low), int(high) + 1), sd, end - start, min(step, 1.0)):
                half = width(int(low), sd + step / 2) / 2
                told.iloc[place, 2:] = centre - half, centre + half
        frame = frame.assign(**{lower: told[lower], upper: told[upper]})
    return frame


def width(n: int, sd: float) -> float:
    """Return the width of the 95% t interval of a mean of n values with a standard deviation.

    Examples
    --------
    >>> round(width(7, 6.45), 1), round(width(8, 6.45), 1)
    (11.9, 10.8)
    """
    from scipy.special import stdtrit

    return 2 * float(stdtrit(n - 1, LEVEL)) * sd / math.sqrt(n)


def _fits_all(sizes: range, sd: float, printed: float, step: float) -> bool:
    """Tell whether a printed width can come of each number of people, where what is printed is off by half a step at the most."""
    if sizes[0] < 2:
        return False
    return all(width(n, sd - step / 2) - step <= printed <= width(n, sd + step / 2) + step for n in sizes)
