"""Attack what the gate releases of random whole studies, the example, and a clinic of 120; measure what readers are left with.

python benchmarks/disclosure/attack_whole_studies.py [--studies 300] [--workers 2]

One line a study goes to whole.csv beside this file, as soon as it is there, so that a run can be broken off and taken up. A line says by
which code it was made (gate, declarations, attacker); studies without a line come first, then those of other code. A study that the
analysis refuses releases nothing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from outcomes.errors import OutcomesError

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

from whole_studies import ARMS, attack_study, draw_clinic, draw_study, read_example  # noqa: E402

COLUMNS = [
    "study", "minimum_cell", *ARMS, "hidden", "recovered", "narrowed", "undecided", "printed", "bounds", "empty", "median_error", "refused", "code",
]  # fmt: skip


ROOT = HERE.parents[1]
CODE = (
    "src/outcomes/release/disclosure",
    "src/outcomes/contracts/released",
    "tests/release/attack_*",
    "tests/release/whole_studies",
)
COUNTED = ("hidden", "recovered", "narrowed", "undecided", "printed", "bounds", "empty")
SINGLE = ("example", "clinic of 120")
PAGE = HERE.parents[1] / "docs" / "disclosure.md"
START = "<!-- attacked: rendered by benchmarks/disclosure/attack_whole_studies.py from whole.csv -->"
END = "<!-- end -->"


def name_code() -> str:
    """Return a digest of the gate, of what tables are declared to hold, and of the attacker."""
    files = sorted(path for place in CODE for path in ROOT.glob(f"{place}.py" if "tests" in place else f"{place}/*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:8]


def attack(name: str) -> dict[str, Any]:
    """Return the line of one study."""
    drawn = read_example() if name == "example" else draw_clinic() if name == "clinic of 120" else draw_study(int(name))
    row: dict[str, Any] = {
        "study": name,
        "minimum_cell": drawn.study.privacy.minimum_cell,
        **drawn.sizes,
        "code": name_code(),
    }
    try:
        result = attack_study(drawn)
    except OutcomesError as refusal:
        return row | {"refused": type(refusal).__name__}
    found = result.pop("recovered")
    if found:
        tqdm.write(f"study {name}: {found[:3]}")
    errors = result.pop("errors")
    return (
        row | result | {"recovered": len(found), "median_error": round(float(np.median(errors)), 2) if errors else ""}
    )


def describe(rows: list[dict[str, str]]) -> str:
    """Return the lines as the table of docs/disclosure.md."""

    def show(name: str, own: list[dict[str, str]]) -> str:
        sums = {key: sum(int(row[key] or 0) for row in own) for key in COUNTED}
        cells = max(sums["printed"] + sums["bounds"] + sums["empty"], 1)
        errors = [float(row["median_error"]) for row in own if row["median_error"]]
        shares = f"{sums['bounds'] / cells:.0%} | {sums['empty'] / cells:.1%}"
        error = f"{float(np.median(errors)):.1f}" if errors else "–"
        narrowed = f"{sums['narrowed']} ({sums['narrowed'] / max(sums['hidden'], 1):.2%})"
        left = sums["undecided"]
        return f"| {name} | {sums['hidden']:,} | {sums['recovered']} | {narrowed} | {left} | {shares} | {error} |"

    answered = [row for row in rows if not row["refused"]]
    single = [show(name, [row]) for row in answered if (name := row["study"]) in SINGLE]
    random = [row for row in answered if row["study"] not in SINGLE]
    lines = [
        "| attacked | hidden counts | recovered | narrowed | undecided | cells that are bounds | cells without a number | median error of a percentage |",
        "|---|---|---|---|---|---|---|---|",
        *single,
        *([show(f"{len(random)} random studies", random)] if random else []),
    ]
    codes = Counter(row["code"] for row in random).most_common()
    said = ", ".join(f"{n} by `{code}`" for code, n in codes)
    return "\n".join(
        [*lines, "", f"Random studies attacked, by the version of gate, declarations, and attacker: {said}.", ""]
    )


def write_page(rows: list[dict[str, str]]) -> None:
    """Put the table into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{START}\n{describe(rows)}{END}{after}", encoding="utf-8")


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the lines, in place of those that are there once all are written."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(path)


def main() -> None:
    """Attack the studies that have no line yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--page", action="store_true", help="only write the page, from the lines that are there")
    options = parser.parse_args()
    path, names = HERE / "whole.csv", [*SINGLE, *map(str, range(options.studies))]
    rows: dict[str, dict[str, Any]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = {row["study"]: row for row in csv.DictReader(file) if row["study"] in names}
    if not options.page:
        code = name_code()
        left = [name for name in names if name not in rows]
        left += [name for name, row in rows.items() if row["code"] != code]
        with ProcessPoolExecutor(options.workers) as pool:
            for future in tqdm(as_completed([pool.submit(attack, name) for name in left]), total=len(left)):
                rows[future.result()["study"]] = future.result()
                write_lines(path, sorted(rows.values(), key=lambda row: names.index(row["study"])))
    with path.open(encoding="utf-8", newline="") as file:
        write_page(list(csv.DictReader(file)))


if __name__ == "__main__":
    main()
