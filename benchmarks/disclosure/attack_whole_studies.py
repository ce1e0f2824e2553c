"""Attack what the gate releases of random whole studies, the example, and a clinic of 120; measure what readers are left with.

python benchmarks/disclosure/attack_whole_studies.py [--studies 300] [--workers 2]

One line a study goes to whole.csv beside this file, as soon as it and all before it are there; lines that are there already are kept, so
that a run can be broken off and taken up. A study that the analysis refuses releases nothing.
"""

from __future__ import annotations

import argparse
import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from outcomes.errors import OutcomesError

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

from whole_studies import ARMS, attack_study, draw_clinic, draw_study, read_example  # noqa: E402

COLUMNS = [
    "study", "minimum_cell", *ARMS, "hidden", "recovered", "narrowed", "printed", "bounds", "empty", "median_error", "refused",
]  # fmt: skip


def attack(name: str) -> dict[str, Any]:
    """Return the line of one study."""
    drawn = read_example() if name == "example" else draw_clinic() if name == "clinic of 120" else draw_study(int(name))
    row: dict[str, Any] = {"study": name, "minimum_cell": drawn.study.privacy.minimum_cell, **drawn.sizes}
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


def main() -> None:
    """Attack the studies that have no line yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    path, names = HERE / "whole.csv", ["example", "clinic of 120", *map(str, range(options.studies))]
    done = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            done = [row for row in csv.DictReader(file) if row["study"] in names]
    left = [name for name in names if name not in {row["study"] for row in done}]
    with path.open("w", encoding="utf-8", newline="") as file, ProcessPoolExecutor(options.workers) as pool:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(done)
        for row in tqdm(pool.map(attack, left), total=len(left)):
            writer.writerow(row)
            file.flush()


if __name__ == "__main__":
    main()
