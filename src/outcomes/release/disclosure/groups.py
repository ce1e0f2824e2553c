"""Which people each count of a released table counts, under one name for all tables.

Two tables that count the same people name the same group, so a group is shown everywhere or nowhere. What a table of this
module does not declare cannot be released: see :data:`COUNTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from outcomes.release.disclosure.cells import PLACE
from outcomes.release.disclosure.rules.durability import name_hazards, name_visits, name_weeks

Tables = Mapping[str, pd.DataFrame]
Group = tuple[Hashable, ...]
Record = dict[str, Any]
Namer = Callable[[Record], dict[str, Group]]


@dataclass
class Register:
    """Groups, how many people each has, and where the released tables show it."""

    counts: dict[Group, int] = field(default_factory=dict)
    places: dict[Group, list[tuple[str, Hashable, str]]] = field(default_factory=dict)

    def note(self, group: Group, count: Any, place: tuple[str, Hashable, str]) -> None:
        """Note one place, by table, row, and column, where a group is shown; a missing count shows nothing."""
        if not pd.isna(count):
            self.counts[group] = int(count)
            self.places.setdefault(group, []).append(place)

    def count_rows(self, table: str) -> dict[Hashable, int]:
        """Return, by row of a table, its count ``n`` before anything was withheld."""
        return {
            at: self.counts[group]
            for group, places in self.places.items()
            for name, at, column in places
            if name == table and column == "n"
        }


def register_groups(tables: Tables) -> Register:
    """Return the groups of all tables, before anything is withheld."""
    found = Register()
    for table, rows in tables.items():
        namer = NAMERS.get(table)
        for at, row in zip(rows.index, _records(rows), strict=True):
            groups = namer(row) if namer else {column: (table, column, at) for column in COUNTS[table]}
            for column, group in groups.items():
                found.note(group, row.get(column), (table, at, column))
    return found


def _records(table: pd.DataFrame) -> list[Record]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _place(row: Record) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in PLACE)


def _flow(row: Record) -> dict[str, Group]:
    return {"n": ("flow", row["order"])}


def _ledger(row: Record) -> dict[str, Group]:
    return {"rows": ("flow", (row["file"], row["state"], row["reason"]))}


def _balance(row: Record) -> dict[str, Group]:
    states = ("raw", "kept", "corrected", "flagged", "merged", "quarantined")
    return {state: ("flow", (row["file"], state)) for state in states}


def _baseline(row: Record) -> dict[str, Group]:
    variable, arm = row["variable"], row["arm"]
    return {"n": ("baseline", (variable, row["level"], arm)), "missing": ("baseline", (variable, None, arm))}


def _scores(row: Record) -> dict[str, Group]:
    return {"n": ("observed", *_place(row))}


def _missingness(row: Record) -> dict[str, Group]:
    reached = ("reached", row["arm"], row["axis"], row["timepoint"])
    return {"started": ("started", row["arm"]), "reached": reached, "observed": ("observed", *_place(row))}


def _response(row: Record) -> dict[str, Group]:
    place = (*_place(row), row["endpoint"])
    n: Group = ("started", row["arm"]) if row["population"] == "started" else ("known", *place)
    return {"n": n, "events": ("event", *place)}


def _change(row: Record) -> dict[str, Group]:
    return {"n": ("bin", *_place(row), row["bin_lower"])}


def _ideation(row: Record) -> dict[str, Group]:
    return {"n": ("ideation", (*_place(row), row["baseline_answer"], row["answer"]))}


def _ideation_change(row: Record) -> dict[str, Group]:
    return {name: ("ideation", (*_place(row), row["transition"], name)) for name in ("n", "events")}


def _recall(row: Record) -> dict[str, Group]:
    return {"n": ("recalled", *_place(row)), "overlapping": ("overlapping", *_place(row))}


def _published(row: Record) -> dict[str, Group]:
    if pd.isna(row["arm"]):
        return {}
    named = _response(row)
    return {"own_n": named["n"], "own_events": named["events"]}


def _models(row: Record) -> dict[str, Group]:
    return {name: (name, row["model"]) for name in COUNTS["models"]}


def _sides(row: Record, *group: Hashable, prefix: str = "n") -> dict[str, Group]:
    return {f"{prefix}_{side}": (*group, side) for side in ("treated", "reference")}


def _covariates(row: Record) -> dict[str, Group]:
    return _sides(row, "covariate", row["variable"], row["level"])


def _weights(row: Record) -> dict[str, Group]:
    kind, arm = row["weights"], row["arm"]
    return {"n": ("compared", arm), "truncated": ("truncated", kind), "without_weight": ("unweighted", kind, arm)}


def _effects(row: Record) -> dict[str, Group]:
    at = ("counted", row["axis"], row["timepoint"])
    return _sides(row, "scored", row["axis"]) | _sides(row, *at, prefix="observed")


def _risks(row: Record) -> dict[str, Group]:
    place = (row["axis"], row["timepoint"], row["endpoint"])
    n = ("compared at risk",) if row["population"] == "started" else ("settled", *place)
    return _sides(row, *n) | _sides(row, "settled event", *place, prefix="events")


def _sensitivity(row: Record) -> dict[str, Group]:
    return {"n": ("analysis", row["axis"], row["timepoint"], row["endpoint"], row["analysis"])}


def _eligibility(row: Record) -> dict[str, Group]:
    return {"n": ("eligibility", row["order"])}


def _subgroups(row: Record) -> dict[str, Group]:
    level = (row["variable"], row["level"])
    at = (row["endpoint"], row["population"], *level)
    return (
        _sides(row, "subgroup", *level)
        | _sides(row, "subgroup observed", *at, prefix="observed")
        | _sides(row, "subgroup event", *at, prefix="events")
    )


def _regressed(row: Record) -> dict[str, Group]:
    return {"n": ("regressed", *_place(row))}


def _two_baselines(row: Record) -> dict[str, Group]:
    return {"n": ("two baselines", *_place(row))}


def _steps(row: Record) -> dict[str, Group]:
    return {"n": ("step", row["arm"], row["step"])}


def _imputations(row: Record) -> dict[str, Group]:
    return {"n": ("imputed", row["endpoint"], row["scale"], row["axis"], row["timepoint"], row["analysis"])}


def _early(row: Record) -> dict[str, Group]:
    signal = (row["axis"], row["signal"], row["target_axis"], row["target"])
    name = (*signal, row["population"], row["measure"], row["arm"])
    return {"n": ("early n", *name), "events": ("early", *name)}


def _dropout(row: Record) -> dict[str, Group]:
    place = (row["axis"], row["timepoint"], row["arm"], row["band"])
    return {"n": ("there", *place), "stayed": ("staying", *place)}


def _overlap(row: Record) -> dict[str, Group]:
    return {"n": ("score bin", row["arm"], row["bin_lower"])}


# Every released table with its counts; a table that is not here, or a whole number of it that is neither here nor in
# NO_COUNTS, is refused. A table without a namer has groups of its own, which no other table counts.
COUNTS: dict[str, tuple[str, ...]] = {
    "flow": ("n",),
    "baseline": ("n", "missing"),
    "scores": ("n",),
    "response": ("n", "events"),
    "differences": (),
    "change_distribution": ("n",),
    "missingness": ("started", "reached", "observed"),
    "ideation": ("n",),
    "ideation_change": ("n", "events"),
    "recall": ("n", "overlapping"),
    "published": ("own_n", "own_events"),
    "ledger": ("rows",),
    "balance": ("raw", "kept", "corrected", "flagged", "merged", "quarantined"),
    "models": ("n_subjects", "n_observations", "dropped_rows", "dropped_subjects"),
    "baseline_smd": (),
    "coefficients": (),
    "tests": (),
    "margins": (),
    "model_differences": (),
    "target_trial": (),
    "comparison_statement": (),
    "covariate_balance": ("n_treated", "n_reference"),
    "score_overlap": ("n",),
    "positivity": ("n_treated", "n_reference"),
    "weights": ("n", "truncated", "without_weight"),
    "effects": ("n_treated", "n_reference", "observed_treated", "observed_reference"),
    "risks": ("n_treated", "n_reference", "events_treated", "events_reference"),
    "sensitivity": ("n",),
    "tipping": (),
    "imputations": ("n",),
    "dropout": ("n", "stayed"),
    "early_signals": ("n", "events"),
    "eligibility": ("n",),
    "subgroups": (
        "n_treated",
        "n_reference",
        "observed_treated",
        "observed_reference",
        "events_treated",
        "events_reference",
    ),
    "interactions": (),
    "regression_to_mean": ("n",),
    "two_baselines": ("n",),
    "durability_cohort": ("n",),
    "durability_curve": ("at_risk", "events", "treated", "censored"),
    "durability_held": ("n", "seen", "events"),
    "durability_effect": ("n_treated", "n_reference", "events_treated", "events_reference"),
}
NO_COUNTS = {
    "flow": {"order"},
    "ideation": {"baseline_answer", "answer"},
    "published": {"n_treated", "n_analysed"},
    "tests": {"num_df"},
    "eligibility": {"order"},
    "imputations": {"draws"},
    "dropout": {"band_lower"},
    "subgroups": {"order"},
    "interactions": {"levels", "num_df"},
    "durability_curve": {"week"},
    "durability_held": {"week"},
}
NAMERS: dict[str, Namer] = {
    "flow": _flow,
    "baseline": _baseline,
    "scores": _scores,
    "response": _response,
    "change_distribution": _change,
    "missingness": _missingness,
    "ideation": _ideation,
    "ideation_change": _ideation_change,
    "recall": _recall,
    "published": _published,
    "ledger": _ledger,
    "balance": _balance,
    "models": _models,
    "covariate_balance": _covariates,
    "score_overlap": _overlap,
    "positivity": _covariates,
    "weights": _weights,
    "effects": _effects,
    "risks": _risks,
    "sensitivity": _sensitivity,
    "early_signals": _early,
    "eligibility": _eligibility,
    "subgroups": _subgroups,
    "imputations": _imputations,
    "durability_cohort": _steps,
    "dropout": _dropout,
    "durability_curve": name_weeks,
    "durability_held": name_visits,
    "durability_effect": name_hazards,
    "regression_to_mean": _regressed,
    "two_baselines": _two_baselines,
}
