"""Any released table as it is, with numbers formatted by what their column holds; the supplement is made of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.release.numbers import ABSENT, WITHHELD, count, fixed, general, p_value, percent
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import heading, number, say
from outcomes.release.report.content.material import Material

COUNTS = {"n", "events", "started", "reached", "observed", "rows", "missing", "order", "overlapping", "n_subjects"}
COUNTS |= {
    "raw",
    "kept",
    "corrected",
    "flagged",
    "merged",
    "quarantined",
    "n_observations",
    "dropped_rows",
    "dropped_subjects",
    "num_df",
}
COUNTS |= {"published_n", "own_n", "own_events", "treated", "analysed", "baseline_answer", "answer"}
COUNTS |= {"at_risk", "censored", "seen", "week", "n_treated", "n_reference", "events_treated", "events_reference"}
SHARES = {"share", "proportion", "missing_proportion", "cumulative", "difference"}
RATE_TABLES = {"response", "differences", "ideation_change", "durability_curve", "durability_held"}
WORDS = {"arm", "instrument", "contrast", "timepoint", "reason"}
TITLES = {"std_error": "SE", "p_value": "p", "df": "df", "statistic": "Statistic", "n": "n", "sd": "SD", "q1": "Q1"}
TITLES |= {"q3": "Q3", "lower": "Lower", "upper": "Upper", "loglik": "Log-likelihood", "n_subjects": "Patients"}
TITLES |= {"n_observations": "Scores", "aic": "AIC", "bic": "BIC", "doi": "DOI"}


def lay_out(
    material: Material,
    name: str,
    rows: pd.DataFrame,
    caption: str,
    columns: Sequence[str] | None = None,
    identity: str | None = None,
    notes: tuple[str, ...] = (),
    folded: bool = False,
) -> Grid:
    """Return a released table with the given columns (by default those that hold anything), row by row."""
    shown = list(columns) if columns else [str(c) for c in rows if c != "withheld" and rows[c].notna().any()]
    shown = [column for column in shown if column in rows]
    heads = tuple(heading(title(name, column)) for column in shown)
    body = tuple(
        tuple(
            _cell(material, name, column, {str(k): v for k, v in row.items()}, first=column == shown[0])
            for column in shown
        )
        for row in rows.to_dict("records")
    )
    return Grid(identity or f"table-{name.replace('_', '-')}", caption, (heads,), body, notes, folded, sortable=True)


def title(name: str, column: str) -> str:
    """Return the printed name of a column, with its unit."""
    text = TITLES.get(column, say(column)[:1].upper() + say(column)[1:])
    percent = column in SHARES or (name in RATE_TABLES and column in ("lower", "upper"))
    return f"{text} (%)" if percent else text


def write_value(name: str, column: str, value: Any) -> str:
    """Return one value as text."""
    if pd.isna(value):
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if column == "p_value":
        return p_value(value)
    if column in COUNTS:
        return count(value)
    if column in SHARES or (name in RATE_TABLES and column in ("lower", "upper")):
        return percent(value)
    if column in ("time", "bin_lower", "bin_upper", "seed"):
        return general(value)
    return fixed(value, _decimals(name, column))


def _decimals(name: str, column: str) -> int:
    if column in ("df", "den_df", "loglik", "percent", "median_days"):
        return 1 if column != "loglik" else 2
    return 3 if name in ("coefficients", "tests", "models") else 2


def _cell(material: Material, name: str, column: str, row: Mapping[str, Any], first: bool) -> Cell:
    value = row[column]
    if isinstance(value, str):
        return Cell(_words(material, column, row), head=first)
    text = write_value(name, column, value)
    if text == ABSENT and row.get("withheld"):
        text = WITHHELD
    return Cell(text, head=first) if isinstance(value, bool) else number(text)


def _words(material: Material, column: str, row: Mapping[str, Any]) -> str:
    value = str(row[column])
    if column == "arm":
        return material.arm(value)
    if column == "contrast":
        return material.contrast(value)
    if column == "instrument":
        return material.instrument(value)
    if column == "timepoint" and "axis" in row:
        return material.timepoint(str(row["axis"]), value)
    return say(value) if column == "reason" else value
