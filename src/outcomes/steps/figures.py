"""Released tables → figures."""

from __future__ import annotations

import json
from functools import cache

from outcomes.commands.command import INTERNAL
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.provenance import PACKAGE, hash_code, list_versions, sources
from outcomes.released import read_released
from outcomes.settings.words import leave_words
from outcomes.steps.step import CLINICAL, Step, Work, released


def figures(work: Work) -> dict[str, str]:
    """Write every figure from the released tables, as SVG, PNG and PDF, with its data as CSV and its words.

    One is drawn again where something changed that it shows; else its files are those of the last run, kept with the tables.
    """
    from outcomes.release.figures import write_all
    from outcomes.release.figures.kept import Kept

    places = work.places
    settings = leave_words(work.whole, STEP.words).digest("study", *STEP.sections)
    versions = json.dumps(list_versions(("matplotlib", "numpy", "pandas", "typst")))
    kept = Kept(places.root / places.release / "drawn", settings + versions, _hash_family)
    write_all(read_released(places), work.study, places.figures, kept)
    return {}


@cache
def _hash_family(family: str) -> str:
    """Return the digest of the modules that a figure of a family is drawn and written with."""
    room = "outcomes.release.figures"
    drawing = [f"{room}.drawings.{family}", f"{room}.formats", f"{room}.kept", "outcomes.release.numbers"]
    return hash_code([*sources(*drawing), PACKAGE / "release" / "figures" / "draw.py"])


STEP = Step(
    figures,
    "released tables → figures",
    reads=released(RELEASED),
    writes=(),
    sections=(
        *("arms", "own_protocols", "comparison", "durability", *CLINICAL, "timepoints", "visits", "report", "privacy"),
        *("series", "regression_to_mean", "cost"),
    ),
    options=(INTERNAL,),
    words=("names", "look"),
)
