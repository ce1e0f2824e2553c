"""What the network report shows of one model over all sites, beside the two stages that lead."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.network.one_stage import NOT_USED, TIMEPOINTS, WITHHELD
from outcomes.network.pooled import ONE_STAGE
from outcomes.network.received import Received
from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, fixed, p_value
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph
from outcomes.release.report.content.grids import heading, number

HEADS = ("Model", "Sites", "Patients", "Time points used", f"Difference ({COVERED} interval)", "p")
NOT_PLANNED = (
    "One model over all sites (one stage) stands not beside the two stages, for the plan does not ask for it: it needs exact sums over the patients of each "
    "pattern of visits, a clinic's patterns of many visits have mostly fewer patients than the minimum, and the sums of a pattern of one are that patient's scores."
)
PLANNED = (
    "One model over all sites (one stage): change by site, baseline, and arm, the last two at each time point, with an unstructured covariance over time "
    "points, restricted maximum likelihood, and degrees of freedom by Kenward and Roger (10.2307/2533558). It is fitted to the sites' sums over the patients of an "
    "arm with scores at the same time points, and equals the model of all rows in one place. It is adjusted for the baseline and the site alone, so that it stands "
    "beside the two stages and not in their place. A site leaves out a time point where fewer patients than the minimum would share a pattern."
)


def show_one_stage(pooled: pd.DataFrame, packages: Sequence[Received]) -> tuple[Block, ...]:
    """Return the row of one model over all sites, and which sites are in it with what; nothing where the plan asks for none."""
    rows = list_records(pooled[pooled["way"] == ONE_STAGE]) if len(pooled) else []
    if not rows:
        return ()
    row = rows[0]
    known = pd.notna(row.get("estimate"))
    estimate, lower, upper = (fixed(row[name], 2) if known else "" for name in ("estimate", "lower", "upper"))
    cells = (
        heading(f"All patients, adjusted for baseline and site, {row['timepoint']}"),
        number(str(int(row["sites"]))),
        number(str(int(row["patients"])) if row["sites"] else ABSENT),
        Cell(str(row["timepoints"]) or ABSENT),
        number(f"{estimate} ({lower} to {upper})" if known else ABSENT),
        number(p_value(row["p_value"]) if known else ABSENT),
    )
    notes = (*([] if known else [f"No difference: {row['why']}."]), *_tell_sites(packages))
    title = "One model over all sites, beside the two stages"
    return (Grid("one-stage", title, (tuple(Cell(one) for one in HEADS),), (cells,), notes),)


def tell_method(planned: bool) -> Paragraph:
    """Return how the one model is made, or why it is not there."""
    return Paragraph(PLANNED if planned else NOT_PLANNED, "One stage.")


def _tell_sites(packages: Sequence[Received]) -> list[str]:
    """Return, by what a site gave, which sites gave it, and why they did not give more."""
    told: dict[str, list[str]] = {}
    for package in packages:
        told.setdefault(_tell(package), []).append(package.site)
    return [f"{', '.join(sites)}: {words}." for words, sites in told.items()]


def _tell(package: Received) -> str:
    if WITHHELD in package.sums:
        return f"not in it, because {package.sums[WITHHELD]}"
    used = ", ".join(package.sums[TIMEPOINTS])
    left = "; ".join(f"without {name}, because {reason}" for name, reason in package.sums[NOT_USED].items())
    return f"{used}; {left}" if left else used
