"""Released tables as text: CSV with a fixed float format, so that the same numbers are the same bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

DECIMALS = 6

TABLES = {
    "flow": "from the rows of the export to the series analysed",
    "baseline": "patients before treatment",
    "baseline_smd": "standardised differences between arms before treatment",
    "scores": "scores by time point",
    "response": "response, remission, and worsening, with both denominators",
    "differences": "differences between arms in response, remission, and worsening",
    "change_distribution": "distribution of percent change",
    "missingness": "scores missing by time point",
    "ideation": "answers to the ideation item at baseline and later",
    "ideation_change": "ideation item from any to none and from none to any",
    "regression_to_mean": "change from baseline beside what regression to the mean would give",
    "two_baselines": "change between two baselines, and from both",
    "recall": "scores whose recall window reaches before treatment",
    "ledger": "how raw rows ended",
    "balance": "raw rows of each file and how many were kept",
    "models": "mixed models: specification and convergence",
    "coefficients": "mixed models: coefficients",
    "tests": "mixed models: tests of terms",
    "margins": "mixed models: adjusted means",
    "model_differences": "mixed models: adjusted differences",
    "target_trial": "the declared estimand beside its emulation",
    "eligibility": "from the first series to those compared",
    "comparison_statement": "how to read the primary comparison",
    "covariate_balance": "confounders by arm before and after weighting",
    "score_overlap": "propensity score by arm",
    "positivity": "strata that only one arm has",
    "weights": "weights: spread and effective number of patients",
    "effects": "adjusted difference in change by time point",
    "risks": "response and remission standardised over the confounders",
    "sensitivity": "the comparison done in every other way",
    "imputations": "the differences in change, response, and remission by multiple imputation",
    "tipping": "differences if missing scores were worse than assumed",
    "dropout": "who left, by arm and severity of the last score",
    "early_signals": "early response as a sign of later response",
    "subgroups": "the comparison within kinds of patients",
    "interactions": "tests that the comparison is the same in all kinds of patients",
    "durability_cohort": "who is followed after the induction",
    "durability_curve": "response held after the induction, week by week",
    "durability_held": "response held at the declared weeks",
    "durability_effect": "loss of response: one arm's hazard to the other's",
    "published": "this cohort beside published ones",
}


def format_table(table: pd.DataFrame) -> str:
    r"""Return a table as CSV text: rows and columns as they stand, ``\n`` endings, missing values empty.

    Integers are written as integers; other numbers are rounded to six decimals, without trailing zeros or a negative
    zero; below 0.001 three significant digits are kept, and below 0.000001 they are written with an exponent. The order
    of rows is the one that the tabulate functions give, which does not depend on the order of their input.

    Examples
    --------
    >>> import pandas as pd
    >>> print(format_table(pd.DataFrame({"arm": ["iv"], "n": [12], "mean": [0.1 + 0.2], "sd": [None]})), end="")
    arm,n,mean,sd
    iv,12,0.3,
    """
    text = pd.DataFrame({name: _texts(table[name]) for name in table.columns}, columns=table.columns)
    return text.to_csv(index=False, lineterminator="\n", encoding="utf-8")


def _texts(column: pd.Series) -> list[str]:
    return [_text(value) for value in column.astype(object)]


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, float) or (hasattr(value, "dtype") and value.dtype.kind == "f"):
        return _number(float(value))
    if isinstance(value, bool) or (hasattr(value, "dtype") and value.dtype.kind == "b"):
        return "true" if value else "false"
    return str(value)


def _number(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    if 0 < abs(value) < 1e-6:
        return f"{value:.2e}"
    text = f"{value:.{DECIMALS}f}" if abs(value) >= 1e-3 or value == 0 else f"{Decimal(f'{value:.2e}'):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
