"""What the counts of the released files mean to a reader of the documentation: which people each is of, and what adds up.

Written from the dictionary and the documentation alone. A file, or a column of numbers in it, that is in no list here fails
test_attack.py: say what it counts before it is released.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping

from attack_system import Name, System

Row = Mapping[str, str]
Files = Mapping[str, str]
ALL = "all"
ALONE = "sites that stand alone"
SINGLE = "single rows"  # of a file in which most patients have one
SIDES = ("treated", "reference")
WEIGHTED = ("weighted", "augmented")  # methods of those who carry weight
CARRYING = "carrying weight"
Counts = Iterable[tuple[str, Name, Name | None]]  # column, group, the group that it is a part of

# Columns of numbers that are no counts of people: shares, statistics, settings, rows of files.
OTHERS = {
    "arm_order", "order", "time", "mean", "sd", "median", "q1", "q3", "lower", "upper", "percent", "proportion", "difference",
    "missing_proportion", "cumulative", "bin_lower", "bin_upper", "smd", "baseline_answer", "answer", "median_days", "threshold",
    "baseline_mean", "baseline_sd", "population_mean", "population_sd", "reliability", "observed_lower", "observed_upper", "expected",
    "share", "remainder", "remainder_lower", "remainder_upper", "reliability_needed", "first_mean", "second_mean", "between",
    "between_lower", "between_upper", "correlation", "change", "change_lower", "change_upper", "change_from_mean",
    "change_from_mean_lower", "change_from_mean_upper", "estimate", "own_estimate", "own_lower", "own_upper", "own_change", "own_change_lower",
    "own_change_upper", "n_treated_published",
    "treated_before", "reference_before", "smd_before", "treated_after", "reference_after", "smd_after", "p5", "p95", "effective_n",
    "treated_mean", "treated_lower", "treated_upper", "reference_mean", "reference_lower", "reference_upper", "std_error", "df", "p_value", "risk_treated", "risk_reference", "difference_lower",
    "difference_upper", "ratio", "ratio_lower", "ratio_upper", "nnt", "draws", "within", "missing_information",
    "monte_carlo_error", "delta_treated", "delta_reference", "band_lower", "dropped_proportion", "shrunken", "shrunken_lower",
    "shrunken_upper", "levels", "num_df", "den_df", "statistic", "p_adjusted", "spread", "week", "hazard_ratio", "proportional_p",
    "change_index", "cutoff", "risk_treated_lower", "risk_treated_upper", "risk_reference_lower", "risk_reference_upper", "median_sessions", "median_gap_days", "bootstrap_error", "times", "rate", "rate_lower", "rate_upper", "incidence", "sessions_median", "sessions_q1", "sessions_q3", "session",
    "dose", "mg_median", "mg_q1", "mg_q3", "mg_per_kg_median", "mg_per_kg_q1", "mg_per_kg_q3", "month",
    "recall_days", "overlap_days", "responded_proportion", "probability", "probability_lower", "probability_upper", "further_sessions",
    "per_session", "case_share", "per_case", "without", "treated", "reference", "benefit", "willingness", "acceptable",
    "of_means", "median_lower", "median_upper", "agreement", "both", "neither", "kappa", "kappa_lower", "kappa_upper", "categories", "odds_ratio",
    "answered_proportion", "beyond", "sites", "overdispersion", "outside_95", "chance_95", "outside_999", "chance_999",
    "groups", "stability", "certainty", "entropy", "sd_ratio", "loglik", "aic", "bic",
}  # fmt: skip


def rows_of(files: Files, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files.get(name, ""))))


def place_of(row: Row) -> Name:
    return row["arm"], row["instrument"], row["axis"], row["timepoint"]


def _flow(row: Row) -> Counts:
    unit, arm, label, reason = row["unit"], row["arm"], row["label"], row["reason"]
    if unit == "rows":
        yield "n", ("all rows", label), ("all rows", "Rows in the export") if label != "Rows in the export" else None
    if unit == "series":
        name: Name = ("box", arm, label)
        name = ("started", arm) if label == "Series analysed" else ("excluded", arm, reason) if reason else name
        yield "n", name, ("box", arm, "Series") if label != "Series" else None
    elif unit == "patients":
        yield "n", ("patients", ALL) if label == "Patients analysed" else ("flow", label), None


def _file(row: Row) -> Counts:
    if row["unit"] != SINGLE:
        return
    for column, whole in {
        "raw": "",
        "kept": "raw",
        "merged": "raw",
        "quarantined": "raw",
        "corrected": "kept",
        "flagged": "kept",
    }.items():
        yield column, (SINGLE, row["file"], column), (SINGLE, row["file"], whole) if whole else None


def _entry(row: Row) -> Counts:
    if row["unit"] == SINGLE:
        yield "rows", ("entry", row["file"], row["state"], row["reason"]), (SINGLE, row["file"], "raw")


def _baseline(row: Row) -> Counts:
    arm, variable = row["arm"], row["variable"]
    if variable == "patients":
        yield "n", ("patients", arm), None
        return
    yield "n", ("level", variable, row["level"], arm), ("patients", arm)
    yield "missing", ("missing", variable, arm), ("patients", arm)


def _scores(row: Row) -> Counts:
    yield "n", ("observed", *place_of(row)), ("started", row["arm"]) if row["arm"] != ALL else None


def _response(row: Row) -> Counts:
    yield from _rate(row, place_of(row), "n", "events")


def _rate(row: Row, place: Name, n: str, events: str) -> Counts:
    known: Name = ("known", *place, row["endpoint"])
    started: Name = ("started", place[0])
    if row["population"] == "started":
        yield n, started, None
        yield events, ("event", *place, row["endpoint"]), started
    else:
        yield n, known, started
        yield events, ("event", *place, row["endpoint"]), known


def _differences(row: Row) -> Counts:
    for arm, (n, events) in zip(
        row["contrast"].split(" - "), (("n", "events"), ("n_reference", "events_reference")), strict=True
    ):
        yield from _rate(row, (arm, row["instrument"], row["axis"], row["timepoint"]), n, events)


def _published(row: Row) -> Counts:
    if row["arm"] and row["timepoint"] == "last treatment":
        yield "own_n", ("last treatment", *place_of(row)), None
    elif row["arm"]:
        yield from _rate(row, place_of(row), "own_n", "own_events")


def _change(row: Row) -> Counts:
    yield "n", ("bin", *place_of(row), row["bin_lower"]), ("observed", *place_of(row))


def _reliable(row: Row) -> Counts:
    known = ("changed in points", *place_of(row))
    yield "n", known, ("observed", *place_of(row))
    yield "events", ("reliable", *place_of(row), row["category"]), known


def _percent(row: Row) -> Counts:
    changed = ("changed in points", *place_of(row))
    yield "changed", changed, ("observed", *place_of(row))
    yield "n", ("changed", *place_of(row)), changed
    yield "undefined", ("from nothing", *place_of(row)), changed


def _two_changes(row: Row) -> Counts:
    for name in ("instrument", "other"):
        changed = ("changed in points", row["arm"], row[name], row["axis"], row["timepoint"])
        yield "n", _of_two("changed on both", row), changed


def _of_two(kind: str, row: Row, *more: str) -> Name:
    return kind, row["arm"], row["instrument"], row["other"], row["axis"], row["timepoint"], *more


def _two_responses(row: Row) -> Counts:
    known = _of_two("answered both", row)
    for name in ("instrument", "other"):
        place = (row["arm"], row[name], row["axis"], row["timepoint"])
        derived = (
            row["relation"] == "derived" and name == "other"
        )  # its own cut-off may be no endpoint of another table
        yield "n", known, ("observed", *place) if derived else ("known", *place, "response")
    for way, name in (("same", ""), ("first_only", "instrument"), ("second_only", "other")):
        group = _of_two("way", row, way)
        yield way, group, known
        if name and not (row["relation"] == "derived" and name == "other"):
            yield way, group, ("event", row["arm"], row[name], row["axis"], row["timepoint"], "response")


def _ordered(row: Row) -> Counts:
    for arm, suffix in zip(row["contrast"].split(" - "), ("", "_reference"), strict=True):
        place = (arm, row["instrument"], row["axis"], row["timepoint"])
        yield f"n{suffix}", ("in a category", *place), ("observed", *place)


def _missingness(row: Row) -> Counts:
    started, reached = ("started", row["arm"]), ("reached", row["arm"], row["axis"], row["timepoint"])
    yield "started", started, None
    yield "reached", reached, started
    yield "observed", ("observed", *place_of(row)), reached


def _ideation(row: Row) -> Counts:
    yield "n", ("pair", *place_of(row), row["baseline_answer"], row["answer"]), None


def _ideation_change(row: Row) -> Counts:
    answered = ("answered", *place_of(row), row["transition"])
    yield "n", answered, ("observed", *place_of(row))
    yield "events", ("turned", *place_of(row), row["transition"]), answered


def _recall(row: Row) -> Counts:
    recalled = ("recalled", *place_of(row))
    yield "n", recalled, ("observed", *place_of(row))
    yield "overlapping", ("overlapping", *place_of(row)), recalled


def _regressed(row: Row) -> Counts:
    yield "n", ("regressed", *place_of(row)), ("observed", *place_of(row))


def _two(row: Row) -> Counts:
    yield "n", ("two baselines", *place_of(row)), ("observed", *place_of(row))


def _covariates(row: Row) -> Counts:
    for side in SIDES:
        yield f"n_{side}", ("covariate", row["variable"], row["level"], side), ("compared", side)


def _effects(row: Row) -> Counts:
    for side in SIDES:
        scored = ("scored", row["axis"], side)
        yield f"n_{side}", scored, ("compared", side)
        yield f"observed_{side}", ("counted", row["axis"], row["timepoint"], side), scored


def _lacking(row: Row) -> Counts:
    level = row["level"]
    if level.startswith("other ("):  # of those that one arm lacks, and the same words of those that the other lacks
        level = f"{level} without {row['lacks']}"
    return _covariates({**row, "level": level})


def _risks(row: Row) -> Counts:
    place = row["axis"], row["timepoint"], row["endpoint"], row["population"]
    for side in SIDES:
        settled, event = ("settled", *place, side), ("settled event", *place, side)
        n: Name = settled if row["population"] == "observed" else ("carrying weight", side)
        if n == settled and row["method"] in WEIGHTED:
            yield f"n_{side}", (*settled, CARRYING), settled
            yield f"events_{side}", (*event, CARRYING), (*settled, CARRYING)
            yield f"events_{side}", (*event, CARRYING), event
        else:
            yield f"n_{side}", n, ("compared", side)
            yield f"events_{side}", event, n


def _sensitivity(row: Row) -> Counts:
    name = ("analysis", *(row[key] for key in ("endpoint", "analysis", "scale", "axis", "timepoint")))
    others = row["analysis"].startswith(("baseline_", "windows_"))  # who has a score is another question then
    yield "n", name, None if others else ("compared", "both")


def _imputations(row: Row) -> Counts:
    yield "n", ("imputed", row["axis"]), ("compared", "both")


def _dropout(row: Row) -> Counts:
    place = row["axis"], row["timepoint"], row["arm"], row["band"]
    yield "n", ("there", *place), None
    yield "stayed", ("staying", *place), ("there", *place)


def _early(row: Row) -> Counts:
    place = tuple(row[key] for key in ("axis", "signal", "target_axis", "target", "population", "measure", "arm"))
    yield "n", ("early n", *place), None
    yield "events", ("early", *place), ("early n", *place)


def _subgroups(row: Row) -> Counts:
    for side in SIDES:
        level = (row["variable"], row["level"], side)
        n: Name = ("compared", side) if row["level"] == ALL else ("covariate", *level)
        yield f"n_{side}", n, ("compared", side)
        seen = ("seen", row["endpoint"], row["population"], *level)
        yield f"observed_{side}", seen, n
        yield (
            f"events_{side}",
            ("seen event", row["population"], *level),
            seen if row["population"] == "observed" else n,
        )


def _sites(row: Row) -> Counts:
    site = row.get("site", ALONE)
    people: Name = ("compared", "both") if site == ALL else ("sited", "patients", site)
    if "patients" in row:
        yield "patients", people, ("compared", "both")
    seen = ("sited", "observed", site)
    yield "observed", seen, people if "patients" in row else ("sited", "observed", ALL)
    yield "responded", ("sited", "responded", site), seen


def _cohort(row: Row) -> Counts:
    yield "n", ("durable", row["arm"], row["step"]), ("started", row["arm"])


def _followed(row: Row) -> Counts:
    n: Name = ("landmark", row["arm"], row.get("end", ""), row.get("window", ""))
    yield "n", n, None
    if "seen" in row:
        yield "seen", ("later", row["arm"], row.get("week") or row.get("method", "")), n
    for column in ("none", "one", "several"):
        if column in row:
            yield column, ("attended", row["arm"], row["window"], column), n


def _lasting(row: Row) -> Counts:
    for side in SIDES:
        n = ("carried", row[side], row["weights"])
        yield f"n_{side}", n, None
        if "end" in row:
            yield f"seen_{side}", ("carried seen", row["end"], row[side], row["weights"], row["method"], row["time"]), n


def _charges(row: Row) -> Counts:
    place = (row["arm"], row["horizon"], row["variable"], row["level"])
    patients: Name = ("charged", "patients", *place)
    yield "patients", patients, None
    yield "complete", ("charged", "complete", *place), patients
    yield "counted", ("charged", "counted", *place), patients


def _per_case(row: Row) -> Counts:
    place = (row["arm"], row["horizon"])
    counted: Name = ("charged", "counted", *place, "patients", "")
    patients: Name = counted if row["population"] == "started" else ("charged and scored", *place, row["endpoint"])
    yield "patients", patients, None if row["population"] == "started" else counted
    yield "cases", ("charged case", *place, row["endpoint"]), patients


def _cost_difference(row: Row) -> Counts:
    for side in SIDES:
        n: Name = ("carrying weight", side) if row["measure"] == "response" else ("charge known", row["horizon"], side)
        seen = ("charges beside scores", row["horizon"], side)
        yield f"n_{side}", n, ("compared", side)
        yield f"seen_{side}", seen, n
        yield f"events_{side}", ("charges beside responses", row["horizon"], side), seen


def _benefit(row: Row) -> Counts:
    for side in SIDES:
        yield f"n_{side}", ("charge known", row["horizon"], side), ("compared", side)


def _course(row: Row) -> Counts:
    group = row.get("group") or ALL
    patients: Name = ("course", group)
    yield "patients", patients, None if group == ALL else ("course", ALL)
    if "n" in row:
        yield "n", ("course seen", row["axis"], row["timepoint"], group), patients


def _models(row: Row) -> Counts:
    for column in ("n_subjects", "n_observations", "dropped_rows", "dropped_subjects"):
        yield column, (column, row["model"]), None


# Tables whose counts are of one row: the columns that name the row, and each count with the one that it is a part of.
SIMPLE: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "ascertainment": (("measure", "arm"), {"sessions": "", "answered": "sessions"}),
    "harms": (("block", "event", "arm"), {"patients": "", "affected": "patients"}),
    "harm_sessions": (("event", "arm", "sessions"), {"patients": "", "asked": "", "with_event": "asked"}),
    "harm_severity": (
        ("event", "arm"),
        {
            "affected": "",
            "ungraded": "affected",
            "graded": "affected",
            "mild": "graded",
            "moderate": "graded",
            "severe": "graded",
        },
    ),
    "harm_details": (("detail", "value", "arm"), {"patients": "", "affected": "patients"}),
    "harm_rates": (("event", "arm"), {"patients": "", "affected": "patients", "weeks": ""}),
    "blood_pressure": (
        ("threshold", "arm"),
        {"patients": "", "affected": "patients", "sessions": "", "over": "sessions"},
    ),
    "pressure_rise": (
        ("measure", "arm"),
        {"sessions": "", "patients": "", "followed": "sessions", "returned": "followed"},
    ),
    "dissociation": (("arm", "session"), {"patients": "", "above": "patients"}),
    "stopping": (("reason", "arm"), {"patients": "", "affected": "patients"}),
    "exposure": (("milestone", "arm"), {"patients": "", "reached": "patients"}),
    "criteria_met": (
        ("criterion", "arm"),
        {"patients": "", "met": "patients", "not_met": "patients", "not_recorded": "patients"},
    ),
    "attendance": (("arm", "session"), {"patients": "", "attended": "patients"}),
    "session_time": (("measure", "arm"), {"patients": "", "long_gaps": "patients"}),
    "dose": (
        ("arm", "session"),
        {"patients": "", "weighed": "patients", "carried": "patients", "unweighed": "patients", "outside": "patients"},
    ),
    "dose_response": (("arm",), {"patients": ""}),
    "durability_visits": (
        ("arm",),
        {"n": "", "seen": "n", "scores": "", "good": "", "good_last": "good", "bad": "scores", "bad_last": "bad"},
    ),
    "durability_at_visit": (("arm", "end", "week"), {"seen": "", "held": "seen"}),
    "maintenance": (("arm", "month"), {"patients": "", "returned": "patients"}),
    "onset_looks": (
        ("arm", "instrument", "window"),
        {"patients": "", "scored": "patients", "responded": "scored"},
    ),
    "onset": (
        ("arm", "instrument", "endpoint", "onset", "axis", "time"),
        {"patients": "", "looked": "patients", "begun": "patients"},
    ),
    "late_response": (
        ("arm", "instrument", "session"),
        {"went_on": "", "looked": "went_on", "responded": "looked"},
    ),
}


def _simple(table: str) -> Callable[[Row], Counts]:
    keys, parts = SIMPLE[table]

    def read(row: Row) -> Counts:
        place = tuple(row[key] for key in keys)
        for column, whole in parts.items():
            yield column, (table, column, *place), (table, whole, *place) if whole else None

    return read


def _harm_differences(row: Row) -> Counts:
    for arm, suffix in zip(row["contrast"].split(" - "), ("", "_reference"), strict=True):
        n = ("harms", "patients", row["block"], row["event"], arm)
        yield f"patients{suffix}", n, None
        yield f"affected{suffix}", ("harms", "affected", row["block"], row["event"], arm), n


COUNTS: dict[str, Callable[[Row], Counts]] = {
    "flow": _flow,
    "balance": _file,
    "ledger": _entry,
    "baseline": _baseline,
    "scores": _scores,
    "response": _response,
    "differences": _differences,
    "change_distribution": _change,
    "reliable_change": _reliable,
    "percent_change": _percent,
    "joint_change": _two_changes,
    "joint_response": _two_responses,
    "ordered_odds": _ordered,
    "missingness": _missingness,
    "ideation": _ideation,
    "ideation_change": _ideation_change,
    "recall": _recall,
    "regression_to_mean": _regressed,
    "two_baselines": _two,
    "published": _published,
    "covariate_balance": _covariates,
    "positivity": _lacking,
    "score_overlap": lambda row: [("n", ("score", row["arm"], row["bin_lower"]), None)],
    "data_health": lambda row: (
        [("n", ("health", row["order"]), ("health of", row["order"])), ("total", ("health of", row["order"]), None)]
        if row["unit"] in ("people", SINGLE)
        else []
    ),
    "weights": lambda row: [
        ("n", ("compared", row["arm"]), None),
        ("without_weight", ("unweighted", row["weights"], row["arm"]), ("compared", row["arm"])),
        ("truncated", ("truncated", row["weights"]), None),
    ],
    "effects": _effects,
    "risks": _risks,
    "sensitivity": _sensitivity,
    "imputations": _imputations,
    "dropout": _dropout,
    "early_signals": _early,
    "eligibility": lambda row: [("n", ("step", row["arm"], int(row["order"])), None)],
    "subgroups": _subgroups,
    "sites": _sites,
    "site_spread": _sites,
    "durability_cohort": _cohort,
    **dict.fromkeys(("durability_curve", "durability_held", "durability_first", "durability_attendance"), _followed),
    "durability_effect": _lasting,
    "durability_tilt": _lasting,
    "charges": _charges,
    "charges_per_case": _per_case,
    "cost_difference": _cost_difference,
    "net_benefit": _benefit,
    **dict.fromkeys(("course_number", "course_groups", "courses"), _course),
    "models": _models,
    "harm_differences": _harm_differences,
    **{table: _simple(table) for table in SIMPLE},
}
NONE = {
    "baseline_smd", "target_trial", "comparison_statement", "tipping", "interactions", "coefficients", "tests",
    "margins", "model_differences",
}  # fmt: skip


def read_files(files: Files, minimum: int, sides: Mapping[str, str], exact: bool = False) -> System:
    """Return all that the files say of counts, and how these hang together."""
    system = System(minimum, exact)
    shown: list[tuple[Name, Name]] = []
    for name, counts in COUNTS.items():
        for row in rows_of(files, name):
            for column, group, whole in counts(row):
                group, whole = _by_arm(group, sides), None if whole is None else _by_arm(whole, sides)
                if column in row:
                    system.show(group, row[column])
                    if whole is not None and whole != group:
                        shown.append((whole, group))
    if sides:
        system.narrow(("compared", "both"))
        system.add(("compared", "both"), [("compared", arm) for arm in sides.values()])
    for whole, group in dict.fromkeys(shown):
        system.wholes[group] = whole
        system.within(whole, group)
    _add_sums(system, files)
    return system


def _add_files(system: System, balance: list[dict[str, str]]) -> None:
    """Add the rows of all files to those of the export; of files with several rows a patient they are exact."""
    for label, column in (("Rows in the export", "raw"), ("Rows kept", "kept")):
        exact = sum(float(row[column]) for row in balance if row["unit"] != SINGLE)
        others = [(SINGLE, row["file"], column) for row in balance if row["unit"] == SINGLE]
        system.add(("all rows", label), [system.narrow(("exact rows", label), exact, exact), *others])


def _by_arm(name: Name, sides: Mapping[str, str]) -> Name:
    return tuple(sides.get(str(part), part) if part in SIDES else part for part in name)


def _add_sums(system: System, files: Files) -> None:
    """Add the sums over arms, levels, bins, boxes, weeks, and time points."""
    parts: dict[tuple[Name, str], list[Name]] = {}

    def part(total: Name, name: Name, way: str = "") -> None:
        parts.setdefault((total, way), []).append(name)

    for name in list(system.bounds):
        kind, *rest = name
        if kind in ("observed", "regressed", "two baselines") and rest[0] != ALL:
            part((kind, ALL, *rest[1:]), name)
        elif kind in ("started", "patients") and rest[0] != ALL:
            part((kind, ALL), name)
        elif kind in ("box", "excluded") and rest[0] != ALL:
            part((kind, ALL, *rest[1:]), name)
        if kind in ("excluded", "started"):
            part(("box", rest[0], "Series"), name, "reasons")
        elif kind in ("level", "missing"):
            arm = rest[-1]
            part(("whole", rest[0], arm), name)
            if arm != ALL:
                part((kind, *rest[:-1], ALL), name)
        elif kind == "bin":
            part(("changed", *rest[:4]), name)
        elif kind in ("changed", "from nothing"):
            part(("changed in points", *rest[:4]), name, "in percent")
        elif kind == "way":
            part(("answered both", *rest[:5]), name)
        elif kind == "reliable":
            part(("changed in points", *rest[:4]), name)
        elif kind == "pair":
            way = "any_to_none" if float(rest[4]) > 0 else "none_to_any"
            part(("answered", *rest[:4], way), name)
            if (float(rest[5]) > 0) != (float(rest[4]) > 0):
                part(("turned", *rest[:4], way), name)
            else:
                part(("rest", ("answered", *rest[:4], way), ("turned", *rest[:4], way)), name)
            part(("from", *rest[:5]), system.narrow(name))
            part(("to", *rest[:4], way, rest[5]), name)
        elif kind == "covariate" and rest[1]:
            part(("covered", rest[0], rest[2]), name)
            if rest[0] == "site" and ("sited", "patients", rest[1]) in system.bounds:
                part(("sited", "patients", rest[1]), name)
        elif kind == "sited" and rest[1] not in (ALL, ALONE):
            part(("compared", "both") if rest[0] == "patients" else (kind, rest[0], ALL), name, "sites")
            if rest[0] != "patients" and not rest[1].startswith("other sites (") and rest[1] != "not recorded":
                part((kind, rest[0], ALONE), name)
        elif rest[-1] == CARRYING:  # where all carry weight, these are the same people
            weighed = [
                high for one, (_, high) in system.bounds.items() if one[0] == "unweighted" and one[2] == rest[-2]
            ]
            if weighed and not any(weighed):
                system.add(name[:-1], [name])
        elif (
            kind == "late_response" and rest[0] == "went_on"
        ):  # those with a response after the session, and who stopped without one
            place = rest[1], rest[2], "session", f"session {rest[3]}", "response"
            system.add(("known", *place), [name, ("event", *place), system.narrow(("stopped", *rest[1:]))])
        elif kind == "score":
            part(("compared", rest[0]), name)
        elif kind in ("early", "early n") and rest[-1] != ALL:
            part((kind, *rest[:-1], ALL), name)
        elif kind in ("there", "staying") and rest[1] != ALL:
            part((kind, rest[0], ALL, *rest[2:]), name)
        elif kind in ("course", "course seen") and rest[-1] != ALL:
            part((kind, *rest[:-1], ALL), name)
        elif kind == "attended":
            part(("followed", *rest[:2]), name)
        elif kind == "criteria_met" and rest[0] != "patients":
            part((kind, "patients", *rest[1:]), name)
        elif kind == "charged" and rest[3] != "patients":
            part((kind, *rest[:3], "patients", ""), name, str(rest[3]))
        elif kind == SINGLE and rest[1] in ("kept", "merged", "quarantined"):
            part((SINGLE, rest[0], "raw"), name)
        elif kind == "harm_severity" and rest[0] in ("graded", "ungraded"):
            part((kind, "affected", *rest[1:]), name)
        elif kind == "harm_severity" and rest[0] in ("mild", "moderate", "severe"):
            part((kind, "graded", *rest[1:]), name)
    for (total, _), names in parts.items():
        if total[0] == "whole":
            system.add(("patients", total[-1]), names)
        elif total[0] == "covered":
            system.add(("compared", total[-1]), names)
        elif total[0] == "followed":
            system.add(("landmark", total[1], "", total[2]), names)
        elif total[0] in ("regressed", "two baselines"):  # arms of fewer than three have no row
            system.add(total, [*names, system.narrow(("rest", total, *names))])
        elif total[0] in ("from", "to"):
            system.narrow(total)
            system.add(total, names)
        elif total[0] == "changed":
            system.narrow(total)
            system.add(total, names)
            system.within(("observed", *total[1:]), total)
        else:
            system.add(total, names)
    _add_files(system, rows_of(files, "balance"))
    steps: dict[str, list[Name]] = {}
    for name in sorted((one for one in system.bounds if one[0] == "step"), key=lambda one: int(str(one[2]))):
        steps.setdefault(str(name[1]), []).append(name)
    for arm, names in steps.items():
        system.add(names[0], names[1:])
        system.add(names[-1], [("compared", arm)])
