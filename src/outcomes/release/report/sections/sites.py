"""Sites, for the reader: how far apart they are, who lies outside the limits of chance, and what each observed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.sites import Sites, SiteSpread
from outcomes.records import list_records
from outcomes.release.definitions import CHANCE, COVERED, OUTER_LEVEL
from outcomes.release.figures.plans.sites import ALL, STANDARDISED, standardise_sites
from outcomes.release.numbers import ABSENT, WITHHELD, fixed, interval, p_value
from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import heading, number, tell, tell_count
from outcomes.release.report.content.material import Material

Row = dict[str, Any]
TITLE = "Sites"
TRAPS = (
    "Sites differ in who answers, in what they ask, and in which arms they offer. Beyond what the model knows, their patients differ too. "
    "A site outside the limits is a reason to look, not a finding. Sites stand in order of their code."
)


def show_sites(material: Material, folder: Path) -> Section:
    """Return the section on sites; a sentence where too few can be set side by side, empty where no site is named."""
    row = material.one(SiteSpread.name)
    if not row:
        return Section("sites", TITLE)
    if isinstance(row[SiteSpread.note], str) and row[SiteSpread.note]:
        return Section("sites", TITLE, (Paragraph(f"Sites are not set side by side: {row[SiteSpread.note]}."),))
    blocks: list[Block] = [Paragraph(_tell_spread(row)), Paragraph(_tell_outside(row)), Paragraph(TRAPS)]
    blocks += pictures(material, folder, "sites", material.primary)
    blocks += present([_tabulate(material, row)])
    return Section("sites", TITLE, tuple(blocks))


def _tell_spread(row: Row) -> str:
    """Say how far apart sites are beyond chance."""
    if pd.isna(row[SiteSpread.sd]):
        return f"How far apart sites are: {WITHHELD}."
    spread = interval(row[SiteSpread.lower], row[SiteSpread.upper], 2)
    return (
        f"Between {fixed(row[SiteSpread.sites], 0)} sites the log odds of response vary with a standard deviation of "
        f"{fixed(row[SiteSpread.sd], 2)} ({COVERED} CI {spread}), given what is known of their patients. "
        f"Over-dispersion is {fixed(row[SiteSpread.overdispersion], 1)}, where {CHANCE} is chance alone (p {p_value(row[SiteSpread.p_value], sign=True)})."
    )


def _tell_outside(row: Row) -> str:
    """Say how many sites lie outside the limits, and how many would by chance."""
    if pd.isna(row[SiteSpread.outside_95]):
        return f"How many sites lie outside the limits: {WITHHELD}."
    first, second = row[SiteSpread.outside_95], row[SiteSpread.outside_999]
    return (
        f"Sites outside the {COVERED} limits: {fixed(first, 0)}, where {fixed(row[SiteSpread.chance_95], 1)} are expected by chance. "
        f"Outside the {_level(100 * OUTER_LEVEL)} limits: {fixed(second, 0)}."
    )


def _tabulate(material: Material, spread: Row) -> Grid | None:
    rows = material.rows(Sites.name)
    shares = standardise_sites(rows).set_index(Sites.site)[STANDARDISED]
    body = []
    for found in list_records(rows):
        row: Row = {str(name): value for name, value in found.items()}
        site = str(row[Sites.site])
        body.append(
            (
                heading("All" if site == ALL else site),
                number(tell_count(row, Sites.patients)),
                number(f"{tell_count(row, Sites.observed)} ({tell(row, Sites.answered_proportion, _percent, 100)})"),
                number(f"{tell_count(row, Sites.responded)} ({tell(row, Sites.proportion, _percent, 100)})"),
                number(_percent(row[Sites.expected])),
                number(_percent(shares.get(site, float("nan")))),
                number(_say_outside(row)),
            )
        )
    names = (
        *("Site", "Patients", "With a score (%)", "In response, of those (%)", "Expected (%)"),
        *("Observed / expected, of all (%)", "Outside limits"),
    )
    note = (
        "Expected: mean risk of the site's patients in a logistic model of arm and all confounders but the site. Observed / expected is multiplied "
        f"by the share of all. Outside limits: exact, for each patient's own risk, {COVERED} or {_level(100 * OUTER_LEVEL)}. Sites of few scores stand together."
    )
    place = material.timepoint(str(spread[SiteSpread.axis]), str(spread[SiteSpread.timepoint]))
    return Grid("sites-table", f"Response by site: {place}.", (tuple(map(heading, names)),), tuple(body), (note,))


def _percent(share: float) -> str:
    return ABSENT if pd.isna(share) else fixed(100 * share, 0)


def _level(percent: float) -> str:
    return f"{fixed(percent, 0 if float(percent).is_integer() else 1)}%"


def _say_outside(row: Row) -> str:
    level = row[Sites.beyond]
    return ABSENT if pd.isna(level) else _level(level) if level > 0 else "no"
