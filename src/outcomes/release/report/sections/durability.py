"""How long the response lasts, for the reader: who was followed, the curves, what is held when, and hazard ratios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, count, fixed, interval, p_value
from outcomes.release.report.content.blocks import Block, Cell, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import heading, index_rows, number, say
from outcomes.release.report.content.material import Material, is_randomised, shown
from outcomes.settings.durability import Durability, End

ENDS = {"loss": "loss of response", "relapse": "relapse"}
HOLDS = {"loss": "In response", "relapse": "Free of relapse"}
STATES = {"ended": "ended", "further_treatment": "treated again first"}
STEPS = {
    "treated": "Treated, with a baseline score",
    "without_further_treatment": "No further session by the landmark",
    "scored": "Score in the landmark's window",
    "in_response": "In response: followed",
    "followed": "With a later score or session",
}
METHODS = {"kaplan_meier": "Kaplan–Meier", "turnbull": "Turnbull", "at_visit": "Seen at the visit"}
MODELS = {"cox": "Cox, day of the visit", "weibull_interval": "Weibull, between visits"}
FURTHER = {
    "censor": "Follow-up ends at the next session of any kind: the curves say how long the response lasts without further "
    "treatment, if those who are treated again would not have fared otherwise.",
    "competing": "A further session of any kind before the end is an outcome of its own.",
    "treatment_policy": "Further sessions change nothing: the curves say how long the response lasts under the care that was given.",
}


def show_durability(material: Material, folder: Path) -> Section:
    """Return the section on durability; empty when the study declares none."""
    settings, title = material.study.durability, "How long the response lasts"
    if settings is None or material.rows("durability_cohort").empty:
        return Section("durability", title)
    blocks: list[Block] = [Paragraph(text) for text in _define(material, settings)]
    blocks += present([tabulate_cohort(material)])
    blocks += pictures(material, folder, "durability", settings.instrument)
    blocks += present([tabulate_held(material), tabulate_effect(material)])
    return Section("durability", title, tuple(blocks))


def _define(material: Material, settings: Durability) -> list[str]:
    name, landmark = material.instrument(settings.instrument), settings.landmark
    ends = f"Loss of response: {_say_end(material, settings, settings.loss)}."
    if settings.relapse is not None:
        ends += f" Relapse: {_say_end(material, settings, settings.relapse)}."
    return [
        f"Followed are patients whose last {name} score of days {landmark.from_day} to {landmark.to_day} after the last "
        f"induction session is a response. Time counts from that session; only scores after day {landmark.to_day}, the "
        f"landmark, can end a response. {ends} {FURTHER[settings.maintenance]}",
        "An end is seen only at a visit. Kaplan–Meier takes the first visit that shows it as its day, and so sees it late where "
        "visits are rare; the interval-censored estimate (Turnbull) uses only that it came between two visits. Both ask whether "
        "an end was ever seen until a week, and scores go up and down: “seen at the visit” asks how many hold at that time, "
        "whatever lay between, and is usually the higher number.",
    ]


def _say_end(material: Material, settings: Durability, end: End) -> str:
    entry = material.study.instrument(settings.instrument)
    if end.score_from is not None:
        text = f"a score of {end.score_from:g} or {'more' if entry.higher_is_worse else 'less'}"
    else:
        percent = end.improvement_below if end.improvement_below is not None else entry.response_percent
        points = f"{entry.response_points or 0:g} points"
        text = f"a score less than {points if percent is None else f'{percent:g} %'} better than baseline"
    return text + (", confirmed by the next" if end.confirmed else "")


def tabulate_cohort(material: Material) -> Grid | None:
    """Return the steps from those treated to those followed."""
    cells = index_rows(material.rows("durability_cohort"), "step", "arm")
    arms = [arm for arm in material.arms if ("treated", arm) in cells]
    rows = [
        (heading(label), *(number(shown(cells[step, arm], count(cells[step, arm]["n"]))) for arm in arms))
        for step, label in STEPS.items()
        if all((step, arm) in cells for arm in arms)
    ]
    heads = (heading("Patients"), *(heading(material.arm(arm)) for arm in arms))
    return Grid("durability-cohort", "Who was followed after the induction.", (heads,), tuple(rows))


def tabulate_held(material: Material) -> Grid | None:
    """Return what is held at the declared weeks, arms side by side, with published figures below."""
    table = material.rows("durability_held")
    if table.empty:
        return None
    cells = index_rows(table.astype({"week": int}), "end", "method", "state", "week", "arm")
    arms = [arm for arm in material.arms if (table["arm"] == arm).any()]
    rows: list[tuple[Cell, ...]] = []
    places = table[["end", "method", "state", "week"]].drop_duplicates().astype({"week": int})
    for key in places.itertuples(index=False, name=None):
        end, method, state, week = (str(part) for part in key)
        what = HOLDS[end] if state == "held" else f"{HOLDS[end]}: {STATES[state]}"
        line = [number(_share(cells.get((end, method, state, week, arm), {}))) for arm in arms]
        rows.append((heading(f"{what}, week {week}"), Cell(METHODS[method]), *line))
    heads = (
        heading("State, weeks after the induction"),
        heading("Estimate"),
        *(heading(material.arm(arm)) for arm in arms),
    )
    notes = (
        f"Percent with {COVERED} interval (none where no end was seen). Seen at the visit: n is the number with a score near that week.",
        _published(material),
    )
    caption = "Response held after the induction."
    return Grid("durability-held", caption, (heads,), tuple(rows), tuple(note for note in notes if note))


def _share(row: dict[str, Any]) -> str:
    if not row or pd.isna(row["share"]):
        return shown(row, ABSENT)
    text = fixed(100 * row["share"], 0)
    if pd.notna(row["lower"]) and row["lower"] < row["upper"]:
        text += f" ({interval(row['lower'], row['upper'], 0, factor=100)})"
    return text + (f", n {count(row['seen'])}" if pd.notna(row["seen"]) else "")


def _published(material: Material) -> str:
    """Say what published cohorts held, with how they differ."""
    settings = material.study.durability
    table = material.rows("published")
    if settings is None or table.empty:
        return ""
    own = table[(table["endpoint"] == "response held") & (table["instrument"] == settings.instrument)]
    parts = [
        f"{study} ({', '.join(own_rows['definition'].unique())}): "
        + ", ".join(f"{row['estimate']:g} % {row['window']}" for row in own_rows.to_dict("records"))
        for study, own_rows in own.groupby("study", sort=False)
    ]
    if not parts:
        return ""
    differs = (
        ""
        if settings.maintenance == "censor"
        else " Here further sessions are not left out, so the definition differs."
    )
    return f"Published: {'; '.join(parts)}.{differs}"


def tabulate_effect(material: Material) -> Grid | None:
    """Return the hazard ratios."""
    table = material.rows("durability_effect")
    rows = []
    for row in _records(table):
        name = f"{ENDS[str(row['end'])].capitalize()}: {material.arm(str(row['treated']))} to {material.arm(str(row['reference']))}"
        bounds = interval(row["lower"], row["upper"], 2)
        ratio = f"{fixed(row['hazard_ratio'], 2)} ({bounds})" if bounds != ABSENT else ABSENT
        if ratio == ABSENT and not row["withheld"]:
            ratio = f"not estimated: {row['note']}"
        weights = "none" if row["weights"] == "none" else say(str(row["weights"]))
        cells = [ratio, p_value(row["p_value"]), count(row["effective_n"]), p_value(row["proportional_p"])]
        line = [number(shown(row, text) if place < 3 else text) for place, text in enumerate(cells)]
        rows.append((heading(name), Cell(MODELS[str(row["method"])]), Cell(weights), *line))
    if not rows:
        return None
    heads = (
        "End",
        "Model",
        "Weights",
        f"Hazard ratio ({COVERED} interval)",
        "p",
        "Effective sample size",
        "Proportionality, p",
    )
    return Grid(
        "durability-effect",
        "How fast one arm comes to an end beside the other.",
        (tuple(heading(text) for text in heads),),
        tuple(rows),
        (_warn(material),),
    )


def _warn(material: Material) -> str:
    text = "Below one: later than in the reference arm. Sandwich variance, weights taken as known. "
    text += "The Cox model sees an end sooner in an arm with more visits; the Weibull model does not. "
    if is_randomised(material):
        return text + "Responders are compared, so chance no longer balances the arms."
    return (
        text
        + "Responders are compared: weights balance what was measured before treatment, not what made them respond."
    )


def _records(table: pd.DataFrame) -> Sequence[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
