"""What estimates give away: risks and differences without weights, points of tipping, curves, and who stayed.

An attacker who knows the formula of an estimate tries every pair of whole numbers that it could come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from attack import Name, System

from outcomes.settings import Study

Z = NormalDist().inv_cdf(0.975)
FINE = 1.2e-6  # rounding of a difference of released numbers
TRIES = 60_000  # pairs of numbers of patients, times events, are tried up to this
ALL = "all"
SIDES = ("treated", "reference")
Rows = Iterable[Mapping[str, Any]]


def read_estimates(system: System, rows: Mapping[str, list[dict[str, Any]]], study: Study) -> None:
    """Add what the estimates of the comparison and of durability say of counts."""
    if study.comparison is not None:
        estimand = study.comparison.estimand
        arms = {"treated": estimand.treated, "reference": estimand.reference}
        weights = study.comparison.weights
        plain = {"none": set(SIDES), "att": {"treated"}}.get(weights, set())
        _read_risks(system, rows["risks"], arms, plain)
        all_have_weight = weights == "none" and study.comparison.missing != "exclude"
        if weights == "none":
            _read_grid(system, rows["sensitivity"], arms)
            _read_levels(system, rows["subgroups"], arms)
            if all_have_weight:
                _read_tipping(system, rows["tipping"], arms)
        _read_dropout(system, rows["dropout"], all_have_weight)
    _read_counts_of_weeks(system, rows)
    _read_curves(system, [*rows["durability_curve"], *rows["durability_held"]])


def find_pairs(sizes: tuple[np.ndarray, np.ndarray], estimate: float, half: float, ratio: bool = False) -> np.ndarray:
    """Return every (n₁, events₁, n₀, events₀) that the estimate of unweighted patients, and half its interval, could be of."""
    found = []
    for n1 in sizes[0]:
        for n0 in sizes[1]:
            e1 = np.arange(int(ratio), n1 + 1)
            p1 = e1 / n1
            e0 = np.round((p1 / np.exp(estimate) if ratio else p1 - estimate) * n0)
            p0 = e0 / n0
            fits = (e0 >= int(ratio)) & (e0 <= n0)
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.log(p1 / p0) if ratio else p1 - p0
                variance = ((1 - p1) / e1 + (1 - p0) / e0) if ratio else p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
                fits &= np.abs(value - estimate) <= FINE
                if not np.isnan(half):
                    fits &= np.abs(Z * np.sqrt(np.maximum(variance, 0)) - half) <= 2 * FINE
            found += [(n1, a, n0, b) for a, b in zip(e1[fits], e0[fits], strict=True)]
    return np.array(found, dtype=float).reshape(-1, 4)


def _possible(system: System, name: Name, most: float | None) -> np.ndarray:
    low, high = system.bounds.get(name, (0.0, np.inf))
    return np.arange(max(low, 1), min(high, most or 400) + 1)


def _invert(
    system: System, names: tuple[Name, Name, Name, Name], row: tuple[float, float], ratio: bool = False
) -> None:
    """Narrow patients and events of both arms to those that an unweighted estimate allows."""
    n1, e1, n0, e0 = names
    if any(pd.isna(value) for value in row):
        return
    most = [max((system.known(("compared", str(name[-1]))) or 0) for name in (one,)) for one in (n1, n0)]
    sizes = _possible(system, n1, most[0]), _possible(system, n0, most[1])
    if not 0 < len(sizes[0]) * len(sizes[1]) * 20 <= TRIES:
        return
    pairs = find_pairs(sizes, *row, ratio)
    for at, name in enumerate((n1, e1, n0, e0)):
        if len(pairs):
            system.narrow(name, pairs[:, at].min(), pairs[:, at].max())


def _names_of(place: tuple[Any, ...], population: str, arms: Mapping[str, str]) -> tuple[Name, Name, Name, Name]:
    names: list[Name] = []
    for side in SIDES:
        n: Name = ("compared", arms[side]) if population == "started" else ("settled", *place, arms[side])
        names += [n, ("settled event", *place, arms[side])]
    return names[0], names[1], names[2], names[3]


def _read_risks(system: System, rows: Rows, arms: Mapping[str, str], plain: set[str]) -> None:
    for row in rows:
        names = _names_of((row["axis"], row["timepoint"], row["endpoint"]), row["population"], arms)
        for at, side in enumerate(SIDES):
            bare = row["method"] == "unadjusted" or (row["method"] == "weighted" and side in plain)
            n, events = system.known(names[2 * at]), names[2 * at + 1]
            if bare and n and not pd.isna(row[f"risk_{side}"]):
                count = round(row[f"risk_{side}"] * n)
                system.narrow(events, count, count)
        if row["method"] == "unadjusted" or (row["method"] == "weighted" and len(plain) == 2):
            _invert(system, names, (row["difference"], (row["difference_upper"] - row["difference_lower"]) / 2))


def _read_grid(system: System, rows: Rows, arms: Mapping[str, str]) -> None:
    """Read differences of the grid, and worst cases, whose events are those seen and the missing of one arm."""
    for row in rows:
        if row["scale"] != "risk difference":
            continue
        place, half = (row["axis"], row["timepoint"], row["endpoint"]), (row["upper"] - row["lower"]) / 2
        method, _, population = str(row["analysis"]).rpartition("_")
        if method in ("unadjusted", "weighted"):
            _invert(system, _names_of(place, population, arms), (row["estimate"], half))
        elif method == "worst_case":
            names = list(_names_of(place, "started", arms))
            at = 3 if population == "treated" else 1  # the other arm's missing are taken to have it
            arm = arms[SIDES[at // 2]]
            whole: Name = ("event or missing", *place, arm)
            missing: Name = ("rest", ("compared", arm), ("settled", *place, arm))
            system.within(("compared", arm), ("settled", *place, arm))
            system.narrow(whole)
            if missing in system.bounds and names[at] in system.bounds:
                system.add(whole, [names[at], missing])
            names[at] = whole
            _invert(system, (names[0], names[1], names[2], names[3]), (row["estimate"], half))


def _read_levels(system: System, rows: Rows, arms: Mapping[str, str]) -> None:
    for row in rows:
        if row["population"] != "started" or row["level"] == ALL or pd.isna(row["estimate"]):
            continue
        level = (row["variable"], row["level"])
        names: list[Name] = []
        for side in SIDES:
            names += [("subgroup", *level, arms[side]), ("subgroup event", row["endpoint"], *level, arms[side])]
        ratio = row["scale"] == "risk ratio"
        estimate = np.log(row["estimate"]) if ratio else row["estimate"]
        _invert(system, (names[0], names[1], names[2], names[3]), (estimate, Z * row["std_error"]), ratio)


def _read_tipping(system: System, rows: Rows, arms: Mapping[str, str]) -> None:
    """A point more in the scores of those lost moves the unweighted difference by about their share of the arm."""
    table = pd.DataFrame(list(rows))
    if table.empty:
        return
    table = table[table["method"] == "closed_form"]
    for (axis, timepoint), own in table.groupby(["axis", "timepoint"]):
        value = own.set_index(["delta_treated", "delta_reference"])["estimate"]
        for side, pair in (("treated", (1.0, 0.0)), ("reference", (0.0, 1.0))):
            people = system.known(("compared", arms[side]))
            if people and (0.0, 0.0) in value.index and pair in value.index and not pd.isna(value[pair]):
                lost = abs(value[pair] - value[0.0, 0.0]) * people
                system.narrow(("lost", axis, timepoint, arms[side]), max(0, np.floor(lost - 1)), np.ceil(lost + 1))


def _read_dropout(system: System, rows: Rows, all_have_weight: bool) -> None:
    """Bands add up to those still there; who stays for one time point is there at the next; the rest have left."""
    table = pd.DataFrame(list(rows))
    for row in table.to_dict("records"):
        place = (row["axis"], row["timepoint"], row["arm"], row["band"])
        there, staying = system.show(("there", *place), row["n"]), system.show(("staying", *place), row["stayed"])
        system.within(there, staying)
        if not pd.isna(row["dropped_proportion"]) and not pd.isna(row["n"]):
            stayed = round(row["n"] * (1 - row["dropped_proportion"]))
            system.narrow(staying, stayed, stayed)
    if table.empty:
        return
    for (axis, arm), own in table.groupby(["axis", "arm"], sort=False):
        points = [str(point) for point in own["timepoint"].unique() if point != ALL]
        bands = [str(band) for band in own["band"].unique()]
        sums = {}
        for point in points:
            for kind in ("there", "staying"):
                sums[point, kind] = system.narrow((f"all {kind}", axis, point, arm))
                system.add(sums[point, kind], [(kind, axis, point, arm, band) for band in bands])
            system.within(sums[point, "there"], sums[point, "staying"])
            system.within(sums[point, "staying"], ("counted", axis, point, arm))
        first, everyone = sums[points[0], "there"], ("compared", arm)
        (system.same if all_have_weight else system.within)(
            everyone, first
        )  # without a weight one is compared, not counted here
        system.same(sums[points[0], "staying"], ("scored", axis, arm))
        system.same(sums[points[-1], "staying"], ("counted", axis, points[-1], arm))
        for before, after in pairwise(points):
            system.add(sums[before, "staying"], [sums[after, "there"]])
        for point in points:
            if ("lost", axis, point, arm) in system.bounds:
                system.add(first, [("lost", axis, point, arm), sums[point, "staying"]])
        for band in bands:
            for kind in ("there", "staying"):
                system.add((kind, axis, ALL, arm, band), [(kind, axis, point, arm, band) for point in points])


def _read_counts_of_weeks(system: System, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Numbers at risk, with an end, treated, and lost add up to those followed; a relapse is a loss, and lasts."""
    for row in rows["durability_curve"]:
        if row["method"] == "kaplan_meier" and not pd.isna(row["at_risk"]):
            names = [
                ("lasting", kind, row["arm"], row["end"], int(row["week"]))
                for kind in ("at_risk", "events", "treated", "censored")
            ]
            for name, kind in zip(names, ("at_risk", "events", "treated", "censored"), strict=True):
                system.show(name, row[kind])
            system.add(("durable", row["arm"], "in_response"), names)
    for row in rows["durability_held"]:
        seen, ended = ("seen", row["arm"], int(row["week"])), ("seen ended", row["arm"], int(row["week"]), row["end"])
        if row["method"] == "at_visit":
            system.show(("durable", row["arm"], "in_response"), row["n"])
            system.show(seen, row["seen"])
            system.show(ended, row["events"])
            system.within(("durable", row["arm"], "in_response"), seen)
            system.within(seen, ended)
            if not pd.isna(row["share"]) and system.known(seen):
                count = round((1 - row["share"]) * row["seen"])
                system.narrow(ended, count, count)
    for row in rows["durability_effect"]:
        for side in SIDES:
            arm = row[side]
            n, event = ("in hazard", row["weights"], arm), ("hazard event", row["weights"], arm, row["end"])
            system.show(n, row[f"n_{side}"])
            system.show(event, row[f"events_{side}"])
            system.within(n, event)
            system.near(n, ("durable", arm, "in_response"))
    groups: dict[Name, list[Name]] = {}
    for name in list(system.bounds):
        if name[0] == "lasting" and name[1] != "at_risk":
            groups.setdefault((*name[:4], "weeks"), []).append(name)
            groups.setdefault((*name[:3], name[4], "ends"), []).append(name)
        if name[0] in ("hazard event", "in hazard"):
            groups.setdefault((name[0], *name[2:]), []).append(name)
        if name[0] == "hazard event":
            groups.setdefault((*name[:3], "ends"), []).append(name)
            last = [one for one in system.bounds if one[:4] == ("lasting", "events", name[2], name[3])]
            for one in last:
                system.near(name, one)
        if name[0] == "seen ended":
            groups.setdefault(name[:3], []).append(name)
    for names in groups.values():
        for at, one in enumerate(names):
            for other in names[at + 1 :]:
                system.near(one, other)


