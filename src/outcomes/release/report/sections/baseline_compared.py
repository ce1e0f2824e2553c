"""Table 1 of the main report: the compared patients before treatment, and how far the arms lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.contracts.released.comparison import CovariateBalance, Eligibility
from outcomes.contracts.released.describe import Baseline, BaselineSmd
from outcomes.contracts.released.quality import Flow
from outcomes.records import list_records
from outcomes.release.arms import list_compared
from outcomes.release.levels import say_level
from outcomes.release.numbers import ABSENT, WITHHELD, count, fixed, general, sample
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import (
    POOLED,
    enumerate_words,
    heading,
    index_rows,
    is_derived,
    number,
    order_levels,
    say_variable,
    tell,
    tell_count,
)
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.gather import gather_evidence

Row = Mapping[str, Any]
SITE = "site"
SEX, YES, EVERYONE = "sex", "yes", "all"


def list_arms(material: Material) -> tuple[str, ...]:
    """Return the arms that the main tables show: the two compared, else all."""
    return tuple(list_compared(material.study) or material.arms)


def tabulate_baseline(material: Material) -> Grid | None:
    """Return the patients before treatment by compared arm, with the standardised difference before and after weighting."""
    table, arms = material.rows("baseline"), list_arms(material)
    if table.empty or not arms:
        return None
    table = table.assign(level=table[Baseline.level].fillna("").astype(str))
    cells = index_rows(table, Baseline.variable, "level", Baseline.arm)
    compared = material.study.comparison is not None
    weighted = compared and gather_evidence(material).contrasted  # of a difference that is told
    heads = [heading("Characteristic")]
    named = [material.arm(arm) for arm in arms]
    arms = (EVERYONE,) if len(material.arms) == 1 else arms  # one arm is everyone, whose number other exhibits have
    heads += [
        heading(f"{name} ({sample(tell_count(_find_size(material, arm), Baseline.n))})")
        for name, arm in zip(named, arms, strict=True)
    ]
    heads += [*([heading("SMD")] if compared else []), *([heading("SMD, weighted")] if weighted else [])]
    rows: list[tuple[Cell, ...]] = []
    for variable in [str(one) for one in table[Baseline.variable].drop_duplicates() if one != "patients"]:
        if _is_shown(material, variable):
            levels = [str(one) for one in table.loc[table[Baseline.variable] == variable, "level"].drop_duplicates()]
            apart = _differences(material, variable)[: compared + weighted]
            rows += _describe(material, cells, arms, variable, order_levels(levels), apart)
    return Grid(
        "baseline-compared",
        "Patients before treatment.",
        (tuple(heads),),
        tuple(rows),
        _notes(material, compared, weighted),
    )


def _notes(material: Material, compared: bool, weighted: bool) -> tuple[str, ...]:
    if not compared:
        return ()
    note = "SMD: absolute standardized mean difference of the two arms."
    if not weighted:
        return (f"{note} A dash: levels of too few patients.",)
    if material.study.comparison is not None and material.study.comparison.weights == "overlap":
        note += " Overlap weights equate the means of confounders by construction."
    note += _say_compared(material)
    return (
        f"{note} A dash in the last column: not a confounder, so not weighted for; in the column before it: levels of too few patients.",
    )


def _find_size(material: Material, arm: str) -> Row:
    """Return the released number of an arm's patients: that of the flow where each counts with one series, else the baseline's own.

    Both may be rounded apart, so that no hidden part follows from a sum: exhibits of one report show one of them.
    """
    flow = material.one("flow", unit="series", label="Series analysed", arm=arm)
    counted = material.study.series.use == "first" and flow and pd.notna(flow[Flow.n])
    return flow if counted else material.one("baseline", variable="patients", arm=arm)


def _say_compared(material: Material) -> str:
    """Return how many of these patients are compared, where not all of them are; empty where a number is not released."""
    everyone: list[float] = []
    compared: list[float] = []
    for arm in list_arms(material):
        all_of, own = _find_size(material, arm), material.one("eligibility", step="Compared", arm=arm)
        if not all_of or not own or pd.isna(all_of[Baseline.n]) or pd.isna(own[Eligibility.n]):
            return ""
        everyone.append(all_of[Baseline.n])
        compared.append(own[Eligibility.n])
    return (
        ""
        if everyone == compared
        else f" Of these patients {enumerate_words([count(n) for n in compared])} are compared."
    )


def _is_shown(material: Material, variable: str) -> bool:
    """Whether Table 1 has room for a variable: no instrument derived from another's items, bands of the primary one alone."""
    base = variable.removesuffix("_band")
    if base not in material.study.instruments:
        return True
    if is_derived(material, variable):
        return False
    return variable == base or base == material.primary


