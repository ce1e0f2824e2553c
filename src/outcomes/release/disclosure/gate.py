"""The one door: every table passes here before it leaves the building.

Counts of 1 up to the minimum cell less one are withheld, with whatever in the same table they could be worked out from;
see :mod:`outcomes.release.disclosure.suppression`. Smallest and largest values are never released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from outcomes.release.disclosure.across import check_declared, check_names, fill_names, merge_lines, withhold_across
from outcomes.release.disclosure.blanking import blank as _blank
from outcomes.release.disclosure.blanking import is_small as _small
from outcomes.release.disclosure.cells import (
    EVERYONE,
    PLACE,
    build_baseline,
    build_flow,
    build_ideation,
    build_missingness,
    build_scores,
)
from outcomes.release.disclosure.failures import word_failures
from outcomes.release.disclosure.rules.compared import COMPARISON_RULES
from outcomes.release.disclosure.rules.durability import DURABILITY_RULES
from outcomes.release.disclosure.rules.imbalance import withhold_imbalance
from outcomes.release.disclosure.rules.regression import REGRESSION_RULES
from outcomes.release.disclosure.suppression import suppress
from outcomes.settings.analysis import Privacy

Tables = Mapping[str, pd.DataFrame]
ALL_FILES = "all files"
STATISTICS = ["mean", "sd", "median", "q1", "q3"]


def withhold(
    tables: Tables, privacy: Privacy, instruments: Sequence[str] = (), derived: Mapping[str, str] = MappingProxyType({})
) -> dict[str, pd.DataFrame]:
    """Return the tables as they may be released.

    First each table by its own rule; then all together (:mod:`outcomes.release.disclosure.relations`), so that no withheld count, and no
    small group that two tables differ by, follows from any of them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by their released name; a name without a rule is refused.
    privacy : Privacy
        ``minimum_cell``; at 1 nothing is withheld.
    instruments : sequence of str
        Instrument ids, the primary first: where there is a choice, numbers of the others are withheld.
    derived : mapping of str to str
        Instrument → instrument from whose items it is computed.

    Returns
    -------
    dict of str to DataFrame
        The same tables with a last column ``withheld``: true where a number of the row is withheld, which is then missing.
        ``change_distribution`` has neighbouring bins merged instead.

    Raises
    ------
    ValueError
        A table for which there is no rule, with whole numbers that are not declared, or with a count without a name.
    """
    unknown = sorted(set(tables) - set(RULES))
    if unknown:
        raise ValueError(
            f"no disclosure rule for {', '.join(unknown)}; add one to outcomes.release.disclosure.gate.RULES."
        )
    check_declared(tables)
    if privacy.minimum_cell == 1:
        return {name: table.assign(withheld=False) for name, table in tables.items()}
    tables = fill_names(tables)
    check_names(tables)
    tables = {**tables, **_pool_files(tables, privacy.minimum_cell), **merge_lines(tables, privacy.minimum_cell)}
    released = {name: word_failures(RULES[name](table, tables, privacy.minimum_cell)) for name, table in tables.items()}
    return withhold_across(tables, released, privacy.minimum_cell, instruments, derived)


def _pool_files(tables: Tables, minimum_cell: int) -> dict[str, pd.DataFrame]:
    """Return ledger and balance summed over the files when some file has few rows with one end.

    File by file, nearly every number would have to go; summed, nearly all can stay. ``outcomes ledger`` shows the files to
    those who hold the data.
    """
    if not {"ledger", "balance"} <= set(tables):
        return {}
    ledger, balance = tables["ledger"], tables["balance"]
    ends = balance.drop(columns="file")
    if len(balance) < 2 or not (
        _small(ledger["rows"], minimum_cell).any() or ends.isin(range(1, minimum_cell)).any(axis=None)
    ):
        return {}
    reasons = ledger.groupby(["state", "reason"], as_index=False)["rows"].sum()
    return {
        "ledger": reasons.assign(file=ALL_FILES)[list(ledger.columns)],
        "balance": ends.sum().to_frame().T.assign(file=ALL_FILES)[list(balance.columns)],
    }


def withhold_flow(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold boxes of the flow: small ones, and those from which a small one follows by adding up the chart."""
    hidden = suppress(build_flow(table, tables.get("ledger"), tables.get("balance")), minimum_cell, proof=False)
    return _blank(table, table["order"].isin(hidden), ["n"])


