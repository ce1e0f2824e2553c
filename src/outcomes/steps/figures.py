"""Released tables → figures."""

from __future__ import annotations

from outcomes.commands.command import INTERNAL
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.released import read_released
from outcomes.steps.step import CLINICAL, Step, Work, released


def figures(work: Work) -> dict[str, str]:
    """Draw every figure from the released tables, as SVG, PNG and PDF, with its data as CSV and its words."""
    from outcomes.release.figures import write_all

    write_all(read_released(work.places), work.study, work.places.figures)
    return {}


STEP = Step(
    figures,
    "released tables → figures",
    reads=released(RELEASED),
    writes=(),
    sections=(
        *("arms", "own_protocols", "comparison", "durability", *CLINICAL, "timepoints", "visits", "report", "privacy"),
        *("series", "regression_to_mean"),
    ),
    options=(INTERNAL,),
)
