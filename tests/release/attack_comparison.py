"""What the counts of the models, the comparison, and durability mean to a reader, and how they hang with the other tables."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pandas as pd
from attack import Name, System
from attack_estimates import read_estimates
from attack_statistics import read_counts

from outcomes.settings import Study

ALL = "all"
ESTIMATED = (
    "risks",
    "sensitivity",
    "subgroups",
    "tipping",
    "dropout",
    "durability_curve",
    "durability_held",
    "durability_effect",
)
Tables = Mapping[str, pd.DataFrame]


def describe_comparison(system: System, tables: Tables, study: Study) -> None:
    """Add what the tables after the descriptive ones say."""
    read_models(system, rows_of(tables, "models"), study)
    if study.comparison is not None:
        estimand = study.comparison.estimand
        sides = {"treated": estimand.treated, "reference": estimand.reference}
        read_compared(system, tables, sides)
        read_effects(system, tables, sides, estimand.instrument)
        read_subgroups(system, tables, sides)
        read_early(system, rows_of(tables, "early_signals"), sides)
    read_durability(system, tables)
    read_estimates(system, {name: rows_of(tables, name) for name in ESTIMATED}, study)


def rows_of(tables: Tables, name: str) -> list[dict[str, Any]]:
    table = tables.get(name, pd.DataFrame())
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def read_models(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    """Scores in a model and dropped are the scores of its axis; its patients have any of them."""
    arms = [arm.id for arm in study.arms]
    single = study.series.use == "first" or study.series.origin != "sessions"
    for row in rows:
        model = study.models[row["model"]]
        names = {
            column: system.show((column, row["model"]), row[column])
            for column in ("n_subjects", "n_observations", "dropped_rows", "dropped_subjects")
        }
        axes = [row["axis"], *(["baseline"] if model.include_baseline_visit else [])]
        scores = [
            name
            for name in system.bounds
            if name[0] == "observed" and name[1] in arms and name[2] == row["instrument"] and name[3] in axes
        ]
        everything = system.narrow(("scores", row["model"]))
        system.add(everything, [names["n_observations"], names["dropped_rows"]])
        system.add(everything, scores)
        if single and not model.include_baseline_visit:
            people = [system.narrow(("any score", arm, row["instrument"], row["axis"])) for arm in arms]
            for arm, anyone in zip(arms, people, strict=True):
                system.within(("started", arm), anyone)
                for name in scores:
                    if name[1] == arm:
                        system.within(anyone, name)
            system.add(system.narrow(("people", row["model"])), people)
            system.add(("people", row["model"]), [names["n_subjects"], names["dropped_subjects"]])
    for first, second in combinations(rows, 2):
        if (first["instrument"], first["axis"]) == (second["instrument"], second["axis"]):
            system.near(("n_subjects", first["model"]), ("n_subjects", second["model"]))
            system.near(("n_observations", first["model"]), ("n_observations", second["model"]))


def read_compared(system: System, tables: Tables, sides: Mapping[str, str]) -> None:
    """Who is compared, step by step; their characteristics; the bins of their scores."""
    for row in rows_of(tables, "weights"):
        system.show(("compared", row["arm"]), row["n"])
        system.show(("unweighted", row["weights"], row["arm"]), row["without_weight"])
        system.within(("compared", row["arm"]), ("unweighted", row["weights"], row["arm"]))
        if row["weights"] == "none" and not pd.isna(row["effective_n"]):
            system.show(("compared", row["arm"]), row["effective_n"])
    steps: dict[str, list[Name]] = {}
    for row in rows_of(tables, "eligibility"):
        steps.setdefault(row["arm"], []).append(system.show(("step", row["arm"], row["order"]), row["n"]))
    for arm, names in steps.items():
        system.add(names[0], names[1:])
        system.same(names[-1], ("compared", arm))
        system.near(names[0], ("started", arm))
    for arm in sides.values():
        for name in (("started", arm), ("patients", arm)):
            system.near(name, ("compared", arm))
    for table in ("covariate_balance", "positivity"):
        for row in rows_of(tables, table):
            for side, arm in sides.items():
                level = row["level"] if isinstance(row["level"], str) else ""
                name = ("covariate", row["variable"], level, arm)
                system.show(name, row[f"n_{side}"])
                share = row.get(f"{side}_before")
                people = system.known(("compared", arm))
                if level and people and share is not None and not pd.isna(share):
                    system.show(name, round(share * people))
    variables: dict[tuple[str, str], list[Name]] = {}
    for name in [name for name in system.bounds if name[0] == "covariate"]:
        variables.setdefault((str(name[1]), str(name[3])), []).append(name)
        ours = ("level", name[1], name[2], name[3]) if name[2] else ("known", name[1], name[3])
        system.near(ours, name)
        if system.known(("compared", name[3])) == system.known(("patients", name[3])) is not None:
            system.same(ours, name)
    for (_, arm), names in variables.items():
        if all(name[2] for name in names):
            system.add(("compared", arm), names)
    bins: dict[str, list[Name]] = {}
    for row in rows_of(tables, "score_overlap"):
        bins.setdefault(row["arm"], []).append(system.show(("bin", "score", row["arm"], row["bin_lower"]), row["n"]))
    for arm, names in bins.items():
        system.add(("compared", arm), names)


def read_effects(system: System, tables: Tables, sides: Mapping[str, str], instrument: str) -> None:
    """Scores and endpoints in the comparison, beside those of the arms' own tables; analyses as sums over both arms."""
    for row in rows_of(tables, "effects"):
        for side, arm in sides.items():
            scored: Name = ("scored", row["axis"], arm)
            counted: Name = ("counted", row["axis"], row["timepoint"], arm)
            observed: Name = ("observed", arm, instrument, row["axis"], row["timepoint"])
            system.show(scored, row[f"n_{side}"])
            system.show(counted, row[f"observed_{side}"])
            system.within(("compared", arm), scored)
            system.near(("started", arm), scored)
            system.within(scored, counted)
            system.near(observed, counted)
            system.near(observed, scored)
        if not pd.isna(row["effective_n"]) and row["effective_n"] == round(row["effective_n"]):
            system.narrow(("both", "scored", row["axis"]), row["effective_n"], row["effective_n"])
        system.add(
            system.narrow(("both", "scored", row["axis"])), [("scored", row["axis"], arm) for arm in sides.values()]
        )
    for row in rows_of(tables, "risks"):
        place = (row["axis"], row["timepoint"], row["endpoint"])
        for side, arm in sides.items():
            n: Name = ("compared", arm) if row["population"] == "started" else ("settled", *place, arm)
            event: Name = ("settled event", *place, arm)
            system.show(n, row[f"n_{side}"])
            system.show(event, row[f"events_{side}"])
            if row["method"] == "unadjusted":
                counts = {"proportion": row[f"risk_{side}"], "n": row[f"n_{side}"], "events": row[f"events_{side}"]}
                for part, low, high in read_counts("response", counts | {"lower": None, "upper": None}, {}):
                    system.narrow(n if part == "n" else event, low, high)
            system.within(n, event)
            system.within(("compared", arm), n)
            system.near(("known", arm, instrument, *place), ("settled", *place, arm))
            system.near(("event", arm, instrument, *place), event)
            system.near(("observed", arm, instrument, *place[:2]), ("settled", *place, arm))
    analyses: dict[tuple[str, str], list[Name]] = {}
    for row in rows_of(tables, "sensitivity"):
        name: Name = ("analysis", row["axis"], row["timepoint"], row["endpoint"], row["analysis"])
        system.show(name, row["n"])
        analyses.setdefault((row["axis"], row["timepoint"]), []).append(name)
        for population, parts in (
            ("started", [("compared", arm) for arm in sides.values()]),
            ("observed", [("settled", *name[1:4], arm) for arm in sides.values()]),
        ):
            if str(row["analysis"]).endswith(f"_{population}"):
                system.add(name, parts)
    for names in analyses.values():
        for one, other in combinations(names, 2):
            system.near(one, other)


