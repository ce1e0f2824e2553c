"""The steps behind the command line: each reads its inputs, makes one call, and writes its outputs.

Libraries are imported inside the step that needs them: a process that only prints the ledger does not pay for a plot.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import SettingsError
from outcomes.settings import Model, Study, read_study
from outcomes.workflow import (
    TABLES,
    Places,
    part_of,
    provenance,
    read_released,
    read_table,
    write_bytes,
    write_table,
    write_text,
)

if TYPE_CHECKING:
    from outcomes.measures.definitions import Definitions


@dataclass(frozen=True)
class Step:
    """One subcommand."""

    call: Callable[[Namespace], int | None]
    summary: str
    options: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = field(default=())
    takes_study: bool = True

    @property
    def description(self) -> str:
        """What ``--help`` says of the step."""
        return (self.call.__doc__ or self.summary).strip()


def _open(options: Namespace, step: str) -> tuple[Study, Places]:
    study = read_study(options.study)
    return part_of(study, step), Places(study.study)


def simulate(options: Namespace) -> None:
    """Write the raw export of an invented network of clinics, and truth.json with the true value of every estimand."""
    from outcomes.simulate import Mess, simulate_network, write_network

    mess = Mess.none() if options.clean else Mess().without(*options.without)
    write_network(simulate_network(options.patients, options.seed, mess), Path(options.out))


def run(options: Namespace) -> int:
    """Run every step that is needed, with progress, and end with the path of the report."""
    from outcomes.runner import run_pipeline

    return run_pipeline(Path(options.study), options.data, options.cores)


def intake(options: Namespace) -> None:
    """Read the raw export into clean tables; every raw row ends in the ledger."""
    from outcomes.contracts import empty_table
    from outcomes.intake import read_export

    study, places = _open(options, "intake")
    export = read_export(study, Path(options.data or read_study(options.study).data))
    tables = {**export.tables, "ledger": export.ledger, "balance": export.balance}
    for name in TABLES["intake"]:
        write_table(tables.get(name, empty_table(name)), places.table(name), name)
    write_text(json.dumps(export.inputs, indent=1, sort_keys=True) + "\n", places.derived / "inputs.json")


def score(options: Namespace) -> None:
    """Turn item answers into totals, severity bands, and the ideation item."""
    from outcomes.measures.scoring import derive_scores

    study, places = _open(options, "score")
    instruments = {name: study.instrument(name) for name in study.instruments}
    scores = derive_scores(read_table(places.table("assessments"), "assessments"), instruments, study.scoring)
    write_table(scores, places.table("scores"), "scores")


def series(options: Namespace) -> None:
    """Group sessions into series by each arm's protocol, with phase, ordinal, and why a series fails its rule."""
    from outcomes.measures.series import derive_series

    study, places = _open(options, "series")
    table, sessions = derive_series(
        read_table(places.table("sessions"), "sessions"),
        read_table(places.table("assessments"), "assessments"),
        read_table(places.table("patients"), "patients"),
        study.arms,
        {arm.id: protocol for arm in study.arms if (protocol := study.protocol(arm)) is not None},
        study.series,
        study.visits,
    )
    write_table(table, places.table("series"), "series")
    write_table(sessions, places.table("series_sessions"), "series_sessions")


def endpoints(options: Namespace) -> None:
    """Compare each score with its baseline: change, response, remission, worsening, reliable change, and when."""
    from outcomes.measures.endpoints import derive_endpoints

    study, places = _open(options, "endpoints")
    definitions = _define(study)
    derived = derive_endpoints(
        read_table(places.table("scores"), "scores"),
        read_table(places.table("series"), "series"),
        read_table(places.table("series_sessions"), "series_sessions"),
        read_table(places.table("patients"), "patients"),
        definitions,
    )
    for name, table in zip(TABLES["endpoints"], derived, strict=True):
        write_table(table, places.table(name), name)


def _define(study: Study) -> Definitions:
    from outcomes.measures.definitions import Definitions

    return Definitions(
        instruments={name: study.instrument(name) for name in study.instruments},
        series=study.series,
        baseline=study.baseline,
        timepoints=study.timepoints,
        endpoints=study.endpoints,
        population=study.population,
        visits=study.visits,
    )


def variants(options: Namespace) -> None:
    """Form the compared patients' endpoints in other ways, and find their scores before treatment."""
    from outcomes.contracts import empty_table
    from outcomes.measures.variants import derive_pretreatment, derive_variants
    from outcomes.settings.variants import declare_variants

    study, places = _open(options, "variants")
    tables = {name: empty_table(name) for name in TABLES["variants"]}
    if study.comparison is not None:
        names = ("scores", "series", "series_sessions", "patients")
        scores, series, sessions, patients = (read_table(places.table(name), name) for name in names)
        estimand, days = study.comparison.estimand, study.comparison.negative_control.slope_days
        definitions = _define(study)
        declared = declare_variants(study)
        tables["variants"] = derive_variants(scores, series, sessions, patients, definitions, declared, estimand)
        if days is not None:
            found = derive_pretreatment(scores, series, sessions, definitions, estimand.instrument, days)
            tables["pretreatment"] = found
    for name, table in tables.items():
        write_table(table, places.table(name), name)


