"""Every released file → manifest.json."""

from __future__ import annotations

import json

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.files import write_text
from outcomes.steps.step import Step, Work, released


def manifest(work: Work) -> dict[str, str]:
    """List every released file with its hash, sensitivity label, and rows withheld (manifest.json)."""
    from outcomes.release.manifest import NAME, list_released

    study, places = work.study, work.places
    listed = list_released(study.study, study.privacy, places.results, places.figures)
    write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", places.results / NAME)
    return {}


STEP = Step(
    manifest,
    "every released file → manifest.json: hash, label, rows withheld",
    reads=released(RELEASED),
    writes=(),
    sections=("privacy",),
)
