"""What a reader can work out from one row: a percentage and its n, a mean of whole numbers, an interval's width, two criteria.

Each returns a range for an exact count. The attacker does not believe that percentages are of rounded counts but tries both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from attack_reader import COUNTS, Files, Row, _by_arm, rows_of
from attack_system import Name, System, read_printed
from scipy.special import stdtrit

HALF = 0.005
PEOPLE = "patients?|people|persons?|subjects?|participants?|series|individuals?"
COUNTED = re.compile(
    rf"(?P<before>[\w-]+ )?(?<![\d.,<>])(?P<n>\d[\d,]*) (?:(?!of|to|in|a|from)\w+ ){{0,2}}?(?:{PEOPLE})\b|(?<![\d.,<>])(?P<part>\d+) of (?P<whole>\d[\d,]*)\b(?! columns)"
)
LIMITS = {"than", "least", "most", "minimum", "needs", "asks"}  # a number behind these is asked for, not counted
MEANS = {
    "scores": "n",
    "percent_change": "n",
    "pressure_rise": "patients",
}  # with a standard deviation and a t interval
RATES = {"response": ("n", "events", "proportion"), "ideation_change": ("n", "events", "proportion"), "recall": ("n", "overlapping", "proportion"),
         "early_signals": ("n", "events", "proportion")}  # fmt: skip


def learn_sizes(system: System, files: Files) -> None:
    """Narrow the numbers of scores by mean, standard deviation, and interval, and those of models by their criteria."""
    for table, people in MEANS.items():
        for row in rows_of(files, table):
            found = fit_mean(row, system.minimum, people, whole=table == "scores")
            name = next(name for column, name, *_ in COUNTS[table](row) if column == people)
            if found is not None:
                _keep(system, _by_arm(name, {}), *found)
    for row in rows_of(files, "models"):
        found = fit_criteria(row, system.minimum)
        if found is not None:
            _keep(system, ("n_subjects", row["model"]), *found)


def read_words(files: Files, minimum: int) -> Iterator[tuple[str, str, str]]:
    """Yield table, column, and words of every cell that tells in words how many people there are, and not as counts are printed."""
    for table in files:
        for row in rows_of(files, table):
            for column, text in row.items():
                yield from ((table, column, text) for found in COUNTED.finditer(text) if _tells(found, minimum))


def _tells(found: re.Match[str], minimum: int) -> bool:
    if (found["before"] or "").strip() in LIMITS:
        return False
    numbers = [int(text.replace(",", "")) for text in (found["n"], found["part"], found["whole"]) if text]
    return any(0 < number < minimum or number % 5 for number in numbers)


def _keep(system: System, name: Name, low: float, high: float) -> None:
    before = system.bounds.get(name, (0.0, np.inf))
    if max(before[0], low) <= min(before[1], high):
        system.narrow(name, low, high)


def _step(text: str) -> float:
    return 10.0 ** -len(text.partition(".")[2])


def fit_mean(row: Row, minimum: int, people: str = "n", *, whole: bool = True) -> tuple[int, int] | None:
    """Return between which n a mean (of whole scores), its standard deviation, and its t interval are possible.

    An interval that is what the documentation says of a width that would tell, that of the smallest n printed so, tells nothing.
    """
    printed = read_printed(row[people], minimum)
    if printed is None or row[people].startswith("<") or not row["mean"]:
        return None
    mean, sd, step = float(row["mean"]), float(row["sd"] or "nan"), 0.1
    fits = []
    for n in range(int(printed[0]), int(printed[1]) + 1):
        nearest = round(mean * n) / n
        good = not whole or abs(nearest - mean) <= max(step, _step(row["mean"])) / 2 + 1e-9
        if row["lower"] and row["upper"] and sd == sd and n > 1:
            width = float(row["upper"]) - float(row["lower"])
            t, slack = float(stdtrit(n - 1, 0.975)), max(step, _step(row["lower"]))
            coarse = max(step, _step(row["sd"])) / 2
            least, most = (2 * t * (sd + sign * coarse) / math.sqrt(n) for sign in (-1, 1))
            good &= _is_of_fewest(row, int(printed[0])) or least - slack <= width <= most + slack
        if good:
            fits.append(n)
    return (min(fits), max(fits)) if fits else None


def _is_of_fewest(row: Row, n: int) -> bool:
    """Tell whether an interval may be that of the smallest n, from the printed mean and the largest standard deviation printed so."""
    mean, sd, *limits = (float(row[name]) for name in ("mean", "sd", "lower", "upper"))
    tens = [step for step in (10.0, 100.0) if all(value % step == 0 for value in (mean, sd, *limits))]
    for step in (max(0.1, min(_step(row[name]) for name in ("mean", "sd", "lower", "upper"))), *tens):
        half = float(stdtrit(n - 1, 0.975)) * (sd + step / 2) / math.sqrt(n)
        if all(
            abs(limit - own) <= step / 2 + 1e-9 for limit, own in zip(limits, (mean - half, mean + half), strict=True)
        ):
            return True
    return False


def fit_criteria(row: Row, minimum: int) -> tuple[int, int] | None:
    """BIC less AIC is k (log n − 2), and AIC is 2 k less twice the log-likelihood."""
    if not (row["loglik"] and row["aic"] and row["bic"]) or row["n_subjects"].startswith("<"):
        return None
    step = max(_step(row[name]) for name in ("loglik", "aic", "bic"))
    loglik, aic, bic = (float(row[name]) for name in ("loglik", "aic", "bic"))
    k = round((aic + 2 * loglik) / 2)
    printed = read_printed(row["n_subjects"], minimum)
    if k < 1 or printed is None:
        return None
    fits = [n for n in range(int(printed[0]), int(printed[1]) + 1) if abs(k * (math.log(n) - 2) - (bic - aic)) <= step]
    return (min(fits), max(fits)) if fits else None


def guess_events(files: Files, minimum: int) -> Iterator[tuple[Name, set[int]]]:
    """Yield, for every printed percentage, the small numbers of events that give it with some n that is printed so."""
    for table, (n, events, share) in RATES.items():
        for row in rows_of(files, table):
            printed = read_printed(row[n], minimum)
            if printed is None or row[n].startswith("<") or not row[share] or row[share][0] in "<>":
                continue
            p = float(row[share])
            for rest in (False, True):
                found = {
                    x
                    for size in range(int(printed[0]), int(printed[1]) + 1)
                    for x in range(1, minimum)
                    if abs((1 - x / size if rest else x / size) - p) <= HALF
                }
                if found:
                    name = next(name for column, name, _ in COUNTS[table](row) if column == events)
                    yield ("rest", name) if rest else _by_arm(name, {}), found
