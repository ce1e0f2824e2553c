"""What every count of every released table means to a reader: which people it counts, and how counts hang together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import pandas as pd
from attack import Name, System
from attack_comparison import describe_comparison
from attack_statistics import read_counts

from outcomes.settings import Study

ALL = "all"
Tables = Mapping[str, pd.DataFrame]
PLACE = ("arm", "instrument", "axis", "timepoint")

# Counts of every released table. The others' numbers are no counts of people (or, in `tests`, of freedom); a table that is
# not here, or a whole number that is in neither list, fails test_attack.py: say what it counts before it is released.
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
    "early_signals": ("n", "events"),
    "imputations": ("n",),
    "dropout": ("n", "stayed"),
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
    "published": ("own_n", "own_events"),
}
NO_COUNTS = {
    "flow": {"order"},
    "ideation": {"baseline_answer", "answer"},
    "published": {"n_treated", "n_analysed"},  # of the publications, public
    "tests": {"num_df"},
    "eligibility": {"order"},
    "imputations": {"draws"},
    "dropout": {"band_lower"},
    "subgroups": {"order"},
    "interactions": {"levels", "num_df"},
    "durability_curve": {"week"},
    "durability_held": {"week"},
    "missingness": {"time"},
}


def describe(tables: Tables, study: Study) -> System:
    """Return everything that the tables say, as a system of counts."""
    system = System()
    for name, read in READERS.items():
        if name in tables:
            read(system, rows_of(tables[name]), study)
    for tie in TIES:
        tie(system, tables, study)
    describe_comparison(system, tables, study)
    return system


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def one_series(study: Study) -> bool:
    """Tell whether each patient is analysed once, so that series and patients are the same number."""
    return study.series.use == "first" or study.series.origin != "sessions"


def read_flow(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    headlines = [row["label"] for row in rows if str(row["label"]).startswith("Series with ")]
    for row in rows:
        system.show(name_box(row, study, headlines), row["n"])
    chains: dict[Name, list[dict[str, Any]]] = {}
    for row in rows:
        if row["reason"] is not None and not pd.isna(row["reason"]):
            chains.setdefault((row["unit"], row["arm"]), []).append(row)
    ends = {
        "rows": lambda arm: (("rows", "raw"), ("rows", "kept")),
        "patients": lambda arm: (("patients", "export"), ("patients", "with series")),
        "series": lambda arm: (("series", arm), ("started", arm)),
    }
    for unit, arm in {(row["unit"], row["arm"]) for row in rows}:
        whole, kept = ends[unit](arm)
        left = [name_box(row, study, headlines) for row in chains.get((unit, arm), [])]
        system.add(whole, [kept, *left])
    arms = [arm.id for arm in study.arms]
    for row in rows:
        if row["unit"] == "series" and row["arm"] == ALL:
            name = name_box(row, study, headlines)
            parts = [name_box(row | {"arm": arm}, study, headlines) for arm in arms]
            system.add(name, [part for part in parts if part in system.bounds])
    system.within(("series", ALL), ("patients", "with series"))
    if study.series.use == "first" and study.series.origin == "sessions":
        system.add(("series", ALL), [("patients", "with series"), ("excluded", ALL, "not_first_series")])


def name_box(row: Mapping[str, Any], study: Study, headlines: list[str]) -> Name:
    unit, arm, label = str(row["unit"]), str(row["arm"]), str(row["label"])
    plain = {
        ("rows", "Rows in the export"): ("rows", "raw"),
        ("rows", "Rows kept"): ("rows", "kept"),
        ("patients", "Patients in the export"): ("patients", "export"),
        ("patients", "Patients with a series"): ("patients", "with series"),
        ("patients", "Patients analysed"): ("patients", ALL),
        ("series", "Series"): ("series", arm),
        ("series", "Series analysed"): ("started", arm),
    }
    if (unit, label) in plain:
        return plain[unit, label]
    if label.startswith("Series with "):
        place = label.split(" score, ", 1)[1]
        axis = place.rsplit(" (", 1)[1][:-1] if place.endswith(")") else ""
        return ("observed", arm, study.instruments[0], axis or find_axis(place, study), place.rsplit(" (", 1)[0])
    return ("excluded", arm, str(row["reason"])) if unit == "series" else (unit, str(row["reason"]))


def find_axis(place: str, study: Study) -> str:
    if place == "clean window":
        return "clean"
    first = place.split(" ")[0]
    return first if first in ("session", "day") and study.series.origin == "sessions" else "visit"


def read_ledger(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        system.show(("ledger", row["file"], row["state"], row["reason"]), row["rows"])


def read_balance(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        for state in COUNTS["balance"]:
            system.show(("file", row["file"], state), row[state])
        system.add(("file", row["file"], "raw"), [("file", row["file"], s) for s in ("kept", "merged", "quarantined")])
        for name in [name for name in system.bounds if name[:2] == ("ledger", row["file"])]:
            if name[2] in (
                "merged",
                "quarantined",
            ):  # a row that is both corrected and flagged is balanced as one of them
                system.within(("file", row["file"], name[2]), name)


def tie_files(system: System, tables: Tables, study: Study) -> None:
    files = {name[1] for name in system.bounds if name[0] == "file"}
    for box, state in ((("rows", "raw"), "raw"), (("rows", "kept"), "kept")):
        system.add(box, [("file", file, state) for file in sorted(files)])
    ledger = [name for name in system.bounds if name[0] == "ledger" and name[2] in ("merged", "quarantined")]
    for reason in sorted({str(name[3]) for name in ledger}):
        same = [name for name in ledger if name[3] == reason]
        if len(same) == 1:
            system.same(("rows", reason), same[0])
    for file in files:
        for state in ("merged", "quarantined"):
            own = [name for name in ledger if name[1:3] == (file, state)]
            values = [system.known(name) for name in (("file", file, state), *own)]
            if None in values or values[0] == sum(values[1:]):  # type: ignore[arg-type]
                system.add(("file", file, state), own)


def read_baseline(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        variable, arm = row["variable"], row["arm"]
        if variable == "patients":
            system.show(("patients", arm), row["n"])
            continue
        level = row["level"] if isinstance(row["level"], str) and row["level"] else ""
        number = not level
        name = ("known", variable, arm) if number else ("level", variable, level, arm)
        system.show(name, row["n"])
        system.show(("missing", variable, arm), row["missing"])
        for part, low, high in read_counts("baseline", row, {"people": system.known(("patients", arm))}):
            system.narrow(name if part == "n" else ("missing", variable, arm), low, high)
    arms = [arm.id for arm in study.arms]
    groups: dict[tuple[str, str], list[Name]] = {}
    for name in list(system.bounds):
        if name[0] in ("known", "level"):
            groups.setdefault((str(name[1]), str(name[-1])), []).append(name)
        if name[-1] == ALL and name[0] in ("known", "level", "missing", "patients"):
            parts = [(*name[:-1], arm) for arm in arms]
            if one_series(study) and name[1:] != ("export",):
                system.add(name, parts)
    for (variable, arm), names in groups.items():
        system.add(("patients", arm), [*names, ("missing", variable, arm)])
    for name in study.instruments:
        for arm in (ALL, *arms):
            system.same(("missing", f"{name}_band", arm), ("missing", name, arm))


def read_scores(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        if row["axis"] == "enrolment":
            name: Name = ("enrolled", row["instrument"])
        else:
            name = ("observed", *(row[key] for key in PLACE))
        system.show(name, row["n"])
        for _, low, high in read_counts("scores", row, {}):
            system.narrow(name, low, high)


def read_missingness(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        place = tuple(row[key] for key in PLACE)
        names: dict[str, Name] = {
            "started": ("started", row["arm"]),
            "reached": ("reached", row["arm"], row["axis"], row["timepoint"]),
            "observed": ("observed", *place),
        }
        for column, name in names.items():
            system.show(name, row[column])
        for part, low, high in read_counts("missingness", row, {}):
            system.narrow(names[part], low, high)
        system.within(names["started"], names["reached"])
        system.within(names["reached"], names["observed"])
        system.within(names["started"], names["observed"])


def read_response(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        place = tuple(row[key] for key in PLACE)
        event: Name = ("event", *place, row["endpoint"])
        n: Name = ("started", row["arm"]) if row["population"] == "started" else ("known", *place, row["endpoint"])
        system.show(n, row["n"])
        system.show(event, row["events"])
        for part, low, high in read_counts("response", row, {}):
            system.narrow(n if part == "n" else event, low, high)
        system.within(n, event)


def read_published(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        if isinstance(row["arm"], str):
            place = (row["arm"], row["instrument"], row["axis"], row["timepoint"])
            n: Name = ("started", row["arm"]) if row["population"] == "started" else ("known", *place, row["endpoint"])
            event: Name = ("event", *place, row["endpoint"])
            own = {name.removeprefix("own_"): value for name, value in row.items() if name.startswith("own_")}
            own = {"n": own["n"], "events": own["events"]} | {
                to: own[name] / 100 for to, name in (("proportion", "estimate"), ("lower", "lower"), ("upper", "upper"))
            }
            system.show(n, own["n"])
            system.show(event, own["events"])
            for part, low, high in read_counts("response", own, {}):
                system.narrow(n if part == "n" else event, low, high)


def read_change(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    """Cut the line of percent change at every released bin, at the response's cut-off, and at no change."""
    places: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        places.setdefault(tuple(row[key] for key in PLACE), []).append(row)
    for place, bins in places.items():
        instrument = study.instrument(place[1])
        cut = study.endpoints.response_percent.get(place[1], instrument.response_percent)
        ends = [row["bin_upper"] if not pd.isna(row["bin_upper"]) else float("inf") for row in bins]
        marks = sorted({*ends, *((-cut, 0.0) if cut and instrument.higher_is_worse else ())})
        pieces = [system.narrow(("piece", *place, mark)) for mark in marks]
        for row, end in zip(bins, ends, strict=True):
            name = system.show(("bin", *place, end), row["n"])
            start = -float("inf") if row is bins[0] else row["bin_lower"]
            system.add(name, [piece for piece in pieces if start < piece[-1] <= end])
        whole = system.narrow(("changed", *place))
        system.add(whole, pieces)
        read_cumulative(system, place, bins, ends)
        known, response, worse = (
            ("known", *place, "response"), ("event", *place, "response"), ("event", *place, "worsening"),
        )  # fmt: skip
        all_known = study.baseline.minimum.get(place[1], 0) > 0  # a baseline of 0 has no percent change
        (system.same if all_known else system.within)(known, whole)
        system.within(("observed", *place), whole)
        if cut and instrument.higher_is_worse:
            system.add(response, [piece for piece in pieces if piece[-1] <= -cut])
            if study.endpoints.worsening_points <= 1:
                more = system.narrow(("worse in percent", *place))
                system.add(more, [piece for piece in pieces if piece[-1] > 0])
                if study.cleaning.non_integer_total != "flag" or study.series.origin == "sessions":  # whole points
                    (system.same if all_known else system.within)(worse, more)


