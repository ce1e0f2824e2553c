"""The methods of the main report in at most six hundred words; every definition in full is in the supplement."""

from __future__ import annotations

from outcomes.release.course import find_place, find_trial_difference
from outcomes.release.definitions import COVERED
from outcomes.release.disclosure.words import write_footnote
from outcomes.release.report.content.blocks import Paragraph, Section
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.page_one.rules import decide
from outcomes.release.report.sections.locked_plan import describe_adherence
from outcomes.release.report.wording.comparison_result import say_left_out
from outcomes.release.report.wording.course_and_rates import describe_measures

WEIGHTS = {
    "overlap": "Overlap weights made the arms alike in these confounders: patients count by how likely they were to have either treatment.",
    "att": "Weights made the reference arm resemble the treated arm in these confounders.",
    "ate": "Inverse probability weights made both arms resemble all patients in these confounders.",
    "none": "The arms were not weighted: the difference in change is adjusted for the baseline score alone, and that in response is not adjusted.",
}
CLUSTERED = {"patient": "", "site": " clustered by site"}


def describe_methods_briefly(material: Material) -> Section:
    """Return design, outcomes, comparison, missing data, and intervals, a paragraph each."""
    parts = {
        "Patients.": _patients(material),
        "Outcomes.": _outcomes(material),
        "Comparison." if len(material.arms) > 1 else "Model.": _comparison(material),
        "Missing data.": _missing(material),
        "Intervals.": f"Intervals cover {COVERED}. {write_footnote(material.study.privacy)}".strip(),
    }
    return Section("methods-brief", "Methods", tuple(Paragraph(text, lead) for lead, text in parts.items() if text))


def _patients(material: Material) -> str:
    study = material.study
    texts = [study.report.setting]
    if study.series.origin == "sessions":
        texts.append(
            "A series is a run of sessions of one treatment."
            + (" Only the first of each patient counts." if study.series.use == "first" else "")
        )
    limits = [f"{study.instrument(name).name} of at least {value:g}" for name, value in study.baseline.minimum.items()]
    texts += [f"Patients entered with a baseline {enumerate_words(limits)}."] if limits else []
    texts.append(describe_adherence(material))
    return " ".join(filter(None, texts))


def _outcomes(material: Material) -> str:
    place = find_place(material.tables, material.study)
    if place is None:
        return describe_measures(material)
    instrument = material.study.instrument(place[0])
    text = (
        f"The primary outcome is the change in {instrument.name} ({instrument.minimum:g} to {instrument.maximum:g} points) from baseline "
        f"at {material.timepoint(*place[1:])}{_say_window(material, *place[1:])}."
    )
    return f"{text} {describe_measures(material)}".strip()


def _say_window(material: Material, axis: str, timepoint: str) -> str:
    """Return " (the score nearest to it, of days 21 to 35)" of a calendar day; empty of any other time point."""
    windows = {f"day {one.day}": (one.day - one.before, one.day + one.after) for one in material.study.timepoints.days}
    first, last = windows.get(timepoint, (0, 0)) if axis == "day" else (0, 0)
    return f" (the score nearest to it, of days {first} to {last})" if last > first else ""


def _comparison(material: Material) -> str:
    comparison = material.study.comparison
    if comparison is None:
        place = find_place(material.tables, material.study)
        apart = place is not None and len(find_trial_difference(material.tables, material.study, place[1]))
        by_arm = " by arm" if len(material.arms) > 1 else ""
        text = f"Mean changes{by_arm} are from mixed models for repeated measures."
        arms = (
            " The difference is that of the same model."
            if apart
            else f" {say_left_out(material) or 'Arms are not compared.'}"
        )
        return text + (arms if len(material.arms) > 1 else "")
    evidence = gather_evidence(material)
    if not evidence.contrasted:
        return f"Mean changes by arm are from mixed models for repeated measures. {decide('better', evidence).verdict}"
    listed = enumerate_words([name.replace("_", " ") for name in comparison.confounders])
    confounders = f"Declared confounders: {listed}. {WEIGHTS[comparison.weights]} " if listed else ""
    exploratory = " Subgroups are exploratory." if len(material.rows("subgroups")) else ""
    return (
        f"{confounders}The difference in change is from a mixed model for repeated measures with a sandwich variance{CLUSTERED[comparison.cluster]}. Other valid analyses of the "
        f"same question are in the forest plot; analyses that leave out a confounder are shown for reference only.{exploratory}"
    )


def _missing(material: Material) -> str:
    comparison = material.study.comparison
    if comparison is None:
        given = "arm, baseline, and earlier scores" if len(material.arms) > 1 else "baseline and earlier scores"
        return f"Scores are taken as missing at random given {given}."
    binary = comparison.estimand.binary
    imputed = comparison.imputation.draws > 0 and gather_evidence(material).contrasted
    alike = binary.at_random or not imputed
    text = f"{'Scores' if alike else 'For the change, scores'} are taken as missing at random given arm, baseline, and earlier scores."
    if imputed:
        how = "" if binary.at_random else f", {binary.imputed}"
        text += f" Response and remission use multiple imputation of missing scores{how}, pooled by Rubin's rules. Other assumptions are sensitivity analyses."
    return text
