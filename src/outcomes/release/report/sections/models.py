"""Mixed models for the reader: what was fitted, the tests of its terms, adjusted means beside adjusted differences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, count, fixed, interval, p_value
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph
from outcomes.release.report.content.grids import enumerate_words, heading, index_rows, number, say, tell_count
from outcomes.release.report.content.material import Material, is_randomised, shown
from outcomes.release.report.wording.data_warnings import has_converged
from outcomes.release.report.wording.model_terms import DF, VCOV, say_covariance

HEADS = (
    "Model",
    "Formula",
    "Dependence within a patient",
    "Estimation",
    "Patients",
    "Scores",
    "Converged",
    "Log-likelihood",
)

KINDS = {"III": "Type III", "reference": "At the reference levels"}

CONFOUNDED = "not adjusted for confounding by indication"
OUTCOME_AND_DESIGN = ("change", "score", "baseline", "arm", "timepoint", "time", "C")


def show_models(material: Material) -> list[Block]:
    """Return the tables of the models, with a paragraph on how to read them; empty when the study has none."""
    models = material.rows("models")
    if models.empty:
        return []
    names = [str(name) for name in models["model"]]
    tables = [
        tabulate_models(material),
        *(tabulate_adjusted(material, name) for name in names),
        tabulate_tests(material),
    ]
    text = (
        f"Estimates are in points of the instrument, with {COVERED} intervals, from the scores as observed: valid when scores are "
        "missing at random given what the model contains. Coefficients are in coefficients.csv."
    )
    return [Paragraph(text), *(table for table in tables if table is not None)]


def name_model(material: Material, model: str) -> str:
    """Return the printed name of a model."""
    return str(material.one("models", model=model).get("label") or model)


def tabulate_models(material: Material) -> Grid:
    """Return what was fitted, to how many, and whether it converged."""
    records = list_records(material.rows("models"))
    told = [pd.notna(record["loglik"]) for record in records]
    width = len(HEADS) if any(told) else len(HEADS) - 1
    rows = tuple(_describe(material, record)[:width] for record in records)
    heads = tuple(heading(text) for text in HEADS[:width])
    notes = () if all(told) else ("A log-likelihood is not reported where a count of few people could follow from it.",)
    return Grid("models", "Mixed models: specification, size, and convergence.", (heads,), rows, notes, sortable=True)


def _describe(material: Material, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    declared = material.study.models.get(str(row["model"]))
    dependence = [f"{say_covariance(str(row['covariance']))} covariance"] if pd.notna(row.get("covariance")) else []
    dependence += [f"random effects {declared.random}"] if declared and declared.random else []
    tried = (
        [say_covariance(name.strip()) for name in str(row["tried"]).split(",")] if pd.notna(row.get("tried")) else []
    )
    dependence += [f"tried in turn: {', '.join(tried)}"] if len(tried) > 1 else []
    estimation = ", ".join(
        [str(row["method"]).upper(), DF.get(str(row["df"]), str(row["df"])), VCOV.get(str(row["vcov"]), "")]
    )
    converged = has_converged(row["converged"])
    warning = f": {row['warnings']}" if pd.notna(row.get("warnings")) and str(row["warnings"]) else ""
    return (
        heading(str(row["label"])),
        Cell(str(row["formula"])),
        Cell("; ".join(dependence)),
        Cell(f"{estimation}; {'own engine' if row['engine'] == 'mixed' else row['engine']}"),
        number(tell_count(row, "n_subjects")),
        number(tell_count(row, "n_observations")),
        Cell(("yes" if converged else "no") + warning),
        number(shown(row, fixed(row["loglik"], "statistic"))),
    )


def tabulate_tests(material: Material) -> Grid | None:
    """Return the tests of the terms of every model, those of the two kinds side by side."""
    tests = material.rows("tests")
    if tests.empty:
        return None
    kinds = [kind for kind in KINDS if (tests["type"] == kind).any()]
    cells = index_rows(tests, "model", "term", "type")
    rows: list[tuple[Cell, ...]] = []
    for model in tests["model"].drop_duplicates().astype(str):
        rows.append((Cell(name_model(material, model), head=True, span=2 + 3 * len(kinds)),))
        for term in tests.loc[tests["model"] == model, "term"].drop_duplicates().astype(str):
            found = [cells.get((model, term, kind), {}) for kind in kinds]
            degrees = next((row["num_df"] for row in found if row), None)
            line = [heading(f"\u2003{term}"), number(count(degrees))]
            rows.append((*line, *(cell for row in found for cell in _test(row))))
    top = (heading(""), heading(""), *(heading(KINDS[kind], 3) for kind in kinds))
    texts = ("Term", "Numerator df", *(("Denominator df", "F", "p") * len(kinds)))
    note = "Type III: averaged over the levels of the other factors. Reference levels: as treatment coding has it."
    return Grid("tests", "Mixed models: tests of the terms.", (top, tuple(map(heading, texts))), tuple(rows), (note,))


def _test(row: Mapping[str, Any]) -> list[Cell]:
    if not row:
        return [number(ABSENT)] * 3
    texts = (fixed(row["den_df"]), fixed(row["statistic"], "statistic"), p_value(row["p_value"]))
    return [number(shown(row, text)) for text in texts]


def tabulate_adjusted(material: Material, model: str) -> Grid | None:
    """Return adjusted means by arm beside the adjusted differences, one line a time point."""
    means, differences = material.rows("margins", model=model), material.rows("model_differences", model=model)
    if means.empty:
        return None
    arms = [arm for arm in material.arms if (means["arm"] == arm).any()]
    contrasts = [str(name) for name in differences["contrast"].drop_duplicates()] if len(differences) else []
    cells = index_rows(means, "timepoint", "arm")
    deltas = index_rows(differences, "timepoint", "contrast") if contrasts else {}
    axis = str(material.one("models", model=model).get("axis", ""))
    top = (heading(""), *(heading(material.arm(arm)) for arm in arms))
    top += tuple(heading(material.contrast(name), 2) for name in contrasts)
    second = (heading("Time point"), *(heading(f"Mean ({COVERED} CI)") for _ in arms))
    second += tuple(heading(text) for _ in contrasts for text in (f"Difference ({COVERED} CI)", "p"))
    rows = []
    for timepoint in means["timepoint"].drop_duplicates():
        line = [heading(material.timepoint(axis, str(timepoint)))]
        line += [number(_estimate(cells.get((str(timepoint), arm), {}))) for arm in arms]
        for name in contrasts:
            row = deltas.get((str(timepoint), name), {})
            line += [number(_estimate(row)), number(shown(row, p_value(row.get("p_value"))))]
        rows.append(tuple(line))
    unadjusted = warn_confounded(material, model) if contrasts else ""
    kind = "adjusted means and differences" if contrasts else "means of the model"
    if unadjusted:
        said = "confounding by indication" in name_model(material, model)
        kind = f"means and differences of the model{'' if said else f', {CONFOUNDED}'}"
    caption = f"{name_model(material, model)}: {kind}, in points."
    return Grid(f"adjusted-{model}", caption, (top, second), tuple(rows), tuple(filter(None, (unadjusted,))))


def warn_confounded(material: Material, model: str) -> str:
    """Return that a model's formula holds no confounder but the baseline; empty where it does, or where chance decided the arm."""
    if is_randomised(material) or len(material.arms) < 2 or material.study.series.origin != "sessions":
        return ""
    named = set(re.findall(r"[A-Za-z_]\w*", str(material.one("models", model=model).get("formula") or "")))
    declared = material.study.comparison.confounders if material.study.comparison is not None else ()
    others = [name for name in declared if name != "baseline"]
    if named & set(others) if others else named - set(OUTCOME_AND_DESIGN):
        return ""
    held = "only the baseline score" if "baseline" in named else "none"
    lacks = f", and lacks {enumerate_words([say(name) for name in others])}" if others else ""
    return (
        f"Of what can decide the choice of the arm the formula holds {held}{lacks}. These differences are {CONFOUNDED}. A small p value says "
        "nothing about why the arms differ."
    )


def _estimate(row: Mapping[str, Any]) -> str:
    if not row or pd.isna(row["estimate"]):
        return shown(row, ABSENT)
    return f"{fixed(row['estimate'])} ({interval(row['lower'], row['upper'])})"
