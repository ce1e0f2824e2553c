"""In which time zone a clinic is: what its stamps in UTC and the days of its sessions tell, and what is asked where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.intake.dates import CELL_FORMAT, is_utc, read_dates
from outcomes.intake.draft.export import Survey
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.spellings import SHOWN
from outcomes.intake.words import Array
from outcomes.settings import DateRules

# One zone for each rule of clocks that clinics live by.
ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Honolulu", "America/Halifax", "America/St_Johns", "America/Bogota", "America/Sao_Paulo", "America/Santiago",
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo", "Asia/Jerusalem",
    "Asia/Riyadh", "Asia/Dubai", "Asia/Kolkata", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane",
    "Australia/Sydney", "Australia/Adelaide", "Australia/Darwin", "Pacific/Auckland",
)  # fmt: skip
FEWEST = 40  # stamps, below which a change of clocks is not looked for
NARROWER = 0.5  # hours by which the change of clocks narrows the times of day, to count as seen
AS_NARROW = 0.1  # hours; zones whose times of day are as narrow as the narrowest
MOST, FEW = 0.5, 0.1  # share of stamps on a day of a session: in the clinic's zone, and in those that it is not


@dataclass(frozen=True)
class Stamps:
    """The stamps in UTC of questionnaires with their people, and the days on which these had sessions."""

    people: Sequence[str]
    days: Array  # since 1970, in UTC, with the time of day as fraction
    sessions: dict[str, set[int]]

    def count_on_sessions(self, days: Array) -> int:
        """Return how many stamps fall on a day of a session of the same person, with other days in place of those in UTC."""
        return sum(int(day) in self.sessions.get(who, ()) for who, day in zip(self.people, np.floor(days), strict=True))


def list_stamps(one: Found) -> list[bool]:
    """Return which forms of a sheet's mapped dates are stamps in UTC; true dates of a workbook are a form of their own."""
    stamps = []
    placing = dict.fromkeys(columns["date"].column for columns in one.tables.values() if "date" in columns)
    for name in (name for name in placing if name in one.dates):  # times of submission decide no day
        forms = one.dates[name].formats("day")
        cells = CELL_FORMAT if any("T00:00:00" not in value for value in one.sheet.fields[name].values) else "%Y-%m-%d"
        stamps += [is_utc(form, name) for form in forms or (cells,)]
    return stamps


def gather_stamps(survey: Survey) -> Stamps:
    """Return the questionnaires' stamps in UTC beside the days of sessions."""
    people: list[str] = []
    stamps: list[float] = []
    sessions: dict[str, set[int]] = {}
    for one in survey.found:
        for table in ("sessions", "assessments"):
            column = one.tables.get(table, {}).get("date")
            if column is None or column.column not in one.dates:
                continue
            pairs = one.read_days(column.column)
            if table == "sessions":
                for who, day in pairs:
                    sessions.setdefault(who, set()).add(int(day // 1))
            elif any(list_stamps(one)):
                people += [who for who, _ in pairs]
                stamps += [day for _, day in pairs]
    return Stamps(people, np.array(stamps), sessions)


def infer_zone(stamps: Stamps) -> tuple[str, str] | None:
    """Return the zone of the clinic and why it must be that; None where the stamps leave more than one answer.

    People answer by the clock on the wall: where their stamps move by an hour with the change of clocks, the zones that change
    theirs so are left. Of these the one in which questionnaires fall on days of sessions is taken, if in the others hardly any do,
    and if all that remain put every stamp on the same day.
    """
    if len(stamps.days) < FEWEST:
        return None
    walls = {zone: _on_the_wall(stamps.days, zone) for zone in ZONES}
    spread = {zone: _spread(wall) for zone, wall in walls.items()}
    narrowest = min(spread.values())
    if narrowest > _spread(stamps.days) - NARROWER:
        return None
    left = [zone for zone in ZONES if spread[zone] <= narrowest + AS_NARROW]
    share = {zone: stamps.count_on_sessions(walls[zone]) / len(stamps.days) for zone in left}
    near = [zone for zone in left if share[zone] >= MOST]
    if not near or any(FEW < share[zone] < MOST for zone in left):
        return None
    if any((np.floor(walls[zone]) != np.floor(walls[near[0]])).any() for zone in near):
        return None
    others = f"; {', '.join(near[1:])} would give the same days" if near[1:] else ""
    return near[0], (
        f"no file names the zone. The stamps move by an hour when {near[0]} changes its clocks, and on its days {share[near[0]]:.0%} of them "
        f"are of a day with a session{others}. Is the clinic elsewhere, write its zone"
    )


def _on_the_wall(days: Array, zone: str) -> Array:
    """Return days in UTC as days of a zone's clock on the wall."""
    rules = DateRules(formats=("epoch s",), zone=zone, first_year=1900, last_year=2100)
    seconds = np.array([f"{day * 86_400:.0f}" for day in days], dtype=object)
    return read_dates(seconds, np.zeros(len(days), dtype=bool), rules).days


def _spread(days: Array) -> float:
    """Return the hours of the day within which nine of ten stamps lie, on a day cut where the fewest are."""
    hours = np.sort(days % 1) * 24
    gap = int(np.argmax(np.diff(hours, append=hours[0] + 24)))
    turned = (hours - hours[(gap + 1) % len(hours)]) % 24
    low, high = np.quantile(turned, [0.05, 0.95])
    return float(high - low)


def ask_zone(stamps: Stamps, sheets: Sequence[str]) -> str:
    """Return the question in which zone the clinic is, with how many stamps fall on a day of a session in some zones."""
    question = (
        f"dates: {', '.join(sheets)} has stamps in UTC beside plain dates, so that evening and morning may be another day than the "
        "clinic's. Run `outcomes draft` again with --zone and the clinic's time zone (America/New_York), or with --zone "
        '"as written" to take the day that is written'
    )
    on = {hours: stamps.count_on_sessions(stamps.days + hours / 24) for hours in (-8, 0, 10)}
    if not stamps.sessions or not len(stamps.days) or len(set(on.values())) == 1:
        return question
    west, written, east = (f"{count:,}" if count >= SHOWN else f"fewer than {SHOWN}" for count in on.values())
    return (
        f"{question}. Of {len(stamps.days):,} questionnaires {written} fall on a day of a session as written, {west} eight hours west of UTC "
        f"(Los Angeles), {east} ten hours east (Sydney)"
    )
