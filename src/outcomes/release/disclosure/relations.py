"""How the groups that released tables count hang together: one system of counts and sums over all tables.

Sums are those that a reader can do: arms to all, levels to arms, boxes to boxes, events and the rest to n. Of two groups of the
same people at the same place, the smaller is taken to be part of the larger: where they differ by less than the minimum cell,
the difference is a small group of its own ("started, but without a score at day 28").
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

from outcomes.release.disclosure.cells import (
    ANALYSED,
    EVERYONE,
    SCORED,
    build_baseline,
    build_flow,
    build_ideation,
)
from outcomes.release.disclosure.groups import Group, Register, Tables
from outcomes.release.disclosure.relations_compared import relate_compared, relate_early
from outcomes.release.disclosure.relations_followed import relate_dropout, relate_durability
from outcomes.release.disclosure.rules.subgroups import build_eligibility
from outcomes.release.disclosure.suppression import Cells
from outcomes.release.disclosure.system import SIDES, System, name_sides, price_group

ENDPOINTS = ("response", "remission", "worsening")


def relate_groups(
    register: Register, tables: Tables, minimum_cell: int, instruments: Sequence[str], derived: Mapping[str, str]
) -> Cells:
    """Return the cells of all tables and the sums among them.

    Parameters
    ----------
    register : Register
        The groups, as :func:`outcomes.release.disclosure.groups.register_groups` found them.
    tables : mapping of str to DataFrame
        The tables before anything is withheld, bins merged.
    minimum_cell : int
        Smallest count that is released.
    instruments : sequence of str
        Instrument ids, the primary first: numbers of the others are withheld before its own.
    derived : mapping of str to str
        Instrument → instrument from whose items it is computed; who has the second has the first.
    """
    cells = Cells()
    if "flow" in tables:
        cells.include(build_flow(tables["flow"], tables.get("ledger"), tables.get("balance")), "flow")
    if "baseline" in tables:
        cells.include(build_baseline(tables["baseline"]), "baseline")
    if "eligibility" in tables and len(tables["eligibility"]):
        cells.include(build_eligibility(tables["eligibility"]), "eligibility")
    if "ideation" in tables:
        cells.include(build_ideation(tables["ideation"]), "ideation")
    system = System(cells, minimum_cell, name_sides(tables), {name: at for at, name in enumerate(instruments)}, derived)
    for group, count in register.counts.items():
        if group not in cells.counts:
            cells.add(group, count, price_group(group, count, system.ranks))
    _relate_steps(system, tables)
    for relate in (_relate_flow, _relate_people, _relate_places, _relate_everyone, _relate_bins, _relate_models):
        relate(system, tables)
    relate_compared(system)
    relate_dropout(system, tables)
    relate_durability(system)
    relate_early(system, register)
    cells.unseen = set(cells.counts) - set(register.places)
    return cells


def _relate_flow(system: System, tables: Tables) -> None:
    """Tie the boxes of the flow to the same people elsewhere."""
    if "flow" not in tables:
        return
    groups = [group for group in system.cells.counts if isinstance(group, tuple) and group[0] == "observed"]
    for row in tables["flow"].to_dict("records"):
        box = ("flow", row["order"])
        label = str(row["label"])
        if row["unit"] == "series" and label == ANALYSED:
            system.near(("started", row["arm"]), box)
        if label == "Patients analysed":
            system.near(("baseline", ("patients", "", EVERYONE)), box)
        if label.startswith(SCORED):
            place = label.split(" score, ", 1)[-1].split(" (")[0]
            for group in groups:
                same = group[1] == row["arm"] and group[4] == place
                if same and system.cells.counts[group] == row["n"]:
                    system.near(group, box)


def _relate_steps(system: System, tables: Tables) -> None:
    """Tie the first and last step of each arm towards the comparison, and the steps of durability, to the arms."""
    if "eligibility" in tables:
        for arm, rows in tables["eligibility"].groupby("arm", sort=False):
            orders = rows["order"].tolist()
            first, last = ("eligibility", orders[0]), ("eligibility", orders[-1])
            system.near(first, ("started", arm), ("baseline", ("patients", "", arm)))
            system.near(last, ("compared", arm))
    for group in [group for group in system.cells.counts if isinstance(group, tuple) and group[0] == "started"]:
        steps = [other for other in system.cells.counts if isinstance(other, tuple) and other[0] == "step"]
        system.near(group, *[other for other in steps if other[1] == group[1]])


def _relate_people(system: System, tables: Tables) -> None:
    """Tie patients and their baseline scores to the series and scores of the same arm."""
    counts = system.cells.counts
    for group in [group for group in counts if isinstance(group, tuple) and group[0] == "observed"]:
        _, arm, instrument, axis, _ = group
        known = ("baseline", (instrument, "", arm))
        if axis == "baseline":
            system.near(group, known, ("baseline", ("patients", "", arm)))
        if arm == EVERYONE:
            parts = [other for other in counts if isinstance(other, tuple) and other[0] == "observed"]
            parts = [other for other in parts if other[2:] == group[2:] and other[1] != EVERYONE]
            if parts and sum(counts[part] for part in parts) != counts[group]:
                total = ("both arms", *group[2:])
                system.add_up(total, parts)
                system.near(total, group)
            system.add_up(group, parts)
            system.near(group, ("observed", EVERYONE, instrument, "enrolment", group[4]))
    for group in [group for group in counts if isinstance(group, tuple) and group[0] == "started"]:
        system.near(group, ("baseline", ("patients", "", group[1])))


def _relate_places(system: System, tables: Tables) -> None:
    """Tie what is counted of an arm's series at one time point."""
    counts = system.cells.counts
    for group in [group for group in counts if isinstance(group, tuple) and group[0] == "observed"]:
        place = group[1:]
        if place[0] == EVERYONE:
            continue
        known = [("known", *place, endpoint) for endpoint in ENDPOINTS]
        events = [("event", *place, endpoint) for endpoint in ENDPOINTS]
        family: list[Group] = [
            group,
            ("started", place[0]),
            ("reached", place[0], *place[2:]),
            *known,
            ("recalled", *place),
            ("overlapping", *place),
            ("regressed", *place),
            ("two baselines", *place),
            ("ideation", (*place, "answered")),
        ]
        family += [("observed", place[0], one, *place[2:]) for one in (system.derived.get(str(place[1])),) if one]
        system.near(*family)
        for whole, part in zip(known, events, strict=True):
            system.split(whole, part)
            system.split(("started", place[0]), part)
        system.near(*events[:2])
        system.split(("recalled", *place), ("overlapping", *place))
        _relate_changes(system, known[0], events[0], events[2])
    reached: dict[Hashable, list[Group]] = {}
    for one in [one for one in counts if isinstance(one, tuple) and one[0] == "reached"]:
        if one[2] == "session":
            reached.setdefault(one[1], []).append(one)
    for chain in reached.values():
        system.near(*chain)


