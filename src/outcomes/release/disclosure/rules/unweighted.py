"""What analyses without weights give away: their estimates and effective numbers are arithmetic on counts.

A risk difference of unweighted patients with its interval has, as a rule, one solution in whole events; an effective number is
then the number itself. So they go with the counts that they are computed from. With weights, whose values nobody sees, they
have no such solution.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.disclosure.blanking import blank

SAME = 0.5  # an effective number so near the number of patients is of equal weights
WHOLE = 5e-7  # rounding of released numbers
PLACE = ["axis", "timepoint", "endpoint"]
SIDES = ("treated", "reference")
INTERVAL = ["estimate", "lower", "upper"]
LEVEL = [*INTERVAL, "std_error", "df", "shrunken", "shrunken_lower", "shrunken_upper"]
# What an effective number may equal because the table shows that number anyway.
SHOWN = {
    "effects": ("n_treated", "n_reference"),
    "risks": ("n_treated", "n_reference"),
    "sensitivity": ("n",),
    "subgroups": ("n_treated", "n_reference"),
    "imputations": ("n",),
    "durability_effect": ("n_treated", "n_reference"),
}
Tables = Mapping[str, pd.DataFrame]


def withhold_unweighted(tables: Tables, released: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the released tables without what unweighted analyses say of withheld counts.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables before anything was withheld.
    released : dict of str to DataFrame
        The tables without their withheld counts.
    """
    result = dict(released)
    if {"risks", "sensitivity"} <= set(result):
        result["sensitivity"] = _follow_counts(tables["sensitivity"], result["sensitivity"], result["risks"])
    if "subgroups" in result:
        result["subgroups"] = _follow_levels(tables["subgroups"], result["subgroups"])
    if {"effects", "tipping", "dropout"} <= set(result):
        result |= _follow_lost(tables["effects"], result)
    for name in sorted(set(SHOWN) & set(result)):
        result[name] = _hide_effective(result[name], SHOWN[name])
    return result


def _hide_effective(table: pd.DataFrame, shown: tuple[str, ...]) -> pd.DataFrame:
    """Withhold effective numbers that are whole, hence numbers of patients, unless the row shows them as such."""
    effective = table["effective_n"].astype(float)
    whole = (effective - effective.round()).abs() <= WHOLE
    total = sum((table[name].astype(float) for name in shown), pd.Series(0.0, table.index))
    return blank(table, whole & ~((effective - total).abs() <= WHOLE), ["effective_n"])


def _follow_counts(before: pd.DataFrame, table: pd.DataFrame, risks: pd.DataFrame) -> pd.DataFrame:
    """Withhold unweighted analyses of places with a withheld count, and E-values of withheld ratios."""
    counts = [f"{what}_{side}" for what in ("n", "events") for side in SIDES]
    gone = risks[risks[counts].isna().any(axis=1)]
    places = set(gone[PLACE].itertuples(index=False, name=None))
    keys = [key in places for key in table[PLACE].itertuples(index=False, name=None)]
    repeated = table["analysis"].isin((risks["method"] + "_" + risks["population"]).unique())
    plain = (before["effective_n"] - before["n"].astype(float)).abs() < SAME
    rows = (
        plain.fillna(False) & pd.Series(keys, table.index, dtype=bool) & ~repeated
    )  # a repeated row goes with its own
    ratios = risks[(risks["method"] == "weighted") & risks["ratio"].isna()]
    lost = set(
        zip(ratios["axis"], ratios["timepoint"], ratios["endpoint"], "e_value_" + ratios["population"], strict=True)
    )
    names = table[[*PLACE, "analysis"]].itertuples(index=False, name=None)
    rows |= pd.Series([name in lost for name in names], table.index, dtype=bool)
    return blank(table, rows, INTERVAL)


def _follow_levels(before: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Withhold unweighted differences in response within levels of a variable of which any count is withheld."""
    counts = [f"{what}_{side}" for what in ("n", "observed", "events") for side in SIDES]
    gone = table[counts].isna() & before[counts].notna()
    variable = [table["endpoint"], table["variable"]]
    some = gone.any(axis=1).groupby(variable, sort=False).transform("any")
    used = _count_used(before)
    plain = (before["effective_n"] - used).abs() < SAME
    rows = some & plain.fillna(False) & before["events_treated"].notna()
    return blank(table, rows, LEVEL)


def _follow_lost(effects: pd.DataFrame, released: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Withhold tipping points of unweighted differences on an axis on which a count of those who left is withheld.

    A point more in the scores of those who left moves the difference by about their share of the arm.
    """
    total = sum((effects[f"n_{side}"].astype(float) for side in SIDES), pd.Series(0.0, effects.index))
    plain = set(effects.loc[(effects["effective_n"] - total).abs() < SAME, "axis"])
    dropout, tipping = released["dropout"], released["tipping"]
    axes = plain & set(dropout.loc[dropout[["n", "stayed"]].isna().any(axis=1), "axis"])
    changed = {"tipping": blank(tipping, tipping["axis"].isin(axes), INTERVAL)}
    if "sensitivity" in released:
        grid = released["sensitivity"]
        rows = grid["analysis"].str.startswith("tipping_point") & grid["axis"].isin(axes)
        changed["sensitivity"] = blank(grid, rows, [*INTERVAL, "note"])
    if "comparison_statement" in released and tipping["axis"].isin(axes).any():
        words = released["comparison_statement"]
        changed["comparison_statement"] = blank(words, [True] * len(words), ["text"])
    return changed


def _count_used(table: pd.DataFrame) -> pd.Series:
    """Return how many patients a row's analysis uses: all of the level, or those with the endpoint."""
    everyone = table["population"] == "started"
    parts = {
        what: sum((table[f"{what}_{side}"].astype(float) for side in SIDES), pd.Series(0.0, table.index))
        for what in ("n", "observed")
    }
    return parts["n"].where(everyone, parts["observed"])