def _read_curves(system: System, rows: Rows) -> None:
    """Each end before a week lowers the curve by at least its share of those followed, so the curve bounds how many there were."""
    lines: dict[tuple[Any, ...], dict[int, float]] = {}
    competing = {row["arm"] for row in rows if row["state"] != "held"}
    for row in rows:
        drawn = row["method"] == "kaplan_meier" and not pd.isna(row["share"]) and row["state"] in ("held", "ended")
        if drawn and (row["state"] == "ended") == (row["arm"] in competing):
            lines.setdefault((row["arm"], row["end"], row["state"]), {})[int(row["week"])] = row["share"]
    for (arm, end, state), shares in lines.items():
        n = system.known(("durable", arm, "in_response"))
        before = 1.0 if state == "held" else 0.0
        earlier: Name | None = None
        for week, share in sorted(shares.items()):
            fine = 0.0 if abs(share * 100 - round(share * 100)) > 1e-6 else 0.005
            events = system.narrow(("lasting", "events", arm, end, week))
            part = events if earlier is None else system.narrow(("rest", events, earlier))
            if earlier is not None:
                system.add(events, [earlier, part])
            if n and share > fine:
                slack = 0.005 if earlier is not None else 0.0
                most = (
                    -n * (before + slack) * np.log((share - fine) / (before + slack))
                    if state == "held"
                    else n * (share + fine - before + slack)
                )
                sure = share + fine < before - slack if state == "held" else share - fine > before + slack
                system.narrow(part, int(sure), max(int(sure), np.floor(most + 1e-6)))
            before, earlier = share, events
