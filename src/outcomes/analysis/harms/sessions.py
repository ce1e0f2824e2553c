"""How often an adverse event is recorded at a session, early and later in treatment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from outcomes.analysis.harms.risks import ANY
from outcomes.proportions import bound_proportion, compute_clopper_pearson

BANDS = {"1": (1, 1), "2-6": (2, 6), "7+": (7, None)}
COURSE = 8
ALIKE = 1e-9  # squared sessions, of patients whose shares differ by rounding alone
COLUMNS = ["event", "arm", "sessions", "patients", "asked", "with_event", "proportion", "lower", "upper"]
Floats = NDArray[np.float64]


def tabulate_harm_sessions(sessions: pd.DataFrame, attached: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many of the sessions that asked have each adverse event, by the session's number.

    Parameters
    ----------
    sessions, attached : DataFrame
        Results of :func:`~outcomes.analysis.harms.attribution.number_sessions` and ``keep_asked``.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per event, arm, and ``sessions`` (bands 1, 2-6, 7+; for any event also each number up to 8), the key:
        ``patients`` asked in the band, ``asked`` and ``with_event`` sessions, ``proportion`` with its 95% interval. Who had an event once has
        it again most often, so that sessions are not independent: the variance is of a ratio of two sums over patients, and the interval
        Wilson's of as many independent sessions as it amounts to, at most those asked (Korn & Graubard 1998, Survey Methodology 24:193), by
        Student's t of the patients less one. Where no session, or every one, has the event it is the exact one
        with patients as its number. Where all patients have it in the same share of their sessions, as one patient has, there is none.
    """
    events = [ANY, *sorted(set(attached["event"].astype(str)))]
    hits = _hits(sessions, attached, events)
    parts = [_tabulate_arm(sessions, hits, events, arm) for arm in arms]
    table = pd.concat(parts, ignore_index=True)
    rank = {event: place for place, event in enumerate(events)}
    table = table.assign(place=table["event"].map(rank)).sort_values(["place", "order"], kind="stable")
    return table[COLUMNS].reset_index(drop=True)


def _hits(sessions: pd.DataFrame, attached: pd.DataFrame, events: Sequence[str]) -> NDArray[np.bool_]:
    """Return, by session and event, whether the session has it; the first column is any."""
    hits = np.zeros((len(sessions), len(events)), dtype=bool)
    place = {event: column for column, event in enumerate(events)}
    rows = attached["session_row"].to_numpy()
    hits[rows, attached["event"].astype(str).map(place).to_numpy(dtype=np.int64)] = True
    hits[rows, 0] = True
    return hits


def _tabulate_arm(sessions: pd.DataFrame, hits: NDArray[np.bool_], events: Sequence[str], arm: str) -> pd.DataFrame:
    own = ((sessions["arm"] == arm) & sessions["asked"]).to_numpy()
    number = sessions["number"].to_numpy()
    who, index = np.unique(sessions["patient"].to_numpy()[own], return_inverse=True)
    parts = []
    single = {str(k): (k, k) for k in range(1, COURSE + 1)}
    for order, (band, (first, last)) in enumerate([*BANDS.items(), *(i for i in single.items() if i[0] not in BANDS)]):
        inside = (number[own] >= first) & (number[own] <= (last or number.max(initial=1)))
        columns = range(len(events)) if band in BANDS else range(1)
        asked = np.bincount(index[inside], minlength=len(who)).astype(float)
        had = hits[own][inside].astype(float)
        each = [np.bincount(index[inside], had[:, c], minlength=len(who)) for c in columns]
        found: Floats = np.stack(each, axis=1).astype(float)
        lower, upper = _bound(asked, found)
        total = found.sum(axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "event": [events[c] for c in columns],
                    "arm": arm,
                    "sessions": band,
                    "patients": int((asked > 0).sum()),
                    "asked": int(asked.sum()),
                    "with_event": total.astype(int),
                    "proportion": total / asked.sum() if asked.sum() else np.nan,
                    "lower": lower,
                    "upper": upper,
                    "order": order,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _bound(asked: Floats, found: Floats) -> tuple[Floats, Floats]:
    """Return bounds of the share of sessions; exact bounds over patients where no session or every one has the event."""
    total, patients = asked.sum(), int((asked > 0).sum())
    if not total:
        nothing = np.full(found.shape[1], np.nan)
        return nothing, nothing
    share = found.sum(axis=0) / total
    squares = np.square(found - asked[:, None] * share).sum(axis=0)
    size = np.minimum(share * (1 - share) * total**2 / np.where(squares > ALIKE, squares, np.nan), total)
    lower, upper = bound_proportion(share, size, stdtrit(max(patients - 1, 1), 0.975))
    none, every = found.sum(axis=0) == 0, (found == asked[:, None]).all(axis=0)
    lower = np.where(every, compute_clopper_pearson(patients, patients)[0], lower)
    upper = np.where(none, compute_clopper_pearson(0, patients)[1], upper)
    return np.where(none, 0.0, lower), np.where(every & ~none, 1.0, upper)
