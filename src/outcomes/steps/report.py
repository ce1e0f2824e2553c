"""Released tables and figures → the report as HTML, PDF, and Word."""

from __future__ import annotations

import json
from pathlib import Path

from outcomes.commands.command import INTERNAL
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.files import write_bytes, write_text
from outcomes.released import read_released
from outcomes.settings import Study
from outcomes.steps.step import Step, Work, released


def report(work: Work) -> dict[str, str]:
    """Write the report as HTML, PDF, and Word, from the released tables and figures."""
    from outcomes.provenance import provenance, write_command
    from outcomes.release.report import closing_lines, compose, write_faces
    from outcomes.settings.plan import describe_plan

    tables, results = read_released(work.places), work.places.results
    origin = provenance(work.whole, work.places)
    study_file = Path(work.options.study)
    origin |= {"plan": describe_plan(work.whole, study_file), "command": write_command(study_file)}
    content = compose(tables, work.study, work.places.figures, origin)
    faces = write_faces(content, work.study, work.places.root / work.places.release / "word")
    for name, written in faces.items():
        write_bytes(written, results / name)
    for old in set(results.glob("printed/*.csv")) - {results / name for name in faces}:
        old.unlink()
    write_text(json.dumps(origin, indent=1, sort_keys=True) + "\n", results / "provenance.json")
    write_text(
        closing_lines(tables, work.places.published(work.options.internal).results / "report.html"),
        results / "summary.txt",
    )
    return {}


STEP = Step(
    report,
    "released tables and figures → the report as HTML, PDF, and Word",
    reads=released(RELEASED),
    writes=(),
    sections=tuple(Study.model_fields),
    words=("names", "cover", "look"),
    options=(INTERNAL,),
)
