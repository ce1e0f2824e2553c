"""How the groups of the comparison of two arms hang together with one another and with those of the arms' tables."""

from __future__ import annotations

from collections.abc import Hashable

from outcomes.release.disclosure.cells import EVERYONE
from outcomes.release.disclosure.groups import Group, Register
from outcomes.release.disclosure.system import SIDES, System


def relate_compared(system: System) -> None:
    """Tie the comparison of two arms to those arms' tables."""
    counts = system.cells.counts
    for side, arm in system.arms.items():
        compared = ("compared", arm)
        system.near(compared, ("compared at risk", side), ("started", arm), ("baseline", ("patients", "", arm)))
        levels: dict[Hashable, list[Group]] = {}
        for group in [group for group in counts if isinstance(group, tuple)]:
            if group[0] == "covariate" and group[3] == side:
                levels.setdefault(group[1], []).append(group)
                system.near(group, ("baseline", (group[1], group[2], arm)))
            elif group[0] == "scored" and group[2] == side:
                system.near(group, compared, ("started", arm))
            elif group[0] in ("counted", "settled") and group[-1] == side:
                _relate_scores(system, group, arm, side)
            elif group[0] == "unweighted" and group[2] == arm:
                system.split(compared, group)
        for own in levels.values():
            system.add_up(compared, own)
    _relate_analyses(system)
    _relate_subgroups(system)


def _relate_subgroups(system: System) -> None:
    """Tie the levels of a variable to one another, to the arm, and to the same level among the confounders."""
    counts = system.cells.counts
    levels: dict[Group, list[Group]] = {}
    for group in [group for group in counts if isinstance(group, tuple) and str(group[0]).startswith("subgroup")]:
        level, side = group[-2], group[-1]
        if level == EVERYONE:
            system.near(group, ("compared at risk", side))
            continue
        levels.setdefault((*group[:-2], side), []).append(group)
        if group[0] == "subgroup":
            system.near(group, ("covariate", *group[1:]))
        if group[0] == "subgroup observed":
            event = ("subgroup event", *group[1:])
            system.split(("subgroup", *group[3:]), group)
            system.split(group, event)
            system.split(("subgroup", *group[3:]), event)
    for (*name, side), parts in levels.items():
        system.add_up((*name[:-1], EVERYONE, EVERYONE, side), parts)
    for group in [group for group in counts if isinstance(group, tuple) and group[0] == "imputed"]:
        system.add_up(group, [("compared at risk", side) for side in SIDES])


def _relate_scores(system: System, group: Group, arm: str, side: str) -> None:
    """Tie those whose score, or whose endpoint, counts in the comparison to those who have one."""
    counts = system.cells.counts
    axis, timepoint = group[1:3]
    primary = min(system.ranks, key=lambda name: system.ranks[name], default="")
    for instrument in [primary] if ("observed", arm, primary, axis, timepoint) in counts else []:
        place = (arm, instrument, axis, timepoint)
        family = [("observed", *place), ("compared", arm), ("scored", axis, side), ("started", arm)]
        if group[0] == "counted":
            system.near(group, *family)
        else:
            event = ("settled event", *group[1:])
            system.near(group, *family, ("counted", axis, timepoint, side), ("known", *place, group[3]))
            system.near(event, ("event", *place, group[3]))
            system.split(group, event)
            system.split(("compared", arm), event)


def _relate_analyses(system: System) -> None:
    """Tie the numbers of the sensitivity analyses to one another and to the sums over both arms that they are."""
    counts = system.cells.counts
    places: dict[tuple[Hashable, ...], list[Group]] = {}
    for group in [group for group in counts if isinstance(group, tuple) and group[0] == "analysis"]:
        axis, timepoint, endpoint = group[1:4]
        places.setdefault((axis, timepoint), []).append(group)
        for parts in (
            [("scored", axis, side) for side in SIDES],
            [("compared at risk", side) for side in SIDES],
            [("settled", axis, timepoint, endpoint, side) for side in SIDES],
        ):
            system.add_up(group, parts)
    for groups in places.values():
        distinct = {counts[group]: group for group in groups}
        system.near(*distinct.values())
        for group in groups:
            system.near(group, distinct[counts[group]])


def relate_early(system: System, register: Register) -> None:
    """Tie the fourfold tables of early signals: events and the rest, both populations, and arms to all."""
    counts = system.cells.counts
    for group in [group for group in register.counts if group[0] == "early n"]:
        *signal, population, measure, arm = group[1:]
        event = ("early", *group[1:])
        system.split(group, event)
        other = "observed" if population == "started" else "started"
        system.near(group, ("early n", *signal, other, measure, arm))
        system.near(event, ("early", *signal, other, measure, arm))
        if arm == EVERYONE:
            sides = system.arms.values()
            for name in (group, event):
                system.add_up(name, [(name[0], *signal, population, measure, side) for side in sides])
        pair = {"sensitivity": "ppv", "specificity": "npv"}.get(str(measure))
        if pair and ("early", *signal, population, pair, arm) in counts:
            system.near(event, ("early", *signal, population, pair, arm))
