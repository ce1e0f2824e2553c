"""Rules of the disclosure gate for who was compared, and for kinds of patients within a comparison.

Levels of a variable add up to the arm, whose numbers stand in other tables and cannot be withheld here: among the levels, others go in
their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from outcomes.release.disclosure.blanking import blank, is_small
from outcomes.release.disclosure.suppression import Cells, suppress

Tables = Mapping[str, pd.DataFrame]
SHOWN = float("inf")  # cost of a number that other tables show as well
EVERYONE = "all"
ARMS = ("treated", "reference")
LEVEL = [
    "effective_n", "estimate", "std_error", "df", "lower", "upper", "shrunken", "shrunken_lower", "shrunken_upper",
]  # fmt: skip
TEST = ["num_df", "den_df", "statistic", "p_value", "p_adjusted", "spread"]


def withhold_eligibility(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients left out by a rule, and numbers from which they follow."""
    hidden = suppress(build_eligibility(table), minimum_cell)
    return blank(table, table["order"].isin(hidden), ["n"])


def build_eligibility(table: pd.DataFrame) -> Cells:
    """Return the steps by ``order``: in each arm, the first equals the last and all that were left out between."""
    cells = Cells()
    for arm, own in table.groupby("arm", sort=False):
        orders, counts = own["order"].tolist(), own["n"].tolist()
        for place, (order, n) in enumerate(zip(orders, counts, strict=True)):
            cells.add(order, n, SHOWN if place in (0, len(orders) - 1) else n)
        lost = cells.add((arm, "lost"), sum(counts[1:-1]), SHOWN)
        cells.tie(lost, orders[1:-1])
        cells.tie(orders[0], [lost, orders[-1]])
    return cells


def withhold_subgroups(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients of a level and what adds up to them; and all levels' scores or events where those of one are few or all but few.

    A level whose number of patients is withheld in either arm, for whatever reason, has no estimate; nor has one with few scores, few
    responses, or few others.
    """
    variable = [table[name] for name in ("endpoint", "population", "variable")]
    gone = pd.Series(False, table.index)
    released = table
    for arm in ARMS:
        hidden = suppress(build_levels(table, arm), minimum_cell)
        own = pd.Series([key in hidden for key in zip(table["variable"], table["level"], strict=True)], table.index)
        n, observed, events = (table[f"{name}_{arm}"] for name in ("n", "observed", "events"))
        few = own | _any_small([n, observed], minimum_cell)
        scores = _any_small([observed, n - observed], minimum_cell) | own
        answers = _any_small([events, observed - events, n - events], minimum_cell) | own
        gone |= few | (answers & ~own)
        released = blank(released, own, [f"n_{arm}"])
        released = blank(released, scores.groupby(variable, sort=False).transform("any"), [f"observed_{arm}"])
        both = [table["endpoint"], table["variable"]]
        released = blank(released, answers.groupby(both, sort=False).transform("any"), [f"events_{arm}"])
    level = [table[name] for name in ("endpoint", "variable", "level")]
    shared = gone.groupby(level, sort=False).transform("any") & table["effective_n"].notna()
    return blank(released, shared, LEVEL)


def _any_small(counts: Sequence[pd.Series], minimum_cell: int) -> pd.Series:
    return pd.concat([is_small(count, minimum_cell) for count in counts], axis=1).any(axis=1)


def withhold_interactions(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold the test of a variable of which an estimated level is withheld; needs the subgroups table beside it."""
    levels = tables["subgroups"]
    released = withhold_subgroups(levels, tables, minimum_cell)
    gone = released[levels["estimate"].notna() & released["estimate"].isna()]
    hidden = set(gone[["endpoint", "variable"]].itertuples(index=False, name=None))
    rows = [key in hidden for key in table[["endpoint", "variable"]].itertuples(index=False, name=None)]
    return blank(table, rows, TEST)


def build_levels(table: pd.DataFrame, arm: str) -> Cells:
    """Return an arm's patients by (variable, level): the levels of each variable add up to everyone, whose number other tables show."""
    cells = Cells()
    rows = table.drop_duplicates(["variable", "level"])
    for variable, level, n in zip(rows["variable"], rows["level"], rows[f"n_{arm}"], strict=True):
        cells.add((variable, level), int(n), SHOWN if variable == EVERYONE else None)
    for variable, levels in rows.groupby("variable", sort=False)["level"]:
        if variable != EVERYONE:
            cells.tie((EVERYONE, EVERYONE), [(variable, level) for level in levels])
    return cells


SUBGROUP_RULES = {
    "eligibility": withhold_eligibility,
    "subgroups": withhold_subgroups,
    "interactions": withhold_interactions,
}
