"""What treatment is charged, for the reader: per patient, per responder, and the difference beside that of response."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.cost import EVERYONE, INDUCTION, Charges, ChargesPerCase, NetBenefit
from outcomes.records import list_records
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.definitions import COVERED
from outcomes.release.levels import say_level
from outcomes.release.numbers import ABSENT, fixed, interval, money
from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import POPULATIONS, heading, index_rows, number, say_variable, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording.cost import tell_charges, tell_declared, tell_difference
from outcomes.settings.cost import Cost

Row = dict[str, Any]
TITLE = "What treatment is charged"
UNDECLARED = "Cost is left out: no charges are declared."
UNCHARGED = "Cost is left out: no session has a charge."
TRAPS = (
    "A charge is not what was paid, nor what the care costs, and what others bill is not in it. Who stops early is charged less, so a low charge is no gain by "
    "itself. Price lists go with the clinic, and the payer with the treatment chosen."
)


def show_cost(material: Material, folder: Path) -> Section:
    """Return the section on cost; a sentence where nothing is declared, or no session has a charge."""
    cost, rows = material.study.cost, material.rows(Charges.name)
    if cost is None or rows.empty:
        return Section("cost", TITLE, (Paragraph(UNDECLARED if cost is None else UNCHARGED),))
    blocks: list[Block] = [
        Paragraph(text) for text in (tell_charges(material, cost), *tell_declared(cost), TRAPS) if text
    ]
    blocks += pictures(material, folder, "cost")
    blocks += present(
        [_tabulate_charges(material, cost), _tabulate_kinds(material, cost), _tabulate_cases(material, cost)]
    )
    blocks += [Paragraph(text) for text in tell_difference(material, cost)]
    blocks += present([_tabulate_benefit(material, cost)])
    return Section("cost", TITLE, tuple(blocks))


def _arms(material: Material) -> list[str]:
    """Return the arms in which anybody started."""
    rows = material.rows(Charges.name, variable=EVERYONE, horizon=INDUCTION)
    there = rows[Charges.patients].fillna(0) > 0
    there |= rows[Charges.patients.bound].fillna("") != "" if Charges.patients.bound in rows else False
    return order_arms(material.study, set(rows.loc[there, "arm"]))


def _say_horizon(horizon: str) -> str:
    return horizon[:1].upper() + horizon[1:]


def _amount(row: Row, cost: Cost, value: str, lower: str = "lower", upper: str = "upper") -> str:
    """Return an amount with its interval."""
    if not row or pd.isna(row[value]):
        return ABSENT
    text = money(row[value], cost.currency)
    if pd.isna(row[lower]) or pd.isna(row[upper]):
        return text
    return f"{text} ({interval(row[lower], row[upper], 0)})"


def _tabulate_charges(material: Material, cost: Cost) -> Grid | None:
    found = index_rows(material.rows(Charges.name, variable=EVERYONE), "horizon", "arm")
    horizons = list(dict.fromkeys(horizon for horizon, _ in found))
    body = tuple(
        (
            heading(f"{_say_horizon(horizon)}, {material.within(arm)}"),
            number(tell_count(found[horizon, arm], Charges.patients)),
            number(tell_count(found[horizon, arm], Charges.complete)),
            number(_amount(found[horizon, arm], cost, Charges.mean)),
            number(money(found[horizon, arm][Charges.median], cost.currency)),
            number(money(found[horizon, arm][Charges.per_session], cost.currency)),
        )
        for horizon, arm in product(horizons, _arms(material))
    )
    heads = ("Up to", "Patients", "Every session charged", f"Mean ({COVERED} CI)", "Median", "Per session")
    return Grid("cost-charges", "Charges per treated patient.", (tuple(map(heading, heads)),), body)


def _tabulate_kinds(material: Material, cost: Cost) -> Grid | None:
    rows = material.rows(Charges.name)
    rows = rows[rows[Charges.variable] != EVERYONE]
    if rows.empty:
        return None
    found, arms = index_rows(rows, "horizon", "variable", "level", "arm"), _arms(material)
    body = []
    for horizon, variable, level in dict.fromkeys(key[:3] for key in found):
        cells = [found.get((horizon, variable, level, arm), {}) for arm in arms]
        told = [(number(tell_count(row, Charges.patients)), number(_amount(row, cost, Charges.mean))) for row in cells]
        name = f"{_say_horizon(horizon)}; {say_variable(material, variable)}: {say_level(level)}"
        body.append((heading(name), *(cell for pair in told for cell in pair)))
    names = [material.arm(arm) for arm in arms]
    pairs = [(heading(f"{name}, patients"), heading(f"{name}, mean ({COVERED} CI)")) for name in names]
    heads = (heading("Up to; patients with"), *(cell for pair in pairs for cell in pair))
    note = "A description: levels differ in much else, and so do the arms within a level."
    return Grid("cost-kinds", "Charges by characteristic.", (heads,), tuple(body), (note,))


def _tabulate_cases(material: Material, cost: Cost) -> Grid | None:
    found = index_rows(material.rows(ChargesPerCase.name), "horizon", "endpoint", "population", "arm")
    arms, body = _arms(material), []
    for horizon, endpoint, population in dict.fromkeys(key[:3] for key in found):
        cells = [found.get((horizon, endpoint, population, arm), {}) for arm in arms]
        told = [(number(_cases(row)), number(_amount(row, cost, ChargesPerCase.per_case))) for row in cells]
        name = f"{_say_horizon(horizon)}, {endpoint}, {POPULATIONS[population]}"
        body.append((heading(name), *(cell for pair in told for cell in pair)))
    names = [material.arm(arm) for arm in arms]
    pairs = [
        (heading(f"{name}, with it / patients"), heading(f"{name}, charge for each ({COVERED} CI)")) for name in names
    ]
    heads = (heading("Up to"), *(cell for pair in pairs for cell in pair))
    note = (
        "Charges of all these patients over the number with the endpoint. Of all treated patients, no score counts as none, which makes the "
        "charge for each too high; complete cases are chosen by who came back."
    )
    return Grid("cost-cases", "Charges per response and per remission.", (heads,), tuple(body), (note,))


def _cases(row: Row) -> str:
    return f"{tell_count(row, ChargesPerCase.cases)} / {tell_count(row, ChargesPerCase.patients)}" if row else ABSENT


def _tabulate_benefit(material: Material, cost: Cost) -> Grid | None:
    rows = material.rows(NetBenefit.name)
    rows = rows[rows[NetBenefit.benefit].notna()] if len(rows) else rows
    if rows.empty:
        return None
    treated, reference = list_compared(material.study)
    body = tuple(
        (
            heading(
                f"{_say_horizon(str(row[NetBenefit.horizon]))}, {money(row[NetBenefit.willingness], cost.currency)}"
            ),
            number(_amount(row, cost, NetBenefit.benefit)),
            number(fixed(100 * row[NetBenefit.acceptable], 0)),
        )
        for row in list_records(rows)
    )
    heads = ("One more response worth", f"Net benefit per patient ({COVERED} CI)", "Samples above zero (%)")
    note = "Worth times the difference in response, less the difference in charge. The last column is the acceptability curve."
    title = f"Adjusted net benefit, {material.within(treated)} against {material.within(reference)}."
    return Grid("cost-benefit", title, (tuple(map(heading, heads)),), body, (note,))
