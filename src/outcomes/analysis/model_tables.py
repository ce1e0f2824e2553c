"""The tables of a fitted model: coefficients, tests of terms, adjusted means, and differences between arms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.model_cells import count_fewest
from outcomes.analysis.model_result import COLUMNS
from outcomes.settings.analysis import Model


def tabulate_fit(
    fit: Any, model: Model, arms: Sequence[str], variables: set[str], cells: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the tables of a converged fit."""
    third = fit.anova().rename(columns={"df": "den_df"}).assign(type="III")
    tests = pd.concat([third, _test_reference(fit)], ignore_index=True)
    tables = {"coefficients": fit.coefficients, "tests": tests}
    if model.margins and "arm" in variables:
        tables |= _compare_arms(fit, model, arms, "timepoint" if "timepoint" in variables else None)
    elif model.margins and "timepoint" in variables and len(cells.index) == 1:
        alone = _engine(model).margins(fit, "timepoint").astype({"timepoint": str})
        tables["margins"] = alone.assign(arm=str(cells.index[0]))
    return {
        name: table.assign(fewest=count_fewest(table, cells))[COLUMNS[name]].reset_index(drop=True)
        for name, table in tables.items()
    }


def _test_reference(fit: Any) -> pd.DataFrame:
    """Test each term by its own coefficients: the effect where other factors are at their first level and numbers at 0."""
    names = list(fit.coefficients["term"])
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        term = re.sub(r"\[[^\]]*\]", "", name)
        if term not in ("Intercept", "1"):
            places.setdefault(term, []).append(place)
    tests = []
    for term, rows in places.items():
        if len(rows) == 1:
            one = fit.coefficients.iloc[rows[0]]
            test = {"num_df": 1.0, "den_df": one["df"], "statistic": one["statistic"] ** 2, "p_value": one["p_value"]}
        else:
            joint = fit.contrast(np.eye(len(names))[rows]).iloc[0]
            test = {"num_df": len(rows), "den_df": joint["df"], **joint[["statistic", "p_value"]].to_dict()}
        tests.append({"term": term, "type": "reference", **test})
    return pd.DataFrame(tests)


def _compare_arms(fit: Any, model: Model, arms: Sequence[str], by: str | None) -> dict[str, pd.DataFrame]:
    """Return adjusted means by arm (and time point) and each arm's difference from the reference."""
    engine = _engine(model)
    margins = engine.margins(fit, "arm", by=by)
    differences = engine.differences(fit, "arm", by=by)
    wanted = [f"{arm} - {arms[0]}" for arm in arms[1:]]
    differences = differences[differences["contrast"].isin(wanted)]
    if by is None:
        margins, differences = margins.assign(timepoint=""), differences.assign(timepoint="")
    return {
        "margins": margins.astype({"arm": str, "timepoint": str}),
        "model_differences": differences.astype({"timepoint": str}),
    }


def _engine(model: Model) -> Any:
    from outcomes import mixed
    from outcomes.analysis import second_opinion

    return mixed if model.engine == "mixed" else second_opinion
