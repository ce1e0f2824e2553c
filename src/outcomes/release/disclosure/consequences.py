"""What goes with a withheld count: every number of the row, or of another table, from which it could be read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

import numpy as np
import pandas as pd

from outcomes.release.disclosure.blanking import blank
from outcomes.release.disclosure.cells import PLACE
from outcomes.release.disclosure.groups import Register

RATE = ("proportion", "lower", "upper")
RISK = (
    "risk_treated", "risk_reference", "difference", "difference_lower", "difference_upper", "ratio", "ratio_lower",
    "ratio_upper", "nnt",
)  # fmt: skip
IMPUTED = (
    "estimate", "std_error", "df", "lower", "upper", "p_value", "within", "between", "missing_information", "monte_carlo_error",
)  # fmt: skip
STATISTICS = ("mean", "sd", "median", "q1", "q3")
CURVE = ("share", "lower", "upper")
AT_RISK = ("at_risk", "events", "treated", "censored")  # the four add up to those followed
SHARES = ("treated_before", "reference_before", "treated_after", "reference_after")
# Numbers that are computed from a count alone, by table and count: they go with it.
FOLLOWS: dict[str, dict[str, tuple[str, ...]]] = {
    "baseline": {"n": ("percent",)},
    "response": {"n": RATE, "events": RATE},
    "missingness": {"started": ("missing_proportion",), "observed": ("missing_proportion",)},
    "ideation_change": {"n": RATE, "events": RATE},
    "recall": {"n": ("proportion", "median_days"), "overlapping": ("proportion",)},
    "published": dict.fromkeys(("own_n", "own_events"), ("own_estimate", "own_lower", "own_upper")),
    "models": {"n_subjects": ("bic",), "n_observations": ("bic",)},
    "weights": {"n": ("effective_n",)},
    "effects": {f"{what}_{side}": ("effective_n",) for what in ("n", "observed") for side in ("treated", "reference")},
    "risks": {f"n_{side}": ("effective_n",) for side in ("treated", "reference")},
    "sensitivity": {"n": ("effective_n",)},
    "imputations": {"n": ("effective_n",)},
    "dropout": {"n": ("dropped_proportion",), "stayed": ("dropped_proportion",)},
    "subgroups": {f"n_{side}": ("effective_n",) for side in ("treated", "reference")},
    "early_signals": {"n": RATE, "events": RATE},
    "durability_held": {
        "n": ("seen", "events", *CURVE),
        "seen": ("events", *CURVE),
        "events": CURVE,
    },
    "durability_effect": {f"n_{side}": ("effective_n",) for side in ("treated", "reference")},
}
EXACT_DF = ("residual", "between_within")  # degrees of freedom that are a count less the number of coefficients
MANY = 200  # so many that each whole percent is the rounded share of some count
CELL = ["instrument", "axis", "timepoint", "endpoint", "population"]


def withhold_groups(
    tables: Mapping[str, pd.DataFrame], register: Register, hidden: Iterable[Hashable], minimum_cell: int
) -> dict[str, pd.DataFrame]:
    """Return the tables without the hidden groups, wherever they are shown, and without what they could be read from.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables after their own rules, with the column ``withheld``.
    register : Register
        Where each group is shown.
    hidden : iterable of group
        The groups to withhold.
    minimum_cell : int
        Smallest count that is released.
    """
    places: dict[str, dict[str, list[Hashable]]] = {}
    for group in hidden:
        for table, at, column in register.places.get(group, ()):  # type: ignore[call-overload]
            places.setdefault(table, {}).setdefault(column, []).append(at)
    released = dict(tables)
    for name, columns in places.items():
        if name not in released:
            continue
        before = table = released[name]
        for column, rows in columns.items():
            flags = pd.Series(table.index.isin(rows) & table[column].notna().to_numpy(), table.index)
            follows = [other for other in FOLLOWS.get(name, {}).get(column, ()) if other in table]
            table = blank(table, flags, [column, *follows])
        if "n" in before:
            before = before.assign(n=pd.Series(register.count_rows(name), dtype=float).reindex(before.index))
        released[name] = SPECIAL[name](table, before, minimum_cell) if name in SPECIAL else table
    return _follow_across(released)


def restore_groups(
    tables: Mapping[str, pd.DataFrame],
    released: Mapping[str, pd.DataFrame],
    register: Register,
    certain: Iterable[Hashable],
) -> dict[str, pd.DataFrame]:
    """Return the released tables with the counts that their own rules withheld although other tables give them away.

    Only the counts come back; a row stays ``withheld`` where another of its numbers is.
    """
    restored = dict(released)
    places = [place for group in certain for place in register.places.get(group, ())]  # type: ignore[call-overload]
    for name, at, column in places:
        table, before = restored[name].copy(), tables[name]
        table.loc[at, column] = before.loc[at, column]
        numbers = [one for one in before if one in table]
        table.loc[at, "withheld"] = bool((table.loc[at, numbers].isna() & before.loc[at, numbers].notna()).any())
        restored[name] = table
    return restored


def coarsen_scores(table: pd.DataFrame, before: pd.DataFrame, minimum_cell: int) -> pd.DataFrame:
    """Round the statistics of rows without a count, and withhold those that would still give the count away."""
    rows = pd.Series(table["n"].isna() & table["mean"].notna(), table.index)
    table = _round(table, rows, ["mean", "sd"], ["median", "q1", "q3"])
    few = rows & (before["n"] - _count_at_least(table["mean"].astype(float)) < minimum_cell)
    table = blank(table, few, [name for name in (*STATISTICS, "lower", "upper") if name in table])
    rows &= ~few
    if "lower" not in table:
        return table
    table = _round(table, rows, ["lower", "upper"], [])
    return blank(table, rows & ~_is_vague(table, before["n"], minimum_cell), ["lower", "upper"])


def _count_at_least(mean: pd.Series) -> pd.Series:
    """Return the smallest number of whole scores, from 2 (there is a standard deviation), with a mean that rounds to this one."""
    least = pd.Series(10, mean.index)  # any tenth is the rounded mean of 10
    for n in range(9, 1, -1):
        least = least.mask(((n * mean).round() - n * mean).abs() <= n * 0.0501, n)
    return least


def _round(table: pd.DataFrame, rows: pd.Series, tenths: list[str], whole: list[str]) -> pd.DataFrame:
    numbers = dict.fromkeys(tenths, 1) | dict.fromkeys(whole, 0)
    return table.assign(
        **{
            name: table[name].astype(float).mask(rows, table[name].astype(float).round(to))
            for name, to in numbers.items()
        }
    )


def _is_vague(table: pd.DataFrame, n: pd.Series, minimum_cell: int) -> pd.Series:
    """Tell where rounded standard deviation and interval allow counts a minimum cell above and below the true one.

    Half the interval is about 1.96 sd / √n, so n lies between (1.96 (sd − 0.05) / (half + 0.05))² and its counterpart.
    """
    half, sd = (table["upper"] - table["lower"]).astype(float) / 2, table["sd"].astype(float)
    least = (1.96 * (sd - 0.05).clip(lower=0) / (half + 0.05)) ** 2
    most = (1.96 * (sd + 0.05) / (half - 0.05).where(half > 0.05)) ** 2
    true = n.astype(float)
    return ((true - least) >= minimum_cell) & ((most.fillna(np.inf) - true) >= minimum_cell)


def coarsen_bins(table: pd.DataFrame, before: pd.DataFrame, minimum_cell: int) -> pd.DataFrame:
    """Withhold all counts of a distribution of which one bin is withheld, as the others and the proportions would give it away.

    Of many, the proportions stay, in whole percents: with 200 or more, any number near theirs would give the same.
    """
    group = [table[name] for name in (PLACE if "instrument" in table else ["arm"])]
    some = table["n"].isna().groupby(group, sort=False).transform("any")
    many = before["n"].astype(float).groupby(group, sort=False).transform("sum") >= MANY
    table = blank(blank(table, some, ["n"]), some & ~many, ["cumulative"])
    return table.assign(cumulative=table["cumulative"].mask(some, table["cumulative"].round(2)))


def coarsen_means(table: pd.DataFrame, before: pd.DataFrame, minimum_cell: int) -> pd.DataFrame:
    """Round every statistic of rows without a count, as a mean of whole scores gives its count away."""
    numbers = [str(name) for name in table if pd.api.types.is_float_dtype(table[name]) and name not in ("time", "n")]
    return _round(table, table["n"].isna(), numbers, [])


def blank_covariates(table: pd.DataFrame, before: pd.DataFrame, minimum_cell: int) -> pd.DataFrame:
    """Withhold the shares of a variable with a withheld level; round the means of a number whose count is withheld."""
    gone = table["n_treated"].isna() | table["n_reference"].isna()
    level = table["level"].fillna("") != ""
    variable = gone.groupby(table["variable"], sort=False).transform("any")
    table = blank(table, variable & level, SHARES)
    table = blank(table, gone & level, ["smd_before", "smd_after"])
    return _round(table, gone & ~level, list(SHARES), [])


def blank_plain_risks(table: pd.DataFrame, before: pd.DataFrame, minimum_cell: int) -> pd.DataFrame:
    """Withhold unadjusted risks, which are events over patients, of rows without either."""
    gone = table[[f"{what}_{side}" for what in ("n", "events") for side in ("treated", "reference")]].isna().any(axis=1)
    plain = table["method"] == "unadjusted"
    for side in ("treated", "reference"):
        keys = [table[name] for name in ("axis", "timepoint", "endpoint", "population")]
        raw = table[f"risk_{side}"].where(plain).groupby(keys, sort=False).transform("first")
        plain |= (table[f"risk_{side}"] - raw).abs() < 5e-4
    return blank(table, gone & plain, RISK)


def coarsen_curve(table: pd.DataFrame, before: pd.DataFrame, minimum_cell: int) -> pd.DataFrame:
    """Withhold all numbers at risk of a week of which one is withheld, and round what stands above them to whole percents."""
    gone = before["at_risk"].notna() & table[list(AT_RISK)].isna().any(axis=1)
    return blank(table, gone, AT_RISK).assign(
        **{name: table[name].astype(float).mask(gone, table[name].astype(float).round(2)) for name in CURVE}
    )


Consequence = Callable[[pd.DataFrame, pd.DataFrame, int], pd.DataFrame]
SPECIAL: dict[str, Consequence] = {
    "baseline": coarsen_scores,
    "scores": coarsen_scores,
    "change_distribution": coarsen_bins,
    "score_overlap": coarsen_bins,
    "regression_to_mean": coarsen_means,
    "two_baselines": coarsen_means,
    "covariate_balance": blank_covariates,
    "risks": blank_plain_risks,
    "durability_curve": coarsen_curve,
}


def _follow_across(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Withhold what other tables say of withheld rates, risks, and numbers of a model."""
    if {"response", "differences"} <= set(tables):
        tables["differences"] = _follow_rates(tables["differences"], tables["response"])
    if {"risks", "sensitivity"} <= set(tables):
        tables["sensitivity"] = _follow_risks(tables["sensitivity"], tables["risks"])
    if {"risks", "imputations"} <= set(tables):
        names = set(tables["imputations"]["analysis"])
        for name in {"imputations", "sensitivity"} & set(tables):
            tables[name] = _follow_imputed(tables[name], tables["risks"], names)
    if {"baseline", "baseline_smd"} <= set(tables):
        tables["baseline_smd"] = _follow_baseline(tables["baseline_smd"], tables["baseline"])
    if {"durability_curve", "durability_held"} <= set(tables):
        tables["durability_held"] = _follow_curve(tables["durability_held"], tables["durability_curve"])
    if "models" in tables:
        models = tables["models"]
        gone = models.reindex(columns=["n_subjects", "n_observations"]).isna().any(axis=1)
        exact = set(models.loc[gone & models["df"].isin(EXACT_DF), "model"]) if "df" in models else set()
        for name in ("coefficients", "tests", "margins", "model_differences"):
            if name in tables and exact:
                table = tables[name]
                tables[name] = blank(table, table["model"].isin(exact), ["den_df" if name == "tests" else "df"])
    return tables