def read_subgroups(system: System, tables: Tables, sides: Mapping[str, str]) -> None:
    variables: dict[Name, list[Name]] = {}
    for row in rows_of(tables, "subgroups"):
        for side, arm in sides.items():
            level = (row["variable"], row["level"])
            population = row["population"] if isinstance(row["population"], str) else ""
            n: Name = ("compared", arm) if row["level"] == ALL else ("subgroup", *level, arm)
            seen: Name = ("subgroup seen", row["endpoint"], population, *level, arm)
            event: Name = ("subgroup event", row["endpoint"], *level, arm)
            system.show(n, row[f"n_{side}"])
            system.show(seen, row[f"observed_{side}"])
            system.within(n, seen)
            if not pd.isna(row[f"events_{side}"]) or row["endpoint"] != "change":
                system.show(event, row[f"events_{side}"])
                system.within(seen, event)
            if row["level"] != ALL:
                variables.setdefault(("compared", row["variable"], arm), []).append(n)
                system.same(("covariate", *level, arm), n)
    for (_, _, arm), names in variables.items():
        system.add(("compared", arm), list(dict.fromkeys(names)))


def read_early(system: System, rows: list[dict[str, Any]], sides: Mapping[str, str]) -> None:
    for row in rows:
        place = (row["axis"], row["signal"], row["target_axis"], row["target"], row["population"], row["measure"])
        n, event = ("early n", *place, row["arm"]), ("early", *place, row["arm"])
        system.show(n, row["n"])
        system.show(event, row["events"])
        for part, low, high in read_counts("response", row, {}):
            system.narrow(n if part == "n" else event, low, high)
        system.within(n, event)
    for name in [name for name in system.bounds if name[0] in ("early n", "early") and name[-1] == ALL]:
        system.add(name, [(*name[:-1], arm) for arm in sides.values()])
    for name in [name for name in system.bounds if name[0] == "early n" and name[5] == "started"]:
        system.within(name, (*name[:5], "observed", *name[6:]))
        pair = {"sensitivity": "ppv", "specificity": "npv"}.get(str(name[6]))
        if pair:
            system.same(("early", *name[1:]), ("early", *name[1:6], pair, name[7]))


def read_durability(system: System, tables: Tables) -> None:
    chains: dict[str, list[Name]] = {}
    for row in rows_of(tables, "durability_cohort"):
        chains.setdefault(row["arm"], []).append(system.show(("durable", row["arm"], row["step"]), row["n"]))
    for arm, names in chains.items():
        for larger, smaller in combinations(names, 2):
            system.within(larger, smaller)
        for name in names:
            system.near(("started", arm), name)
