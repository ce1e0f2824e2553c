"""The vectorised derivations against the definitions of docs/endpoints.md written as plain loops over one patient."""

import math

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import daily, define, patients, run, sessions

from outcomes.settings import Baseline, SeriesRules, Timepoints, Window

WINDOW = Window(day=10, before=6, after=5)
POINTS = Timepoints(sessions=(1, 2, 3), session_days=9, days=(WINDOW,), clean_window=(5, 20))
NEVER = 10**6
DAYS = st.lists(st.integers(0, 130), min_size=1, max_size=14, unique=True).map(sorted)
ANSWERS = st.dictionaries(st.integers(-20, 150), st.integers(0, 27), max_size=25)


def split(days):
    """Series of one patient's IV sessions: a gap above 30 days starts a new one."""
    series = [[days[0]]]
    for day in days[1:]:
        if day - series[-1][-1] > 30:
            series.append([])
        series[-1].append(day)
    return series


def expected(days, answers, rule, same_day):
    """Yield, for each series, the baseline and the score at each time point."""
    series = split(days)
    for number, course in enumerate(series):
        start = course[0]
        following = series[number + 1][0] if number + 1 < len(series) else NEVER
        previous = series[number - 1][-1] if number else -NEVER

        def is_after(day, session):
            return day > session if same_day == "before" else day >= session

        def is_before(day, session):
            return not is_after(day, session)

        before = [d for d in answers if is_before(d, start) and d >= start - 14 and is_after(d, previous)]
        scores = [answers[d] for d in sorted(before)]
        found = (
            {"baseline": {"last": lambda s: s[-1], "mean": lambda s: sum(s) / len(s), "worst": max}[rule](scores)}
            if scores
            else {}
        )
        after = [d for d in sorted(answers) if is_after(d, start) and is_before(d, following)]
        for k in POINTS.sessions:
            if k <= len(course):
                end = course[k] if k < len(course) else following
                here = [d for d in after if is_after(d, course[k - 1]) and is_before(d, end) and d - course[k - 1] <= 9]
                if here:
                    found[f"session {k}"] = answers[max(here)]
        near = [d for d in after if 4 <= d - start <= 15]
        if near:
            found["day 10"] = answers[min(near, key=lambda d: (abs(d - start - 10), -d))]
        induction = [d for d in course[:8] if d - start <= 28]
        clean = [d for d in after if 5 <= d - induction[-1] <= 20]
        if clean:
            found["clean window"] = answers[min(clean)]
        yield found


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(DAYS, ANSWERS), min_size=1, max_size=3),
    st.sampled_from(["last", "mean", "worst"]),
    st.sampled_from(["before", "after"]),
)
def test_scores_are_placed_as_defined(people, rule, same_day):
    treated = [(n, day, "iv") for n, (days, _) in enumerate(people, start=1) for day in days]
    answered = [(n, day, total) for n, (_, answers) in enumerate(people, start=1) for day, total in answers.items()]
    definitions = define(
        timepoints=POINTS, baseline=Baseline(rule=rule, same_day=same_day), series=SeriesRules(use="all")
    )
    table = run(sessions(treated), daily(answered), definitions, patients(len(people)))["endpoints"]
    wanted = {
        (n, number, timepoint): score
        for n, (days, answers) in enumerate(people, start=1)
        for number, found in enumerate(expected(days, answers, rule, same_day), start=1)
        for timepoint, score in found.items()
    }
    seen = table.dropna(subset=["score"]).set_index(["patient", "series", "timepoint"])["score"]
    assert set(seen.index) == set(wanted)
    assert all(math.isclose(seen[place], score) for place, score in wanted.items())


@settings(max_examples=80, deadline=None)
@given(DAYS, ANSWERS)
def test_first_response_and_remission_are_timed_as_defined(days, answers):
    tables = run(sessions([(1, day, "iv") for day in days]), daily([(1, *row) for row in answers.items()]), define())
    times = tables["times"].set_index(["series", "endpoint"])
    series = split(days)
    for number, course in enumerate(series, start=1):
        following = series[number][0] if number < len(series) else NEVER
        after = [d for d in sorted(answers) if course[0] < d <= following]
        base = tables["endpoints"].query("series == @number and timepoint == 'baseline'")["score"].iloc[0]
        remits = {} if pd.isna(base) else {d: answers[d] <= 4 for d in after}
        responds = {} if pd.isna(base) else {d: base > 0 and 2 * answers[d] <= base for d in after}
        for endpoint, truth in (("remission", remits), ("response", responds)):
            row = times.loc[(number, endpoint)]
            first = min((d for d, true in truth.items() if true), default=None)
            assert row["event"] == (first is not None)
            at = max(truth, default=None) if first is None else first
            assert (None if pd.isna(row["day"]) else row["day"] + course[0]) == at
            if at is not None:
                assert row["session"] == sum(day < at for day in course)
                earlier = [d for d in truth if d < at] if first is not None else [at]
                known = endpoint == "response" or base > 4
                without = max(earlier) - course[0] if earlier else 0 if known else None
                assert (None if pd.isna(row["last_without"]) else row["last_without"]) == without
