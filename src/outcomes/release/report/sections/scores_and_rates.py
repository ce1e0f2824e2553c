"""Scores and rates of one instrument by time point, arms side by side."""

from __future__ import annotations

from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.timepoints import drop_unscored
from outcomes.release.numbers import fixed, signed
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import (
    PLACE,
    POPULATIONS,
    WHO,
    Row,
    choose_places,
    estimate,
    heading,
    index_rows,
    number,
    pair,
    places_of,
    quartiles,
    rate,
    tell,
)
from outcomes.release.report.content.material import Material, is_randomised, shown
from outcomes.release.report.wording.denominators import say_missing, say_not_cautious
from outcomes.release.report.wording.opposite_directions import note_contrary_rates

UNADJUSTED = (
    "The differences are unadjusted: chance did not decide who got which arm, and the arms may differ in severity, history, "
    "and payer."
)


def tabulate_scores(material: Material, instrument: str) -> Grid | None:
    """Return mean and median of one instrument by time point, arms side by side."""
    table = material.rows("scores", instrument=instrument)
    if table.empty:
        return None
    cells = index_rows(table, *PLACE, "arm")
    arms = material.arms
    top = (heading(""), *(heading(material.arm(arm), 3) for arm in arms))
    second = (heading("Time point"), *(heading(text) for _ in arms for text in ("n", "Mean (SD)", "Median (Q1 to Q3)")))
    rows = []
    for place in places_of(drop_unscored(table[table["arm"].isin(arms)], "n")):  # those never treated have no arm
        line = [heading(material.timepoint(*place))]
        for arm in arms:
            row = cells.get((*place, arm), {})
            line.append(number(tell(row, "n")))
            line += [number(pair(row, "mean", "sd", fixed)), number(shown(row, quartiles(row)))]
        rows.append(tuple(line))
    name = material.instrument(instrument)
    return Grid(
        f"scores-{instrument}",
        f"{name} total (points) of the scores observed at each time point.",
        (top, second),
        tuple(rows),
        (
            f"Mean and median are both shown because they can disagree. The {COVERED} intervals of the means are in scores.csv.",
        ),
    )


def tabulate_rates(material: Material, instrument: str) -> Grid | None:
    """Return the endpoints of one instrument at the headline time point and the last one of each other axis."""
    table = material.rows("response", instrument=instrument)
    if table.empty:
        return None
    chosen = choose_places(material, table)
    cells = index_rows(table, *PLACE, "endpoint", "population", "arm")
    differences = material.rows("differences", instrument=instrument)
    contrasts = list(differences["contrast"].drop_duplicates()) if len(differences) else []
    deltas = index_rows(differences, *PLACE, "endpoint", "population", "contrast") if contrasts else {}
    arms = material.arms
    top = (heading(""), *(heading(material.arm(arm), 2) for arm in arms))
    top += tuple(heading(material.contrast(str(contrast))) for contrast in contrasts)
    second = (
        heading("Endpoint, time point, population"),
        *(heading(text) for _ in arms for text in ("n / N", f"% ({COVERED} CI)")),
    )
    second += tuple(heading(f"Difference, pp ({COVERED} CI)") for _ in contrasts)
    rows: list[tuple[Cell, ...]] = []
    for endpoint in table["endpoint"].drop_duplicates():
        rows.append((Cell(str(endpoint).capitalize(), head=True, span=1 + 2 * len(arms) + len(contrasts)),))
        for place in chosen:
            for population in POPULATIONS:
                key = (*place, str(endpoint), population)
                line = [heading(f"\u2003{material.timepoint(*place)}, {WHO[population]}")]
                for arm in arms:
                    line += rate(cells.get((*key, arm), {}))
                line += [number(_difference(deltas.get((*key, str(contrast)), {}))) for contrast in contrasts]
                rows.append(tuple(line))
    notes = [
        "n / N: events / patients counted. All treated: a missing score counts as no response, no remission, and no worsening. "
        "Complete cases: those with a score. CI: Wilson's score interval for a proportion, Newcombe's for a difference; pp: percentage points.",
    ]
    notes += [note_secondary(material, instrument)]
    if contrasts and not is_randomised(material):
        notes.append(UNADJUSTED)
    if contrasts:
        notes += [say_not_cautious(material, instrument, place, arms) for place in chosen[:1]]
        also = [place for place in chosen[1:] if place[1] in material.study.report.also]
        notes += [say_missing(material, instrument, place, arms) for place in also]
    notes += note_contrary_rates(material, instrument, chosen)
    return Grid(
        f"response-{instrument}",
        f"{material.instrument(instrument)}: response, remission, and worsening with both denominators.",
        (top, second),
        tuple(rows),
        tuple(filter(None, notes)),
    )


def note_secondary(material: Material, instrument: str) -> str:
    """Return what the entry rules leave open on an instrument: patients without a baseline, and those who began below the cut-off."""
    study, entry = material.study, material.study.instrument(instrument)
    if study.series.origin == "none":
        return ""
    name, texts = entry.name, []
    if _lack_baseline(material, instrument):
        texts.append(
            f"Patients without a {name} score at baseline are among all treated patients, where they count as no response, and not among complete cases."
        )
    threshold = study.baseline.minimum.get(instrument)
    cutoff = entry.remission_maximum
    if cutoff is not None and entry.higher_is_worse and (threshold is None or threshold <= cutoff):
        texts.append(
            f"No entry threshold of the {name} lies above the cut-off of remission: some of those in remission may have been at or below it at baseline."
        )
    return " ".join(texts)


def _lack_baseline(material: Material, instrument: str) -> bool:
    """Whether the released counts leave room for patients without a baseline score."""
    known = material.rows("scores", instrument=instrument, axis="baseline")
    started = material.rows("missingness", instrument=instrument)
    if known.empty or started.empty:
        return False
    sizes = started.groupby("arm")["started"].max()
    return not (known.set_index("arm")["n"].reindex(sizes.index) == sizes).all()


def _difference(row: Row) -> str:
    return estimate(row, "difference", 100, write=signed)
