"""Definitions and methods in words, filled from the study file and the released tables."""

from __future__ import annotations

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.disclosure.words import describe_release
from outcomes.release.numbers import WITHHELD, percent
from outcomes.release.report.content.blocks import Bullets, Paragraph, Section, Terms
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.adjustment import describe_adjustment
from outcomes.release.report.wording.denominators import NOT_A_DIFFERENCE, OWN_RATE
from outcomes.release.report.wording.model_terms import DF, VCOV, say_covariance
from outcomes.settings import Study

BASELINE_RULES = {
    "last": "the last score on or before the first session",
    "mean": "the mean of the scores on or before the first session",
    "worst": "the worst score on or before the first session",
}
BASELINE_EFFECT = {
    "last": "The last score carries one reading's chance; patients who enter when they feel worst tend to score lower next "
    "time whatever happens (regression to the mean).",
    "mean": "The mean of several scores carries less of one reading's chance than the last one.",
    "worst": "The worst of several scores builds a later drop into the measure: some of every change, response, and remission "
    "below comes from the choice of the highest reading (regression to the mean).",
}

COMPARED = (
    "In the comparison of two arms, differences and ratios of response and remission, the unadjusted ones too, have Newcombe's intervals, from each arm's "
    "Wilson interval with the variance of stacked estimating equations (sandwich); changes in score have a sandwich clustered by {unit}. "
)

UNITS = {
    "patient": "patient",
    "site": "site (CR2, Bell and McCaffrey's degrees of freedom), in the primary model, and by patient in the others",
}


def describe_methods(material: Material) -> Section:
    """Return every definition a number in this report rests on."""
    study = material.study
    parts = (
        Section(
            "methods-instruments", "Instruments", (Terms(tuple(_instrument(study, n) for n in study.instruments)),)
        ),
        Section("methods-treatment", "Arms and series", (Terms(tuple(_arms(study))), *_paragraphs(_series(study)))),
        Section("methods-baseline", "Baseline", _paragraphs(_baseline(study))),
        Section("methods-timepoints", "Time points", _paragraphs(_timepoints(study))),
        Section("methods-endpoints", "Endpoints and denominators", _paragraphs(_endpoints(study))),
        Section("methods-recall", "Recall", _paragraphs(_recall(material))),
        Section("methods-missing", "Missing items and scores", _paragraphs(_missing(study))),
        Section("methods-comparison", "Comparison of arms", _paragraphs(describe_adjustment(material))),
        Section("methods-models", "Models", _models(study)),
        Section("methods-intervals", "Intervals and disclosure", _paragraphs(_intervals(study))),
    )
    return Section("methods", "Definitions and methods", (), tuple(part for part in parts if not part.empty))


def _paragraphs(texts: list[str]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text) for text in texts if text)


def _instrument(study: Study, name: str) -> tuple[str, str]:
    entry = study.instrument(name)
    text = f"{entry.measures}; total {entry.minimum:g} to {entry.maximum:g} points, "
    text += "higher is worse" if entry.higher_is_worse else "higher is better"
    if entry.bands:
        text += "; bands: " + ", ".join(f"{low} {label}" for low, label in sorted(entry.bands.items()))
    text += f". It asks about the last {entry.recall_days} days." if entry.recall_days > 0 else "."
    if entry.response_percent is not None:
        text += f" Response: at least {entry.response_percent:g}% better than baseline."
    if entry.remission_maximum is not None:
        text += f" Remission: at most {entry.remission_maximum:g} points."
    if entry.derived_from:
        text += (
            f" Scored from items of the {study.instrument(entry.derived_from.instrument).name}."
            if (entry.derived_from.instrument in study.instruments)
            else ""
        )
    if entry.important_change and "important_change" not in entry.unverified:
        changes = [change for change in entry.important_change if change.percent is not None]
        each = "; ".join(f"{change.percent:g}% ({change.source})" for change in changes)
        text += f" Published important change: {each}."
    change = study.endpoints.reliable_change.get(name)
    if change:
        text += (
            f" Reliable change: {change.index:.1f} points ({change.FORMULA} with SD {change.sd:g} and r {change.reliability:g}; "
            f"{change.source})."
        )
    if entry.unverified:
        text += f" Not checked against a source: {', '.join(entry.unverified).replace('_', ' ')}."
    return entry.name, f"{text[:1].upper()}{text[1:]} Source: {entry.source}."


