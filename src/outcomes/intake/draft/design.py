"""What is analysed, drafted: arms, instruments, time points, models, and what is missing to choose them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from outcomes.instruments import read_instruments
from outcomes.intake.draft.export import NO_COLUMN, Survey
from outcomes.intake.draft.found import Guess
from outcomes.intake.draft.spellings import BILLED, SHOWN, is_shown, state_rows
from outcomes.intake.draft.undated import find_unreadable, find_yearless
from outcomes.intake.draft.visits import Visit, count_alike, count_labels, find_labels, name_unit, schedule_visits
from outcomes.intake.draft.vocabulary import read_vocabulary
from outcomes.intake.readers.tables import HIDDEN
from outcomes.personal import show_name
from outcomes.protocols import read_protocols

LABELS = {
    "esketamine": "Intranasal esketamine",
    "iv": "IV ketamine",
    "im": "IM ketamine",
    "rtms": "rTMS",
    "itbs": "iTBS",
    "snt": "Accelerated theta-burst stimulation",
    "ect": "ECT",
    "psilocybin": "Psilocybin",
}
PRIMARY = ("phq9", "madrs", "qids_sr16", "hamd17", "bdi2", "phq8", "gad7")


@dataclass
class Design:
    """What the study file says beside its sources; ``missing`` lists what must be written before it runs."""

    kind: str  # sessions | visits | survey
    arms: list[tuple[str, str]]  # id and label
    instruments: list[str]
    attributes: list[str]
    visits: list[Visit] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)  # part of the file → what to check there
    missing: list[str] = field(default_factory=list)
    smallest: int = 0  # patients in the smaller one of the first two arms
    followed: int | None = None  # patients of an arm with scores at and after the landmark; None: not counted
    time_unit: str | None = None  # of the visits, where the name of their column says it


def draft_design(survey: Survey) -> Design:
    """Return the design that the tables found allow."""
    tables = survey.tables
    if not survey.found:
        reasons: dict[str, list[str]] = {}
        for idle in survey.idle:
            reasons.setdefault(idle.reason, []).append(show_name(idle.name))
        names = "; ".join(f"{_few(named)}: {reason}" for reason, named in reasons.items())
        return Design(
            "survey",
            [("all", "All patients")],
            [],
            [],
            missing=[f"files: no file that a study could be drafted from ({names})"],
        )
    placed = {name for one in survey.found for name in one.tables.get("assessments", {})}
    kind = "sessions" if "sessions" in tables and not survey.scheduled else "visits" if "visit" in placed else "survey"
    design = Design(kind, [], _instruments(survey), _attributes(survey))
    design.missing += survey.questions
    if not design.instruments and not any(one.startswith("questionnaires:") for one in survey.questions):
        design.missing.append(_ask_questionnaires(survey))
    if kind == "sessions":
        _add_treatments(survey, design)
    else:
        _add_visits(survey, design, placed)
        if survey.scheduled:
            _add_given(survey, design)
        else:
            _add_allocation(survey, design)
    return design


def _ask_questionnaires(survey: Survey) -> str:
    """Return what is in the way of the questionnaires that were found; where none was, which there could be."""
    near = [one for one in survey.idle if one.reason not in (NO_COLUMN, HIDDEN)]
    troubles = [f"{show_name(one.name)}: {one.reason}" for one in near]
    troubles += [f"{one.sheet.name}: {trouble}" for one in survey.found for trouble in one.troubles]
    if troubles:
        return "questionnaires: " + "; ".join(trouble.rstrip(". ") for trouble in troubles)
    return (
        "questionnaires: no column reads as the items or the total of an instrument ("
        + ", ".join(read_instruments())
        + "). Write under a source's `tables`: "
        "assessments: {columns: {patient: …, date: …}, instruments: {phq9: {items: [nine columns], total: …}}}"
    )


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} more"


def _instruments(survey: Survey) -> list[str]:
    """Return the instruments to analyse, the primary one first; the PHQ-8 where PHQ-9 items are."""
    found = survey.instruments
    ordered = [name for name in PRIMARY if name in found] + [name for name in found if name not in PRIMARY]
    items = any("phq9" in one.instruments and one.instruments["phq9"].items for one in survey.found)
    return [*ordered, "phq8"] if items and "phq8" not in ordered else ordered


def _attributes(survey: Survey) -> list[str]:
    """Return the patients' columns found, in the vocabulary's order."""
    found = {name for one in survey.found for name in one.tables.get("patients", {})}
    found |= {"site" for one in survey.found if "site" in one.constants}
    return [name for name in read_vocabulary()["patients"] if name in found and name != "arm"]


def _add_treatments(survey: Survey, design: Design) -> None:
    found = survey.treatments
    counts = _count_treated(survey)
    known = [name for name in LABELS if name in found]
    large = [name for name in known if counts[name] >= SHOWN]
    design.arms = [(name, LABELS[name]) for name in large or known]
    design.smallest = min((counts[name] for name, _ in design.arms[:2]), default=0)
    others = sorted(found - {name for name, _ in design.arms})
    if others:
        design.notes["arms"] = (
            f"also found, and in no arm (fewer than {SHOWN} patients, or no protocol): {', '.join(others)}. Add an arm for each "
            "that is compared; src/outcomes/protocols.yaml has the protocols"
        )
    for one in survey.found:
        if "sessions" in one.tables and "treatment" not in one.tables["sessions"] and "treatment" not in one.constants:
            design.missing.append(
                f"{one.sheet.name}: no column says which treatment was given. Write `constants: {{treatment: iv}}` (or im, "
                "esketamine) for this source, or name its column under `treatment`"
            )
        coded = one.tables.get("sessions", {}).get("treatment")
        spelt = coded.spellings if coded is not None else None
        codes = [one for one in spelt.open if not spelt.values or BILLED.fullmatch(one.casefold())] if spelt else []
        hidden = bool(spelt and spelt.rare and not spelt.values)
        if coded is not None and (codes or hidden):
            few = (
                f"{'others ' if codes else ''}that fewer than {SHOWN} patients share, and that are not shown here"
                if hidden
                else ""
            )
            shown = "; ".join(filter(None, [", ".join(codes), few]))
            answers = " ".join(f"--treatment {code}=…" for code in [*codes, *(["CODE"] if hidden else [])])
            design.missing.append(
                f"{one.sheet.name}: column {coded.column!r} says which treatment was given by codes ({shown}), and nothing in the export says what they "
                f"mean. Run `outcomes draft` again with {answers} (iv, im, esketamine …; none where it is no treatment), or with REDCap's data dictionary beside "
                "the export, which is read by itself"
            )
    treated, asked = (
        {value for one in survey.found if table in one.tables for value in one.sheet.fields[one.patient].values}
        for table in ("sessions", "assessments")
    )
    if treated and asked and not treated & asked:
        files = [one for one in survey.found if {"sessions", "assessments"} & set(one.tables)]
        design.missing.append(
            "patients: no identifier of the questionnaires occurs among the sessions (columns "
            + ", ".join(f"{one.patient!r} of {one.sheet.name}" for one in files)
            + "). Both must name patients alike; write the same identifier into both exports"
        )
    if not known and not design.missing:
        design.missing.append("arms: no spelling of a treatment was recognised; list them under `treatment: values`")


def _count_treated(survey: Survey) -> Counter[str]:
    """Return how many patients had each treatment."""
    people: dict[str, set[str]] = {}
    for one in survey.found:
        identifiers = one.sheet.fields[one.patient].words.values
        if "sessions" in one.tables and "treatment" in one.constants:
            people.setdefault(one.constants["treatment"], set()).update(one.prefix + value for value in identifiers)
        guess = one.tables.get("sessions", {}).get("treatment")
        if guess is None or guess.spellings is None:
            continue
        words = one.sheet.fields[guess.column].words
        for treatment, patient in np.unique(np.column_stack([words.codes, one.patients.codes]), axis=0):
            name = guess.spellings.values.get(words.values[treatment].casefold())
            people.setdefault(name or "", set()).add(one.prefix + identifiers[patient])
    return Counter({name: len(members) for name, members in people.items()})


def _add_visits(survey: Survey, design: Design, placed: set[str]) -> None:
    """Add scheduled visits, or the one visit of a survey; say what is missing where neither is the case."""
    if design.kind == "visits":
        labels = [one for one in survey.found if "visit" in one.tables.get("assessments", {})]
        rows, rare = find_labels(labels)
        design.visits, design.time_unit, check = schedule_visits(list(rows), name_unit(labels))
        for visit in design.visits:
            visit.name = f"{design.time_unit or 'visit'} {visit.label}" if visit.label.isdecimal() else visit.label
        few = f"{state_rows(rare)} have labels of fewer than {SHOWN} patients, which are not shown here" if rare else ""
        design.notes["visits"] = "; ".join(filter(None, [check, few]))
        times = Counter(visit.time for visit in design.visits if visit.time is not None)
        if any(count > 1 for count in times.values()):
            design.missing.append(
                "visits: several labels give the same time. In a crossover write the `arm` of each; otherwise correct `time`"
            )
        elif not count_alike(design.visits):
            design.missing.append("visits: the numbers of the labels count different things. Write the `time` of each")
        if not any(visit.baseline for visit in design.visits):
            design.missing.append("visits: no label reads as the baseline. Write `baseline: true` for the one that is")
    elif {"date", "study_day"} & placed:
        said = [*survey.hints, *(f"{one.sheet.name}: {trouble}" for one in survey.found for trouble in one.troubles)]
        design.missing.append(
            f"treatment sessions: {'; '.join(said)}"
            if said
            else "treatment sessions: no file has a column of treatments (ketamine IV, Spravato …) with a date. Map its columns "
            "under a source's `tables`: sessions: {columns: {patient: …, date: …, treatment: …}}"
        )
    elif any("assessments" in one.tables and one.rows_per_patient > 1.05 for one in survey.found):
        told = (say(one) for say in (find_yearless, find_unreadable) for one in survey.found)
        design.missing.append(
            next(filter(None, told), None)
            or "time: the questionnaires have neither a date nor a visit label. Map `date`, `study_day`, or `visit`"
        )
    else:
        design.visits = [Visit("survey", "survey", 0.0, baseline=True)]
        for one in survey.found:
            one.constants |= {"visit": "survey"} if "assessments" in one.tables else {}


def _add_given(survey: Survey, design: Design) -> None:
    """Add the arms of a study of scheduled visits whose sessions say what was given: each patient's own."""
    _add_treatments(survey, design)
    for one in survey.found:
        given = one.tables.get("sessions", {}).get("treatment")
        if given is not None:
            one.tables["patients"] = {"patient": Guess(one.patient), **one.tables.get("patients", {}), "arm": given}
        elif "treatment" in one.constants:
            one.tables.setdefault("patients", {"patient": Guess(one.patient)})
            one.constants["arm"] = one.constants["treatment"]
    note = "the arm of a patient is what was given at most of the sessions; the questionnaires stand at their labels, as nothing dates them"
    design.notes["arms"] = "; ".join(filter(None, [note, design.notes.get("arms", "")]))


