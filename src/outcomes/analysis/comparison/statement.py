"""The primary result in words that claim no more than the design allows."""

from __future__ import annotations

import pandas as pd

from outcomes.analysis.comparison.estimand import FOR_WHOM
from outcomes.analysis.comparison.sensitivity import Setting
from outcomes.settings import Study

STATEMENT = ["subject", "text"]


def tabulate_statement(setting: Setting, effects: pd.DataFrame, positivity: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return sentences on the primary result.

    Returns
    -------
    DataFrame
        One row per ``subject``, the key: result, population, variance, design, missing, and positivity where a stratum lacks an arm.
    """
    estimand = setting.comparison.estimand
    place = (effects["axis"] == estimand.axis) & (effects["timepoint"] == estimand.timepoint)
    effect = effects[place & (effects["variance"] == "cr2")].iloc[0]
    labels = {arm.id: arm.label for arm in study.arms}
    name = study.instrument(estimand.instrument).name
    rows = [
        ("result", f"{name} at {estimand.timepoint}: {labels[estimand.treated]} minus {labels[estimand.reference]} "
         f"{effect['estimate']:.2f} points (95 % interval {effect['lower']:.2f} to {effect['upper']:.2f}); negative is "
         "a larger fall."),
        ("population", f"The difference is that among {FOR_WHOM[setting.comparison.weights]}, who started a first series."),
        ("variance", _describe_variance(effects[place], setting)),
        ("design", _describe_design(study.report.design, setting)),
        ("missing", "Missing scores are taken as missing at random given arm, baseline, and earlier scores; the table of "
         "tipping points says how much worse they would have to be to change the answer."),
    ]  # fmt: skip
    if len(positivity):
        strata = ", ".join(f"{row.variable} = {row.level} (no {row.lacks})" for row in positivity.itertuples())
        rows.append(
            ("positivity", f"Strata in which one arm was never given: {strata}; there nothing is compared directly.")
        )
    return pd.DataFrame(rows, columns=STATEMENT)


def _describe_variance(rows: pd.DataFrame, setting: Setting) -> str:
    kind = setting.comparison.weights
    known = "" if kind == "none" else ", which takes the weights as known"
    text = f"Intervals are from a sandwich clustered by patient (CR2, Satterthwaite's degrees of freedom){known}."
    bootstrap = rows[rows["variance"] == "bootstrap"]
    if len(bootstrap):
        row = bootstrap.iloc[0]
        text += (
            f" With patients resampled and the weights estimated in each sample ({row['note'].split(' samples')[0]} samples), "
            f"the interval is {row['lower']:.2f} to {row['upper']:.2f}."
        )
    return text


def _describe_design(design: str | None, setting: Setting) -> str:
    if design == "randomised":
        return "Arms were assigned at random; the weights remove chance differences in the listed variables."
    listed = ", ".join(name.replace("_", " ") for name in setting.comparison.confounders)
    return (
        f"Arms were chosen, not assigned. The difference is adjusted for {listed}; it is the effect of the treatment only if "
        "nothing else that bears on the outcome bore on the choice, which these data cannot show."
    )
