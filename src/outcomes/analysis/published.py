"""Published cohorts to set a result beside; the figures are in ``published.csv`` beside this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.describe import Published
from outcomes.protocols import Protocol
from outcomes.records import list_records
from outcomes.settings.clinical import Arm, Timepoints
from outcomes.settings.published import PublishedFigures

SHOWN = [
    "study", "design", "n_treated", "n_analysed", "route", "instrument", "series_rule", "window", "definition", "endpoint",
    "estimate", "lower", "upper", "unit", "doi",
]  # fmt: skip
PUBLISHED = Published.columns
ROUTES = {  # route of the figures → drug and route of a protocol; None: any route
    "iv": ("ketamine", "intravenous"),
    "im": ("ketamine", "intramuscular"),
    "sublingual": ("ketamine", "sublingual"),
    "mixed": ("ketamine", None),
    "esketamine": ("esketamine", "intranasal"),
}
KEY = ("study", "instrument", "series_rule", "window", "definition", "endpoint")
LAST_TREATMENT = "last treatment"
SAME, DIFFERS = "same definition", "definition differs"


def read_published(declared: PublishedFigures | None = None) -> pd.DataFrame:
    """Return the published figures: the shipped ones, and a study's own, which take the place of the same ones.

    Parameters
    ----------
    declared : PublishedFigures, optional
        The study's own, and whether the shipped ones stand beside them.

    Returns
    -------
    DataFrame
        One row per study, instrument, window, and endpoint; ``estimate`` with its interval in ``unit``, and the source.
        Where a clinic's own figure can mean the same, ``axis`` with ``from_day`` and ``to_day`` (after induction on axis
        ``clean``, after the first session on axis ``day``) and the ``population`` say which one; otherwise they are missing. ``protocol`` names
        the protocol whose rule of series the publication has.
    """
    path = Path(__file__).with_name("published.csv")
    whole = dict.fromkeys(("n_treated", "n_analysed", "from_day", "to_day"), "Int64")
    shipped = pd.read_csv(path, dtype=whole)
    if declared is None or not declared.rows:
        return shipped
    own = pd.DataFrame([row.model_dump() for row in declared.rows], columns=list(shipped.columns)).astype(
        shipped.dtypes.to_dict()
    )
    keys = [shipped[name].fillna("") for name in KEY]
    replaced = {tuple(part or "" for part in row.key) for row in declared.rows}
    kept = [declared.shipped and key not in replaced for key in zip(*keys, strict=True)]
    return pd.concat([shipped[kept], own], ignore_index=True) if any(kept) else own


def tabulate_published(
    response: pd.DataFrame,
    complying: pd.DataFrame,
    last_change: pd.DataFrame,
    arms: Sequence[Arm],
    protocols: Mapping[str, Protocol | None],
    timepoints: Timepoints,
    declared: PublishedFigures | None = None,
) -> pd.DataFrame:
    """Set the cohort's own results beside published ones of the same treatment.

    Parameters
    ----------
    response, complying : DataFrame
        As :func:`outcomes.analysis.rates.tabulate_response` returns it: of all included series, and of those that meet their protocol's rule.
    last_change : DataFrame
        As :func:`outcomes.analysis.last_treatment.tabulate_last_change` returns it.
    arms : sequence of Arm
        The study's arms; an arm compares with a publication on its protocol's drug and route.
    protocols : mapping
        Arm id → its protocol; an arm without one compares with nothing.
    timepoints : Timepoints
        The study's windows.
    declared : PublishedFigures, optional
        The study's own published figures.

    Returns
    -------
    DataFrame
        One row per published figure of a treatment that an arm gives, and arm that compares, or one without an arm. ``comparison`` is "same definition" only
        where route, instrument, endpoint, window, denominator, and the rule of series agree: a publication that counts series by the rule of a
        protocol is set beside those of the arm's series that meet it, where the arm has that protocol. Then ``own_n``, ``own_events``, and the own
        proportion with its 95% Wilson interval in percent stand beside, or the own mean change with its t interval in points. Otherwise it is
        "definition differs", and ``differs_in`` names the first of these that does.
    """
    rows = []
    for figure in list_records(read_published(declared)):
        same = [arm for arm in arms if _is_of(figure["route"], protocols.get(arm.id))]
        if not same:
            continue
        if figure["window"] == LAST_TREATMENT:
            rows += list(_compare_change(figure, last_change, [arm.id for arm in same]))
            continue
        ruled = not pd.isna(figure["protocol"])
        alike = [arm.id for arm in same if not ruled or arm.protocol == figure["protocol"]]
        own = complying if ruled and alike else response
        rows += list(_compare(figure, own, alike or [arm.id for arm in same], timepoints, bool(ruled and alike)))
    return pd.DataFrame(rows, columns=PUBLISHED).astype({"own_n": "Int64", "own_events": "Int64"} | _WHOLE)


def _compare_change(
    figure: Mapping[str, Any], last_change: pd.DataFrame, arms: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield a published mean change to the last treatment beside each arm's own, or once where there is none."""
    shown = {name: figure[name] for name in SHOWN}
    own = last_change[last_change["arm"].isin(arms)]
    here = own[own["instrument"] == figure["instrument"]]
    if here.empty:
        yield {**shown, "comparison": DIFFERS, "differs_in": "window" if own.empty else "instrument"}
    for row in list_records(here):
        place = {"arm": row["arm"], "axis": "session", "timepoint": LAST_TREATMENT, "population": "observed"}
        numbers = {
            "own_n": row["n"],
            "own_change": row["mean"],
            "own_change_lower": row["lower"],
            "own_change_upper": row["upper"],
        }
        yield {**shown, **place, **numbers, "comparison": SAME}


