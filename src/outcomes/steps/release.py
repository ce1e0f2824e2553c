"""The steps of the release: estimates → released tables, figures, the report, and the list of it all."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from outcomes.files import read_released, read_table, write_bytes, write_text
from outcomes.provenance import provenance
from outcomes.settings import read_study
from outcomes.steps.step import open_study
from outcomes.workflow import TABLES


def tables(options: Namespace) -> None:
    """Pass every estimate through the disclosure gate and write the released tables as CSV."""
    from outcomes.analysis.models import ModelResult, collect_models
    from outcomes.contracts.released.text import format_table
    from outcomes.release.disclosure.gate import withhold
    from outcomes.release.disclosure.units import protect_patients

    study, places = open_study(options, "tables")
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

    study, places = open_study(options, "figures")
    write_all(read_released(places), study, places.figures, options.cores)


def report(options: Namespace) -> None:
    """Write the report as HTML, PDF, and Word, from the released tables and figures."""
    from outcomes.release.report import closing_lines, compose, write_faces
    from outcomes.settings.plan import describe_plan

    study, places = open_study(options, "report")
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

    study, places = open_study(options, "manifest")
    listed = list_released(study.study, study.privacy, places.results, places.figures)
    write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", places.results / NAME)
