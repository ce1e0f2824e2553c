"""Time points of a drafted study with sessions: the usual ones of its treatments, as a choice to be looked at."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.protocols import read_protocols

MOST_RECORDED = 8  # sessions of a ketamine induction; of a longer one every third part is a time point
DAYS = ((7, 3), (14, 3), (28, 7), (56, 10))


def choose_sessions(arms: Sequence[str]) -> tuple[int, ...]:
    """Return the session ordinals at which endpoints are formed; none where a course is one session, many a day, or far longer than another.

    >>> choose_sessions(["iv", "esketamine"]), choose_sessions(["rtms"]), choose_sessions(["ect"]), choose_sessions(["psilocybin"])
    ((1, 2, 3, 4, 5, 6), (10, 20, 30), (3, 6, 9), ())
    >>> choose_sessions(["iv", "rtms"])  # who had 6 has no tenth: days are what both have
    ()
    """
    plans = [read_protocols()[arm].induction for arm in arms if arm in read_protocols()]
    if not plans or all(plan.sessions <= MOST_RECORDED and plan.sessions > 2 for plan in plans):
        return (1, 2, 3, 4, 5, 6)
    if any(plan.sessions <= 2 or plan.sessions_a_day > 1 for plan in plans):
        return ()
    longest = max(plan.sessions for plan in plans)
    if any(plan.sessions < longest for plan in plans):
        return ()
    return tuple(longest * part // 3 for part in (1, 2, 3))


def write_timepoints(arms: Sequence[str]) -> list[str]:
    """Return the section of the time points, and that of the series where a day has several sessions."""
    sessions = choose_sessions(arms)
    daily = any(read_protocols()[arm].several_a_day for arm in arms if arm in read_protocols())
    return [
        *(["series: {same_day: separate}         # a day has several sessions", ""] if daily else []),
        "timepoints:",
        *(
            [f"  sessions: {list(sessions)}      # the score after session k and before session k + 1"]
            if sessions
            else []
        ),
        "  days:                             # calendar windows after the first session (day 0)",
        *(f"    - {{day: {day}, before: {width}, after: {width}}}" for day, width in DAYS),
        "",
    ]


def choose_headline(arms: Sequence[str]) -> tuple[str, str | None]:
    """Return the time point at the top of the report, and a second one.

    >>> choose_headline(["iv"]), choose_headline(["rtms"]), choose_headline(["snt"])
    (('session 6', 'day 28'), ('session 30', 'day 28'), ('day 28', None))
    """
    sessions = choose_sessions(arms)
    return (f"session {sessions[-1]}", "day 28") if sessions else ("day 28", None)