_WHOLE = {"n_treated": "Int64", "n_analysed": "Int64"}


def _is_of(route: str, protocol: Protocol | None) -> bool:
    """Tell whether a protocol is of the drug and route that a figure is about."""
    drug, way = ROUTES[route]
    return protocol is not None and protocol.drug == drug and way in (None, protocol.route)


def _compare(
    figure: Mapping[str, Any],
    response: pd.DataFrame,
    arms: Sequence[str],
    timepoints: Timepoints,
    ruled: bool,
) -> Iterator[dict[str, Any]]:
    """Yield the figure beside each arm's own rate that means the same, or once with what differs."""
    shown = {name: figure[name] for name in SHOWN}
    steps = {
        "route": response["arm"].isin(arms),
        "instrument": response["instrument"] == figure["instrument"],
        "endpoint": response["endpoint"] == figure["endpoint"],
        "window": _in_window(response, figure, timepoints),
        "denominator": response["population"] == figure["population"],
        "series": pd.Series(ruled or pd.isna(figure["series_rule"]), response.index),
    }
    left = pd.Series(True, response.index)
    for name, agrees in steps.items():
        left = left & agrees
        if not left.any():
            yield {**shown, "comparison": DIFFERS, "differs_in": name}
            return
    for own in list_records(response[left]):
        place = {name: own[name] for name in ("arm", "axis", "timepoint", "population")}
        percent = {f"own_{to}": 100 * own[name] for to, name in _ESTIMATES.items()}
        yield {**shown, **place, **percent, "own_n": own["n"], "own_events": own["events"], "comparison": SAME}


_ESTIMATES = {"estimate": "proportion", "lower": "lower", "upper": "upper"}


def _in_window(response: pd.DataFrame, figure: Mapping[str, Any], timepoints: Timepoints) -> pd.Series:
    """Flag the rows whose window is the figure's: the clean window itself, or a day of the figure's span."""
    if pd.isna(figure["axis"]):
        return pd.Series(False, response.index)
    span = (figure["from_day"], figure["to_day"])
    here = response["axis"].eq(str(figure["axis"]))
    if figure["axis"] == "clean":
        return here & pd.Series(timepoints.clean_window == span, response.index)
    return here & response["time"].between(*span)
