"""Write docs/mixed-models-parity.md: the largest deviation from each program, from the comparisons the tests assert.

Run with ``python tests/reference/parity_table.py``. Cases whose reference values are not beside this checkout are
named as such, never silently left out.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from comparisons import TOLERANCE, Case, Deviations, all_cases, read_output, worst

TARGET = Path(__file__).parents[2] / "docs" / "mixed-models-parity.md"

HEADER = """# Parity of `outcomes.mixed` with other programs

Written by `python tests/reference/parity_table.py` from the comparisons that the tests assert; do not edit.

Every cell is the largest deviation over the models listed below: of estimates relative to the larger of the value and
its standard error, of p-values absolute, of residuals and predictions (BLUP) in standard deviations, of intervals in standard
errors, of all else relative. A dash: the program does not report it, or it was not compared. The last row is what the tests allow.

* statsmodels stops early and takes another approximation for its standard errors in slope models; the tests allow it 5e-3.
* Satterthwaite's denominator of a type III test depends on which rows span the hypothesis, so programs differ there; given the
  same rows they agree ("denominator df"). F itself does not depend on them.
* pbkrtest weighs with the expected information (`information="expected"`), mmrm and SAS with the observed (the default here).
* The values of mmrm (optimiser tightened; its default stops 1e-5 short) and of the public data were made elsewhere and are not
  in this repository; what differs from them is mostly their own last digits.
"""


def versions(program: str) -> str:
    """Name the program with the version that wrote the committed output."""
    topics = {"nlme": "nlme_gls", "lmerTest": "lme4_lmertest"}
    topic = topics.get(program, program.lower())
    if program == "statsmodels":
        return f"statsmodels {version('statsmodels')}"
    if not (Path(__file__).parent / "output" / f"{topic}.json").exists():
        return {"mmrm": "mmrm 0.3.18", "lme4 on public data": "lmerTest 3.1-3, pbkrtest 0.5.2 on public data"}.get(
            program, program
        )
    packages = read_output(topic)["session"]["packages"]
    return f"{program} {packages[program]}"


def tabulate(found: dict[str, list[Deviations]]) -> list[str]:
    """One line a program, one column a quantity."""
    quantities = list(TOLERANCE)
    lines = ["| program | models | " + " | ".join(quantities) + " |", "|---" * (len(quantities) + 2) + "|"]
    for program, parts in found.items():
        largest = worst(*parts)
        cells = [f"{largest[q]:.0e}" if q in largest else "–" for q in quantities]
        lines.append(f"| {versions(program)} | {len(parts)} | " + " | ".join(cells) + " |")
    lines.append("| *allowed* | | " + " | ".join(f"{TOLERANCE[q]:.0e}" for q in quantities) + " |")
    return lines


def list_models(cases: list[Case]) -> list[str]:
    """One bullet a program with the models compared."""
    programs = dict.fromkeys(case.program for case in cases)
    return [
        f"* **{p}**: " + "; ".join(case.name.replace("_", " ") for case in cases if case.program == p) + "."
        for p in programs
    ]


def main() -> None:
    present, absent = [], []
    for case in all_cases():
        (present if case.needs.exists() else absent).append(case)
    found: dict[str, list[Deviations]] = {}
    for case in present:
        found.setdefault(case.program, []).append(case.run())
    lines = [HEADER, *tabulate(found), "", "## Models compared", "", *list_models(present)]
    if absent:
        lines += [
            "",
            "Not compared, because the reference values are not here: " + "; ".join(c.name for c in absent) + ".",
        ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
