"""What the primary result means, in words that claim no more than the design allows; its numbers are in the effects."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.analysis.comparison.population.estimand import FOR_WHOM
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.support import name_strata
from outcomes.contracts.released.comparison import LEFT_OUT, ComparisonStatement
from outcomes.settings import Study

STATEMENT = ComparisonStatement.columns


def tabulate_statement(settings: Sequence[Setting], positivity: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return sentences on how to read the primary result.

    Returns
    -------
    DataFrame
        One row per ``subject``, the key: population, design, missing, confounders where missing ones were imputed, and positivity where a
        stratum lacks an arm.
    """
    setting = settings[0]
    rows = [
        (
            "population",
            f"The difference is that among {FOR_WHOM[setting.comparison.weights]}, who started a first series.",
        ),
        ("design", _describe_design(study.report.design, setting)),
        ("missing", _describe_missing(setting)),
    ]
    if len(settings) > 1:
        text = (
            f"Missing confounders were imputed {len(settings)} times. Estimates are pooled over these by Rubin's rules; shares, standardised differences, "
            "weights, and effective numbers of patients are means over them. Intervals by bootstrap are not available."
        )
        rows.append(("confounders", text))
    if len(positivity):
        named = name_strata(positivity, study.privacy.minimum_cell)
        strata = ", ".join(f"{stratum} (no {arm})" for stratum, arm in named)
        rows.append(
            ("positivity", f"Strata in which one arm was never given: {strata}; there nothing is compared directly.")
        )
    return pd.DataFrame(rows, columns=STATEMENT)


def state_left_out(reason: str) -> pd.DataFrame:
    """Return the statement on a comparison that the data cannot carry: one row, why."""
    return pd.DataFrame([(LEFT_OUT, reason)], columns=STATEMENT)


def _describe_missing(setting: Setting) -> str:
    comparison = setting.comparison
    binary = comparison.estimand.binary
    apart = comparison.imputation.draws > 0 and not binary.at_random
    declared = f" For response and remission they are {binary.imputed}, as declared." if apart else ""
    return (
        f"{'For the change, missing' if apart else 'Missing'} scores are taken as missing at random given arm, baseline, and earlier scores.{declared} The table of "
        "tipping points says how much worse they would have to be to change the answer."
    )


def _describe_design(design: str | None, setting: Setting) -> str:
    weighted = setting.comparison.weights != "none"
    if design == "randomised" and weighted:
        return "Arms were assigned at random; the weights remove chance differences in the listed variables."
    if design == "randomised":
        return "Arms were assigned at random; the difference is adjusted for the baseline score, without weights."
    if not weighted:
        return (
            "Treatment was not randomized. The difference is adjusted for the baseline score alone; it is the effect of the treatment only if no other "
            "factor, measured or not, affected both choice and outcome."
        )
    listed = ", ".join(name.replace("_", " ") for name in setting.comparison.confounders)
    return (
        f"Treatment was not randomized. The difference is adjusted for {listed}; it is the effect of the treatment only if "
        "no unmeasured factor affected both choice and outcome."
    )
