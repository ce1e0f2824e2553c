"""Rules of the disclosure gate for durability.

A survival curve with the numbers at risk below it can be undone into patients (Guyot et al. 2012, 10.1186/1471-2288-12-9). So a
share is released only at weeks between which none or enough came to an end and after which none or enough are left, and the
numbers below it only at those of these weeks between which none or enough were lost to follow-up as well.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.release.disclosure.blanking import blank, is_small
from outcomes.release.disclosure.suppression import Cells, suppress

Tables = Mapping[str, pd.DataFrame]
Weeks = dict[tuple[str, str, str], list[int]]
Group = tuple[Hashable, ...]
CURVE = ["share", "lower", "upper"]
ENDINGS = ("events", "treated")
COUNTED = "kaplan_meier"  # the method that the numbers at risk stand beside
COUNTS = ["at_risk", "events", "treated", "censored"]
EFFECT = ["hazard_ratio", "lower", "upper", "p_value", "proportional_p", "converged", "note"]
FOLLOWED = "in_response"  # the step whose number all other tables rest on


def withhold_cohort(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients at a step, few who are left behind at it, and those from which they follow."""
    hidden = _hide_steps(table, minimum_cell)
    return blank(table, [tuple(key) in hidden for key in table[["arm", "step"]].itertuples(index=False)], ["n"])