def _follow_imputed(table: pd.DataFrame, risks: pd.DataFrame, names: set[str]) -> pd.DataFrame:
    """Withhold imputed risks where a weighted risk is withheld: with few missing they are nearly the same."""
    gone = risks[(risks["method"] == "weighted") & risks["difference"].isna()]
    hidden = set(gone[["axis", "timepoint", "endpoint"]].itertuples(index=False, name=None))
    keys = table[["axis", "timepoint", "endpoint"]].itertuples(index=False, name=None)
    rows = pd.Series([key in hidden for key in keys], table.index, dtype=bool) & table["analysis"].isin(names)
    return blank(table, rows, [name for name in IMPUTED if name in table])


def _follow_rates(table: pd.DataFrame, response: pd.DataFrame) -> pd.DataFrame:
    gone = response[response["proportion"].isna()]
    hidden = set(gone[["arm", *CELL]].itertuples(index=False, name=None))
    keys = table[["contrast", *CELL]].itertuples(index=False, name=None)
    rows = [any((arm, *key[1:]) in hidden for arm in str(key[0]).split(" - ")) for key in keys]
    return blank(table, rows, ["difference", "lower", "upper"])


def _follow_baseline(table: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Withhold standardised differences of a characteristic of which either arm has a withheld count."""
    gone = baseline[baseline["n"].isna()]
    hidden = set(gone[["variable", "arm"]].itertuples(index=False, name=None))
    keys = zip(table["variable"], table["contrast"].astype(str), strict=True)
    return blank(table, [any((name, arm) in hidden for arm in pair.split(" - ")) for name, pair in keys], ["smd"])


def _follow_risks(table: pd.DataFrame, risks: pd.DataFrame) -> pd.DataFrame:
    """Withhold analyses that repeat a row of the risks whose own numbers are withheld."""
    gone = risks[risks["difference"].isna()]
    names = gone["method"].astype(str) + "_" + gone["population"].astype(str)
    hidden = set(zip(gone["axis"], gone["timepoint"], gone["endpoint"], names, strict=True))
    keys = table[["axis", "timepoint", "endpoint", "analysis"]].itertuples(index=False, name=None)
    return blank(table, [key in hidden for key in keys], ["estimate", "lower", "upper"])


def _follow_curve(table: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Round shares read from a curve to whole percents where the curve shows no numbers at risk below them."""
    key = ["arm", "end", "method", "state", "week"]
    bare = curve.loc[curve["at_risk"].isna() & (curve["method"] == "kaplan_meier"), key]
    hidden = set(bare.itertuples(index=False, name=None))
    rows = pd.Series([one in hidden for one in table[key].itertuples(index=False, name=None)], table.index, dtype=bool)
    rounded = {name: table[name].astype(float).round(2) for name in CURVE}
    return table.assign(**{name: table[name].astype(float).mask(rows, rounded[name]) for name in CURVE})
