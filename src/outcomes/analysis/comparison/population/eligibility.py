"""Who may be compared: declared rules over the patients, applied in order, with what each one costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools
from outcomes.contracts.released import comparison as released
from outcomes.errors import ModelError, UnsupportedError
from outcomes.settings.estimand import Eligibility, Estimand, Rule

ELIGIBILITY = released.Eligibility.columns
FEWEST = 10  # patients of an arm below which nothing is estimated
TOO_FEW = "an arm has fewer patients than a comparison needs"
NOT = "not: "  # begins the reason of a rule that patients do not meet
REQUIRED_BASELINE = "no baseline score"
REQUIRED_CONFOUNDERS = "a confounder is missing"
WHY = {REQUIRED_BASELINE: "they have no baseline score"}
START, LEFT_OUT, COMPARED = "First series, included", "Left out", "Compared"


@dataclass(frozen=True)
class Step:
    """One step towards those compared.

    Attributes
    ----------
    reason : str
        Why patients are left out; '' for those before the first rule and after the last.
    n : tuple of int
        Patients of the treated arm and of the reference.
    """

    reason: str
    n: tuple[int, int]

    @classmethod
    def count(cls, reason: str, chosen: Bools, treated: Bools) -> Self:
        """Return a step with the chosen patients counted by arm."""
        return cls(reason, (int((chosen & treated).sum()), int((chosen & ~treated).sum())))


def check_columns(names: Sequence[str], patients: pd.DataFrame, place: str) -> None:
    """Refuse names that are neither patients' columns nor ``baseline``; the number of the patient is not one.

    Raises
    ------
    ModelError
    """
    known = set(patients.columns) - {"patient"} | {"baseline"}
    unknown = [name for name in names if name not in known]
    if unknown:
        there = ", ".join(name for name in patients.columns if name != "patient")
        raise ModelError(f"{place}: {', '.join(unknown)} not among the patients' columns ({there}) and not `baseline`.")


def apply_rules(
    people: pd.DataFrame, rules: Sequence[Eligibility], patients: pd.DataFrame | None = None
) -> Iterator[tuple[str, Bools]]:
    """Yield, for each rule, why patients are left out and who meets it; those without a value come first, as a rule of their own.

    Parameters
    ----------
    people : DataFrame
        One row per patient with the columns of the rules.
    rules : sequence of Eligibility
    patients : DataFrame or None
        Everyone of the study (``people``, where none are given): a value that nobody here has is misspelled, one that nobody compared has is not.

    Raises
    ------
    ModelError
        A range for a column of words, or values none of which any patient has.
    """
    for place, rule in enumerate(rules):
        column = people[rule.column]
        key = f"comparison.estimand.eligibility.{place} ({rule.column})"
        if rule.values:
            check_values(
                column if patients is None or rule.column not in patients else patients[rule.column], rule.values, key
            )
        inside = spell(column).isin(rule.values).to_numpy(dtype=bool) if rule.values else find_range(column, rule, key)
        absent = column.isna().to_numpy(dtype=bool)
        if rule.missing == "exclude" and rule.column != "baseline":  # a baseline is required of everyone
            yield f"{say_column(rule.column)} is missing", ~absent
        yield f"{NOT}{say_rule(rule)}", inside | absent


def say_rule(rule: Rule) -> str:
    """Return a rule in words.

    Examples
    --------
    >>> say_rule(Eligibility(column="age", minimum=18, maximum=64.5))
    'age from 18 to 64.5'
    >>> say_rule(Eligibility(column="indication", values=("mdd", "bipolar")))
    'indication mdd or bipolar'
    """
    name = say_column(rule.column)
    if rule.values:
        return f"{name} {' or '.join(rule.values)}"
    if rule.minimum is None:
        return f"{name} at most {rule.maximum:g}"
    if rule.maximum is None:
        return f"{name} at least {rule.minimum:g}"
    return f"{name} from {rule.minimum:g} to {rule.maximum:g}"


def say_column(name: str) -> str:
    """Return a column's name as words."""
    return "baseline score" if name == "baseline" else name.replace("_", " ")


