"""How many patients an arm a comparison needs."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.commands.command import Command, number
from outcomes.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.analysis.power.design import Design
    from outcomes.analysis.power.trials import Trials
    from outcomes.settings import Study

SIZES = (25, 50, 100, 150, 200, 300, 400)
POWER = 0.9
DIFFERENCES = (1.0, 2.0, 3.0)


def power(options: Namespace) -> None:
    """Say how many patients an arm find a difference, under the covariance, dropout, and weights that this study has shown.

    Trials are drawn without and with a difference, and fitted on the engine of the study's own models; the observed difference takes no
    part. Needs the steps up to `compare`. Writes power.csv and a curve into the folder of --out.
    """
    from outcomes.analysis.power.design import learn_design
    from outcomes.analysis.power.table import tabulate_power
    from outcomes.files import Places, read_table, write_text
    from outcomes.release.figures import save_figure
    from outcomes.release.figures.draw import draw_plan
    from outcomes.release.figures.plans.power import plan_power
    from outcomes.settings import read_study

    study = read_study(options.study)
    if study.comparison is None:
        raise SettingsError("power: the study declares no comparison, so there is no difference to find.")
    if options.replicates < 100 or min(options.patients) < 5:
        raise SettingsError("power: it takes at least 100 trials, and 5 patients an arm.")
    places = Places(study.study)
    tables = {name: read_table(places.table(name), name) for name in ("endpoints", "cohort")}
    weights = places.table("estimates/weights")
    if weights.is_file():
        tables["weights"] = read_table(weights)
    design = learn_design(tables, study)
    drawn = _simulate(design, sorted(set(options.patients)), options.replicates, study)
    table = tabulate_power(drawn, design, options.differences, study.comparison.estimand.margin)
    folder = Path(options.out or places.root / "data" / study.study / "power")
    write_text(table.round(4).to_csv(index=False), folder / "power.csv")
    save_figure(draw_plan(plan_power(table, study), study), folder, "power")
    print("\n".join(_tell(table, design, study, options.replicates)))
    print(f"In {folder}: power.csv, power.svg")


def _simulate(design: Design, sizes: list[int], replicates: int, study: Study) -> dict[int, Trials]:
    import numpy as np

    from outcomes.analysis.power.trials import simulate_trials

    return {n: simulate_trials(design, n, replicates, np.random.default_rng([study.seed, 18, n])) for n in sizes}


def _tell(table: pd.DataFrame, design: Design, study: Study, replicates: int) -> list[str]:
    """Return what was learned, and how many patients answer what, in sentences."""
    from outcomes.analysis.power.table import WORSE

    assert study.comparison is not None
    estimand = study.comparison.estimand
    names = {"reference": estimand.reference, "treated": estimand.treated}
    arms = zip(names.values(), design.seen, design.cost, strict=True)
    kept = [
        f"{arm} {20 * own[:, 0].mean():.0f} of 20 seen, {cost:.2f} patients per effective one"
        for arm, own, cost in arms
    ]
    worst = table["monte_carlo_error"].max()
    lines = [
        f"Learned from this study, {estimand.instrument} at {estimand.timepoint}: standard deviation of the change given baseline "
        f"{design.covariance[0, 0] ** 0.5:.2g} points; {'; '.join(kept)}.",
        f"{replicates} trials a size; Monte Carlo error at most {100 * worst:.1f} points of power.",
    ]
    if study.comparison.cluster == "site":
        lines.append(
            "The trials take patients as independent; the variance of this comparison is clustered by site, so it takes more patients than are told here."
        )
    for question, delta in table[["question", "difference"]].drop_duplicates().itertuples(index=False):
        if question == "difference" and delta == 0:
            continue
        said = [_say_size(table, question, delta, spread) for spread in (1.0, WORSE)]
        what = (
            f"a difference of {delta:g} point{'' if delta == 1 else 's'}"
            if question == "difference"
            else _name(question, estimand.margin)
        )
        lines.append(
            f"{said[0]} patients an arm show {what} in 90% ({said[1]} if standard deviations are a fifth larger)."
        )
    none = table[(table["question"] == "difference") & (table["difference"] == 0) & (table["spread"] == 1)]
    lines.append(
        f"Without a difference {100 * none['power'].min():.1f} to {100 * none['power'].max():.1f}% show one (5% is meant)."
    )
    return lines


def _say_size(table: pd.DataFrame, question: str, delta: float, spread: float) -> str:
    from outcomes.analysis.power.table import find_size

    size = find_size(table, question, delta, spread, POWER)
    chosen = (table["question"] == question) & (table["difference"] == delta) & (table["spread"] == spread)
    return f"{size:.0f}" if size == size else _outside(table[chosen])


def _name(question: str, margin: object) -> str:
    points = getattr(margin, "points", 0.0)
    return f"{question.replace('_', '-')} within {points:g} points where there is no difference"


def _outside(rows: pd.DataFrame) -> str:
    """Say on which side of the sizes tried the answer lies."""
    enough = (rows["power"] >= POWER).any()
    return f"at most {rows['per_arm'].min()}" if enough else f"more than {rows['per_arm'].max()}"


COMMAND = Command(
    power,
    "how many patients an arm find a difference, by simulation",
    (
        (
            ("--patients",),
            {
                "nargs": "+",
                "type": int,
                "default": list(SIZES),
                "metavar": "N",
                "help": "patients an arm (default: 25 to 400)",
            },
        ),
        (
            ("--differences",),
            {"nargs": "+", "type": float, "default": list(DIFFERENCES), "metavar": "POINTS", "help": "default: 1 2 3"},
        ),
        number("--replicates", "trials of each size", 1000),
        (("--out",), {"metavar": "FOLDER", "help": "where to write (default: data/{study}/power)"}),
    ),
)