def rates(options: Namespace) -> None:
    """Describe the cohort: flow, baseline, scores, response and remission, differences, missingness, item 9."""
    from outcomes.analysis import describe_cohort

    study, places = _open(options, "rates")
    names = ("patients", "scores", "ledger", "balance", "series", *TABLES["endpoints"])
    tables = describe_cohort({name: read_table(places.table(name), name) for name in names}, study)
    for name in TABLES["rates"]:
        write_table(tables[name], places.derived / "estimates" / f"{name}.parquet")


def fit(options: Namespace) -> None:
    """Fit one mixed-effects model of the study file; a primary model that does not converge is an error."""
    from outcomes.analysis.models import fit_model, model_frame

    study, places = _open(options, "fit")
    model = _model(read_study(options.study), options.model)
    frame = model_frame(
        read_table(places.table("endpoints"), "endpoints"),
        read_table(places.table("cohort"), "cohort"),
        read_table(places.table("patients"), "patients"),
        model,
    )
    result = fit_model(frame, model, options.model, [arm.id for arm in study.arms])
    write_text(result.to_json(), places.derived / "models" / f"{options.model}.json")


def compare(options: Namespace) -> None:
    """Compare two arms as the study file declares: estimand, weights, balance, differences, sensitivity analyses."""
    from tqdm import tqdm

    from outcomes.analysis.comparison import compare_arms

    study, places = _open(options, "compare")
    names = ("patients", "series", "series_sessions", "events", "endpoints", "cohort", *TABLES["variants"])
    names = names if study.comparison else ()
    inputs = {name: read_table(places.table(name), name) for name in names}
    compared = compare_arms(inputs, study.comparison, study, lambda numbers: tqdm(numbers, "bootstrap", disable=None))
    for name in TABLES["compare"]:
        write_table(compared[name], places.derived / "estimates" / f"{name}.parquet")


def durability(options: Namespace) -> None:
    """Follow the response after the induction: how long it lasts, seen at visits, with and without further treatment."""
    from outcomes.analysis.durability import describe_durability

    study, places = _open(options, "durability")
    names = ("patients", "scores", "series", "series_sessions", "endpoints", "cohort") if study.durability else ()
    inputs = {name: read_table(places.table(name), name) for name in names}
    ends, estimates = describe_durability(inputs, study.durability, study)
    write_table(ends, places.table("durability"), "durability")
    for name in TABLES["durability"]:
        write_table(estimates[name], places.derived / "estimates" / f"{name}.parquet")


def _model(study: Study, name: str) -> Model:
    if name not in study.models:
        raise SettingsError(f"no model '{name}'; the study file has: {', '.join(study.models) or 'none'}.")
    return study.models[name]


def tables(options: Namespace) -> None:
    """Pass every estimate through the disclosure gate and write the released tables as CSV."""
    from outcomes.analysis.models import ModelResult, collect_models
    from outcomes.release.disclosure import withhold
    from outcomes.release.tables import format_table
    from outcomes.release.units import protect_patients

    study, places = _open(options, "tables")
    names = (*TABLES["rates"], *TABLES["compare"], *TABLES["durability"])
    estimates = {name: read_table(places.derived / "estimates" / f"{name}.parquet") for name in names}
    fitted = [(places.derived / "models" / f"{name}.json").read_text(encoding="utf-8") for name in study.models]
    models = collect_models([ModelResult.from_json(text) for text in fitted])
    derived = {name: study.instrument(name).derived_from for name in study.instruments}
    sources = {name: source.instrument for name, source in derived.items() if source is not None}
    privacy = protect_patients(study.privacy, read_table(places.table("cohort"), "cohort"))
    released = withhold(estimates | models, privacy, study.instruments, sources)
    for name in TABLES["tables"]:
        write_text(format_table(released[name]), places.results / "tables" / f"{name}.csv")


def figures(options: Namespace) -> None:
    """Draw every figure from the released tables, as SVG, PNG and PDF, with its data as CSV and its words."""
    from outcomes.release.figures import write_all

    study, places = _open(options, "figures")
    write_all(read_released(places), study, places.figures, options.cores)


def report(options: Namespace) -> None:
    """Write the report as HTML, PDF, and Word, from the released tables and figures."""
    from outcomes.release.report import closing_lines, compose, write_faces
    from outcomes.settings.plan import describe_plan

    study, places = _open(options, "report")
    released = read_released(places)
    whole = read_study(options.study)
    origin = provenance(whole, places) | {"plan": describe_plan(whole, Path(options.study))}
    content = compose(released, study, places.figures, origin)
    for old in places.results.glob("printed/table-*.csv"):
        old.unlink()
    for name, written in write_faces(content, study).items():
        write_bytes(written, places.results / name)
    write_text(json.dumps(origin, indent=1, sort_keys=True) + "\n", places.results / "provenance.json")
    write_text(closing_lines(released, places.results / "report.html"), places.results / "summary.txt")