def _arms(study: Study) -> list[tuple[str, str]]:
    entries = []
    for index, arm in enumerate(study.arms):
        protocol = study.protocol(arm)
        text = "Reference arm. " if index == 0 and len(study.arms) > 1 else ""
        if protocol is None:
            text += f"As the export labels it ({', '.join(arm.treatments) or arm.id})."
        else:
            plan = protocol.induction
            text += (
                f"{protocol.name[:1].upper()}{protocol.name[1:]}: {plan.sessions} induction sessions; a series meets the protocol with "
                f"{_span(plan.minimum_sessions, plan.maximum_sessions)} of them within "
                f"{_span(plan.minimum_days, plan.maximum_days)} days. Source: {protocol.source}."
            )
        entries.append((arm.label, text))
    return entries


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


_BEGINS = {
    "first_scored": " Series before a patient's first one with a questionnaire in the {days} days up to it are left out.",
    "first_repeated": " One or two sessions before a patient's first longer series are left out.",
}


def _series(study: Study) -> list[str]:
    rule = study.series
    if rule.origin == "none":
        return ["The study is cross-sectional: there are no series and no baseline."]
    if rule.origin == "visits":
        return [
            "The study has scheduled visits and no sessions: each patient and arm has one series from the baseline visit."
        ]
    change = "starts a new series" if rule.change_of_arm == "new_series" else "stays in the series under its first arm"
    use = (
        "Only a patient's first series is analysed (new users)." if rule.use == "first" else "All series are analysed."
    )
    use += _BEGINS.get(rule.begins, "").format(days=study.baseline.within_days)
    days = "counts as one session" if rule.same_day == "one_session" else "counts as two sessions"
    strict = (
        " Series that fail their protocol's rule are left out."
        if rule.require_protocol
        else (" Series that fail their protocol's rule stay in.")
    )
    return [
        f"A series is a run of sessions. A pause of more than {rule.gap_days} days starts a new one; a session of another arm "
        f"{change}; a second record of one treatment on one day {days}. {use}{strict}"
    ]


def _baseline(study: Study) -> list[str]:
    if study.series.origin == "none":
        return []
    rule = study.baseline
    if study.series.origin == "visits":
        texts = ["The baseline is the score of the baseline visit."]
    else:
        same = "before" if rule.same_day == "before" else "after"
        texts = [
            f"The baseline is {BASELINE_RULES[rule.rule]} and at most {rule.within_days} days before it. A questionnaire of a "
            f"session's own day counts as answered {same} that session. {BASELINE_EFFECT[rule.rule]}"
        ]
    if rule.minimum:
        limits = ", ".join(f"{study.instrument(name).name} at least {value:g}" for name, value in rule.minimum.items())
        texts.append(f"Entry threshold at baseline: {limits}. A threshold at entry adds to regression to the mean.")
    return texts


def _timepoints(study: Study) -> list[str]:
    points = study.timepoints
    texts = []
    if points.sessions and study.series.origin == "sessions":
        texts.append(
            f"By session ({', '.join(map(str, points.sessions))}): the score after that session, before the next one, and at "
            f"most {points.session_days} days after it. A later session is reached only by those who stay in treatment, so "
            "values at later sessions describe those who stayed."
        )
    if points.days:
        windows = ", ".join(f"day {w.day} (days {w.day - w.before} to {w.day + w.after})" for w in points.days)
        texts.append(f"By calendar day after the first session: {windows}. The score nearest to the day counts.")
    if points.visits:
        texts.append(f"By scheduled visit: {', '.join(points.visits)}.")
    if points.clean_window and study.series.origin == "sessions":
        low, high = points.clean_window
        texts.append(
            f"Clean window: {low} to {high} days after the last induction session (window of 10.1016/j.jad.2021.12.097)."
        )
    unused = [visit for visit in study.visits if not visit.used]
    return texts + [f"Visit “{v.label}” is not used" + (f": {v.reason}." if v.reason else ".") for v in unused]


