"""The declared estimand: what the data must hold for it, and the target trial that it emulates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from outcomes.analysis.comparison.population.eligibility import say_rule
from outcomes.analysis.comparison.population.events import BUILT_IN
from outcomes.analysis.comparison.population.people import Compared
from outcomes.contracts.released.comparison import TargetTrial
from outcomes.errors import ModelError
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison
from outcomes.settings.estimand import Eligibility, Estimand

TARGET_TRIAL = TargetTrial.columns
FOR_WHOM = {
    "overlap": "patients eligible for either treatment (overlap weights)",
    "att": "patients who had the treated arm",
    "ate": "all patients compared",
    "none": "the patients as they are, without weights",
}
CONTRASTS = {
    "risk_difference": "difference in risks, {treated} minus {reference}",
    "risk_ratio": "ratio of risks, {treated} to {reference}",
}
MEANING = {
    "treatment_policy": "scores after it are used like any other",
    "hypothetical": "scores after it count as missing: as if it had not happened",
    "while_on_treatment": "the last score before it stands for those after it",
    "composite": "it counts as not responded",
}


def check_estimand(tables: Mapping[str, pd.DataFrame], comparison: Comparison, study: Study) -> None:
    """Refuse an estimand that the data cannot support.

    Raises
    ------
    ModelError
        Names the key and what is lacking.
    """
    estimand, signals = comparison.estimand, comparison.early_signals
    named = [("estimand.timepoint", estimand.axis, estimand.timepoint)]
    if signals is not None:
        named += [(f"early_signals.signals.{place}", signals.axis, one) for place, one in enumerate(signals.signals)]
        named += [("early_signals.target", signals.axis, signals.target)]
        named += [(f"early_signals.later.{one}", axis, one) for one, axis in signals.later.items()]
    points = (
        tables["endpoints"][["axis", "timepoint", "time"]].drop_duplicates(["axis", "timepoint"]).sort_values("time")
    )
    for key, axis, timepoint in named:
        _check_timepoint(points, f"comparison.{key}", axis, timepoint)
    for key, names in {"covariance": (comparison.covariance,), "fallback": comparison.fallback}.items():
        _check_covariances(f"comparison.{key}", names)
    for event in estimand.events:
        reason = find_refusal(event, estimand, tables, study)
        if reason:
            raise ModelError(f"comparison.estimand.events.{event}: {reason}")


def _check_timepoint(points: pd.DataFrame, key: str, axis: str, timepoint: str) -> None:
    own = points.loc[points["axis"] == axis, "timepoint"].astype(str).tolist()
    if timepoint in own:
        here = points[(points["axis"] == axis) & (points["timepoint"].astype(str) == timepoint)]
        if here["time"].isna().all():
            raise ModelError(
                f"{key}: '{timepoint}' has no 'time', so that no model can put it in order; give it under visits."
            )
        return
    others = points.loc[points["timepoint"].astype(str) == timepoint, "axis"].astype(str).tolist()
    hint = f" '{timepoint}' is on axis {' and '.join(others)}." if others else " See timepoints in the study file."
    raise ModelError(f"{key}: no '{timepoint}' on axis {axis}; there are: {', '.join(own) or 'none'}.{hint}")


def _check_covariances(key: str, names: Sequence[str]) -> None:
    from outcomes.mixed import STRUCTURES

    unknown = [name for name in names if name not in STRUCTURES]
    if unknown:
        raise ModelError(f"{key}: '{unknown[0]}' is not one of {', '.join(STRUCTURES)}.")


def find_refusal(event: str, estimand: Estimand, tables: Mapping[str, pd.DataFrame], study: Study) -> str:
    """Return why the data cannot support the strategy for an event; '' when they can."""
    strategies = estimand.events[event]
    policy = "treatment_policy" in (strategies.change, strategies.binary)
    if study.series.origin != "sessions":
        return "the study has no dated sessions, so no event has a day; leave the event out."
    if event in ("switching", "reinduction") and policy:
        return (
            "treatment_policy needs scores after the next series began, and time points end before it; "
            "use hypothetical, while_on_treatment, or composite (binary)."
        )
    if event == "stopping" and policy and estimand.axis == "session":
        return (
            "treatment_policy needs a score after a session that was never held; choose axis day, or hypothetical, "
            "while_on_treatment, or composite (binary)."
        )
    if event not in BUILT_IN and not (tables["events"]["event"].astype(str) == event).any():
        return f"no row of the table of events records it, and it is none of {', '.join(BUILT_IN)}."
    return ""


def tabulate_target_trial(compared: Compared, comparison: Comparison, study: Study) -> pd.DataFrame:
    """Return the target trial beside its emulation (Hernan & Robins 2016, 10.1093/aje/kwv254).

    Returns
    -------
    DataFrame
        One row per component of the protocol, the key: what a trial would specify and what these data do instead.
    """
    estimand = comparison.estimand
    treated, reference = study.in_text(estimand.treated), study.in_text(estimand.reference)
    confounders = ", ".join(name.replace("_", " ") for name in comparison.confounders)
    instrument = study.instrument(estimand.instrument).name
    rows = [
        ("eligibility", "no earlier series of either treatment; entry threshold at baseline",
         "a patient's first series on record, if the study file includes it; history before the export is not seen"),
        *[_describe_rule(rule) for rule in estimand.eligibility],
        ("treatments", f"{treated} or {reference}", "arm of the first series, as given"),
        ("assignment", "at random", _describe_assignment(study.report.design, confounders)),
        ("time zero", "randomisation", "day of the first session; baseline from before it"),
        ("outcome", f"change of {instrument} from baseline at {estimand.timepoint}",
         f"score of {estimand.timepoint} on axis {estimand.axis}; beside it: {_list_axes(compared)}"),
        *[_describe_event(event, estimand) for event in estimand.events],
        ("missing scores", "none", _describe_missing(comparison)),
        ("contrast", f"difference in means of the change, {treated} minus {reference}; response and remission: "
         f"{CONTRASTS[estimand.summary.binary].format(treated=treated, reference=reference)}",
         f"the same, among {FOR_WHOM[comparison.weights]}"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=TARGET_TRIAL)


def _describe_missing(comparison: Comparison) -> str:
    binary, text = comparison.estimand.binary, "missing at random given the earlier scores, the baseline, and the arm"
    apart = comparison.imputation.draws > 0 and not binary.at_random
    return f"{text}; for response and remission {binary.imputed}" if apart else text


def _describe_rule(rule: Eligibility) -> tuple[str, str, str]:
    unknown = "patients without a value are left out" if rule.missing == "exclude" else "patients without a value enter"
    if rule.column == "baseline":
        unknown = "by the baseline score of this analysis"
    return f"eligibility: {rule.column.replace('_', ' ')}", say_rule(rule), f"as recorded; {unknown}"


def _describe_assignment(design: str | None, confounders: str) -> str:
    if design == "randomised":
        return f"at random; weights for {confounders} remove chance imbalance"
    return f"chosen by patients, clinicians, and payers; taken as random given {confounders}, which cannot be tested"


def _list_axes(compared: Compared) -> str:
    return "; ".join(f"{axis}: {', '.join(compared.timepoints[axis])}" for axis in compared.axes())


def _describe_event(event: str, estimand: Estimand) -> tuple[str, str, str]:
    one = estimand.events[event]
    what = BUILT_IN.get(event, "as the table of events records it")
    text = (
        MEANING[one.change]
        if one.change == one.binary
        else f"change: {MEANING[one.change]}; binary: {MEANING[one.binary]}"
    )
    word = one.change if one.change == one.binary else f"{one.change} (change), {one.binary} (binary)"
    return (f"event: {event}", f"{word.replace('_', ' ')} strategy", f"{what}; {text}")