def _relate_everyone(system: System, tables: Tables) -> None:
    """Tie what is counted of the series of all arms to the arms' and to those who started and have a score."""
    counts = system.cells.counts
    started: list[Group] = [group for group in counts if isinstance(group, tuple) and group[0] == "started"]
    system.add_up(("started", EVERYONE), started)
    arms = [group[1] for group in started if group[1] != EVERYONE]
    kinds = ("regressed", "two baselines")
    for group in [group for group in counts if isinstance(group, tuple) and group[0] in kinds and group[1] == EVERYONE]:
        observed = ("observed", *group[1:])
        for total in (group, observed):
            system.add_up(total, [(total[0], arm, *total[2:]) for arm in arms])
        system.near(group, observed, ("started", EVERYONE), *[(kind, *group[1:]) for kind in kinds])


def _relate_changes(system: System, known: Group, response: Group, worsening: Group) -> None:
    """Tie the known to those who responded, got worse, and did neither."""
    counts = system.cells.counts
    if all(name in counts for name in (known, response, worsening)):
        rest = counts[known] - counts[response] - counts[worsening]
        if rest >= 0:
            system.cells.tie(known, [response, worsening, system.cells.add(("neither", known), rest, 0)])


def _relate_bins(system: System, tables: Tables) -> None:
    """Tie the bins of a distribution to how many there are in all."""
    totals: dict[Group, list[Group]] = {}
    for group in system.cells.counts:
        if isinstance(group, tuple) and group[0] in ("bin", "score bin"):
            totals.setdefault(group[:-1], []).append(group)
    for binned, bins in totals.items():
        kind, place = binned[0], binned[1:]
        total = ("binned", kind, *place)
        system.add_up(total, bins)
        if kind == "bin":
            others = [("known", *place, endpoint) for endpoint in ENDPOINTS]
            system.near(total, ("observed", *place), ("started", place[0]), ("recalled", *place), *others)
            system.split(total, ("event", *place, "response"))
            _relate_changes(system, total, ("event", *place, "response"), ("event", *place, "worsening"))
        else:
            system.near(total, ("compared", place[0]))


def _relate_models(system: System, tables: Tables) -> None:
    """Tie a model's scores and patients to those of the tables of scores."""
    counts = system.cells.counts
    models = tables["models"].to_dict("records") if "models" in tables else []
    for row in models:
        name, instrument, axis = row["model"], row["instrument"], row["axis"]
        for used, dropped in (("n_observations", "dropped_rows"), ("n_subjects", "dropped_subjects")):
            system.add_up(("all of", used, name), [(used, name), (dropped, name)])
        own = [group for group in counts if isinstance(group, tuple) and group[0] == "observed"]
        own = [group for group in own if group[1] != EVERYONE and group[2] == instrument]
        for axes in ((axis,), (axis, "baseline")):
            system.add_up(("all of", "n_observations", name), [group for group in own if group[3] in axes])
        scored = [("scored", axis, side) for side in SIDES]
        started = [group for group in counts if isinstance(group, tuple) and group[0] == "started"]
        others = [group for group in started if group[1] not in (*system.arms.values(), EVERYONE)]
        people = ("all of", "n_subjects", name)
        if people in counts and all(group in counts for group in scored) and len(others) <= 1:
            rest = counts[people] - sum(counts[group] for group in scored)
            if others and 0 <= rest <= counts[others[0]]:
                third = system.cells.add(("scored elsewhere", name), rest, 0)
                system.add_up(people, [*scored, third])
                system.near(third, others[0])
        system.near(people, ("started", EVERYONE), ("n_subjects", name))
    for first, second in combinations(models, 2):
        if (first["instrument"], first["axis"]) == (second["instrument"], second["axis"]):
            for used in ("n_subjects", "n_observations"):
                system.near((used, first["model"]), (used, second["model"]))
