"""The drafted study file as text."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.instruments import read_instruments
from outcomes.intake.draft.design import Design, protocol_of
from outcomes.intake.draft.export import Survey
from outcomes.intake.draft.follow_up import write_durability
from outcomes.intake.draft.layouts import gather_layouts
from outcomes.intake.draft.lines import Formats, check, flow, write_dates, write_layouts, write_sources
from outcomes.intake.draft.timing import choose_headline, choose_sessions, write_timepoints

HEAD = """\
# A study file drafted from the columns of the raw export. Read it through before the first run.
# `CHECK:` stands wherever a guess is unsure. Parts marked "a choice" are not in the data: decide them before looking at results.
# Every key is described in config/schema.yaml; keys left out take the default. config/example.yaml shows more of them.
"""
COVARIANCE = "covariance: unstructured\n    fallback: [heterogeneous_toeplitz, ante_dependence, heterogeneous_ar1, compound_symmetry]"
COMPARED, LARGE = 50, 150  # patients in the smaller arm for a comparison, and for one with unstructured covariance
LARGE_COVARIANCE = [
    "  covariance: unstructured",
    "  fallback: [heterogeneous_toeplitz, heterogeneous_ar1, compound_symmetry]",
]
CONFOUNDERS = ("payer", "failed_antidepressants", "age", "sex", "site")


def write_study(survey: Survey, design: Design, formats: Formats, name: str, data: str) -> str:
    """Return the study file as text; what is missing stands in a list ``to_do``, with which it is refused."""
    layouts = gather_layouts(survey.found)
    lines = [
        HEAD,
        f"study: {flow(name)}",
        "seed: 2026                          # of everything random",
        f"data: {flow(data)}",
        *_write_unused(survey),
        "",
        *write_to_do([*formats.missing, *design.missing]),
        *(f"# CHECK: {note}" for note in survey.notes),
        *write_layouts(layouts),
        *write_sources(survey, layouts, formats),
        *write_dates(formats),
        *_write_visits(design),
        f"instruments: {flow(design.instruments)}    # the first is the primary one",
        "",
        *_write_arms(design),
        *(_write_sessions(design) if design.kind == "sessions" else _write_visit_design(design)),
        *_write_comparison(survey, design),
        *_write_follow_up(design),
        "privacy:",
        "  minimum_cell: 11                  # counts 1–10 are shown as <11 in everything under results/ and figures/",
        "",
        *_write_report(design),
    ]
    return "\n".join(lines) + "\n"


def _write_unused(survey: Survey) -> list[str]:
    """Return the list of files that are no tables."""
    unused = [idle.name for idle in survey.idle if idle.reason.startswith("not a table")]
    return [f"unused: {flow(unused)}    # files that are no tables"] if unused else []


def write_to_do(missing: Sequence[str]) -> list[str]:
    """Return the list of what could not be found."""
    if not missing:
        return []
    head = "to_do:                              # could not be found: write it, then delete this list; until then no run starts"
    return [head, *(f"  - {flow(one)}" for one in missing), ""]


def _write_visits(design: Design) -> list[str]:
    if not design.visits:
        return []
    lines = [f"visits:{check(design.notes.get('visits', ''))}"]
    for visit in design.visits:
        entry: dict[str, object] = {"label": visit.label}
        entry |= {"name": visit.name} if visit.name != visit.label else {}
        entry |= {"time": int(visit.time) if visit.time.is_integer() else visit.time} if visit.time is not None else {}
        entry |= {"baseline": True} if visit.baseline else {}
        unused = visit.time is None and not visit.baseline
        entry |= {"used": False, "reason": "the label has no time"} if unused else {}
        lines.append(f"  - {flow(entry)}{check('write its time, or leave it out' if unused else '')}")
    return [*lines, ""]


def _write_arms(design: Design) -> list[str]:
    about = f"    # the first is the reference of every difference{check(design.notes.get('arms', ''))}"
    lines = [f"arms:{about}" if design.arms else "arms: []"]
    for arm, label in design.arms:
        protocol = {"protocol": protocol_of(arm)} if design.kind == "sessions" and protocol_of(arm) else {}
        lines.append(f"  - {flow({'id': arm, 'label': label, **protocol})}")
    return [*lines, ""]


def _write_sessions(design: Design) -> list[str]:
    """Return baseline, time points and models of a study with sessions: the house's usual ones."""
    if not design.instruments or not design.arms:
        return []
    primary = design.instruments[0]
    minimum = [
        "  minimum: {phq9: 10}               # entry threshold: below it, neither response nor remission says much"
    ]
    arm = " + arm*timepoint" if len(design.arms) > 1 else ""
    name = read_instruments()[primary].name
    lines = [
        "# ── A choice: baseline, time points, models ──",
        "baseline:",
        "  rule: last                        # last | mean | worst score on or before the first session …",
        "  within_days: 14                   # … and at most so many days before it",
        *(minimum if primary == "phq9" else []),
        "",
        *write_timepoints([arm for arm, _ in design.arms]),
        "models:",
    ]
    axes = [("session", "session"), ("day", "calendar window")]
    for axis, label in axes if choose_sessions([arm for arm, _ in design.arms]) else axes[1:]:
        lines += [
            f"  {primary}_by_{axis}:",
            f"    label: {name} change by {label}",
            f"    instrument: {primary}",
            f"    axis: {axis}",
            f"    formula: change ~ baseline*timepoint{arm}",
            f"    {COVARIANCE}",
        ]
    return [*lines, ""]