def withhold_ledger(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few rows with one end, and those from which they follow; needs flow and balance beside it."""
    hidden = suppress(build_flow(tables["flow"], tables["ledger"], tables["balance"]), minimum_cell, proof=False)
    keys = table[["file", "state", "reason"]].itertuples(index=False)
    return _blank(table, [tuple(key) in hidden for key in keys], ["rows"])


def withhold_balance(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few rows of a file, and those from which they follow; needs flow and ledger beside it."""
    hidden = suppress(build_flow(tables["flow"], tables["ledger"], tables["balance"]), minimum_cell, proof=False)
    for state in table.columns.drop("file"):
        table = _blank(table, [(file, state) in hidden for file in table["file"]], [state])
    return table


def withhold_baseline(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold levels, patients without a value, and the statistics of few patients.

    Levels and the missing add up to the arm's patients, arms to all. Where the number of known values is withheld only
    because few are missing, the statistics stay, rounded to one decimal so that the number cannot be read off them.
    """
    hidden = suppress(build_baseline(table), minimum_cell, proof=False)
    keys = list(zip(table["variable"], table["level"], table["arm"], strict=True))
    counts = pd.Series([key in hidden for key in keys], table.index)
    missing = pd.Series([(variable, None, arm) in hidden for variable, _, arm in keys], table.index)
    few = (table["n"] > 0) & (table["n"] < minimum_cell)
    whole = few | ((table["arm"] == EVERYONE) & few.groupby([table["variable"], table["level"]]).transform("any"))
    rounded = counts | missing
    table = _blank(table, counts, ["n", "percent"])
    table = _blank(table, missing, ["missing"])
    table = _blank(table, whole & table["mean"].notna(), STATISTICS)
    return table.assign(**{name: table[name].where(~rounded, table[name].round(1)) for name in STATISTICS})


def withhold_scores(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold distributions of few scores; the arms' number at baseline would otherwise follow from 'all'."""
    hidden = suppress(build_scores(table), minimum_cell, proof=False)
    keys = table[PLACE].itertuples(index=False)
    few = _small(_untreated(table), minimum_cell)
    whole = few | pd.Series([tuple(key) in hidden for key in keys], index=table.index)
    return _blank(table, whole, ["n", *STATISTICS, "lower", "upper"])


def _untreated(table: pd.DataFrame) -> pd.Series:
    """Return how many more have a score at enrolment than at the baseline of those treated; missing elsewhere."""
    treated = table[(table["arm"] == EVERYONE) & (table["axis"] == "baseline")].set_index("instrument")["n"]
    return (table["n"] - table["instrument"].map(treated)).where(table["axis"] == "enrolment")


def withhold_response(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold events, and their rate, that are few or all but few; in both populations, which share their events."""
    others = table["n"] - table["events"]
    small = _small(table["events"], minimum_cell) | _small(others, minimum_cell) | _small(table["n"], minimum_cell)
    keys = [table[name] for name in (*PLACE, "endpoint")]
    shared = small.groupby(keys, sort=False).transform("any")
    table = _blank(table, shared, ["events", "proportion", "lower", "upper"])
    return _blank(table, _small(table["n"], minimum_cell), ["n"])


def withhold_differences(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold differences from an arm whose rate is withheld; needs the response table beside it."""
    response = withhold_response(tables["response"], tables, minimum_cell)
    cell = ["instrument", "axis", "timepoint", "endpoint", "population"]
    hidden = {tuple(row) for row in response.loc[response["withheld"], ["arm", *cell]].itertuples(index=False)}
    keys = table[["contrast", *cell]].itertuples(index=False)
    either = [any((arm, *key[1:]) in hidden for arm in str(key[0]).split(" - ")) for key in keys]
    return _blank(table, either, ["difference", "lower", "upper"])


def withhold_change(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold a distribution of few; its bins are merged already."""
    return _blank(table, _small(table["n"], minimum_cell), ["n", "cumulative"])


def withhold_missingness(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few observed, few missing, few who did not reach the time point, and few who reached it and did not answer."""
    hidden = suppress(build_missingness(table), minimum_cell, proof=False)
    released = table
    for name in ("started", "reached", "observed"):
        released = _blank(released, [(at, name) in hidden for at in table.index], [name])
    proportion = [(at, "observed") in hidden or (at, "missing") in hidden for at in table.index]
    return _blank(released, proportion, ["missing_proportion"])


def withhold_ideation(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold pairs of answers, so that they follow neither from one another nor from the any-or-none counts."""
    hidden = suppress(build_ideation(table), minimum_cell, proof=False)
    keys = table[[*PLACE, "baseline_answer", "answer"]].itertuples(index=False)
    return _blank(table, [tuple(key) in hidden for key in keys], ["n"])


def withhold_ideation_change(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold any-or-none counts that are small or follow from the pairs of answers; needs the ideation table beside it."""
    hidden = suppress(build_ideation(tables["ideation"]), minimum_cell, proof=False)
    keys = [tuple(key) for key in table[[*PLACE, "transition"]].itertuples(index=False)]
    small = [(*key, "n") in hidden for key in keys]
    events = [(*key, "events") in hidden for key in keys]
    others = [(*key, "others") in hidden for key in keys]
    table = _blank(table, small, ["n"])
    rate = [any(flags) for flags in zip(small, events, others, strict=True)]
    return _blank(table, rate, ["events", "proportion", "lower", "upper"])


def withhold_recall(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few scores, few that overlap, and few that do not."""
    few = _small(table["n"], minimum_cell)
    part = _small(table["overlapping"], minimum_cell) | _small(table["n"] - table["overlapping"], minimum_cell)
    return _blank(_blank(table, few | part, ["overlapping", "proportion"]), few, ["n", "median_days"])


def withhold_model(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold every number of a model of few patients, few dropped rows, and what a model says of few scores.

    Needs the models table beside it, and uses the scores table: an adjusted mean or difference at a time point at which an
    arm has few scores is withheld, as are all coefficients of that time point.
    """
    models = tables["models"]
    few = set(models.loc[_small(models["n_subjects"], minimum_cell), "model"])
    numbers = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    numbers = [name for name in numbers if not pd.api.types.is_bool_dtype(table[name])]
    thin = _thin_cells(models, tables["scores"], minimum_cell) if "scores" in tables else {}
    rows = zip(table["model"], *(_texts(table, name) for name in ("arm", "contrast", "timepoint", "term")), strict=True)
    said = [any(_says(cell, *row) for cell in thin.get(model, ())) for model, *row in rows]
    table = _blank(table, table["model"].isin(few) | pd.Series(said, table.index, dtype=bool), numbers)
    return (
        _blank(table, _small(table["dropped_rows"], minimum_cell), ["dropped_rows"])
        if "dropped_rows" in table
        else table
    )


def _thin_cells(models: pd.DataFrame, scores: pd.DataFrame, minimum_cell: int) -> dict[str, list[tuple[str, str]]]:
    """Return, by model, the arms and time points with few scores."""
    few = scores[_small(scores["n"], minimum_cell) & (scores["arm"] != EVERYONE)]
    joined = models[["model", "instrument", "axis"]].merge(few, on=["instrument", "axis"])
    return {str(name): list(zip(own["arm"], own["timepoint"], strict=True)) for name, own in joined.groupby("model")}


def _says(cell: tuple[str, str], arm: str, contrast: str, timepoint: str, term: str) -> bool:
    """Tell whether a row of a model's table is about an arm's scores at a time point."""
    if f"[{cell[1]}]" in term or f"[T.{cell[1]}]" in term:
        return True
    return timepoint == cell[1] and (arm == cell[0] or cell[0] in contrast.split(" - "))


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    return table[name].astype(str).tolist() if name in table else [""] * len(table)


def withhold_published(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold the cohort's own estimates whose counts are withheld; the published ones are public; needs the response table."""
    response = withhold_response(tables["response"], tables, minimum_cell)
    cell = [*PLACE, "endpoint", "population"]
    hidden = {tuple(row) for row in response.loc[response["withheld"], cell].itertuples(index=False)}
    keys = table[cell].itertuples(index=False)
    own = ["own_n", "own_events", "own_estimate", "own_lower", "own_upper"]
    return _blank(table, [tuple(key) in hidden for key in keys], own)


Rule = Callable[[pd.DataFrame, Tables, int], pd.DataFrame]
RULES: dict[str, Rule] = {
    "flow": withhold_flow,
    "baseline": withhold_baseline,
    "baseline_smd": withhold_imbalance,
    "scores": withhold_scores,
    "response": withhold_response,
    "differences": withhold_differences,
    "change_distribution": withhold_change,
    "missingness": withhold_missingness,
    "ideation": withhold_ideation,
    "ideation_change": withhold_ideation_change,
    "recall": withhold_recall,
    "ledger": withhold_ledger,
    "balance": withhold_balance,
    "models": withhold_model,
    "coefficients": withhold_model,
    "tests": withhold_model,
    "margins": withhold_model,
    "model_differences": withhold_model,
    "published": withhold_published,
    **COMPARISON_RULES,
    **REGRESSION_RULES,
    **DURABILITY_RULES,
}
