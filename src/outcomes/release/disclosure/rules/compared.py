"""Rules of the disclosure gate for the comparison of two arms.

The tables lie beside one another, so a count that is withheld in one must not follow from another: numbers of patients are set against
the whole comparison, events against both populations, levels against the arm, and arms against 'all'.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.disclosure.blanking import blank, is_small
from outcomes.release.disclosure.cells import build_dropout
from outcomes.release.disclosure.rules.subgroups import SUBGROUP_RULES
from outcomes.release.disclosure.suppression import suppress

Tables = Mapping[str, pd.DataFrame]
EVERYONE = "all"
CELL = ["axis", "timepoint", "endpoint"]
UNWEIGHTED = 0.5  # an effective number so near the patients is theirs
EFFECT = ["treated_mean", "reference_mean", "estimate", "std_error", "df", "lower", "upper", "p_value"]
IMPUTED = [
    "estimate", "std_error", "df", "lower", "upper", "p_value", "within", "between", "missing_information",
    "monte_carlo_error", "n", "effective_n",
]  # fmt: skip
RISK = [
    "risk_treated", "risk_reference", "difference", "difference_lower", "difference_upper", "ratio", "ratio_lower",
    "ratio_upper", "nnt",
]  # fmt: skip


def withhold_text(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold the words on a result whose numbers are withheld; needs the tables of effects and tipping points beside it."""
    hidden = withhold_tipping(tables["tipping"], tables, minimum_cell)["withheld"].any()
    return blank(table, [bool(hidden)] * len(table), ["text"])