def _write_visit_design(design: Design) -> list[str]:
    if not design.instruments or not design.visits:
        return []
    names = [visit.name for visit in design.visits if visit.time is not None and not visit.baseline]
    if design.kind == "survey" or not names:
        return [
            "series: {origin: none}              # one score a patient: no baseline, no change",
            "timepoints: {clean_window: null}",
            "",
        ]
    primary = design.instruments[0]
    arm = " + arm*timepoint" if len(design.arms) > 1 else ""
    return [
        "series: {origin: visits}",
        "",
        "timepoints:",
        f"  visits: {flow(names)}",
        "  clean_window: null",
        "",
        "models:                             # a choice",
        f"  {primary}_by_visit:",
        f"    label: {read_instruments()[primary].name} change by visit",
        f"    instrument: {primary}",
        "    axis: visit",
        f"    formula: change ~ baseline*timepoint{arm}",
        f"    {COVARIANCE}",
        "",
    ]


def _write_comparison(survey: Survey, design: Design) -> list[str]:
    """Return the comparison of the first two arms of a study with sessions, weighted for what is known of the patients.

    Where an arm is small, weights and bootstrap samples carry little, so that the section is a comment.
    """
    if design.kind != "sessions" or len(design.arms) < 2 or not design.instruments:
        return []
    known = [name for name in CONFOUNDERS if name in design.attributes and (name != "site" or _several_sites(survey))]
    lines = [
        "comparison:                         # a choice: what is compared, and what is weighed (docs/comparison.md)",
        "  estimand:",
        f"    treated: {flow(design.arms[1][0])}",
        f"    reference: {flow(design.arms[0][0])}",
        f"    instrument: {design.instruments[0]}",
        "    axis: day",
        "    timepoint: day 28",
        f"  confounders: {flow(['baseline', *known])}",
        *(["  site: site"] if "site" in known else []),
        *(LARGE_COVARIANCE if design.smallest >= LARGE else ["  covariance: compound_symmetry"]),
        "  replicates: 200                   # bootstrap samples",
        "",
    ]
    if design.smallest >= COMPARED:
        return lines
    head = f"# An arm has fewer than {COMPARED} patients: too few to weigh. Remove the '#' to have it all the same."
    return [head, *(f"# {line}" for line in lines if line), ""]


def _write_follow_up(design: Design) -> list[str]:
    """Return how long a response lasts, of a study with sessions whose primary instrument tells a response by its percentage."""
    if design.kind != "sessions" or not design.arms or not design.instruments:
        return []
    primary = design.instruments[0]
    return [] if read_instruments()[primary].response_percent is None else write_durability(primary, design.followed)


def _several_sites(survey: Survey) -> bool:
    sites: set[str] = {one.constants["site"] for one in survey.found if "site" in one.constants}
    for one in survey.found:
        guess = one.tables.get("patients", {}).get("site")
        sites |= set(one.sheet.fields[guess.column].values) if guess else set()
    return len(sites) > 1


def _write_report(design: Design) -> list[str]:
    name = read_instruments()[design.instruments[0]].name if design.instruments else "Outcomes"
    lines = ["report:", f"  title: {name} in routine care" if design.kind == "sessions" else f"  title: {name}"]
    if design.kind == "sessions":
        lines.append(
            "  design: observational             # observational | randomised | crossover: what the words may claim"
        )
    lines.append('  setting: ""                       # a sentence on where the data come from')
    lines += [f"  time_unit: {design.time_unit}"] if design.time_unit else []
    lines += [f"  baseline_columns: {flow(design.attributes)}"] if design.attributes else []
    if design.kind == "sessions":
        headline, also = choose_headline([arm for arm, _ in design.arms])
        lines += [f"  headline: {headline}               # stands at the top"]
        lines += [f"  also: [{also}]"] if also else []
    return lines
