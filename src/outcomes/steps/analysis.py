"""The steps of the analysis: endpoints → rates, models, two arms compared, durability of the response."""

from __future__ import annotations

from argparse import Namespace

from outcomes.errors import SettingsError
from outcomes.files import read_table, write_table, write_text
from outcomes.settings import Model, Study, read_study
from outcomes.steps.step import open_study
from outcomes.workflow import TABLES


def rates(options: Namespace) -> None:
    """Describe the cohort: flow, baseline, scores, response and remission, differences, missingness, item 9."""
    from outcomes.analysis import describe_cohort

    study, places = open_study(options, "rates")
    names = ("patients", "scores", "ledger", "balance", "series", *TABLES["endpoints"])
    tables = describe_cohort({name: read_table(places.table(name), name) for name in names}, study)
    for name in TABLES["rates"]:
        write_table(tables[name], places.derived / "estimates" / f"{name}.parquet")


def fit(options: Namespace) -> None:
    """Fit one mixed-effects model of the study file; a primary model that does not converge is an error."""
    from outcomes.analysis.models import fit_model, model_frame

    study, places = open_study(options, "fit")
    model = _model(read_study(options.study), options.model)
    frame = model_frame(
        read_table(places.table("endpoints"), "endpoints"),
        read_table(places.table("cohort"), "cohort"),
        read_table(places.table("patients"), "patients"),
        model,
    )
    result = fit_model(frame, model, options.model, [arm.id for arm in study.arms])
    write_text(result.to_json(), places.derived / "models" / f"{options.model}.json")


def _model(study: Study, name: str) -> Model:
    if name not in study.models:
        raise SettingsError(f"no model '{name}'; the study file has: {', '.join(study.models) or 'none'}.")
    return study.models[name]


def compare(options: Namespace) -> None:
    """Compare two arms as the study file declares: estimand, weights, balance, differences, sensitivity analyses."""
    from tqdm import tqdm

    from outcomes.analysis.comparison import compare_arms

    study, places = open_study(options, "compare")
    names = ("patients", "series", "series_sessions", "events", "endpoints", "cohort", *TABLES["variants"])
    names = names if study.comparison else ()
    inputs = {name: read_table(places.table(name), name) for name in names}
    compared = compare_arms(inputs, study.comparison, study, lambda numbers: tqdm(numbers, "bootstrap", disable=None))
    for name in TABLES["compare"]:
        write_table(compared[name], places.derived / "estimates" / f"{name}.parquet")


def durability(options: Namespace) -> None:
    """Follow the response after the induction: how long it lasts, seen at visits, with and without further treatment."""
    from outcomes.analysis.durability import describe_durability

    study, places = open_study(options, "durability")
    names = ("patients", "scores", "series", "series_sessions", "endpoints", "cohort") if study.durability else ()
    inputs = {name: read_table(places.table(name), name) for name in names}
    ends, estimates = describe_durability(inputs, study.durability, study)
    write_table(ends, places.table("durability"), "durability")
    for name in TABLES["durability"]:
        write_table(estimates[name], places.derived / "estimates" / f"{name}.parquet")
