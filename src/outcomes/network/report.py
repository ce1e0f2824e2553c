"""The network report: sites, funnel, the pooled differences, each site left out, and counts; in the words of the single reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes import __version__
from outcomes.network.choose import declared
from outcomes.network.forest import NAME
from outcomes.network.one_stage_report import show_one_stage, tell_method
from outcomes.network.pooled import ONE_STAGE
from outcomes.network.received import Received
from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.numbers import ABSENT, fixed, interval, p_value, percent
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Report, Section
from outcomes.release.report.content.exhibits import read_picture
from outcomes.release.report.content.grids import WHO, enumerate_words, heading, number, say
from outcomes.release.report.faces.html.page import write_page
from outcomes.settings import Study
from outcomes.settings.network import NetworkPlan

SCALES = {"points": "points", "risk difference": "percentage points", "log risk ratio": "log risk ratio"}
TITLES = {
    "eligibility": "Patients, from their first series to the comparison",
    "response": "Response, remission, and worsening",
    "harms": "Patients with an adverse event",
    "stopping": "Induction stopped early",
}
NOT_HERE = (
    "A propensity model over all sites has a result of its own. Secure sums, and the pooling of exposure and durability, are not part of this report; each "
    "site's own report has the last two. A site that has only one of the arms cannot take part."
)
Row = Mapping[Any, Any]


def write_report(
    tables: Mapping[str, pd.DataFrame],
    packages: Sequence[Received],
    plan: NetworkPlan,
    study: Study,
    forest: Plan,
    figures: Path,
) -> str:
    """Return the network report as one HTML file.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As :func:`outcomes.network.pooled.pool_network` returns them.
    packages : sequence of Received
    plan : NetworkPlan
    study : Study
        The planned one.
    forest : Plan
    figures : Path
        Folder in which the drawn forest lies.
    """
    drawn = read_picture(figures / f"{NAME}.svg", forest.name, forest.caption, forest.alt)
    sections = (
        Section(
            "answer",
            "What the sites found together",
            (
                *(Paragraph(answer(tables, plan, study)), drawn, _show_pooled(tables["pooled"])),
                *show_one_stage(tables["pooled"], packages),
            ),
        ),
        Section("sites", "Sites", (Paragraph(tell_sites(tables["sites"])), _show_sites(tables["sites"]))),
        Section("without", "Each site left out", (_show_left_out(tables["leave_one_out"]),)),
        Section("counts", "Counts over all sites", _show_counts(tables["counts"], study)),
        Section("methods", "How it was done", _tell_methods(plan, study)),
        Section("provenance", "What the packages were made of", (_show_provenance(packages),)),
    )
    heads = (
        ("subtitle", f"Network study of {len(plan.sites)} sites that keep their rows"),
        ("details", f"{plan.network} · outcomes {__version__}"),
    )
    return write_page(Report(plan.title, heads, sections))


def find_leading(pooled: pd.DataFrame, study: Study, way: str = "random") -> pd.Series:
    """Return the row of the primary difference; one without numbers where no site has any."""
    estimand = declared(study).estimand
    rows = pooled[(pooled["outcome"] == "change") & (pooled["axis"] == estimand.axis)] if len(pooled) else pooled
    rows = rows[(rows["timepoint"] == estimand.timepoint) & (rows["way"] == way)] if len(rows) else rows
    empty = pd.Series({"sites": 0, "estimate": float("nan"), "predicted_lower": float("nan")})
    return rows.iloc[0] if len(rows) else empty


def answer(tables: Mapping[str, pd.DataFrame], plan: NetworkPlan, study: Study) -> str:
    """Return the primary result in words."""
    estimand, row = declared(study).estimand, find_leading(tables["pooled"], study)
    arms = f"{study.in_text(estimand.treated)} minus {study.in_text(estimand.reference)}"
    what = f"the difference in change of {study.instrument(estimand.instrument).name} at {estimand.timepoint} ({arms})"
    if pd.isna(row["estimate"]):
        return f"{row['sites']} of {len(plan.sites)} sites have an estimate of {what}; the plan asks for {plan.fewest_sites}, so that none is pooled."
    mean = f"Over {int(row['sites'])} sites {what} is {fixed(row['estimate'])} points ({COVERED} interval {interval(row['lower'], row['upper'])})"
    spread = f"The sites' true differences vary with a standard deviation of {fixed(row['tau'])} points (I² {percent(row['i2'])}%)"
    if pd.isna(row["predicted_lower"]):
        return f"{mean}. {spread}; two sites are too few to say where a further one would lie."
    further = f"that of a further such site is expected from {interval(row['predicted_lower'], row['predicted_upper'])}"
    return f"{mean}. {spread}; {further}. Treatment was chosen, not drawn by lot, and what the sites did not measure is not adjusted for."


def tell_sites(sites: pd.DataFrame) -> str:
    """Return who takes part, who in counts only, and who is absent."""
    told = []
    for part, words in (
        ("difference and counts", "in the difference and the counts"),
        ("counts only", "in the counts only"),
        ("absent", "absent"),
    ):
        names = [str(name) for name in sites.loc[sites["part"] == part, "site"]]
        told.append(
            f"{len(names)} {words}"
            + (f" ({enumerate_words(names)})" if names and part != "difference and counts" else "")
        )
    return f"Of {len(sites)} sites of the plan: {'; '.join(told)}."


def _show_pooled(pooled: pd.DataFrame) -> Grid:
    heads = (
        "Outcome",
        "Time point",
        "Sites",
        f"Random effects ({COVERED} interval)",
        "p",
        "SD between sites",
        "I² (%)",
        "Further site",
        "Common effect",
    )
    rows = []
    for own in _pairs(pooled):
        random, fixed_ = own["random"], own["fixed"]
        factor, kind = (100, 0) if random["scale"] == "risk difference" else (1, 2)
        rows.append(
            (
                heading(f"{str(random['outcome']).capitalize()} ({SCALES[random['scale']]})"),
                Cell(str(random["timepoint"])),
                number(str(int(random["sites"]))),
                number(_estimate(random, "lower", "upper", factor, kind)),
                number(ABSENT if pd.isna(random["p_value"]) else p_value(random["p_value"])),
                *_spread(random, factor, kind),
                number(_estimate(fixed_, "lower", "upper", factor, kind)),
            )
        )
    notes = (
        "Random effects lead. SD between sites: of their true differences, by restricted maximum likelihood. Further site: where its true difference "
        f"is expected ({COVERED} prediction interval). Common effect: as if all sites had one true difference. Differences are treated minus reference.",
    )
    return Grid("pooled", "Differences pooled over the sites", _head(heads), tuple(rows), notes)


def _pairs(pooled: pd.DataFrame) -> list[dict[str, Row]]:
    keys = ["outcome", "scale", "axis", "timepoint"]
    if pooled.empty:
        return []
    stages = pooled[pooled["way"] != ONE_STAGE]
    return [{str(row["way"]): row for row in list_records(own)} for _, own in stages.groupby(keys, sort=False)]


def _estimate(row: Row, low: str, high: str, factor: float, kind: int) -> str:
    return (
        ABSENT
        if pd.isna(row["estimate"])
        else f"{fixed(factor * row['estimate'], kind)} ({_range(row, low, high, factor, kind)})"
    )


def _range(row: Row, low: str, high: str, factor: float, kind: int) -> str:
    return f"{fixed(factor * row[low], kind)} to {fixed(factor * row[high], kind)}"


def _head(words: Sequence[str]) -> tuple[tuple[Cell, ...]]:
    return (tuple(Cell(one) for one in words),)


def _spread(row: Row, factor: float, kind: int) -> tuple[Cell, Cell, Cell]:
    """Return the spread between sites, I², and where a further site is expected."""
    tau: str = ABSENT if pd.isna(row["tau"]) else fixed(factor * row["tau"], max(kind, 1))
    share: str = ABSENT if pd.isna(row["i2"]) else percent(row["i2"])
    known = pd.notna(row["predicted_lower"])
    further: str = _range(row, "predicted_lower", "predicted_upper", factor, kind) if known else ABSENT
    return number(tau), number(share), number(further)


def _show_sites(sites: pd.DataFrame) -> Grid:
    heads = (
        "Site",
        "Part",
        "Treated in the model",
        "Reference in the model",
        "Treated with a score",
        "Reference with a score",
        f"Difference ({COVERED} interval)",
        "Weight (%)",
        "Largest SMD, before → after",
    )
    rows = []
    for row in list_records(sites):
        smd = (
            f"{fixed(row['largest_smd_before'], 2)} → {fixed(row['largest_smd_after'], 2)}"
            if pd.notna(row["largest_smd_after"])
            else ABSENT
        )
        sizes = ("n_treated", "n_reference", "observed_treated", "observed_reference")
        rows.append(
            (
                heading(str(row["site"])),
                Cell(str(row["part"])),
                *(number(str(row[size]) or ABSENT) for size in sizes),
                number(_estimate(row, "lower", "upper", 1, 2)),
                number(ABSENT if pd.isna(row["weight"]) else percent(row["weight"])),
                number(smd),
            )
        )
    notes = (
        "SMD: standardised mean difference of a confounder between the arms, before and after weighting, at the site.",
    )
    return Grid(
        "sites-table",
        "Sites, their patients, and how alike their arms are",
        _head(heads),
        tuple(rows),
        notes,
    )


def _show_left_out(left: pd.DataFrame) -> Grid:
    heads = ("Without", "Sites", f"Difference ({COVERED} interval)", "SD between sites", "I² (%)", "Further site")
    rows = [
        (
            heading(str(row["without"])),
            number(str(int(row["sites"]))),
            number(_estimate(row, "lower", "upper", 1, 2)),
            *_spread(row, 1, 2),
        )
        for row in list_records(left)
    ]
    return Grid("left-out", "The primary difference without one site", _head(heads), tuple(rows))


def _show_counts(counts: pd.DataFrame, study: Study) -> tuple[Block, ...]:
    words = (
        "Sites send counts that are rounded to 5 or hidden below a minimum, so that their sum is known between two numbers only. Sites without such a "
        "row add nothing to it. Response is of the primary time point."
    )
    heads = ("Row", "Count", "Sites", "Sum", "Hidden at")
    blocks: list[Block] = [Paragraph(words)]
    for name, own in counts.groupby("table", sort=False):
        rows = [
            (
                heading(_name_row(str(row["row"]), study)),
                Cell(say(str(row["count"]))),
                number(str(row["sites"])),
                number(str(row["low"]) if row["low"] == row["high"] else f"{row['low']} to {row['high']}"),
                number(str(row["bounds"])),
            )
            for row in list_records(own)
        ]
        blocks.append(Grid(f"counts-{name}", TITLES[str(name)], _head(heads), tuple(rows)))
    return tuple(blocks)


def _name_row(row: str, study: Study) -> str:
    """Return "Day 28, response, all treated, IV ketamine" of the key "day 28 | response | started | iv"."""
    words = WHO | {arm.id: study.in_text(arm.id) for arm in study.arms}
    text = ", ".join(words.get(part, say(part)) for part in row.split(" | "))
    return text[:1].upper() + text[1:]


def _tell_methods(plan: NetworkPlan, study: Study) -> tuple[Block, ...]:
    comparison = declared(study)
    confounders = enumerate_words([say(name) for name in comparison.confounders])
    return (
        Paragraph(
            f"Every site ran the locked plan on its own rows: {comparison.weights} weights from a propensity model of its own with {confounders}, and a "
            "weighted mixed model for repeated measures with a sandwich variance. It sent a signed package of what its own release shows; no row left it. "
            "A package was accepted when its signature, plan, program, and files agreed."
        ),
        Paragraph(
            "Two stages: the sites' differences are weighed by the inverse of their variance and the variance between sites, which is estimated by "
            "restricted maximum likelihood. Intervals are those of Hartung and Knapp (10.1002/sim.791), by t with one degree of freedom fewer than sites, "
            "their standard error never smaller than the usual one (10.1186/s12874-015-0091-1). The prediction interval is that of Higgins, Thompson, and "
            "Spiegelhalter (10.1111/j.1467-985X.2008.00552.x) with the same standard error. Sites' standard errors are taken as known; with few "
            f"patients at a site they are not. In simulated networks the prediction interval held in 86 to 100%, not always in {COVERED}: it is a rough range."
        ),
        tell_method(plan.one_stage is not None),
        Paragraph(NOT_HERE, "Not here."),
        Paragraph(
            f"No count below {plan.minimum_cell} left a site. What this cannot protect from stands in docs/network-study.md.",
            "Privacy.",
        ),
    )


def _show_provenance(packages: Sequence[Received]) -> Grid:
    heads = ("Site", "Package", "Program", "Study file", "Raw files", "Smallest count shown", "Versions", "Withheld")
    rows = [
        (
            heading(package.site),
            Cell(package.digest[:12]),
            Cell(str(package.manifest["code"])[:12]),
            Cell(str(package.manifest["settings"])[:12]),
            number(str(len(package.manifest["data"]))),
            number(str(package.manifest["minimum_cell"])),
            Cell(
                ", ".join(
                    f"{name} {package.manifest['versions'].get(name, '?')}" for name in ("python", "numpy", "scipy")
                )
            ),
            Cell("; ".join(map(str, package.manifest["withheld"])) or "nothing"),
        )
        for package in packages
    ]
    return Grid("provenance-table", "Packages", _head(heads), tuple(rows))