def check_size(treated: Bools, steps: Sequence[Step], estimand: Estimand) -> None:
    """Refuse a comparison of too few.

    Raises
    ------
    UnsupportedError
        An arm with fewer patients than ``FEWEST``; the message names the rules that cost patients, without their numbers.
    """
    sides = {estimand.treated: int(treated.sum()), estimand.reference: int((~treated).sum())}
    few = [arm for arm, n in sides.items() if n < FEWEST]
    if not few:
        return
    why = f"{TOO_FEW}{_say_costliest(steps, list(sides).index(few[0]))}"
    costly = [step.reason for step in steps[1:-1] if sum(step.n)]
    rules = f" Patients were left out for: {'; '.join(costly)}." if costly else ""
    empty = [arm for arm, n in sides.items() if n == 0]
    if empty:
        raise UnsupportedError(
            f"comparison: no patient of arm '{empty[0]}' has a first series that is included, a baseline, and meets "
            f"comparison.estimand.eligibility.{rules}",
            why,
        )
    raise UnsupportedError(
        f"comparison: arm '{few[0]}' is left with fewer than {FEWEST} patients, too few to compare.{rules} "
        "Widen comparison.estimand.eligibility, or leave the comparison out.",
        why,
    )


def _say_costliest(steps: Sequence[Step], arm: int) -> str:
    """Return what left out more than half of those whom an arm lost, as it ends a sentence, without a number or a level.

    Empty where nothing did, and where the arm was too small before.
    """
    rules = steps[1:-1]
    costliest = max(rules, key=lambda step: step.n[arm], default=None)
    if costliest is None or steps[0].n[arm] < FEWEST or 2 * costliest.n[arm] <= sum(step.n[arm] for step in rules):
        return ""
    reason = costliest.reason
    return f": most are left out {'by a rule of eligibility' if reason.startswith(NOT) else f'because {WHY.get(reason, reason)}'}"


def tabulate_eligibility(steps: Sequence[Step], arms: tuple[str, str]) -> pd.DataFrame:
    """Return how those compared came to be.

    Returns
    -------
    DataFrame
        One row per step and arm (treated first), ``order`` the key: patients whose first series is included; those that each rule
        left out, with the ``reason``, in the order of the rules; those compared. First = compared + all left out.
    """
    rows = []
    for place, step in enumerate(steps):
        name = LEFT_OUT if step.reason else START if place == 0 else COMPARED
        rows += [[name, step.reason, arm, n] for arm, n in zip(arms, step.n, strict=True)]
    table = pd.DataFrame([[order, *row] for order, row in enumerate(rows)], columns=ELIGIBILITY)
    return table.astype({"order": "int64", "n": "int64"})


def find_range(column: pd.Series, rule: Rule, key: str) -> Bools:
    """Return who is within a rule's range.

    Raises
    ------
    ModelError
        The column holds words.
    """
    if holds_words(column):
        raise ModelError(f"{key}: the column holds words, so it has no minimum or maximum; declare 'values'.")
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    low = -np.inf if rule.minimum is None else rule.minimum
    high = np.inf if rule.maximum is None else rule.maximum
    return np.asarray((numbers >= low) & (numbers <= high))


def check_values(column: pd.Series, values: Sequence[str], key: str) -> None:
    """Refuse values of which no patient has any; a column in which nothing is recorded says nothing of how they are spelled.

    Raises
    ------
    ModelError
    """
    if column.notna().any() and not spell(column).isin(values).any():
        raise ModelError(
            f"{key}: no patient has any of {', '.join(values)}. Values are compared letter by letter, as "
            "`outcomes intake` mapped them (see the table of patients in results/, baseline)."
        )


def holds_numbers(column: pd.Series) -> bool:
    """Whether a column holds numbers; one in which nothing is recorded does not."""
    return (
        pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and bool(column.notna().any())
    )


def holds_words(column: pd.Series) -> bool:
    """Whether a column holds words, or yes and no, where numbers are needed; one in which nothing is recorded does not."""
    return not holds_numbers(column) and bool(column.notna().any())


def spell(column: pd.Series) -> pd.Series:
    """Return a column as a study file writes its values: 1 for 1.0, true for True; missing stays missing."""
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"}, na_action="ignore").astype(object)
    if pd.api.types.is_numeric_dtype(column):
        return column.map("{:g}".format, na_action="ignore").astype(object)
    return column.astype(object).map(str, na_action="ignore")
