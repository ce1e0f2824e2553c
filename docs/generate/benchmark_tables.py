"""Write the tables of operating characteristics into docs/operating-characteristics.md from the committed results of the benchmarks.

python docs/generate/benchmark_tables.py        # after a benchmark was run again

A table stands between ``<!-- name -->`` and ``<!-- /name -->``; a test compares what stands there with the results.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operating-characteristics.md"
RESULTS = ROOT / "benchmarks"
Row = dict[str, str]


def _read(name: str) -> list[Row]:
    place = name if "/" in name else f"comparison/{name}"
    with (RESULTS / f"{place}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _percent(text: str, error: str = "") -> str:
    plain = "–" if not text else f"{100 * float(text):.1f}%"
    return f"{plain} ({100 * float(error):.1f})" if text and error else plain


def _number(text: str, places: int = 3, sign: bool = False) -> str:
    return "–" if not text else f"{float(text):{'+' if sign else ''}.{places}f}"


def _table(heads: str, lines: Iterable[tuple[str, ...]]) -> str:
    rule = "|".join("---" for _ in heads.split("|"))
    return "\n".join([f"| {heads} |", f"|{rule}|", *(f"| {' | '.join(line)} |" for line in lines)])


def _say_bias(row: Row) -> str:
    return f"{_number(row['bias'], sign=True)} ({_number(row['bias_se'])})"


def tabulate_operating(name: str = "operating_characteristics") -> str:
    """Return bias and coverage of every estimator over simulated clinics."""
    heads = "endpoint | estimator | clinics | true | bias (Monte-Carlo error) | spread | mean error | coverage (error) | of the clinic's own"
    return _table(
        heads,
        (
            (
                row["endpoint"], row["estimator"].replace("_", " "), row["clinics"], _number(row["truth"]), _say_bias(row), _number(row["empirical_sd"]),
                _number(row["mean_se"]), _percent(row["coverage"], row["coverage_se"]), _percent(row["coverage_own"]),
            )
            for row in _read(name)
        ),
    )  # fmt: skip


def tabulate_whole(name: str = "whole_clinics") -> str:
    """Return bias and coverage of the rows that the report prints, over whole clinics."""
    heads = "endpoint | time point | analysis | clinics | true | bias (Monte-Carlo error) | spread | mean error | coverage (error)"
    return _table(
        heads,
        (
            (
                row["endpoint"], row["timepoint"], row["analysis"].replace("_", " "), row["clinics"], _number(row["truth"]), _say_bias(row),
                _number(row["empirical_sd"]), _number(row["mean_se"]), _percent(row["coverage"], row["coverage_se"]),
            )
            for row in _read(name)
        ),
    )  # fmt: skip


def tabulate_subgroups() -> str:
    """Return how often tests of interaction reject, and how often intervals within levels hold the truth."""
    heads = "endpoint | levels | points added | clinics | test rejects at 5% (Monte-Carlo error) | apart (error) | intervals of levels cover (error) | shrunken ones"
    return _table(
        heads,
        (
            (
                row["endpoint"], row["levels"], _number(row["added"], 0), row["clinics"], _percent(row["rejected"], row["rejected_se"]),
                f"{_number(row['apart'], 2, True)} ({_number(row['apart_se'], 2)})", _percent(row["coverage"], row["coverage_se"]),
                _percent(row["coverage_shrunken"]),
            )
            for row in _read("subgroup_tests")
        ),
    )  # fmt: skip


def tabulate_bending() -> str:
    """Return what straight lines, splines, and learned models make of a confounder that bends."""
    heads = (
        "confounders enter as | clinics | patients | bias (Monte-Carlo error) | spread | mean error | coverage (error)"
    )
    return _table(
        heads,
        (
            (
                row["shape"], row["clinics"], row["patients"], f"{_number(row['bias'], 2, True)} ({_number(row['bias_error'], 2)})", _number(row["sd"], 2),
                _number(row["mean_error"], 2), _percent(row["coverage"], row["coverage_error"]),
            )
            for row in _read("bending_confounders")
        ),
    )  # fmt: skip


def tabulate_described(name: str) -> str:
    """Return bias and coverage of what is described within arms, a line each quantity and size."""
    heads = "of | arm | patients an arm | clinics | true | bias (Monte-Carlo error) | coverage (error)"
    return _table(
        heads,
        (
            (
                f"{row['event']}, {row['of']}" if "event" in row else row["of"], row["arm"], row["patients"], row["clinics"], _number(row["true"]),
                f"{_number(row['bias'], sign=True)} ({_number(row['bias_error'])})", _percent(row["covered"], row["monte_carlo_error"]),
            )
            for row in _read(name)
        ),
    )  # fmt: skip


def tabulate_dose() -> str:
    """Return how often the intervals of the score by dose hold the truth."""
    heads = "truth | patients | clinics | bias, points | coverage (Monte-Carlo error) | finds an association at 5%"
    return _table(
        heads,
        (
            (
                row["truth"], row["patients"], row["clinics"], _number(row["bias"], 2, True), _percent(row["covered"], row["monte_carlo_error"]),
                _percent(row["found"]),
            )
            for row in _read("exposure/known_slope")
        ),
    )  # fmt: skip


TABLES: dict[str, Callable[[], str]] = {
    "bending_confounders": tabulate_bending,
    "operating_characteristics": tabulate_operating,
    "operating_characteristics_spline": lambda: tabulate_operating("operating_characteristics_spline"),
    "whole_clinics": tabulate_whole,
    "whole_grid": lambda: tabulate_whole("whole_grid"),
    "subgroup_tests": tabulate_subgroups,
    "description": lambda: tabulate_described("description/coverage"),
    "further": lambda: tabulate_described("description/further"),
    "harms": lambda: tabulate_described("harms/coverage"),
    "dose_response": tabulate_dose,
}


def fill(text: str) -> str:
    """Return a page with its tables from the committed results."""
    for name, tabulate in TABLES.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, made=tabulate: f"{found[1]}\n{made()}\n\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