def _add_allocation(survey: Survey, design: Design) -> None:
    """Add the arms of an allocated study; one arm of all patients where no column allocates them."""
    values: set[str] = set()
    rare = 0
    for one in survey.found:
        if "arm" in one.tables.get("patients", {}):
            for label, rows, patients in count_labels(one.sheet.fields[one.tables["patients"]["arm"].column], one):
                shown = patients >= SHOWN and is_shown(label)
                values |= {label} if shown else set()
                rare += 0 if shown else rows
    control = read_vocabulary()["control_arms"]
    ordered = sorted(values, key=lambda arm: (not any(word in arm.casefold() for word in control), arm))
    design.arms = [(arm, arm) for arm in ordered] or [("all", "All patients")]
    if not values:
        holders = [one for one in survey.found if "patients" in one.tables] or survey.found
        for one in holders:
            one.tables.setdefault("patients", {"patient": Guess(one.patient)})
            one.constants["arm"] = "all"
        design.notes["arms"] = "no column allocates patients to arms; all are in one"
    elif rare:
        design.notes["arms"] = f"{state_rows(rare)} name arms of fewer than {SHOWN} patients, which are not shown here"


def protocol_of(arm: str) -> str | None:
    """Return the protocol named like an arm."""
    return arm if arm in read_protocols() else None