def pass_text(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Let through a table without any number of patients."""
    return table.assign(withheld=False)


def withhold_covariate_balance(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold every share of a variable that has a small level in either arm, and all numbers of that level.

    The arms' sizes are known, so one withheld level would follow from the others.
    """
    small = is_small(table["n_treated"], minimum_cell) | is_small(table["n_reference"], minimum_cell)
    variable = small.groupby(table["variable"]).transform("any") & (table["level"] != "")
    numbers = small.groupby(table["variable"]).transform("any")
    shares = ["treated_before", "reference_before", "treated_after", "reference_after"]
    table = blank(table, numbers, ["n_treated", "n_reference"])
    return blank(blank(table, variable, shares), small, ["smd_before", "smd_after"])


def withhold_score_overlap(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold an arm of few; the bins are merged already."""
    return blank(table, is_small(table["n"], minimum_cell), ["n", "cumulative"])


def withhold_positivity(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients of the arm that a stratum does have."""
    for name in ("n_treated", "n_reference"):
        table = blank(table, is_small(table[name], minimum_cell), [name])
    return table


def withhold_weights(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients, few who were cut or have no weight, and quantiles beyond which few lie."""
    few = is_small(table["n"], minimum_cell)
    tail = 0.05 * table["n"] < minimum_cell
    for name in ("truncated", "without_weight"):
        table = blank(table, few | is_small(table[name], minimum_cell), [name])
    return blank(blank(table, few | tail, ["p5", "p95"]), few, ["n", "effective_n", "mean", "sd", "median"])


def withhold_effects(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold differences at time points with few scores in either arm, and numbers from which few missing follow."""
    few = pd.Series(False, table.index)
    for arm in ("treated", "reference"):
        n, observed = table[f"n_{arm}"], table[f"observed_{arm}"]
        few |= is_small(n, minimum_cell) | is_small(observed, minimum_cell)
        rest = is_small(n - observed, minimum_cell) | is_small(_count_arm(tables, arm) - n, minimum_cell)
        table = blank(table, rest | is_small(observed, minimum_cell), [f"n_{arm}", f"observed_{arm}"])
    table = blank(table, few, EFFECT)
    return blank(table, few | ~table["converged"].astype(bool), ["note"])


def withhold_risks(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold risks of which the events are few or all but few, in both populations, which share their events.

    How their outcome model was fitted too: by maximum likelihood, it says that every level of the confounders has an event.
    """
    keys = [table[name] for name in CELL]
    few, missing = pd.Series(False, table.index), pd.Series(False, table.index)
    for arm in ("treated", "reference"):
        n, events = table[f"n_{arm}"], table[f"events_{arm}"]
        few |= is_small(events, minimum_cell) | is_small(n - events, minimum_cell) | is_small(n, minimum_cell)
        missing |= is_small(_count_arm(tables, arm) - n, minimum_cell)
    hidden = few.groupby(keys, sort=False).transform("any")
    table = blank(table, hidden, ["events_treated", "events_reference", "outcome_model", *RISK])
    counts = ["n_treated", "n_reference"]
    small = missing | is_small(table["n_treated"], minimum_cell) | is_small(table["n_reference"], minimum_cell)
    return blank(table, small, counts)


def withhold_sensitivity(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold rows of few patients, or at time points whose effect or risks are withheld; needs those tables beside it."""
    hidden = _list_hidden(tables, minimum_cell)
    cells = [tuple(key) in hidden for key in table[CELL].itertuples(index=False)]
    rows = pd.Series(cells, table.index, dtype=bool) | is_small(table["n"], minimum_cell)
    total = _count_arm(tables, "treated") + _count_arm(tables, "reference")
    close = rows | _find_close(table, total, minimum_cell)
    unweighted = ((table["effective_n"] - table["n"]).abs() < UNWEIGHTED).fillna(False)
    table = blank(table, close & unweighted, ["effective_n"])
    table = blank(table, close, ["n"])
    table = blank(table, rows, ["estimate", "lower", "upper", "effective_n"])
    lost = _list_few_lost(tables, minimum_cell)
    places = [key in lost for key in table[["axis", "timepoint"]].itertuples(index=False, name=None)]
    tipped = table["analysis"].str.startswith("tipping_point") & pd.Series(places, table.index, dtype=bool)
    table = blank(table, tipped, ["estimate", "lower", "upper"])
    return blank(table, rows | tipped | ~table["converged"].astype(bool), ["note"])


def withhold_imputations(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold imputed differences where effects or risks withhold the difference; all compared patients are in each."""
    hidden = _list_hidden(tables, minimum_cell)
    cells = [tuple(key) in hidden for key in table[CELL].itertuples(index=False)]
    rows = pd.Series(cells, table.index, dtype=bool)
    failed = ~table["converged"].astype(bool)
    table = table.assign(converged=rows | ~failed)  # a risk without an event in an arm has no ratio, which would say so
    return blank(blank(table, rows, IMPUTED), rows | failed, ["note"])


def withhold_dropout(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients in a band, few who stayed, few who left, and those from which they follow."""
    sides = dict(zip(table["arm"].unique(), ("treated", "reference"), strict=False))
    sizes = {str(arm): _count_arm(tables, side) for arm, side in sides.items()}
    hidden = suppress(build_dropout(table, sizes), minimum_cell)
    people = [(at, "n") in hidden for at in table.index]
    split = [(at, "stayed") in hidden or (at, "left") in hidden for at in table.index]
    return blank(blank(table, people, ["n"]), split, ["stayed", "dropped_proportion"])


def _find_close(table: pd.DataFrame, total: int, minimum_cell: int) -> pd.Series:
    """Return the rows whose number of patients is not, but nearly, that of everyone or of a row before it at the same place."""
    close = []
    known: dict[tuple[object, ...], set[int]] = {}
    for *place, n in table[[*CELL, "n"]].itertuples(index=False, name=None):
        others = known.setdefault(tuple(place), {total})
        near = pd.notna(n) and any(0 < abs(int(n) - other) < minimum_cell for other in others)
        close.append(near)
        if pd.notna(n) and not near:
            others.add(int(n))
    return pd.Series(close, table.index, dtype=bool)


def withhold_tipping(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold the tipping points of a difference that is withheld; needs the effects table beside it."""
    hidden = _list_hidden(tables, minimum_cell)
    lost = _list_few_lost(tables, minimum_cell)
    keys = table[["axis", "timepoint"]].itertuples(index=False, name=None)
    return blank(table, [(*key, "change") in hidden or key in lost for key in keys], ["estimate", "lower", "upper"])


def _list_few_lost(tables: Tables, minimum_cell: int) -> set[tuple[object, ...]]:
    """Return axis and time point at which few of an arm have no score any more.

    A point more in their scores moves the difference by their share of the arm, so the table of tipping points gives it away.
    """
    table = tables.get("dropout", pd.DataFrame())
    if table.empty:
        return set()
    steps = table[table["timepoint"] != EVERYONE]
    left = (steps["n"] - steps["stayed"]).groupby([steps["axis"], steps["arm"], steps["timepoint"]], sort=False).sum()
    lost = left.groupby(level=["axis", "arm"], sort=False).cumsum()
    return {(axis, timepoint) for axis, _, timepoint in lost.index[is_small(lost, minimum_cell)]}


def withhold_early_signals(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold a signal in both arms where a cell of its fourfold table is small in either, and in all where it is there.

    The measures of one signal share their cells, and the populations differ by those whose later response is unknown.
    """
    n, events = table["n"], table["events"]
    small = is_small(events, minimum_cell) | is_small(n - events, minimum_cell) | is_small(n, minimum_cell)
    rows = [table[name] for name in ("arm", "signal", "target", "measure")]
    unknown = n.groupby(rows, sort=False).transform("max") - n
    small |= is_small(unknown, minimum_cell)
    late = table["measure"] == "late_response"
    groups = [table["signal"], table["target"], late, table["arm"] == EVERYONE]
    hidden = small.groupby(groups, sort=False).transform("any")
    return blank(table, hidden, ["events", "n", "proportion", "lower", "upper"])


def _count_arm(tables: Tables, arm: str) -> int:
    """Return how many patients of an arm are compared; weights list the treated arm first."""
    plain = tables["weights"].loc[tables["weights"]["weights"] == "none", "n"].tolist()
    return int(plain[0 if arm == "treated" else 1]) if plain else 0


def _list_hidden(tables: Tables, minimum_cell: int) -> set[tuple[object, ...]]:
    """Return axis, time point, and endpoint of what the effects and the risks withhold."""
    effects = withhold_effects(tables["effects"], tables, minimum_cell)
    risks = withhold_risks(tables["risks"], tables, minimum_cell)
    gone = effects.loc[effects["estimate"].isna() & effects["converged"].astype(bool), ["axis", "timepoint"]]
    few = risks.loc[risks["events_treated"].isna() & tables["risks"]["events_treated"].notna(), CELL]
    hidden: set[tuple[object, ...]] = {(*key, "change") for key in gone.itertuples(index=False, name=None)}
    return hidden | set(few.itertuples(index=False, name=None))


COMPARISON_RULES = {
    "target_trial": pass_text,
    "comparison_statement": withhold_text,
    "covariate_balance": withhold_covariate_balance,
    "score_overlap": withhold_score_overlap,
    "positivity": withhold_positivity,
    "weights": withhold_weights,
    "effects": withhold_effects,
    "risks": withhold_risks,
    "sensitivity": withhold_sensitivity,
    "imputations": withhold_imputations,
    "tipping": withhold_tipping,
    "dropout": withhold_dropout,
    "early_signals": withhold_early_signals,
    **SUBGROUP_RULES,
}
