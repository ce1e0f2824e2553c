"""How the groups of those followed over time hang together: who left and who stayed, and how long a response lasted."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

from outcomes.release.disclosure.cells import EVERYONE
from outcomes.release.disclosure.groups import Group, Tables
from outcomes.release.disclosure.rules.durability import COUNTS, FOLLOWED
from outcomes.release.disclosure.system import System


def relate_dropout(system: System, tables: Tables) -> None:
    """Tie the bands of each time point to those still there, those who stayed to the next, and both to the comparison."""
    if "dropout" not in tables:
        return
    table = tables["dropout"]
    sides = {arm: side for side, arm in system.arms.items()}
    for (axis, arm), rows in table.groupby(["axis", "arm"], sort=False):
        points = [name for name in rows["timepoint"].unique() if name != EVERYONE]
        bands = rows["band"].unique().tolist()
        totals = [_add_bands(system, (axis, point, arm), bands) for point in points]
        for (_, stayed), (there, _) in pairwise(totals):
            system.near(stayed, there)
        scored = ("scored", axis, sides.get(str(arm), ""))  # who stays for the first time point has some score
        system.near(*totals[0], scored, ("compared", arm))
        for point, (_, stayed) in zip(points, totals, strict=True):
            system.near(stayed, ("counted", axis, point, sides.get(str(arm), "")), ("compared", arm))
        for band in bands:
            _add_points(system, (axis, arm, band), points)


def _add_bands(system: System, place: Group, bands: list[str]) -> tuple[Group, Group]:
    """Add up who was there, stayed, and left over the bands; return the names of the first two sums."""
    for band in bands:
        system.split(("there", *place, band), ("staying", *place, band))
    names: list[Group] = []
    for kind in ("there", "staying"):
        names.append((f"all {kind}", *place))
        system.add_up(names[-1], [(kind, *place, band) for band in bands])
    left: Group = ("all leaving", *place)
    system.add_up(left, [_leaving(*place, band) for band in bands])
    system.cells.tie(names[0], [names[1], left])
    return names[0], names[1]


def _add_points(system: System, place: Group, points: list[str]) -> None:
    """Tie a band's rows of all time points together to those of each."""
    axis, arm, band = place
    system.split(("there", axis, EVERYONE, arm, band), ("staying", axis, EVERYONE, arm, band))
    for kind in ("there", "staying"):
        system.add_up((kind, axis, EVERYONE, arm, band), [(kind, axis, point, arm, band) for point in points])
    system.add_up(_leaving(axis, EVERYONE, arm, band), [_leaving(axis, point, arm, band) for point in points])


def _leaving(*place: Hashable) -> Group:
    return ("others", ("there", *place), ("staying", *place))


def relate_durability(system: System) -> None:
    """Tie the numbers of each week, end, and analysis to those followed and to one another.

    Who has relapsed has lost response; who had an end by one week has it by the next.
    """
    counts = system.cells.counts
    weeks: dict[Group, list[Group]] = {}
    ends: dict[Group, list[Group]] = {}
    for group in [group for group in counts if isinstance(group, tuple)]:
        if group[0] == "lasting":
            _, arm, end, week, kind = group
            weeks.setdefault((arm, end, kind), []).append(group)
            ends.setdefault((arm, week, kind), []).append(group)
            system.add_up(("step", arm, FOLLOWED), [("lasting", arm, end, week, one) for one in COUNTS])
        elif group[0] == "seen":
            system.split(("step", group[1], FOLLOWED), group)
        elif group[0] == "seen ended":
            ends.setdefault(group[:3], []).append(group)
            system.split(("seen", *group[1:3]), group)
        elif group[0] == "in hazard":
            ends.setdefault((group[0], group[2]), []).append(group)
            system.near(group, ("step", group[2], FOLLOWED))
        elif group[0] == "hazard event":
            ends.setdefault((group[0], group[2]), []).append(group)
            system.split(("in hazard", *group[1:3]), group)
            last = [other for other in counts if isinstance(other, tuple) and other[:3] == ("lasting", *group[2:])]
            system.near(group, *[other for other in last if other[4] == "events"])
    for same in (*weeks.values(), *ends.values()):
        system.near(*same)