def withhold_curve(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Leave out weeks whose share cannot be released, and withhold numbers at risk; needs the other tables beside it.

    Declared weeks come first and stay in the table without numbers where they cannot be released; further weeks are there
    only where they can. Where the numbers below a share are withheld, it is rounded to whole percents, so that they cannot be
    read off its interval.
    """
    if table.empty:
        return table.assign(withheld=False)
    shares, counts = _release_shares(tables, minimum_cell), _release_counts(tables, minimum_cell)
    declared = set(tables["durability_held"]["week"])
    kept = (_among(table, shares) & table["share"].notna()) | table["week"].isin(declared)
    table = _round_shares(table[kept].reset_index(drop=True), counts)
    table = blank(table, ~_among(table, shares), CURVE)
    counted = table["method"] == COUNTED
    table = blank(table, counted & ~_among(table, counts), COUNTS)
    return table.assign(**{name: table[name].where(counted) for name in COUNTS})


def withhold_held(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold shares at weeks that the curves withhold, and shares of few seen, few who hold, or few who do not."""
    if table.empty:
        return table.assign(withheld=False)
    closed = ~_among(table, _release_shares(tables, minimum_cell))
    visit = table["method"] == "at_visit"
    seen, events = table["seen"], table["events"]
    few = is_small(seen, minimum_cell) | is_small(events, minimum_cell) | is_small(seen - events, minimum_cell)
    absent = is_small(table["n"] - seen, minimum_cell) | is_small(seen, minimum_cell)
    thin = table["arm"].isin(_hide_arms(tables, minimum_cell))
    table = table.where(visit, _round_shares(table, _release_counts(tables, minimum_cell)))
    table = blank(table, thin | (visit & (few | absent)) | (~visit & closed), CURVE)
    table = blank(table, thin | (visit & (few | absent)), ["events"])
    return blank(blank(table, thin | (visit & absent), ["seen"]), thin, ["n"])


def withhold_effect(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold ratios of few events in either arm; events, where they and the curve leave few after its last week."""
    if table.empty:
        return table.assign(withheld=False)
    thin = _hide_arms(tables, minimum_cell)
    few = pd.Series(False, table.index)
    for arm in ("treated", "reference"):
        n, events = table[f"n_{arm}"], table[f"events_{arm}"]
        few |= is_small(events, minimum_cell) | is_small(n - events, minimum_cell) | table[arm].isin(thin)
    for arm in ("treated", "reference"):
        left = [_left_after(tables, *key, minimum_cell) for key in zip(table[arm], table["end"], strict=True)]
        table = blank(table, few | is_small(pd.Series(left, table.index), minimum_cell), [f"events_{arm}"])
        table = blank(table, table[arm].isin(thin), [f"n_{arm}", "effective_n"])
    return blank(table, few, EFFECT)


def pick_weeks(
    counts: pd.DataFrame, declared: Sequence[int], minimum_cell: int, kinds: Sequence[str] = (*ENDINGS, "censored")
) -> list[int]:
    """Return the weeks between which none or enough left in each way, and after which none or enough are left.

    Parameters
    ----------
    counts : DataFrame
        Indexed by week in order: how many until then had each ending (``events``, ``treated``, ``censored``), and how many
        are ``at_risk`` after it.
    declared : sequence of int
        Weeks that matter more than the others: they are chosen first.
    minimum_cell : int
    kinds : sequence of str
        Ways of leaving that are looked at.

    Examples
    --------
    >>> counts = pd.DataFrame({"at_risk": [80, 66, 50], "events": [5, 14, 30], "treated": 0, "censored": [15, 20, 20]}, [4, 6, 8])
    >>> pick_weeks(counts, [4, 8], 11)
    [6, 8]
    """
    left = {week: [int(row[kind]) for kind in kinds] for week, row in _index(counts).items()}
    still = {week: int(row["at_risk"]) for week, row in _index(counts).items()}

    def _enough(first: int | None, last: int) -> bool:
        steps = [
            late - early
            for late, early in zip(left[last], [0] * len(kinds) if first is None else left[first], strict=True)
        ]
        return not any(0 < size < minimum_cell for size in (*steps, still[last]))

    kept: list[int] = []
    for week in [*declared, *(week for week in left if week not in declared)]:
        before = max((one for one in kept if one < week), default=None)
        after = min((one for one in kept if one > week), default=None)
        if week in left and _enough(before, week) and (after is None or _enough(week, after)):
            kept.append(week)
    return sorted(kept)


def _index(counts: pd.DataFrame) -> dict[int, dict[Hashable, Any]]:
    return {int(str(week)): row for week, row in counts.to_dict("index").items()}


def _hide_steps(table: pd.DataFrame, minimum_cell: int) -> set[object]:
    """Return arm and step of the counts to withhold; each step's patients are the next one's and those left behind."""
    cells = Cells()
    for arm, rows in table.groupby("arm", sort=False):
        steps, sizes = rows["step"].tolist(), rows["n"].tolist()
        for step, size in zip(steps, sizes, strict=True):
            cells.add((arm, step), size, 1e9 if step == FOLLOWED else None)
        for place in range(len(steps) - 1):
            left = cells.add((arm, steps[place], "left"), sizes[place] - sizes[place + 1], 0)
            cells.tie((arm, steps[place]), [(arm, steps[place + 1]), left])
    return set(suppress(cells, minimum_cell))


def _hide_arms(tables: Tables, minimum_cell: int) -> set[str]:
    """Return the arms whose number of patients followed is withheld; nothing that rests on it is released."""
    hidden = _hide_steps(tables["durability_cohort"], minimum_cell)
    return {str(arm) for arm in tables["durability_cohort"]["arm"].unique() if (arm, FOLLOWED) in hidden}


def _release_shares(tables: Tables, minimum_cell: int) -> Weeks:
    """Return the weeks of each method, arm, and end at which its shares may be released.

    Turnbull's curve falls before an end is seen, so it needs enough who may have had it between two weeks as well.
    """
    thin, table = _hide_arms(tables, minimum_cell), tables["durability_curve"]
    declared = sorted(set(tables["durability_held"]["week"]))
    released: Weeks = {}
    for (arm, end), rows in table[table["state"] == "held"].groupby(["arm", "end"]):
        left: list[int] = []
        for method in (COUNTED, "turnbull"):
            own = rows[rows["method"] == method].set_index("week")
            own = own if method == COUNTED else own.loc[left]
            left = [] if arm in thin else pick_weeks(own, declared, minimum_cell, ENDINGS)
            released[method, str(arm), str(end)] = left
    return released


def _release_counts(tables: Tables, minimum_cell: int) -> Weeks:
    """Return the weeks with a share at which the numbers below it may be released."""
    table = tables["durability_curve"]
    declared = sorted(set(tables["durability_held"]["week"]))
    released: Weeks = {}
    for (method, arm, end), weeks in _release_shares(tables, minimum_cell).items():
        own = table[(table["method"] == COUNTED) & (table["state"] == "held")]
        own = own[(own["arm"] == arm) & (own["end"] == end)].set_index("week").loc[weeks]
        released[method, arm, end] = pick_weeks(own, declared, minimum_cell)
    return released


def _among(table: pd.DataFrame, weeks: Weeks) -> pd.Series:
    """Return which rows are at one of the weeks of their method, arm, and end."""
    keys = table[["method", "arm", "end", "week"]].itertuples(index=False)
    return pd.Series([week in weeks.get((m, arm, end), ()) for m, arm, end, week in keys], table.index, dtype=bool)


def _round_shares(table: pd.DataFrame, counts: Weeks) -> pd.DataFrame:
    exact = _among(table, counts)
    return table.assign(**{name: table[name].where(exact, table[name].astype(float).round(2)) for name in CURVE})


def _left_after(tables: Tables, arm: str, end: str, minimum_cell: int) -> int:
    """Return how many events come after the last released week of a curve."""
    table = tables["durability_curve"]
    own = table[(table["arm"] == arm) & (table["end"] == end) & (table["method"] == COUNTED)]
    events = {week: int(row["events"]) for week, row in _index(own[own["state"] == "held"].set_index("week")).items()}
    weeks = _release_shares(tables, minimum_cell).get((COUNTED, arm, end), [])
    return max(events.values(), default=0) - (events[weeks[-1]] if weeks else 0)


def name_weeks(row: Mapping[str, Any]) -> dict[str, Group]:
    """Return the groups that a row of the curve counts, by column."""
    return {name: ("lasting", row["arm"], row["end"], row["week"], name) for name in COUNTS}


def name_visits(row: Mapping[str, Any]) -> dict[str, Group]:
    """Return the groups that a row of what is held counts, by column."""
    seen = (row["arm"], row["week"])
    return {"n": ("step", row["arm"], FOLLOWED), "seen": ("seen", *seen), "events": ("seen ended", *seen, row["end"])}


def name_hazards(row: Mapping[str, Any]) -> dict[str, Group]:
    """Return the groups that a row of the hazard ratios counts, by column."""
    named: dict[str, Group] = {}
    for side in ("treated", "reference"):
        named[f"n_{side}"] = ("in hazard", row["weights"], row[side])
        named[f"events_{side}"] = ("hazard event", row["weights"], row[side], row["end"])
    return named


DURABILITY_RULES = {
    "durability_cohort": withhold_cohort,
    "durability_curve": withhold_curve,
    "durability_held": withhold_held,
    "durability_effect": withhold_effect,
}