def manifest(options: Namespace) -> None:
    """List every released file with its hash, sensitivity label, and rows withheld (manifest.json)."""
    from outcomes.release.manifest import NAME, list_released

    study, places = _open(options, "manifest")
    listed = list_released(study.study, study.privacy, places.results, places.figures)
    write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", places.results / NAME)


def lock(options: Namespace) -> None:
    """Lock the analysis plan: write the analysis part of the study file, its hash, and the date beside the study file.

    The report then lists every later deviation in words. A lock is never overwritten; --amend adds a version with its reason.
    """
    from datetime import date

    from outcomes.settings.plan import lock_plan, place_of

    path = place_of(Path(options.study))
    write_text(lock_plan(read_study(options.study), Path(options.study), date.today(), options.amend), path)
    print(f"Locked: {path}. Keep it under version control with the study file.")


def ledger(options: Namespace) -> None:
    """Show how every raw row ended: how many, why, and from which file."""
    from outcomes.intake import describe_ledger

    places = Places(read_study(options.study).study)
    print(describe_ledger(read_table(places.table("ledger")), read_table(places.table("balance"))))


def schema(options: Namespace) -> None:
    """Write the description of every key of a study file (config/schema.yaml)."""
    from outcomes.settings.schema import describe_schema

    text = describe_schema()
    print(text, end="") if options.out is None else write_text(text, Path(options.out))


def dictionary(options: Namespace) -> None:
    """Write the data dictionary: every private table with its row, key, and columns (data/README.md)."""
    from outcomes.dictionary import describe_tables

    text = describe_tables()
    print(text, end="") if options.out is None else write_text(text, Path(options.out))


_OUT = (("--out",), {"metavar": "FILE", "help": "write to this file instead of the screen"})


def _cores(default: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    about = {"type": int, "default": default, "metavar": "N", "help": "jobs at once (default: %(default)s)"}
    return (("--cores",), about)


_STUDY_DATA = (("--data",), {"metavar": "FOLDER", "help": "folder of the raw exports, in place of the study file's"})

STEPS: dict[str, Step] = {
    "run": Step(
        run,
        "all steps that are needed, ending with the path of the report",
        (
            _STUDY_DATA,
            _cores(2),
        ),
    ),
    "intake": Step(intake, "raw export → clean tables and the ledger", (_STUDY_DATA,)),
    "score": Step(score, "answers → totals, bands, the ideation item"),
    "series": Step(series, "sessions → series by protocol"),
    "endpoints": Step(endpoints, "scores and series → change, response, remission … at each time point"),
    "variants": Step(variants, "scores and series → endpoints derived in other ways, for the comparison"),
    "rates": Step(rates, "endpoints → flow, baseline, scores, rates with both denominators"),
    "fit": Step(
        fit, "endpoints → one mixed-effects model", ((("model",), {"help": "name of the model in the study file"}),)
    ),
    "compare": Step(compare, "endpoints → two arms compared: weights, balance, differences, sensitivity analyses"),
    "durability": Step(durability, "scores after the induction → how long the response lasts"),
    "tables": Step(tables, "estimates → released tables, through the disclosure gate"),
    "figures": Step(figures, "released tables → figures", (_cores(1),)),
    "report": Step(report, "released tables and figures → the report as HTML, PDF, and Word"),
    "manifest": Step(manifest, "every released file → manifest.json: hash, label, rows withheld"),
    "lock": Step(
        lock,
        "lock the analysis plan; the report lists every later deviation",
        ((("--amend",), {"metavar": "REASON", "help": "add a version to a plan that is locked, and say why"}),),
    ),
    "ledger": Step(ledger, "show how every raw row ended, and why"),
    "simulate": Step(
        simulate,
        "write the raw export of an invented network whose truth is known",
        (
            (
                ("--patients",),
                {"type": int, "default": 1200, "metavar": "N", "help": "patients (default: %(default)s)"},
            ),
            (("--seed",), {"type": int, "default": 2026, "metavar": "N", "help": "seed (default: %(default)s)"}),
            (("--out",), {"required": True, "metavar": "FOLDER", "help": "folder to write to"}),
            (("--clean",), {"action": "store_true", "help": "without any of the mess of a real export"}),
            (("--without",), {"nargs": "+", "default": [], "metavar": "KIND", "help": "leave out these kinds of mess"}),
        ),
        takes_study=False,
    ),
    "schema": Step(
        schema,
        "describe every key of a study file",
        (_OUT,),
        takes_study=False,
    ),
    "dictionary": Step(dictionary, "describe every table of the pipeline", (_OUT,), takes_study=False),
}
