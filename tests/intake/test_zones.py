"""The clinic's time zone after its stamps in UTC: taken where only one answer is left, and asked for everywhere else."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml
from exports import write

from outcomes.intake.draft import draft_study
from outcomes.intake.draft.zones import Stamps, infer_zone

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PEOPLE = [f"K{n:03d}" for n in range(12)]
DAYS = [
    dt.date(2024, 2, 1) + dt.timedelta(days=9 * k) for k in range(12)
]  # to 10 May: over the change of clocks everywhere


def stamp(day: dt.date, hours: float, zone: str) -> float:
    """Return when a clock in a zone shows so many hours, as days in UTC."""
    local = dt.datetime.combine(day, dt.time(), ZoneInfo(zone)) + dt.timedelta(hours=hours)
    return (local - EPOCH) / dt.timedelta(days=1)


def stamps(zone: str, hours: float, after: int = 0, width: float = 0.0) -> Stamps:
    """Return everyone's stamps at an hour of the clock, so many days after the session, spread over ``width`` hours."""
    days = [
        stamp(day + dt.timedelta(days=after), hours + width * (n / 11 - 0.5), zone)
        for n, _ in enumerate(PEOPLE)
        for day in DAYS
    ]
    sessions = {who: {(day - dt.date(1970, 1, 1)).days for day in DAYS} for who in PEOPLE}
    return Stamps([who for who in PEOPLE for _ in DAYS], np.array(days), sessions)


def days_of(zone: str, one: Stamps) -> list[dt.date]:
    return [(EPOCH + dt.timedelta(days=float(day))).astimezone(ZoneInfo(zone)).date() for day in one.days]


@pytest.mark.parametrize(
    ("zone", "hours", "width"),
    [("Australia/Sydney", 8.5, 0.0), ("Australia/Sydney", 8.5, 1.0), ("America/Los_Angeles", 18.0, 0.5), ("Europe/Berlin", 9.0, 0.5)],
)  # fmt: skip
def test_the_change_of_clocks_and_the_days_of_sessions_tell_every_day(zone, hours, width):
    one = stamps(zone, hours, width=width)
    found = infer_zone(one)
    assert found is not None
    assert days_of(found[0], one) == DAYS * len(PEOPLE)
    assert "Is the clinic elsewhere" in found[1]


@pytest.mark.parametrize(
    ("zone", "hours", "after", "width"),
    [
        ("Australia/Brisbane", 8.5, 0, 0.0),  # no change of clocks
        ("America/Los_Angeles", 20.0, -1, 0.5),  # the evening before: no day of a session in any zone with these clocks
        ("Australia/Sydney", 12.0, 0, 10.0),  # all day long: the change of clocks is not seen
    ],
)
def test_stamps_that_leave_two_answers_are_asked_about(zone, hours, after, width):
    assert infer_zone(stamps(zone, hours, after, width)) is None


def test_few_stamps_tell_nothing():
    one = stamps("Australia/Sydney", 8.5)
    assert infer_zone(Stamps(one.people[:39], one.days[:39], one.sessions)) is None


def test_a_draft_writes_the_zone_that_the_stamps_show_and_marks_it(tmp_path):
    log = [f"{who},{day},{('IV ketamine', 'Spravato')[n % 2]}" for n, who in enumerate(PEOPLE) for day in DAYS]
    write(tmp_path, "log.csv", *log, header="patient_id,session_date,treatment")
    one = stamps("Australia/Sydney", 8.5)
    times = [(EPOCH + dt.timedelta(days=float(day))).strftime("%Y-%m-%dT%H:%M:%SZ") for day in one.days]
    lines = [f"{who},{time},12" for who, time in zip(one.people, times, strict=True)]
    write(tmp_path, "app.csv", *lines, header="patient_id,completed_at,phq9_total")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert yaml.safe_load(draft.text)["dates"]["zone"] == "Australia/Sydney"
    assert "zone: Australia/Sydney    # CHECK: no file names the zone" in draft.text