def read_cumulative(system: System, place: tuple[Any, ...], bins: list[dict[str, Any]], ends: list[float]) -> None:
    total = system.known(("known", *place, "response")) or system.known(("observed", *place))
    for row, end in zip(bins, ends, strict=True):
        if total is not None and not pd.isna(row["cumulative"]) and row is bins[0]:
            count = row["cumulative"] * total
            exact = abs(row["cumulative"] * 100 % 1) > 1e-6  # whole percents are rounded
            if exact and abs(count - round(count)) < 1e-3:
                system.narrow(("bin", *place, end), round(count), round(count))


def read_recall(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        place = tuple(row[key] for key in PLACE)
        n, overlapping = ("recalled", *place), ("overlapping", *place)
        system.show(n, row["n"])
        system.show(overlapping, row["overlapping"])
        for part, low, high in read_counts("recall", row, {}):
            system.narrow(n if part == "n" else overlapping, low, high)
        system.within(n, overlapping)
        system.same(("observed", *place), n)
        system.within(("observed", *place), n)


def read_regression(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        place = tuple(row[key] for key in PLACE)
        name = system.show(("regressed" if "baseline_mean" in row else "two baselines", *place), row["n"])
        system.near(("observed", *place), name)
        system.near(("known", *place, "worsening"), name)
        system.near(("started", place[0]), name)


def read_ideation(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    for row in rows:
        place = tuple(row[key] for key in PLACE)
        system.show(("pair", *place, row["baseline_answer"], row["answer"]), row["n"])


def read_ideation_change(system: System, rows: list[dict[str, Any]], study: Study) -> None:
    pairs: dict[tuple[Any, ...], list[Name]] = {}
    for name in system.bounds:
        if name[0] == "pair":
            pairs.setdefault(name[1:5], []).append(name)
    for row in rows:
        place = tuple(row[key] for key in PLACE)
        n, event = ("answered", *place, row["transition"]), ("turned", *place, row["transition"])
        system.show(n, row["n"])
        system.show(event, row["events"])
        for part, low, high in read_counts("response", row, {}):
            system.narrow(n if part == "n" else event, low, high)
        system.within(n, event)
        before = row["transition"] == "any_to_none"
        own = [name for name in pairs.get(place, []) if (name[5] > 0) == before]
        system.add(n, own)
        system.add(event, [name for name in own if (name[6] > 0) != before])
    for place in {tuple(row[key] for key in PLACE) for row in rows}:
        both = [("answered", *place, way) for way in ("any_to_none", "none_to_any")]
        both = [name for name in both if name in system.bounds]
        system.add(system.narrow(("answered", *place)), both)
        for other in (("observed", *place), ("known", *place, "response"), ("started", place[0])):
            if other in system.bounds:
                values = [system.known(name) for name in both]
                if None not in values:
                    system.narrow(("answered", *place), sum(values), sum(values))  # type: ignore[arg-type]
                system.near(other, ("answered", *place))


def tie_places(system: System, tables: Tables, study: Study) -> None:
    """Tie what is known of the same series at the same place, of sessions in a row, and of derived instruments."""
    for name in [name for name in system.bounds if name[0] == "observed"]:
        place = name[1:]
        known = [("known", *place, e) for e in ("response", "remission", "worsening")]
        for one in known:
            system.within(name, one)
            system.within(("started", place[0]), one)
        for one, other in combinations([one for one in known if one in system.bounds], 2):
            system.same(one, other)
            system.near(one, other)
        tie_events(system, place, study)
        source = study.instrument(place[1]).derived_from
        if source is not None and not study.scoring.prorate:
            system.within(name, ("observed", place[0], source.instrument, *place[2:]))
    for arm in study.arms:
        reached = sorted(
            (name for name in system.bounds if name[:3] == ("reached", arm.id, "session")),
            key=lambda name: int(str(name[3]).split()[-1]),
        )
        for earlier, later in combinations(reached, 2):
            system.within(earlier, later)
    tie_patients(system, study)


def tie_events(system: System, place: tuple[Any, ...], study: Study) -> None:
    """Response and worsening exclude each other; who remits from above the entry threshold has responded."""
    response, remission, worse = (("event", *place, e) for e in ("response", "remission", "worsening"))
    known = ("known", *place, "response")
    if all(name in system.bounds for name in (known, response, worse)):
        system.add(known, [response, worse, system.narrow(("neither", *place))])
    instrument = study.instrument(place[1])
    limit = study.endpoints.remission_maximum.get(place[1], instrument.remission_maximum)
    percent = study.endpoints.response_percent.get(place[1], instrument.response_percent)
    entry = study.baseline.minimum.get(place[1])
    if None not in (limit, percent, entry) and limit <= entry * (1 - percent / 100):  # type: ignore[operator]
        system.within(response, remission)


def tie_patients(system: System, study: Study) -> None:
    arms = [arm.id for arm in study.arms]
    for arm in (ALL, *arms):
        if one_series(study):
            system.same(("patients", arm), ("started", arm))
        else:
            system.within(("started", arm), ("patients", arm))
    for instrument in study.instruments:
        for arm in (ALL, *arms):
            score: Name = ("observed", arm, instrument, "baseline", "baseline")
            for name in [name for name in system.bounds if name[:4] == score[:4]]:
                system.near(("patients", arm), name)
                if one_series(study):
                    system.same(("known", instrument, arm), name)
        system.near(("enrolled", instrument), ("observed", ALL, instrument, "baseline", "baseline"))
    for name in [name for name in system.bounds if name[0] == "observed" and name[1] == ALL]:
        if one_series(study) or name[3] != "baseline":
            system.add(name, [(name[0], arm, *name[2:]) for arm in arms])


Reader = Callable[[System, list[dict[str, Any]], Study], None]
READERS: dict[str, Reader] = {
    "flow": read_flow,
    "ledger": read_ledger,
    "balance": read_balance,
    "missingness": read_missingness,
    "baseline": read_baseline,
    "scores": read_scores,
    "response": read_response,
    "published": read_published,
    "change_distribution": read_change,
    "recall": read_recall,
    "regression_to_mean": read_regression,
    "two_baselines": read_regression,
    "ideation": read_ideation,
    "ideation_change": read_ideation_change,
}
TIES: list[Callable[[System, Tables, Study], None]] = [tie_files, tie_places]