def _endpoints(study: Study) -> list[str]:
    if study.series.origin == "none":
        return []
    apart = f" {NOT_A_DIFFERENCE}" if len(study.arms) > 1 else ""
    texts = [
        "Each rate is given with two denominators: all treated patients, a missing score counting as no response and no remission; "
        f"and complete cases at that time point. {OWN_RATE}{apart}",
        f"Worsening is a score worse than baseline by at least {study.endpoints.worsening_points:g} point{'' if study.endpoints.worsening_points == 1 else 's'}.",
    ]
    if study.population.include:
        rules = "; ".join(f"{column} {' or '.join(values)}" for column, values in study.population.include.items())
        texts.append(f"Only these patients enter: {rules}.")
    if study.population.require_baseline:
        texts.append("Series without a baseline of the primary instrument are left out and counted in the flow.")
    return texts


def _recall(material: Material) -> list[str]:
    rows = material.rows("recall", instrument=material.primary)
    if rows.empty:
        return []
    name = material.instrument(material.primary)
    days = material.study.instrument(material.primary).recall_days
    texts = [
        f"The {name} asks about the last {days} days, so an early score also covers days before the first session."
    ]
    if material.headline:
        here = rows[(rows["axis"] == material.headline[0]) & (rows["timepoint"] == material.headline[1])]
        parts = [
            f"{material.within(str(row['arm']))} "
            + (f"{percent(row['proportion'])}%" if row["proportion"] == row["proportion"] else WITHHELD)
            for row in sorted(list_records(here), key=lambda row: [*material.arms, row["arm"]].index(row["arm"]))
        ]
        if parts:
            texts.append(
                f"Scores at {material.timepoint(*material.headline)} that reach back so far: {', '.join(parts)}."
            )
    return texts


def _missing(study: Study) -> list[str]:
    if study.scoring.prorate:
        rounding = "rounded half up" if study.scoring.rounding == "half_up" else "not rounded"
        text = (
            "Within each instrument's limit, missing items were replaced by the mean of the answered ones, the total "
            f"{rounding}. Items that are never imputed, such as an ideation item, make the total missing."
        )
    else:
        text = "A total needs every item: a missing item is never counted as zero, and the total is then missing."
    imputed = study.comparison is not None and study.comparison.imputation.draws > 0
    return [
        text,
        "Where items and a stored total disagree, the items count and the ledger notes it. Missing scores are not imputed"
        + (", but for the sensitivity analyses of the comparison." if imputed else "."),
    ]


def _models(study: Study) -> tuple[Bullets, ...]:
    entries = []
    for name, model in study.models.items():
        outcome = study.instrument(model.instrument).name
        parts = [f"{model.label} ({name}): {model.formula}", f"{outcome} by {model.axis}"]
        if model.covariance:
            parts.append(f"{say_covariance(model.covariance)} residual covariance over time points")
        if model.fallback:
            parts.append(f"if it does not converge, in turn {', '.join(map(say_covariance, model.fallback))}")
        if model.random:
            parts.append(f"random effects per patient: {model.random}")
        parts += [model.method.upper(), DF[model.df], VCOV[model.vcov]]
        parts.append("own engine" if model.engine == "mixed" else "statsmodels MixedLM")
        lead = "" if not model.primary else "Primary. " if study.comparison is None else "Main descriptive model. "
        entries.append(lead + "; ".join(parts) + ".")
    return (Bullets(tuple(entries)),) if entries else ()


def _multiplicity(study: Study) -> str:
    declared = study.comparison.subgroups if study.comparison is not None else None
    if declared is None or declared.multiplicity == "none":
        return "No correction for multiplicity was made."
    return "No correction for multiplicity was made, but for the tests of interaction between subgroups."


def _intervals(study: Study) -> list[str]:
    texts = [
        f"Intervals cover {COVERED}. Proportions in the tables of rates: Wilson's score interval; their unadjusted differences: Newcombe's hybrid "
        "score interval, which for patients seen in both arms takes the correlation of the two into account; means: Student's t. "
        + (COMPARED.format(unit=UNITS[study.comparison.cluster]) if study.comparison is not None else "")
        + "They describe sampling error only. "
        + _multiplicity(study)
    ]
    texts.append(describe_release(study.privacy))
    return texts