def _describe(
    material: Material,
    cells: Mapping[tuple[str, ...], Row],
    arms: Sequence[str],
    variable: str,
    levels: Sequence[str],
    apart: Sequence[Cell],
) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of one characteristic."""
    title = say_variable(material, variable)
    empty = [Cell("")] * len(apart)
    if levels == [""]:
        yield (
            heading(f"{title}, mean (SD)"),
            *(number(_mean(cells.get((variable, "", arm), {}))) for arm in arms),
            *apart,
        )
        return
    shown = [
        level for level in levels if not all(cells.get((variable, level, arm), {}).get(Baseline.n) == 0 for arm in arms)
    ]
    if variable == SITE and len(levels) == 1 and not levels[0].startswith(POOLED):
        return  # all were seen in one place
    if variable == SITE:
        number_of = "" if any(level.startswith(POOLED) for level in levels) else f", {count(len(levels))}"
        yield (heading(f"Clinics{number_of}"), *(Cell("") for _ in arms), *apart)
    elif len(levels) == 2:
        level = YES if YES in levels else next(one for one in levels if not one.startswith(POOLED) or one == levels[-1])
        name = title if level == YES else say_level(level) if variable == SEX else f"{title}: {say_level(level)}"
        yield (
            heading(f"{name}, n (%)"),
            *(number(_share(cells.get((variable, level, arm), {}))) for arm in arms),
            *apart,
        )
    else:
        yield (heading(f"{title}, n (%)"), *(Cell("") for _ in arms), *apart)
        for level in shown:
            yield (
                heading(f"\u2003{say_level(level)}"),
                *(number(_share(cells.get((variable, level, arm), {}))) for arm in arms),
                *empty,
            )


def _mean(row: Row) -> str:
    if not row or pd.isna(row[Baseline.mean]):
        return ABSENT
    return fixed(row[Baseline.mean]) + (f" ({fixed(row[Baseline.sd])})" if pd.notna(row[Baseline.sd]) else "")


def _share(row: Row) -> str:
    if not row or pd.isna(row[Baseline.n]):
        told = tell_count(row, Baseline.n)
        share = tell(row, Baseline.percent, general) if row else ABSENT
        return told if told != WITHHELD or share in (ABSENT, WITHHELD) else f"{share}%"
    return count(row[Baseline.n]) + (f" ({fixed(row[Baseline.percent], 0)})" if pd.notna(row[Baseline.percent]) else "")


def _differences(material: Material, variable: str) -> list[Cell]:
    comparison = material.study.comparison
    if comparison is None:
        return []
    pair = {comparison.estimand.treated, comparison.estimand.reference}
    rows = material.rows("baseline_smd", variable=variable)
    own = [row for row in list_records(rows) if set(str(row[BaselineSmd.contrast]).split(" - ")) == pair]
    before = fixed(abs(own[0][BaselineSmd.smd]), "smd") if own and pd.notna(own[0][BaselineSmd.smd]) else ABSENT
    name = "baseline" if variable == comparison.estimand.instrument else variable
    balance = material.rows("covariate_balance", weights=comparison.weights, variable=name)
    after = balance[CovariateBalance.smd_after].abs().max() if len(balance) else None
    return [number(before), number(ABSENT if after is None or pd.isna(after) else fixed(after, "smd"))]
