"""Every released file → manifest.json."""

from __future__ import annotations

import json

from outcomes.commands.command import INTERNAL
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.files import write_text
from outcomes.steps.step import Step, Work, released


def manifest(work: Work) -> dict[str, str]:
    """Put the release in the place of the last one, and list its files with hash, label, and rows withheld (manifest.json).

    A file in these folders that no release wrote is left there and listed as unknown.
    """
    from outcomes.release.manifest import NAME, list_released
    from outcomes.release.publish import OPEN_FILE, OPEN_FOLDER, publish

    study, internal = work.study, work.options.internal
    public = work.places.published(internal)
    publish(work.places, public, (0o600, 0o700) if internal else (OPEN_FILE, OPEN_FOLDER))
    listed = list_released(study.study, study.privacy, public.results, public.figures)
    write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", public.results / NAME)
    (public.results / NAME).chmod(0o600 if internal else OPEN_FILE)
    return {}


STEP = Step(
    manifest,
    "the release in its place, and every file of it in manifest.json: hash, label, rows withheld",
    reads=released(RELEASED),
    writes=(),
    sections=("privacy",),
    options=(INTERNAL,),
)
