"""What two instruments say of the same patients: whether they change together, and whether they agree on who responds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import pearsonr

from outcomes.agreement import compare_answers
from outcomes.analysis.selection import order_rows, select_included
from outcomes.contracts.released.instruments import JointChange, JointResponse
from outcomes.criteria import Criteria, compute_response
from outcomes.instruments import Instrument
from outcomes.settings.clinical import Endpoints

Floats = NDArray[np.float64]
SHARED = ["patient", "series", "arm", "axis", "timepoint", "time"]
PLACE = ["arm", "axis", "timepoint"]


def list_pairs(instruments: Mapping[str, Instrument]) -> Iterator[tuple[str, str, str]]:
    """Yield two instruments and their relation: the primary with every other, all that measure the same, and a derived one with its source.

    Examples
    --------
    >>> from outcomes.instruments import select_instruments
    >>> list(list_pairs(select_instruments(["phq9", "phq8", "gad7"])))
    [('phq9', 'gad7', 'different'), ('phq9', 'phq8', 'derived')]
    """
    names = list(instruments)
    answered = [name for name in names if instruments[name].derived_from is None]
    for first, other in combinations(answered, 2):
        same = instruments[first].measures == instruments[other].measures
        if same or first == names[0]:
            yield first, other, "same" if same else "different"
    for name in names:
        source = instruments[name].derived_from
        if source is not None and source.instrument in names:
            yield source.instrument, name, "derived"


def tabulate_joint_change(
    endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str], instruments: Mapping[str, Instrument]
) -> pd.DataFrame:
    """Return how changes on two instruments go together, in those who have both.

    Returns
    -------
    DataFrame
        One row per arm, two instruments (:func:`list_pairs`), axis, and time point after baseline, the key: ``n`` series with a change on both,
        and the Pearson ``correlation`` of the improvements (a rise where a high total is good) with the interval of Fisher 1921 by
        scipy. Missing for fewer than four, and where one does not vary; without ratings in
        categories, whose points are no distances.
    """
    rows = _after_baseline(endpoints, cohort)
    records: list[dict[str, Any]] = []
    scales = {name: instrument for name, instrument in instruments.items() if not instrument.ordinal}
    for first, other, relation in list_pairs(scales):
        signs = [-1.0 if instruments[name].higher_is_worse else 1.0 for name in (first, other)]
        sides = [
            rows.loc[rows["instrument"] == name, [*SHARED, "change"]].dropna(subset="change") for name in (first, other)
        ]
        for place, own in _pair(*sides):
            x, y = (
                sign * own[name].to_numpy(dtype=float)
                for sign, name in zip(signs, ("change", "change_other"), strict=True)
            )
            r, lower, upper = _correlate(x, y)
            pair = {"instrument": first, "other": other, "relation": relation}
            records.append({**place, **pair, "n": len(own), "correlation": r, "lower": lower, "upper": upper})
    table = pd.DataFrame(records, columns=JointChange.columns)
    return _order(table, arms, instruments)


def tabulate_joint_response(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    arms: Sequence[str],
    instruments: Mapping[str, Instrument],
    declared: Endpoints,
) -> pd.DataFrame:
    """Return who responds on both of two instruments, on one, or on neither, and how far they agree.

    A derived instrument without a cut-off of its own (PHQ-8) takes that of its source, in percent of its own baseline, so that
    the difference is that of the items left out.

    Returns
    -------
    DataFrame
        One row per arm, two instruments (:func:`list_pairs`), axis, and time point after baseline, the key: ``n`` series whose response is known
        on both, ``same`` with one answer, ``first_only`` and ``second_only``, the shares with it on ``both`` and on ``neither``, the share in ``agreement``, and
        the statistics of :func:`outcomes.agreement.compare_answers`.
    """
    rows = _after_baseline(endpoints, cohort)
    known = {name: _respond(rows, name, instruments, declared) for name in instruments}
    records: list[dict[str, Any]] = []
    for first, other, relation in list_pairs(instruments):
        for place, own in _pair(known[first], known[other]):
            one, two = (own[name].to_numpy(dtype=bool) for name in ("responds", "responds_other"))
            pair = {"instrument": first, "other": other, "relation": relation}
            records.append({**place, **pair, **measure_agreement(one, two)})
    fields = [*JointResponse.columns, JointResponse.fewest]
    return _order(pd.DataFrame(records, columns=fields), arms, instruments)


def measure_agreement(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> dict[str, Any]:
    """Return counts and statistics of two yes-or-no answers of the same people, one row or more.

    Examples
    --------
    >>> import numpy as np
    >>> found = measure_agreement(np.repeat([True, False], [30, 20]), np.repeat([True, False, True, False], [20, 10, 5, 15]))
    >>> found["same"], found["first_only"], found["second_only"], found["both"], round(found["agreement"], 2), round(found["kappa"], 2)
    (35, 10, 5, 0.4, 0.7, 0.4)
    """
    n = len(one)
    cells = [int((a & b).sum()) for a, b in ((one, two), (one, ~two), (~one, two), (~one, ~two))]
    both, first_only, second_only, neither = cells
    return {
        "n": n,
        "same": both + neither,
        "first_only": first_only,
        "second_only": second_only,
        "both": both / n,
        "neither": neither / n,
        "agreement": (both + neither) / n,
        **compare_answers(*cells),
        "fewest": min((cell for cell in cells if cell > 0), default=0),
    }


def _after_baseline(endpoints: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    rows = select_included(endpoints, cohort)
    rows = rows[rows["axis"] != "baseline"]
    return rows.astype(dict.fromkeys(("instrument", *PLACE), str))


def _respond(rows: pd.DataFrame, name: str, instruments: Mapping[str, Instrument], declared: Endpoints) -> pd.DataFrame:
    """Return the series whose response on an instrument is known."""
    own = rows[rows["instrument"] == name]
    responds, source = own["response"].astype("boolean"), instruments[name].derived_from
    if source is not None and source.instrument in instruments and responds.isna().all():
        criteria = Criteria.of(source.instrument, instruments[source.instrument], declared)
        if criteria.response_percent is not None:
            found = compute_response(
                own["score"].to_numpy(dtype=float), own["baseline"].to_numpy(dtype=float), criteria
            )
            responds = pd.Series(found.value, own.index, dtype="boolean").mask(found.missing)
    return own[SHARED].assign(responds=responds).dropna(subset="responds")


def _pair(first: pd.DataFrame, other: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Yield each place with the series that both tables have there."""
    pairs = first.merge(
        other.drop(columns="time"), on=[name for name in SHARED if name != "time"], suffixes=("", "_other")
    )
    for key, own in pairs.groupby(PLACE, observed=True):
        yield dict(zip(PLACE, key, strict=True)) | {"time": own["time"].iloc[0]}, own


def _correlate(x: Floats, y: Floats) -> tuple[float, float, float]:
    if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan, np.nan
    found = pearsonr(x, y)
    ends = found.confidence_interval(0.95)
    if not ends.high - ends.low > 1e-9:
        return float(found.statistic), np.nan, np.nan
    return float(found.statistic), float(ends.low), float(ends.high)


def _order(table: pd.DataFrame, arms: Sequence[str], instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    rank = {name: place for place, name in enumerate(instruments)}
    ordered = order_rows(table, arms)
    return ordered.sort_values("other", key=lambda names: names.map(rank), kind="stable", ignore_index=True)
